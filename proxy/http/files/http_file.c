#include "base/log.h"
#include "http/files/http_autoindex.h"
#include "http/files/http_file_cache.h"
#include "http/files/http_file_send.h"
#include "http/files/http_files.h"
#include "http/files/http_files_conf.h"
#include "http/files/http_precompressed.h"
#include "http/http_exchange.h"
#include "http/http_service.h"
#include "http/language/http_return.h"
#include "http/language/http_variables.h"
#include "http/route/http_handlers.h"
#include "net/loop.h"
#include "relay/session.h"
#include "relay/worker.h"

#include <errno.h>
#include <string.h>

/* Static files: from the path to a file, a redirect or a refusal. */

static uint64_t now(const struct http_exchange *exchange)
{
    return loop_now(exchange->session->worker->loop);
}

static struct http_root *root_of(const struct http_exchange *exchange)
{
    return http_content_of(exchange)->locations[exchange->location->number].root;
}

/* A name that begins with a dot is not for the public, except /.well-known/ (RFC 8615). */
static bool is_hidden(struct slice path)
{
    for (size_t i = 0; i + 1 < path.len; i++) {
        struct slice segment = slice_from(path, i + 1);

        if (path.at[i] != '/' || path.at[i + 1] != '.')
            continue;
        segment = slice_cut(&segment, '/');
        if (!slice_equal(segment, SLICE(".well-known")))
            return true;
    }
    return false;
}

struct open_failure {
    int error;
    unsigned status;
    enum log_level level;
};

/* What cannot be opened; everything else is a 500. */
static const struct open_failure open_failures[] = {
    {ENOENT,       404, LOG_ERROR},
    {ENOTDIR,      404, LOG_ERROR},
    {ENAMETOOLONG, 404, LOG_ERROR},
    {ENXIO,        404, LOG_ERROR},
    {ELOOP,        403, LOG_ERROR},
    {EXDEV,        404, LOG_ERROR},
    {EACCES,       403, LOG_ERROR},
    {EPERM,        403, LOG_ERROR},
};

static struct open_failure find_failure(int error)
{
    for (size_t i = 0; i < sizeof open_failures / sizeof open_failures[0]; i++)
        if (open_failures[i].error == error)
            return open_failures[i];
    return (struct open_failure){error, 500, LOG_CRIT};
}

/* `path` is below the open directory. */
static void fail(struct http_exchange *exchange, struct slice path, int error)
{
    struct open_failure failure = find_failure(error);

    if (error == ELOOP && exchange->location->files->symlinks == HTTP_LINKS_OFF)
        failure.status = 404; /* to the public there is no such name */

    if (failure.status != 404 || exchange->location->files->log_not_found)
        http_exchange_log(exchange, failure.level, "open \"%s%s\" failed (%d: %s)",
                          log_escape(exchange->location->files->place.base).text,
                          log_escape(path).text, error,
                          error == EXDEV ? "a link leaves the root" : strerror(error));
    http_exchange_error(exchange, failure.status);
}

/* The client is to ask for the directory with a slash, so that relative links work. */
static void redirect_to_directory(struct http_exchange *exchange)
{
    struct slice path = exchange->request.path;
    struct slice with_slash = arena_format(&exchange->arena, "%.*s/", (int)path.len, path.at);

    http_return_redirect_path(exchange, with_slash);
}

static void refuse_method(struct http_exchange *exchange)
{
    http_exchange_add_field(exchange, SLICE("Allow"), SLICE("GET, HEAD"));
    http_exchange_error(exchange, 405);
}

/* POST is refused by what is there, not by what is missing: as nginx has it. */
static void answer_file(struct http_exchange *exchange, struct http_file *file)
{
    if (exchange->request.method != HTTP_POST) {
        http_file_send(exchange, file);
        return;
    }
    http_file_release(file);
    refuse_method(exchange);
}

