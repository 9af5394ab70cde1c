#include "http/route/http_handlers.h"

#include "http/access/http_access.h"
#include "http/conf/http_conf.h"
#include "http/files/http_files.h"
#include "http/files/http_files_conf.h"
#include "http/http_service.h"
#include "http/http_status.h"
#include "http/language/http_program.h"
#include "http/language/http_return.h"
#include "http/language/http_variables.h"
#include "http/message/http_request.h"
#include "http/output/http_output.h"
#include "http/route/http_client_certificate.h"
#include "http/route/http_explain.h"
#include "http/route/http_paths.h"
#include "http/route/http_realip.h"
#include "http/route/http_site.h"
#include "relay/session.h"

static bool is_too_large(const struct http_exchange *exchange)
{
    uint64_t limit = exchange->location->client_max_body_size;

    return limit > 0 && !exchange->drops_body && exchange->request.framing == HTTP_LENGTH &&
           exchange->request.content_length > limit;
}

static void handle_content(struct http_exchange *exchange)
{
    if (exchange->location->files->try_files.count > 0 && !http_files_try(exchange))
        return;
    if (exchange->location->stub_status)
        http_status_handle(exchange);
    else if (http_location_proxies(exchange->location))
        http_proxy_handle(exchange);
    else
        http_file_handle(exchange);
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

/* Is the method among those that limit_except names? */
static bool is_excepted(const struct http_exchange *exchange, const struct http_limit *limit)
{
    bool is_head = exchange->request.method == HTTP_HEAD;

    for (size_t i = 0; i < limit->methods.count; i++) {
        struct slice name = limit->methods.words[i].text;

        if (slice_equal(name, exchange->request.method_text) ||
            (is_head && slice_equal(name, SLICE("GET"))))
            return true;
    }
    return false;
}

void http_choose_location(struct http_exchange *exchange, const struct http_location *location)
{
    if (location->limit != NULL && !is_excepted(exchange, location->limit))
        location = location->limit->location;
    exchange->location = location;
    http_content_choose_log(exchange);
    http_output_choose(exchange);
}

/* By the host. Its location is the server's own until one is looked for. */
static bool choose_server(struct http_exchange *exchange, struct slice name)
{
    const struct http_service *service = http_service_of(exchange);
    struct http_matcher *matcher = &service->content->matcher;
    struct http_found_server found = http_route_find(service->route, name, matcher);

    exchange->server = found.server;
    exchange->location = found.server->own;
    if (found.failed ||
        (found.regex != NULL && !http_variable_keep_groups(exchange, found.regex, matcher)))
        return false;
    if (exchange->explanation != NULL)
        http_explain_server(exchange, found.regex);
    return true;
}

static bool refuse(struct http_exchange *exchange, unsigned status)
{
    http_exchange_error(exchange, status);
    return false;
}

/* Is this one of the expressions that led to `found`, other than the last, and has it names? */
static bool has_outer_names(const struct http_location *location,
                            const struct http_found_location *found)
{
    return location->match == HTTP_MATCH_REGEX && location->regex != found->regex &&
           location->regex->name_count > 0;
}

/* The named groups of the locations around, outermost first: they matched already. */
static bool keep_outer_groups(struct http_exchange *exchange, const struct http_location *location,
                              const struct http_found_location *found)
{
    if (location == NULL)
        return true;
    return keep_outer_groups(exchange, location->parent, found) &&
           (!has_outer_names(location, found) ||
            http_variable_match(exchange, location->regex, exchange->request.path) == HTTP_MATCHED);
}

static bool keep_groups(struct http_exchange *exchange, const struct http_found_location *found)
{
    const struct http_location *around = found->location;

    if (found->regex == NULL)
        return true;
    while (around != NULL && !has_outer_names(around, found))
        around = around->parent;
    if (around == NULL)
        return http_variable_keep_groups(exchange, found->regex,
                                         &http_content_of(exchange)->matcher);
    return keep_outer_groups(exchange, around, found) &&
           http_variable_match(exchange, found->regex, exchange->request.path) == HTTP_MATCHED;
}

/* Finds the location of the path, and whether it may be asked. */
static bool enter_location(struct http_exchange *exchange)
{
    struct http_content *content = http_content_of(exchange);
    const struct http_paths *paths = content->locations[exchange->server->own->number].paths;
    struct http_found_location found =
        http_paths_find(paths, exchange->request.path, &content->matcher);

    http_choose_location(exchange, found.location);
    if (found.failed || !keep_groups(exchange, &found))
        return refuse(exchange, 500);
    if (exchange->explanation != NULL)
        http_explain_location(exchange);
    if (found.location->internal && !exchange->is_internal)
        return refuse(exchange, 404);
    if (is_too_large(exchange))
        return refuse(exchange, 413);
    if (found.adds_slash)
        http_return_slash(exchange);
    return !found.adds_slash;
}

/* One more internal redirect or search for a location; false: too many, and it is answered. */
static bool count_jump(struct http_exchange *exchange)
{
    if (exchange->jumps++ < HTTP_JUMPS_MAX)
        return true;
    http_exchange_log(exchange, LOG_ERROR,
                      "rewrite or internal redirection cycle: more than %d, last to \"%s\"",
                      HTTP_JUMPS_MAX, log_escape(exchange->request.path).text);
    return refuse(exchange, 500);
}

/* The steps of the present location, and of those that they lead to. False: answered. */
static bool run_locations(struct http_exchange *exchange)
{
    for (;;) {
        const struct http_program *program = exchange->location->program;

        if (program == NULL || exchange->location == exchange->server->own)
            return true;
        switch (http_program_run(exchange, program)) {
        case HTTP_PROGRAM_GO_ON:
            return true;
        case HTTP_PROGRAM_ANSWERED:
            return false;
        case HTTP_PROGRAM_SEARCH:
            if (!count_jump(exchange) || !enter_location(exchange))
                return false;
            break;
        }
    }
}

static void answer(struct http_exchange *exchange)
{
    if (exchange->explanation != NULL)
        http_explain_content(exchange);
    else
        http_access_run(exchange, handle_content);
}

/* As in nginx: a server's own steps before a location is looked for, the location's before anybody
 * is asked who they are. */
static void handle_path(struct http_exchange *exchange)
{
    const struct http_location *own = exchange->server->own;

    if (own->program != NULL) {
        http_choose_location(exchange, own);
        if (http_program_run(exchange, own->program) == HTTP_PROGRAM_ANSWERED)
            return;
    }
    if (enter_location(exchange) && run_locations(exchange))
        answer(exchange);
}

/* What no location sees. */
static bool is_answered_at_once(struct http_exchange *exchange)
{
    bool is_trace = exchange->request.method == HTTP_TRACE;
    bool is_star = exchange->request.path.at[0] == '*';

    if (!is_trace && !is_star && exchange->server->verify == TLS_VERIFY_OFF)
        return false;
    http_choose_location(exchange, exchange->server->own);
    if (exchange->server->verify != TLS_VERIFY_OFF && http_client_certificate_refuses(exchange))
        return true;
    if (is_trace)
        refuse_trace(exchange);
    else if (is_star)
        answer_options(exchange);
    return is_trace || is_star;
}

void http_handle(struct http_exchange *exchange)
{
    bool has_server = choose_server(exchange, exchange->request.host);

    if (!exchange->server->underscores_in_headers)
        http_request_drop_underscores(&exchange->request);
    http_realip_apply(exchange, exchange->server->own);
    if (!has_server)
        http_exchange_error(exchange, 500);
    else if (!is_answered_at_once(exchange) &&
             (exchange->server->site == NULL || !http_site_answers(exchange)))
        handle_path(exchange);
}

/* For a request that breaks a rule: Host, or the name that TLS was for; empty: the first server. */
static struct slice name_of_server(const struct http_exchange *exchange)
{
    if (exchange->request.host.len > 0 || !session_is_secure(exchange->session))
        return exchange->request.host;
    return session_server_name(exchange->session);
}

/* On the way to an error page nobody asks whether the client may be here at all. */
static bool has_plain_pages(const struct http_exchange *exchange)
{
    return exchange->server->verify != TLS_VERIFY_OFF ||
           (session_is_secure(exchange->session) && http_is_misdirected(exchange));
}

void http_handle_refused(struct http_exchange *exchange, enum http_refusal refusal)
{
    struct slice name = name_of_server(exchange);

    exchange->is_head_request = exchange->request.method == HTTP_HEAD;
    if (name.len > 0 && choose_server(exchange, name))
        http_choose_location(exchange, exchange->server->own);
    exchange->at_last_error_page = has_plain_pages(exchange);
    http_exchange_refuse(exchange, refusal);
}

void http_redirect_internally(struct http_exchange *exchange, struct slice path, struct slice query)
{
    exchange->is_internal = true;
    exchange->target_changed = true;
    exchange->location_unbound = false;
    exchange->request.path = path;
    exchange->request.query = query;
    exchange->request.has_query = query.at != NULL;
    if (count_jump(exchange))
        handle_path(exchange);
}

void http_jump(struct http_exchange *exchange, struct slice name)
{
    const struct http_location *location = http_conf_named(exchange->server, name);

    exchange->is_internal = true;
    if (!count_jump(exchange))
        return;
    if (location == NULL) {
        http_exchange_log(exchange, LOG_ERROR, "could not find named location \"%s\"",
                          log_escape(name).text);
        http_exchange_error(exchange, 500);
        return;
    }
    http_choose_location(exchange, location);
    if (exchange->explanation != NULL)
        http_explain_location(exchange);
    if (run_locations(exchange))
        answer(exchange);
}
