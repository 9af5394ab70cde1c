#include "os/secret_memory.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define SIZE 100000

/* Its mlock() does nothing, and says that it worked. */
#if defined __SANITIZE_ADDRESS__
#define UNLOCKED SECRET_LOCKED
#else
#define UNLOCKED SECRET_PLAIN
#endif

static void it_is_empty_and_can_be_written(void **state)
{
    enum secret_level level;
    char *memory = secret_memory_map(SIZE, &level);

    (void)state;
    assert_non_null(memory);
    for (size_t i = 0; i < SIZE; i++)
        assert_int_equal(memory[i], 0);
    memset(memory, 's', SIZE);
    assert_int_equal(memory[SIZE - 1], 's');
}

/* By way of the kernel, as another process would. */
static bool is_readable(int memory_file, const char *memory)
{
    char byte;

    return pread(memory_file, &byte, 1, (off_t)(uintptr_t)memory) == 1;
}

static void the_best_level_is_unreadable_from_outside(void **state)
{
    enum secret_level level;
    char *memory = secret_memory_map(SIZE, &level);
    int fd = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);

    (void)state;
    assert_true(fd >= 0);
    memory[0] = 's';
    assert_true(is_readable(fd, (const char *)&level));
    assert_int_equal(is_readable(fd, memory), level != SECRET_UNREADABLE);
    close(fd);
}

static void no_child_has_it(void **state)
{
    enum secret_level level;
    char *memory = secret_memory_map(SIZE, &level);
    int status, ends[2];
    pid_t pid;

    (void)state;
    memory[0] = 's';
    assert_int_equal(pipe(ends), 0);
    pid = fork();
    if (pid == 0)
        _exit(write(ends[1], memory, 1) < 0 && errno == EFAULT ? 0 : 1);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    close(ends[0]);
    close(ends[1]);
}

/* A container's limits (reference/tls-keys.md 5, row 36). */
static void a_small_limit_leaves_plain_memory(void **state)
{
    const struct rlimit none = {0, 0};
    int status;
    pid_t pid;

    (void)state;
    pid = fork();
    if (pid == 0) {
        enum secret_level level = SECRET_UNREADABLE;
        char *memory;

        if (setrlimit(RLIMIT_MEMLOCK, &none) != 0 || (geteuid() == 0 && setuid(65534) != 0))
            _exit(2);
        memory = secret_memory_map(SIZE, &level);
        if (memory == NULL || level != UNLOCKED)
            _exit(3);
        memset(memory, 's', SIZE);
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_empty_and_can_be_written),
        cmocka_unit_test(the_best_level_is_unreadable_from_outside),
        cmocka_unit_test(no_child_has_it),
        cmocka_unit_test(a_small_limit_leaves_plain_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
