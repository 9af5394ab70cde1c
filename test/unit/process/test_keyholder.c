#include "process/keyholder_arguments.h"
#include "process/keyholder_memory.h"
#include "process/keyholder_serve.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define RUN_BYTES 65536

static void memory_is_aligned_wiped_and_used_again(void **state)
{
    char *run = aligned_alloc(16, RUN_BYTES);
    struct key_memory memory;
    char *first, *second;

    (void)state;
    memset(run, 0, RUN_BYTES);
    key_memory_init(&memory, run, RUN_BYTES);
    for (size_t size = 0; size < 3000; size = size * 3 / 2 + 1) {
        first = key_memory_take(&memory, size);
        assert_non_null(first);
        assert_int_equal((uintptr_t)first % 16, 0);
        memset(first, 's', size);
        key_memory_give(&memory, first);
        for (size_t i = 0; i < size; i++)
            assert_int_equal(first[i], 0);
        second = key_memory_take(&memory, size);
        assert_ptr_equal(first, second);
        key_memory_give(&memory, second);
    }
    assert_null(memmem(run, RUN_BYTES, "ssss", 4));
    key_memory_give(&memory, NULL);
    free(run);
}

static void resizing_keeps_what_was_there_and_wipes_the_old_place(void **state)
{
    char *run = aligned_alloc(16, RUN_BYTES);
    struct key_memory memory;
    char *text;

    (void)state;
    memset(run, 0, RUN_BYTES);
    key_memory_init(&memory, run, RUN_BYTES);
    text = key_memory_resize(&memory, NULL, 8);
    memcpy(text, "a secret", 8);
    for (size_t size = 8; size < 8000; size *= 2) {
        text = key_memory_resize(&memory, text, size);
        assert_memory_equal(text, "a secret", 8);
    }
    memset(text, 0, 8);
    assert_null(memmem(run, RUN_BYTES, "a secret", 8));
    free(run);
}

static void a_used_up_run_gives_nothing(void **state)
{
    char *run = aligned_alloc(16, RUN_BYTES);
    struct key_memory memory;
    char *last;
    size_t count = 0;

    (void)state;
    key_memory_init(&memory, run, RUN_BYTES);
    assert_null(key_memory_take(&memory, RUN_BYTES));
    assert_null(key_memory_take(&memory, SIZE_MAX));
    while ((last = key_memory_take(&memory, 1024)) != NULL) {
        assert_true(last >= run && last + 1024 <= run + RUN_BYTES);
        count++;
    }
    assert_int_equal(count, RUN_BYTES / (1024 + 16));
    free(run);
}

static void a_channel_may_ask_so_often(void **state)
{
    struct keyholder_bucket bucket = {1000, KEYHOLDER_RATE};
    unsigned granted = 0;

    (void)state;
    for (unsigned i = 0; i < 3 * KEYHOLDER_RATE; i++)
        granted += keyholder_bucket_take(&bucket, 1000);
    assert_int_equal(granted, KEYHOLDER_RATE);
    for (unsigned i = 0; i < 3 * KEYHOLDER_RATE; i++)
        granted += keyholder_bucket_take(&bucket, 1500);
    assert_int_equal(granted, KEYHOLDER_RATE + KEYHOLDER_RATE / 2);
    granted = 0;
    for (unsigned i = 0; i < 3 * KEYHOLDER_RATE; i++)
        granted += keyholder_bucket_take(&bucket, 100000000);
    assert_int_equal(granted, KEYHOLDER_RATE);
}

static void what_is_written_is_read(void **state)
{
    const struct keyholder_arguments arguments = {
        .keys = 3,
        .workers = 2,
        .allows_old = true,
        .has_identity = true,
        .identity = {.uid = 998, .gid = 997, .groups = {997}, .group_count = 1},
        .who = "frontd-key",
    };
    struct keyholder_arguments read = {0};
    struct keyholder_words words;

    (void)state;
    keyholder_arguments_write(&arguments, &words);
    assert_true(keyholder_arguments_read(&read, KEYHOLDER_WORDS, words.words));
    assert_int_equal(read.keys, 3);
    assert_int_equal(read.workers, 2);
    assert_true(read.allows_old && read.has_identity);
    assert_int_equal(read.identity.uid, 998);
    assert_int_equal(read.identity.groups[0], 997);
    assert_string_equal(read.who, "frontd-key");
    assert_false(keyholder_arguments_read(&read, KEYHOLDER_WORDS - 1, words.words));
    words.words[1] = "x";
    assert_false(keyholder_arguments_read(&read, KEYHOLDER_WORDS, words.words));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_aligned_wiped_and_used_again),
        cmocka_unit_test(resizing_keeps_what_was_there_and_wipes_the_old_place),
        cmocka_unit_test(a_used_up_run_gives_nothing),
        cmocka_unit_test(a_channel_may_ask_so_often),
        cmocka_unit_test(what_is_written_is_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