static void serve(struct http_exchange *exchange)
{
    struct http_root *root = root_of(exchange);
    struct slice path = http_files_map(exchange, exchange->request.path);
    struct http_file *file = NULL;
    struct http_link_check check;

    errno = ENOENT;
    if (root != NULL && path.at != NULL)
        file = http_precompressed_get(exchange, root, path, now(exchange));
    if (file == NULL && root != NULL && path.at != NULL)
        file = http_file_cache_get(http_content_of(exchange)->files, root,
                                   http_files_check(exchange, &check), path, now(exchange));
    if (file != NULL)
        answer_file(exchange, file);
    else if (errno == EISDIR)
        redirect_to_directory(exchange);
    else
        fail(exchange, path, errno);
}

/* nginx's internal redirect: the index file goes through the search for a location again. */
static void serve_index(struct http_exchange *exchange, struct slice path)
{
    http_redirect_internally(exchange, path, exchange->request.query);
}

static struct slice join(struct http_exchange *exchange, struct slice directory, struct slice name)
{
    size_t len = directory.len + name.len;
    char *memory = arena_alloc(&exchange->arena, len);

    if (memory == NULL)
        return SLICE_NONE;
    memcpy(memory, directory.at, directory.len);
    memcpy(memory + directory.len, name.at, name.len);
    return (struct slice){memory, len};
}

static struct slice name_of(struct http_exchange *exchange, const struct http_index_name *name)
{
    return name->has_variables ? http_evaluate(exchange, &name->text) : name->plain;
}

/* False with errno. */
static bool is_directory(struct http_exchange *exchange, struct slice directory)
{
    struct http_root *root = root_of(exchange);
    struct http_link_check check;

    errno = ENOENT;
    return root != NULL && http_file_is_directory(root, http_files_check(exchange, &check),
                                                  directory, now(exchange));
}

static void fail_directory(struct http_exchange *exchange, struct slice directory)
{
    fail(exchange, directory, errno == ELOOP ? errno : ENOENT);
}

/* What no index file was found for. */
static void refuse_directory(struct http_exchange *exchange, struct slice directory)
{
    struct http_root *root = root_of(exchange);

    if (!is_directory(exchange, directory)) {
        fail_directory(exchange, directory);
        return;
    }
    if (exchange->location->files->autoindex) {
        http_autoindex_handle(exchange, root, directory);
        return;
    }
    http_exchange_log(exchange, LOG_ERROR, "directory index of \"%s%s\" is forbidden",
                      log_escape(exchange->location->files->place.base).text,
                      log_escape(directory).text);
    http_exchange_error(exchange, 403);
}

/* True if the directory has the file, or it cannot be known. */
static bool serves_index(struct http_exchange *exchange, struct slice directory, struct slice name)
{
    struct slice path = join(exchange, directory, name);
    struct http_link_check check;
    struct http_file *file =
        http_file_cache_get(http_content_of(exchange)->files, root_of(exchange),
                            http_files_check(exchange, &check), path, now(exchange));

    if (file != NULL) {
        http_file_release(file);
        serve_index(exchange, join(exchange, exchange->request.path, name));
        return true;
    }
    if (errno == ENOENT || errno == EISDIR)
        return false;
    fail(exchange, path, errno);
    return true;
}

static void serve_directory(struct http_exchange *exchange)
{
    const struct http_index *index = &exchange->location->files->index;
    struct slice directory = http_files_map(exchange, exchange->request.path);

    for (size_t i = 0; root_of(exchange) != NULL && i < index->count; i++) {
        struct slice name = name_of(exchange, &index->items[i]);

        if (slice_starts(name, SLICE("/"))) {
            if (i == 0 || is_directory(exchange, directory))
                serve_index(exchange, name);
            else
                fail_directory(exchange, directory);
            return;
        }
        if (name.len > 0 && directory.at != NULL && serves_index(exchange, directory, name))
            return;
    }
    refuse_directory(exchange, directory);
}

void http_file_handle(struct http_exchange *exchange)
{
    enum http_method method = exchange->request.method;
    struct slice path = exchange->request.path;

    if (method != HTTP_GET && method != HTTP_HEAD && method != HTTP_POST) {
        refuse_method(exchange);
    } else if (exchange->location->files->dotfiles == HTTP_DOTFILES_HIDE &&
               is_hidden(http_files_map(exchange, path))) {
        http_exchange_error(exchange, 404);
    } else if (slice_ends(path, SLICE("/"))) {
        serve_directory(exchange);
    } else {
        serve(exchange);
    }
}
