#include "tls/tls_client.h"

#include "base/ensure.h"
#include "tls/tls_client_internal.h"
#include "tls/tls_context.h"
#include "tls/tls_internal.h"
#include "tls/tls_pem.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509.h>

static const struct {
    enum tls_protocol protocol;
    uint64_t off;
} protocol_options[] = {
    {TLS_PROTOCOL_1_0, SSL_OP_NO_TLSv1  },
    {TLS_PROTOCOL_1_1, SSL_OP_NO_TLSv1_1},
    {TLS_PROTOCOL_1_2, SSL_OP_NO_TLSv1_2},
    {TLS_PROTOCOL_1_3, SSL_OP_NO_TLSv1_3},
};

/* Sessions. */

SSL_SESSION *tls_client_find_session(const struct tls_client *client, const char *name)
{
    for (size_t i = 0; i < TLS_CLIENT_SESSIONS; i++)
        if (client->sessions[i].session != NULL && strcmp(client->sessions[i].name, name) == 0)
            return client->sessions[i].session;
    return NULL;
}

static struct tls_client_session *place_for(struct tls_client *client, const char *name)
{
    for (size_t i = 0; i < TLS_CLIENT_SESSIONS; i++)
        if (client->sessions[i].session != NULL && strcmp(client->sessions[i].name, name) == 0)
            return &client->sessions[i];
    return &client->sessions[client->next_session++ % TLS_CLIENT_SESSIONS];
}

/* A copy: OpenSSL spoils its own when a backend hangs up without close_notify, as many do. */
static int on_session(SSL *ssl, SSL_SESSION *session)
{
    const struct tls_client_layer *layer = SSL_get_app_data(ssl);
    struct tls_client_session *place = place_for(layer->client, layer->name);

    SSL_SESSION_free(place->session);
    place->session = SSL_SESSION_dup(session);
    memcpy(place->name, layer->name, sizeof place->name);
    return 0;
}

/* Settings. */

static bool fails(struct arena *arena, struct slice *why, const char *what)
{
    const char *words = ERR_reason_error_string(ERR_peek_last_error());

    *why = arena_format(arena, "%s (%s)", what, words != NULL ? words : "no reason given");
    ERR_clear_error();
    return false;
}

static bool add_trusted(SSL_CTX *settings, struct slice pem, struct arena *arena, struct slice *why)
{
    STACK_OF(X509) *chain = tls_pem_chain(pem, arena, why);

    if (chain == NULL)
        return false;
    for (int i = 0; i < sk_X509_num(chain); i++)
        ensure(X509_STORE_add_cert(SSL_CTX_get_cert_store(settings), sk_X509_value(chain, i)) == 1);
    tls_pem_chain_free(chain);
    return true;
}

static void set_protocols(SSL_CTX *settings, uint32_t protocols)
{
    if (protocols == 0)
        protocols = TLS_PROTOCOL_1_2 | TLS_PROTOCOL_1_3;
    for (size_t i = 0; i < sizeof protocol_options / sizeof protocol_options[0]; i++)
        if ((protocols & protocol_options[i].protocol) == 0)
            SSL_CTX_set_options(settings, protocol_options[i].off);
    if ((protocols & (TLS_PROTOCOL_1_0 | TLS_PROTOCOL_1_1)) != 0)
        SSL_CTX_set_security_level(settings, 0); /* their signatures are SHA-1 */
}

static bool configure(struct tls_client *client, const struct tls_client_settings *settings,
                      struct arena *arena, struct slice *why)
{
    SSL_CTX_set_options(client->settings, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_mode(client->settings, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_min_proto_version(client->settings, TLS1_VERSION);
    set_protocols(client->settings, settings->protocols);
    if (settings->ciphers.len > 0 &&
        SSL_CTX_set_cipher_list(client->settings, arena_keep(arena, settings->ciphers).at) != 1)
        return fails(arena, why, "no cipher of that list can be used");
    if (settings->trusted.len > 0 && !add_trusted(client->settings, settings->trusted, arena, why))
        return false;
    SSL_CTX_set_verify(client->settings, settings->verifies ? SSL_VERIFY_PEER : SSL_VERIFY_NONE,
                       NULL);
    SSL_CTX_set_verify_depth(client->settings, (int)settings->verify_depth);
    if (settings->resumes) {
        SSL_CTX_set_session_cache_mode(client->settings,
                                       SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
        SSL_CTX_sess_set_new_cb(client->settings, on_session);
    } else {
        SSL_CTX_set_session_cache_mode(client->settings, SSL_SESS_CACHE_OFF);
    }
    return true;
}

struct tls_client *tls_client_new(const struct tls_client_settings *settings, struct arena *arena,
                                  struct slice *why)
{
    struct tls_client *client = memory_zero(sizeof *client);

    tls_library_start();
    client->users = 1;
    client->verifies = settings->verifies;
    client->resumes = settings->resumes;
    client->settings = SSL_CTX_new(TLS_client_method());
    ensure(client->settings != NULL);
    tls_bio_init(&client->bio);
    if (configure(client, settings, arena, why))
        return client;
    tls_client_release(client);
    return NULL;
}

void tls_client_release(struct tls_client *client)
{
    if (--client->users > 0)
        return;
    for (size_t i = 0; i < TLS_CLIENT_SESSIONS; i++)
        SSL_SESSION_free(client->sessions[i].session);
    SSL_CTX_free(client->settings);
    tls_bio_deinit(&client->bio);
    free(client);
}

void tls_client_free(struct tls_client *client)
{
    if (client != NULL)
        tls_client_release(client);
}
