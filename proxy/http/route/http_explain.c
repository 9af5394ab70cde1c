#include "http/route/http_explain.h"

#include "base/number.h"
#include "base/text.h"
#include "http/files/http_files.h"
#include "http/files/http_files_conf.h"
#include "http/h1/http1_parse.h"
#include "http/http_service.h"
#include "http/language/http_variables.h"
#include "http/output/http_output_conf.h"
#include "http/proxy/http_proxy_private.h"
#include "http/route/http_handlers.h"
#include "net/loop.h"
#include "relay/listen.h"
#include "relay/session.h"
#include "relay/worker.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct http_explanation {
    int fd;
    bool answered;
};

/* One fact: what it is about, then what is so. */
__attribute__((format(printf, 3, 4))) static void say(const struct http_exchange *exchange,
                                                      const char *about, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    dprintf(exchange->explanation->fd, "%-9s ", about);
    vdprintf(exchange->explanation->fd, format, arguments);
    dprintf(exchange->explanation->fd, "\n");
    va_end(arguments);
}

#define SHOW(slice) (int)(slice).len, (slice).at

/* "/etc/frontd.conf:12" */
static struct slice place_text(const struct http_exchange *exchange, struct conf_place place)
{
    const struct conf_sources *sources = exchange->session->worker->conf->sources;
    struct slice name = sources->list[place.source]->name;

    return arena_format(&((struct http_exchange *)(uintptr_t)exchange)->arena, "%.*s:%u",
                        SHOW(name), place.line);
}

/* Servers. */

static const struct http_name *name_of(const struct http_server *server, struct slice host)
{
    for (size_t i = 0; i < server->server_name.count; i++) {
        const struct http_name *name = &server->server_name.items[i];

        if ((name->kind == HTTP_NAME_EXACT && slice_equal(name->text, host)) ||
            (name->kind == HTTP_NAME_LEADING_STAR && slice_ends(host, name->text)) ||
            (name->kind == HTTP_NAME_TRAILING_STAR && slice_starts(host, name->text)))
            return name;
    }
    return NULL;
}

void http_explain_server(const struct http_exchange *exchange, const struct http_regex *regex)
{
    const struct http_server *server = exchange->server;
    const struct http_name *name = name_of(server, exchange->request.host);
    struct slice place = place_text(exchange, server->scope->directive->name.place);

    if (regex != NULL)
        say(exchange, "server", "%.*s, its name ~%.*s matches", SHOW(place), SHOW(regex->pattern));
    else if (name != NULL)
        say(exchange, "server", "%.*s, its name is %.*s", SHOW(place), SHOW(name->written));
    else
        say(exchange, "server", "%.*s, the default one: no server is called %.*s", SHOW(place),
            SHOW(exchange->request.host));
}

/* Locations. */

static const char *why(enum http_match match)
{
    switch (match) {
    case HTTP_MATCH_SERVER:
        return "the server's own values: no location matches";
    case HTTP_MATCH_EXACT:
        return "it is this very path";
    case HTTP_MATCH_PREFIX:
        return "the longest prefix, and no regular expression matches";
    case HTTP_MATCH_PREFIX_FINAL:
        return "the longest prefix, which regular expressions do not go before";
    case HTTP_MATCH_REGEX:
        return "the first regular expression that matches";
    case HTTP_MATCH_NAMED:
        return "it was named";
    case HTTP_MATCH_NAMELESS:
        return "what holds in this block";
    }
    return "";
}

void http_explain_location(const struct http_exchange *exchange)
{
    const struct http_location *location = exchange->location;
    const struct conf_directive *block = location->scope->directive;
    struct slice place = place_text(exchange, block->name.place);
    struct slice path = location->match == HTTP_MATCH_SERVER ? SLICE("(none)") : location->path;

    say(exchange, "location", "%.*s for %.*s at %.*s: %s", SHOW(path), SHOW(exchange->request.path),
        SHOW(place), why(location->match));
    if (location->internal && !exchange->is_internal)
        say(exchange, "", "it is internal: 404 for clients");
}

