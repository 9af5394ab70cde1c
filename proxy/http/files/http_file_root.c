#include "http/files/http_file_root.h"

#include "http/files/http_file_open.h"
#include "relay/rights.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

struct slice http_root_real(const struct http_root *root)
{
    return root->real;
}

void http_root_list(struct http_root *root)
{
    root->is_listed = true;
}

void http_root_open(struct http_root *root)
{
    if (root->fd >= 0)
        close(root->fd);
    root->fd = open(root->path.at, O_PATH | O_DIRECTORY | O_CLOEXEC);
    root->generation++;
}

static bool is_unchanged(const struct http_root *root, const struct stat *status)
{
    return root->fd >= 0 && status->st_dev == root->device && status->st_ino == root->inode;
}

/* A missing root is looked for at each request, so that it is served as soon as it is there. A
 * confined process can read nothing below a directory that is new: it goes on with the old one
 * until others with new rights have taken its place. */
bool http_root_is_there(struct http_root *root, uint64_t now_ms)
{
    struct rights *rights = *root->confined;
    struct stat status;

    if (root->fd >= 0 && now_ms - root->checked_ms < HTTP_FILE_VALIDATION_MS)
        return true;
    root->checked_ms = now_ms;
    if (stat(root->path.at, &status) < 0) {
        root->checked_ms = 0; /* again at the next request */
        if (root->fd >= 0 && rights == NULL)
            http_root_open(root);
        return false;
    }
    if (is_unchanged(root, &status))
        return true;
    if (rights != NULL) {
        if (S_ISDIR(status.st_mode) && rights->renew != NULL)
            rights->renew(rights->owner);
        return root->fd >= 0;
    }
    http_root_open(root);
    root->device = status.st_dev;
    root->inode = status.st_ino;
    return root->fd >= 0;
}

/* "/srv" holds "/srv/x" and "/srv", not "/srvx". */
bool http_root_holds(struct slice root, struct slice path)
{
    if (slice_ends(root, SLICE("/")))
        root.len--;
    return slice_starts(path, root) && (path.len == root.len || path.at[root.len] == '/');
}

static struct slice name_of(const struct http_root *root)
{
    return slice_part(root->path, 0, root->path.len - slice_ends(root->path, SLICE("/")));
}

struct http_wanted http_root_want(struct http_root *root, const struct http_link_check *check,
                                  struct slice path)
{
    struct http_wanted wanted = {root, path, HTTP_LINK_RULE_NONE, 0};
    size_t from;

    if (check == NULL)
        return wanted;
    from = http_link_check_start(check, name_of(root), path);
    if (from != HTTP_LINKS_UNCHECKED) {
        wanted.rule = check->rule;
        wanted.from = from;
    }
    return wanted;
}

void http_close_keeping_errno(int fd)
{
    int error = errno;

    close(fd);
    errno = error;
}

/* Links in the name of the root itself. */
static bool may_use_root(const struct http_wanted *wanted)
{
    const char *name = wanted->root->path.at + 1;
    size_t from = wanted->from > 0 ? wanted->from - 1 : 0;
    int slash, fd;

    if (wanted->rule == HTTP_LINK_RULE_NONE || wanted->from >= name_of(wanted->root).len)
        return true;
    slash = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (slash < 0)
        return false;
    fd = http_file_open_checked(slash, name, HTTP_LINKS_ANY, wanted->rule, from,
                                O_PATH | O_DIRECTORY);
    http_close_keeping_errno(slash);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

int http_root_open_in(const struct http_wanted *wanted, int flags)
{
    const struct http_root *root = wanted->root;
    size_t own = name_of(root).len, skipped, from;
    char name[PATH_MAX];

    if (wanted->path.len >= sizeof name) {
        errno = ENAMETOOLONG;
        return -1;
    }
    if (!may_use_root(wanted))
        return -1;
    memcpy(name, wanted->path.at, wanted->path.len);
    name[wanted->path.len] = '\0';
    skipped = strspn(name, "/");
    from = wanted->from > own + skipped ? wanted->from - own - skipped : 0;
    return http_file_open_checked(root->fd, name[skipped] == '\0' ? "." : name + skipped,
                                  root->links, wanted->rule, from, flags);
}

bool http_file_is_directory(struct http_root *root, const struct http_link_check *check,
                            struct slice path, uint64_t now_ms)
{
    struct http_wanted wanted = http_root_want(root, check, path);
    int fd;

    if (!http_root_is_there(root, now_ms))
        return false;
    fd = http_root_open_in(&wanted, O_PATH | O_DIRECTORY);
    if (fd < 0)
        return false;
    close(fd);
    return true;
}

static bool passes(mode_t mode, enum http_file_test test)
{
    switch (test) {
    case HTTP_FILE_REGULAR:
        return S_ISREG(mode);
    case HTTP_FILE_DIRECTORY:
        return S_ISDIR(mode);
    case HTTP_FILE_ANY:
        return true;
    case HTTP_FILE_EXECUTABLE:
        return (mode & S_IXUSR) != 0;
    }
    return false;
}

bool http_file_is(struct http_root *root, const struct http_link_check *check, struct slice path,
                  enum http_file_test test, uint64_t now_ms)
{
    struct http_wanted wanted = http_root_want(root, check, path);
    struct stat status;
    bool is_there;
    int fd;

    if (!http_root_is_there(root, now_ms))
        return false;
    fd = http_root_open_in(&wanted, O_PATH);
    if (fd < 0)
        return false;
    is_there = fstat(fd, &status) == 0 && passes(status.st_mode, test);
    close(fd);
    return is_there;
}

int http_file_open_directory(struct http_root *root, const struct http_link_check *check,
                             struct slice path, uint64_t now_ms)
{
    struct http_wanted wanted = http_root_want(root, check, path);

    if (http_root_is_there(root, now_ms))
        return http_root_open_in(&wanted, O_RDONLY | O_DIRECTORY);
    errno = ENOENT;
    return -1;
}
