#include "relay/backend_memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static struct address numbered(uint8_t number)
{
    return (struct address){
        .bytes = {192, 0, 2, number},
          .port = 80, .family = AF_INET
    };
}

/* Sorts 1, 2, 3, 4 and returns them as the digits of a number. */
static int order(const struct backend_memory *memory, uint64_t now)
{
    struct address addresses[] = {numbered(1), numbered(2), numbered(3), numbered(4)};
    int digits = 0;

    backend_memory_sort(memory, addresses, 4, now);
    for (int i = 0; i < 4; i++)
        digits = digits * 10 + addresses[i].bytes[3];
    return digits;
}

static void failed(struct backend_memory *memory, uint8_t number, uint64_t now)
{
    struct address address = numbered(number);

    backend_memory_failed(memory, &address, now);
}

static void those_that_failed_come_last(void **state)
{
    struct backend_memory memory = {0};
    struct address first = numbered(1), other_port = numbered(2);

    (void)state;
    assert_int_equal(order(&memory, 100), 1234);
    failed(&memory, 1, 100);
    assert_int_equal(order(&memory, 100), 2341);
    failed(&memory, 3, 100);
    assert_int_equal(order(&memory, 100), 2413);
    backend_memory_worked(&memory, &first);
    assert_int_equal(order(&memory, 100), 1243);
    other_port.port = 81;
    backend_memory_failed(&memory, &other_port, 100);
    assert_int_equal(order(&memory, 100), 1243);
    failed(&memory, 1, 100);
    failed(&memory, 2, 100);
    failed(&memory, 4, 100);
    assert_int_equal(order(&memory, 100), 1234);
}

static void for_ten_seconds(void **state)
{
    struct backend_memory memory = {0};

    (void)state;
    failed(&memory, 1, 100);
    assert_int_equal(order(&memory, 10099), 2341);
    assert_int_equal(order(&memory, 10100), 1234);
    failed(&memory, 1, 20000);
    assert_int_equal(order(&memory, 20001), 2341);
}

static void the_newest_are_remembered(void **state)
{
    struct backend_memory memory = {0};

    (void)state;
    failed(&memory, 1, 100);
    failed(&memory, 2, 100);
    for (int i = 0; i < BACKEND_MEMORY_SIZE - 1; i++)
        failed(&memory, (uint8_t)(100 + i), 100);
    assert_int_equal(order(&memory, 100), 1342);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(those_that_failed_come_last),
        cmocka_unit_test(for_ten_seconds),
        cmocka_unit_test(the_newest_are_remembered),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
