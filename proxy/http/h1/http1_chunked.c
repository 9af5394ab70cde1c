#include "http/h1/http1_chunked.h"

#include "base/chars.h"
#include "base/ensure.h"

/* reference/http.md 4.3. Fifteen digits cannot overflow 64 bits. */
#define SIZE_DIGITS_MAX    15
#define EXTENSION_LINE_MAX 256
#define EXTENSION_BODY_MAX 16384
#define TRAILER_BYTES_MAX  8192
#define TRAILER_FIELDS_MAX 100

enum {
    SIZE,
    BEFORE_EXTENSION, /* blanks between the size and a ';' */
    EXTENSION,
    SIZE_LF,
    DATA,
    DATA_CR,
    DATA_LF,
    TRAILER_START,
    TRAILER_NAME,
    TRAILER_VALUE,
    TRAILER_LF,
    END_LF,
    DONE,
};

/* What one byte of framing does: ACCEPTED, or why it may not stand here. */
typedef enum http_refusal step(struct http1_chunked *chunked, char byte);

static enum http_refusal step_size(struct http1_chunked *chunked, char byte)
{
    int digit = chars_hex_value(byte);

    if (digit >= 0) {
        if (chunked->digits == SIZE_DIGITS_MAX)
            return HTTP_REFUSED_CHUNK_SIZE;
        chunked->digits++;
        chunked->left = chunked->left * 16 + (uint64_t)digit;
        return HTTP_ACCEPTED;
    }
    if (chunked->digits == 0)
        return HTTP_REFUSED_CHUNK_SIZE;
    chunked->line_bytes = 0;
    if (byte == '\r')
        chunked->state = SIZE_LF;
    else if (byte == ';')
        chunked->state = EXTENSION;
    else if (byte == ' ' || byte == '\t')
        chunked->state = BEFORE_EXTENSION;
    else
        return HTTP_REFUSED_CHUNK_SIZE;
    return HTTP_ACCEPTED;
}

static enum http_refusal count_extension(struct http1_chunked *chunked)
{
    if (++chunked->line_bytes > EXTENSION_LINE_MAX ||
        ++chunked->extension_bytes > EXTENSION_BODY_MAX)
        return HTTP_REFUSED_CHUNK_EXTENSION;
    return HTTP_ACCEPTED;
}

static enum http_refusal step_before_extension(struct http1_chunked *chunked, char byte)
{
    if (byte == ';')
        chunked->state = EXTENSION;
    else if (byte != ' ' && byte != '\t')
        return HTTP_REFUSED_CHUNK_EXTENSION;
    return count_extension(chunked);
}

static enum http_refusal step_extension(struct http1_chunked *chunked, char byte)
{
    if (byte == '\r') {
        chunked->state = SIZE_LF;
        return HTTP_ACCEPTED;
    }
    return chars_is(byte, CHARS_FIELD) ? count_extension(chunked) : HTTP_REFUSED_CHUNK_EXTENSION;
}

static enum http_refusal step_size_lf(struct http1_chunked *chunked, char byte)
{
    if (byte != '\n')
        return HTTP_REFUSED_CHUNK_SIZE;
    chunked->state = chunked->left > 0 ? DATA : TRAILER_START;
    return HTTP_ACCEPTED;
}

static enum http_refusal step_data_cr(struct http1_chunked *chunked, char byte)
{
    chunked->state = DATA_LF;
    return byte == '\r' ? HTTP_ACCEPTED : HTTP_REFUSED_CHUNK_END;
}

static enum http_refusal step_data_lf(struct http1_chunked *chunked, char byte)
{
    chunked->state = SIZE;
    chunked->digits = 0;
    return byte == '\n' ? HTTP_ACCEPTED : HTTP_REFUSED_CHUNK_END;
}

static enum http_refusal step_trailer_start(struct http1_chunked *chunked, char byte)
{
    if (byte == '\r') {
        chunked->state = END_LF;
        return HTTP_ACCEPTED;
    }
    chunked->state = TRAILER_NAME;
    if (++chunked->trailer_fields > TRAILER_FIELDS_MAX || !chars_is(byte, CHARS_TOKEN))
        return HTTP_REFUSED_TRAILER;
    return HTTP_ACCEPTED;
}

static enum http_refusal step_trailer_name(struct http1_chunked *chunked, char byte)
{
    if (byte == ':')
        chunked->state = TRAILER_VALUE;
    else if (!chars_is(byte, CHARS_TOKEN))
        return HTTP_REFUSED_TRAILER;
    return HTTP_ACCEPTED;
}

static enum http_refusal step_trailer_value(struct http1_chunked *chunked, char byte)
{
    if (byte == '\r')
        chunked->state = TRAILER_LF;
    else if (!chars_is(byte, CHARS_FIELD))
        return HTTP_REFUSED_TRAILER;
    return HTTP_ACCEPTED;
}

static enum http_refusal step_trailer_lf(struct http1_chunked *chunked, char byte)
{
    chunked->state = TRAILER_START;
    return byte == '\n' ? HTTP_ACCEPTED : HTTP_REFUSED_TRAILER;
}

static enum http_refusal step_end_lf(struct http1_chunked *chunked, char byte)
{
    chunked->state = DONE;
    return byte == '\n' ? HTTP_ACCEPTED : HTTP_REFUSED_TRAILER;
}

static step *const steps[] = {
    [SIZE] = step_size,
    [BEFORE_EXTENSION] = step_before_extension,
    [EXTENSION] = step_extension,
    [SIZE_LF] = step_size_lf,
    [DATA_CR] = step_data_cr,
    [DATA_LF] = step_data_lf,
    [TRAILER_START] = step_trailer_start,
    [TRAILER_NAME] = step_trailer_name,
    [TRAILER_VALUE] = step_trailer_value,
    [TRAILER_LF] = step_trailer_lf,
    [END_LF] = step_end_lf,
};

static enum http_refusal step_one(struct http1_chunked *chunked, char byte)
{
    if (chunked->state >= TRAILER_START && ++chunked->trailer_bytes > TRAILER_BYTES_MAX)
        return HTTP_REFUSED_TRAILER;
    return steps[chunked->state](chunked, byte);
}

static struct slice take_data(struct http1_chunked *chunked, struct slice input)
{
    struct slice data =
        slice_part(input, 0, chunked->left < input.len ? (size_t)chunked->left : input.len);

    chunked->left -= data.len;
    if (chunked->left == 0)
        chunked->state = DATA_CR;
    return data;
}

enum http1_chunked_result http1_chunked_read(struct http1_chunked *chunked, struct slice input,
                                             size_t *used, struct slice *data,
                                             enum http_refusal *refusal)
{
    size_t at = 0;

    ensure(chunked->state != DONE);
    while (at < input.len) {
        if (chunked->state == DATA) {
            *data = take_data(chunked, slice_from(input, at));
            *used = at + data->len;
            return HTTP1_CHUNKED_DATA;
        }
        *refusal = step_one(chunked, input.at[at++]);
        if (*refusal != HTTP_ACCEPTED) {
            *used = at;
            return HTTP1_CHUNKED_REFUSED;
        }
        if (chunked->state == DONE) {
            *used = at;
            return HTTP1_CHUNKED_DONE;
        }
    }
    *used = at;
    return HTTP1_CHUNKED_MORE;
}
