#include "http/files/http_files.h"

#include "http/conf/http_conf.h"
#include "http/files/http_file_cache.h"
#include "http/files/http_files_conf.h"
#include "http/http_service.h"
#include "http/language/http_variables.h"
#include "http/route/http_handlers.h"
#include "net/loop.h"
#include "relay/worker.h"

#include <errno.h>

static struct slice join(struct http_exchange *exchange, struct slice a, struct slice b,
                         struct slice c)
{
    size_t len = a.len + b.len + c.len;
    char *memory = arena_alloc(&exchange->arena, len);
    struct text text = text_in(memory, memory == NULL ? 0 : len);

    text_add(&text, a);
    text_add(&text, b);
    text_add(&text, c);
    return text_slice(&text);
}

/* A NUL would end the name that the kernel sees. */
static struct slice without_nul(struct slice path)
{
    return slice_find(path, '\0') == SLICE_NOT_FOUND ? path : SLICE_NONE;
}

/* What comes behind the base, before the request's own path. */
static struct slice rest_of(struct http_exchange *exchange)
{
    const struct http_place *place = &exchange->location->files->place;
    struct slice rest;

    if (exchange->maps_path) /* a map whose value depends on $document_root */
        return SLICE("");
    exchange->maps_path = true;
    rest = http_evaluate(exchange, &place->rest);
    exchange->maps_path = false;
    return rest;
}

struct slice http_files_map(struct http_exchange *exchange, struct slice path)
{
    const struct http_place *place = &exchange->location->files->place;

    if (!place->is_alias && !place->has_variables)
        return path;
    path = place->takes_path ? slice_from(path, place->skip) : SLICE("");
    return without_nul(join(exchange, SLICE("/"), rest_of(exchange), path));
}

struct slice http_files_root(struct http_exchange *exchange)
{
    const struct http_place *place = &exchange->location->files->place;

    if (!place->has_variables)
        return place->text;
    return join(exchange, place->base, rest_of(exchange), SLICE(""));
}

struct slice http_files_name(struct http_exchange *exchange)
{
    const struct http_place *place = &exchange->location->files->place;
    struct slice below = http_files_map(exchange, exchange->request.path);

    if (slice_ends(place->base, SLICE("/")))
        below = slice_from(below, 1);
    return join(exchange, place->base, below, SLICE(""));
}

const struct http_link_check *http_files_check(struct http_exchange *exchange,
                                               struct http_link_check *check)
{
    const struct http_disabled_links *links = &exchange->location->files->disable_symlinks;

    if (links->rule == HTTP_LINK_RULE_NONE)
        return NULL;
    *check = (struct http_link_check){.rule = links->rule};
    if (links->has_from)
        check->from = http_evaluate(exchange, &links->from);
    return check;
}

/* try_files */

enum found {
    FOUND_NOTHING,
    FOUND_FILE,
    FOUND_DIRECTORY,
};

static enum found look(struct http_exchange *exchange, struct slice path)
{
    struct http_content *content = http_content_of(exchange);
    struct http_root *root = content->locations[exchange->location->number].root;
    struct http_link_check check;
    struct http_file *file;

    if (root == NULL || !slice_starts(path, SLICE("/")))
        return FOUND_NOTHING;
    file = http_file_cache_get(content->files, root, http_files_check(exchange, &check), path,
                               loop_now(exchange->session->worker->loop));
    if (file == NULL)
        return errno == EISDIR ? FOUND_DIRECTORY : FOUND_NOTHING;
    http_file_release(file);
    return FOUND_FILE;
}

/* Where an alias stands for the location's path, text made of $uri begins with that path. */
static struct slice behind_alias(const struct http_exchange *exchange, const struct http_try *item,
                                 struct slice text)
{
    const struct http_place *place = &exchange->location->files->place;
    struct slice replaced = slice_part(exchange->request.path, 0, place->skip);

    return item->has_variables && slice_starts(text, replaced) ? slice_from(text, place->skip)
                                                               : text;
}

static bool try_below_root(struct http_exchange *exchange, const struct http_try *item,
                           struct slice text)
{
    struct slice path = text.len == 0 ? SLICE("/") : text;
    enum found wanted = item->wants_directory ? FOUND_DIRECTORY : FOUND_FILE;

    if (look(exchange, http_files_map(exchange, path)) != wanted)
        return false;
    exchange->request.path = path;
    return true;
}

static bool try_below_alias(struct http_exchange *exchange, const struct http_try *item,
                            struct slice text)
{
    const struct http_place *place = &exchange->location->files->place;
    struct slice replaced = slice_part(exchange->request.path, 0, place->skip);
    struct slice rest = behind_alias(exchange, item, text);
    struct slice path = without_nul(join(exchange, SLICE("/"), rest_of(exchange), rest));
    enum found wanted = item->wants_directory ? FOUND_DIRECTORY : FOUND_FILE;

    if (look(exchange, path) != wanted)
        return false;
    if (place->takes_path)
        exchange->request.path = join(exchange, replaced, rest, SLICE(""));
    return true;
}

static bool is_there(struct http_exchange *exchange, const struct http_try *item)
{
    struct slice text = http_evaluate(exchange, &item->text);

    if (exchange->location->files->place.is_alias)
        return try_below_alias(exchange, item, text);
    return try_below_root(exchange, item, text);
}

/* As nginx: the query is what is written, nothing else. */
static void go_to_path(struct http_exchange *exchange, const struct http_tries *tries)
{
    struct slice query = http_evaluate(exchange, &tries->path);
    struct slice path = slice_cut(&query, '?');

    if (slice_starts(path, SLICE("/"))) {
        http_redirect_internally(exchange, path, query);
        return;
    }
    if (slice_starts(path, SLICE("@"))) {
        http_jump(exchange, path);
        return;
    }
    http_exchange_log(exchange, LOG_ERROR, "try_files leads to \"%s\", which is no path",
                      log_escape(path).text);
    http_exchange_error(exchange, 500);
}

#define NO_ANSWER 444 /* nginx's: close without a word */

static void answer(struct http_exchange *exchange, unsigned status)
{
    if (status == NO_ANSWER)
        exchange->transport->abort(exchange, CLOSE_FRONTD_REFUSED);
    else if (status < 300)
        http_exchange_answer(exchange, status, SLICE_NONE, SLICE_NONE);
    else
        http_exchange_error(exchange, status);
}

bool http_files_try(struct http_exchange *exchange)
{
    const struct http_tries *tries = &exchange->location->files->try_files;

    for (size_t i = 0; i < tries->count; i++)
        if (is_there(exchange, &tries->items[i]))
            return true;
    if (tries->status != 0)
        answer(exchange, tries->status);
    else
        go_to_path(exchange, tries);
    return false;
}
