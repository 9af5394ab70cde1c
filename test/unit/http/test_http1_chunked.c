#include "http/h1/http1_chunked.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* reference/http.md 4.3: every vector on chunk framing. */
struct row {
    const char *name;
    struct slice input;
    struct slice body;         /* what must come out, also before a refusal */
    enum http_refusal refusal; /* ACCEPTED: complete */
    size_t rest;               /* bytes behind the body that must be left alone */
};

#define IN(text)                                                                                   \
    {                                                                                              \
        text, sizeof(text) - 1                                                                     \
    }
#define X64  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define X256 X64 X64 X64 X64

/* clang-format off */
static const struct row rows[] = {
    {"nothing", IN("0\r\n\r\n"), IN(""), HTTP_ACCEPTED, 0},
    {"one chunk", IN("5\r\nhello\r\n0\r\n\r\n"), IN("hello"), HTTP_ACCEPTED, 0},
    {"two chunks", IN("5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n"), IN("hello!"), HTTP_ACCEPTED, 0},
    {"hexadecimal, both cases", IN("a\r\n0123456789\r\nB\r\n0123456789a\r\n0\r\n\r\n"),
     IN("01234567890123456789a"), HTTP_ACCEPTED, 0},
    {"leading zeros", IN("0005\r\nhello\r\n000\r\n\r\n"), IN("hello"), HTTP_ACCEPTED, 0},
    {"the next request stays", IN("1\r\nx\r\n0\r\n\r\nGET / HTTP/1.1\r\n"), IN("x"), HTTP_ACCEPTED, 16},
    {"CRLF inside data", IN("4\r\n\r\n\r\n\r\n0\r\n\r\n"), IN("\r\n\r\n"), HTTP_ACCEPTED, 0},
    {"extension", IN("1;a=b\r\nx\r\n0;c\r\n\r\n"), IN("x"), HTTP_ACCEPTED, 0},
    {"extension after blanks", IN("1 \t;a = \"q\"\r\nx\r\n0\r\n\r\n"), IN("x"), HTTP_ACCEPTED, 0},
    {"extension of 256 bytes", IN("1;" X256 "\r\nx\r\n0\r\n\r\n"), IN("x"), HTTP_ACCEPTED, 0},
    {"extension of 257 bytes", IN("1;" X256 "x\r\nx\r\n0\r\n\r\n"), IN(""),
     HTTP_REFUSED_CHUNK_EXTENSION, 0},
    {"trailer", IN("1\r\nx\r\n0\r\nA: b\r\nContent-Length: 5\r\n\r\n"), IN("x"), HTTP_ACCEPTED, 0},
    {"trailer with blank before the colon", IN("0\r\nA : b\r\n\r\n"), IN(""), HTTP_REFUSED_TRAILER, 0},
    {"trailer without name", IN("0\r\n: b\r\n\r\n"), IN(""), HTTP_REFUSED_TRAILER, 0},
    {"folded trailer", IN("0\r\nA: b\r\n c\r\n\r\n"), IN(""), HTTP_REFUSED_TRAILER, 0},
    {"trailer ended by LF", IN("0\r\nA: b\n\r\n"), IN(""), HTTP_REFUSED_TRAILER, 0},
    {"trailer with CR inside", IN("0\r\nA: b\rc\r\n\r\n"), IN(""), HTTP_REFUSED_TRAILER, 0},
    {"trailer with NUL", IN("0\r\nA: b\0\r\n\r\n"), IN(""), HTTP_REFUSED_TRAILER, 0},
    {"LF after the size", IN("1\nx\r\n0\r\n\r\n"), IN(""), HTTP_REFUSED_CHUNK_SIZE, 0},
    {"LF in the extension", IN("1;a\nx\r\n0\r\n\r\n"), IN(""), HTTP_REFUSED_CHUNK_EXTENSION, 0},
    {"CR in the extension", IN("1;a\rb\r\nx\r\n0\r\n\r\n"), IN(""), HTTP_REFUSED_CHUNK_SIZE, 0},
    {"CR CR LF", IN("1\r\r\nx\r\n0\r\n\r\n"), IN(""), HTTP_REFUSED_CHUNK_SIZE, 0},
    {"plus", IN("+1\r\nx\r\n0\r\n\r\n"), IN(""), HTTP_REFUSED_CHUNK_SIZE, 0},
    {"minus", IN("-1\r\nx\r\n0\r\n\r\n"), IN(""), HTTP_REFUSED_CHUNK_SIZE, 0},
    {"0x", IN("0x1\r\nx\r\n0\r\n\r\n"), IN(""), HTTP_REFUSED_CHUNK_SIZE, 0},
    {"empty size", IN("\r\nx\r\n0\r\n\r\n"), IN(""), HTTP_REFUSED_CHUNK_SIZE, 0},
    {"extension without size", IN(";a\r\nx\r\n0\r\n\r\n"), IN(""), HTTP_REFUSED_CHUNK_SIZE, 0},
    {"blank before the size", IN(" 1\r\nx\r\n0\r\n\r\n"), IN(""), HTTP_REFUSED_CHUNK_SIZE, 0},
    {"blank after the size", IN("1 \r\nx\r\n0\r\n\r\n"), IN(""), HTTP_REFUSED_CHUNK_EXTENSION, 0},
    {"sixteen digits", IN("0000000000000001\r\nx\r\n0\r\n\r\n"), IN(""), HTTP_REFUSED_CHUNK_SIZE, 0},
    {"overflow", IN("10000000000000001\r\nx\r\n0\r\n\r\n"), IN(""), HTTP_REFUSED_CHUNK_SIZE, 0},
    {"too few data", IN("2\r\nx\r\n0\r\n\r\n"), IN("x\r"), HTTP_REFUSED_CHUNK_END, 0},
    {"too many data", IN("1\r\nxy\r\n0\r\n\r\n"), IN("x"), HTTP_REFUSED_CHUNK_END, 0},
    {"LF after the data", IN("1\r\nx\n0\r\n\r\n"), IN("x"), HTTP_REFUSED_CHUNK_END, 0},
    {"no CRLF after the data", IN("1\r\nx0\r\n\r\n"), IN("x"), HTTP_REFUSED_CHUNK_END, 0},
    {"LF at the end", IN("0\r\n\n"), IN(""), HTTP_REFUSED_TRAILER, 0},
    {"CR without LF at the end", IN("0\r\n\rX"), IN(""), HTTP_REFUSED_TRAILER, 0},
};
/* clang-format on */

