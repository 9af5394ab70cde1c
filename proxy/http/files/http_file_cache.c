#include "http/files/http_file_cache.h"

#include "base/ensure.h"
#include "base/text.h"
#include "relay/rights.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BUCKETS 2048 /* a power of two, twice HTTP_FILES_MAX */

struct http_root {
    struct http_root *next;
    struct slice path; /* NUL-terminated */
    struct slice real; /* where it led when it was first asked for; like path: nowhere */
    enum http_links links;
    int fd; /* O_PATH; -1: not there */
    dev_t device;
    ino_t inode;
    uint64_t generation; /* counts the directories that stood there */
    uint64_t checked_ms;
    struct rights **confined; /* the cache's */
    bool is_listed;           /* autoindex */
};

struct http_file_cache {
    struct arena *arena;
    struct rights *confined; /* NULL: roots may be opened at any time */
    struct http_root *roots;
    struct http_file *newest, *oldest;
    size_t count, bytes, open_count;
    struct http_file *buckets[BUCKETS];
};

struct http_file_cache *http_file_cache_new(struct arena *arena)
{
    struct http_file_cache *cache = arena_zero(arena, sizeof *cache);

    cache->arena = arena;
    return cache;
}

static struct slice resolve(struct arena *arena, struct slice path)
{
    char *real = realpath(path.at, NULL);
    struct slice kept = real == NULL ? path : arena_keep(arena, slice_of(real));

    free(real);
    return kept;
}

struct http_root *http_file_cache_root(struct http_file_cache *cache, struct slice path,
                                       enum http_links links)
{
    struct http_root *root = cache->roots;

    while (root != NULL && (root->links != links || !slice_equal(root->path, path)))
        root = root->next;
    if (root != NULL)
        return root;
    root = arena_zero(cache->arena, sizeof *root);
    root->path = arena_keep(cache->arena, path);
    root->real = resolve(cache->arena, root->path);
    root->links = links;
    root->fd = -1;
    root->confined = &cache->confined;
    root->next = cache->roots;
    cache->roots = root;
    return root;
}

struct slice http_file_cache_real(const struct http_root *root)
{
    return root->real;
}

void http_file_cache_list(struct http_root *root)
{
    root->is_listed = true;
}

static void reopen_root(struct http_root *root)
{
    if (root->fd >= 0)
        close(root->fd);
    root->fd = open(root->path.at, O_PATH | O_DIRECTORY | O_CLOEXEC);
    root->generation++;
}

void http_file_cache_confine(struct http_file_cache *cache, struct rights *rights)
{
    struct stat status;

    for (struct http_root *root = cache->roots; root != NULL; root = root->next) {
        reopen_root(root);
        if (root->fd < 0 || fstat(root->fd, &status) < 0)
            continue;
        root->device = status.st_dev;
        root->inode = status.st_ino;
        rights_read(rights, root->fd);
        if (root->is_listed)
            rights_list(rights, root->fd);
    }
    cache->confined = rights;
}

static void close_keeping_errno(int fd)
{
    int error = errno;

    close(fd);
    errno = error;
}

static bool is_unchanged(const struct http_root *root, const struct stat *status)
{
    return root->fd >= 0 && status->st_dev == root->device && status->st_ino == root->inode;
}

/* A missing root is looked for at each request, so that it is served as soon as it is there. A
 * confined process can read nothing below a directory that is new: it goes on with the old one
 * until others with new rights have taken its place. */
static bool check_root(struct http_root *root, uint64_t now_ms)
{
    struct rights *rights = *root->confined;
    struct stat status;

    if (root->fd >= 0 && now_ms - root->checked_ms < HTTP_FILE_VALIDATION_MS)
        return true;
    root->checked_ms = now_ms;
    if (stat(root->path.at, &status) < 0) {
        root->checked_ms = 0; /* again at the next request */
        if (root->fd >= 0 && rights == NULL)
            reopen_root(root);
        return false;
    }
    if (is_unchanged(root, &status))
        return true;
    if (rights != NULL) {
        if (S_ISDIR(status.st_mode) && rights->renew != NULL)
            rights->renew(rights->owner);
        return root->fd >= 0;
    }
    reopen_root(root);
    root->device = status.st_dev;
    root->inode = status.st_ino;
    return root->fd >= 0;
}

/* FNV-1a; the root's address keeps the same path under two roots apart. */
static size_t bucket_of(const struct http_root *root, struct slice path)
{
    uint64_t hash = 14695981039346656037u ^ ((uintptr_t)root >> 4);

    for (size_t i = 0; i < path.len; i++)
        hash = (hash ^ (unsigned char)path.at[i]) * 1099511628211u;
    return (size_t)(hash ^ hash >> 32) & (BUCKETS - 1);
}

static void free_file(struct http_file *file)
{
    if (file->fd >= 0)
        close(file->fd);
    free(file);
}

void http_file_release(struct http_file *file)
{
    ensure(file->references > 0);
    if (--file->references == 0)
        free_file(file);
}

