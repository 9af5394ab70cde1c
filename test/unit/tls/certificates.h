#pragma once

#include "base/slice.h"

#include <stdint.h>

#include <openssl/evp.h>

/* Certificates for tests, made on the spot: nothing secret lies in the tree. All texts are
 * allocated; free them with credentials_free. */
struct credentials {
    struct slice certificate; /* PEM, self-signed */
    struct slice key;         /* PEM */
};

enum key_kind {
    KEY_P256,
    KEY_P384,
    KEY_P521,
    KEY_RSA_2048,
    KEY_RSA_1024,
};

struct recipe {
    const char *names; /* subjectAltName as OpenSSL writes it: "DNS:a.example,DNS:*.a.example" */
    const char *common;
    enum key_kind key;
    int64_t from_s, until_s; /* from now; both 0: valid for 90 days */
    unsigned padding;        /* bytes of extra weight in the certificate */
};

struct credentials credentials_make(const struct recipe *recipe);
struct credentials credentials_for(const char *name); /* P-256, one DNS name */
void credentials_free(struct credentials *credentials);
