#include "net/buffer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void bytes_come_out_as_they_went_in(void **state)
{
    struct buffer buffer = {0};

    (void)state;
    buffer_append(&buffer, SLICE("hello "));
    buffer_append(&buffer, SLICE("world"));
    assert_true(slice_equal(buffer_slice(&buffer), SLICE("hello world")));
    buffer_consume(&buffer, 6);
    assert_true(slice_equal(buffer_slice(&buffer), SLICE("world")));
    buffer_release(&buffer);
}

static void an_emptied_buffer_holds_no_memory(void **state)
{
    struct buffer buffer = {0};

    (void)state;
    buffer_append(&buffer, SLICE("x"));
    buffer_consume(&buffer, 1);
    assert_null(buffer.memory);
    assert_int_equal(buffer.capacity, 0);
}

static void room_at_the_front_is_used_before_memory_grows(void **state)
{
    struct buffer buffer = {0};
    char block[400] = {0};

    (void)state;
    buffer_append(&buffer, (struct slice){block, 400});
    buffer_consume(&buffer, 399);
    for (int i = 0; i < 1000; i++) {
        buffer_append(&buffer, (struct slice){block, 300});
        buffer_consume(&buffer, 300);
    }
    assert_int_equal(buffer.capacity, 512);
    assert_int_equal(buffer_len(&buffer), 1);
    buffer_release(&buffer);
}

static void it_grows_as_far_as_needed(void **state)
{
    struct buffer buffer = {0};
    char *at = buffer_reserve(&buffer, 100000);

    (void)state;
    memset(at, 'a', 100000);
    buffer_added(&buffer, 100000);
    buffer_append(&buffer, SLICE("b"));
    assert_int_equal(buffer_len(&buffer), 100001);
    assert_int_equal(buffer_slice(&buffer).at[99999], 'a');
    assert_int_equal(buffer_slice(&buffer).at[100000], 'b');
    buffer_release(&buffer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_come_out_as_they_went_in),
        cmocka_unit_test(an_emptied_buffer_holds_no_memory),
        cmocka_unit_test(room_at_the_front_is_used_before_memory_grows),
        cmocka_unit_test(it_grows_as_far_as_needed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
