#include "relay/log_files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static void each_path_has_one_place(void **state)
{
    struct log_files files = {0};
    char paths[20][20];

    (void)state;
    assert_int_equal(log_files_index(&files, SLICE("/var/log/a")), 0);
    assert_int_equal(log_files_index(&files, SLICE("stderr")), 1);
    assert_int_equal(log_files_index(&files, SLICE("/var/log/a")), 0);
    assert_int_equal(files.files[0].fd, -1);
    assert_int_equal(files.files[1].fd, 2);
    for (size_t i = 0; i < 20; i++) {
        snprintf(paths[i], sizeof paths[i], "/%zu", i);
        assert_int_equal(log_files_index(&files, slice_of(paths[i])), i + 2);
    }
    for (size_t i = 0; i < 20; i++)
        assert_int_equal(log_files_index(&files, slice_of(paths[i])), i + 2);
    assert_int_equal(files.count, 22);
    log_files_free(&files);
}

static void a_line_is_written_whole(void **state)
{
    struct log_file file = {SLICE("x"), -1, NULL};
    char line[16];
    int ends[2];

    (void)state;
    log_file_write(&file, SLICE("nowhere\n")); /* nothing happens */
    assert_int_equal(pipe(ends), 0);
    file.fd = ends[1];
    log_file_write(&file, SLICE("a\0b\n"));
    assert_int_equal(read(ends[0], line, sizeof line), 4);
    assert_memory_equal(line, "a\0b\n", 4);
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_path_has_one_place),
        cmocka_unit_test(a_line_is_written_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
