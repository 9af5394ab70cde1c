#include "auth/auth_digest.h"

#include "base/ensure.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

static const EVP_MD *find(enum auth_digest_kind kind)
{
    switch (kind) {
    case AUTH_DIGEST_MD5:
        return EVP_md5();
    case AUTH_DIGEST_SHA1:
        return EVP_sha1();
    case AUTH_DIGEST_SHA256:
        return EVP_sha256();
    case AUTH_DIGEST_SHA512:
        return EVP_sha512();
    }
    ensure(!"unreachable");
    return NULL;
}

size_t auth_digest(enum auth_digest_kind kind, const struct slice *pieces, size_t count,
                   char out[AUTH_DIGEST_BYTES_MAX])
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    unsigned len = 0;
    bool good = context != NULL && EVP_DigestInit_ex(context, find(kind), NULL) == 1;

    for (size_t i = 0; good && i < count; i++)
        good = EVP_DigestUpdate(context, pieces[i].at, pieces[i].len) == 1;
    good = good && EVP_DigestFinal_ex(context, (unsigned char *)out, &len) == 1;
    EVP_MD_CTX_free(context);
    return good ? len : 0;
}

void auth_mac(struct slice key, struct slice bytes, char out[AUTH_MAC_BYTES])
{
    unsigned len = 0;

    ensure(HMAC(EVP_sha256(), key.at, (int)key.len, (const unsigned char *)bytes.at, bytes.len,
                (unsigned char *)out, &len) != NULL);
    ensure(len == AUTH_MAC_BYTES);
}