static void unlink_use(struct http_file_cache *cache, struct http_file *file)
{
    if (file->newer != NULL)
        file->newer->older = file->older;
    else
        cache->newest = file->older;
    if (file->older != NULL)
        file->older->newer = file->newer;
    else
        cache->oldest = file->newer;
}

static void link_newest(struct http_file_cache *cache, struct http_file *file)
{
    file->newer = NULL;
    file->older = cache->newest;
    if (cache->newest != NULL)
        cache->newest->newer = file;
    else
        cache->oldest = file;
    cache->newest = file;
}

static void drop(struct http_file_cache *cache, struct http_file *file)
{
    struct http_file **link = &cache->buckets[file->bucket];

    while (*link != file)
        link = &(*link)->next_in_bucket;
    *link = file->next_in_bucket;
    unlink_use(cache, file);
    cache->count--;
    cache->bytes -= file->content.len;
    cache->open_count -= file->fd >= 0;
    http_file_release(file);
}

void http_file_cache_free(struct http_file_cache *cache)
{
    while (cache->oldest != NULL)
        drop(cache, cache->oldest);
    for (struct http_root *root = cache->roots; root != NULL; root = root->next)
        if (root->fd >= 0)
            close(root->fd);
}

static void add(struct http_file_cache *cache, struct http_file *file)
{
    file->references++;
    file->bucket = bucket_of(file->root, file->path);
    file->next_in_bucket = cache->buckets[file->bucket];
    cache->buckets[file->bucket] = file;
    link_newest(cache, file);
    cache->count++;
    cache->bytes += file->content.len;
    cache->open_count += file->fd >= 0;
    while (cache->count > HTTP_FILES_MAX || cache->bytes > HTTP_FILE_BYTES_MAX ||
           cache->open_count > HTTP_FILE_OPEN_MAX)
        drop(cache, cache->oldest);
}

