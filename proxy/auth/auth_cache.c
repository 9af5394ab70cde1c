#include "auth/auth_cache.h"

#include "auth/auth_digest.h"
#include "auth/auth_hash.h"
#include "auth/auth_verify.h"
#include "auth/auth_wire.h"
#include "base/arena.h"
#include "base/text.h"

#include <stdlib.h>

_Static_assert(AUTH_CACHE_BYTES == AUTH_MAC_BYTES, "a mark is one HMAC");

/* 4096 pairs; a full row forgets the one that would end first. */
#define ROWS 1024
#define WAYS 4

struct remembered {
    struct auth_cache_mark mark;
    uint64_t until; /* ms; 0: free */
};

struct auth_cache {
    char key[AUTH_CACHE_KEY];
    struct remembered rows[ROWS][WAYS];
};

struct auth_cache *auth_cache_new(const char key[AUTH_CACHE_KEY])
{
    struct auth_cache *cache = memory_zero(sizeof *cache);

    memcpy(cache->key, key, AUTH_CACHE_KEY);
    return cache;
}

void auth_cache_free(struct auth_cache *cache)
{
    explicit_bzero(cache, sizeof *cache);
    free(cache);
}

static void add_number(struct text *text, uint64_t number)
{
    text_add(text, (struct slice){(const char *)&number, sizeof number});
}

/* Each part behind its length: no two questions give the same bytes. */
static void add_part(struct text *text, struct slice part)
{
    add_number(text, part.len);
    text_add(text, part);
}

struct auth_cache_mark auth_cache_mark(const struct auth_cache *cache, uint32_t file,
                                       uint64_t version, struct slice hash, struct slice user,
                                       struct slice password)
{
    struct auth_cache_mark mark;
    char bytes[5 * sizeof(uint64_t) + AUTH_HASH_MAX + AUTH_USER_MAX + AUTH_WORD_MAX];
    struct text text = text_in(bytes, sizeof bytes);

    add_number(&text, file);
    add_number(&text, version);
    add_part(&text, slice_part(hash, 0, AUTH_HASH_MAX));
    add_part(&text, user);
    add_part(&text, password);
    auth_mac((struct slice){cache->key, sizeof cache->key}, text_slice(&text), mark.bytes);
    explicit_bzero(bytes, sizeof bytes);
    return mark;
}

static size_t row_of(const struct auth_cache_mark *mark)
{
    return ((size_t)(unsigned char)mark->bytes[0] << 8 | (unsigned char)mark->bytes[1]) % ROWS;
}

static bool is_same(const struct auth_cache_mark *a, const struct auth_cache_mark *b)
{
    return auth_equal((struct slice){a->bytes, sizeof a->bytes},
                      (struct slice){b->bytes, sizeof b->bytes});
}

bool auth_cache_has(const struct auth_cache *cache, const struct auth_cache_mark *mark,
                    uint64_t now_ms)
{
    const struct remembered *row = cache->rows[row_of(mark)];

    for (size_t i = 0; i < WAYS; i++)
        if (row[i].until > now_ms && is_same(&row[i].mark, mark))
            return true;
    return false;
}

void auth_cache_add(struct auth_cache *cache, const struct auth_cache_mark *mark, uint64_t now_ms,
                    uint32_t remember_ms)
{
    struct remembered *row = cache->rows[row_of(mark)];
    struct remembered *place = &row[0];

    for (size_t i = 0; i < WAYS; i++) {
        if (is_same(&row[i].mark, mark)) {
            place = &row[i];
            break;
        }
        if (row[i].until < place->until)
            place = &row[i];
    }
    *place = (struct remembered){*mark, now_ms + remember_ms};
}
