#include "base/siphash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* The paper's example, appendix A: key 00…0f, 15 bytes 00…0e. */
static void test_is_that_of_the_paper(void **state)
{
    static const char bytes[] = "\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e";
    const uint64_t key[2] = {0x0706050403020100, 0x0f0e0d0c0b0a0908};

    (void)state;
    assert_true(siphash(key, (struct slice){bytes, 15}) == 0xa129ca6149be45e5);
}

static void test_every_byte_and_the_length_count(void **state)
{
    const uint64_t key[2] = {1, 2}, other[2] = {1, 3};

    (void)state;
    assert_true(siphash(key, SLICE("abcdefgh")) != siphash(key, SLICE("abcdefgi")));
    assert_true(siphash(key, SLICE("")) != siphash(key, SLICE("\0")));
    assert_true(siphash(key, SLICE("x")) != siphash(other, SLICE("x")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_is_that_of_the_paper),
        cmocka_unit_test(test_every_byte_and_the_length_count),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
