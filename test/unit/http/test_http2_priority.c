#include "http/h2/http2_priority.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void test_values(void **state)
{
    static const struct {
        const char *value;
        uint8_t urgency;
        bool is_incremental;
    } rows[] = {
        {"",               3, false},
        {"u=0",            0, false},
        {"u=7, i",         7, true },
        {"i",              3, true },
        {"i=?0,u=5",       5, false},
        {"i=?1",           3, true },
        {" u=1 ;x=2 , i ", 1, true },
        {"u=8",            3, false},
        {"u=-1",           3, false},
        {"u",              3, false},
        {"u=1,u=2",        2, false},
        {"x=1, ,;,=",      3, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct http2_priority priority = http2_priority_parse(slice_of(rows[i].value));

        if (priority.urgency != rows[i].urgency ||
            priority.is_incremental != rows[i].is_incremental)
            fail_msg("%s", rows[i].value);
    }
}

static void test_without_a_field_all_take_turns(void **state)
{
    struct http2_priority priority = http2_priority_parse(SLICE_NONE);

    (void)state;
    assert_int_equal(priority.urgency, 3);
    assert_true(priority.is_incremental);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_without_a_field_all_take_turns),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