void http_explain_step(const struct http_exchange *exchange, const struct http_step *step,
                       bool holds)
{
    static const char *const names[] = {
        [HTTP_STEP_SET] = "set",         [HTTP_STEP_IF] = "if",         [HTTP_STEP_ENTER] = "",
        [HTTP_STEP_REWRITE] = "rewrite", [HTTP_STEP_RETURN] = "return", [HTTP_STEP_BREAK] = "break",
    };
    struct slice place = place_text(exchange, step->place);
    struct slice path = exchange->request.path, query = exchange->request.query;

    if (step->kind == HTTP_STEP_IF)
        say(exchange, "step", "if at %.*s %s", SHOW(place), holds ? "holds" : "does not hold");
    else if (step->kind == HTTP_STEP_REWRITE && !holds)
        say(exchange, "step", "rewrite at %.*s does not match", SHOW(place));
    else if (step->kind == HTTP_STEP_REWRITE)
        say(exchange, "step", "rewrite at %.*s, the path is now %.*s%s%.*s", SHOW(place),
            SHOW(path), query.len > 0 ? "?" : "", SHOW(query));
    else if (step->kind != HTTP_STEP_ENTER)
        say(exchange, "step", "%s at %.*s", names[step->kind], SHOW(place));
}

/* What would answer. */

static void explain_access(const struct http_exchange *exchange)
{
    const struct http_location *location = exchange->location;

    if (http_location_asks(location))
        say(exchange, "access", "a name and a password of %.*s",
            SHOW(location->auth_basic_user_file.path));
}

static void explain_backend(struct http_exchange *exchange)
{
    struct http_proxy *proxy = arena_zero(&exchange->arena, sizeof *proxy);
    struct slice head, line;

    proxy->exchange = exchange;
    proxy->conf = exchange->location->proxy;
    proxy->framing = http_exchange_framing(exchange);
    proxy->content_length = exchange->request.content_length;
    if (!http_proxy_choose_target(proxy))
        return;
    exchange->proxy_target = &proxy->target;
    head = http_proxy_request_head(proxy);
    say(exchange, "backend", "%s://%.*s", proxy->target.is_tls ? "https" : "http",
        SHOW(proxy->target.authority));
    while (head.len > 2) {
        line = slice_cut(&head, '\n');
        line.len -= line.len > 0;
        if (line.len > 0)
            say(exchange, "", "  %s", log_escape(line).text);
    }
}

static void explain_file(struct http_exchange *exchange)
{
    struct slice name = http_files_name(exchange);

    if (name.len == 0)
        say(exchange, "file", "none: there is no root, so it is 404");
    else
        say(exchange, "file", "%s", log_escape(name).text);
}

static void explain_fields(struct http_exchange *exchange)
{
    const struct http_output_conf *output = exchange->location->output;

    for (size_t i = 0; output != NULL && i < output->add_header.count; i++) {
        const struct http_added_field *field = &output->add_header.items[i];
        struct slice value = http_evaluate(exchange, &field->value);

        if (value.len > 0)
            say(exchange, "adds", "%.*s: %s%s", SHOW(field->name), log_escape(value).text,
                field->always ? "" : " (not to errors)");
    }
}

static void explain_logs(const struct http_exchange *exchange)
{
    const struct http_access_logs *logs = &exchange->location->access_log;

    if (logs->off || logs->count == 0)
        say(exchange, "log", "none");
    for (size_t i = 0; !logs->off && i < logs->count; i++)
        say(exchange, "log", "%.*s (%.*s)", SHOW(logs->items[i].path),
            SHOW(logs->items[i].format_name.text));
}

/* It looks at files, as it would for a request. */
static bool try_files(struct http_exchange *exchange)
{
    if (exchange->location->files->try_files.count == 0)
        return true;
    say(exchange, "step", "try_files");
    return http_files_try(exchange);
}

void http_explain_content(struct http_exchange *exchange)
{
    explain_access(exchange);
    if (!try_files(exchange))
        return;
    if (exchange->location->stub_status)
        say(exchange, "content", "the page of stub_status");
    else if (http_location_proxies(exchange->location))
        explain_backend(exchange);
    else
        explain_file(exchange);
    if (exchange->explanation->answered)
        return;
    explain_fields(exchange);
    explain_logs(exchange);
}

/* Answers of frontd's own come to this transport. */

static void on_head(struct http_exchange *exchange)
{
    const struct http_response *response = &exchange->response;

    exchange->explanation->answered = true;
    exchange->head_sent = true;
    say(exchange, "answer", "%u %.*s", response->status, SHOW(http_reason(response->status)));
    for (size_t i = 0; i < response->field_count; i++)
        say(exchange, "", "  %.*s: %s", SHOW(response->fields[i].name),
            log_escape(response->fields[i].value).text);
    explain_logs(exchange);
}

