#include "http/message/http_uri.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define IN(text)                                                                                   \
    {                                                                                              \
        text, sizeof(text) - 1                                                                     \
    }

struct normal_row {
    struct slice path, normal;
    enum http_refusal refusal;
};

/* clang-format off */
static const struct normal_row normal_rows[] = {
    {IN("/"), IN("/"), HTTP_ACCEPTED},
    {IN("/a/b.html"), IN("/a/b.html"), HTTP_ACCEPTED},
    {IN("/a//b///c"), IN("/a/b/c"), HTTP_ACCEPTED},
    {IN("//admin/"), IN("/admin/"), HTTP_ACCEPTED},
    {IN("/%61dmin/"), IN("/admin/"), HTTP_ACCEPTED},
    {IN("/admin%2f"), IN("/admin/"), HTTP_ACCEPTED},
    {IN("/a%2Flong"), IN("/a/long"), HTTP_ACCEPTED},
    {IN("/x/../admin/"), IN("/admin/"), HTTP_ACCEPTED},
    {IN("/x/%2e%2E/admin/"), IN("/admin/"), HTTP_ACCEPTED},
    {IN("/x%2f..%2fadmin"), IN("/admin"), HTTP_ACCEPTED},
    {IN("/a/./b/."), IN("/a/b/"), HTTP_ACCEPTED},
    {IN("/a/b/.."), IN("/a/"), HTTP_ACCEPTED},
    {IN("/a/b/../"), IN("/a/"), HTTP_ACCEPTED},
    {IN("/a/.."), IN("/"), HTTP_ACCEPTED},
    {IN("/."), IN("/"), HTTP_ACCEPTED},
    {IN("/a//../b"), IN("/b"), HTTP_ACCEPTED}, /* slashes are merged before ".." is resolved */
    {IN("/..."), IN("/..."), HTTP_ACCEPTED},
    {IN("/.well-known/x"), IN("/.well-known/x"), HTTP_ACCEPTED},
    {IN("/a..b/..c/d.."), IN("/a..b/..c/d.."), HTTP_ACCEPTED},
    {IN("/a;b=c\\d"), IN("/a;b=c\\d"), HTTP_ACCEPTED},
    {IN("/%252e%252e/"), IN("/%2e%2e/"), HTTP_ACCEPTED}, /* decoded once only */
    {IN("/%25"), IN("/%"), HTTP_ACCEPTED},
    {IN("/a%20b%3f%23"), IN("/a b?#"), HTTP_ACCEPTED},
    {IN("/\xc3\xa4%c3%a4\xff"), IN("/\xc3\xa4\xc3\xa4\xff"), HTTP_ACCEPTED},
    {IN("/.."), IN(""), HTTP_REFUSED_TARGET_ABOVE_ROOT},
    {IN("/../a"), IN(""), HTTP_REFUSED_TARGET_ABOVE_ROOT},
    {IN("/a/../../b"), IN(""), HTTP_REFUSED_TARGET_ABOVE_ROOT},
    {IN("/%2e%2e/a"), IN(""), HTTP_REFUSED_TARGET_ABOVE_ROOT},
    {IN("/a/..%2f.."), IN(""), HTTP_REFUSED_TARGET_ABOVE_ROOT},
    {IN("/%00"), IN(""), HTTP_REFUSED_TARGET_ESCAPE},
    {IN("/%0d%0aX:y"), IN(""), HTTP_REFUSED_TARGET_ESCAPE},
    {IN("/%7f"), IN(""), HTTP_REFUSED_TARGET_ESCAPE},
    {IN("/%zz"), IN(""), HTTP_REFUSED_TARGET_ESCAPE},
    {IN("/%4"), IN(""), HTTP_REFUSED_TARGET_ESCAPE},
    {IN("/a%"), IN(""), HTTP_REFUSED_TARGET_ESCAPE},
    {IN("a"), IN(""), HTTP_REFUSED_TARGET_FORM},
    {IN(""), IN(""), HTTP_REFUSED_TARGET_FORM},
};
/* clang-format on */

static void test_normalise(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof normal_rows / sizeof normal_rows[0]; i++) {
        const struct normal_row *row = &normal_rows[i];
        char *memory = malloc(row->path.len + 1); /* exactly enough is promised */
        struct text normal = text_in(memory, row->path.len);
        enum http_refusal refusal = http_uri_normalise(row->path, &normal);

        if (refusal != row->refusal)
            fail_msg("%s: %s", row->path.at, http_refusal_words(refusal));
        if (refusal == HTTP_ACCEPTED && !slice_equal(text_slice(&normal), row->normal))
            fail_msg("%s: %.*s", row->path.at, (int)normal.len, normal.at);
        free(memory);
    }
}

struct authority_row {
    const char *authority, *host; /* host NULL: refused */
};

#define FIFTY  "12345678901234567890123456789012345678901234567890"
#define LABELS FIFTY "." FIFTY "." FIFTY "." FIFTY "." FIFTY

