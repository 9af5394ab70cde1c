#include "http/files/http_file_open.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* O_PATH goes with nothing that only concerns reading. */
static int complete(int flags)
{
    return flags | O_CLOEXEC | ((flags & O_PATH) != 0 ? 0 : O_NOCTTY | O_NONBLOCK);
}

/* The kernel gives up with EAGAIN when something is renamed while it looks. */
#define TRIES 4

static const uint64_t rules[] = {
    [HTTP_LINKS_BENEATH] = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
    [HTTP_LINKS_OFF] = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS,
    [HTTP_LINKS_ANY] = RESOLVE_NO_MAGICLINKS,
};

/* For where the kernel is not asked to refuse what links may do. */
static bool goes_up(const char *path)
{
    size_t len;

    for (; *path != '\0'; path += len + (path[len] == '/')) {
        len = strcspn(path, "/");
        if (len == 2 && memcmp(path, "..", 2) == 0)
            return true;
    }
    return false;
}

static int open_by_rules(int root, const char *path, enum http_links links, int flags)
{
    struct open_how how = {.flags = (unsigned)complete(flags), .resolve = rules[links]};
    long fd = -1;

    for (int i = 0; i < TRIES; i++) {
        fd = syscall(SYS_openat2, root, path, &how, sizeof how);
        if (fd >= 0 || (errno != EAGAIN && errno != EINTR))
            break;
    }
    return (int)fd;
}

/* Opens the directory that is the next step; `name` holds it for the call. */
static int open_step(int directory, const char *step, size_t len)
{
    char name[NAME_MAX + 1];

    if (len > NAME_MAX) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(name, step, len);
    name[len] = '\0';
    if (strcmp(name, "..") == 0) {
        errno = EXDEV;
        return -1;
    }
    return openat(directory, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static void close_keeping_errno(int fd)
{
    int error = errno;

    close(fd);
    errno = error;
}

int http_file_open_stepwise(int root, const char *path, int flags)
{
    int directory = root, next;
    const char *slash;

    while ((slash = strchr(path, '/')) != NULL && slash[1] != '\0') {
        next = slash == path ? dup(directory) : open_step(directory, path, (size_t)(slash - path));
        if (directory != root)
            close_keeping_errno(directory);
        if (next < 0)
            return -1;
        directory = next;
        path = slash + 1;
    }
    if (strcmp(path, "..") == 0) {
        errno = EXDEV;
        next = -1;
    } else {
        next = openat(directory, path, complete(flags) | O_NOFOLLOW);
    }
    if (directory != root)
        close_keeping_errno(directory);
    return next;
}

int http_file_open(int root, const char *path, enum http_links links, int flags)
{
    int fd;

    if (links == HTTP_LINKS_ANY && (goes_up(path) || path[0] == '/')) {
        errno = EXDEV;
        return -1;
    }
    fd = open_by_rules(root, path, links, flags);
    if (fd < 0 && (errno == ENOSYS || errno == EPERM))
        return http_file_open_stepwise(root, path, flags);
    return fd;
}
