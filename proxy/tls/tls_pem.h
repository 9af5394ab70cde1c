#pragma once

#include "base/arena.h"
#include "base/slice.h"

#include <stdbool.h>

#include <openssl/bio.h>
#include <openssl/x509.h>

/* Certificates out of PEM text. */

/* The chain as it stands in `pem`, the server's own certificate first, at least one; the caller
 * frees it with tls_pem_chain_free. NULL with words in *why (constant or in `arena`). */
STACK_OF(X509) * tls_pem_chain(struct slice pem, struct arena *arena, struct slice *why);

void tls_pem_chain_free(STACK_OF(X509) * chain);

/* Is `key` of a kind that frontd's signature schemes and groups serve: ECDSA on P-256 or P-384, RSA
 * of 2048 bits or more (RSA of 1024 with `allows_weak`)? *type is what it is, in words. */
bool tls_pem_key_type(EVP_PKEY *key, bool allows_weak, struct arena *arena, struct slice *type);

/* "its key is RSA 1024; …": words for the operator when tls_pem_key_type said no. */
struct slice tls_pem_unserved(struct slice type, struct arena *arena);

/* A BIO over text that must live as long. Never NULL. */
BIO *tls_pem_open(struct slice pem);

bool tls_pem_holds(struct slice pem, struct slice words);
