#pragma once

#include "base/slice.h"

#include <stdbool.h>

#include <openssl/evp.h>
#include <openssl/x509.h>

/* The one place where a private key comes into being: from PEM into this process (the key holder,
 * tests), or as an EVP_PKEY that asks the key holder to sign (reference/tls-keys.md 2.4). No other
 * file may read key PEM, or use more of the result than OpenSSL's handshake does. */
struct tls_remote;

/* An EVP_PKEY that signs for `certificate`; the caller frees it. `key` is PEM, or the text of a
 * secret (conf_sources.h), which `remote` signs with. NULL with words in *why (constant) when the
 * key cannot be read or does not belong to the certificate. */
EVP_PKEY *tls_key_for(X509 *certificate, struct slice key, struct tls_remote *remote,
                      struct slice *why) __attribute__((warn_unused_result));

/* Is `key` the text of a secret, and not PEM? */
bool tls_key_is_secret(struct slice key);

/* Only reads. `passphrases`: the text of an ssl_password_file, whose lines are tried one by one if
 * the key is encrypted; empty: there is none. */
EVP_PKEY *tls_key_read(struct slice key_pem, struct slice passphrases, struct slice *why)
    __attribute__((warn_unused_result));

bool tls_key_is_encrypted(struct slice key_pem);
