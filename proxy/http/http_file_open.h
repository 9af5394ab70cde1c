#pragma once

#include <sys/types.h>

/* Opening below a directory: no "..", no link that leads out of it (reference/http.md 4.9). */

/* `path` is relative to `root`. The descriptor, or -1 with errno: EXDEV when a link leaves the
 * root. O_CLOEXEC is added to `flags`, and without O_PATH O_NOCTTY and O_NONBLOCK. Kernels without
 * openat2 (before 5.6, or behind a filter that forbids it) refuse every symbolic link instead, with
 * ELOOP.
 */
int http_file_open(int root, const char *path, int flags);

/* That second way, for tests. */
int http_file_open_stepwise(int root, const char *path, int flags);
