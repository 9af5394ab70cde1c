#include "http/conf/http_conf.h"
#include "http/output/http_output_body.h"
#include "http/output/http_ssi_private.h"

#include <stdlib.h>
#include <string.h>

/* Includes run several at once and come out in their order: the first one's bytes go straight to
 * the page, the others' wait, and so does what the page has behind each. */

/* Pages inside pages are put together one include after the other: memory stays bounded. */
#define AT_ONCE_MAX 8
/* What an include may bring before its turn, or to a variable. */
#define WAITING_MAX (64u << 10)
/* With more than this behind an include no stub is put in front: one may include itself. */
#define HELD_MAX (256u << 10)

struct http_ssi_include {
    struct http_ssi_include *next;
    struct http_ssi *ssi;
    struct http_subrequest *subrequest; /* NULL: over */
    struct http_ssi_order order;
    struct http_ssi_bytes bytes;  /* wait for its turn, or are for the variable */
    struct http_ssi_bytes behind; /* of the page */
    bool failed, brought, leaves_comment;
    bool waits_for_turn; /* has brought as much as there is room for */
};

void http_ssi_bytes_add(struct http_ssi_bytes *bytes, struct slice more)
{
    if (more.len == 0)
        return;
    bytes->at = memory_grow(bytes->at, bytes->len + more.len);
    memcpy(bytes->at + bytes->len, more.at, more.len);
    bytes->len += more.len;
}

void http_ssi_bytes_free(struct http_ssi_bytes *bytes)
{
    free(bytes->at);
    *bytes = (struct http_ssi_bytes){0};
}

static struct slice slice_of_bytes(const struct http_ssi_bytes *bytes)
{
    return (struct slice){bytes->at == NULL ? "" : bytes->at, bytes->len};
}

bool http_ssi_is_blocked(const struct http_ssi *ssi)
{
    const struct http_ssi_include *last = ssi->last;
    size_t most = ssi->exchange->parent == NULL ? AT_ONCE_MAX : 1;

    return ssi->include_count >= most ||
           (last != NULL && last->subrequest != NULL && last->order.page_waits);
}

void http_ssi_emit(struct http_ssi *ssi, struct slice bytes)
{
    if (ssi->last != NULL)
        http_ssi_bytes_add(&ssi->last->behind, bytes);
    else if (bytes.len > 0)
        http_output_emit(ssi->exchange, bytes);
}

/* Turns. */

static void drop(struct http_ssi_include *include)
{
    http_subrequest_cancel(&include->subrequest);
    http_ssi_bytes_free(&include->bytes);
    http_ssi_bytes_free(&include->behind);
}

void http_ssi_includes_free(struct http_ssi *ssi)
{
    for (struct http_ssi_include *include = ssi->first; include != NULL; include = include->next)
        drop(include);
    ssi->first = ssi->last = NULL;
    ssi->include_count = 0;
}

static void release(struct http_exchange *exchange, struct http_ssi_bytes *bytes)
{
    if (bytes->len > 0)
        http_output_emit(exchange, slice_of_bytes(bytes));
    http_ssi_bytes_free(bytes);
}

/* reference/http.md 5.4-9: never an error page inside the page. */
static void end_turn(struct http_ssi *ssi)
{
    struct http_ssi_include *include = ssi->first;

    if (include->leaves_comment)
        http_output_emit(ssi->exchange, SLICE("<!-- include failed -->"));
    release(ssi->exchange, &include->behind);
    ssi->first = include->next;
    if (ssi->first == NULL)
        ssi->last = NULL;
    ssi->include_count--;
    drop(include);
}

static void take_turns(struct http_ssi *ssi)
{
    while (ssi->first != NULL && ssi->first->subrequest == NULL) {
        end_turn(ssi);
        if (ssi->first != NULL)
            release(ssi->exchange, &ssi->first->bytes);
    }
    if (ssi->first != NULL && ssi->first->waits_for_turn)
        http_subrequest_go_on(ssi->first->subrequest);
}

void http_ssi_drained(struct http_ssi *ssi)
{
    if (ssi->first != NULL && ssi->first->subrequest != NULL)
        http_subrequest_go_on(ssi->first->subrequest);
}

