#include "auth/auth_verify.h"

#include "auth/auth_apr1.h"
#include "auth/auth_digest.h"
#include "base/arena.h"

#include <crypt.h>
#include <stdint.h>
#include <stdlib.h>

bool auth_equal(struct slice a, struct slice b)
{
    volatile unsigned char difference = 0;

    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        difference |= (unsigned char)(a.at[i] ^ b.at[i]);
    return difference == 0;
}

static bool copy(struct slice from, char *to, size_t size)
{
    if (from.len >= size || slice_find(from, '\0') != SLICE_NOT_FOUND)
        return false;
    if (from.len > 0)
        memcpy(to, from.at, from.len);
    to[from.len] = '\0';
    return true;
}

/* libxcrypt's crypt_rn is crypt_r that answers NULL when it fails, never "*0"; and unlike crypt_r
 * it has no stand-in in the sanitizers' libraries, which keeps the linker from the real one. */
static bool verify_crypt(struct slice hash, struct slice password)
{
    struct crypt_data *data = memory_zero(sizeof *data);
    char setting[AUTH_HASH_MAX], phrase[AUTH_PASSWORD_MAX + 1];
    bool good = copy(hash, setting, sizeof setting) && copy(password, phrase, sizeof phrase);
    const char *computed = good ? crypt_rn(phrase, setting, data, sizeof *data) : NULL;

    good = computed != NULL && auth_equal(slice_of(computed), hash);
    explicit_bzero(phrase, sizeof phrase);
    explicit_bzero(data, sizeof *data);
    free(data);
    return good;
}

static bool verify_apr1(struct slice hash, struct slice password)
{
    char computed[AUTH_APR1_BYTES];
    size_t len;

    return auth_apr1(password, hash, computed, &len) &&
           auth_equal((struct slice){computed, len}, hash);
}

static enum auth_digest_kind digest_of(enum auth_scheme scheme)
{
    switch (scheme) {
    case AUTH_MD5:
        return AUTH_DIGEST_MD5;
    case AUTH_SHA1:
        return AUTH_DIGEST_SHA1;
    case AUTH_SHA256:
        return AUTH_DIGEST_SHA256;
    default:
        return AUTH_DIGEST_SHA512;
    }
}

static bool verify_digest(const struct auth_hash *hash, struct slice password)
{
    const struct slice pieces[] = {
        password, {hash->bytes + hash->digest_len, hash->salt_len}
    };
    char computed[AUTH_DIGEST_BYTES_MAX];
    size_t len = auth_digest(digest_of(hash->scheme), pieces, 2, computed);

    return len == hash->digest_len &&
           auth_equal((struct slice){computed, len}, (struct slice){hash->bytes, hash->digest_len});
}

/* By digests, so that not even the length of the password is in the time. */
static bool verify_plain(struct slice expected, struct slice password)
{
    char a[AUTH_DIGEST_BYTES_MAX], b[AUTH_DIGEST_BYTES_MAX];
    size_t len = auth_digest(AUTH_DIGEST_SHA256, &expected, 1, a);

    return len > 0 && auth_digest(AUTH_DIGEST_SHA256, &password, 1, b) == len &&
           auth_equal((struct slice){a, len}, (struct slice){b, len});
}

bool auth_verify(const struct auth_hash *hash, struct slice password)
{
    if (password.len > AUTH_PASSWORD_MAX)
        return false;
    switch (auth_scheme_way(hash->scheme)) {
    case AUTH_BY_NOTHING:
        return false;
    case AUTH_BY_CRYPT:
        return verify_crypt(hash->text, password);
    case AUTH_BY_APR1:
        return verify_apr1(hash->text, password);
    case AUTH_BY_PLAIN:
        return verify_plain(hash->text, password);
    case AUTH_BY_DIGEST:
        return verify_digest(hash, password);
    }
    return false;
}
