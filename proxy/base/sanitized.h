#pragma once

/* 1 in builds with the address sanitizer: memory that is kept for reuse would hide from it. */
#if defined(__SANITIZE_ADDRESS__)
#define BUILD_IS_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define BUILD_IS_SANITIZED 1
#endif
#endif
#ifndef BUILD_IS_SANITIZED
#define BUILD_IS_SANITIZED 0
#endif
