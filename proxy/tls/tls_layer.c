#include "tls/tls_layer.h"

#include "base/arena.h"
#include "base/ensure.h"
#include "tls/tls_internal.h"

#include <limits.h>
#include <stdlib.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/objects.h>

/* KeyUpdates, warning alerts, refused renegotiations: nobody needs more in a second (HAProxy's
 * limit too), and each costs us a key derivation or an answer. */
#define IDLE_RECORDS_PER_SECOND 100

/* What a record adds at most, header and tag and padding: for reserving memory. */
#define RECORD_SIZE     16384
#define RECORD_OVERHEAD 64

static struct tls_layer *layer_of(const struct stream_transform *transform)
{
    return (struct tls_layer *)(uintptr_t)transform;
}

/* The context's BIO and callbacks work for this connection until end(). */
static void begin(struct tls_layer *layer, struct stream_wire *wire, size_t allowance)
{
    struct tls_context *context = layer->context;

    ensure(context->running == NULL);
    context->running = layer;
    context->bio.wire = wire;
    context->bio.allowance = allowance;
    ERR_clear_error();
}

static void end(struct tls_layer *layer)
{
    layer->context->running = NULL;
    layer->context->bio.wire = NULL;
}

static enum transform_result fail(struct tls_layer *layer, const char *words)
{
    const char *from_library = tls_words_take(); /* always: the queue must be empty afterwards */

    if (layer->words == NULL)
        layer->words = words != NULL ? words : from_library;
    return TRANSFORM_FAILED;
}

/* What it means that a call of OpenSSL returned `result`, which is not success. */
static enum transform_result judge(struct tls_layer *layer, int result)
{
    switch (SSL_get_error(layer->ssl, result)) {
    case SSL_ERROR_WANT_READ:
        return TRANSFORM_MORE;
    case SSL_ERROR_ZERO_RETURN:
        return TRANSFORM_CLOSED;
    case SSL_ERROR_SYSCALL: /* the BIO refused to give more */
        return fail(layer, "client's handshake is longer than 16 KiB");
    default:
        return fail(layer, NULL);
    }
}

static enum transform_result layer_handshake(struct stream_transform *self,
                                             struct stream_wire *wire)
{
    struct tls_layer *layer = layer_of(self);
    enum transform_result result = TRANSFORM_OK;
    int done;

    if (layer->words != NULL)
        return TRANSFORM_FAILED;
    begin(layer, wire, layer->flight_left);
    done = SSL_do_handshake(layer->ssl);
    layer->flight_left = (uint16_t)layer->context->bio.allowance;
    if (done == 1)
        layer->is_secured = true;
    else
        result = judge(layer, done);
    end(layer);
    if (result == TRANSFORM_MORE && wire->ended)
        return fail(layer, "client left during the handshake");
    return result;
}

/* Nothing to decrypt. OpenSSL itself keeps at most the beginning of a record: it does not read
 * ahead. Asking it would cost a buffer of 16 KiB for nothing. */
static bool is_dry(const struct tls_layer *layer, const struct stream_wire *wire)
{
    return wire->in.len == 0 && SSL_pending(layer->ssl) == 0;
}

static bool is_flooded(const struct tls_layer *layer)
{
    return layer->idle_records > IDLE_RECORDS_PER_SECOND;
}

static enum transform_result read_some(struct tls_layer *layer, const struct stream_wire *wire,
                                       char *out, size_t capacity, size_t *len)
{
    enum transform_result result = TRANSFORM_OK;

    if ((SSL_get_shutdown(layer->ssl) & SSL_RECEIVED_SHUTDOWN) != 0)
        return TRANSFORM_CLOSED;
    while (*len < capacity) {
        size_t got = 0;
        int done;

        if (is_dry(layer, wire))
            return TRANSFORM_MORE;
        ERR_clear_error();
        done = SSL_read_ex(layer->ssl, out + *len, capacity - *len, &got);
        if (is_flooded(layer))
            return fail(layer, "client sends too many records without data");
        *len += got;
        if (done != 1 && (result = judge(layer, done)) != TRANSFORM_MORE)
            return result;
    }
    return TRANSFORM_OK;
}

static enum transform_result layer_read(struct stream_transform *self, struct stream_wire *wire,
                                        char *out, size_t capacity, size_t *len)
{
    struct tls_layer *layer = layer_of(self);
    enum transform_result result;

    *len = 0;
    if (layer->words != NULL)
        return TRANSFORM_FAILED;
    begin(layer, wire, SIZE_MAX);
    result = read_some(layer, wire, out, capacity, len);
    end(layer);
    return result;
}

