#pragma once

#include "base/slice.h"

#include <stddef.h>

/* Digests, computed by OpenSSL's libcrypto. This is the only file of auth/ that knows it; nothing
 * here links libssl, so frontd-auth has no TLS in it. */

enum auth_digest_kind {
    AUTH_DIGEST_MD5,
    AUTH_DIGEST_SHA1,
    AUTH_DIGEST_SHA256,
    AUTH_DIGEST_SHA512,
};

#define AUTH_DIGEST_BYTES_MAX 64

/* Of `count` pieces one behind the other. Returns its length; 0 if the library refuses it. */
size_t auth_digest(enum auth_digest_kind kind, const struct slice *pieces, size_t count,
                   char out[AUTH_DIGEST_BYTES_MAX]) __attribute__((warn_unused_result));

#define AUTH_MAC_BYTES 32

/* HMAC-SHA256. */
void auth_mac(struct slice key, struct slice bytes, char out[AUTH_MAC_BYTES]);
