#include "tls/tls_pem.h"

#include "base/ensure.h"

#include <limits.h>
#include <string.h>

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>

BIO *tls_pem_open(struct slice pem)
{
    BIO *bio;

    ensure(pem.len <= INT_MAX);
    bio = BIO_new_mem_buf(pem.len > 0 ? pem.at : "", (int)pem.len);
    ensure(bio != NULL);
    return bio;
}

bool tls_pem_holds(struct slice pem, struct slice words)
{
    return pem.len > 0 && memmem(pem.at, pem.len, words.at, words.len) != NULL;
}

void tls_pem_chain_free(STACK_OF(X509) * chain)
{
    sk_X509_pop_free(chain, X509_free);
}

static struct slice why_no_certificate(struct slice pem)
{
    if (pem.len == 0)
        return SLICE("the file is empty");
    if (tls_pem_holds(pem, SLICE("PRIVATE KEY-----")))
        return SLICE("this is a private key, not a certificate");
    return SLICE("there is no certificate in PEM form");
}

STACK_OF(X509) * tls_pem_chain(struct slice pem, struct arena *arena, struct slice *why)
{
    STACK_OF(X509) *chain = sk_X509_new_null();
    BIO *bio = tls_pem_open(pem);
    X509 *certificate;
    bool is_whole;

    ensure(chain != NULL);
    while ((certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL)
        ensure(sk_X509_push(chain, certificate) > 0);
    is_whole = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    ERR_clear_error();
    BIO_free(bio);
    if (is_whole && sk_X509_num(chain) > 0)
        return chain;
    *why = is_whole ? why_no_certificate(pem)
                    : arena_format(arena, "certificate number %d in it is damaged",
                                   sk_X509_num(chain) + 1);
    tls_pem_chain_free(chain);
    return NULL;
}

static bool ec_type(EVP_PKEY *key, struct arena *arena, struct slice *type)
{
    char group[64] = "";

    EVP_PKEY_get_group_name(key, group, sizeof group, NULL);
    if (strcmp(group, "prime256v1") == 0)
        *type = SLICE("ECDSA P-256");
    else if (strcmp(group, "secp384r1") == 0)
        *type = SLICE("ECDSA P-384");
    else {
        *type = arena_format(arena, "ECDSA %s", group);
        return false;
    }
    return true;
}

bool tls_pem_key_type(EVP_PKEY *key, bool allows_weak, struct arena *arena, struct slice *type)
{
    const char *name;

    if (EVP_PKEY_is_a(key, "EC"))
        return ec_type(key, arena, type);
    if (EVP_PKEY_is_a(key, "RSA")) {
        *type = arena_format(arena, "RSA %d", EVP_PKEY_get_bits(key));
        return EVP_PKEY_get_bits(key) >= (allows_weak ? 1024 : 2048);
    }
    name = EVP_PKEY_get0_type_name(key);
    *type = arena_format(arena, "%s", name != NULL ? name : "unknown");
    return false;
}

struct slice tls_pem_unserved(struct slice type, struct arena *arena)
{
    return arena_format(
        arena, "its key is %.*s; use ECDSA on P-256 or P-384, or RSA of at least 2048 bits",
        (int)type.len, type.at);
}
