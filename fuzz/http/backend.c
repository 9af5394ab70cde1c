#include "backend.h"

#include "base/arena.h"
#include "base/chars.h"
#include "base/ensure.h"
#include "base/number.h"
#include "net/buffer.h"
#include "net/stream.h"

#include <stdlib.h>

unsigned backend_count, backend_activity;

enum after { KEEP, CLOSE, RESET, EARLY };

#define SWITCH    "HTTP/1.1 101 Go on"
#define ZEROS_MAX 100000

/* clang-format off */
static const struct {
    struct slice head;
    size_t zeros;
    enum after after;
} answers[] = {
#define ANSWER(after, zeros, head) {{head, sizeof(head) - 1}, zeros, after},
#include "backend_answers.def"
#undef ANSWER
};
/* clang-format on */

#define ANSWERS (sizeof answers / sizeof answers[0])

enum state { IN_HEAD, IN_LENGTH, IN_SIZE, IN_CHUNK, IN_TUNNEL };

struct backend {
    struct loop *loop;
    struct stream *stream;
    struct buffer heard;
    enum state state;
    uint64_t left; /* of the body or chunk */
    unsigned script;
    size_t answer;
};

/* Reading what frontd made: anything that two readers could take for two things is a bug. */

static void check_value(struct slice value)
{
    ensure(chars_all(value, CHARS_FIELD));
    ensure(slice_trim(value).len == value.len);
}

static void check_name(struct slice name)
{
    ensure(name.len > 0 && chars_all(name, CHARS_TOKEN));
    ensure(slice_find(name, '_') == SLICE_NOT_FOUND);
}

/* The next line, which ends as lines do. */
static struct slice cut_line(struct slice *head)
{
    struct slice line = slice_cut(head, '\n');

    ensure(line.len > 0 && line.at[line.len - 1] == '\r');
    return slice_part(line, 0, line.len - 1);
}

static size_t check_request_line(struct slice line)
{
    struct slice method = slice_cut(&line, ' '), target = slice_cut(&line, ' ');

    ensure(method.len > 0 && chars_all(method, CHARS_TOKEN));
    ensure(target.len > 0 && target.at[0] != ' ');
    ensure(chars_all(target, CHARS_TARGET));
    ensure(slice_equal(line, SLICE("HTTP/1.1")) || slice_equal(line, SLICE("HTTP/1.0")));
    for (size_t i = 0; i < target.len; i++)
        if (target.at[i] >= '0' && target.at[i] <= '9')
            return (size_t)(target.at[i] - '0');
    return target.len;
}

static void read_head(struct backend *backend, struct slice head)
{
    unsigned hosts = 0, lengths = 0, codings = 0;

    backend->answer = (check_request_line(cut_line(&head)) + backend->script) % ANSWERS;
    while (head.len > 2) {
        struct slice value = cut_line(&head), name = slice_cut(&value, ':');

        check_name(name);
        ensure(value.len == 0 || value.at[0] == ' ');
        value = slice_from(value, value.len > 0);
        check_value(value);
        hosts += slice_equal_fold(name, SLICE("host"));
        if (slice_equal_fold(name, SLICE("content-length"))) {
            lengths++;
            ensure(number_parse(value, UINT64_MAX, &backend->left));
        }
        if (slice_equal_fold(name, SLICE("transfer-encoding"))) {
            codings++;
            ensure(slice_equal(value, SLICE("chunked")));
        }
        ensure(!slice_equal_fold(name, SLICE("te")) &&
               !slice_equal_fold(name, SLICE("keep-alive")));
        ensure(!slice_equal_fold(name, SLICE("http2-settings")));
    }
    ensure(hosts == 1 && lengths + codings <= 1);
    if (lengths == 0)
        backend->left = 0;
    backend->state = codings > 0 ? IN_SIZE : IN_LENGTH;
}

static bool answer(struct backend *backend)
{
    static const char zeros[ZEROS_MAX];
    struct slice head = answers[backend->answer].head;
    enum after after = answers[backend->answer].after;

    stream_write(backend->stream, head);
    stream_write(backend->stream, (struct slice){zeros, answers[backend->answer].zeros});
    backend->state = slice_starts(head, SLICE(SWITCH)) ? IN_TUNNEL : IN_HEAD;
    return after == KEEP;
}

