#include "tls_visitor.h"

#include "base/arena.h"
#include "base/ensure.h"
#include "certificates.h"

#include <stdlib.h>

#include <openssl/err.h>

SSL_CTX *tls_visitor_settings(int min_version, int max_version)
{
    SSL_CTX *settings = SSL_CTX_new(TLS_client_method());

    SSL_CTX_set_security_level(settings, 0);
    SSL_CTX_set_min_proto_version(settings, min_version);
    SSL_CTX_set_max_proto_version(settings, max_version);
    /* What it caches itself, it would spoil when it is freed. */
    SSL_CTX_set_session_cache_mode(settings,
                                   SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
    return settings;
}

struct tls_visitor *tls_visitor_new(struct tls_context *context, SSL_CTX *settings,
                                    const char *name)
{
    struct tls_visitor *client = memory_zero(sizeof *client);

    client->settings = settings != NULL ? settings : tls_visitor_settings(0, 0);
    client->ssl = SSL_new(client->settings);
    client->in = BIO_new(BIO_s_mem());
    client->out = BIO_new(BIO_s_mem());
    SSL_set_bio(client->ssl, client->in, client->out);
    SSL_set_connect_state(client->ssl);
    if (name != NULL)
        SSL_set_tlsext_host_name(client->ssl, name);
    client->server = tls_layer_accept(context);
    client->result = TRANSFORM_MORE;
    return client;
}

void tls_visitor_free(struct tls_visitor *client)
{
    client->server->functions->free(client->server);
    SSL_free(client->ssl);
    SSL_CTX_free(client->settings);
    buffer_release(&client->wire);
    buffer_release(&client->pending);
    free(client);
}

void tls_visitor_collect(struct tls_visitor *client)
{
    char bytes[4096];
    int len;

    while ((len = BIO_read(client->out, bytes, sizeof bytes)) > 0)
        buffer_append(&client->pending, (struct slice){bytes, (size_t)len});
}

void tls_visitor_step(struct tls_visitor *client)
{
    ERR_clear_error();
    SSL_do_handshake(client->ssl);
    ERR_clear_error();
    tls_visitor_collect(client);
}

void tls_visitor_deliver(struct tls_visitor *client)
{
    struct slice bytes = buffer_slice(&client->wire);

    if (bytes.len == 0)
        return;
    client->flights++;
    ensure(BIO_write(client->in, bytes.at, (int)bytes.len) == (int)bytes.len);
    buffer_consume(&client->wire, bytes.len);
}

/* One piece: the way stream.c uses a transform. */
static void give(struct tls_visitor *client, struct stream_wire *wire)
{
    const struct stream_transform_functions *functions = client->server->functions;

    if (!client->is_secured) {
        client->result = functions->handshake(client->server, wire);
        client->is_secured = client->result == TRANSFORM_OK;
        if (!client->is_secured)
            return;
        if (wire->in.len == 0 && !wire->ended)
            return;
    }
    do {
        size_t len = 0, room = sizeof client->received - client->received_len;

        if (client->capacity > 0 && client->capacity < room)
            room = client->capacity;
        client->result = functions->read(client->server, wire,
                                         client->received + client->received_len, room, &len);
        client->received_len += len;
    } while (client->result == TRANSFORM_OK && client->received_len < sizeof client->received);
    if (client->result == TRANSFORM_MORE)
        ensure(wire->in.len == 0);
}

void tls_visitor_feed(struct tls_visitor *client, bool ended)
{
    size_t most = buffer_len(&client->pending) - client->hold_back;

    while (most > 0 && client->result != TRANSFORM_FAILED) {
        size_t len = client->piece > 0 && client->piece < most ? client->piece : most;
        /* Exactly as long as it is, so that a read past the end is seen by the sanitizer. */
        char *copy = memory_alloc(len);
        struct stream_wire wire = {
            .in = {copy, len},
              .out = &client->wire
        };

        memcpy(copy, buffer_slice(&client->pending).at, len);
        buffer_consume(&client->pending, len);
        most -= len;
        give(client, &wire);
        client->untaken = wire.in.len;
        free(copy);
    }
    if (ended && client->result != TRANSFORM_FAILED)
        give(client, &(struct stream_wire){.ended = true, .out = &client->wire});
}

bool tls_visitor_handshake(struct tls_visitor *client)
{
    for (int turn = 0; turn < 10; turn++) {
        tls_visitor_step(client);
        if (buffer_len(&client->pending) == 0)
            break;
        tls_visitor_feed(client, false);
        tls_visitor_deliver(client);
    }
    return client->is_secured && SSL_is_init_finished(client->ssl) &&
           client->result != TRANSFORM_FAILED;
}

void tls_visitor_say(struct tls_visitor *client, struct slice bytes)
{
    size_t written;

    ERR_clear_error();
    ensure(SSL_write_ex(client->ssl, bytes.at, bytes.len, &written) == 1);
    tls_visitor_collect(client);
}

size_t tls_visitor_hear(struct tls_visitor *client, struct slice bytes, char *out, size_t capacity)
{
    struct stream_wire wire = {.out = &client->wire};
    size_t len = 0, got;

    if (bytes.len > 0)
        ensure(client->server->functions->write(client->server, &wire, bytes) == TRANSFORM_OK);
    tls_visitor_deliver(client);
    while (len < capacity && SSL_read_ex(client->ssl, out + len, capacity - len, &got) == 1)
        len += got;
    ERR_clear_error();
    tls_visitor_collect(client);
    return len;
}

struct slice tls_visitor_certificate(struct tls_visitor *client, char *memory, size_t size)
{
    X509 *certificate = SSL_get0_peer_certificate(client->ssl);
    int len = certificate == NULL ? 0
                                  : X509_NAME_get_text_by_NID(X509_get_subject_name(certificate),
                                                              NID_commonName, memory, (int)size);

    return (struct slice){memory, len > 0 ? (size_t)len : 0};
}

struct tls_context *context_with(struct tls_server server, const struct credentials *credentials)
{
    struct arena arena;
    struct slice why = SLICE_NONE;
    struct tls_context *context;

    arena_init(&arena, ARENA_UNLIMITED);
    if (server.pair_count == 0) {
        server.certificates = &credentials->certificate;
        server.keys = &credentials->key;
        server.pair_count = 1;
    }
    if (server.service == NULL)
        server.service = "test";
    if (server.session_timeout_s == 0)
        server.session_timeout_s = 3600;
    context = tls_context_new(&server, 1, &arena, &why);
    ensure(context != NULL);
    arena_deinit(&arena);
    return context;
}
