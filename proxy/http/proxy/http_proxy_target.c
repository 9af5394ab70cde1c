#include "base/chars.h"
#include "http/http_service.h"
#include "http/language/http_variables.h"
#include "http/proxy/http_proxy_private.h"
#include "http/proxy/http_upstream.h"

static void take(struct http_proxy_target *target, const struct http_proxy_pass *pass)
{
    target->authority = pass->authority;
    target->host = pass->target.host;
    target->uri = pass->uri;
    target->has_uri = pass->has_uri;
    target->is_tls = pass->is_tls;
    target->port = pass->target.port;
    target->backend = pass->target;
    target->upstream = pass->upstream;
}

static bool refuse(struct http_proxy *proxy, struct slice url, const char *words)
{
    http_exchange_log(proxy->exchange, LOG_ERROR, "proxy_pass: \"%s\" %s", log_escape(url).text,
                      words);
    http_exchange_error(proxy->exchange, 500);
    return false;
}

/* What a value brings into the request line must not end it. */
static struct slice escape_target(struct arena *arena, struct slice uri)
{
    static const char digits[] = "0123456789ABCDEF";
    struct text text;

    if (chars_all(uri, CHARS_TARGET))
        return uri;
    text = text_in(arena_alloc(arena, 3 * uri.len), 3 * uri.len);
    for (size_t i = 0; text.at != NULL && i < uri.len; i++) {
        unsigned char byte = (unsigned char)uri.at[i];

        if (chars_is(uri.at[i], CHARS_TARGET)) {
            text_byte(&text, uri.at[i]);
            continue;
        }
        text_byte(&text, '%');
        text_byte(&text, digits[byte >> 4]);
        text_byte(&text, digits[byte & 15]);
    }
    return text_slice(&text);
}

/* "?x=1" becomes "/?x=1". */
static struct slice with_slash(struct arena *arena, struct slice uri)
{
    struct text text;

    if (!slice_starts(uri, SLICE("?")))
        return uri;
    text = text_in(arena_alloc(arena, uri.len + 1), uri.len + 1);
    if (text.at == NULL)
        return SLICE_NONE;
    text_byte(&text, '/');
    text_add(&text, uri);
    return text_slice(&text);
}

/* The whole of proxy_pass is known only now. A value that names an upstream means that one. */
static bool evaluate(struct http_proxy *proxy)
{
    struct http_exchange *exchange = proxy->exchange;
    const struct http_content *content = http_content_of(exchange);
    struct slice url = http_evaluate(exchange, &proxy->conf->pass.text);
    struct http_proxy_pass pass = {0};
    const char *wrong = http_proxy_parse_url(url, &pass);

    if (wrong != NULL)
        return refuse(proxy, url, wrong);
    if (!pass.has_port)
        pass.upstream = http_upstream_find(content->upstreams, pass.target.host);
    pass.uri = with_slash(&exchange->arena, escape_target(&exchange->arena, pass.uri));
    if (pass.has_uri && pass.uri.at == NULL)
        return refuse(proxy, url, "is too long");
    pass.target.resolver = content->locations[exchange->location->number].resolver;
    take(&proxy->target, &pass);
    proxy->target.is_whole_uri = pass.has_uri;
    return true;
}

bool http_proxy_choose_target(struct http_proxy *proxy)
{
    const struct http_proxy_pass *pass = &proxy->conf->pass;
    const struct http_upstream *upstream;

    if (!pass->has_variables)
        take(&proxy->target, pass);
    else if (!evaluate(proxy))
        return false;
    upstream = proxy->target.upstream;
    if (upstream == NULL)
        return true;
    proxy->balancer = http_upstream_balancer(http_content_of(proxy->exchange), upstream);
    if (upstream->hash.present)
        proxy->key = http_evaluate(proxy->exchange, &upstream->hash.key);
    return true;
}
