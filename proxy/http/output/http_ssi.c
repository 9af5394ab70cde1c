#include "http/output/http_ssi.h"

#include "http/conf/http_conf.h"
#include "http/output/http_gzip_rules.h"
#include "http/output/http_output_body.h"
#include "http/output/http_ssi_private.h"

#include <stdlib.h>
#include <string.h>

/* What an include that goes to a variable may bring. */
#define COLLECTED_MAX (64u << 10)
/* With more than this behind an include no stub is put in front: one may include itself. */
#define HELD_MAX (256u << 10)

bool http_ssi_applies(const struct http_output_conf *conf, struct slice type)
{
    return conf != NULL && conf->ssi && http_gzip_is_type(type, &conf->ssi_types);
}

struct http_ssi *http_ssi_new(struct http_exchange *exchange)
{
    struct http_ssi *ssi = arena_alloc(&exchange->arena, sizeof *ssi);

    if (ssi == NULL)
        return NULL;
    memset(ssi, 0, offsetof(struct http_ssi, parser));
    memset(&ssi->scratch, 0, sizeof *ssi - offsetof(struct http_ssi, scratch));
    ssi->exchange = exchange;
    ssi->error = SLICE("[an error occurred while processing the directive]");
    ssi->time_format = SLICE("%A, %d-%b-%Y %H:%M:%S %Z");
    http_ssi_parser_init(&ssi->parser);
    arena_init(&ssi->scratch, ARENA_UNLIMITED);
    return ssi;
}

static void forget_include(struct http_ssi *ssi)
{
    free(ssi->collected);
    ssi->collected = NULL;
    ssi->collected_len = 0;
    ssi->include_variable = ssi->include_stub = SLICE_NONE;
}

void http_ssi_free(struct http_ssi *ssi)
{
    if (ssi == NULL)
        return;
    http_subrequest_cancel(&ssi->include);
    forget_include(ssi);
    http_ssi_block_free(ssi);
    free(ssi->held);
    ssi->held = NULL;
    ssi->held_len = 0;
    arena_deinit(&ssi->scratch);
}

bool http_ssi_is_waiting(const struct http_ssi *ssi)
{
    return ssi->include != NULL;
}

void http_ssi_drained(struct http_ssi *ssi)
{
    http_subrequest_go_on(ssi->include);
}

/* The page. */

/* At most what the handler wrote in one go: it is told that there is no room for more. */
static void hold(struct http_ssi *ssi, struct slice rest)
{
    if (rest.len == 0)
        return;
    ssi->held = memory_grow(ssi->held, ssi->held_len + rest.len);
    memcpy(ssi->held + ssi->held_len, rest.at, rest.len);
    ssi->held_len += rest.len;
}

static void show(struct http_ssi *ssi, struct slice text)
{
    if (ssi->block != NULL)
        http_ssi_block_keep(ssi, text);
    else if (text.len > 0 && http_ssi_is_shown(ssi))
        http_output_emit(ssi->exchange, text);
}

static void run_page(struct http_ssi *ssi, struct slice page)
{
    struct slice text;

    while (ssi->include == NULL) {
        switch (http_ssi_parse(&ssi->parser, &page, &text, &ssi->command)) {
        case HTTP_SSI_MORE:
            return;
        case HTTP_SSI_TEXT:
            show(ssi, text);
            break;
        case HTTP_SSI_COMMAND:
            http_ssi_run(ssi);
            break;
        }
    }
    hold(ssi, page);
}

static void end_page(struct http_ssi *ssi)
{
    show(ssi, http_ssi_parse_end(&ssi->parser));
    http_output_emit_end(ssi->exchange);
}

void http_ssi_write(struct http_ssi *ssi, struct slice bytes)
{
    if (ssi->include != NULL)
        hold(ssi, bytes);
    else
        run_page(ssi, bytes);
}

void http_ssi_finish(struct http_ssi *ssi)
{
    ssi->is_complete = true;
    if (ssi->include == NULL)
        end_page(ssi);
}

static void go_on(struct http_ssi *ssi)
{
    char *held = ssi->held;
    struct slice page = {held, ssi->held_len};

    ssi->held = NULL;
    ssi->held_len = 0;
    run_page(ssi, page);
    free(held);
    if (ssi->include != NULL)
        return;
    if (ssi->is_complete)
        end_page(ssi);
    else
        http_output_go_on(ssi->exchange);
}

/* Includes. */

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
    struct http_ssi *ssi = owner;

    ssi->include_failed = answer->status < 200 || answer->status > 299 || is_encoded(answer);
}

static void on_body(void *owner, struct slice bytes)
{
    struct http_ssi *ssi = owner;

    if (ssi->include_failed)
        return;
    ssi->include_brought = true;
    if (ssi->include_variable.at == NULL) {
        http_output_emit(ssi->exchange, bytes);
        return;
    }
    bytes = slice_part(bytes, 0, COLLECTED_MAX - ssi->collected_len);
    if (bytes.len == 0)
        return;
    ssi->collected = memory_grow(ssi->collected, ssi->collected_len + bytes.len);
    memcpy(ssi->collected + ssi->collected_len, bytes.at, bytes.len);
    ssi->collected_len += bytes.len;
}

static bool on_is_full(void *owner)
{
    struct http_ssi *ssi = owner;

    return http_pace_is_full(ssi->exchange);
}

/* reference/http.md 5.4-9: never an error page inside the page. */
static void report(struct http_ssi *ssi, const struct http_exchange *child, bool whole)
{
    http_exchange_log(ssi->exchange, LOG_ERROR, "include of \"%s\" failed: %s %u",
                      log_escape(ssi->include_path).text,
                      whole ? "it was answered with" : "its answer was cut short, status",
                      child->response.status);
    if (ssi->include_variable.at == NULL)
        http_output_emit(ssi->exchange, SLICE("<!-- include failed -->"));
}

/* In front of what is held: its commands run, too. */
static void show_stub(struct http_ssi *ssi)
{
    struct slice stub = ssi->include_stub;

    ssi->held = memory_grow(ssi->held, ssi->held_len + stub.len + 1);
    memmove(ssi->held + stub.len, ssi->held, ssi->held_len);
    memcpy(ssi->held, stub.at, stub.len);
    ssi->held_len += stub.len;
}

static void on_done(void *owner, struct http_exchange *child, bool whole)
{
    struct http_ssi *ssi = owner;

    ssi->include = NULL;
    if (ssi->include_stub.len > 0 && !ssi->include_brought && ssi->held_len < HELD_MAX)
        show_stub(ssi);
    else if (ssi->include_failed || !whole || !child->head_sent)
        report(ssi, child, whole && child->head_sent);
    else if (ssi->include_variable.at != NULL)
        http_ssi_set(
            ssi, ssi->include_variable,
            (struct slice){ssi->collected == NULL ? "" : ssi->collected, ssi->collected_len});
    forget_include(ssi);
    go_on(ssi);
}

static const struct http_subrequest_events events = {
    .head = on_head,
    .body = on_body,
    .is_full = on_is_full,
    .done = on_done,
};

bool http_ssi_include(struct http_ssi *ssi, struct slice path, struct slice query,
                      struct slice variable, struct slice stub)
{
    struct arena *arena = &ssi->exchange->arena;

    ssi->include_path = arena_keep(arena, path);
    ssi->include_variable = variable.at == NULL ? SLICE_NONE : arena_keep(arena, variable);
    ssi->include_stub = stub;
    ssi->include_failed = ssi->include_brought = false;
    ssi->include = http_subrequest_start(ssi->exchange, path, query, &events, ssi);
    return ssi->include != NULL;
}
