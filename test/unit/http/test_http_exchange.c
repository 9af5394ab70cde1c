#include "base/text.h"
#include "http/http.h"
#include "http/http_exchange.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* A transport that writes down what a handler does. */
struct record {
    char memory[64];
    struct text events; /* in memory */
    char body[1024];
    size_t len;
};

static void note(struct http_exchange *exchange, const char *event)
{
    struct record *record = exchange->connection;

    text_add(&record->events, slice_of(event));
}

static void on_head(struct http_exchange *exchange)
{
    note(exchange, "head ");
}

static void on_body(struct http_exchange *exchange, struct slice bytes)
{
    struct record *record = exchange->connection;

    assert_true(record->len + bytes.len <= sizeof record->body);
    if (bytes.len > 0)
        memcpy(record->body + record->len, bytes.at, bytes.len);
    record->len += bytes.len;
    note(exchange, "body ");
}

static void on_finish(struct http_exchange *exchange)
{
    note(exchange, "finish ");
}

static const struct http_transport transport = {
    .head = on_head, .body = on_body, .finish = on_finish};

static void begin(struct http_exchange *exchange, struct record *record)
{
    memset(record, 0, sizeof *record);
    record->events = text_in(record->memory, sizeof record->memory);
    memset(exchange, 0, sizeof *exchange);
    exchange->transport = &transport;
    exchange->connection = record;
    arena_init(&exchange->arena, 262144);
}

static struct slice field(const struct http_exchange *exchange, enum http_field_id id)
{
    return http_field_value(exchange->response.fields, exchange->response.field_count, id);
}

static void test_error(void **state)
{
    static const struct {
        unsigned status;
        bool closes;
    } rows[] = {
        {400, true },
        {403, false},
        {404, false},
        {405, false},
        {408, true },
        {413, true },
        {414, true },
        {431, true },
        {500, true },
        {501, true },
        {502, false},
        {504, false},
        {505, false},
    };
    struct http_exchange exchange;
    struct record record;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        begin(&exchange, &record);
        http_exchange_error(&exchange, rows[i].status);
        assert_true(slice_equal(text_slice(&record.events), SLICE("head body finish ")));
        assert_int_equal(exchange.response.status, rows[i].status);
        assert_int_equal(exchange.response.content_length, record.len);
        assert_true(slice_equal(field(&exchange, HTTP_FIELD_CONTENT_TYPE), SLICE("text/html")));
        assert_int_equal(exchange.close_after, rows[i].closes);
        arena_deinit(&exchange.arena);
    }
}

static void test_redirect(void **state)
{
    struct http_exchange exchange;
    struct record record;

    (void)state;
    begin(&exchange, &record);
    http_exchange_redirect(&exchange, 301, SLICE("https://a/\r\nX: y"));
    assert_true(slice_equal(field(&exchange, HTTP_FIELD_LOCATION), SLICE("https://a/X: y")));
    assert_int_equal(exchange.response.status, 301);
    arena_deinit(&exchange.arena);
}

static void test_fields_are_clean_and_bounded(void **state)
{
    struct http_exchange exchange;
    struct record record;

    (void)state;
    begin(&exchange, &record);
    http_exchange_add_field(&exchange, SLICE("A"), SLICE("x\r\n\0y\x7fz\t\xc3\xa4"));
    assert_true(slice_equal(exchange.response.fields[0].value, SLICE("xyz\t\xc3\xa4")));
    for (size_t i = 0; i < 2 * HTTP_RESPONSE_FIELDS_MAX; i++)
        http_exchange_add_field(&exchange, SLICE("B"), SLICE("c"));
    assert_int_equal(exchange.response.field_count, HTTP_RESPONSE_FIELDS_MAX);
    assert_true(slice_equal(exchange.response.fields[0].value, SLICE("xyz\t\xc3\xa4")));
    for (size_t i = 1; i < HTTP_RESPONSE_FIELDS_MAX; i++)
        assert_true(slice_equal(exchange.response.fields[i].value, SLICE("c")));
    arena_deinit(&exchange.arena);
}

static void test_answer_without_body(void **state)
{
    struct http_exchange exchange;
    struct record record;

    (void)state;
    begin(&exchange, &record);
    http_exchange_answer(&exchange, 204, SLICE("text/plain"), SLICE_NONE);
    assert_int_equal(exchange.response.framing, HTTP_NO_BODY);
    assert_int_equal(exchange.response.field_count, 0);
    arena_deinit(&exchange.arena);
}

/* The constant says its own length. */
static void test_plain_on_tls(void **state)
{
    struct slice rest = http_protocol.plain_on_tls;
    size_t length = 0;

    (void)state;
    while (rest.len > 0) {
        struct slice line = slice_cut(&rest, '\n');

        if (slice_starts(line, SLICE("Content-Length: ")))
            assert_int_equal(sscanf(line.at, "Content-Length: %zu", &length), 1);
        if (slice_equal(line, SLICE("\r")))
            break;
    }
    assert_int_equal(rest.len, length);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_error),
        cmocka_unit_test(test_redirect),
        cmocka_unit_test(test_fields_are_clean_and_bounded),
        cmocka_unit_test(test_answer_without_body),
        cmocka_unit_test(test_plain_on_tls),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
