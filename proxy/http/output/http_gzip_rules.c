#include "http/output/http_gzip_rules.h"

#include "http/http_service.h"
#include "http/message/http_date.h"
#include "http/message/http_encoding.h"

/* What `compress on` stands for. Types that gain by it: text, and what is text in other clothes. */
#define COMPRESS_LEVEL      4
#define COMPRESS_LENGTH_MIN 256

static const struct slice compressed_types[] = {
    {"text/html",                 9 },
    {"text/plain",                10},
    {"text/css",                  8 },
    {"text/javascript",           15},
    {"text/xml",                  8 },
    {"text/csv",                  8 },
    {"text/calendar",             13},
    {"text/markdown",             13},
    {"text/vcard",                11},
    {"application/javascript",    22},
    {"application/json",          16},
    {"application/ld+json",       19},
    {"application/manifest+json", 25},
    {"application/xml",           15},
    {"application/xhtml+xml",     21},
    {"application/atom+xml",      20},
    {"application/rss+xml",       19},
    {"application/wasm",          16},
    {"image/svg+xml",             13},
    {"image/bmp",                 9 },
    {"font/ttf",                  8 },
    {"font/otf",                  8 },
};

static struct slice value_of(const struct http_response *response, struct slice name)
{
    for (size_t i = 0; i < response->field_count; i++)
        if (slice_equal_fold(response->fields[i].name, name))
            return response->fields[i].value;
    return SLICE_NONE;
}

/* Without parameters. */
static struct slice type_of(const struct http_response *response)
{
    struct slice value =
        http_field_value(response->fields, response->field_count, HTTP_FIELD_CONTENT_TYPE);

    return slice_trim(slice_cut(&value, ';'));
}

bool http_gzip_is_type(struct slice type, const struct conf_word_list *types)
{
    type = slice_trim(slice_cut(&type, ';'));
    if (type.len == 0)
        return false;
    for (size_t i = 0; i < types->count; i++)
        if (slice_equal_fold(types->words[i].text, type) ||
            slice_equal(types->words[i].text, SLICE("*")))
            return true;
    return slice_equal_fold(type, SLICE("text/html"));
}

static bool is_compressed_type(const struct http_response *response)
{
    struct slice type = type_of(response);

    for (size_t i = 0; i < sizeof compressed_types / sizeof compressed_types[0]; i++)
        if (slice_equal_fold(type, compressed_types[i]))
            return true;
    return false;
}

/* What every answer must fulfil. no-transform: RFC 9111 5.2.2.6. */
static bool is_plain(const struct http_response *response, uint64_t length_min)
{
    return (response->status == 200 || response->status == 403 || response->status == 404) &&
           (response->framing != HTTP_LENGTH || response->content_length >= length_min) &&
           value_of(response, SLICE("Content-Encoding")).len == 0 &&
           !http_value_has_token(value_of(response, SLICE("Cache-Control")), SLICE("no-transform"));
}

static bool is_past(struct http_exchange *exchange, struct slice expires)
{
    int64_t at;

    return http_date_parse(expires, &at) &&
           at < http_content_clock(http_content_of(exchange))->second;
}

/* gzip_proxied, in nginx's order: whether an answer to a proxy (it says Via) may be compressed. */
static bool is_for_proxies(struct http_exchange *exchange, conf_set allowed)
{
    const struct http_request *request = &exchange->request;
    const struct http_response *response = &exchange->response;
    struct slice expires = value_of(response, SLICE("Expires"));
    struct slice control = value_of(response, SLICE("Cache-Control"));

#define MAY(what) ((allowed & 1u << HTTP_PROXIED_##what) != 0)
    if (MAY(OFF))
        return false;
    if (MAY(ANY))
        return true;
    if (MAY(AUTH) &&
        http_field_value(request->fields, request->field_count, HTTP_FIELD_AUTHORIZATION).at !=
            NULL)
        return true;
    if (expires.at != NULL)
        return MAY(EXPIRED) && is_past(exchange, expires);
    if (control.at != NULL)
        return (MAY(NO_CACHE) && http_value_has_token(control, SLICE("no-cache"))) ||
               (MAY(NO_STORE) && http_value_has_token(control, SLICE("no-store"))) ||
               (MAY(PRIVATE) && http_value_has_token(control, SLICE("private")));
    return !(MAY(NO_LAST_MODIFIED) && value_of(response, SLICE("Last-Modified")).at != NULL) &&
           !(MAY(NO_ETAG) && value_of(response, SLICE("ETag")).at != NULL);
#undef MAY
}

static bool has_via(const struct http_request *request)
{
    for (size_t i = 0; i < request->field_count; i++)
        if (slice_equal_fold(request->fields[i].name, SLICE("Via")))
            return true;
    return false;
}

/* gzip_disable. A match that took too long disables nothing. */
static bool is_disabled(struct http_exchange *exchange, const struct http_regexes *disabled)
{
    const struct http_request *request = &exchange->request;
    struct slice agent =
        http_field_value(request->fields, request->field_count, HTTP_FIELD_USER_AGENT);

    for (size_t i = 0; agent.at != NULL && i < disabled->count; i++)
        if (http_regex_match(disabled->items[i], &http_content_of(exchange)->matcher, agent) ==
            HTTP_MATCHED)
            return true;
    return false;
}

static bool takes_gzip(const struct http_request *request)
{
    return http_encoding_accepted(request->fields, request->field_count, SLICE("gzip"));
}

static struct http_gzip_choice choose_by_rules(struct http_exchange *exchange,
                                               const struct http_output_conf *conf)
{
    struct http_gzip_choice choice = {.level = conf->gzip_comp_level};
    const struct http_request *request = &exchange->request;

    if (!conf->gzip || !is_plain(&exchange->response, conf->gzip_min_length) ||
        !http_gzip_is_type(type_of(&exchange->response), &conf->gzip_types))
        return choice;
    choice.varies = conf->gzip_vary;
    choice.compresses = takes_gzip(request) &&
                        (request->minor >= 1 || conf->gzip_http_version == HTTP_GZIP_FOR_1_0) &&
                        (!has_via(request) || is_for_proxies(exchange, conf->gzip_proxied)) &&
                        !is_disabled(exchange, &conf->gzip_disable);
    return choice;
}

struct http_gzip_choice http_gzip_choose(struct http_exchange *exchange,
                                         const struct http_output_conf *conf)
{
    struct http_gzip_choice choice = {.level = COMPRESS_LEVEL, .varies = true};

    if (exchange->parent != NULL)
        return (struct http_gzip_choice){0};
    if (!conf->compress.on)
        return choose_by_rules(exchange, conf);
    if (!is_plain(&exchange->response, COMPRESS_LENGTH_MIN) ||
        !is_compressed_type(&exchange->response))
        return (struct http_gzip_choice){0};
    choice.compresses = takes_gzip(&exchange->request);
    return choice;
}
