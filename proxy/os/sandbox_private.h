#pragma once

#include "os/sandbox.h"

#if defined(__SANITIZE_ADDRESS__)
#define SANDBOX_IS_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANDBOX_IS_SANITIZED 1
#endif
#endif
#ifndef SANDBOX_IS_SANITIZED
#define SANDBOX_IS_SANITIZED 0
#endif

/* sandbox_files.c: the ABI that is in force from now on; 0: none. */
unsigned sandbox_files_enter(const struct sandbox_grants *grants);
unsigned sandbox_files_available(void);

/* sandbox_calls.c. False: the kernel does not take it. */
bool sandbox_calls_enter(enum sandbox_role role);
bool sandbox_calls_available(void);
