#include "base/address.h"
#include "base/ensure.h"
#include "tls/tls_client_internal.h"
#include "tls/tls_internal.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

/* One connection to a backend, as a transform under a stream: see tls_layer.c for the other end. */

#define RECORD_SIZE     16384
#define RECORD_OVERHEAD 64

static struct tls_client_layer *layer_of(const struct stream_transform *transform)
{
    return (struct tls_client_layer *)(uintptr_t)transform;
}

static void begin(struct tls_client_layer *layer, struct stream_wire *wire)
{
    ensure(layer->client->bio.wire == NULL);
    layer->client->bio.wire = wire;
    layer->client->bio.allowance = SIZE_MAX;
    ERR_clear_error();
}

static void end(struct tls_client_layer *layer)
{
    layer->client->bio.wire = NULL;
}

/* What is wrong with a certificate says more than that something is. */
static const char *failure_words(const struct tls_client_layer *layer)
{
    long verified = SSL_get_verify_result(layer->ssl);
    unsigned long error = ERR_peek_last_error();
    const char *words = ERR_reason_error_string(error);

    ERR_clear_error();
    if (layer->client->verifies && verified != X509_V_OK)
        return X509_verify_cert_error_string(verified);
    return words != NULL ? words : "TLS failed";
}

static enum transform_result fail(struct tls_client_layer *layer, const char *words)
{
    const char *found = failure_words(layer);

    if (layer->words == NULL)
        layer->words = words != NULL ? words : found;
    return TRANSFORM_FAILED;
}

static enum transform_result judge(struct tls_client_layer *layer, int result)
{
    switch (SSL_get_error(layer->ssl, result)) {
    case SSL_ERROR_WANT_READ:
        return TRANSFORM_MORE;
    case SSL_ERROR_ZERO_RETURN:
        return TRANSFORM_CLOSED;
    default:
        return fail(layer, NULL);
    }
}

static enum transform_result on_handshake(struct stream_transform *self, struct stream_wire *wire)
{
    struct tls_client_layer *layer = layer_of(self);
    enum transform_result result = TRANSFORM_OK;
    int done;

    if (layer->words != NULL)
        return TRANSFORM_FAILED;
    begin(layer, wire);
    done = SSL_do_handshake(layer->ssl);
    if (done == 1)
        layer->is_secured = true;
    else
        result = judge(layer, done);
    end(layer);
    if (result == TRANSFORM_MORE && wire->ended)
        return fail(layer, "backend left during the handshake");
    return result;
}

static enum transform_result read_some(struct tls_client_layer *layer,
                                       const struct stream_wire *wire, char *out, size_t capacity,
                                       size_t *len)
{
    enum transform_result result;

    if ((SSL_get_shutdown(layer->ssl) & SSL_RECEIVED_SHUTDOWN) != 0)
        return TRANSFORM_CLOSED;
    while (*len < capacity) {
        size_t got = 0;
        int done;

        if (wire->in.len == 0 && SSL_pending(layer->ssl) == 0)
            return TRANSFORM_MORE;
        ERR_clear_error();
        done = SSL_read_ex(layer->ssl, out + *len, capacity - *len, &got);
        *len += got;
        if (done != 1 && (result = judge(layer, done)) != TRANSFORM_MORE)
            return result;
    }
    return TRANSFORM_OK;
}

static enum transform_result on_read(struct stream_transform *self, struct stream_wire *wire,
                                     char *out, size_t capacity, size_t *len)
{
    struct tls_client_layer *layer = layer_of(self);
    enum transform_result result;

    *len = 0;
    if (layer->words != NULL)
        return TRANSFORM_FAILED;
    begin(layer, wire);
    result = read_some(layer, wire, out, capacity, len);
    end(layer);
    return result;
}

static enum transform_result on_write(struct stream_transform *self, struct stream_wire *wire,
                                      struct slice bytes)
{
    struct tls_client_layer *layer = layer_of(self);
    enum transform_result result = TRANSFORM_OK;
    size_t written;
    int done;

    if (layer->words != NULL)
        return TRANSFORM_FAILED;
    if (bytes.len == 0)
        return TRANSFORM_OK;
    buffer_reserve(wire->out, bytes.len + (bytes.len / RECORD_SIZE + 1) * RECORD_OVERHEAD);
    begin(layer, wire);
    done = SSL_write_ex(layer->ssl, bytes.at, bytes.len, &written);
    if (done != 1 && (result = judge(layer, done)) != TRANSFORM_FAILED)
        result = fail(layer, "handshake is not finished");
    end(layer);
    return result;
}

static void on_finish(struct stream_transform *self, struct stream_wire *wire)
{
    struct tls_client_layer *layer = layer_of(self);

    if (layer->words != NULL || !layer->is_secured)
        return;
    begin(layer, wire);
    SSL_shutdown(layer->ssl);
    ERR_clear_error();
    end(layer);
}

static const char *on_words(const struct stream_transform *self)
{
    const struct tls_client_layer *layer = layer_of(self);

    return layer->words != NULL ? layer->words : "no failure";
}

static void on_free(struct stream_transform *self)
{
    struct tls_client_layer *layer = layer_of(self);

    ensure(layer->client->bio.wire == NULL);
    SSL_free(layer->ssl);
    ERR_clear_error();
    tls_client_release(layer->client);
    free(layer);
}

static const struct stream_transform_functions functions = {
    .handshake = on_handshake,
    .read = on_read,
    .write = on_write,
    .finish = on_finish,
    .words = on_words,
    .free = on_free,
};

/* RFC 6066 3: an address is no name to tell. */
static void set_name(struct tls_client_layer *layer, bool says_name)
{
    struct address address = {0};
    bool is_address = address_parse(slice_of(layer->name), &address);

    if (says_name && !is_address && layer->name[0] != '\0')
        SSL_set_tlsext_host_name(layer->ssl, layer->name);
    if (!layer->client->verifies)
        return;
    if (is_address)
        X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(layer->ssl), layer->name);
    else
        ensure(SSL_set1_host(layer->ssl, layer->name) == 1);
    SSL_set_hostflags(layer->ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
}

/* With a copy, for OpenSSL spoils what a connection uses that is not ended orderly. */
static void resume(struct tls_client_layer *layer)
{
    SSL_SESSION *known = tls_client_find_session(layer->client, layer->name);
    SSL_SESSION *copy = known == NULL ? NULL : SSL_SESSION_dup(known);

    if (copy != NULL)
        SSL_set_session(layer->ssl, copy);
    SSL_SESSION_free(copy);
}

struct stream_transform *tls_client_connect(struct tls_client *client, struct slice name,
                                            bool says_name)
{
    struct tls_client_layer *layer = memory_zero(sizeof *layer);
    size_t len = name.len < sizeof layer->name ? name.len : sizeof layer->name - 1;

    layer->transform.functions = &functions;
    layer->client = client;
    memcpy(layer->name, name.at, len);
    layer->ssl = SSL_new(client->settings);
    ensure(layer->ssl != NULL);
    BIO_up_ref(client->bio.bio);
    SSL_set_bio(layer->ssl, client->bio.bio, client->bio.bio);
    SSL_set_app_data(layer->ssl, layer);
    SSL_set_connect_state(layer->ssl);
    set_name(layer, says_name);
    if (client->resumes)
        resume(layer);
    client->users++;
    return &layer->transform;
}
