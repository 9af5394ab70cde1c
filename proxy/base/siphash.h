#pragma once

#include "base/slice.h"

#include <stdint.h>

/* SipHash-2-4 (Aumasson and Bernstein, 2012): who does not know the key cannot make bytes that
 * collide. */
uint64_t siphash(const uint64_t key[2], struct slice bytes);
