#include "tls/tls_remote_key.h"

#include "base/arena.h"
#include "base/ensure.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/provider.h>
#include <openssl/rand.h>

/* An OpenSSL provider whose keys have no private half: it signs by asking the key holder. Only what
 * libssl's server needs of a provider is here (reference/tls-keys.md 2.4). It never exports a key:
 * that makes libcrypto come back to it for the signature. */

#define PARAM_REMOTE "frontd-remote" /* the bytes of a struct tls_remote * */
#define PARAM_NUMBER "frontd-key"

/* The public half, and where the private half is. */
struct remote_key {
    struct tls_remote *remote; /* NULL: only a public key, made to be compared */
    uint16_t number;
    char group[32];       /* EC */
    unsigned char *point; /* EC */
    size_t point_len;
    BIGNUM *modulus, *exponent; /* RSA */
};

static void *key_new(void *provider)
{
    (void)provider;
    return memory_zero(sizeof(struct remote_key));
}

static void key_free(void *data)
{
    struct remote_key *key = data;

    if (key == NULL)
        return;
    OPENSSL_free(key->point);
    BN_free(key->modulus);
    BN_free(key->exponent);
    free(key);
}

static int key_has(const void *data, int selection)
{
    (void)data, (void)selection;
    return 1;
}

static int key_match(const void *a_data, const void *b_data, int selection)
{
    const struct remote_key *a = a_data, *b = b_data;

    (void)selection;
    if (a->modulus != NULL && b->modulus != NULL)
        return BN_cmp(a->modulus, b->modulus) == 0 && BN_cmp(a->exponent, b->exponent) == 0;
    return a->point != NULL && b->point != NULL && a->point_len == b->point_len &&
           strcmp(a->group, b->group) == 0 && memcmp(a->point, b->point, a->point_len) == 0;
}

static bool import_place(struct remote_key *key, const OSSL_PARAM *params)
{
    const OSSL_PARAM *remote = OSSL_PARAM_locate_const(params, PARAM_REMOTE);
    const OSSL_PARAM *number = OSSL_PARAM_locate_const(params, PARAM_NUMBER);
    unsigned value;

    if (remote == NULL || number == NULL)
        return true;
    if (remote->data_size != sizeof(struct tls_remote *) || !OSSL_PARAM_get_uint(number, &value))
        return false;
    memcpy(&key->remote, remote->data, sizeof key->remote);
    key->number = (uint16_t)value;
    return true;
}

static int ec_import(void *data, int selection, const OSSL_PARAM params[])
{
    struct remote_key *key = data;
    const OSSL_PARAM *group = OSSL_PARAM_locate_const(params, OSSL_PKEY_PARAM_GROUP_NAME);
    const OSSL_PARAM *point = OSSL_PARAM_locate_const(params, OSSL_PKEY_PARAM_PUB_KEY);
    char *name = key->group;
    void *bytes = NULL;

    (void)selection;
    if (group == NULL || point == NULL || !import_place(key, params) ||
        !OSSL_PARAM_get_utf8_string(group, &name, sizeof key->group) ||
        !OSSL_PARAM_get_octet_string(point, &bytes, 0, &key->point_len))
        return 0;
    key->point = bytes;
    return 1;
}

static int rsa_import(void *data, int selection, const OSSL_PARAM params[])
{
    struct remote_key *key = data;
    const OSSL_PARAM *modulus = OSSL_PARAM_locate_const(params, OSSL_PKEY_PARAM_RSA_N);
    const OSSL_PARAM *exponent = OSSL_PARAM_locate_const(params, OSSL_PKEY_PARAM_RSA_E);

    (void)selection;
    return modulus != NULL && exponent != NULL && import_place(key, params) &&
           OSSL_PARAM_get_BN(modulus, &key->modulus) && OSSL_PARAM_get_BN(exponent, &key->exponent);
}

static const OSSL_PARAM *ec_import_types(int selection)
{
    static const OSSL_PARAM types[] = {
        OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, NULL, 0),
        OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, NULL, 0),
        OSSL_PARAM_octet_string(PARAM_REMOTE, NULL, 0),
        OSSL_PARAM_uint(PARAM_NUMBER, NULL),
        OSSL_PARAM_END,
    };

    (void)selection;
    return types;
}

