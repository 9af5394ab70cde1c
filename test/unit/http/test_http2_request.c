#include "http/h2/http2_request.h"
#include "http/message/http_request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A head is written as lines "name|value"; every rule of reference/http.md 4.8 has a row. */

#define PATH(path) ":method|GET\n:scheme|https\n:authority|a\n:path|" path "\n"
#define GET        PATH("/")
#define NO_HOST    ":method|GET\n:scheme|https\n:path|/\n"
#define EXTENDED   ":method|CONNECT\n:scheme|https\n:authority|a\n:path|/ws\n"

#define FIELD_MAX  8192 /* of http1_request_limits */

struct row {
    const char *name, *fields;
    bool ends;
    enum http_refusal refusal;
};

/* clang-format off */
static const struct row rows[] = {
    {"plain", GET, true, HTTP_ACCEPTED},
    {"any token", ":method|MKCALENDAR\n:scheme|http\n:authority|a\n:path|/\n", true, HTTP_ACCEPTED},
    {"fields", GET "user-agent|x\naccept|\n", true, HTTP_ACCEPTED},
    {"te: trailers", GET "te|trailers\n", true, HTTP_ACCEPTED},
    {"Host for :authority", NO_HOST "host|a\n", true, HTTP_ACCEPTED},
    {"Host and :authority", GET "host|A\n", true, HTTP_ACCEPTED},
    {"Host with the usual port", GET "host|a:443\n", true, HTTP_ACCEPTED},
    {"asterisk", ":method|OPTIONS\n:scheme|https\n:authority|a\n:path|*\n", true, HTTP_ACCEPTED},
    {"length", GET "content-length|5\n", false, HTTP_ACCEPTED},
    {"length zero", GET "content-length|0\n", true, HTTP_ACCEPTED},
    {"WebSocket", EXTENDED ":protocol|websocket\nsec-websocket-version|13\n", false, HTTP_ACCEPTED},

    {"no method", ":scheme|https\n:authority|a\n:path|/\n", true, HTTP_REFUSED_PSEUDO_MISSING},
    {"no scheme", ":method|GET\n:authority|a\n:path|/\n", true, HTTP_REFUSED_PSEUDO_MISSING},
    {"no path", ":method|GET\n:scheme|https\n:authority|a\n", true, HTTP_REFUSED_PSEUDO_MISSING},
    {"empty path", PATH(""), true, HTTP_REFUSED_TARGET_FORM},
    {"two methods", GET ":method|GET\n", true, HTTP_REFUSED_PSEUDO_TWICE},
    {"two paths", GET ":path|/\n", true, HTTP_REFUSED_PSEUDO_TWICE},
    {"two schemes", GET ":scheme|https\n", true, HTTP_REFUSED_PSEUDO_TWICE},
    {"two authorities", GET ":authority|a\n", true, HTTP_REFUSED_PSEUDO_TWICE},
    {"pseudo behind regular", NO_HOST "a|b\n:authority|a\n", true, HTTP_REFUSED_PSEUDO_ORDER},
    {"unknown pseudo", GET ":x|y\n", true, HTTP_REFUSED_PSEUDO_UNKNOWN},
    {"pseudo of responses", GET ":status|200\n", true, HTTP_REFUSED_PSEUDO_UNKNOWN},
    {":protocol without CONNECT", GET ":protocol|websocket\n", true, HTTP_REFUSED_PSEUDO_UNKNOWN},
    {"unknown :protocol", EXTENDED ":protocol|connect-udp\n", false, HTTP_REFUSED_PROTOCOL},
    {"CONNECT", ":method|CONNECT\n:authority|a:443\n", false, HTTP_REFUSED_CONNECT},
    {"CONNECT with a path", EXTENDED, false, HTTP_REFUSED_CONNECT},
    {"WebSocket that has ended", EXTENDED ":protocol|websocket\n", true, HTTP_REFUSED_LENGTH_DIFFERS},

    {"method with a blank", ":method|GET x\n:scheme|https\n:authority|a\n:path|/\n", true, HTTP_REFUSED_METHOD},
    {"empty method", ":method|\n:scheme|https\n:authority|a\n:path|/\n", true, HTTP_REFUSED_METHOD},
    {"scheme ftp", ":method|GET\n:scheme|ftp\n:authority|a\n:path|/\n", true, HTTP_REFUSED_TARGET_SCHEME},
    {"absolute path", PATH("http://a/"), true, HTTP_REFUSED_TARGET_FORM},
    {"path without slash", PATH("x"), true, HTTP_REFUSED_TARGET_FORM},
    {"asterisk with GET", PATH("*"), true, HTTP_REFUSED_TARGET_FORM},
    {"path with a blank", PATH("/a b"), true, HTTP_REFUSED_TARGET_BYTE},
    {"path with a version", PATH("/a HTTP/1.1"), true, HTTP_REFUSED_TARGET_BYTE},
    {"path with a fragment", PATH("/a#b"), true, HTTP_REFUSED_TARGET_BYTE},
    {"path with CR", PATH("/a\rb"), true, HTTP_REFUSED_FIELD_VALUE},
    {"path above the root", PATH("/../x"), true, HTTP_REFUSED_TARGET_ABOVE_ROOT},
    {"path with %00", PATH("/%00"), true, HTTP_REFUSED_TARGET_ESCAPE},

    {"no authority", NO_HOST, true, HTTP_REFUSED_HOST_MISSING},
    {"empty authority", ":method|GET\n:scheme|https\n:authority|\n:path|/\n", true, HTTP_REFUSED_HOST_INVALID},
    {"user information", ":method|GET\n:scheme|https\n:authority|u@a\n:path|/\n", true, HTTP_REFUSED_HOST_INVALID},
    {"other Host", GET "host|b\n", true, HTTP_REFUSED_HOST_DIFFERS},
    {"other port", GET "host|a:80\n", true, HTTP_REFUSED_HOST_DIFFERS},
    {"two Hosts", GET "host|a\nhost|a\n", true, HTTP_REFUSED_HOST_TWICE},

    {"upper case", GET "Accept|x\n", true, HTTP_REFUSED_FIELD_CASE},
    {"empty name", GET "|x\n", true, HTTP_REFUSED_FIELD_NAME},
    {"blank in a name", GET "a b|x\n", true, HTTP_REFUSED_FIELD_NAME},
    {"colon in a name", GET "a:b|x\n", true, HTTP_REFUSED_FIELD_NAME},
    {"CR in a name", GET "a\r|x\n", true, HTTP_REFUSED_FIELD_NAME},
    {"CR in a value", GET "a|b\rc\n", true, HTTP_REFUSED_FIELD_VALUE},
    {"control in a value", GET "a|b\001c\n", true, HTTP_REFUSED_FIELD_VALUE},
    {"blank before a value", GET "a| b\n", true, HTTP_REFUSED_FIELD_BLANK},
    {"tab behind a value", GET "a|b\t\n", true, HTTP_REFUSED_FIELD_BLANK},
    {"connection", GET "connection|close\n", true, HTTP_REFUSED_FIELD_CONNECTION},
    {"keep-alive", GET "keep-alive|x\n", true, HTTP_REFUSED_FIELD_CONNECTION},
    {"proxy-connection", GET "proxy-connection|close\n", true, HTTP_REFUSED_FIELD_CONNECTION},
    {"upgrade", GET "upgrade|websocket\n", true, HTTP_REFUSED_FIELD_CONNECTION},
    {"transfer-encoding", GET "transfer-encoding|chunked\n", false, HTTP_REFUSED_FIELD_CONNECTION},
    {"te: gzip", GET "te|gzip\n", true, HTTP_REFUSED_FIELD_CONNECTION},

    {"two conditions", GET "if-match|*\nif-match|*\n", true, HTTP_REFUSED_FIELD_TWICE},
    {"two lengths", GET "content-length|5\ncontent-length|5\n", false, HTTP_REFUSED_LENGTH_TWICE},
    {"list of lengths", GET "content-length|5, 5\n", false, HTTP_REFUSED_LENGTH_INVALID},
    {"+5", GET "content-length|+5\n", false, HTTP_REFUSED_LENGTH_INVALID},
    {"length without body", GET "content-length|5\n", true, HTTP_REFUSED_LENGTH_DIFFERS},
};
/* clang-format on */

