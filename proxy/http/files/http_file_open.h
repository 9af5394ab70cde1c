#pragma once

#include <sys/types.h>

/* Opening below a directory: never by "..", and by no link that leads out of it unless it is said
 * (reference/http.md 4.9). */

/* Which symbolic links are followed; the words of the directive `symlinks`. */
enum http_links {
    HTTP_LINKS_BENEATH, /* those that stay below the directory */
    HTTP_LINKS_OFF,
    HTTP_LINKS_ANY,
};

/* `path` is relative to `root`. The descriptor, or -1 with errno: EXDEV when a link leaves the
 * root or there is a "..", ELOOP when no link is followed. O_CLOEXEC is added to `flags`, and
 * without O_PATH O_NOCTTY and O_NONBLOCK. Kernels without openat2 (before 5.6, or behind a filter
 * that forbids it) refuse every symbolic link instead, with ELOOP.
 */
int http_file_open(int root, const char *path, enum http_links links, int flags);

/* That second way, for tests. */
int http_file_open_stepwise(int root, const char *path, int flags);
