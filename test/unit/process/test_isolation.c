#include "process/isolation.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void level_b_is_enough(void **state)
{
    static const uint32_t enough[] = {
        1 | SANDBOX_FILTERED,
        7 | SANDBOX_FILTERED | SANDBOX_SHARED_USER,
        7 | SANDBOX_FILTERED | SANDBOX_OWN_USER,
    };
    char why[ISOLATION_WHY_BYTES] = "unchanged";

    (void)state;
    for (size_t i = 0; i < sizeof enough / sizeof *enough; i++)
        assert_true(isolation_is_enough(enough[i], why));
    assert_string_equal(why, "unchanged");
}

static void less_is_not_and_says_what_is_missing(void **state)
{
    char why[ISOLATION_WHY_BYTES];

    (void)state;
    assert_false(isolation_is_enough(7 | SANDBOX_OWN_USER, why));
    assert_non_null(strstr(why, "no seccomp; level B is required"));
    assert_false(isolation_is_enough(SANDBOX_FILTERED | SANDBOX_OWN_USER, why));
    assert_non_null(strstr(why, "no Landlock, seccomp; level B is required"));
    assert_non_null(strstr(why, "`isolation best-effort;` does without"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(level_b_is_enough),
        cmocka_unit_test(less_is_not_and_says_what_is_missing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
