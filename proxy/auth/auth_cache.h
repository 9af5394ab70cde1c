#pragma once

#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

/* Names and passwords that were verified a short while ago. What is kept of them is an HMAC under a
 * key that is drawn at the start and never leaves the process; it covers the file, its version and
 * the user's entry, so that a file that changed forgets them all. */

#define AUTH_CACHE_KEY   32
#define AUTH_CACHE_BYTES 32

struct auth_cache;

struct auth_cache_mark {
    char bytes[AUTH_CACHE_BYTES];
};

struct auth_cache *auth_cache_new(const char key[AUTH_CACHE_KEY]);
void auth_cache_free(struct auth_cache *cache);

struct auth_cache_mark auth_cache_mark(const struct auth_cache *cache, uint32_t file,
                                       uint64_t version, struct slice hash, struct slice user,
                                       struct slice password);

bool auth_cache_has(const struct auth_cache *cache, const struct auth_cache_mark *mark,
                    uint64_t now_ms);
void auth_cache_add(struct auth_cache *cache, const struct auth_cache_mark *mark, uint64_t now_ms,
                    uint32_t remember_ms);