struct parsed {
    struct arena arena;
    struct http2_head head;
    struct http_request request;
};

static void add_lines(struct http2_head *head, const char *text)
{
    struct slice rest = slice_of(text);

    while (rest.len > 0) {
        struct slice value = slice_cut(&rest, '\n');
        struct slice name = slice_cut(&value, '|');

        http2_head_add(head, name, value);
    }
}

static enum http_refusal parse(struct parsed *parsed, const char *fields, bool ends)
{
    memset(parsed, 0, sizeof *parsed);
    arena_init(&parsed->arena, 256u << 10);
    http2_head_init(&parsed->head, &parsed->arena, &http1_request_limits);
    add_lines(&parsed->head, fields);
    return http2_head_finish(&parsed->head, ends, &parsed->request);
}

static struct slice field(const struct parsed *parsed, enum http_field_id id)
{
    return http_field_value(parsed->request.fields, parsed->request.field_count, id);
}

static void test_rules(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct parsed parsed;
        enum http_refusal refusal = parse(&parsed, rows[i].fields, rows[i].ends);

        if (refusal != rows[i].refusal)
            fail_msg("%s: %s", rows[i].name, http_refusal_words(refusal));
        arena_deinit(&parsed.arena);
    }
}

static void test_request_is_filled_in(void **state)
{
    struct parsed parsed;

    (void)state;
    assert_int_equal(parse(&parsed,
                           ":method|POST\n:scheme|https\n:authority|A.Org.:8443\n:path|/x%2fy?q=1\n"
                           "content-length|007\nexpect|100-continue\nx_y|dropped\nx-y|kept\n",
                           false),
                     HTTP_ACCEPTED);
    assert_int_equal(parsed.request.method, HTTP_POST);
    assert_true(slice_equal(parsed.request.line, SLICE("POST /x%2fy?q=1 HTTP/2.0")));
    assert_true(slice_equal(parsed.request.raw_path, SLICE("/x%2fy?q=1")));
    assert_true(slice_equal(parsed.request.path, SLICE("/x/y")));
    assert_true(slice_equal(parsed.request.query, SLICE("q=1")));
    assert_true(slice_equal(parsed.request.host, SLICE("a.org")));
    assert_true(slice_equal(parsed.request.authority, SLICE("A.Org.:8443")));
    assert_true(slice_equal(field(&parsed, HTTP_FIELD_HOST), SLICE("A.Org.:8443")));
    assert_int_equal(parsed.request.framing, HTTP_LENGTH);
    assert_int_equal(parsed.request.content_length, 7);
    http_request_drop_underscores(&parsed.request);
    assert_int_equal(parsed.request.field_count, 4);
    assert_true(parsed.request.expects_continue && parsed.request.is_http2);
    arena_deinit(&parsed.arena);
}

