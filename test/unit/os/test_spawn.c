#include "os/spawn.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* Runs a shell script in a spawned process that has `descriptors`, and returns its exit status. */
static int run(const char *script, const int *descriptors, size_t count)
{
    const char *const arguments[] = {"sh", "-c", script, NULL};
    const char *const environment[] = {"ONLY=this", NULL};
    int shell = open("/bin/sh", O_PATH | O_CLOEXEC), status;
    pid_t pid = spawn_program(shell, arguments, environment, 2, descriptors, count);

    assert_true(pid > 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    close(shell);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void descriptors_come_by_number_even_when_they_cross(void **state)
{
    int ends[2], other[2], swapped[2];
    char text[8] = "";

    (void)state;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(pipe(other), 0);
    /* put the two writing ends where each has to become the other's number */
    assert_int_equal(dup2(ends[1], 14), 14);
    assert_int_equal(dup2(other[1], 13), 13);
    swapped[0] = 14;
    swapped[1] = 13;
    assert_int_equal(run("printf a >&3; printf b >&4", swapped, 2), 0);
    assert_int_equal(read(ends[0], text, 1), 1);
    assert_int_equal(text[0], 'a');
    assert_int_equal(read(other[0], text, 1), 1);
    assert_int_equal(text[0], 'b');
    for (int i = 0; i < 2; i++) {
        close(ends[i]);
        close(other[i]);
    }
    close(13);
    close(14);
}

static void nothing_else_is_inherited(void **state)
{
    int secret = open("/dev/null", O_RDONLY); /* without close-on-exec */

    (void)state;
    assert_int_equal(dup2(secret, 40), 40);
    assert_int_equal(run("test ! -e /proc/self/fd/40 && test ! -e /proc/self/fd/3", NULL, 0), 0);
    close(40);
    close(secret);
}

static void the_environment_is_what_was_given(void **state)
{
    (void)state;
    assert_int_equal(run("test \"$ONLY\" = this && test -z \"$HOME\"", NULL, 0), 0);
}

static void signals_are_as_if_never_touched(void **state)
{
    sigset_t all;

    (void)state;
    signal(SIGTERM, SIG_IGN);
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    assert_int_equal(run("grep -q '^SigBlk:\t0*$' /proc/self/status", NULL, 0), 0);
    assert_int_equal(run("grep -q '^SigIgn:\t0*$' /proc/self/status", NULL, 0), 0);
    sigprocmask(SIG_UNBLOCK, &all, NULL);
    signal(SIGTERM, SIG_DFL);
}

static void a_program_that_cannot_run_is_127(void **state)
{
    const char *const words[] = {"x", NULL}, *const none[] = {NULL};
    int file = open("/dev/null", O_PATH | O_CLOEXEC), status;
    pid_t pid = spawn_program(file, words, none, 2, NULL, 0);

    (void)state;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(WEXITSTATUS(status), 127);
    close(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(descriptors_come_by_number_even_when_they_cross),
        cmocka_unit_test(nothing_else_is_inherited),
        cmocka_unit_test(the_environment_is_what_was_given),
        cmocka_unit_test(signals_are_as_if_never_touched),
        cmocka_unit_test(a_program_that_cannot_run_is_127),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