struct outcome {
    char body[512];
    size_t len;
    enum http1_chunked_result result;
    enum http_refusal refusal;
    size_t used;
};

/* One piece of the input, from memory of exactly its size so that the sanitizers see a read beyond
 * it. */
static void feed(struct http1_chunked *chunked, struct slice piece, struct outcome *outcome)
{
    char *copy = malloc(piece.len > 0 ? piece.len : 1);
    struct slice rest = {copy, piece.len};

    if (piece.len > 0)
        memcpy(copy, piece.at, piece.len);
    do {
        size_t used = 0;
        struct slice data = SLICE_NONE;

        outcome->result = http1_chunked_read(chunked, rest, &used, &data, &outcome->refusal);
        assert_true(used <= rest.len);
        assert_true(outcome->len + data.len <= sizeof outcome->body);
        if (outcome->result == HTTP1_CHUNKED_DATA) {
            assert_true(data.len > 0);
            memcpy(outcome->body + outcome->len, data.at, data.len);
            outcome->len += data.len;
        }
        outcome->used += used;
        rest = slice_from(rest, used);
    } while (outcome->result == HTTP1_CHUNKED_DATA);
    free(copy);
}

static void check(const struct row *row, const struct outcome *outcome)
{
    if (row->refusal != HTTP_ACCEPTED) {
        if (outcome->result != HTTP1_CHUNKED_REFUSED || outcome->refusal != row->refusal)
            fail_msg("%s: result %d, %s", row->name, (int)outcome->result,
                     http_refusal_words(outcome->refusal));
    } else {
        if (outcome->result != HTTP1_CHUNKED_DONE || outcome->used != row->input.len - row->rest)
            fail_msg("%s: result %d, used %zu", row->name, (int)outcome->result, outcome->used);
    }
    if (!slice_equal(row->body, (struct slice){outcome->body, outcome->len}))
        fail_msg("%s: body \"%.*s\"", row->name, (int)outcome->len, outcome->body);
}

static void run_split(const struct row *row, size_t split)
{
    struct http1_chunked chunked = {0};
    struct outcome outcome = {0};

    feed(&chunked, slice_part(row->input, 0, split), &outcome);
    if (outcome.result == HTTP1_CHUNKED_MORE)
        feed(&chunked, slice_from(row->input, split), &outcome);
    check(row, &outcome);
}

static void run_bytes(const struct row *row)
{
    struct http1_chunked chunked = {0};
    struct outcome outcome = {0};

    for (size_t i = 0; i < row->input.len; i++) {
        feed(&chunked, slice_part(row->input, i, 1), &outcome);
        if (outcome.result != HTTP1_CHUNKED_MORE)
            break;
    }
    check(row, &outcome);
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        run_bytes(&rows[i]);
        for (size_t split = 0; split <= rows[i].input.len; split++)
            run_split(&rows[i], split);
    }
}

/* 16 KiB of extensions in one body, however small each is. */
static void test_extensions_are_bounded(void **state)
{
    struct http1_chunked chunked = {0};
    struct outcome outcome = {0};
    size_t chunks = 0;

    (void)state;
    do {
        feed(&chunked, SLICE("1;" X64 X64 "\r\nx\r\n"), &outcome);
        outcome.len = 0;
        chunks++;
    } while (outcome.result == HTTP1_CHUNKED_MORE && chunks < 1000);
    assert_int_equal(outcome.result, HTTP1_CHUNKED_REFUSED);
    assert_int_equal(outcome.refusal, HTTP_REFUSED_CHUNK_EXTENSION);
    assert_int_equal(chunks, 129);
}

static void test_trailers_are_bounded(void **state)
{
    struct http1_chunked chunked = {0};
    struct outcome outcome = {0};
    size_t lines = 0;

    (void)state;
    feed(&chunked, SLICE("0\r\n"), &outcome);
    while (outcome.result == HTTP1_CHUNKED_MORE && lines < 1000) {
        feed(&chunked, SLICE("A: b\r\n"), &outcome);
        lines++;
    }
    assert_int_equal(outcome.refusal, HTTP_REFUSED_TRAILER);
    assert_int_equal(lines, 101);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_extensions_are_bounded),
        cmocka_unit_test(test_trailers_are_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
