#include "ipc/control.h"
#include "ipc/control_client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void commands_have_words(void **state)
{
    enum control_command command;

    (void)state;
    for (size_t i = 0; i < CONTROL_COMMAND_COUNT; i++) {
        assert_true(control_command_parse(slice_of(control_command_name((enum control_command)i)),
                                          &command));
        assert_int_equal(command, i);
    }
    assert_false(control_command_parse(SLICE("relo"), &command));
    assert_false(control_command_parse(SLICE("reload "), &command));
    assert_false(control_command_parse(SLICE_NONE, &command));
}

struct fixture {
    struct loop *loop;
    struct control *control;
    char directory[32], path[64];
};

static void on_command(void *owner, struct control_client *client, enum control_command command)
{
    struct fixture *fixture = owner;

    control_say(client, SLICE("first line"));
    control_say(client, SLICE("second line"));
    control_finish(client, command == CONTROL_RELOAD ? "not today" : NULL);
    loop_stop(fixture->loop);
}

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);

    snprintf(fixture->directory, sizeof fixture->directory, "/tmp/frontd-control-XXXXXX");
    assert_non_null(mkdtemp(fixture->directory));
    snprintf(fixture->path, sizeof fixture->path, "%s/socket", fixture->directory);
    fixture->loop = loop_new();
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;

    control_close(&fixture->control);
    loop_free(fixture->loop);
    assert_int_equal(rmdir(fixture->directory), 0); /* the socket's file has gone */
    free(fixture);
    return 0;
}

static void open_control(struct fixture *fixture)
{
    assert_int_equal(
        control_open(&fixture->control, fixture->loop, fixture->path, on_command, fixture),
        CONTROL_OPEN);
}

/* Asks in a process of its own while the loop runs here; returns what control_ask said, and what it
 * wrote. */
static enum control_answer ask(struct fixture *fixture, enum control_command command, char *out,
                               size_t size)
{
    int ends[2], status;
    pid_t pid;
    ssize_t len;

    assert_int_equal(pipe(ends), 0);
    pid = fork();
    if (pid == 0)
        _exit((int)control_ask(fixture->path, command, ends[1], ends[1]));
    close(ends[1]);
    loop_run(fixture->loop);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    len = read(ends[0], out, size - 1);
    out[len > 0 ? len : 0] = '\0';
    close(ends[0]);
    return (enum control_answer)WEXITSTATUS(status);
}

static void an_answer_is_lines_and_ok(void **state)
{
    char out[256];

    open_control(*state);
    assert_int_equal(ask(*state, CONTROL_STATUS, out, sizeof out), CONTROL_DONE);
    assert_string_equal(out, "first line\nsecond line\n");
}

static void a_refusal_says_why(void **state)
{
    char out[256];

    open_control(*state);
    assert_int_equal(ask(*state, CONTROL_RELOAD, out, sizeof out), CONTROL_REFUSED);
    assert_string_equal(out, "first line\nsecond line\nerror: not today\n");
}

static void nobody_there_is_told(void **state)
{
    const struct fixture *fixture = *state;

    assert_int_equal(control_ask(fixture->path, CONTROL_STATUS, 1, 2), CONTROL_NO_DAEMON);
}

static void the_socket_is_private(void **state)
{
    struct fixture *fixture = *state;
    struct stat status;

    open_control(fixture);
    assert_int_equal(stat(fixture->path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
}

static void a_dead_socket_is_replaced_and_a_living_one_is_not(void **state)
{
    struct fixture *fixture = *state;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct control *second = NULL;
    int dead = socket(AF_UNIX, SOCK_STREAM, 0);

    memcpy(address.sun_path, fixture->path, strlen(fixture->path) + 1);
    assert_int_equal(bind(dead, (const struct sockaddr *)&address, sizeof address), 0);
    close(dead);
    open_control(fixture);
    assert_int_equal(control_open(&second, fixture->loop, fixture->path, on_command, fixture),
                     CONTROL_BUSY);
    assert_null(second);
}

static void a_file_in_its_place_is_left_alone(void **state)
{
    struct fixture *fixture = *state;
    FILE *file = fopen(fixture->path, "w");

    fclose(file);
    assert_int_equal(
        control_open(&fixture->control, fixture->loop, fixture->path, on_command, fixture),
        CONTROL_FAILED);
    assert_int_equal(unlink(fixture->path), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commands_have_words),
        cmocka_unit_test_setup_teardown(an_answer_is_lines_and_ok, setup, teardown),
        cmocka_unit_test_setup_teardown(a_refusal_says_why, setup, teardown),
        cmocka_unit_test_setup_teardown(nobody_there_is_told, setup, teardown),
        cmocka_unit_test_setup_teardown(the_socket_is_private, setup, teardown),
        cmocka_unit_test_setup_teardown(a_dead_socket_is_replaced_and_a_living_one_is_not, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_file_in_its_place_is_left_alone, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