static bool is_early(const struct backend *backend)
{
    return answers[backend->answer].after == EARLY;
}

/* Each takes what it can from the front of *input. False: more has to come first. */

static bool take_head(struct backend *backend, struct slice *input)
{
    for (size_t i = 3; i < input->len; i++)
        if (memcmp(input->at + i - 3, "\r\n\r\n", 4) == 0) {
            read_head(backend, slice_part(*input, 0, i + 1));
            *input = slice_from(*input, i + 1);
            return true;
        }
    return false;
}

static bool take_body(struct backend *backend, struct slice *input)
{
    size_t len = input->len < backend->left ? input->len : (size_t)backend->left;

    *input = slice_from(*input, len);
    backend->left -= len;
    return backend->left == 0;
}

static bool take_size(struct backend *backend, struct slice *input)
{
    size_t end = slice_find(*input, '\n');
    struct slice line;

    if (end == SLICE_NOT_FOUND)
        return false;
    ensure(end > 1 && end < 17 && input->at[end - 1] == '\r');
    line = slice_part(*input, 0, end - 1);
    ensure(number_parse_hex(line, UINT32_MAX, &backend->left));
    if (backend->left == 0) { /* no trailer ever goes to a backend */
        if (input->len < end + 3)
            return false;
        ensure(memcmp(input->at + end + 1, "\r\n", 2) == 0);
        end += 2;
    }
    *input = slice_from(*input, end + 1);
    return true;
}

static bool take_chunk(struct backend *backend, struct slice *input)
{
    if (!take_body(backend, input) || input->len < 2)
        return false;
    ensure(memcmp(input->at, "\r\n", 2) == 0);
    *input = slice_from(*input, 2);
    return true;
}

/* One step; false: nothing more can be done now, or ever. */
static bool step(struct backend *backend, struct slice *input, bool *goes_on)
{
    switch (backend->state) {
    case IN_HEAD:
        if (!take_head(backend, input))
            return false;
        if (is_early(backend))
            stream_write(backend->stream, answers[backend->answer].head);
        return true;
    case IN_LENGTH:
        if (!take_body(backend, input))
            return false;
        break;
    case IN_SIZE:
        if (!take_size(backend, input))
            return false;
        if (backend->left == 0)
            break;
        backend->state = IN_CHUNK;
        return true;
    case IN_CHUNK:
        if (!take_chunk(backend, input))
            return false;
        backend->state = IN_SIZE;
        return true;
    case IN_TUNNEL:
        if (input->len > 0)
            stream_write(backend->stream, *input);
        *input = SLICE_NONE;
        return false;
    }
    if (is_early(backend))
        backend->state = IN_HEAD;
    else
        *goes_on = answer(backend);
    return *goes_on;
}

/* Its life. */

static void end(struct backend *backend)
{
    if (backend->answer < ANSWERS && answers[backend->answer].after == RESET)
        stream_reset(&backend->stream);
    else
        stream_close_after(&backend->stream, 0);
    buffer_release(&backend->heard);
    loop_retire(backend->loop, backend);
    backend_count--;
}

static void on_received(void *owner)
{
    struct backend *backend = owner;
    struct slice input = stream_input(backend->stream);
    bool goes_on = true;

    backend_activity++;
    buffer_append(&backend->heard, input);
    stream_consume(backend->stream, input.len);
    input = buffer_slice(&backend->heard);
    while (step(backend, &input, &goes_on))
        ;
    buffer_consume(&backend->heard, buffer_len(&backend->heard) - input.len);
    if (!goes_on || stream_end(backend->stream) != STREAM_OPEN)
        end(backend);
}

static void on_failed(void *owner)
{
    backend_activity++;
    end(owner);
}

static void on_nothing(void *owner)
{
    (void)owner;
}

static const struct stream_events events = {
    .received = on_received,
    .drained = on_nothing,
    .secured = on_nothing,
    .failed = on_failed,
};

void backend_serve(struct loop *loop, int fd, unsigned script)
{
    struct backend *backend = memory_zero(sizeof *backend);

    backend->loop = loop;
    backend->script = script;
    backend->answer = ANSWERS;
    backend->stream = stream_new(loop, fd, &events, backend);
    backend_count++;
}
