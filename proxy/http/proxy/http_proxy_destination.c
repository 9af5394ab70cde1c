#include "http/message/http_uri.h"
#include "http/proxy/http_proxy_private.h"

/* The inverse of what happens to Location: a client of WebDAV names a target by the URL that it
 * knows, which is not the one that the backend knows. */

/* Without the port that goes without saying. */
static struct slice without_default_port(struct slice authority, bool secure)
{
    struct slice port = secure ? SLICE(":443") : SLICE(":80");

    return slice_ends(authority, port) ? slice_part(authority, 0, authority.len - port.len)
                                       : authority;
}

/* Cuts "https://host:port" off, if that is how this client asks this server. */
static bool cut_own_origin(const struct http_exchange *exchange, struct slice *url)
{
    bool secure = session_is_secure(exchange->session);
    struct slice scheme = secure ? SLICE("https://") : SLICE("http://");
    struct slice authority = exchange->request.authority, rest;
    size_t len = 0;

    if (!slice_starts_fold(*url, scheme))
        return false;
    rest = slice_from(*url, scheme.len);
    while (len < rest.len && rest.at[len] != '/' && rest.at[len] != '?' && rest.at[len] != '#')
        len++;
    if (!slice_equal_fold(without_default_port(slice_part(rest, 0, len), secure),
                          without_default_port(authority, secure)))
        return false;
    *url = slice_from(rest, len);
    return true;
}

/* What follows the location's name in `path`, escaped for the backend; false: it lies elsewhere. */
static bool cut_location(struct http_exchange *exchange, struct slice path, struct slice *rest)
{
    struct slice name = exchange->location->path;
    struct text normal = text_in(arena_alloc(&exchange->arena, path.len + 1), path.len);

    if (normal.at == NULL || http_uri_normalise(path, &normal) != HTTP_ACCEPTED ||
        !slice_starts(text_slice(&normal), name))
        return false;
    *rest = http_uri_escape(&exchange->arena, slice_from(text_slice(&normal), name.len));
    return rest->at != NULL;
}

static size_t path_length(struct slice url)
{
    size_t len = 0;

    while (len < url.len && url.at[len] != '?' && url.at[len] != '#')
        len++;
    return len;
}

struct slice http_proxy_map_url(struct http_proxy *proxy, struct slice url, struct slice host)
{
    struct http_exchange *exchange = proxy->exchange;
    const struct http_proxy_target *target = &proxy->target;
    struct slice rest = url, path, tail, origin;
    bool is_absolute = !slice_starts(url, SLICE("/"));
    struct text text;
    size_t size;

    if (target->is_whole_uri || (is_absolute && !cut_own_origin(exchange, &rest)))
        return url;
    path = slice_part(rest, 0, path_length(rest));
    tail = slice_from(rest, path.len);
    if (target->has_uri && !cut_location(exchange, path, &path))
        return url;
    origin = target->is_tls ? SLICE("https://") : SLICE("http://");
    size = origin.len + host.len + target->uri.len + path.len + tail.len;
    text = text_in(arena_alloc(&exchange->arena, size), size);
    if (text.at == NULL)
        return url;
    if (is_absolute) {
        text_add(&text, origin);
        text_add(&text, host);
    }
    if (target->has_uri)
        text_add(&text, target->uri);
    text_add(&text, path);
    text_add(&text, tail);
    return text_slice(&text);
}

/* The longest a mapped tag is more than what it was. */
static size_t growth(const struct http_proxy *proxy, struct slice host)
{
    return sizeof "https://" + host.len + proxy->target.uri.len;
}

static size_t count(struct slice value, char byte)
{
    size_t found = 0;

    for (size_t i = 0; i < value.len; i++)
        found += value.at[i] == byte;
    return found;
}

/* Tags stand outside of parentheses: <https://host/a> (<opaquelocktoken:…> ["etag"]). */
struct slice http_proxy_map_tags(struct http_proxy *proxy, struct slice value, struct slice host)
{
    size_t size = 3 * value.len + count(value, '<') * growth(proxy, host);
    struct text text = text_in(arena_alloc(&proxy->exchange->arena, size), size);
    size_t i = 0;
    bool inside = false;

    if (text.at == NULL)
        return value;
    while (i < value.len) {
        size_t end =
            inside || value.at[i] != '<' ? SLICE_NOT_FOUND : slice_find(slice_from(value, i), '>');

        text_byte(&text, value.at[i]);
        if (value.at[i] == '(' || value.at[i] == ')')
            inside = value.at[i] == '(';
        i++;
        if (end == SLICE_NOT_FOUND)
            continue;
        text_add(&text, http_proxy_map_url(proxy, slice_part(value, i, end - 1), host));
        i += end - 1;
    }
    return text.overflow ? value : text_slice(&text);
}
