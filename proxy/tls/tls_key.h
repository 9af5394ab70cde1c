#pragma once

#include "base/slice.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

/* The one place where a private key comes into being. Here the key is local: parsed from PEM into
 * this process. A key holder process will take its place behind the same function, which then gives
 * an EVP_PKEY that asks that process to sign (reference/tls-keys.md 2.4); so no other file may read
 * key PEM, or use more of the result than OpenSSL's handshake does. */

/* An EVP_PKEY that signs for `certificate`; the caller frees it. NULL with words in *why (constant)
 * when the key cannot be read or does not belong to the certificate. */
EVP_PKEY *tls_key_for(X509 *certificate, struct slice key_pem, struct slice *why)
    __attribute__((warn_unused_result));

/* Only reads; for tls_check. */
EVP_PKEY *tls_key_read(struct slice key_pem, struct slice *why) __attribute__((warn_unused_result));