static bool is_same(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
           a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

/* Once a second by name; one that is kept open at each use, so that what was just cut short is not
 * promised at full length. */
static bool is_still_true(struct http_file *file, uint64_t now_ms)
{
    int flags = file->root->links == HTTP_LINKS_OFF ? AT_SYMLINK_NOFOLLOW : 0;
    struct stat status;

    if (file->root_generation != file->root->generation)
        return false;
    if (now_ms - file->checked_ms >= HTTP_FILE_VALIDATION_MS) {
        if (file->rule != HTTP_LINK_RULE_NONE)
            return false; /* its links may be others */
        if (fstatat(file->root->fd, file->path.at + 1, &status, flags) < 0 ||
            !is_same(&status, &file->status))
            return false;
        file->checked_ms = now_ms;
        return true;
    }
    return file->fd < 0 || (fstat(file->fd, &status) == 0 && is_same(&status, &file->status));
}

/* A name below a root, and what is refused on the way to it. */
struct wanted {
    struct http_root *root;
    struct slice path;
    enum http_link_rule rule;
    size_t from; /* of the root's own name and the path */
};

static struct slice name_of(const struct http_root *root)
{
    return slice_part(root->path, 0, root->path.len - slice_ends(root->path, SLICE("/")));
}

static struct wanted want(struct http_root *root, const struct http_link_check *check,
                          struct slice path)
{
    struct wanted wanted = {root, path, HTTP_LINK_RULE_NONE, 0};
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

static struct http_file *find(const struct http_file_cache *cache, const struct wanted *wanted)
{
    struct http_file *file = cache->buckets[bucket_of(wanted->root, wanted->path)];

    while (file != NULL &&
           (file->root != wanted->root || file->rule != wanted->rule ||
            file->rule_from != wanted->from || !slice_equal(file->path, wanted->path)))
        file = file->next_in_bucket;
    return file;
}

static void set_texts(struct http_file *file)
{
    struct text etag = text_in(file->etag_text, sizeof file->etag_text);

    http_date_format(file->modified, file->modified_text);
    text_byte(&etag, '"');
    text_hex(&etag, (uint64_t)file->modified);
    text_byte(&etag, '-');
    text_hex(&etag, file->size);
    text_byte(&etag, '"');
    file->etag = text_slice(&etag);
}

/* One block: the struct, the path with its NUL, and for a small file its content. */
static struct http_file *new_file(const struct http_root *root, struct slice path,
                                  const struct stat *status)
{
    uint64_t size = (uint64_t)status->st_size;
    size_t content_len = size <= HTTP_FILE_SMALL ? (size_t)size : 0;
    struct http_file *file = memory_zero(sizeof *file + path.len + 1 + content_len);
    char *memory = (char *)(file + 1);

    memcpy(memory, path.at, path.len);
    file->path = (struct slice){memory, path.len};
    if (size <= HTTP_FILE_SMALL)
        file->content = (struct slice){memory + path.len + 1, content_len};
    file->size = size;
    file->modified = status->st_mtim.tv_sec;
    file->status = *status;
    file->root_generation = root->generation;
    file->fd = -1;
    file->references = 1;
    set_texts(file);
    return file;
}

static bool read_content(struct http_file *file, int fd)
{
    char *memory = (char *)(file + 1) + file->path.len + 1;
    size_t len = 0;

    while (len < file->content.len) {
        ssize_t got = pread(fd, memory + len, file->content.len - len, (off_t)len);

        if (got <= 0)
            return false;
        len += (size_t)got;
    }
    return true;
}

/* Opened with O_NONBLOCK: a FIFO does not make us wait, and is refused here. */
static bool is_regular(int fd, struct stat *status)
{
    if (fstat(fd, status) < 0)
        return false;
    if (S_ISREG(status->st_mode))
        return true;
    errno = S_ISDIR(status->st_mode) ? EISDIR : ENOENT;
    return false;
}

/* Links in the name of the root itself. */
static bool may_use_root(const struct wanted *wanted)
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
    close_keeping_errno(slash);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

static int open_in(const struct wanted *wanted, int flags)
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

/* To read files below a root is not the right to list directories (os/sandbox.h): where one is
 * asked for, the kernel says EACCES. */
static int open_to_read(const struct wanted *wanted)
{
    int fd = open_in(wanted, O_RDONLY), directory;

    if (fd >= 0 || errno != EACCES)
        return fd;
    directory = open_in(wanted, O_PATH | O_DIRECTORY);
    if (directory >= 0)
        close(directory);
    errno = directory >= 0 ? EISDIR : EACCES;
    return -1;
}

static struct http_file *open_file(const struct wanted *wanted, uint64_t now_ms)
{
    struct http_file *file = NULL;
    struct stat status;
    int fd = open_to_read(wanted);

    if (fd < 0)
        return NULL;
    if (is_regular(fd, &status)) {
        file = new_file(wanted->root, wanted->path, &status);
        file->root = wanted->root;
        file->rule = wanted->rule;
        file->rule_from = wanted->from;
        file->checked_ms = now_ms;
        if (file->content.at == NULL) {
            file->fd = fd;
            return file;
        }
        if (!read_content(file, fd)) {
            free_file(file);
            file = NULL;
            errno = EIO;
        }
    }
    close_keeping_errno(fd);
    return file;
}

struct http_file *http_file_cache_get(struct http_file_cache *cache, struct http_root *root,
                                      const struct http_link_check *check, struct slice path,
                                      uint64_t now_ms)
{
    struct wanted wanted = want(root, check, path);
    struct http_file *file;

    if (!check_root(root, now_ms)) {
        errno = ENOENT;
        return NULL;
    }
    file = find(cache, &wanted);
    if (file != NULL && !is_still_true(file, now_ms)) {
        drop(cache, file);
        file = NULL;
    }
    if (file != NULL) {
        if (cache->newest != file) {
            unlink_use(cache, file);
            link_newest(cache, file);
        }
        file->references++;
        return file;
    }
    file = open_file(&wanted, now_ms);
    if (file != NULL)
        add(cache, file);
    return file;
}

bool http_file_is_directory(struct http_root *root, const struct http_link_check *check,
                            struct slice path, uint64_t now_ms)
{
    struct wanted wanted = want(root, check, path);
    int fd;

    if (!check_root(root, now_ms))
        return false;
    fd = open_in(&wanted, O_PATH | O_DIRECTORY);
    if (fd < 0)
        return false;
    close(fd);
    return true;
}

/* "/srv" holds "/srv/x" and "/srv", not "/srvx". */
static bool holds(struct slice root, struct slice path)
{
    if (slice_ends(root, SLICE("/")))
        root.len--;
    return slice_starts(path, root) && (path.len == root.len || path.at[root.len] == '/');
}

static bool is_better(const struct http_root *root, const struct http_root *best,
                      enum http_links links)
{
    return best == NULL || root->path.len > best->path.len ||
           (root->path.len == best->path.len && root->links == links);
}

struct http_root *http_file_cache_find_root(struct http_file_cache *cache, struct slice path,
                                            enum http_links links, struct slice *inside)
{
    struct http_root *best = NULL;

    for (struct http_root *root = cache->roots; root != NULL; root = root->next)
        if (holds(root->path, path) && is_better(root, best, links))
            best = root;
    if (best == NULL)
        return NULL;
    *inside = slice_from(path, best->path.len - slice_ends(best->path, SLICE("/")));
    if (inside->len == 0)
        *inside = SLICE("/");
    return best;
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
    struct wanted wanted = want(root, check, path);
    struct stat status;
    bool is_there;
    int fd;

    if (!check_root(root, now_ms))
        return false;
    fd = open_in(&wanted, O_PATH);
    if (fd < 0)
        return false;
    is_there = fstat(fd, &status) == 0 && passes(status.st_mode, test);
    close(fd);
    return is_there;
}

int http_file_open_directory(struct http_root *root, const struct http_link_check *check,
                             struct slice path, uint64_t now_ms)
{
    struct wanted wanted = want(root, check, path);

    if (check_root(root, now_ms))
        return open_in(&wanted, O_RDONLY | O_DIRECTORY);
    errno = ENOENT;
    return -1;
}
