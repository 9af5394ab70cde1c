#include "tls/tls_end.h"

#include "base/ensure.h"

#include <openssl/err.h>

/* What a record adds at most, header and tag and padding: for reserving memory. */
#define RECORD_SIZE     16384
#define RECORD_OVERHEAD 64

static struct tls_end *end_of(const struct stream_transform *transform)
{
    return (struct tls_end *)(uintptr_t)transform;
}

/* The BIO, which others share, and callbacks work for this connection until done(). */
static void begin(struct tls_end *end, struct stream_wire *wire, size_t allowance)
{
    ensure(end->bio->wire == NULL);
    end->bio->wire = wire;
    end->bio->allowance = allowance;
    if (end->kind->begin != NULL)
        end->kind->begin(end);
    ERR_clear_error();
}

static void done(struct tls_end *end)
{
    if (end->kind->done != NULL)
        end->kind->done(end);
    end->bio->wire = NULL;
}

static enum transform_result fail(struct tls_end *end, const char *words)
{
    const char *found = end->kind->why(end); /* always: the queue must be empty afterwards */

    if (end->words == NULL)
        end->words = words != NULL ? words : found;
    return TRANSFORM_FAILED;
}

/* What it means that a call of OpenSSL returned `result`, which is not success. */
static enum transform_result judge(struct tls_end *end, int result)
{
    switch (SSL_get_error(end->ssl, result)) {
    case SSL_ERROR_WANT_READ:
        return TRANSFORM_MORE;
    case SSL_ERROR_ZERO_RETURN:
        return TRANSFORM_CLOSED;
    case SSL_ERROR_SYSCALL: /* the BIO refused to give more */
        return fail(end, end->kind->too_long);
    default:
        return fail(end, NULL);
    }
}

static enum transform_result on_handshake(struct stream_transform *self, struct stream_wire *wire)
{
    struct tls_end *end = end_of(self);
    enum transform_result result = TRANSFORM_OK;
    int status;

    if (end->words != NULL)
        return TRANSFORM_FAILED;
    begin(end, wire, end->is_unbounded ? SIZE_MAX : end->flight_left);
    status = SSL_do_handshake(end->ssl);
    if (!end->is_unbounded)
        end->flight_left = (uint16_t)end->bio->allowance;
    if (status == 1)
        end->is_secured = true;
    else
        result = judge(end, status);
    done(end);
    if (result == TRANSFORM_MORE && wire->ended)
        return fail(end, end->kind->left);
    return result;
}

/* Nothing to decrypt. OpenSSL itself keeps at most the beginning of a record: it does not read
 * ahead. Asking it would cost a buffer of 16 KiB for nothing. */
static bool is_dry(const struct tls_end *end, const struct stream_wire *wire)
{
    return wire->in.len == 0 && SSL_pending(end->ssl) == 0;
}

static enum transform_result read_some(struct tls_end *end, const struct stream_wire *wire,
                                       char *out, size_t capacity, size_t *len)
{
    enum transform_result result;

    if ((SSL_get_shutdown(end->ssl) & SSL_RECEIVED_SHUTDOWN) != 0)
        return TRANSFORM_CLOSED;
    while (*len < capacity) {
        size_t got = 0;
        int status;

        if (is_dry(end, wire))
            return TRANSFORM_MORE;
        ERR_clear_error();
        status = SSL_read_ex(end->ssl, out + *len, capacity - *len, &got);
        if (end->refusal != NULL)
            return fail(end, end->refusal);
        *len += got;
        if (status != 1 && (result = judge(end, status)) != TRANSFORM_MORE)
            return result;
    }
    return TRANSFORM_OK;
}

static enum transform_result on_read(struct stream_transform *self, struct stream_wire *wire,
                                     char *out, size_t capacity, size_t *len)
{
    struct tls_end *end = end_of(self);
    enum transform_result result;

    *len = 0;
    if (end->words != NULL)
        return TRANSFORM_FAILED;
    begin(end, wire, SIZE_MAX);
    result = read_some(end, wire, out, capacity, len);
    done(end);
    return result;
}

static enum transform_result on_write(struct stream_transform *self, struct stream_wire *wire,
                                      struct slice bytes)
{
    struct tls_end *end = end_of(self);
    enum transform_result result = TRANSFORM_OK;
    size_t written;
    int status;

    if (end->words != NULL)
        return TRANSFORM_FAILED;
    if (bytes.len == 0)
        return TRANSFORM_OK;
    buffer_reserve(wire->out, bytes.len + (bytes.len / RECORD_SIZE + 1) * RECORD_OVERHEAD);
    begin(end, wire, SIZE_MAX);
    /* The wire takes everything, so this writes all of it or fails: no SSL_write is ever repeated.
     */
    status = SSL_write_ex(end->ssl, bytes.at, bytes.len, &written);
    if (status != 1 && (result = judge(end, status)) != TRANSFORM_FAILED)
        result = fail(end, "handshake is not finished");
    done(end);
    return result;
}

static void on_finish(struct stream_transform *self, struct stream_wire *wire)
{
    struct tls_end *end = end_of(self);

    /* In the middle of a handshake there is nothing to close orderly. */
    if (end->words != NULL || !end->is_secured)
        return;
    begin(end, wire, SIZE_MAX);
    SSL_shutdown(end->ssl);
    ERR_clear_error();
    done(end);
}

static const char *on_words(const struct stream_transform *self)
{
    const struct tls_end *end = end_of(self);

    return end->words != NULL ? end->words : "no failure";
}

static void on_free(struct stream_transform *self)
{
    struct tls_end *end = end_of(self);

    ensure(end->bio->wire == NULL);
    SSL_free(end->ssl);
    ERR_clear_error();
    end->kind->release(end);
}

static const struct stream_transform_functions functions = {
    .handshake = on_handshake,
    .read = on_read,
    .write = on_write,
    .finish = on_finish,
    .words = on_words,
    .free = on_free,
};

void tls_end_init(struct tls_end *end, const struct tls_end_kind *kind, SSL_CTX *settings,
                  struct tls_bio *bio)
{
    end->transform.functions = &functions;
    end->kind = kind;
    end->bio = bio;
    end->ssl = SSL_new(settings);
    ensure(end->ssl != NULL);
    BIO_up_ref(bio->bio);
    SSL_set_bio(end->ssl, bio->bio, bio->bio);
}
