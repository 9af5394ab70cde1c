#include "process/log_open.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>

int log_open(struct slice path)
{
    char text[PATH_MAX];

    if (snprintf(text, sizeof text, "%.*s", (int)path.len, path.at) >= (int)sizeof text) {
        errno = ENAMETOOLONG;
        return -1;
    }
    return open(text, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0644);
}
