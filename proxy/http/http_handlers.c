#include "http/http_handlers.h"

#include "http/http_access.h"
#include "http/http_client_certificate.h"
#include "http/http_conf.h"
#include "http/http_files.h"
#include "http/http_files_conf.h"
#include "http/http_output.h"
#include "http/http_realip.h"
#include "http/http_return.h"
#include "http/http_service.h"

static bool is_too_large(const struct http_exchange *exchange)
{
    uint64_t limit = exchange->location->client_max_body_size;

    return limit > 0 && exchange->request.framing == HTTP_LENGTH &&
           exchange->request.content_length > limit;
}

static void handle_content(struct http_exchange *exchange)
{
    if (exchange->location->files->try_files.count > 0 && !http_files_try(exchange))
        return;
    if (http_location_proxies(exchange->location))
        http_proxy_handle(exchange);
    else
        http_file_handle(exchange);
}

/* As in nginx, `return` answers before anybody is asked who they are. */
static void handle_location(struct http_exchange *exchange)
{
    if (exchange->location->returns.present)
        http_return_handle(exchange);
    else
        http_access_run(exchange, handle_content);
}

static void answer_options(struct http_exchange *exchange)
{
    http_exchange_add_field(exchange, SLICE("Allow"),
                            SLICE("GET, HEAD, POST, PUT, DELETE, OPTIONS"));
    http_exchange_answer(exchange, 204, SLICE_NONE, SLICE_NONE);
}

static void refuse_trace(struct http_exchange *exchange)
{
    http_exchange_add_field(exchange, SLICE("Allow"),
                            SLICE("GET, HEAD, POST, PUT, DELETE, OPTIONS"));
    http_exchange_error(exchange, 405);
}

/* Which server and location, for the present path. */
static bool choose(struct http_exchange *exchange)
{
    struct http_routed routed = http_route_find(http_service_of(exchange)->route,
                                                exchange->request.host, exchange->request.path);

    exchange->server = routed.server;
    exchange->location = routed.location;
    if (routed.server->own->returns.present) /* runs before a location is looked for */
        exchange->location = routed.server->own;
    http_content_choose_log(exchange);
    http_output_choose(exchange);
    return routed.adds_slash && exchange->location == routed.location;
}

void http_handle(struct http_exchange *exchange)
{
    bool adds_slash = choose(exchange);

    http_realip_apply(exchange, exchange->server->own);
    if (exchange->server->verify != TLS_VERIFY_OFF && http_client_certificate_refuses(exchange))
        return;
    if (is_too_large(exchange))
        http_exchange_error(exchange, 413);
    else if (exchange->request.method == HTTP_TRACE)
        refuse_trace(exchange);
    else if (exchange->request.path.at[0] == '*')
        answer_options(exchange);
    else if (adds_slash)
        http_return_slash(exchange);
    else
        handle_location(exchange);
}

void http_redirect_internally(struct http_exchange *exchange, struct slice path, struct slice query)
{
    if (exchange->jumps++ == HTTP_JUMPS_MAX) {
        http_exchange_log(exchange, LOG_ERROR, "more than %d internal redirects, last to \"%s\"",
                          HTTP_JUMPS_MAX, log_escape(path).text);
        http_exchange_error(exchange, 500);
        return;
    }
    exchange->is_internal = true;
    exchange->request.path = path;
    exchange->request.query = query;
    exchange->request.has_query = query.at != NULL;
    if (choose(exchange))
        http_return_slash(exchange);
    else
        handle_location(exchange);
}