static const OSSL_PARAM *rsa_import_types(int selection)
{
    static const OSSL_PARAM types[] = {
        OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_N, NULL, 0),
        OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_E, NULL, 0),
        OSSL_PARAM_octet_string(PARAM_REMOTE, NULL, 0),
        OSSL_PARAM_uint(PARAM_NUMBER, NULL),
        OSSL_PARAM_END,
    };

    (void)selection;
    return types;
}

static bool is_p384(const struct remote_key *key)
{
    return strcmp(key->group, "secp384r1") == 0;
}

/* The longest signature: for ECDSA a SEQUENCE of two INTEGERs that may need a zero in front. */
static size_t max_size(const struct remote_key *key)
{
    if (key->modulus != NULL)
        return (size_t)BN_num_bytes(key->modulus);
    return is_p384(key) ? 104 : 72;
}

static int bits_of(const struct remote_key *key)
{
    if (key->modulus != NULL)
        return BN_num_bits(key->modulus);
    return is_p384(key) ? 384 : 256;
}

static int security_bits_of(const struct remote_key *key)
{
    if (key->modulus != NULL)
        return BN_security_bits(BN_num_bits(key->modulus), -1);
    return is_p384(key) ? 192 : 128;
}

static int key_get_params(void *data, OSSL_PARAM params[])
{
    const struct remote_key *key = data;
    OSSL_PARAM *param;

    if ((param = OSSL_PARAM_locate(params, OSSL_PKEY_PARAM_BITS)) != NULL &&
        !OSSL_PARAM_set_int(param, bits_of(key)))
        return 0;
    if ((param = OSSL_PARAM_locate(params, OSSL_PKEY_PARAM_SECURITY_BITS)) != NULL &&
        !OSSL_PARAM_set_int(param, security_bits_of(key)))
        return 0;
    if ((param = OSSL_PARAM_locate(params, OSSL_PKEY_PARAM_MAX_SIZE)) != NULL &&
        !OSSL_PARAM_set_size_t(param, max_size(key)))
        return 0;
    param = OSSL_PARAM_locate(params, OSSL_PKEY_PARAM_GROUP_NAME);
    return param == NULL || OSSL_PARAM_set_utf8_string(param, key->group);
}

static const OSSL_PARAM *key_gettable_params(void *provider)
{
    static const OSSL_PARAM types[] = {
        OSSL_PARAM_int(OSSL_PKEY_PARAM_BITS, NULL),
        OSSL_PARAM_int(OSSL_PKEY_PARAM_SECURITY_BITS, NULL),
        OSSL_PARAM_size_t(OSSL_PKEY_PARAM_MAX_SIZE, NULL),
        OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, NULL, 0),
        OSSL_PARAM_END,
    };

    (void)provider;
    return types;
}

static const char *ec_operation(int operation)
{
    return operation == OSSL_OP_SIGNATURE ? "ECDSA" : NULL;
}

static const char *rsa_operation(int operation)
{
    return operation == OSSL_OP_SIGNATURE ? "RSA" : NULL;
}

#define FUNCTION(number, function)                                                                 \
    {                                                                                              \
        number, (void (*)(void))(function)                                                         \
    }

static const OSSL_DISPATCH ec_key_functions[] = {
    FUNCTION(OSSL_FUNC_KEYMGMT_NEW, key_new),
    FUNCTION(OSSL_FUNC_KEYMGMT_FREE, key_free),
    FUNCTION(OSSL_FUNC_KEYMGMT_HAS, key_has),
    FUNCTION(OSSL_FUNC_KEYMGMT_MATCH, key_match),
    FUNCTION(OSSL_FUNC_KEYMGMT_IMPORT, ec_import),
    FUNCTION(OSSL_FUNC_KEYMGMT_IMPORT_TYPES, ec_import_types),
    FUNCTION(OSSL_FUNC_KEYMGMT_GET_PARAMS, key_get_params),
    FUNCTION(OSSL_FUNC_KEYMGMT_GETTABLE_PARAMS, key_gettable_params),
    FUNCTION(OSSL_FUNC_KEYMGMT_QUERY_OPERATION_NAME, ec_operation),
    {0, NULL},
};

