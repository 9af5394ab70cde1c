#include "http/output/http_ssi.h"

#include "http/conf/http_conf.h"
#include "http/output/http_gzip_rules.h"
#include "http/output/http_output_body.h"
#include "http/output/http_ssi_private.h"

#include <string.h>

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

void http_ssi_free(struct http_ssi *ssi)
{
    if (ssi == NULL)
        return;
    http_ssi_includes_free(ssi);
    http_ssi_block_free(ssi);
    http_ssi_bytes_free(&ssi->held);
    arena_deinit(&ssi->scratch);
}

bool http_ssi_is_waiting(const struct http_ssi *ssi)
{
    return ssi->first != NULL;
}

/* The page. */

static void show(struct http_ssi *ssi, struct slice text)
{
    if (ssi->block != NULL)
        http_ssi_block_keep(ssi, text);
    else if (http_ssi_is_shown(ssi))
        http_ssi_emit(ssi, text);
}

/* What stands behind an include that blocks is held: at most what the handler wrote in one go,
 * since it is told that there is no room for more. */
static void run_page(struct http_ssi *ssi, struct slice page)
{
    struct slice text;

    while (!http_ssi_is_blocked(ssi)) {
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
    http_ssi_bytes_add(&ssi->held, page);
}

static void end_page(struct http_ssi *ssi)
{
    show(ssi, http_ssi_parse_end(&ssi->parser));
    http_output_emit_end(ssi->exchange);
}

void http_ssi_write(struct http_ssi *ssi, struct slice bytes)
{
    if (ssi->held.len > 0)
        http_ssi_bytes_add(&ssi->held, bytes);
    else
        run_page(ssi, bytes);
}

void http_ssi_finish(struct http_ssi *ssi)
{
    ssi->is_complete = true;
    if (ssi->first == NULL)
        end_page(ssi);
}

void http_ssi_go_on(struct http_ssi *ssi)
{
    struct http_ssi_bytes held = ssi->held;

    if (http_ssi_is_blocked(ssi))
        return;
    ssi->held = (struct http_ssi_bytes){0};
    run_page(ssi, (struct slice){held.at, held.len});
    http_ssi_bytes_free(&held);
    if (ssi->first != NULL)
        return;
    if (ssi->is_complete)
        end_page(ssi);
    else
        http_output_go_on(ssi->exchange);
}
