#include "http/http_subrequest.h"

#include "http/files/http_file_piece.h"
#include "http/route/http_handlers.h"
#include "relay/session.h"
#include "relay/worker.h"

#include <stdlib.h>
#include <string.h>

#define ARENA_MAX (256u << 10)

enum state {
    STATE_NEW,
    STATE_RUNNING,
    STATE_FINISHED, /* the answer is complete, or was cut; `done` is to be told */
    STATE_GONE,     /* cancelled, or told; only the memory is still there */
};

struct http_subrequest {
    struct http_exchange base; /* first */
    const struct http_subrequest_events *events;
    void *owner;
    struct loop_task task;
    struct http_file_piece file;
    struct slice path, query;
    enum state state;
    bool sends_file, finish_waits, is_whole;
};

static struct http_subrequest *of(struct http_exchange *exchange)
{
    return (struct http_subrequest *)exchange;
}

static void defer(struct http_subrequest *subrequest)
{
    loop_defer(subrequest->base.session->worker->loop, &subrequest->task);
}

/* The child's transport. */

static void on_head(struct http_exchange *child)
{
    struct http_subrequest *subrequest = of(child);

    child->head_sent = true;
    if (subrequest->state == STATE_RUNNING && subrequest->events->head != NULL)
        subrequest->events->head(subrequest->owner, &child->response);
}

static void on_interim(struct http_exchange *child, const struct http_response *response)
{
    (void)child;
    (void)response;
}

static void on_body(struct http_exchange *child, struct slice bytes)
{
    struct http_subrequest *subrequest = of(child);

    if (subrequest->state == STATE_RUNNING && bytes.len > 0 &&
        http_status_has_body(child->response.status))
        subrequest->events->body(subrequest->owner, bytes);
}

static void on_file(struct http_exchange *child, int fd, uint64_t offset, uint64_t len)
{
    struct http_subrequest *subrequest = of(child);

    if (subrequest->state != STATE_RUNNING)
        return;
    subrequest->file = (struct http_file_piece){fd, offset, len};
    subrequest->sends_file = true;
    defer(subrequest);
}

static void end(struct http_subrequest *subrequest, bool whole)
{
    if (subrequest->state != STATE_RUNNING)
        return;
    subrequest->state = STATE_FINISHED;
    subrequest->is_whole = whole;
    subrequest->base.finished = true;
    defer(subrequest);
}

static void on_finish(struct http_exchange *child)
{
    struct http_subrequest *subrequest = of(child);

    if (subrequest->sends_file)
        subrequest->finish_waits = true;
    else
        end(subrequest, true);
}

static void on_abort(struct http_exchange *child, enum close_reason reason)
{
    (void)reason;
    end(of(child), false);
}

static bool on_is_full(struct http_exchange *child)
{
    struct http_subrequest *subrequest = of(child);

    return subrequest->state == STATE_RUNNING && subrequest->events->is_full != NULL &&
           subrequest->events->is_full(subrequest->owner);
}

static void on_nothing(struct http_exchange *child)
{
    (void)child; /* there is no body to read, and no tunnel to dig */
}

static void on_tunnel(struct http_exchange *child)
{
    end(of(child), false);
}

static const struct http_transport transport = {
    .head = on_head,
    .interim = on_interim,
    .body = on_body,
    .file = on_file,
    .finish = on_finish,
    .abort = on_abort,
    .is_full = on_is_full,
    .read_body = on_nothing,
    .pause_body = on_nothing,
    .tunnel = on_tunnel,
};

/* The request. */

/* Those of the client's copy of the page, of parts of it, of its codings and of a body. */
static bool stays_behind(const struct http_field *field)
{
    static const char *const names[] = {"Range", "Accept-Encoding", "Expect", "Transfer-Encoding",
                                        "TE",    "Upgrade",         "Trailer"};

    if (slice_starts_fold(field->name, SLICE("If-")) ||
        slice_starts_fold(field->name, SLICE("Content-")))
        return true;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (slice_equal_fold(field->name, slice_of(names[i])))
            return true;
    return false;
}

static bool copy_fields(struct http_exchange *child, const struct http_request *from)
{
    struct http_request *request = &child->request;

    request->fields = arena_alloc(&child->arena, (from->field_count + 1) * sizeof *request->fields);
    if (request->fields == NULL)
        return false;
    request->field_count = 0;
    for (size_t i = 0; i < from->field_count; i++)
        if (!stays_behind(&from->fields[i]))
            request->fields[request->field_count++] = from->fields[i];
    return true;
}

static bool make_request(struct http_exchange *child, const struct http_request *from)
{
    struct http_request *request = &child->request;

    *request = *from;
    request->method = HTTP_GET;
    request->method_text = SLICE("GET");
    request->framing = HTTP_NO_BODY;
    request->content_length = 0;
    request->expects_continue = request->wants_upgrade = false;
    return copy_fields(child, from);
}

/* A slice that the arena keeps, and NULL stays NULL. */
static struct slice keep(struct http_subrequest *subrequest, struct slice text)
{
    return text.at == NULL ? SLICE_NONE : arena_keep(&subrequest->base.arena, text);
}

static void take_over(struct http_subrequest *subrequest, struct http_exchange *parent)
{
    struct http_exchange *child = &subrequest->base;

    child->session = parent->session;
    child->transport = &transport;
    child->log = parent->log;
    child->server = parent->server;
    child->location = parent->location;
    child->client = parent->client;
    child->started_us = parent->started_us;
    child->number = parent->number;
    child->parent = parent;
    child->is_internal = true;
}