static const OSSL_DISPATCH rsa_key_functions[] = {
    FUNCTION(OSSL_FUNC_KEYMGMT_NEW, key_new),
    FUNCTION(OSSL_FUNC_KEYMGMT_FREE, key_free),
    FUNCTION(OSSL_FUNC_KEYMGMT_HAS, key_has),
    FUNCTION(OSSL_FUNC_KEYMGMT_MATCH, key_match),
    FUNCTION(OSSL_FUNC_KEYMGMT_IMPORT, rsa_import),
    FUNCTION(OSSL_FUNC_KEYMGMT_IMPORT_TYPES, rsa_import_types),
    FUNCTION(OSSL_FUNC_KEYMGMT_GET_PARAMS, key_get_params),
    FUNCTION(OSSL_FUNC_KEYMGMT_GETTABLE_PARAMS, key_gettable_params),
    FUNCTION(OSSL_FUNC_KEYMGMT_QUERY_OPERATION_NAME, rsa_operation),
    {0, NULL},
};

/* One signature to be made. */
struct remote_signing {
    const struct remote_key *key;
    char digest[32];
    bool is_pss;
};

static void *signing_new(void *provider, const char *properties)
{
    (void)provider, (void)properties;
    return memory_zero(sizeof(struct remote_signing));
}

static void signing_free(void *data)
{
    free(data);
}

static void *signing_copy(void *data)
{
    struct remote_signing *copy = memory_alloc(sizeof *copy);

    memcpy(copy, data, sizeof *copy);
    return copy;
}

/* Padding comes as a number or as a word; the length of the salt is always the digest's. */
static int signing_set_params(void *data, const OSSL_PARAM params[])
{
    struct remote_signing *signing = data;
    const OSSL_PARAM *padding = OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_PAD_MODE);
    const char *word;
    int number;

    if (padding == NULL)
        return 1;
    if (padding->data_type == OSSL_PARAM_UTF8_STRING) {
        if (!OSSL_PARAM_get_utf8_string_ptr(padding, &word))
            return 0;
        signing->is_pss = strcmp(word, OSSL_PKEY_RSA_PAD_MODE_PSS) == 0;
        return 1;
    }
    if (!OSSL_PARAM_get_int(padding, &number))
        return 0;
    signing->is_pss = number == 6; /* RSA_PKCS1_PSS_PADDING */
    return 1;
}

static const OSSL_PARAM *signing_settable_params(void *data, void *provider)
{
    static const OSSL_PARAM types[] = {
        OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PAD_MODE, NULL, 0),
        OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PSS_SALTLEN, NULL, 0),
        OSSL_PARAM_END,
    };

    (void)data, (void)provider;
    return types;
}

static int signing_begin(void *data, const char *digest, void *key, const OSSL_PARAM params[])
{
    struct remote_signing *signing = data;

    if (key == NULL || digest == NULL || strlen(digest) >= sizeof signing->digest)
        return 0;
    signing->key = key;
    memcpy(signing->digest, digest, strlen(digest) + 1);
    return params == NULL || signing_set_params(signing, params);
}

static const struct {
    bool is_rsa, is_pss;
    const char *digest, *other; /* OpenSSL's two names of it */
    uint16_t scheme;
} choices[] = {
    {false, false, "SHA256",   "SHA2-256", 0x0403                 },
    {false, false, "SHA384",   "SHA2-384", 0x0503                 },
    {false, false, "SHA1",     "SHA-1",    0x0203                 },
    {true,  true,  "SHA256",   "SHA2-256", 0x0804                 },
    {true,  true,  "SHA384",   "SHA2-384", 0x0805                 },
    {true,  true,  "SHA512",   "SHA2-512", 0x0806                 },
    {true,  false, "SHA256",   "SHA2-256", 0x0401                 },
    {true,  false, "SHA1",     "SHA-1",    0x0201                 },
    {true,  false, "MD5-SHA1", "MD5-SHA1", TLS_SCHEME_RSA_MD5_SHA1},
};

