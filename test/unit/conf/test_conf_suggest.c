#include "conf/conf_block.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static const char *const names[] = {
    "proxy_pass", "proxy_set_header", "root", "index", "listen", "try", NULL};

static const struct {
    const char *word, *nearest;
} cases[] = {
    {"proxy_psas",           "proxy_pass"}, /* a transposition counts 1 */
    {"proxy_pas",            "proxy_pass"}, /* */
    {"prxypas",              NULL        }, /* 3 of 7: too far */
    {"prxy_pas",             "proxy_pass"}, /* 2 of 8 */
    {"listne",               "listen"    }, /* */
    {"ilstne",               "listen"    }, /* 2 of 6 */
    {"rot",                  "root"      }, /* 1 of 3 */
    {"ro",                   NULL        }, /* a third of 2 is nothing */
    {"rxxt",                 NULL        }, /* 2 of 4 */
    {"indices",              NULL        }, /* 3 of 7 */
    {"indes",                "index"     }, /* */
    {"root",                 "root"      }, /* */
    {"",                     NULL        }, /* */
    {"zzzzzzzzzzzzzzzzzzzz", NULL        },
};

static void the_nearest_within_a_third(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *nearest = conf_nearest(slice_of(cases[i].word), names);

        if ((nearest == NULL) != (cases[i].nearest == NULL) ||
            (nearest != NULL && !slice_equal(slice_of(nearest), slice_of(cases[i].nearest))))
            fail_msg("%s: %s", cases[i].word, nearest == NULL ? "nothing" : nearest);
    }
}

static void the_nearer_one_wins_then_the_first(void **state)
{
    static const char *const near[] = {"abcdxx", "abcdef", "abcdeg", NULL};

    (void)state;
    assert_string_equal(conf_nearest(SLICE("abcdeh"), near), "abcdef");
    assert_string_equal(conf_nearest(SLICE("abcdexx"), near), "abcdxx");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_nearest_within_a_third),
        cmocka_unit_test(the_nearer_one_wins_then_the_first),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
