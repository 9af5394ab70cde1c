#include "process/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static _Noreturn void wait_for(int started)
{
    char byte;
    ssize_t got;

    do
        got = read(started, &byte, 1);
    while (got < 0 && errno == EINTR);
    _exit(got == 1 ? 0 : 1);
}

int daemon_begin(void)
{
    int ends[2];
    pid_t pid;

    if (pipe2(ends, O_CLOEXEC) != 0)
        return -1;
    pid = fork();
    if (pid > 0) {
        close(ends[1]);
        wait_for(ends[0]);
    }
    close(ends[0]);
    if (pid < 0) {
        close(ends[1]);
        return -1;
    }
    setsid();
    return ends[1];
}
