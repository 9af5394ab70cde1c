#include "os/pages.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#define PAGES 5

/* How many of its pages are taken. */
static size_t taken(void *memory, size_t size)
{
    unsigned char pages[PAGES];
    size_t count = 0;

    assert_int_equal(mincore(memory, size, pages), 0);
    for (size_t i = 0; i < PAGES; i++)
        count += pages[i] & 1;
    return count;
}

static void test_only_what_is_written_is_taken(void **state)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), size = (PAGES - 1) * page + 1;
    char *memory = pages_new(size);

    (void)state;
    assert_non_null(memory);
    assert_int_equal(taken(memory, size), 0);
    memory[0] = 1;
    memory[size - 1] = 1;
    assert_int_equal(taken(memory, size), 2);
    assert_int_equal(memory[page], 0);
    pages_free(memory, size);
}

static void test_there_is_an_end(void **state)
{
    (void)state;
    assert_null(pages_new(SIZE_MAX / 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_only_what_is_written_is_taken),
        cmocka_unit_test(test_there_is_an_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
