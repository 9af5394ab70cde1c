/* What stands behind a name, in any bytes: parts lie where they should, and what costs next to
 * nothing is computed, too. */
#include "auth/auth_verify.h"
#include "base/ensure.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice field = {(const char *)data, size};
    struct auth_hash hash = auth_hash_parse(field);

    ensure(hash.scheme < AUTH_SCHEME_COUNT);
    ensure(hash.digest_len + hash.salt_len <= sizeof hash.bytes);
    ensure(hash.text.len == 0 ||
           (hash.text.at >= field.at && hash.text.at + hash.text.len <= field.at + field.len));
    switch (auth_scheme_way(hash.scheme)) {
    case AUTH_BY_NOTHING:
        ensure(!auth_verify(&hash, field));
        break;
    case AUTH_BY_PLAIN:
        ensure(auth_verify(&hash, hash.text) == (hash.text.len <= AUTH_PASSWORD_MAX));
        break;
    case AUTH_BY_DIGEST:
        ensure(hash.digest_len >= 16);
        (void)auth_verify(&hash, field);
        break;
    case AUTH_BY_CRYPT: /* its cost stands in the hash */
        ensure(hash.text.len < AUTH_HASH_MAX);
        break;
    case AUTH_BY_APR1:
        ensure(hash.text.len < AUTH_HASH_MAX);
        (void)auth_verify(&hash, slice_part(field, 0, 16));
        break;
    }
    return 0;
}
