#include "http/route/http_site.h"

#include "base/chars.h"
#include "http/conf/http_conf.h"
#include "http/files/http_file_cache.h"
#include "http/files/http_file_send.h"
#include "http/http_service.h"
#include "http/language/http_return.h"
#include "http/route/http_client_certificate.h"
#include "http/route/http_handlers.h"
#include "net/loop.h"
#include "relay/session.h"
#include "relay/worker.h"

#include <stdio.h>

#define HTTPS_PORT 443

/* RFC 8555 8.3. A token is of the base64url alphabet: nothing in it can lead elsewhere. */
static const struct slice challenges = {"/.well-known/acme-challenge/",
                                        sizeof "/.well-known/acme-challenge/" - 1};

static bool is_token(struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!chars_is(text.at[i], CHARS_ALPHA | CHARS_DIGIT) && text.at[i] != '-' &&
            text.at[i] != '_')
            return false;
    return text.len > 0;
}

static struct http_file *find_challenge(struct http_exchange *exchange)
{
    struct http_content *content = http_content_of(exchange);
    struct http_root *root = content->locations[exchange->server->own->number].acme_root;
    struct slice path = exchange->request.path;
    uint64_t now = loop_now(content->worker->loop);
    struct http_file *file;

    if (root == NULL || !is_token(slice_from(path, challenges.len)))
        return NULL;
    file = http_file_cache_get(content->files, root, NULL, path, now);
    if (file == NULL) /* the slash before the token belongs to both */
        file = http_file_cache_get(content->files, root, NULL, slice_from(path, challenges.len - 1),
                                   now);
    return file;
}

/* A challenge that is not there may be another client's: the request goes on. */
static bool answers_challenge(struct http_exchange *exchange)
{
    bool reads = exchange->request.method == HTTP_GET || exchange->request.method == HTTP_HEAD;
    struct http_file *file;

    if (!reads || !slice_starts(exchange->request.path, challenges))
        return false;
    file = find_challenge(exchange);
    if (file != NULL)
        http_file_send(exchange, file);
    return file != NULL;
}

/* The port of the server's own TLS, the usual one before others. */
static uint16_t https_port(const struct http_server *server)
{
    uint16_t port = HTTPS_PORT;

    for (size_t i = server->listen.count; i-- > 0;)
        if (server->listen.items[i].ssl)
            port = server->listen.items[i].address.port;
    for (size_t i = 0; i < server->listen.count; i++)
        if (server->listen.items[i].ssl && server->listen.items[i].address.port == HTTPS_PORT)
            port = HTTPS_PORT;
    return port;
}

/* 308 keeps the method and the body of what is no GET (RFC 9110 15.4.9). */
static void redirect_to_https(struct http_exchange *exchange)
{
    const struct http_request *request = &exchange->request;
    bool reads = request->method == HTTP_GET || request->method == HTTP_HEAD;
    struct slice host = request->host.len > 0 ? request->host : exchange->server->name;
    uint16_t port = https_port(exchange->server);
    char suffix[sizeof ":65535"] = "";
    struct slice url;

    if (port != HTTPS_PORT)
        snprintf(suffix, sizeof suffix, ":%u", port);
    url = arena_format(&exchange->arena, "https://%.*s%s%.*s", (int)host.len, host.at, suffix,
                       (int)request->raw_path.len, request->raw_path.at);
    http_return_redirect_url(exchange, reads ? 301 : 308, url);
}

/* What is wrong with the request, as a status; 0: nothing. */
static unsigned fault_of(const struct http_exchange *exchange)
{
    const struct http_site *site = exchange->server->site;

    if (site->misdirected == HTTP_MISDIRECTED_STRICT && session_is_secure(exchange->session) &&
        http_is_misdirected(exchange))
        return 421;
    return exchange->request.field_count > site->max_headers ? 431 : 0;
}

bool http_site_answers(struct http_exchange *exchange)
{
    const struct http_site *site = exchange->server->site;
    bool redirects = site->https_redirect && !session_is_secure(exchange->session);

    unsigned fault = fault_of(exchange);

    http_choose_location(exchange, exchange->server->own);
    if (fault != 0) {
        http_exchange_error(exchange, fault);
        return true;
    }
    if (answers_challenge(exchange))
        return true;
    if (redirects)
        redirect_to_https(exchange);
    return redirects;
}
