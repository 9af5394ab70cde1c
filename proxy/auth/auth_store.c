#include "auth/auth_store.h"

#include "auth/auth_file.h"
#include "base/arena.h"
#include "base/ensure.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LOOK_MS    1000
#define LARGEST    (16 << 20)
#define FRESH_SECS 2 /* a file changed so lately may change again within the same time stamp */

struct kept_file {
    struct auth_store_file seen;
    struct stat status; /* of the reading */
    uint64_t looked_at; /* ms; 0: never */
    bool is_settled;    /* it was not just being written when it was read */
};

struct auth_store {
    struct arena arena;
    struct kept_file *files;
    size_t count;
    uint64_t readings;
};

struct auth_store *auth_store_new(const struct auth_list *list)
{
    struct auth_store *store = memory_zero(sizeof *store);

    arena_init(&store->arena, ARENA_UNLIMITED);
    store->count = list->count;
    store->files = arena_zero(&store->arena, (list->count + 1) * sizeof *store->files);
    for (size_t i = 0; i < list->count; i++)
        store->files[i].seen.path = arena_keep(&store->arena, list->files[i].path);
    return store;
}

static void forget(struct kept_file *file)
{
    char *text = (char *)(uintptr_t)file->seen.text.at;

    if (text != NULL)
        explicit_bzero(text, file->seen.text.len);
    free(text);
    file->seen.text = SLICE_NONE;
    file->seen.dummy = SLICE_NONE;
}

void auth_store_free(struct auth_store *store)
{
    for (size_t i = 0; i < store->count; i++)
        forget(&store->files[i]);
    arena_deinit(&store->arena);
    free(store);
}

size_t auth_store_count(const struct auth_store *store)
{
    return store->count;
}

static int read_all(int fd, size_t size, struct slice *text)
{
    char *bytes = memory_alloc(size + 1);
    size_t len = 0;
    ssize_t got = 1;

    while (len < size && (got = read(fd, bytes + len, size - len)) > 0)
        len += (size_t)got;
    if (got < 0) {
        int error = errno;

        free(bytes);
        return error;
    }
    *text = (struct slice){bytes, len};
    return 0;
}

static int read_open(int fd, struct slice *text)
{
    struct stat status;

    if (fstat(fd, &status) != 0)
        return errno;
    if (S_ISDIR(status.st_mode))
        return EISDIR;
    if (!S_ISREG(status.st_mode))
        return EINVAL;
    if (status.st_size > LARGEST)
        return EFBIG;
    return read_all(fd, (size_t)status.st_size, text);
}

int auth_store_read(const char *path, struct slice *text)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    int error;

    if (fd < 0)
        return errno;
    error = read_open(fd, text);
    close(fd);
    return error;
}

static bool is_same(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mode == b->st_mode && a->st_uid == b->st_uid && a->st_gid == b->st_gid &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
           a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

static bool is_settled(const struct stat *status)
{
    struct timespec now;

    return clock_gettime(CLOCK_REALTIME, &now) == 0 &&
           now.tv_sec - status->st_ctim.tv_sec > FRESH_SECS;
}

/* What is the same bytes as before stays what it was, and with it what was remembered of it. */
static void take(struct auth_store *store, struct kept_file *file, struct slice text)
{
    if (file->seen.version > 0 && file->seen.error == 0 && slice_equal(text, file->seen.text)) {
        free((char *)(uintptr_t)text.at);
        return;
    }
    forget(file);
    file->seen.text = text;
    file->seen.dummy = auth_file_commonest(text);
    file->seen.version = ++store->readings;
}

static void look(struct auth_store *store, struct kept_file *file)
{
    struct slice text;
    struct stat status;

    if (stat(file->seen.path.at, &status) != 0) {
        forget(file);
        file->seen.error = errno;
        file->seen.is_out_of_reach = false;
        return;
    }
    if (file->seen.version > 0 && file->seen.error == 0 && file->is_settled &&
        is_same(&status, &file->status))
        return;
    file->status = status; /* of before the reading: a change meanwhile is seen the next time */
    file->is_settled = is_settled(&status);
    int error = auth_store_read(file->seen.path.at, &text);

    if (error == 0)
        take(store, file, text);
    else
        forget(file);
    file->seen.error = error;
    /* access(2) knows nothing of Landlock */
    file->seen.is_out_of_reach =
        error == EACCES && faccessat(AT_FDCWD, file->seen.path.at, R_OK, 0) == 0;
}

const struct auth_store_file *auth_store_file(struct auth_store *store, size_t index,
                                              uint64_t now_ms)
{
    struct kept_file *file = &store->files[index];

    ensure(index < store->count);
    if (file->looked_at == 0 || now_ms - file->looked_at >= LOOK_MS) {
        look(store, file);
        file->looked_at = now_ms;
    }
    return &file->seen;
}