/* 0: none. */
static uint16_t scheme_of(const struct remote_signing *signing)
{
    bool is_rsa = signing->key->modulus != NULL;

    for (size_t i = 0; i < sizeof choices / sizeof *choices; i++)
        if (choices[i].is_rsa == is_rsa && choices[i].is_pss == signing->is_pss &&
            (strcmp(choices[i].digest, signing->digest) == 0 ||
             strcmp(choices[i].other, signing->digest) == 0))
            return choices[i].scheme;
    return 0;
}

static int signing_sign(void *data, unsigned char *out, size_t *len, size_t capacity,
                        const unsigned char *text, size_t text_len)
{
    const struct remote_signing *signing = data;
    char memory[TLS_SIGN_ANSWER_MAX];
    struct slice signature;
    uint16_t scheme;

    if (out == NULL) {
        *len = max_size(signing->key);
        return 1;
    }
    scheme = scheme_of(signing);
    if (signing->key->remote == NULL || scheme == 0 ||
        !tls_remote_sign(signing->key->remote, signing->key->number, scheme,
                         (struct slice){(const char *)text, text_len}, memory, &signature) ||
        signature.len > capacity)
        return 0;
    memcpy(out, signature.at, signature.len);
    *len = signature.len;
    return 1;
}

static const OSSL_DISPATCH signing_functions[] = {
    FUNCTION(OSSL_FUNC_SIGNATURE_NEWCTX, signing_new),
    FUNCTION(OSSL_FUNC_SIGNATURE_FREECTX, signing_free),
    FUNCTION(OSSL_FUNC_SIGNATURE_DUPCTX, signing_copy),
    FUNCTION(OSSL_FUNC_SIGNATURE_DIGEST_SIGN_INIT, signing_begin),
    FUNCTION(OSSL_FUNC_SIGNATURE_DIGEST_SIGN, signing_sign),
    FUNCTION(OSSL_FUNC_SIGNATURE_SET_CTX_PARAMS, signing_set_params),
    FUNCTION(OSSL_FUNC_SIGNATURE_SETTABLE_CTX_PARAMS, signing_settable_params),
    {0, NULL},
};

#define PROPERTIES "provider=frontd"

static const OSSL_ALGORITHM *provider_query(void *provider, int operation, int *no_cache)
{
    static const OSSL_ALGORITHM keys[] = {
        {"EC:id-ecPublicKey:1.2.840.10045.2.1",    PROPERTIES, ec_key_functions,  NULL},
        {"RSA:rsaEncryption:1.2.840.113549.1.1.1", PROPERTIES, rsa_key_functions, NULL},
        {NULL,                                     NULL,       NULL,              NULL},
    };
    static const OSSL_ALGORITHM signatures[] = {
        {"ECDSA",                                  PROPERTIES, signing_functions, NULL},
        {"RSA:rsaEncryption:1.2.840.113549.1.1.1", PROPERTIES, signing_functions, NULL},
        {NULL,                                     NULL,       NULL,              NULL},
    };

    (void)provider;
    *no_cache = 0;
    if (operation == OSSL_OP_KEYMGMT)
        return keys;
    return operation == OSSL_OP_SIGNATURE ? signatures : NULL;
}

static int provider_start(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in,
                          const OSSL_DISPATCH **out, void **provider)
{
    static const OSSL_DISPATCH functions[] = {
        FUNCTION(OSSL_FUNC_PROVIDER_QUERY_OPERATION, provider_query),
        {0, NULL},
    };

    (void)in;
    *out = functions;
    *provider = (void *)(uintptr_t)handle; /* must be something */
    return 1;
}

void tls_remote_open_provider(struct tls_remote *remote)
{
    remote->library = OSSL_LIB_CTX_new();
    ensure(remote->library != NULL);
    ensure(OSSL_PROVIDER_add_builtin(remote->library, "frontd", provider_start) == 1);
    remote->provider = OSSL_PROVIDER_load(remote->library, "frontd");
    ensure(remote->provider != NULL);
}

