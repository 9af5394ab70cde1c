#include "conf_text.h"
#include "http/conf/http_conf.h"
#include "http/language/http_map.h"
#include "http/language/http_registry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

struct find_case {
    const char *source, *value; /* NULL: nothing */
};

static const char source[] =
    "http{map $host $v { hostnames; default none; Plain 1; *.x.org 2; "
    ".dot.org 3; www.* 4; www.x.* 5; *.deep.x.org 6; \\default 7; '' 8; }}";

/* clang-format off */
static const struct find_case cases[] = {
    {"plain", "1"}, {"PLAIN", "1"}, {"plain.", "1"}, {"plains", NULL},
    {"a.x.org", "2"}, {"A.X.Org", "2"}, {"x.org", NULL}, {"a.deep.x.org", "6"},
    {"dot.org", "3"}, {"a.b.dot.org", "3"}, {"www.net", "4"}, {"www.x.net", "5"},
    {"www.x.org", "2"}, /* a leading star goes before a trailing one */
    {"default", "7"}, {"", "8"},
};
/* clang-format on */

static void finds_what_the_keys_say(void **state)
{
    struct conf_text text;
    const struct http_map *map;

    (void)state;
    conf_text_read(&text, source, false);
    assert_true(text.good);
    map = http_conf_registry(&text.conf)->items[0].map;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct http_template *found = http_map_find(map, slice_of(cases[i].source));
        struct slice value = SLICE("");

        if (found != NULL)
            assert_true(http_template_is_plain(found, &value));
        if ((found == NULL) != (cases[i].value == NULL) ||
            (found != NULL && !slice_equal(value, slice_of(cases[i].value))))
            fail_msg("%s: %.*s", cases[i].source, (int)value.len, value.at);
    }
    conf_text_free(&text);
}

static void stars_are_plain_without_hostnames(void **state)
{
    struct conf_text text;
    const struct http_map *map;

    (void)state;
    conf_text_read(&text, "http{map $host $v { *.x.org 2; .y 3; }}", false);
    assert_true(text.good);
    map = http_conf_registry(&text.conf)->items[0].map;
    assert_null(http_map_find(map, SLICE("a.x.org")));
    assert_non_null(http_map_find(map, SLICE("*.x.org")));
    assert_null(http_map_find(map, SLICE("y")));
    conf_text_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_the_keys_say),
        cmocka_unit_test(stars_are_plain_without_hostnames),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
