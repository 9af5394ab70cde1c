#include "http/h1/http1_write.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define DATE "Sun, 06 Nov 1994 08:49:37 GMT"

/* Writes into memory of exactly the promised size. */
static void assert_written(const struct http_response *response,
                           const struct http1_response_frame *frame, const char *expected)
{
    size_t size = http1_response_size(response);
    char *memory = malloc(size);
    struct text out = text_in(memory, size);

    http1_write_response(&out, response, frame);
    assert_false(out.overflow);
    if (!slice_equal(text_slice(&out), slice_of(expected)))
        fail_msg("\"%.*s\" is not \"%s\"", (int)out.len, out.at, expected);
    free(memory);
}

static struct http1_response_frame plain_frame(void)
{
    return (struct http1_response_frame){.date = SLICE(DATE)};
}

static void test_length(void **state)
{
    struct http_field fields[] = {
        {.name = SLICE("Content-Type"), .value = SLICE("text/plain")},
        {.name = SLICE("X-Empty"),      .value = SLICE("")          },
    };
    struct http_response response = {.status = 200,
                                     .framing = HTTP_LENGTH,
                                     .content_length = 12345,
                                     .fields = fields,
                                     .field_count = 2};
    struct http1_response_frame frame = plain_frame();

    (void)state;
    assert_written(&response, &frame,
                   "HTTP/1.1 200 OK\r\nServer: frontd\r\nDate: " DATE "\r\n"
                   "Content-Type: text/plain\r\nX-Empty: \r\nContent-Length: 12345\r\n\r\n");
}

static void test_framing(void **state)
{
    static const struct {
        uint16_t status;
        enum http_framing framing;
        bool to_head;
        const char *field; /* the framing field that must be there, or "" */
    } rows[] = {
        {200, HTTP_LENGTH,   false, "Content-Length: 7\r\n"         },
        {200, HTTP_LENGTH,   true,  "Content-Length: 7\r\n"         },
        {200, HTTP_NO_BODY,  false, "Content-Length: 0\r\n"         },
        {200, HTTP_CHUNKED,  false, "Transfer-Encoding: chunked\r\n"},
        {200, HTTP_CHUNKED,  true,  ""                              },
        {200, HTTP_TO_CLOSE, false, ""                              },
        {204, HTTP_LENGTH,   false, ""                              },
        {204, HTTP_NO_BODY,  false, ""                              },
        {304, HTTP_LENGTH,   false, ""                              },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct http_response response = {.status = rows[i].status,
                                         .reason = SLICE("R"),
                                         .framing = rows[i].framing,
                                         .content_length = 7};
        struct http1_response_frame frame = plain_frame();
        char expected[256];
        struct text text = text_in(expected, sizeof expected - 1);

        frame.to_head = rows[i].to_head;
        text_add(&text, SLICE("HTTP/1.1 "));
        text_number(&text, rows[i].status);
        text_add(&text, SLICE(" R\r\nServer: frontd\r\nDate: " DATE "\r\n"));
        text_add(&text, slice_of(rows[i].field));
        text_add(&text, SLICE("\r\n"));
        expected[text.len] = '\0';
        assert_written(&response, &frame, expected);
    }
}

static void test_connection(void **state)
{
    struct http_response response = {.status = 418};
    struct http1_response_frame frame = plain_frame();

    (void)state;
    frame.close = true;
    frame.keep_alive_s = 20; /* means nothing then */
    assert_written(&response, &frame,
                   "HTTP/1.1 418 \r\nServer: frontd\r\nDate: " DATE
                   "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    frame.close = false;
    frame.says_keep_alive = true;
    assert_written(&response, &frame,
                   "HTTP/1.1 418 \r\nServer: frontd\r\nDate: " DATE
                   "\r\nContent-Length: 0\r\nConnection: keep-alive\r\n"
                   "Keep-Alive: timeout=20\r\n\r\n");
    response.status = 101;
    frame.close = true;
    assert_written(&response, &frame,
                   "HTTP/1.1 101 Switching Protocols\r\nServer: frontd\r\nDate: " DATE
                   "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
}

static void test_chunk_line(void **state)
{
    char memory[HTTP1_CHUNK_LINE_MAX];
    struct text out = text_in(memory, sizeof memory);

    (void)state;
    http1_write_chunk_line(&out, SIZE_MAX);
    assert_true(slice_equal(text_slice(&out), SLICE("ffffffffffffffff\r\n")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_length),
        cmocka_unit_test(test_framing),
        cmocka_unit_test(test_connection),
        cmocka_unit_test(test_chunk_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