/* Limits. */

static struct http_exchange *root_of(struct http_exchange *exchange)
{
    while (exchange->parent != NULL)
        exchange = exchange->parent;
    return exchange;
}

static unsigned depth_of(const struct http_exchange *exchange)
{
    unsigned depth = 0;

    while ((exchange = exchange->parent) != NULL)
        depth++;
    return depth;
}

static bool may_start(struct http_exchange *parent, struct slice path)
{
    bool too_deep = depth_of(parent) >= HTTP_SUBREQUEST_DEPTH_MAX;

    if (!too_deep && root_of(parent)->subrequests < HTTP_SUBREQUESTS_MAX) {
        root_of(parent)->subrequests++;
        return true;
    }
    http_exchange_log(parent, LOG_ERROR, "%s while asking for \"%s\"",
                      too_deep ? "subrequests inside subrequests without end"
                               : "too many subrequests",
                      log_escape(path).text);
    return false;
}

/* The life. */

static void free_subrequest(void *owner)
{
    struct http_subrequest *subrequest = owner;

    arena_deinit(&subrequest->base.arena);
    free(subrequest);
}

/* Whoever is still running may hold it until the turn is over. */
static void retire(struct http_subrequest *subrequest)
{
    subrequest->state = STATE_GONE;
    loop_task_cancel(&subrequest->task);
    loop_task_init(&subrequest->task, free_subrequest, subrequest);
    defer(subrequest);
}

static void let_handler_go(struct http_exchange *child)
{
    const struct http_body_reader *reader = child->reader;

    child->reader = NULL;
    if (reader != NULL && reader->ended != NULL)
        reader->ended(child);
}

static void tell(struct http_subrequest *subrequest)
{
    struct http_exchange *child = &subrequest->base;

    subrequest->state = STATE_GONE;
    subrequest->events->done(subrequest->owner, child, subrequest->is_whole);
    let_handler_go(child);
    retire(subrequest);
}

static void run(struct http_subrequest *subrequest)
{
    subrequest->state = STATE_RUNNING;
    http_redirect_internally(&subrequest->base, subrequest->path, subrequest->query);
}

static void file_is_read(struct http_subrequest *subrequest)
{
    struct http_exchange *child = &subrequest->base;

    subrequest->sends_file = false;
    if (subrequest->finish_waits)
        end(subrequest, true);
    else if (child->reader != NULL && child->reader->drained != NULL)
        child->reader->drained(child);
}

static void read_file(struct http_subrequest *subrequest)
{
    char memory[HTTP_FILE_PIECE_READ];
    struct slice bytes;

    for (unsigned i = 0; i < HTTP_FILE_PIECE_READS && subrequest->file.left > 0; i++) {
        if (on_is_full(&subrequest->base)) /* http_subrequest_go_on follows */
            return;
        if (!http_file_piece_read(&subrequest->file, memory, &bytes)) {
            end(subrequest, false);
            return;
        }
        on_body(&subrequest->base, bytes);
        if (subrequest->state != STATE_RUNNING)
            return;
    }
    if (subrequest->file.left > 0)
        defer(subrequest);
    else
        file_is_read(subrequest);
}

static void on_task(void *owner)
{
    struct http_subrequest *subrequest = owner;

    if (subrequest->state == STATE_NEW)
        run(subrequest);
    else if (subrequest->state == STATE_FINISHED)
        tell(subrequest);
    else if (subrequest->state == STATE_RUNNING && subrequest->sends_file)
        read_file(subrequest);
}

struct http_subrequest *http_subrequest_start(struct http_exchange *parent, struct slice path,
                                              struct slice query,
                                              const struct http_subrequest_events *events,
                                              void *owner)
{
    struct http_subrequest *subrequest;

    if (!may_start(parent, path))
        return NULL;
    subrequest = memory_zero(sizeof *subrequest);
    arena_init(&subrequest->base.arena, ARENA_MAX);
    loop_task_init(&subrequest->task, on_task, subrequest);
    subrequest->events = events;
    subrequest->owner = owner;
    take_over(subrequest, parent);
    subrequest->path = keep(subrequest, path);
    subrequest->query = keep(subrequest, query);
    if (subrequest->path.at == NULL || !make_request(&subrequest->base, &parent->request)) {
        free_subrequest(subrequest);
        return NULL;
    }
    defer(subrequest);
    return subrequest;
}

void http_subrequest_go_on(struct http_subrequest *subrequest)
{
    struct http_exchange *child = &subrequest->base;

    if (subrequest->state != STATE_RUNNING)
        return;
    if (subrequest->sends_file)
        defer(subrequest);
    else if (child->reader != NULL && child->reader->drained != NULL)
        child->reader->drained(child);
}

void http_subrequest_end(struct http_subrequest *subrequest)
{
    end(subrequest, true);
}

void http_subrequest_cancel(struct http_subrequest **held)
{
    struct http_subrequest *subrequest = *held;

    *held = NULL;
    if (subrequest == NULL || subrequest->state == STATE_GONE)
        return;
    if (subrequest->state == STATE_RUNNING && subrequest->base.reader != NULL &&
        subrequest->base.reader->aborted != NULL)
        subrequest->base.reader->aborted(&subrequest->base);
    subrequest->state = STATE_GONE;
    let_handler_go(&subrequest->base);
    retire(subrequest);
}