static void test_body_of_unknown_length(void **state)
{
    struct parsed parsed;

    (void)state;
    assert_int_equal(parse(&parsed, GET, false), HTTP_ACCEPTED);
    assert_int_equal(parsed.request.framing, HTTP_CHUNKED);
    arena_deinit(&parsed.arena);
    assert_int_equal(parse(&parsed, GET, true), HTTP_ACCEPTED);
    assert_int_equal(parsed.request.framing, HTTP_NO_BODY);
    arena_deinit(&parsed.arena);
}

static void test_cookies_are_joined(void **state)
{
    struct parsed parsed;

    (void)state;
    assert_int_equal(parse(&parsed, GET "cookie|a=1\nx|y\ncookie|b=2\ncookie|c=3\nz|\n", true),
                     HTTP_ACCEPTED);
    assert_true(slice_equal(field(&parsed, HTTP_FIELD_COOKIE), SLICE("a=1; b=2; c=3")));
    assert_int_equal(parsed.request.field_count, 4); /* with Host */
    assert_true(slice_equal(parsed.request.fields[2].name, SLICE("z")));
    arena_deinit(&parsed.arena);
    assert_int_equal(parse(&parsed, GET "cookie|\ncookie|a=1\ncookie|\n", true), HTTP_ACCEPTED);
    assert_true(slice_equal(field(&parsed, HTTP_FIELD_COOKIE), SLICE("a=1")));
    arena_deinit(&parsed.arena);
}