static void on_body(struct http_exchange *exchange, struct slice bytes)
{
    (void)exchange;
    (void)bytes;
}

static void on_finish(struct http_exchange *exchange)
{
    exchange->finished = true;
}

static void on_abort(struct http_exchange *exchange, enum close_reason reason)
{
    exchange->explanation->answered = true;
    say(exchange, "answer", "none, the connection is closed: %s", close_reason_words(reason));
}

static const struct http_transport transport = {
    .head = on_head, .body = on_body, .finish = on_finish, .abort = on_abort};

/* The request. */

struct target {
    bool is_tls;
    struct slice authority, host, path;
    uint16_t port;
};

static bool parse_url(struct slice url, struct target *target)
{
    size_t end = 0, colon;
    uint64_t port;

    target->is_tls = slice_starts_fold(url, SLICE("https://"));
    if (!target->is_tls && !slice_starts_fold(url, SLICE("http://")))
        return false;
    url = slice_from(url, target->is_tls ? 8 : 7);
    while (end < url.len && url.at[end] != '/' && url.at[end] != '?')
        end++;
    target->authority = slice_part(url, 0, end);
    target->path = slice_from(url, end);
    if (target->path.len == 0)
        target->path = SLICE("/");
    colon = slice_ends(target->authority, SLICE("]")) ? SLICE_NOT_FOUND
                                                      : slice_find_last(target->authority, ':');
    port = target->is_tls ? 443 : 80;
    if (colon != SLICE_NOT_FOUND &&
        !number_parse(slice_from(target->authority, colon + 1), UINT16_MAX, &port))
        return false;
    target->port = (uint16_t)port;
    return target->authority.len > 0;
}

static const struct listen *find_listen(const struct worker *worker, const struct target *target)
{
    for (size_t i = 0; i < worker->listens->count; i++) {
        const struct listen *listen = &worker->listens->listens[i];

        if (listen->address.port == target->port && listen->tls == target->is_tls &&
            slice_equal(slice_of(listen->protocol_name), slice_of(http_protocol_conf.name)))
            return listen;
    }
    return NULL;
}

static struct slice write_head(struct arena *arena, const struct target *target,
                               const struct slice *fields, size_t count)
{
    struct slice head = arena_format(arena, "GET %.*s HTTP/1.1\r\nHost: %.*s\r\n",
                                     SHOW(target->path), SHOW(target->authority));

    for (size_t i = 0; i < count; i++)
        head = arena_format(arena, "%.*s%.*s\r\n", SHOW(head), SHOW(fields[i]));
    return arena_format(arena, "%.*s\r\n", SHOW(head));
}

static bool refuse(int fd, const char *words, struct slice about)
{
    dprintf(fd, "%s: %.*s\n", words, SHOW(about));
    return false;
}

static bool explain(struct http_exchange *exchange, struct slice head)
{
    const struct listen *listen = exchange->session->listen;
    enum http_refusal refusal = http1_parse_request(head, &exchange->arena, &exchange->request);

    if (refusal != HTTP_ACCEPTED)
        return refuse(exchange->explanation->fd, "refused before any server sees it",
                      slice_of(http_refusal_words(refusal)));
    say(exchange, "listens", "%s%s", address_port_print(&listen->address).text,
        listen->tls ? " (TLS)" : "");
    http_handle(exchange);
    return true;
}

bool http_explain(struct worker *worker, struct slice url, const struct slice *fields, size_t count,
                  int fd)
{
    struct http_explanation explanation = {.fd = fd};
    struct http_exchange *exchange = memory_zero(sizeof *exchange);
    struct http_content *content;
    struct target target;
    struct session session = {.worker = worker, .log = worker->log, .id = 1};
    bool result = false;

    (void)address_parse(SLICE("127.0.0.1"), &session.address);
    exchange->session = &session;
    exchange->log = worker->log;
    exchange->transport = &transport;
    exchange->explanation = &explanation;
    exchange->number = 1;
    arena_init(&exchange->arena, ARENA_UNLIMITED);
    content = http_content_start(worker);
    exchange->started_us = loop_wall_us(worker->loop);
    if (!parse_url(url, &target))
        (void)refuse(fd, "this is no URL", url);
    else if ((session.listen = find_listen(worker, &target)) == NULL)
        (void)refuse(fd, "nothing listens there", url);
    else
        result = explain(exchange, write_head(&exchange->arena, &target, fields, count));
    http_content_stop(content);
    arena_deinit(&exchange->arena);
    free(exchange);
    return result;
}
