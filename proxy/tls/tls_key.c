#include "tls/tls_key.h"

#include "base/ensure.h"
#include "conf/conf_sources.h"
#include "tls/tls_internal.h"
#include "tls/tls_pem.h"
#include "tls/tls_remote_key.h"

#include <openssl/err.h>
#include <openssl/pem.h>

/* The line of a file: frontd never asks anybody. Fails for one that is longer than OpenSSL takes.
 */
static int give_passphrase(char *out, int capacity, int writing, void *owner)
{
    const struct slice *passphrase = owner;

    (void)writing;
    if (passphrase->len == 0 || passphrase->len > (size_t)capacity)
        return -1;
    memcpy(out, passphrase->at, passphrase->len);
    return (int)passphrase->len;
}

bool tls_key_is_encrypted(struct slice pem)
{
    return tls_pem_holds(pem, SLICE("-----BEGIN ENCRYPTED PRIVATE KEY-----")) ||
           tls_pem_holds(pem, SLICE("Proc-Type: 4,ENCRYPTED"));
}

/* scrypt takes tens of megabytes, and the memory of the key holder is small. */
static bool is_by_scrypt(struct slice pem)
{
    BIO *bio = tls_pem_open(pem);
    X509_SIG *encrypted = PEM_read_bio_PKCS8(bio, NULL, NULL, NULL);
    const X509_ALGOR *algorithm = NULL;
    PBE2PARAM *parameters = NULL;
    bool is;

    if (encrypted != NULL)
        X509_SIG_get0(encrypted, &algorithm, NULL);
    if (algorithm != NULL && OBJ_obj2nid(algorithm->algorithm) == NID_pbes2)
        parameters = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBE2PARAM), algorithm->parameter);
    is = parameters != NULL && OBJ_obj2nid(parameters->keyfunc->algorithm) == NID_id_scrypt;
    PBE2PARAM_free(parameters);
    X509_SIG_free(encrypted);
    BIO_free(bio);
    ERR_clear_error();
    return is;
}

static struct slice why_locked(struct slice pem, struct slice passphrases)
{
    if (is_by_scrypt(pem))
        return SLICE("the key is encrypted with scrypt, which takes more memory than there is for "
                     "keys: encrypt it with `openssl pkcs8 -topk8` as that does by default");
    if (passphrases.len == 0)
        return SLICE("the key is encrypted; name a file with its pass phrase in ssl_password_file");
    return SLICE("the key is encrypted, and no line of its ssl_password_file opens it");
}

static struct slice why_unreadable(struct slice pem, struct slice passphrases)
{
    if (tls_key_is_encrypted(pem))
        return why_locked(pem, passphrases);
    if (tls_pem_holds(pem, SLICE("-----BEGIN CERTIFICATE-----")))
        return SLICE("this is a certificate, not a private key");
    if (pem.len == 0)
        return SLICE("the file is empty");
    if (!tls_pem_holds(pem, SLICE("-----BEGIN ")))
        return SLICE("there is no private key in PEM form");
    return SLICE("the private key is damaged or of an unknown kind");
}

static EVP_PKEY *read_with(struct slice key_pem, struct slice passphrase)
{
    BIO *bio = tls_pem_open(key_pem);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, give_passphrase, &passphrase);

    BIO_free(bio);
    ERR_clear_error();
    return key;
}

/* As nginx reads them: lines that end with LF or CRLF, empty ones left out. */
static EVP_PKEY *read_encrypted(struct slice key_pem, struct slice passphrases)
{
    EVP_PKEY *key = NULL;

    while (key == NULL && passphrases.len > 0) {
        struct slice line = slice_cut(&passphrases, '\n');

        if (slice_ends(line, SLICE("\r")))
            line.len--;
        if (line.len > 0)
            key = read_with(key_pem, line);
    }
    return key;
}

EVP_PKEY *tls_key_read(struct slice key_pem, struct slice passphrases, struct slice *why)
{
    EVP_PKEY *key = NULL;

    tls_library_start();
    if (!tls_key_is_encrypted(key_pem))
        key = read_with(key_pem, SLICE_NONE);
    else if (!is_by_scrypt(key_pem))
        key = read_encrypted(key_pem, passphrases);
    if (key == NULL)
        *why = why_unreadable(key_pem, passphrases);
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
    key = tls_key_read(text, SLICE_NONE, why);
    if (key != NULL && X509_check_private_key(certificate, key) != 1) {
        *why = SLICE("the key does not belong to the certificate");
        EVP_PKEY_free(key);
        key = NULL;
    }
    ERR_clear_error();
    return key;
}
