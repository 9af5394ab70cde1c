#include "tls/tls_signer.h"

#include "base/arena.h"
#include "base/ensure.h"
#include "tls/tls_internal.h"
#include "tls/tls_key.h"
#include "tls/tls_pem.h"
#include "tls/tls_sign_parse.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

struct signer_key {
    EVP_PKEY *key;
    enum tls_key_kind kind;
};

struct tls_signer {
    struct signer_key *keys;
    size_t count, capacity;
    bool allows_old;
};

/* One key with one scheme, ready to sign: making this takes a fifth of a signature's time. */
struct prepared {
    const struct tls_scheme *scheme;
    EVP_PKEY_CTX *context;
    EVP_MD *digest;
    struct prepared *next;
};

struct tls_signing {
    const struct tls_signer *signer;
    struct prepared **prepared; /* by key: a list, one for each scheme seen */
    EVP_MD_CTX *hash;
};

bool tls_signer_use_memory(void *(*allocate)(size_t size, const char *file, int line),
                           void *(*resize)(void *memory, size_t size, const char *file, int line),
                           void (*release)(void *memory, const char *file, int line))
{
    return CRYPTO_set_mem_functions(allocate, resize, release) == 1;
}

struct tls_signer *tls_signer_new(size_t capacity, bool allows_old)
{
    struct tls_signer *signer = memory_zero(sizeof *signer);

    tls_library_start();
    signer->keys = memory_zero((capacity + 1) * sizeof *signer->keys);
    signer->capacity = capacity;
    signer->allows_old = allows_old;
    return signer;
}

void tls_signer_free(struct tls_signer *signer)
{
    for (size_t i = 0; i < signer->count; i++)
        EVP_PKEY_free(signer->keys[i].key);
    free(signer->keys);
    free(signer);
}

/* RSA of 1024 bits only where TLS 1.0 is served, too: see tls_pem_key_type. */
static bool find_kind(EVP_PKEY *key, bool allows_old, enum tls_key_kind *kind)
{
    struct slice type;
    struct arena arena;
    bool is_served;

    arena_init(&arena, ARENA_UNLIMITED);
    is_served = tls_pem_key_type(key, allows_old, &arena, &type);
    if (EVP_PKEY_is_a(key, "RSA"))
        *kind = TLS_KEY_RSA;
    else
        *kind = slice_equal(type, SLICE("ECDSA P-256")) ? TLS_KEY_P256 : TLS_KEY_P384;
    arena_deinit(&arena);
    return is_served && EVP_PKEY_get_size(key) <= TLS_SIGNATURE_MAX;
}

bool tls_signer_is_encrypted(struct slice pem)
{
    return tls_key_is_encrypted(pem);
}

const char *tls_signer_add(struct tls_signer *signer, struct slice pem, struct slice passphrases)
{
    struct signer_key *place = &signer->keys[signer->count];
    struct slice why;

    ensure(signer->count < signer->capacity);
    place->key = tls_key_read(pem, passphrases, &why);
    if (place->key == NULL)
        return why.at;
    if (!find_kind(place->key, signer->allows_old, &place->kind)) {
        EVP_PKEY_free(place->key);
        return "a key of a kind that is not served";
    }
    signer->count++;
    return NULL;
}

struct tls_signing *tls_signing_new(const struct tls_signer *signer)
{
    struct tls_signing *signing = memory_zero(sizeof *signing);

    signing->signer = signer;
    signing->prepared = memory_zero((signer->count + 1) * sizeof(struct prepared *));
    signing->hash = EVP_MD_CTX_new();
    ensure(signing->hash != NULL);
    return signing;
}

static void free_prepared(struct prepared *prepared)
{
    EVP_PKEY_CTX_free(prepared->context);
    EVP_MD_free(prepared->digest);
    free(prepared);
}

