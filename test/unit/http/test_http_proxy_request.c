#include "http/proxy/http_proxy_private.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct http_field field_of(const char *name, const char *value)
{
    return (struct http_field){
        .name = slice_of(name), .value = slice_of(value), .id = http_field_lookup(slice_of(name))};
}

/* reference/http.md 4.4 */
static void test_hop_fields(void **state)
{
    static const struct {
        const char *name, *connection; /* what Connection says */
        bool is_hop;
    } rows[] = {
        {"Connection",          "",                       true },
        {"Keep-Alive",          "",                       true },
        {"Proxy-Connection",    "",                       true },
        {"TE",                  "",                       true },
        {"Transfer-Encoding",   "",                       true },
        {"Content-Length",      "",                       true },
        {"Upgrade",             "",                       true },
        {"Trailer",             "",                       true },
        {"Proxy-Authorization", "",                       true },
        {"Proxy-Authenticate",  "",                       true },
        {"HTTP2-Settings",      "",                       true },
        {"Proxy",               "",                       true },
        {"X-Strip",             "keep-alive, x-strip",    true },
        {"X-Strip",             "keep-alive, x-stripped", false},
        {"X-Strip",             "",                       false},
        {"Host",                "host",                   false},
        {"Content-Type",        "content-type",           false},
        {"Authorization",       "authorization",          false},
        {"Cookie",              "Cookie",                 false},
        {"X-Forwarded-For",     "x-forwarded-for",        false},
        {"X-Forwarded-Proto",   "X-Forwarded-Proto",      false},
        {"X-Real-IP",           "x-real-ip",              false},
        {"Accept",              "close",                  false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct http_field fields[] = {field_of("Connection", rows[i].connection),
                                      field_of(rows[i].name, "x")};

        if (http_proxy_is_hop_field(&fields[1], fields, 2) != rows[i].is_hop)
            fail_msg("%s with Connection: %s", rows[i].name, rows[i].connection);
    }
}

static void test_idempotent(void **state)
{
    static const struct {
        const char *method;
        bool is_idempotent;
    } rows[] = {
        {"GET",        true },
        {"HEAD",       true },
        {"PUT",        true },
        {"DELETE",     true },
        {"OPTIONS",    true },
        {"POST",       false},
        {"PROPFIND",   true },
        {"PROPPATCH",  true },
        {"MKCOL",      true },
        {"MOVE",       true },
        {"LOCK",       false},
        {"MKCALENDAR", true },
        {"REPORT",     true },
        {"PATCH",      false},
        {"FOO",        false},
        {"propfind",   false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct http_request request = {.method_text = slice_of(rows[i].method)};

        request.method = http_method_lookup(request.method_text);
        if (http_proxy_is_idempotent(&request) != rows[i].is_idempotent)
            fail_msg("%s", rows[i].method);
    }
}

/* What the backend sees for a target: the rows of reference/http.md 1.7. */
static void test_heads(void **state)
{
    static const struct {
        const char *location, *uri; /* of proxy_pass; NULL: none */
        const char *request, *head;
    } rows[] = {
        {"/p",  NULL,   "GET /p/a%20b/%2e%2e/c%2Fd//e?x=%41 HTTP/1.1\r\nHost: a\r\n\r\n",
         "GET /p/a%20b/%2e%2e/c%2Fd//e?x=%41 HTTP/1.1\r\nHost: b:81\r\n\r\n"                                                                            },
        {"/l/", "/up/", "GET /l/a%20b%2Fc//d?x=1 HTTP/1.1\r\nHost: a\r\n\r\n",
         "GET /up/a%20b/c/d?x=1 HTTP/1.1\r\nHost: b:81\r\n\r\n"                                                                                         },
        {"/l/", "/up",  "GET /l/a HTTP/1.1\r\nHost: a\r\n\r\n",
         "GET /upa HTTP/1.1\r\nHost: b:81\r\n\r\n"                                                                                                      },
        {"/l",  "/",    "GET /l/a HTTP/1.1\r\nHost: a\r\n\r\n",
         "GET //a HTTP/1.1\r\nHost: b:81\r\n\r\n"                                                                                                       },
        {"/l",  "/",    "GET /labc? HTTP/1.1\r\nHost: a\r\n\r\n",
         "GET /abc HTTP/1.1\r\nHost: b:81\r\n\r\n"                                                                                                      },
        {"/",   NULL,   "PUT / HTTP/1.0\r\nContent-Length: 0005\r\nA: b\r\n\r\n",
         "PUT / HTTP/1.1\r\nHost: b:81\r\nContent-Length: 5\r\nA: b\r\n\r\n"                                                                            },
        {"/",   NULL,   "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
         "POST / HTTP/1.1\r\nHost: b:81\r\nTransfer-Encoding: chunked\r\n\r\n"                                                                          },
        {"/",   NULL,
         "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nExpect: 100-continue\r\n\r\n", "POST / HTTP/1.1\r\nHost: b:81\r\nContent-Length: 0\r\n\r\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct http_location *location = calloc(1, sizeof *location);
        struct http_proxy_conf *conf = calloc(1, sizeof *conf);
        struct http_exchange exchange = {.location = location};
        struct http_proxy proxy = {.exchange = &exchange};
        struct slice head;

        location->proxy = conf;
        location->path = slice_of(rows[i].location);
        conf->proxy_http_version = HTTP_PROXY_1_1;
        conf->proxy_pass_request_headers = true;
        conf->proxy_pass_request_body = true;
        proxy.conf = conf;
        proxy.target.authority = SLICE("b:81");
        proxy.target.has_uri = rows[i].uri != NULL;
        if (rows[i].uri != NULL)
            proxy.target.uri = slice_of(rows[i].uri);
        arena_init(&exchange.arena, 262144);
        assert_int_equal(
            http1_parse_request(slice_of(rows[i].request), &exchange.arena, &exchange.request),
            HTTP_ACCEPTED);
        proxy.framing = exchange.request.framing;
        proxy.content_length = exchange.request.content_length;
        head = http_proxy_request_head(&proxy);
        if (!slice_equal(head, slice_of(rows[i].head)))
            fail_msg("%s: %.*s", rows[i].request, (int)head.len, head.at);
        arena_deinit(&exchange.arena);
        free(conf);
        free(location);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hop_fields),
        cmocka_unit_test(test_idempotent),
        cmocka_unit_test(test_heads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
