#include "http/files/http_file_check.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PASSING (O_PATH | O_DIRECTORY)

/* Does `base` + `path` begin with `from`, and with which byte does it go on? */
static bool goes_on(struct slice base, struct slice path, struct slice from, char *next)
{
    size_t in_path = from.len > base.len ? from.len - base.len : 0;

    if (from.len >= base.len + path.len || !slice_starts(base, slice_part(from, 0, base.len)) ||
        !slice_starts(path, slice_from(from, base.len)))
        return false;
    *next = from.len < base.len ? base.at[from.len] : path.at[in_path];
    return true;
}

static bool is_all(struct slice base, struct slice path, struct slice from)
{
    return from.len == base.len + path.len && slice_starts(from, base) && slice_ends(from, path);
}

size_t http_link_check_start(const struct http_link_check *check, struct slice base,
                             struct slice path)
{
    struct slice from = check->from;
    char next;

    if (from.len == 0)
        return 0;
    if (is_all(base, path, from))
        return HTTP_LINKS_UNCHECKED;
    if (!goes_on(base, path, from, &next))
        return 0;
    if (next == '/')
        return from.len;
    return from.at[from.len - 1] == '/' ? from.len - 1 : 0;
}

static void close_keeping_errno(int fd)
{
    int error = errno;

    close(fd);
    errno = error;
}

/* Without links on the way; but is it the last one that is in the way? */
static int open_without_links(int directory, const char *path, int flags)
{
    int fd = http_file_open(directory, path, HTTP_LINKS_OFF, flags), link;

    if (fd >= 0 || errno != ELOOP)
        return fd;
    link = http_file_open(directory, path, HTTP_LINKS_OFF, O_PATH | O_NOFOLLOW);
    if (link >= 0)
        close(link);
    errno = link >= 0 ? ELOOP : ENOTDIR;
    return -1;
}

/* A walk from directory to directory. What is compared is what is held open, not what a name leads
 * to: whoever changes links meanwhile gains nothing. */
struct walk {
    int root;
    enum http_links links;
    int directory; /* where it is; `root`, or to be closed */
};

static void step_to(struct walk *walk, int directory)
{
    if (walk->directory != walk->root)
        close_keeping_errno(walk->directory);
    walk->directory = directory;
}

/* `path`, from the root, ends with a link that belongs to `owner`. */
static int follow(const struct walk *walk, const char *path, uid_t owner, int flags)
{
    int fd = http_file_open(walk->root, path, walk->links, flags);
    struct stat status;

    if (fd < 0 || (fstat(fd, &status) == 0 && status.st_uid == owner))
        return fd;
    close(fd);
    errno = ELOOP;
    return -1;
}

/* Opens what the walk's directory has under `name`, the end of `path`. */
static int open_owned(const struct walk *walk, const char *path, const char *name, int flags)
{
    int fd = openat(walk->directory, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    struct stat status;

    if (fd < 0)
        return -1;
    if (fstat(fd, &status) < 0) {
        close_keeping_errno(fd);
        return -1;
    }
    close(fd);
    if (S_ISLNK(status.st_mode))
        return follow(walk, path, status.st_uid, flags);
    return http_file_open(walk->directory, name, HTTP_LINKS_OFF, flags);
}

/* `path` is cut at its slashes, one after the other. */
static int walk_owned(struct walk *walk, char *path, size_t from, int flags)
{
    char *name = path + from + strspn(path + from, "/");
    int fd;

    while (true) {
        char *slash = strchr(name, '/');
        bool is_last = slash == NULL || slash[strspn(slash, "/")] == '\0';

        if (slash != NULL)
            *slash = '\0';
        if (strcmp(name, "..") == 0) {
            errno = EXDEV;
            return -1;
        }
        fd = open_owned(walk, path, *name == '\0' ? "." : name,
                        is_last ? flags | (slash != NULL ? O_DIRECTORY : 0) : PASSING);
        if (fd < 0 || is_last)
            return fd;
        step_to(walk, fd);
        *slash = '/';
        name = slash + strspn(slash, "/");
    }
}

static int open_from(struct walk *walk, char *path, size_t from, enum http_link_rule rule,
                     int flags)
{
    if (from > 0) {
        char slash = path[from];

        path[from] = '\0';
        walk->directory = http_file_open(walk->root, path, walk->links, PASSING);
        path[from] = slash;
        if (walk->directory < 0) {
            walk->directory = walk->root;
            return -1;
        }
    }
    if (rule == HTTP_LINK_RULE_OWNER)
        return walk_owned(walk, path, from, flags);
    path += from + strspn(path + from, "/");
    return open_without_links(walk->directory, *path == '\0' ? "." : path, flags);
}

int http_file_open_checked(int root, const char *path, enum http_links links,
                           enum http_link_rule rule, size_t from, int flags)
{
    struct walk walk = {root, links, root};
    size_t len = strlen(path);
    char copy[PATH_MAX];
    int fd;

    if (rule == HTTP_LINK_RULE_NONE || from >= len)
        return http_file_open(root, path, links, flags);
    if (len >= sizeof copy) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(copy, path, len + 1);
    fd = open_from(&walk, copy, from, rule, flags);
    step_to(&walk, root);
    return fd;
}