void tls_signing_free(struct tls_signing *signing)
{
    for (size_t i = 0; i < signing->signer->count; i++)
        while (signing->prepared[i] != NULL) {
            struct prepared *first = signing->prepared[i];

            signing->prepared[i] = first->next;
            free_prepared(first);
        }
    EVP_MD_CTX_free(signing->hash);
    free(signing->prepared);
    free(signing);
}

static bool set_up(struct prepared *prepared, EVP_PKEY *key, const struct tls_scheme *scheme)
{
    prepared->scheme = scheme;
    prepared->digest = EVP_MD_fetch(NULL, scheme->digest, NULL);
    prepared->context = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    if (prepared->digest == NULL || prepared->context == NULL ||
        EVP_PKEY_sign_init(prepared->context) != 1)
        return false;
    if (scheme->is_rsa &&
        EVP_PKEY_CTX_set_rsa_padding(prepared->context, scheme->is_pss ? RSA_PKCS1_PSS_PADDING
                                                                       : RSA_PKCS1_PADDING) != 1)
        return false;
    if (EVP_PKEY_CTX_set_signature_md(prepared->context, prepared->digest) != 1)
        return false;
    return !scheme->is_pss ||
           EVP_PKEY_CTX_set_rsa_pss_saltlen(prepared->context, RSA_PSS_SALTLEN_DIGEST) == 1;
}

/* NULL: OpenSSL cannot do it (a digest that its policy forbids). */
static struct prepared *prepare(struct tls_signing *signing, size_t key,
                                const struct tls_scheme *scheme)
{
    struct prepared *prepared = signing->prepared[key];

    while (prepared != NULL && prepared->scheme != scheme)
        prepared = prepared->next;
    if (prepared != NULL)
        return prepared;
    prepared = memory_zero(sizeof *prepared);
    if (!set_up(prepared, signing->signer->keys[key].key, scheme)) {
        free_prepared(prepared);
        return NULL;
    }
    prepared->next = signing->prepared[key];
    signing->prepared[key] = prepared;
    return prepared;
}

/* 0: it failed. */
static size_t sign(struct tls_signing *signing, const struct prepared *prepared, struct slice text,
                   char *out)
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned hash_len = 0;
    size_t len = TLS_SIGNATURE_MAX;

    if (EVP_DigestInit_ex2(signing->hash, prepared->digest, NULL) != 1 ||
        EVP_DigestUpdate(signing->hash, text.at, text.len) != 1 ||
        EVP_DigestFinal_ex(signing->hash, hash, &hash_len) != 1 ||
        EVP_PKEY_sign(prepared->context, (unsigned char *)out, &len, hash, hash_len) != 1)
        return 0;
    return len;
}

static enum tls_sign_status try(struct tls_signing *signing, const bool *allowed, bool too_many,
                                const struct tls_sign_request *request, char *out, size_t *len)
{
    const struct tls_signer *signer = signing->signer;
    const struct tls_scheme *scheme;
    struct prepared *prepared;

    if (request->key >= signer->count || !allowed[request->key])
        return TLS_SIGN_UNKNOWN_KEY;
    scheme = tls_sign_scheme(request, signer->keys[request->key].kind, signer->allows_old);
    if (scheme == NULL)
        return TLS_SIGN_REFUSED;
    if (too_many)
        return TLS_SIGN_TOO_MANY;
    prepared = prepare(signing, request->key, scheme);
    if (prepared != NULL)
        *len = sign(signing, prepared, request->text, out);
    ERR_clear_error();
    return *len > 0 ? TLS_SIGN_DONE : TLS_SIGN_REFUSED;
}

size_t tls_signing_answer(struct tls_signing *signing, const bool *allowed, bool too_many,
                          struct slice datagram, char *out)
{
    struct tls_sign_request request;
    enum tls_sign_status status;
    size_t len = 0;

    if (!tls_sign_parse(datagram, &request))
        return 0;
    status = try(signing, allowed, too_many, &request, out + TLS_SIGN_ANSWER_BYTES, &len);
    tls_sign_write_answer(out, request.id, status, len);
    return TLS_SIGN_ANSWER_BYTES + len;
}
