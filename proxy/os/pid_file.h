#pragma once

#include <stdbool.h>

/* Writes our process id to `path` as one line, as a whole or not at all (a file beside it is
 * renamed). False with errno. */
bool pid_file_write(const char *path) __attribute__((warn_unused_result));
