/* Destination, If and Set-Cookie in any bytes: what peers say, rewritten for the other side.
 * Nothing is ever written that would end a line. */
#include "base/chars.h"
#include "base/ensure.h"
#include "http/proxy/http_proxy_private.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct http_template_part from = {
    .text = {"/up/", 4}
};
static const struct http_template_part to = {
    .text = {"/a/", 3}
};
static const struct http_template_part domain = {
    .text = {"old.test", 8}
};

static void check(struct slice value, struct slice mapped)
{
    if (chars_all(value, CHARS_FIELD))
        ensure(chars_all(mapped, CHARS_FIELD));
}

static void map(struct http_proxy *proxy, struct slice value, bool has_uri)
{
    proxy->target.has_uri = has_uri;
    proxy->target.uri = has_uri ? SLICE("/up/") : SLICE_NONE;
    arena_init(&proxy->exchange->arena, 262144);
    check(value, http_proxy_map_url(proxy, value, SLICE("inside:81")));
    check(value, http_proxy_map_tags(proxy, value, SLICE("inside:81")));
    check(value, http_proxy_cookie(proxy->exchange, proxy->conf, value));
    arena_deinit(&proxy->exchange->arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct http_proxy_rule path = {
        .pattern = {&from, 1},
          .replacement = {&to,   1}
    };
    struct http_proxy_rule host = {
        .pattern = {&domain, 1},
          .replacement = {&to,     1}
    };
    struct http_cookie_rule flags = {
        .name = {&domain, 1},
          .flags = 1 << HTTP_COOKIE_SECURE
    };
    struct http_proxy_conf conf = {
        .proxy_cookie_path = {&path,  1, false},
        .proxy_cookie_domain = {&host,  1, false},
        .proxy_cookie_flags = {&flags, 1, false},
    };
    struct http_location location = {.path = SLICE("/dav/"), .proxy = &conf};
    struct session session = {0};
    struct http_exchange exchange = {.session = &session, .location = &location};
    struct http_proxy proxy = {.exchange = &exchange, .conf = &conf};
    struct slice value = {(const char *)data, size};

    exchange.request.authority = SLICE("edge");
    map(&proxy, value, false);
    map(&proxy, value, true);
    return 0;
}
