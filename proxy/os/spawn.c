#include "os/spawn.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static void reset_signals(void)
{
    sigset_t none;

    for (int number = 1; number < NSIG; number++)
        signal(number, SIG_DFL); /* those that cannot be set fail, as they should */
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Moves every descriptor out of the way first: one of them may stand where another has to go. */
static void place_descriptors(int program, const int *descriptors, size_t count)
{
    int above = SPAWN_FIRST_DESCRIPTOR + (int)count;
    int *moved = calloc(count + 1, sizeof *moved);

    if (moved == NULL)
        _exit(127);
    for (size_t i = 0; i < count; i++)
        moved[i] = fcntl(descriptors[i], F_DUPFD, above + 1);
    /* the program itself goes on the place behind the last, and is closed by the exec */
    if (program != above && dup3(program, above, O_CLOEXEC) < 0)
        _exit(127);
    for (size_t i = 0; i < count; i++)
        if (moved[i] < 0 || dup2(moved[i], SPAWN_FIRST_DESCRIPTOR + (int)i) < 0)
            _exit(127);
    if (syscall(SYS_close_range, (unsigned)above + 1, ~0U, 0) != 0)
        for (int fd = above + 1; fd < (int)sysconf(_SC_OPEN_MAX); fd++)
            close(fd); /* before Linux 5.9 */
}

static void place_standard(int error)
{
    int null = open("/dev/null", O_RDWR);

    if (null < 0 || dup2(error, STDERR_FILENO) < 0 || dup2(null, STDIN_FILENO) < 0 ||
        dup2(null, STDOUT_FILENO) < 0)
        _exit(127);
    if (null > STDERR_FILENO)
        close(null);
}

pid_t spawn_program(int program, const char *const *arguments, const char *const *environment,
                    int error, const int *descriptors, size_t count)
{
    pid_t pid = fork();

    if (pid != 0)
        return pid;
    reset_signals();
    place_standard(error);
    place_descriptors(program, descriptors, count);
    fcntl(SPAWN_FIRST_DESCRIPTOR + (int)count, F_SETFD, FD_CLOEXEC);
    /* execve takes pointers to non-const by an accident of history; it does not write to them */
    syscall(SYS_execveat, SPAWN_FIRST_DESCRIPTOR + (int)count, "", arguments, environment,
            AT_EMPTY_PATH);
    _exit(127);
}