/* What comes. */

static bool is_encoded(const struct http_response *answer)
{
    for (size_t i = 0; i < answer->field_count; i++)
        if (slice_equal_fold(answer->fields[i].name, SLICE("Content-Encoding")) &&
            answer->fields[i].value.len > 0)
            return true;
    return false;
}

static void on_head(void *owner, const struct http_response *answer)
{
    struct http_ssi_include *include = owner;

    include->failed = answer->status < 200 || answer->status > 299 || is_encoded(answer);
}

static void on_body(void *owner, struct slice bytes)
{
    struct http_ssi_include *include = owner;
    bool is_kept = include->order.variable.at != NULL;

    if (include->failed)
        return;
    include->brought = true;
    if (is_kept)
        bytes = slice_part(bytes, 0, WAITING_MAX - include->bytes.len);
    if (is_kept || include != include->ssi->first)
        http_ssi_bytes_add(&include->bytes, bytes);
    else
        http_output_emit(include->ssi->exchange, bytes);
}

static bool on_is_full(void *owner)
{
    struct http_ssi_include *include = owner;

    if (include->order.variable.at != NULL)
        return false; /* the rest is dropped */
    if (include == include->ssi->first)
        return http_pace_is_full(include->ssi->exchange);
    include->waits_for_turn = include->bytes.len >= WAITING_MAX;
    return include->waits_for_turn;
}

static void report(struct http_ssi_include *include, const struct http_exchange *child, bool whole)
{
    http_exchange_log(include->ssi->exchange, LOG_ERROR, "include of \"%s\" failed: %s %u",
                      log_escape(include->order.path).text,
                      whole ? "it was answered with" : "its answer was cut short, status",
                      child->response.status);
    include->leaves_comment = include->order.variable.at == NULL;
}

/* In front of what is held: its commands run, too. */
static bool show_stub(struct http_ssi *ssi, struct slice stub)
{
    struct http_ssi_bytes held = ssi->held;

    if (stub.len == 0 || held.len >= HELD_MAX)
        return false;
    ssi->held = (struct http_ssi_bytes){0};
    http_ssi_bytes_add(&ssi->held, stub);
    http_ssi_bytes_add(&ssi->held, slice_of_bytes(&held));
    http_ssi_bytes_free(&held);
    return true;
}

static void on_done(void *owner, struct http_exchange *child, bool whole)
{
    struct http_ssi_include *include = owner;
    struct http_ssi *ssi = include->ssi;

    include->subrequest = NULL;
    if (!include->brought && show_stub(ssi, include->order.stub))
        include->failed = false;
    else if (include->failed || !whole || !child->head_sent)
        report(include, child, whole && child->head_sent);
    else if (include->order.variable.at != NULL)
        http_ssi_set(ssi, include->order.variable, slice_of_bytes(&include->bytes));
    if (include->order.variable.at != NULL)
        http_ssi_bytes_free(&include->bytes);
    if (include == ssi->first)
        take_turns(ssi);
    http_ssi_go_on(ssi);
}

static const struct http_subrequest_events events = {
    .head = on_head,
    .body = on_body,
    .is_full = on_is_full,
    .done = on_done,
};

static struct slice keep(struct arena *arena, struct slice text)
{
    return text.at == NULL ? SLICE_NONE : arena_keep(arena, text);
}

bool http_ssi_include(struct http_ssi *ssi, const struct http_ssi_order *order)
{
    struct arena *arena = &ssi->exchange->arena;
    struct http_ssi_include *include = arena_zero(arena, sizeof *include);

    if (include == NULL)
        return false;
    include->ssi = ssi;
    include->order = *order;
    include->order.path = keep(arena, order->path);
    include->order.variable = keep(arena, order->variable);
    include->subrequest =
        http_subrequest_start(ssi->exchange, order->path, order->query, &events, include);
    if (include->subrequest == NULL)
        return false;
    if (ssi->last != NULL)
        ssi->last->next = include;
    else
        ssi->first = include;
    ssi->last = include;
    ssi->include_count++;
    return true;
}
