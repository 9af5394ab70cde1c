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

void http_file_cache_confine(struct http_file_cache *cache, struct rights *rights)
{
    struct stat status;

    for (struct http_root *root = cache->roots; root != NULL; root = root->next) {
        http_root_open(root);
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

static struct http_file *find(const struct http_file_cache *cache, const struct http_wanted *wanted)
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

/* To read files below a root is not the right to list directories (os/sandbox.h): where one is
 * asked for, the kernel says EACCES. */
static int open_to_read(const struct http_wanted *wanted)
{
    int fd = http_root_open_in(wanted, O_RDONLY), directory;

    if (fd >= 0 || errno != EACCES)
        return fd;
    directory = http_root_open_in(wanted, O_PATH | O_DIRECTORY);
    if (directory >= 0)
        close(directory);
    errno = directory >= 0 ? EISDIR : EACCES;
    return -1;
}

static struct http_file *open_file(const struct http_wanted *wanted, uint64_t now_ms)
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
    http_close_keeping_errno(fd);
    return file;
}

struct http_file *http_file_cache_get(struct http_file_cache *cache, struct http_root *root,
                                      const struct http_link_check *check, struct slice path,
                                      uint64_t now_ms)
{
    struct http_wanted wanted = http_root_want(root, check, path);
    struct http_file *file;

    if (!http_root_is_there(root, now_ms)) {
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
        if (http_root_holds(root->path, path) && is_better(root, best, links))
            best = root;
    if (best == NULL)
        return NULL;
    *inside = slice_from(path, best->path.len - slice_ends(best->path, SLICE("/")));
    if (inside->len == 0)
        *inside = SLICE("/");
    return best;
}