static enum transform_result layer_write(struct stream_transform *self, struct stream_wire *wire,
                                         struct slice bytes)
{
    struct tls_layer *layer = layer_of(self);
    enum transform_result result = TRANSFORM_OK;
    size_t written;
    int done;

    if (layer->words != NULL)
        return TRANSFORM_FAILED;
    if (bytes.len == 0)
        return TRANSFORM_OK;
    buffer_reserve(wire->out, bytes.len + (bytes.len / RECORD_SIZE + 1) * RECORD_OVERHEAD);
    begin(layer, wire, SIZE_MAX);
    /* The wire takes everything, so this writes all of it or fails: no SSL_write is ever repeated.
     */
    done = SSL_write_ex(layer->ssl, bytes.at, bytes.len, &written);
    if (done != 1 && (result = judge(layer, done)) != TRANSFORM_FAILED)
        result = fail(layer, "handshake is not finished");
    end(layer);
    return result;
}

static void layer_finish(struct stream_transform *self, struct stream_wire *wire)
{
    struct tls_layer *layer = layer_of(self);

    /* In the middle of a handshake there is nothing to close orderly. */
    if (layer->words != NULL || !layer->is_secured)
        return;
    begin(layer, wire, SIZE_MAX);
    SSL_shutdown(layer->ssl);
    ERR_clear_error();
    end(layer);
}

static const char *layer_words(const struct stream_transform *self)
{
    const struct tls_layer *layer = layer_of(self);

    return layer->words != NULL ? layer->words : "no failure";
}

static void forget_name(struct tls_layer *layer)
{
    if (layer->name_is_own)
        free((char *)(uintptr_t)layer->name.at);
    layer->name = SLICE_NONE;
    layer->name_is_own = false;
}

static void layer_free(struct stream_transform *self)
{
    struct tls_layer *layer = layer_of(self);

    ensure(layer->context->running == NULL);
    SSL_free(layer->ssl);
    ERR_clear_error();
    forget_name(layer);
    tls_context_release(layer->context);
    free(layer);
}

static const struct stream_transform_functions layer_functions = {
    .handshake = layer_handshake,
    .read = layer_read,
    .write = layer_write,
    .finish = layer_finish,
    .words = layer_words,
    .free = layer_free,
};

struct stream_transform *tls_layer_accept(struct tls_context *context)
{
    struct tls_layer *layer = memory_zero(sizeof *layer);

    layer->transform.functions = &layer_functions;
    layer->context = context;
    layer->flight_left = TLS_FLIGHT_MAX;
    layer->ssl = SSL_new(context->choices[0].settings);
    ensure(layer->ssl != NULL);
    BIO_up_ref(context->bio.bio);
    SSL_set_bio(layer->ssl, context->bio.bio, context->bio.bio);
    SSL_set_accept_state(layer->ssl);
    context->users++;
    return &layer->transform;
}

static void switch_server(struct tls_layer *layer, size_t server)
{
    const struct tls_choice *from = &layer->context->choices[layer->server];
    const struct tls_choice *to = &layer->context->choices[server];

    SSL_set_SSL_CTX(layer->ssl, to->settings);
    SSL_clear_options(layer->ssl, from->options);
    SSL_set_options(layer->ssl, to->options);
    SSL_set_num_tickets(layer->ssl, to->tickets);
    tls_verify_choose(layer->ssl, to->settings);
    layer->server = (uint32_t)server;
}

/* Before the session lookup. On the connection, since servers may share their SSL_CTX. */
static void bind_session(struct tls_layer *layer)
{
    const struct tls_choice *choice = &layer->context->choices[layer->server];

    ensure(SSL_set_session_id_context(layer->ssl, choice->binding, sizeof choice->binding) == 1);
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

    if (!layer->is_secured)
        return;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    if ((uint32_t)now.tv_sec != layer->idle_second)
        layer->idle_records = 0;
    layer->idle_second = (uint32_t)now.tv_sec;
    layer->idle_records++;
}

struct slice tls_layer_protocol(const struct stream_transform *transform)
{
    return slice_of(SSL_get_version(layer_of(transform)->ssl));
}

struct slice tls_layer_cipher(const struct stream_transform *transform)
{
    return slice_of(SSL_get_cipher_name(layer_of(transform)->ssl));
}

struct slice tls_layer_curve(const struct stream_transform *transform)
{
    long number = SSL_get_negotiated_group(layer_of(transform)->ssl);

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

    SSL_get0_alpn_selected(layer_of(transform)->ssl, &name, &len);
    return (struct slice){(const char *)name, len};
}

bool tls_layer_resumed(const struct stream_transform *transform)
{
    return SSL_session_reused(layer_of(transform)->ssl) == 1;
}

size_t tls_layer_server(const struct stream_transform *transform)
{
    return layer_of(transform)->server;
}
