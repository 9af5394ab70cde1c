#include "certificates.h"

#include "base/arena.h"
#include "base/ensure.h"
#include "tls/tls_internal.h"

#include <stdio.h>
#include <stdlib.h>

#include <openssl/pem.h>
#include <openssl/x509v3.h>

static EVP_PKEY *make_key(enum key_kind kind)
{
    switch (kind) {
    case KEY_P256:
        return EVP_EC_gen("P-256");
    case KEY_P384:
        return EVP_EC_gen("P-384");
    case KEY_P521:
        return EVP_EC_gen("P-521");
    case KEY_RSA_2048:
        return EVP_RSA_gen(2048);
    case KEY_RSA_1024:
        return EVP_RSA_gen(1024);
    }
    ensure(!"unreachable");
    return NULL;
}

static void add_extension(X509 *certificate, int kind, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, kind, value);

    ensure(extension != NULL && X509_add_ext(certificate, extension, -1) == 1);
    X509_EXTENSION_free(extension);
}

static void add_padding(X509 *certificate, unsigned len)
{
    char *value = memory_zero(len + 1);

    memset(value, 'x', len);
    add_extension(certificate, NID_netscape_comment, value);
    free(value);
}

static struct slice take_text(BIO *bio)
{
    char *bytes, *copy;
    long len = BIO_get_mem_data(bio, &bytes);

    copy = memory_alloc((size_t)len);
    memcpy(copy, bytes, (size_t)len);
    BIO_free(bio);
    return (struct slice){copy, (size_t)len};
}

struct credentials credentials_make(const struct recipe *recipe)
{
    X509 *certificate;
    EVP_PKEY *key;
    X509_NAME *subject;
    BIO *certificate_bio, *key_bio;
    const char *common = recipe->common != NULL ? recipe->common : "frontd test";
    bool is_default = recipe->from_s == 0 && recipe->until_s == 0;

    tls_library_start(); /* as in the program: before anything else of OpenSSL */
    certificate = X509_new();
    key = make_key(recipe->key);
    subject = X509_get_subject_name(certificate);
    X509_set_version(certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1 + rand());
    X509_gmtime_adj(X509_getm_notBefore(certificate), is_default ? -60 : (long)recipe->from_s);
    X509_gmtime_adj(X509_getm_notAfter(certificate),
                    is_default ? 90 * 86400 : (long)recipe->until_s);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)common, -1, -1,
                               0);
    X509_set_issuer_name(certificate, subject);
    X509_set_pubkey(certificate, key);
    if (recipe->names != NULL)
        add_extension(certificate, NID_subject_alt_name, recipe->names);
    if (recipe->padding > 0)
        add_padding(certificate, recipe->padding);
    ensure(X509_sign(certificate, key, EVP_sha256()) > 0);
    certificate_bio = BIO_new(BIO_s_mem());
    key_bio = BIO_new(BIO_s_mem());
    ensure(PEM_write_bio_X509(certificate_bio, certificate) == 1);
    ensure(PEM_write_bio_PrivateKey(key_bio, key, NULL, NULL, 0, NULL, NULL) == 1);
    X509_free(certificate);
    EVP_PKEY_free(key);
    return (struct credentials){take_text(certificate_bio), take_text(key_bio)};
}

struct credentials credentials_for(const char *name)
{
    char names[300];

    snprintf(names, sizeof names, "DNS:%s", name);
    return credentials_make(&(struct recipe){.names = names, .common = name, .key = KEY_P256});
}

void credentials_free(struct credentials *credentials)
{
    free((char *)(uintptr_t)credentials->certificate.at);
    free((char *)(uintptr_t)credentials->key.at);
    *credentials = (struct credentials){0};
}
