#include "http/output/http_error_page.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static void assert_page(unsigned status, const char *title)
{
    struct arena arena;
    struct slice page, expected;

    arena_init(&arena, ARENA_UNLIMITED);
    page = http_error_page(status, &arena);
    expected = arena_format(&arena,
                            "<html>\r\n<head><title>%s</title></head>\r\n<body>\r\n"
                            "<center><h1>%s</h1></center>\r\n<hr><center>frontd</center>\r\n"
                            "</body>\r\n</html>\r\n",
                            title, title);
    if (!slice_equal(page, expected))
        fail_msg("%u: %.*s", status, (int)page.len, page.at);
    arena_deinit(&arena);
}

static void says_it_in_the_words_of_nginx(void **state)
{
    (void)state;
    assert_page(302, "302 Found");
    assert_page(401, "401 Authorization Required");
    assert_page(404, "404 Not Found");
    assert_page(405, "405 Not Allowed");
    assert_page(413, "413 Request Entity Too Large");
    assert_page(416, "416 Requested Range Not Satisfiable");
    assert_page(497, "400 The plain HTTP request was sent to HTTPS port");
    assert_page(502, "502 Bad Gateway");
    assert_page(504, "504 Gateway Time-out");
}

static void has_none_for_others(void **state)
{
    struct arena arena;

    (void)state;
    arena_init(&arena, ARENA_UNLIMITED);
    assert_null(http_error_page(200, &arena).at);
    assert_null(http_error_page(204, &arena).at);
    assert_null(http_error_page(418, &arena).at);
    arena_deinit(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_it_in_the_words_of_nginx),
        cmocka_unit_test(has_none_for_others),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
