#include "os/pid_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

bool pid_file_write(const char *path)
{
    char beside[PATH_MAX], text[32];
    int fd, error, len;

    if (snprintf(beside, sizeof beside, "%s.new", path) >= (int)sizeof beside) {
        errno = ENAMETOOLONG;
        return false;
    }
    fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0)
        return false;
    len = snprintf(text, sizeof text, "%d\n", (int)getpid());
    if (write(fd, text, (size_t)len) == len && close(fd) == 0 && rename(beside, path) == 0)
        return true;
    error = errno;
    unlink(beside);
    errno = error;
    return false;
}