static void test_websocket_becomes_a_get(void **state)
{
    struct parsed parsed;

    (void)state;
    assert_int_equal(parse(&parsed, EXTENDED ":protocol|websocket\n", false), HTTP_ACCEPTED);
    assert_int_equal(parsed.request.method, HTTP_GET);
    assert_true(slice_equal(parsed.request.method_text, SLICE("GET")));
    assert_true(slice_equal(parsed.request.line, SLICE("CONNECT /ws HTTP/2.0")));
    assert_true(parsed.request.wants_upgrade);
    assert_int_equal(parsed.request.framing, HTTP_NO_BODY);
    arena_deinit(&parsed.arena);
}

/* Adds `count` fields with values of `len` bytes. */
static enum http_refusal parse_many(size_t count, size_t len)
{
    struct parsed parsed;
    char *value = malloc(len + 1);
    enum http_refusal refusal;

    memset(&parsed, 0, sizeof parsed);
    memset(value, 'v', len);
    arena_init(&parsed.arena, 256u << 10);
    http2_head_init(&parsed.head, &parsed.arena, &http1_request_limits);
    add_lines(&parsed.head, GET);
    for (size_t i = 0; i < count; i++)
        http2_head_add(&parsed.head, SLICE("x-a"), (struct slice){value, len});
    refusal = http2_head_finish(&parsed.head, true, &parsed.request);
    arena_deinit(&parsed.arena);
    free(value);
    return refusal;
}

static void test_size_is_limited(void **state)
{
    (void)state;
    assert_int_equal(parse_many(99, 1), HTTP_ACCEPTED); /* Host is one, too */
    assert_int_equal(parse_many(101, 1), HTTP_REFUSED_FIELD_COUNT);
    assert_int_equal(parse_many(1, FIELD_MAX - 3), HTTP_ACCEPTED);
    assert_int_equal(parse_many(1, FIELD_MAX), HTTP_REFUSED_FIELD_TOO_LONG);
    assert_int_equal(parse_many(4, FIELD_MAX - 100), HTTP_ACCEPTED);
    assert_int_equal(parse_many(5, FIELD_MAX - 100), HTTP_REFUSED_HEAD_TOO_LONG);
    assert_int_equal(parse_many(100000, 100), HTTP_REFUSED_FIELD_COUNT);
}

static void test_trailers(void **state)
{
    (void)state;
    assert_int_equal(http2_field_check(SLICE("x-sum"), SLICE("1")), HTTP_ACCEPTED);
    assert_int_equal(http2_field_check(SLICE(":path"), SLICE("/")), HTTP_REFUSED_PSEUDO_ORDER);
    assert_int_equal(http2_field_check(SLICE("X"), SLICE("1")), HTTP_REFUSED_FIELD_CASE);
    assert_int_equal(http2_field_check(SLICE("x"), SLICE("a\n")), HTTP_REFUSED_FIELD_VALUE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rules),
        cmocka_unit_test(test_request_is_filled_in),
        cmocka_unit_test(test_body_of_unknown_length),
        cmocka_unit_test(test_cookies_are_joined),
        cmocka_unit_test(test_websocket_becomes_a_get),
        cmocka_unit_test(test_size_is_limited),
        cmocka_unit_test(test_trailers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
