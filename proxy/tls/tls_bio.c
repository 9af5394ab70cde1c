#include "tls/tls_bio.h"

#include "base/ensure.h"

#include <string.h>

static int on_read(BIO *bio, char *out, size_t capacity, size_t *len)
{
    struct tls_bio *self = BIO_get_data(bio);
    struct slice *in = &self->wire->in;
    size_t most = capacity < in->len ? capacity : in->len;

    BIO_clear_retry_flags(bio);
    if (in->len == 0) {
        BIO_set_retry_read(bio);
        return 0;
    }
    if (most > self->allowance)
        return 0; /* without "retry" this is an error to OpenSSL */
    memcpy(out, in->at, most);
    *in = slice_from(*in, most);
    self->allowance -= most;
    *len = most;
    return 1;
}

static int on_write(BIO *bio, const char *bytes, size_t len, size_t *written)
{
    struct tls_bio *self = BIO_get_data(bio);

    BIO_clear_retry_flags(bio);
    buffer_append(self->wire->out, (struct slice){bytes, len});
    *written = len;
    return 1;
}

static long on_control(BIO *bio, int command, long number, void *pointer)
{
    (void)bio, (void)number, (void)pointer;
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

void tls_bio_init(struct tls_bio *bio)
{
    *bio = (struct tls_bio){.method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "stream wire")};
    ensure(bio->method != NULL);
    BIO_meth_set_read_ex(bio->method, on_read);
    BIO_meth_set_write_ex(bio->method, on_write);
    BIO_meth_set_ctrl(bio->method, on_control);
    bio->bio = BIO_new(bio->method);
    ensure(bio->bio != NULL);
    BIO_set_data(bio->bio, bio);
    BIO_set_init(bio->bio, 1);
}

void tls_bio_deinit(struct tls_bio *bio)
{
    BIO_free(bio->bio);
    BIO_meth_free(bio->method);
}
