#include "http/files/http_autoindex.h"

#include "base/arena.h"
#include "http/conf/http_conf.h"
#include "http/files/http_autoindex_text.h"
#include "http/files/http_file_cache.h"
#include "http/files/http_files.h"
#include "http/files/http_files_conf.h"
#include "http/output/http_output_fields.h"
#include "net/loop.h"
#include "relay/worker.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A list is made while everybody else waits: of more than these names it shows the first ones. */
#define ENTRIES_MAX 10000

struct entries {
    struct http_autoindex_entry *items;
    size_t count;
    struct arena arena; /* for the names */
};

/* A link counts as what it leads to; one that leads nowhere is shown as what it is. */
static bool look(int directory, const char *name, struct stat *status)
{
    return fstatat(directory, name, status, 0) == 0 ||
           fstatat(directory, name, status, AT_SYMLINK_NOFOLLOW) == 0;
}

static void add(struct entries *entries, int directory, const char *name)
{
    struct http_autoindex_entry *entry;
    struct stat status;

    if (name[0] == '.' || !look(directory, name, &status))
        return;
    if ((entries->count & (entries->count - 1)) == 0)
        entries->items =
            memory_grow(entries->items,
                        (entries->count == 0 ? 1 : 2 * entries->count) * sizeof *entries->items);
    entry = &entries->items[entries->count++];
    *entry = (struct http_autoindex_entry){.name = arena_keep(&entries->arena, slice_of(name)),
                                           .is_directory = S_ISDIR(status.st_mode),
                                           .is_file = S_ISREG(status.st_mode),
                                           .modified = status.st_mtim.tv_sec,
                                           .size = (uint64_t)status.st_size};
}

/* Takes `fd` over. */
static bool read_entries(struct entries *entries, int fd)
{
    DIR *directory = fdopendir(fd);
    const struct dirent *found;

    if (directory == NULL) {
        close(fd);
        return false;
    }
    while (entries->count < ENTRIES_MAX && (found = readdir(directory)) != NULL)
        add(entries, dirfd(directory), found->d_name);
    closedir(directory);
    if (entries->count > 1)
        qsort(entries->items, entries->count, sizeof *entries->items, http_autoindex_compare);
    return true;
}

static struct slice callback_of(const struct http_exchange *exchange)
{
    struct slice rest = exchange->request.query;

    while (rest.len > 0) {
        struct slice value = slice_cut(&rest, '&');
        struct slice name = slice_cut(&value, '=');

        if (slice_equal(name, SLICE("callback")))
            return value;
    }
    return SLICE_NONE;
}

static struct slice type_of(const struct http_autoindex *index)
{
    switch (index->format) {
    case HTTP_AUTOINDEX_HTML:
        return SLICE("text/html");
    case HTTP_AUTOINDEX_XML:
        return SLICE("text/xml; charset=utf-8");
    case HTTP_AUTOINDEX_JSON:
    case HTTP_AUTOINDEX_JSONP:
        break;
    }
    return index->format == HTTP_AUTOINDEX_JSONP && index->callback.len > 0
               ? SLICE("application/javascript")
               : SLICE("application/json");
}

static bool is_utf8(struct http_exchange *exchange)
{
    const struct http_output_conf *output = exchange->location->output;

    return output != NULL &&
           slice_ends_fold(http_output_with_charset(exchange, output, SLICE("text/html")),
                           SLICE("; charset=utf-8"));
}

static void answer(struct http_exchange *exchange, const struct entries *entries)
{
    const struct http_files *files = exchange->location->files;
    struct http_autoindex index = {.entries = entries->items,
                                   .count = entries->count,
                                   .path = exchange->request.path,
                                   .callback = callback_of(exchange),
                                   .format = (enum http_autoindex_format)files->autoindex_format,
                                   .exact_size = files->autoindex_exact_size,
                                   .localtime = files->autoindex_localtime,
                                   .utf8 = is_utf8(exchange)};
    struct slice text;

    if (index.format == HTTP_AUTOINDEX_JSONP && !http_autoindex_is_callback(index.callback)) {
        http_exchange_error(exchange, 400);
        return;
    }
    text = http_autoindex_text(&index);
    http_exchange_answer(exchange, 200, type_of(&index), text);
    free((void *)(uintptr_t)text.at);
}

void http_autoindex_handle(struct http_exchange *exchange, struct http_root *root,
                           struct slice directory)
{
    struct entries entries = {0};
    struct http_link_check check;
    int fd = http_file_open_directory(root, http_files_check(exchange, &check), directory,
                                      loop_now(exchange->session->worker->loop));

    arena_init(&entries.arena, ARENA_UNLIMITED);
    if (fd >= 0 && read_entries(&entries, fd)) {
        answer(exchange, &entries);
    } else {
        http_exchange_log(exchange, LOG_ERROR, "cannot list \"%s\": %s", log_escape(directory).text,
                          strerror(errno));
        http_exchange_error(exchange, errno == EACCES ? 403 : 500);
    }
    arena_deinit(&entries.arena);
    free(entries.items);
}
