#pragma once

#include "base/slice.h"
#include "process/command_line.h"

#include <limits.h>
#include <stdbool.h>

/* Where things are when the command line does not say; meson's directories. */
struct paths_defaults {
    const char *conf;   /* /etc/frontd/frontd.conf */
    const char *prefix; /* /etc/frontd/ */
    const char *control;
};

/* Where this frontd's things are; all absolute. */
struct paths {
    char conf[PATH_MAX];
    char prefix[PATH_MAX]; /* ends in '/' */
    char control[PATH_MAX];
    char error_log[PATH_MAX]; /* "stderr" or absolute */
};

/* -p PREFIX moves the default configuration and the control socket below it, and relative -c and -e
 * are relative to it; without -p those are relative to the working directory. `socket`:
 * $FRONTD_SOCKET or NULL. False if a path is too long. */
bool paths_find(struct paths *paths, const struct paths_defaults *defaults,
                const struct command_line *line, const char *socket)
    __attribute__((warn_unused_result));
