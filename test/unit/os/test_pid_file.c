#include "os/pid_file.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static void it_holds_our_number_and_a_newline(void **state)
{
    char directory[] = "/tmp/frontd-pid-XXXXXX", path[64], text[32] = "", expected[32];
    int fd;

    (void)state;
    assert_non_null(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/pid", directory);
    assert_true(pid_file_write(path));
    assert_true(pid_file_write(path)); /* over an old one */
    fd = open(path, O_RDONLY);
    assert_true(read(fd, text, sizeof text - 1) > 0);
    close(fd);
    snprintf(expected, sizeof expected, "%d\n", (int)getpid());
    assert_string_equal(text, expected);
    unlink(path);
    assert_int_equal(rmdir(directory), 0); /* nothing else was left there */
}

static void a_directory_that_is_missing_is_told(void **state)
{
    (void)state;
    assert_false(pid_file_write("/nonexistent/directory/pid"));
    assert_int_equal(errno, ENOENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_holds_our_number_and_a_newline),
        cmocka_unit_test(a_directory_that_is_missing_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