static const struct authority_row authority_rows[] = {
    {LABELS ":65535",         LABELS              },
    {LABELS "123456:8",       NULL                },
    {"example.org",           "example.org"       },
    {"Example.ORG:8080",      "Example.ORG"       },
    {"example.org.",          "example.org"       },
    {"example.org.:443",      "example.org"       },
    {"a_b.example",           "a_b.example"       },
    {"192.0.2.1:65535",       "192.0.2.1"         },
    {"[2001:db8::1]",         "[2001:db8::1]"     },
    {"[2001:db8::1]:443",     "[2001:db8::1]"     },
    {"[::ffff:192.0.2.1]",    "[::ffff:192.0.2.1]"},
    {"example.org:",          "example.org"       },
    {"",                      NULL                },
    {":80",                   NULL                },
    {".",                     NULL                },
    {"a..b",                  NULL                },
    {"../x",                  NULL                },
    {"a/b",                   NULL                },
    {"a b",                   NULL                },
    {"user@example.org",      NULL                },
    {"user:pass@example.org", NULL                },
    {"example.org:65536",     NULL                },
    {"example.org:80a",       NULL                },
    {"example.org:-1",        NULL                },
    {"a:1:2",                 NULL                },
    {"2001:db8::1",           NULL                },
    {"[2001:db8::1",          NULL                },
    {"[2001:db8::1]x",        NULL                },
    {"[]",                    NULL                },
    {"[v1.x]",                NULL                },
    {"[fe80::1%25eth0]",      NULL                },
    {"a,b",                   NULL                },
    {"a%20b",                 NULL                },
    {"a\tb",                  NULL                },
    {"\xc3\xa4.example",      NULL                },
};

static void test_authority(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof authority_rows / sizeof authority_rows[0]; i++) {
        const struct authority_row *row = &authority_rows[i];
        struct slice host = SLICE_NONE;
        bool valid = http_uri_parse_authority(slice_of(row->authority), &host);

        if (valid != (row->host != NULL))
            fail_msg("\"%s\": %d", row->authority, (int)valid);
        if (valid && !slice_equal(host, slice_of(row->host)))
            fail_msg("\"%s\": %.*s", row->authority, (int)host.len, host.at);
    }
}

struct target_row {
    const char *target;
    enum http_method method;
    enum http_refusal refusal;
    const char *raw_path, *path, *query, *host; /* query, host NULL: none */
};

/* clang-format off */
static const struct target_row target_rows[] = {
    {"/a%20b?x=%41", HTTP_GET, HTTP_ACCEPTED, "/a%20b?x=%41", "/a b", "x=%41", NULL},
    {"/?", HTTP_GET, HTTP_ACCEPTED, "/?", "/", "", NULL},
    {"/a?b?c/../d", HTTP_GET, HTTP_ACCEPTED, "/a?b?c/../d", "/a", "b?c/../d", NULL},
    {"http://Example.org/x", HTTP_GET, HTTP_ACCEPTED, "/x", "/x", NULL, "example.org"},
    {"HTTPS://example.org:8443", HTTP_GET, HTTP_ACCEPTED, "/", "/", NULL, "example.org"},
    {"http://example.org?q", HTTP_GET, HTTP_ACCEPTED, "/?q", "/", "q", "example.org"},
    {"*", HTTP_OPTIONS, HTTP_ACCEPTED, "*", "*", NULL, NULL},
    {"*", HTTP_GET, HTTP_REFUSED_TARGET_FORM, NULL, NULL, NULL, NULL},
    {"example.org", HTTP_GET, HTTP_REFUSED_TARGET_FORM, NULL, NULL, NULL, NULL},
    {"example.org:443", HTTP_GET, HTTP_REFUSED_TARGET_SCHEME, NULL, NULL, NULL, NULL},
    {"ftp://example.org/", HTTP_GET, HTTP_REFUSED_TARGET_SCHEME, NULL, NULL, NULL, NULL},
    {"http://user@example.org/", HTTP_GET, HTTP_REFUSED_TARGET_AUTHORITY, NULL, NULL, NULL, NULL},
    {"http:///x", HTTP_GET, HTTP_REFUSED_TARGET_AUTHORITY, NULL, NULL, NULL, NULL},
    {"/a#b", HTTP_GET, HTTP_REFUSED_TARGET_BYTE, NULL, NULL, NULL, NULL},
    {"/a\tb", HTTP_GET, HTTP_REFUSED_TARGET_BYTE, NULL, NULL, NULL, NULL},
    {"/\xc3\xa4", HTTP_GET, HTTP_ACCEPTED, "/\xc3\xa4", "/\xc3\xa4", NULL, NULL},
};
/* clang-format on */

static void assert_text(struct slice got, const char *expected)
{
    if (expected == NULL)
        assert_null(got.at);
    else if (!slice_equal(got, slice_of(expected)))
        fail_msg("\"%.*s\" is not \"%s\"", (int)got.len, got.at, expected);
}

static void test_target(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof target_rows / sizeof target_rows[0]; i++) {
        const struct target_row *row = &target_rows[i];
        struct http_request request = {.target = slice_of(row->target), .method = row->method};
        struct arena arena;
        enum http_refusal refusal;

        arena_init(&arena, 65536);
        refusal = http_uri_parse_target(&arena, &request);
        if (refusal != row->refusal)
            fail_msg("%s: %s", row->target, http_refusal_words(refusal));
        if (refusal == HTTP_ACCEPTED) {
            assert_text(request.raw_path, row->raw_path);
            assert_text(request.path, row->path);
            assert_text(request.query, row->query);
            assert_text(request.host, row->host);
            assert_int_equal(request.has_query, row->query != NULL);
        }
        arena_deinit(&arena);
    }
}

static void test_escape(void **state)
{
    struct arena arena;
    struct slice path = SLICE("/a b%c?d#e\x01\x7f\"<>\\^`{|}~\xc3\xa4;&+:@");

    (void)state;
    arena_init(&arena, 65536);
    assert_text(http_uri_escape(&arena, path),
                "/a%20b%25c%3Fd%23e%01%7F%22%3C%3E%5C%5E%60%7B%7C%7D~%C3%A4;&+:@");
    assert_ptr_equal(http_uri_escape(&arena, SLICE("/plain")).at, SLICE("/plain").at);
    arena_deinit(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_normalise),
        cmocka_unit_test(test_authority),
        cmocka_unit_test(test_target),
        cmocka_unit_test(test_escape),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