void tls_remote_close_provider(struct tls_remote *remote)
{
    OSSL_PROVIDER_unload(remote->provider);
    OSSL_LIB_CTX_free(remote->library);
}

/* The certificate's public key, with the two parameters that say where the private half is. */
static EVP_PKEY *make_key(struct tls_remote *remote, EVP_PKEY *public_key, unsigned number)
{
    OSSL_PARAM place[] = {
        OSSL_PARAM_construct_octet_string(PARAM_REMOTE, (void *)&remote, sizeof remote),
        OSSL_PARAM_construct_uint(PARAM_NUMBER, &number),
        OSSL_PARAM_construct_end(),
    };
    const char *type = EVP_PKEY_is_a(public_key, "RSA") ? "RSA" : "EC";
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(remote->library, type, PROPERTIES);
    OSSL_PARAM *half = NULL, *all = NULL;
    EVP_PKEY *key = NULL;

    if (context != NULL && EVP_PKEY_todata(public_key, EVP_PKEY_PUBLIC_KEY, &half) == 1 &&
        (all = OSSL_PARAM_merge(half, place)) != NULL && EVP_PKEY_fromdata_init(context) == 1 &&
        EVP_PKEY_fromdata(context, &key, EVP_PKEY_KEYPAIR, all) != 1)
        key = NULL;
    OSSL_PARAM_free(half);
    OPENSSL_free(all); /* its members belong to `half` and `place` */
    EVP_PKEY_CTX_free(context);
    return key;
}

/* The public half is the certificate's whatever the private half is: only a signature shows that
 * the two belong together. */
static bool signs_for(EVP_PKEY *key, EVP_PKEY *public_key)
{
    static const char context[] = "TLS 1.3, server CertificateVerify";
    unsigned char text[64 + sizeof context + 32], signature[TLS_SIGNATURE_MAX];
    size_t len = sizeof signature;
    bool is_rsa = EVP_PKEY_is_a(public_key, "RSA") == 1;
    const char *digest = EVP_PKEY_get_bits(public_key) == 384 ? "SHA384" : "SHA256";
    EVP_MD_CTX *signing = EVP_MD_CTX_new(), *checking = EVP_MD_CTX_new();
    EVP_PKEY_CTX *how;
    bool is_good;

    memset(text, ' ', 64);
    memcpy(text + 64, context, sizeof context);
    ensure(RAND_bytes(text + 64 + sizeof context, 32) == 1);
    is_good = EVP_DigestSignInit_ex(signing, &how, digest, NULL, NULL, key, NULL) == 1 &&
              (!is_rsa || EVP_PKEY_CTX_set_rsa_padding(how, RSA_PKCS1_PSS_PADDING) == 1) &&
              EVP_DigestSign(signing, signature, &len, text, sizeof text) == 1;
    is_good = is_good &&
              EVP_DigestVerifyInit_ex(checking, &how, digest, NULL, NULL, public_key, NULL) == 1 &&
              (!is_rsa || (EVP_PKEY_CTX_set_rsa_padding(how, RSA_PKCS1_PSS_PADDING) == 1 &&
                           EVP_PKEY_CTX_set_rsa_pss_saltlen(how, RSA_PSS_SALTLEN_DIGEST) == 1)) &&
              EVP_DigestVerify(checking, signature, len, text, sizeof text) == 1;
    EVP_MD_CTX_free(signing);
    EVP_MD_CTX_free(checking);
    return is_good;
}

EVP_PKEY *tls_remote_key(struct tls_remote *remote, X509 *certificate, uint16_t number,
                         struct slice *why)
{
    EVP_PKEY *public_key = X509_get0_pubkey(certificate);
    EVP_PKEY *key = make_key(remote, public_key, number);

    if (key == NULL)
        *why = SLICE("OpenSSL does not take a key of the key holder");
    else if (!signs_for(key, public_key)) {
        *why = remote->fd < 0 ? SLICE("the key holder does not answer")
                              : SLICE("the key does not belong to the certificate");
        EVP_PKEY_free(key);
        key = NULL;
    }
    ERR_clear_error();
    return key;
}
