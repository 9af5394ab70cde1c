#include "tls/tls_key.h"

#include "base/ensure.h"
#include "conf/conf_sources.h"
#include "tls/tls_internal.h"
#include "tls/tls_pem.h"
#include "tls/tls_remote_key.h"

#include <openssl/err.h>
#include <openssl/pem.h>

/* frontd never asks for a pass phrase: there is nobody to answer, and nowhere to keep it. */
static int no_pass_phrase(char *out, int capacity, int writing, void *owner)
{
    (void)out, (void)capacity, (void)writing, (void)owner;
    return -1;
}

static bool is_encrypted(struct slice pem)
{
    return tls_pem_holds(pem, SLICE("-----BEGIN ENCRYPTED PRIVATE KEY-----")) ||
           tls_pem_holds(pem, SLICE("Proc-Type: 4,ENCRYPTED"));
}

static struct slice why_unreadable(struct slice pem)
{
    if (is_encrypted(pem))
        return SLICE("the key is encrypted; frontd cannot ask for its pass phrase");
    if (tls_pem_holds(pem, SLICE("-----BEGIN CERTIFICATE-----")))
        return SLICE("this is a certificate, not a private key");
    if (pem.len == 0)
        return SLICE("the file is empty");
    if (!tls_pem_holds(pem, SLICE("-----BEGIN ")))
        return SLICE("there is no private key in PEM form");
    return SLICE("the private key is damaged or of an unknown kind");
}

EVP_PKEY *tls_key_read(struct slice key_pem, struct slice *why)
{
    BIO *bio;
    EVP_PKEY *key;

    tls_library_start();
    bio = tls_pem_open(key_pem);
    key = PEM_read_bio_PrivateKey(bio, NULL, no_pass_phrase, NULL);
    BIO_free(bio);
    ERR_clear_error();
    if (key == NULL)
        *why = why_unreadable(key_pem);
    return key;
}

bool tls_key_is_secret(struct slice key)
{
    uint32_t number;

    return conf_sources_secret_number(key, &number);
}

EVP_PKEY *tls_key_for(X509 *certificate, struct slice text, struct tls_remote *remote,
                      struct slice *why)
{
    EVP_PKEY *key;
    uint32_t number;

    if (conf_sources_secret_number(text, &number)) {
        ensure(remote != NULL);
        return tls_remote_key(remote, certificate, (uint16_t)number, why);
    }
    key = tls_key_read(text, why);

    if (key != NULL && X509_check_private_key(certificate, key) != 1) {
        *why = SLICE("the key does not belong to the certificate");
        EVP_PKEY_free(key);
        key = NULL;
    }
    ERR_clear_error();
    return key;
}
