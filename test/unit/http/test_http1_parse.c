#include "base/text.h"
#include "http/h1/http1_parse.h"
#include "http/message/http_request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define IN(text)                                                                                   \
    {                                                                                              \
        text, sizeof(text) - 1                                                                     \
    }
#define HOST "Host: a\r\n"
#define GET  "GET / HTTP/1.1\r\n" HOST
#define POST "POST / HTTP/1.1\r\n" HOST

struct row {
    const char *name;
    struct slice head;
    enum http_refusal refusal;
};

#define OPTIONS_7 ",a,,b,,c,,"
#define OPTIONS_63                                                                                 \
    OPTIONS_7 OPTIONS_7 OPTIONS_7 OPTIONS_7 OPTIONS_7 OPTIONS_7 OPTIONS_7 OPTIONS_7 OPTIONS_7

/* Every vector of reference/http.md 4.1, 4.2 and 4.3 that a request head can show. */
/* clang-format off */
static const struct row rows[] = {
    {"plain", IN(GET "\r\n"), HTTP_ACCEPTED},
    {"1.0 without Host", IN("GET / HTTP/1.0\r\n\r\n"), HTTP_ACCEPTED},
    {"one empty line before", IN("\r\n" GET "\r\n"), HTTP_ACCEPTED},
    {"two empty lines before", IN("\r\n\r\n" GET "\r\n"), HTTP_ACCEPTED},
    {"three empty lines before", IN("\r\n\r\n\r\n" GET "\r\n"), HTTP_REFUSED_EMPTY_LINES},
    {"blank before", IN(" GET / HTTP/1.1\r\n" HOST "\r\n"), HTTP_REFUSED_METHOD},
    {"NUL before", IN("\0GET / HTTP/1.1\r\n" HOST "\r\n"), HTTP_REFUSED_METHOD},
    {"TLS hello", IN("\x16\x03\x01\x02"), HTTP_REFUSED_METHOD},

    {"two blanks after the method", IN("GET  / HTTP/1.1\r\n" HOST "\r\n"), HTTP_REFUSED_REQUEST_LINE},
    {"two blanks after the target", IN("GET /  HTTP/1.1\r\n" HOST "\r\n"), HTTP_REFUSED_VERSION},
    {"tab instead of blank", IN("GET\t/ HTTP/1.1\r\n" HOST "\r\n"), HTTP_REFUSED_METHOD},
    {"blank after the version", IN("GET / HTTP/1.1 \r\n" HOST "\r\n"), HTTP_REFUSED_VERSION},
    {"no version", IN("GET /\r\n" HOST "\r\n"), HTTP_REFUSED_REQUEST_LINE},
    {"no target", IN("GET HTTP/1.1\r\n" HOST "\r\n"), HTTP_REFUSED_REQUEST_LINE},
    {"HTTP/1.2", IN("GET / HTTP/1.2\r\n" HOST "\r\n"), HTTP_ACCEPTED},
    {"HTTP/1.9", IN("GET / HTTP/1.9\r\n" HOST "\r\n"), HTTP_ACCEPTED},
    {"HTTP/1.10", IN("GET / HTTP/1.10\r\n" HOST "\r\n"), HTTP_REFUSED_VERSION},
    {"HTTP/01.1", IN("GET / HTTP/01.1\r\n" HOST "\r\n"), HTTP_REFUSED_VERSION},
    {"lower case", IN("GET / http/1.1\r\n" HOST "\r\n"), HTTP_REFUSED_VERSION},
    {"HTTP/0.9", IN("GET / HTTP/0.9\r\n" HOST "\r\n"), HTTP_REFUSED_VERSION},
    {"HTTP/2.0", IN("GET / HTTP/2.0\r\n" HOST "\r\n"), HTTP_REFUSED_VERSION_UNKNOWN},
    {"HTTP/2 preface", IN("PRI * HTTP/2.0\r\n\r\n"), HTTP_REFUSED_VERSION_UNKNOWN},
    {"unknown method", IN("MKCALENDAR / HTTP/1.1\r\n" HOST "\r\n"), HTTP_ACCEPTED},
    {"method of 32 bytes", IN("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA / HTTP/1.1\r\n" HOST "\r\n"), HTTP_ACCEPTED},
    {"method of 33 bytes", IN("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA / HTTP/1.1\r\n" HOST "\r\n"), HTTP_REFUSED_METHOD},
    {"method with a colon", IN("GE:T / HTTP/1.1\r\n" HOST "\r\n"), HTTP_REFUSED_METHOD},
    {"CONNECT", IN("CONNECT a:443 HTTP/1.1\r\n" HOST "\r\n"), HTTP_REFUSED_CONNECT},

    {"LF ends the request line", IN("GET / HTTP/1.1\n" HOST "\r\n"), HTTP_REFUSED_BARE_LF},
    {"LF ends a field", IN("GET / HTTP/1.1\r\nHost: a\n\r\n"), HTTP_REFUSED_BARE_LF},
    {"LF ends the head", IN(GET "\n"), HTTP_REFUSED_BARE_LF},
    {"LF before the request", IN("\n" GET "\r\n"), HTTP_REFUSED_BARE_LF},
    {"CR in the request line", IN("GET /\r HTTP/1.1\r\n" HOST "\r\n"), HTTP_REFUSED_BARE_CR},
    {"CR CR LF", IN("GET / HTTP/1.1\r\r\n" HOST "\r\n"), HTTP_REFUSED_BARE_CR},
    {"CR in a value", IN(GET "A: b\rc\r\n\r\n"), HTTP_REFUSED_BARE_CR},
    {"CR in a name", IN(GET "A\rB: c\r\n\r\n"), HTTP_REFUSED_BARE_CR},
    {"NUL in a value", IN(GET "A: b\0c\r\n\r\n"), HTTP_REFUSED_FIELD_VALUE},
    {"VT in a value", IN(GET "A: b\x0b\r\n\r\n"), HTTP_REFUSED_FIELD_VALUE},
    {"DEL in a value", IN(GET "A: b\x7f\r\n\r\n"), HTTP_REFUSED_FIELD_VALUE},
    {"8-bit in a value", IN(GET "A: \xc3\xa4\xff\r\n\r\n"), HTTP_ACCEPTED},
    {"empty value", IN(GET "A:\r\n\r\n"), HTTP_ACCEPTED},

    {"blank before the colon", IN(GET "A : b\r\n\r\n"), HTTP_REFUSED_FIELD_NAME},
    {"tab before the colon", IN(GET "A\t: b\r\n\r\n"), HTTP_REFUSED_FIELD_NAME},
    {"no colon", IN(GET "A\r\n\r\n"), HTTP_REFUSED_FIELD_COLON},
    {"empty name", IN(GET ": b\r\n\r\n"), HTTP_REFUSED_FIELD_NAME},
    {"invalid name", IN(GET "A(B): c\r\n\r\n"), HTTP_REFUSED_FIELD_NAME},
    {"8-bit name", IN(GET "\xc3\xa4: c\r\n\r\n"), HTTP_REFUSED_FIELD_NAME},
    {"blank before the first field", IN("GET / HTTP/1.1\r\n Host: a\r\n\r\n"), HTTP_REFUSED_FIELD_FOLDED},
    {"folded", IN(GET "A: b\r\n c\r\n\r\n"), HTTP_REFUSED_FIELD_FOLDED},
    {"folded by a tab", IN(GET "A: b\r\n\tc\r\n\r\n"), HTTP_REFUSED_FIELD_FOLDED},

    {"1.1 without Host", IN("GET / HTTP/1.1\r\n\r\n"), HTTP_REFUSED_HOST_MISSING},
    {"two Hosts", IN(GET "Host: a\r\n\r\n"), HTTP_REFUSED_HOST_TWICE},
    {"two Hosts in 1.0", IN("GET / HTTP/1.0\r\n" HOST HOST "\r\n"), HTTP_REFUSED_HOST_TWICE},
    {"empty Host", IN("GET / HTTP/1.1\r\nHost:\r\n\r\n"), HTTP_REFUSED_HOST_INVALID},
    {"Host with a path", IN("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"), HTTP_REFUSED_HOST_INVALID},
    {"Host with a user", IN("GET / HTTP/1.1\r\nHost: u@a\r\n\r\n"), HTTP_REFUSED_HOST_INVALID},
    {"Host with a blank", IN("GET / HTTP/1.1\r\nHost: a b\r\n\r\n"), HTTP_REFUSED_HOST_INVALID},
    {"Host with ..", IN("GET / HTTP/1.1\r\nHost: a..b\r\n\r\n"), HTTP_REFUSED_HOST_INVALID},
    {"64 options", IN(GET "Connection: " OPTIONS_63 "close\r\n\r\n"), HTTP_ACCEPTED},
    {"65 options", IN(GET "Connection: " OPTIONS_63 "a\r\nConnection: b\r\n\r\n"), HTTP_REFUSED_OPTION_COUNT},
    {"Host with a large port", IN("GET / HTTP/1.1\r\nHost: a:65536\r\n\r\n"), HTTP_REFUSED_HOST_INVALID},
    {"absolute form", IN("GET http://b/ HTTP/1.1\r\n" HOST "\r\n"), HTTP_ACCEPTED},
    {"absolute form without Host", IN("GET http://b/ HTTP/1.1\r\n\r\n"), HTTP_REFUSED_HOST_MISSING},
    {"absolute form with a user", IN("GET http://u@b/ HTTP/1.1\r\n" HOST "\r\n"), HTTP_REFUSED_TARGET_AUTHORITY},
    {"absolute form, other scheme", IN("GET ftp://b/ HTTP/1.1\r\n" HOST "\r\n"), HTTP_REFUSED_TARGET_SCHEME},
    {"OPTIONS *", IN("OPTIONS * HTTP/1.1\r\n" HOST "\r\n"), HTTP_ACCEPTED},
    {"GET *", IN("GET * HTTP/1.1\r\n" HOST "\r\n"), HTTP_REFUSED_TARGET_FORM},
    {"fragment", IN("GET /#a HTTP/1.1\r\n" HOST "\r\n"), HTTP_REFUSED_TARGET_BYTE},
    {"NUL in the target", IN("GET /\0 HTTP/1.1\r\n" HOST "\r\n"), HTTP_REFUSED_TARGET_BYTE},
    {"%00", IN("GET /%00 HTTP/1.1\r\n" HOST "\r\n"), HTTP_REFUSED_TARGET_ESCAPE},
    {"above root", IN("GET /../x HTTP/1.1\r\n" HOST "\r\n"), HTTP_REFUSED_TARGET_ABOVE_ROOT},

    {"length and chunked", IN(POST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"), HTTP_REFUSED_LENGTH_AND_CODING},
    {"chunked and length", IN(POST "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n"), HTTP_REFUSED_LENGTH_AND_CODING},
    {"two logins", IN(GET "Authorization: a\r\nX: y\r\nAuthorization: b\r\n\r\n"), HTTP_REFUSED_FIELD_TWICE},
    {"two equal conditions", IN(GET "If-None-Match: *\r\nif-none-match: *\r\n\r\n"), HTTP_REFUSED_FIELD_TWICE},
    {"different conditions", IN(GET "If-None-Match: *\r\nIf-Match: *\r\nAccept: a\r\nAccept: a\r\n\r\n"), HTTP_ACCEPTED},
    {"two equal lengths", IN(POST "Content-Length: 5\r\nContent-Length: 5\r\n\r\n"), HTTP_REFUSED_LENGTH_TWICE},
    {"two lengths", IN(POST "Content-Length: 5\r\nContent-Length: 6\r\n\r\n"), HTTP_REFUSED_LENGTH_TWICE},
    {"list of lengths", IN(POST "Content-Length: 5, 5\r\n\r\n"), HTTP_REFUSED_LENGTH_INVALID},
    {"+5", IN(POST "Content-Length: +5\r\n\r\n"), HTTP_REFUSED_LENGTH_INVALID},
    {"-5", IN(POST "Content-Length: -5\r\n\r\n"), HTTP_REFUSED_LENGTH_INVALID},
    {"0x5", IN(POST "Content-Length: 0x5\r\n\r\n"), HTTP_REFUSED_LENGTH_INVALID},
    {"5 5", IN(POST "Content-Length: 5 5\r\n\r\n"), HTTP_REFUSED_LENGTH_INVALID},
    {"empty length", IN(POST "Content-Length:\r\n\r\n"), HTTP_REFUSED_LENGTH_INVALID},
    {"2^63 - 1", IN(POST "Content-Length: 9223372036854775807\r\n\r\n"), HTTP_ACCEPTED},
    {"2^63", IN(POST "Content-Length: 9223372036854775808\r\n\r\n"), HTTP_REFUSED_LENGTH_INVALID},
    {"2^64 + 5", IN(POST "Content-Length: 18446744073709551621\r\n\r\n"), HTTP_REFUSED_LENGTH_INVALID},
    {"005 and a blank", IN(POST "Content-Length: 005 \r\n\r\n"), HTTP_ACCEPTED},
    {"chunked", IN(POST "Transfer-Encoding: Chunked\r\n\r\n"), HTTP_ACCEPTED},
    {"gzip, chunked", IN(POST "Transfer-Encoding: gzip, chunked\r\n\r\n"), HTTP_REFUSED_CODING_TWICE},
    {"chunked, gzip", IN(POST "Transfer-Encoding: chunked, gzip\r\n\r\n"), HTTP_REFUSED_CODING_TWICE},
    {"chunked, chunked", IN(POST "Transfer-Encoding: chunked, chunked\r\n\r\n"), HTTP_REFUSED_CODING_TWICE},
    {"two codings", IN(POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"), HTTP_REFUSED_CODING_TWICE},
    {"chunked and identity", IN(POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n"), HTTP_REFUSED_CODING_TWICE},
    {"gzip", IN(POST "Transfer-Encoding: gzip\r\n\r\n"), HTTP_REFUSED_CODING_UNKNOWN},
    {"identity", IN(POST "Transfer-Encoding: identity\r\n\r\n"), HTTP_REFUSED_CODING_UNKNOWN},
    {"xchunked", IN(POST "Transfer-Encoding: xchunked\r\n\r\n"), HTTP_REFUSED_CODING_UNKNOWN},
    {"VT chunked", IN(POST "Transfer-Encoding:\x0b" "chunked\r\n\r\n"), HTTP_REFUSED_FIELD_VALUE},
    {"empty coding", IN(POST "Transfer-Encoding:\r\n\r\n"), HTTP_REFUSED_CODING_EMPTY},
    {"chunked in 1.0", IN("POST / HTTP/1.0\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"), HTTP_REFUSED_CODING_OLD},
    {"chunked, blank before the colon", IN(POST "Transfer-Encoding : chunked\r\n\r\n"), HTTP_REFUSED_FIELD_NAME},
    {"folded coding", IN(POST "Transfer-Encoding:\r\n chunked\r\n\r\n"), HTTP_REFUSED_FIELD_FOLDED},
    {"body on GET", IN(GET "Content-Length: 5\r\n\r\n"), HTTP_ACCEPTED},
};
/* clang-format on */

struct outcome {
    struct arena arena;
    struct http1_scan scan;
    struct http_request request;
    enum http1_result result;
    enum http_refusal refusal;
};

/* Input that grows to `len` bytes: each time in memory of its own, as the stream may do. */
static void show(struct outcome *outcome, struct slice input, size_t len)
{
    char *copy = malloc(len > 0 ? len : 1);

    memcpy(copy, input.at, len);
    outcome->result = http1_scan_head((struct slice){copy, len}, &http1_request_limits,
                                      &outcome->scan, &outcome->refusal);
    free(copy);
}

static void parse(struct outcome *outcome, struct slice input)
{
    struct slice head;

    if (outcome->result != HTTP1_DONE)
        return;
    head = arena_keep(&outcome->arena, slice_part(input, outcome->scan.start,
                                                  outcome->scan.at - outcome->scan.start));
    outcome->refusal = http1_parse_request(head, &outcome->arena, &outcome->request);
}

static void check(const struct row *row, struct outcome *outcome)
{
    parse(outcome, row->head);
    if (outcome->result == HTTP1_MORE || outcome->refusal != row->refusal)
        fail_msg("%s: result %d, %s", row->name, (int)outcome->result,
                 http_refusal_words(outcome->refusal));
    if (row->refusal == HTTP_ACCEPTED)
        assert_int_equal(outcome->scan.at, row->head.len);
    arena_deinit(&outcome->arena);
}

static void begin(struct outcome *outcome)
{
    memset(outcome, 0, sizeof *outcome);
    arena_init(&outcome->arena, 262144);
}

static void test_refusals(void **state)
{
    struct outcome outcome;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct row *row = &rows[i];

        begin(&outcome);
        for (size_t len = 0; len <= row->head.len && outcome.result == HTTP1_MORE; len++)
            show(&outcome, row->head, len);
        check(row, &outcome);
        for (size_t split = 0; split <= row->head.len; split++) {
            begin(&outcome);
            show(&outcome, row->head, split);
            if (outcome.result == HTTP1_MORE)
                show(&outcome, row->head, row->head.len);
            check(row, &outcome);
        }
    }
}

static void request_of(struct outcome *outcome, struct slice head)
{
    begin(outcome);
    show(outcome, head, head.len);
    parse(outcome, head);
    assert_int_equal(outcome->result, HTTP1_DONE);
    assert_int_equal(outcome->refusal, HTTP_ACCEPTED);
}

static void assert_slice(struct slice got, struct slice expected)
{
    if (!slice_equal(got, expected))
        fail_msg("\"%.*s\" is not \"%.*s\"", (int)got.len, got.at, (int)expected.len, expected.at);
}

static void test_request_facts(void **state)
{
    struct outcome o;

    (void)state;
    request_of(&o, SLICE("\r\nPROPFIND http://B.example.:81/a/../%62?q HTTP/1.1\r\nHost: c\r\n"
                         "A:  x\ty \r\nX_Real_IP: z\r\ncontent-LENGTH: 007\r\n\r\nrest"));
    assert_slice(o.request.line, SLICE("PROPFIND http://B.example.:81/a/../%62?q HTTP/1.1"));
    assert_slice(o.request.method_text, SLICE("PROPFIND"));
    assert_int_equal(o.request.method, HTTP_OTHER);
    assert_slice(o.request.raw_path, SLICE("/a/../%62?q"));
    assert_slice(o.request.path, SLICE("/b"));
    assert_slice(o.request.host, SLICE("b.example"));
    assert_slice(o.request.authority, SLICE("B.example.:81"));
    assert_true(o.request.has_underscores);
    assert_int_equal(o.request.field_count, 4);
    http_request_drop_underscores(&o.request);
    assert_int_equal(o.request.field_count, 3);
    assert_slice(o.request.fields[0].value, SLICE("B.example.:81"));
    assert_slice(o.request.fields[1].value, SLICE("x\ty"));
    assert_int_equal(o.request.fields[2].id, HTTP_FIELD_CONTENT_LENGTH);
    assert_int_equal(o.request.framing, HTTP_LENGTH);
    assert_int_equal(o.request.content_length, 7);
    assert_true(o.request.keep_alive);
    arena_deinit(&o.arena);

    request_of(&o, SLICE(POST "Transfer-Encoding: chunked\r\nExpect: 100-Continue\r\n"
                              "Connection: foo, Close\r\n\r\n"));
    assert_int_equal(o.request.framing, HTTP_CHUNKED);
    assert_true(o.request.expects_continue);
    assert_false(o.request.keep_alive);
    arena_deinit(&o.arena);

    request_of(&o, SLICE("GET / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n"));
    assert_false(o.request.keep_alive);
    assert_false(o.request.expects_continue);
    assert_int_equal(o.request.minor, 0);
    arena_deinit(&o.arena);

    request_of(&o, SLICE("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\nContent-Length: 0\r\n\r\n"));
    assert_true(o.request.keep_alive);
    assert_int_equal(o.request.framing, HTTP_NO_BODY);
    arena_deinit(&o.arena);
}

#define WEBSOCKET                                                                                  \
    "Connection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\nSec-WebSocket-Version: 13\r\n"       \
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"

static void test_upgrade(void **state)
{
    static const struct {
        struct slice head;
        bool upgrade;
    } upgrades[] = {
        {IN(GET WEBSOCKET "\r\n"),                                              true },
        {IN(POST WEBSOCKET "\r\n"),                                             false},
        {IN("GET / HTTP/1.0\r\n" HOST WEBSOCKET "\r\n"),                        false},
        {IN(GET WEBSOCKET "Content-Length: 1\r\n\r\n"),                         false},
        {IN(GET WEBSOCKET "Upgrade: h2c\r\n\r\n"),                              false},
        {IN(GET "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n"),           false},
        {IN(GET "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\r\n"), false},
    };
    struct outcome o;

    (void)state;
    for (size_t i = 0; i < sizeof upgrades / sizeof upgrades[0]; i++) {
        request_of(&o, upgrades[i].head);
        assert_int_equal(o.request.wants_upgrade, upgrades[i].upgrade);
        arena_deinit(&o.arena);
    }
}

static void add_filler(struct text *text, char byte, size_t count)
{
    for (size_t i = 0; i < count; i++)
        text_byte(text, byte);
}

/* The limits of reference/http.md 4.1-6, at the limit and one beyond, without waiting for an end.
 */
static void limit(size_t line, size_t field, size_t fields, bool complete,
                  enum http_refusal expected)
{
    char memory[65536];
    struct text input = text_in(memory, sizeof memory);
    struct outcome o;

    text_add(&input, SLICE("GET /"));
    add_filler(&input, 'a', line - 14);
    text_add(&input, SLICE(" HTTP/1.1\r\nHost: a"));
    for (size_t i = 1; i < fields; i++) {
        text_add(&input, SLICE("\r\nA:"));
        add_filler(&input, 'b', field - 2);
    }
    if (complete)
        text_add(&input, SLICE("\r\n\r\n"));
    assert_false(input.overflow);
    begin(&o);
    show(&o, text_slice(&input), input.len);
    parse(&o, text_slice(&input));
    if (o.refusal != expected)
        fail_msg("line %zu, field %zu, fields %zu: %s", line, field, fields,
                 http_refusal_words(o.refusal));
    arena_deinit(&o.arena);
}

static void test_limits(void **state)
{
    (void)state;
    limit(8192, 10, 2, true, HTTP_ACCEPTED);
    limit(8193, 10, 2, true, HTTP_REFUSED_LINE_TOO_LONG);
    limit(100, 8192, 2, true, HTTP_ACCEPTED);
    limit(100, 8193, 2, true, HTTP_REFUSED_FIELD_TOO_LONG);
    limit(100, 8193, 2, false, HTTP_REFUSED_FIELD_TOO_LONG);
    limit(100, 10, 100, true, HTTP_ACCEPTED);
    limit(100, 10, 101, true, HTTP_REFUSED_FIELD_COUNT);
    limit(100, 8000, 5, true, HTTP_ACCEPTED);
    limit(100, 8000, 6, true, HTTP_REFUSED_HEAD_TOO_LONG);
}

struct response_row {
    const char *name;
    struct slice head;
    bool to_head;
    enum http_refusal refusal;
    enum http_framing framing;
    bool keep_alive;
};

#define OK200 "HTTP/1.1 200 OK\r\n"

/* reference/http.md 4.5 */
/* clang-format off */
static const struct response_row response_rows[] = {
    {"length", IN(OK200 "Content-Length: 5\r\n\r\n"), false, HTTP_ACCEPTED, HTTP_LENGTH, true},
    {"chunked", IN(OK200 "Transfer-Encoding: chunked\r\n\r\n"), false, HTTP_ACCEPTED, HTTP_CHUNKED, true},
    {"to close", IN(OK200 "\r\n"), false, HTTP_ACCEPTED, HTTP_TO_CLOSE, false},
    {"no reason", IN("HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n"), false, HTTP_ACCEPTED, HTTP_LENGTH, true},
    {"empty reason", IN("HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n"), false, HTTP_ACCEPTED, HTTP_LENGTH, true},
    {"1.0", IN("HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n"), false, HTTP_ACCEPTED, HTTP_LENGTH, false},
    {"1.0 keep-alive", IN("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\n"), false, HTTP_ACCEPTED, HTTP_LENGTH, true},
    {"close", IN(OK200 "Connection: close\r\nContent-Length: 5\r\n\r\n"), false, HTTP_ACCEPTED, HTTP_LENGTH, false},
    {"to HEAD", IN(OK200 "Content-Length: 5\r\n\r\n"), true, HTTP_ACCEPTED, HTTP_NO_BODY, true},
    {"to HEAD, no length", IN(OK200 "\r\n"), true, HTTP_ACCEPTED, HTTP_NO_BODY, true},
    {"204 with length", IN("HTTP/1.1 204 No\r\nContent-Length: 91\r\n\r\n"), false, HTTP_ACCEPTED, HTTP_NO_BODY, true},
    {"304 with length", IN("HTTP/1.1 304 No\r\nContent-Length: 91\r\n\r\n"), false, HTTP_ACCEPTED, HTTP_NO_BODY, true},
    {"100", IN("HTTP/1.1 100 Continue\r\n\r\n"), false, HTTP_ACCEPTED, HTTP_NO_BODY, true},
    {"two equal lengths", IN(OK200 "Content-Length: 5\r\nContent-Length: 5\r\n\r\n"), false, HTTP_ACCEPTED, HTTP_LENGTH, true},
    {"two lengths", IN(OK200 "Content-Length: 5\r\nContent-Length: 6\r\n\r\n"), false, HTTP_REFUSED_LENGTH_TWICE, 0, 0},
    {"invalid length", IN(OK200 "Content-Length: 5x\r\n\r\n"), false, HTTP_REFUSED_LENGTH_INVALID, 0, 0},
    {"length and chunked", IN(OK200 "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"), false, HTTP_ACCEPTED, HTTP_CHUNKED, false},
    {"chunked in 1.0", IN("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n"), false, HTTP_ACCEPTED, HTTP_CHUNKED, false},
    {"other coding", IN(OK200 "Transfer-Encoding: gzip\r\n\r\n"), false, HTTP_REFUSED_CODING_UNKNOWN, 0, 0},
    {"blank before the colon", IN(OK200 "Content-Length : 5\r\n\r\n"), false, HTTP_ACCEPTED, HTTP_LENGTH, true},
    {"folded", IN(OK200 "A: b\r\n c\r\n\r\n"), false, HTTP_REFUSED_FIELD_FOLDED, 0, 0},
    {"NUL in a value", IN(OK200 "A: b\0\r\n\r\n"), false, HTTP_REFUSED_FIELD_VALUE, 0, 0},
    {"CR in a value", IN(OK200 "A: b\rc\r\n\r\n"), false, HTTP_REFUSED_BARE_CR, 0, 0},
    {"LF line ends", IN("HTTP/1.1 200 OK\nA: b\n\n"), false, HTTP_REFUSED_BARE_LF, 0, 0},
    {"names with _ stay", IN(OK200 "A_B: c\r\nContent-Length: 0\r\n\r\n"), false, HTTP_ACCEPTED, HTTP_LENGTH, true},
    {"garbage", IN("garbage\r\n\r\n"), false, HTTP_REFUSED_STATUS_LINE, 0, 0},
    {"HTTP/2", IN("HTTP/2.0 200 OK\r\n\r\n"), false, HTTP_REFUSED_STATUS_LINE, 0, 0},
    {"two digits", IN("HTTP/1.1 20 OK\r\n\r\n"), false, HTTP_REFUSED_STATUS_LINE, 0, 0},
    {"four digits", IN("HTTP/1.1 2000 OK\r\n\r\n"), false, HTTP_REFUSED_STATUS_LINE, 0, 0},
    {"099", IN("HTTP/1.1 099 OK\r\n\r\n"), false, HTTP_REFUSED_STATUS_LINE, 0, 0},
    {"600", IN("HTTP/1.1 600 OK\r\n\r\n"), false, HTTP_REFUSED_STATUS_LINE, 0, 0},
    {"NUL in the reason", IN("HTTP/1.1 200 O\0K\r\n\r\n"), false, HTTP_REFUSED_STATUS_LINE, 0, 0},
};
/* clang-format on */

static void check_response(const struct response_row *row, size_t split)
{
    struct arena arena;
    struct http1_scan scan = {0};
    struct http_response response = {0};
    enum http_refusal refusal = HTTP_ACCEPTED;
    enum http1_result result = HTTP1_MORE;

    arena_init(&arena, 262144);
    if (split > 0)
        result = http1_scan_head(slice_part(row->head, 0, split), &http1_response_limits, &scan,
                                 &refusal);
    if (result == HTTP1_MORE)
        result = http1_scan_head(row->head, &http1_response_limits, &scan, &refusal);
    assert_int_not_equal(result, HTTP1_MORE);
    if (result == HTTP1_DONE)
        refusal = http1_parse_response(slice_part(row->head, scan.start, scan.at - scan.start),
                                       row->to_head, &arena, &response);
    if (refusal != row->refusal)
        fail_msg("%s: %s", row->name, http_refusal_words(refusal));
    if (refusal == HTTP_ACCEPTED &&
        (response.framing != row->framing || response.keep_alive != row->keep_alive))
        fail_msg("%s: framing %d, keep-alive %d", row->name, (int)response.framing,
                 (int)response.keep_alive);
    arena_deinit(&arena);
}

static void test_responses(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof response_rows / sizeof response_rows[0]; i++)
        for (size_t split = 0; split <= response_rows[i].head.len; split++)
            check_response(&response_rows[i], split);
}

static bool is_versionless(struct slice input)
{
    struct http1_scan scan = {0};
    enum http_refusal refusal;

    return http1_scan_head(input, &http1_request_limits, &scan, &refusal) == HTTP1_MORE &&
           http1_is_versionless(input, &scan);
}

static void test_lines_without_a_version(void **state)
{
    (void)state;
    assert_true(is_versionless(SLICE("GET /\r\n")));
    assert_true(is_versionless(SLICE("\r\nQUIT\r\n")));
    assert_true(is_versionless(SLICE("GET /HTTP/1.1\r\n")));
    assert_false(is_versionless(SLICE("GET /")));
    assert_false(is_versionless(SLICE("GET /\r")));
    assert_false(is_versionless(SLICE("\r\n")));
    assert_false(is_versionless(SLICE("GET / HTTP/1.1\r\n")));
    assert_false(is_versionless(SLICE("GET / HTTP/1.1\r\nA: b\r\n")));
    assert_false(is_versionless(SLICE("GET /\r\nA"))); /* a head, if a bad one */
    assert_false(is_versionless(SLICE("GET /\r\nA: b\r\n")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refusals),  cmocka_unit_test(test_request_facts),
        cmocka_unit_test(test_upgrade),   cmocka_unit_test(test_limits),
        cmocka_unit_test(test_responses), cmocka_unit_test(test_lines_without_a_version),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
