#include "tls/tls_layer.h"

#include "base/arena.h"
#include "base/ensure.h"
#include "tls/tls_internal.h"

#include <limits.h>
#include <stdlib.h>
#include <time.h>

#include <openssl/objects.h>

/* KeyUpdates, warning alerts, refused renegotiations: nobody needs more in a second (HAProxy's
 * limit too), and each costs us a key derivation or an answer. */
#define IDLE_RECORDS_PER_SECOND 100

static struct tls_layer *layer_of(const struct stream_transform *transform)
{
    return (struct tls_layer *)(uintptr_t)transform;
}

static struct tls_layer *layer_at(struct tls_end *end)
{
    return layer_of(&end->transform);
}

static void on_begin(struct tls_end *end)
{
    layer_at(end)->context->running = layer_at(end);
}

static void on_done(struct tls_end *end)
{
    layer_at(end)->context->running = NULL;
}

static const char *on_failed(const struct tls_end *end)
{
    (void)end;
    return tls_words_take();
}

static void forget_name(struct tls_layer *layer)
{
    if (layer->name_is_own)
        free((char *)(uintptr_t)layer->name.at);
    layer->name = SLICE_NONE;
    layer->name_is_own = false;
}

static void on_release(struct tls_end *end)
{
    struct tls_layer *layer = layer_at(end);

    forget_name(layer);
    tls_context_release(layer->context);
    free(layer);
}

static const struct tls_end_kind accepted = {
    .begin = on_begin,
    .done = on_done,
    .why = on_failed,
    .release = on_release,
    .left = "client left during the handshake",
    .too_long = "client's handshake is longer than 16 KiB",
};

struct stream_transform *tls_layer_accept(struct tls_context *context)
{
    struct tls_layer *layer = memory_zero(sizeof *layer);

    tls_end_init(&layer->end, &accepted, context->choices[0].settings, &context->bio);
    layer->context = context;
    layer->end.flight_left = TLS_FLIGHT_MAX;
    SSL_set_accept_state(layer->end.ssl);
    context->users++;
    return &layer->end.transform;
}

static void switch_server(struct tls_layer *layer, size_t server)
{
    const struct tls_choice *from = &layer->context->choices[layer->server];
    const struct tls_choice *to = &layer->context->choices[server];

    SSL_set_SSL_CTX(layer->end.ssl, to->settings);
    SSL_clear_options(layer->end.ssl, from->options);
    SSL_set_options(layer->end.ssl, to->options);
    SSL_set_num_tickets(layer->end.ssl, to->tickets);
    tls_verify_choose(layer->end.ssl, to->settings);
    layer->server = (uint32_t)server;
}

/* Before the session lookup. On the connection, since servers may share their SSL_CTX. */
static void bind_session(struct tls_layer *layer)
{
    const struct tls_choice *choice = &layer->context->choices[layer->server];

    ensure(SSL_set_session_id_context(layer->end.ssl, choice->binding, sizeof choice->binding) ==
           1);
}

void tls_layer_choose(struct tls_layer *layer, size_t server, struct slice name, struct slice known)
{
    /* The ClientHello is complete; what follows in the handshake is another flight. */
    layer->context->bio.allowance = TLS_FLIGHT_MAX;
    if (server != layer->server)
        switch_server(layer, server);
    bind_session(layer);
    forget_name(layer);
    layer->name = known;
    if (known.len == 0 && name.len > 0) {
        char *copy = memory_alloc(name.len);

        memcpy(copy, name.at, name.len);
        layer->name = (struct slice){copy, name.len};
        layer->name_is_own = true;
    }
}

void tls_layer_idle_record(struct tls_layer *layer)
{
    struct timespec now;

    if (!layer->end.is_secured)
        return;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    if ((uint32_t)now.tv_sec != layer->idle_second)
        layer->idle_records = 0;
    layer->idle_second = (uint32_t)now.tv_sec;
    if (++layer->idle_records > IDLE_RECORDS_PER_SECOND)
        layer->end.refusal = "client sends too many records without data";
}

struct slice tls_layer_protocol(const struct stream_transform *transform)
{
    return slice_of(SSL_get_version(layer_of(transform)->end.ssl));
}

struct slice tls_layer_cipher(const struct stream_transform *transform)
{
    return slice_of(SSL_get_cipher_name(layer_of(transform)->end.ssl));
}

struct slice tls_layer_curve(const struct stream_transform *transform)
{
    long number = SSL_get_negotiated_group(layer_of(transform)->end.ssl);

    if (number <= 0 || number > INT_MAX || (number & TLSEXT_nid_unknown) != 0)
        return SLICE_NONE;
    return slice_of(OBJ_nid2sn((int)number));
}

struct slice tls_layer_server_name(const struct stream_transform *transform)
{
    return layer_of(transform)->name;
}

struct slice tls_layer_alpn(const struct stream_transform *transform)
{
    const unsigned char *name = NULL;
    unsigned len = 0;

    SSL_get0_alpn_selected(layer_of(transform)->end.ssl, &name, &len);
    return (struct slice){(const char *)name, len};
}

bool tls_layer_resumed(const struct stream_transform *transform)
{
    return SSL_session_reused(layer_of(transform)->end.ssl) == 1;
}

size_t tls_layer_server(const struct stream_transform *transform)
{
    return layer_of(transform)->server;
}
