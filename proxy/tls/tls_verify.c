#include "tls/tls_verify.h"

#include "base/ensure.h"
#include "tls/tls_context.h"
#include "tls/tls_internal.h"
#include "tls/tls_pem.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

/* The handshake goes on; SSL_get_verify_result remembers what was wrong. */
static int on_verified(int is_good, X509_STORE_CTX *store)
{
    (void)is_good, (void)store;
    return 1;
}

/* Adds each certificate of `pem` to what is trusted; and to the names told to clients. */
static bool add_authorities(SSL_CTX *settings, struct slice pem, STACK_OF(X509_NAME) * names,
                            struct arena *arena, struct slice *why)
{
    STACK_OF(X509) *chain = tls_pem_chain(pem, arena, why);

    if (chain == NULL)
        return false;
    for (int i = 0; i < sk_X509_num(chain); i++) {
        X509 *authority = sk_X509_value(chain, i);

        ensure(X509_STORE_add_cert(SSL_CTX_get_cert_store(settings), authority) == 1);
        if (names != NULL)
            ensure(sk_X509_NAME_push(names, X509_NAME_dup(X509_get_subject_name(authority))) > 0);
    }
    tls_pem_chain_free(chain);
    return true;
}

bool tls_verify_set(SSL_CTX *settings, const struct tls_server *server, struct arena *arena,
                    struct slice *why)
{
    STACK_OF(X509_NAME) * names;

    if (server->verify == TLS_VERIFY_OFF)
        return true;
    names = sk_X509_NAME_new_null();
    ensure(names != NULL);
    SSL_CTX_set_client_CA_list(settings, names); /* owns it */
    if (server->client_authorities.len > 0 &&
        !add_authorities(settings, server->client_authorities, names, arena, why))
        return false;
    if (server->trusted.len > 0 && !add_authorities(settings, server->trusted, NULL, arena, why))
        return false;
    SSL_CTX_set_verify(settings, SSL_VERIFY_PEER, on_verified);
    SSL_CTX_set_verify_depth(settings, (int)server->verify_depth);
    return true;
}

void tls_verify_choose(SSL *ssl, SSL_CTX *settings)
{
    SSL_set_verify(ssl, SSL_CTX_get_verify_mode(settings), SSL_CTX_get_verify_callback(settings));
    SSL_set_verify_depth(ssl, SSL_CTX_get_verify_depth(settings));
}

static SSL *ssl_of(const struct stream_transform *transform)
{
    return ((const struct tls_layer *)(const void *)transform)->end.ssl;
}

static bool blames_authority(long result)
{
    return result == X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT ||
           result == X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN ||
           result == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY ||
           result == X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE ||
           result == X509_V_ERR_CERT_UNTRUSTED;
}

bool tls_peer_shown(const struct stream_transform *transform, struct tls_peer_failure *failure)
{
    SSL *ssl = ssl_of(transform);
    long result = SSL_get_verify_result(ssl);

    *failure = (struct tls_peer_failure){0};
    if (SSL_get0_peer_certificate(ssl) == NULL)
        return false;
    if (result != X509_V_OK)
        *failure = (struct tls_peer_failure){X509_verify_cert_error_string(result),
                                             blames_authority(result)};
    return true;
}

static void print_one_line(BIO *out, const X509_NAME *name)
{
    char *line = X509_NAME_oneline(name, NULL, 0);

    ensure(line != NULL);
    BIO_puts(out, line);
    OPENSSL_free(line);
}

static void print_serial(BIO *out, const X509 *certificate)
{
    i2a_ASN1_INTEGER(out, X509_get0_serialNumber(certificate));
}

static void print_fingerprint(BIO *out, const X509 *certificate)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;

    ensure(X509_digest(certificate, EVP_sha1(), digest, &len) == 1);
    for (unsigned i = 0; i < len; i++)
        BIO_printf(out, "%02x", digest[i]);
}

static void print_days_left(BIO *out, const X509 *certificate)
{
    int days = 0, seconds = 0;

    if (ASN1_TIME_diff(&days, &seconds, NULL, X509_get0_notAfter(certificate)) != 1 || days < 0 ||
        seconds < 0)
        days = 0;
    BIO_printf(out, "%d", days);
}

static void print_fact(BIO *out, X509 *certificate, enum tls_peer_fact fact)
{
    switch (fact) {
    case TLS_PEER_SUBJECT:
        X509_NAME_print_ex(out, X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253);
        break;
    case TLS_PEER_ISSUER:
        X509_NAME_print_ex(out, X509_get_issuer_name(certificate), 0, XN_FLAG_RFC2253);
        break;
    case TLS_PEER_SUBJECT_ONE_LINE:
        print_one_line(out, X509_get_subject_name(certificate));
        break;
    case TLS_PEER_ISSUER_ONE_LINE:
        print_one_line(out, X509_get_issuer_name(certificate));
        break;
    case TLS_PEER_SERIAL:
        print_serial(out, certificate);
        break;
    case TLS_PEER_FINGERPRINT:
        print_fingerprint(out, certificate);
        break;
    case TLS_PEER_PEM:
        PEM_write_bio_X509(out, certificate);
        break;
    case TLS_PEER_START:
        ASN1_TIME_print(out, X509_get0_notBefore(certificate));
        break;
    case TLS_PEER_END:
        ASN1_TIME_print(out, X509_get0_notAfter(certificate));
        break;
    case TLS_PEER_DAYS_LEFT:
        print_days_left(out, certificate);
        break;
    }
}

struct slice tls_peer_fact(const struct stream_transform *transform, enum tls_peer_fact fact,
                           struct arena *arena)
{
    X509 *certificate = SSL_get0_peer_certificate(ssl_of(transform));
    struct slice words;
    BIO *out;
    char *bytes;
    long len;

    if (certificate == NULL)
        return SLICE_NONE;
    out = BIO_new(BIO_s_mem());
    ensure(out != NULL);
    print_fact(out, certificate, fact);
    len = BIO_get_mem_data(out, &bytes);
    words = arena_keep(arena, (struct slice){bytes, len > 0 ? (size_t)len : 0});
    BIO_free(out);
    ERR_clear_error();
    return words;
}
