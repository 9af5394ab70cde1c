#include "base/text.h"
#include "http/language/http_return.h"
#include "http/proxy/http_proxy_private.h"

static bool is_listed(const struct conf_word_list *list, struct slice name)
{
    for (size_t i = 0; i < list->count; i++)
        if (slice_equal_fold(list->words[i].text, name))
            return true;
    return false;
}

/* reference/http.md 1.7 and 4.5: Date and Server are ours, X-Accel-* is for proxies. */
static bool is_usually_hidden(const struct http_field *field)
{
    return field->id == HTTP_FIELD_DATE || field->id == HTTP_FIELD_SERVER ||
           field->id == HTTP_FIELD_X_PAD || slice_starts_fold(field->name, SLICE("X-Accel-"));
}

static bool is_dropped(const struct http_proxy_conf *conf, const struct http_field *field)
{
    if (is_usually_hidden(field))
        return field->id == HTTP_FIELD_DATE || !is_listed(&conf->proxy_pass_header, field->name);
    return conf->proxy_hide_header.count > 0 && is_listed(&conf->proxy_hide_header, field->name) &&
           !is_listed(&conf->proxy_pass_header, field->name);
}

/* What nginx's `proxy_redirect default` does: a URL that begins with what proxy_pass says becomes
 * the one the client sees. *rest is what follows. */
static bool is_backend_url(const struct http_proxy_pass *pass, struct slice url, struct slice *rest)
{
    struct slice uri = pass->has_uri ? pass->uri : SLICE("/");
    struct slice scheme = pass->is_tls ? SLICE("https://") : SLICE("http://");

    if (pass->has_variables || !slice_starts_fold(url, scheme))
        return false;
    url = slice_from(url, scheme.len);
    if (!slice_starts_fold(url, pass->authority))
        return false;
    url = slice_from(url, pass->authority.len);
    if (!slice_starts(url, uri))
        return false;
    *rest = slice_from(url, uri.len);
    return true;
}

static struct slice join(struct arena *arena, struct slice a, struct slice b)
{
    struct text text = text_in(arena_alloc(arena, a.len + b.len + 1), a.len + b.len + 1);

    if (text.at == NULL)
        return SLICE_NONE;
    text_add(&text, a);
    text_add(&text, b);
    return text_slice(&text);
}

/* The path is cut off before it is made absolute: query and fragment are as the backend wrote them,
 * and so are its escapes. */
static bool map_default(struct http_exchange *exchange, bool absolute, struct slice *url)
{
    const struct http_location *location = exchange->location;
    struct slice base = location->proxy->pass.has_uri ? location->path : SLICE("/");
    struct slice rest;

    if (!is_backend_url(&location->proxy->pass, *url, &rest))
        return false;
    if (absolute)
        base = http_absolute_url(exchange, base);
    if (base.at != NULL)
        *url = join(&exchange->arena, base, rest);
    return true;
}

/* As in nginx: a path that a rule made is made absolute in Location, one that the backend sent is
 * not. */
static struct slice map_url(struct http_exchange *exchange, bool absolute, struct slice url)
{
    const struct http_proxy_rules *rules = &exchange->location->proxy->proxy_redirect;

    for (size_t i = 0; !rules->off && i < rules->count; i++) {
        const struct http_proxy_rule *rule = &rules->items[i];

        if (rule->is_default && map_default(exchange, absolute, &url))
            break;
        if (rule->is_default || !http_proxy_rule_apply(exchange, rule, HTTP_FIT_START, &url))
            continue;
        if (absolute && slice_starts(url, SLICE("/")))
            url = http_absolute_url(exchange, url);
        break;
    }
    return url;
}

/* "5; url=http://backend/path": as Location, behind "url=". */
static struct slice map_refresh(struct http_exchange *exchange, struct slice value)
{
    for (size_t i = 0; i + 4 <= value.len; i++) {
        struct slice url = slice_from(value, i + 4), mapped;

        if (!slice_equal_fold(slice_part(value, i, 4), SLICE("url=")))
            continue;
        mapped = map_url(exchange, false, url);
        value = mapped.at == url.at ? value
                                    : join(&exchange->arena, slice_part(value, 0, i + 4), mapped);
        break;
    }
    return value;
}

static struct slice map_value(struct http_exchange *exchange, const struct http_field *field)
{
    if (field->id == HTTP_FIELD_LOCATION)
        return map_url(exchange, true, field->value);
    if (field->id == HTTP_FIELD_REFRESH)
        return map_refresh(exchange, field->value);
    if (field->id == HTTP_FIELD_SET_COOKIE)
        return http_proxy_cookie(exchange, exchange->location->proxy, field->value);
    return field->value;
}

void http_proxy_fill_response(struct http_proxy *proxy)
{
    struct http_exchange *exchange = proxy->exchange;
    const struct http_response *answer = &proxy->answer;

    exchange->response.status = answer->status;
    exchange->response.reason = answer->reason;
    for (size_t i = 0; i < answer->field_count; i++) {
        const struct http_field *field = &answer->fields[i];

        if (is_dropped(proxy->conf, field) ||
            http_proxy_is_hop_field(field, answer->fields, answer->field_count))
            continue;
        if (field->id == HTTP_FIELD_SERVER)
            exchange->response.hides_server = true; /* ours: proxy_pass_header lets this one go */
        http_exchange_add_field(exchange, field->name, map_value(exchange, field));
    }
}
