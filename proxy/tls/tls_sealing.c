#include "base/ensure.h"
#include "tls/tls_context.h"
#include "tls/tls_internal.h"
#include "tls/tls_tickets.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

void tls_sealing_start(struct tls_context *context, const struct tls_tickets *tickets)
{
    context->tickets = tickets;
    context->ticket_cipher = EVP_CIPHER_fetch(NULL, "AES-256-CBC", NULL);
    ensure(context->ticket_cipher != NULL);
}

void tls_sealing_end(struct tls_context *context)
{
    EVP_CIPHER_free(context->ticket_cipher);
}

static bool set_mac(EVP_MAC_CTX *mac, struct tls_ticket_key *key)
{
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key->mac, sizeof key->mac),
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char[]){"SHA256"}, 0),
        OSSL_PARAM_construct_end(),
    };

    return EVP_MAC_CTX_set_params(mac, params) == 1;
}

static int seal(const struct tls_context *context, unsigned char *name, unsigned char *iv,
                EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac)
{
    struct tls_ticket_key key;
    bool is_good;

    tls_tickets_current(context->tickets, &key);
    memcpy(name, key.name, sizeof key.name);
    is_good = RAND_bytes(iv, EVP_CIPHER_get_iv_length(context->ticket_cipher)) == 1 &&
              EVP_EncryptInit_ex2(cipher, context->ticket_cipher, key.cipher, iv, NULL) == 1 &&
              set_mac(mac, &key);
    OPENSSL_cleanse(&key, sizeof key);
    return is_good ? 1 : -1;
}

/* 0: a full handshake. 1: the ticket is good; 2: and is to be replaced. TLS 1.3 wants a new one
 * each time (RFC 8446 C.4: a client should not use a ticket twice). */
static int open_ticket(const struct tls_context *context, SSL *ssl, const unsigned char *name,
                       const unsigned char *iv, EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac)
{
    struct tls_ticket_key key;
    bool is_current, is_good;

    if (!tls_tickets_find(context->tickets, name, &key, &is_current))
        return 0;
    is_good = EVP_DecryptInit_ex2(cipher, context->ticket_cipher, key.cipher, iv, NULL) == 1 &&
              set_mac(mac, &key);
    OPENSSL_cleanse(&key, sizeof key);
    if (!is_good)
        return -1;
    return is_current && SSL_version(ssl) != TLS1_3_VERSION ? 1 : 2;
}

static int on_ticket(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher,
                     EVP_MAC_CTX *mac, int is_new)
{
    const struct tls_context *context = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));

    return is_new ? seal(context, name, iv, cipher, mac)
                  : open_ticket(context, ssl, name, iv, cipher, mac);
}

/* OpenSSL asks the callback of the listener's SSL_CTX, the default server's. Which server a ticket
 * is good for is not its business: see tls_sealing_bind. */
void tls_sealing_set(SSL_CTX *settings, struct tls_context *context,
                     const struct tls_server *server)
{
    SSL_CTX_set_session_cache_mode(settings, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_timeout(settings, server->session_timeout_s);
    SSL_CTX_set_num_tickets(settings, server->session_tickets ? 1 : 0);
    SSL_CTX_set_max_early_data(settings, 0);
    if (context->tickets == NULL)
        return;
    SSL_CTX_set_app_data(settings, context);
    ensure(SSL_CTX_set_tlsext_ticket_key_evp_cb(settings, on_ticket) == 1);
}

static void hash_part(EVP_MD_CTX *hash, struct slice part)
{
    uint64_t len = part.len;

    ensure(EVP_DigestUpdate(hash, &len, sizeof len) == 1);
    ensure(EVP_DigestUpdate(hash, part.at, part.len) == 1);
}

/* A session that is resumed is not verified again. */
static void hash_verification(EVP_MD_CTX *hash, const struct tls_server *server)
{
    const uint32_t numbers[] = {server->verify, server->verify_depth};

    hash_part(hash, (struct slice){(const char *)numbers, sizeof numbers});
    hash_part(hash, server->client_authorities);
    hash_part(hash, server->trusted);
}

void tls_sealing_bind(const struct tls_server *server, unsigned char binding[TLS_BINDING_BYTES])
{
    EVP_MD_CTX *hash = EVP_MD_CTX_new();

    ensure(hash != NULL && EVP_DigestInit_ex(hash, EVP_sha256(), NULL) == 1);
    hash_part(hash, slice_of(server->service));
    for (size_t i = 0; i < server->name_count; i++)
        hash_part(hash, server->names[i]);
    for (size_t i = 0; i < server->pair_count; i++)
        hash_part(hash, server->certificates[i]);
    if (server->verify != TLS_VERIFY_OFF)
        hash_verification(hash, server);
    ensure(EVP_DigestFinal_ex(hash, binding, NULL) == 1);
    EVP_MD_CTX_free(hash);
}
