#pragma once

#include "base/slice.h"
#include "tls/tls_remote.h"
#include "tls/tls_sign_parse.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/evp.h>
#include <openssl/types.h>
#include <openssl/x509.h>

/* What tls_remote.c (the channel) and tls_remote_key.c (an OpenSSL key over it) share. */

struct tls_remote {
    const struct tls_remote_events *events; /* NULL: set aside */
    void *owner;
    size_t users;
    int fd; /* -1: lost */
    uint32_t next;
    OSSL_LIB_CTX *library; /* our provider lives in a library context of its own */
    OSSL_PROVIDER *provider;
};

/* The signature of `text`, in *signature (inside `memory`). False: none. */
bool tls_remote_sign(struct tls_remote *remote, uint16_t key, uint16_t scheme, struct slice text,
                     char memory[TLS_SIGN_ANSWER_MAX], struct slice *signature)
    __attribute__((warn_unused_result));

/* A key that signs for `certificate` through the channel with key number `key`; one signature
 * through it has been checked. NULL with words in *why. The caller frees it. */
EVP_PKEY *tls_remote_key(struct tls_remote *remote, X509 *certificate, uint16_t key,
                         struct slice *why) __attribute__((warn_unused_result));

/* Fills remote->library and ->provider, and puts them away. */
void tls_remote_open_provider(struct tls_remote *remote);
void tls_remote_close_provider(struct tls_remote *remote);
