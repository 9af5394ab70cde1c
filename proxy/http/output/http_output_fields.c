#include "http/output/http_output_fields.h"

#include "base/chars.h"
#include "http/http_service.h"
#include "http/language/http_variables.h"
#include "http/message/http_date.h"
#include "http/output/http_gzip_rules.h"

bool http_output_has_field(const struct http_response *response, struct slice name)
{
    for (size_t i = 0; i < response->field_count; i++)
        if (slice_equal_fold(response->fields[i].name, name))
            return true;
    return false;
}

void http_output_drop_field(struct http_exchange *exchange, struct slice name)
{
    struct http_response *response = &exchange->response;
    size_t kept = 0;

    for (size_t i = 0; i < response->field_count; i++)
        if (!slice_equal_fold(response->fields[i].name, name))
            response->fields[kept++] = response->fields[i];
    response->field_count = kept;
}

static void set_field(struct http_exchange *exchange, struct slice name, struct slice value)
{
    http_output_drop_field(exchange, name);
    if (value.len > 0)
        http_exchange_add_field(exchange, name, value);
}

/* nginx's list: `expires`, and `add_header` without `always`, are not for errors. */
static bool is_good(unsigned status)
{
    switch (status) {
    case 200:
    case 201:
    case 204:
    case 206:
    case 301:
    case 302:
    case 303:
    case 304:
    case 307:
    case 308:
        return true;
    default:
        return false;
    }
}

/* expires */

static int64_t modified_at(const struct http_response *response)
{
    int64_t seconds = -1;

    for (size_t i = 0; i < response->field_count; i++)
        if (slice_equal_fold(response->fields[i].name, SLICE("Last-Modified")) &&
            !http_date_parse(response->fields[i].value, &seconds))
            seconds = -1;
    return seconds;
}

/* A value that means nothing sets nothing, as in nginx. */
static struct http_expires rule_for(struct http_exchange *exchange,
                                    const struct http_expires_rule *rule)
{
    struct http_expires expires = rule->fixed;
    const char *why;

    if (rule->has_template && !http_expires_parse(http_evaluate(exchange, &rule->text),
                                                  rule->is_modified, &expires, &why))
        expires.kind = HTTP_EXPIRES_OFF;
    return expires;
}

static void set_expires(struct http_exchange *exchange, const struct http_expires_rule *rule)
{
    struct http_expires expires = rule_for(exchange, rule);
    const struct http_clock *clock = http_content_clock(http_content_of(exchange));
    struct http_expiry expiry;
    char date[HTTP_DATE_LEN];

    if (expires.kind == HTTP_EXPIRES_OFF)
        return;
    expiry = http_expires_at(&expires, clock->second, modified_at(&exchange->response));
    http_date_format(expiry.at, date);
    set_field(exchange, SLICE("Expires"),
              arena_keep(&exchange->arena, (struct slice){date, sizeof date}));
    set_field(exchange, SLICE("Cache-Control"),
              expiry.max_age < 0
                  ? SLICE("no-cache")
                  : arena_format(&exchange->arena, "max-age=%lld", (long long)expiry.max_age));
}

/* add_header */

/* Those of which an answer has one at most: the one given here. */
static bool replaces(const struct http_added_field *field)
{
    return field->id == HTTP_FIELD_SERVER ||
           slice_equal_fold(field->name, SLICE("Last-Modified")) ||
           slice_equal_fold(field->name, SLICE("ETag"));
}

static void add_own_fields(struct http_exchange *exchange, const struct http_added_fields *fields,
                           bool good)
{
    for (size_t i = 0; i < fields->count; i++) {
        const struct http_added_field *field = &fields->items[i];
        struct slice value;

        if (!good && !field->always)
            continue;
        value = http_evaluate(exchange, &field->value);
        if (field->id == HTTP_FIELD_SERVER)
            exchange->response.hides_server = true;
        if (replaces(field))
            set_field(exchange, field->name, value);
        else if (value.len > 0)
            http_exchange_add_field(exchange, field->name, value);
    }
}

/* security_headers: what is usual and what is strict. The backend's own word counts more. */
static const struct {
    struct slice name, basic, strict; /* empty: not sent */
} security_fields[] = {
    {{"X-Content-Type-Options", 22},       {"nosniff", 7},                          {"nosniff", 7}                                  },
    {{"X-Frame-Options", 15},              {"SAMEORIGIN", 10},                      {"DENY", 4}                                     },
    {{"Referrer-Policy", 15},              {"strict-origin-when-cross-origin", 31}, {"no-referrer", 11}                             },
    {{"Cross-Origin-Opener-Policy", 26},   {NULL, 0},                               {"same-origin", 11}                             },
    {{"Cross-Origin-Resource-Policy", 28}, {NULL, 0},                               {"same-origin", 11}                             },
    {{"Permissions-Policy", 18},           {NULL, 0},                               {"camera=(), geolocation=(), microphone=()", 40}},
    {{"Content-Security-Policy", 23},
     {NULL, 0},
     {"default-src 'self'; object-src 'none'; base-uri 'self'; frame-ancestors 'none'", 78}                                         },
};

static void add_security_fields(struct http_exchange *exchange, conf_choice level)
{
    for (size_t i = 0; i < sizeof security_fields / sizeof security_fields[0]; i++) {
        struct slice name = security_fields[i].name;
        struct slice value =
            level == HTTP_SECURITY_STRICT ? security_fields[i].strict : security_fields[i].basic;

        if (value.len > 0 && !http_output_has_field(&exchange->response, name))
            http_exchange_add_field(exchange, name, value);
    }
}

void http_output_add_fields(struct http_exchange *exchange, const struct http_output_conf *conf)
{
    bool good = is_good(exchange->response.status);

    if (exchange->parent != NULL)
        return;
    if (good)
        set_expires(exchange, &conf->expires);
    add_own_fields(exchange, &conf->fields, good);
    if (conf->security_headers != HTTP_SECURITY_OFF)
        add_security_fields(exchange, conf->security_headers);
    if (conf->hsts.value.len > 0 && session_is_secure(exchange->session))
        set_field(exchange, SLICE("Strict-Transport-Security"), conf->hsts.value);
    if (conf->server_tokens == HTTP_SERVER_NONE)
        exchange->response.hides_server = true;
}

static bool names_charset(struct slice type)
{
    for (size_t i = 0; i < type.len; i++)
        if (type.at[i] == ';' &&
            slice_starts_fold(slice_trim(slice_from(type, i + 1)), SLICE("charset=")))
            return true;
    return false;
}

struct slice http_output_with_charset(struct http_exchange *exchange,
                                      const struct http_output_conf *conf, struct slice type)
{
    struct slice name, value;

    if (!conf->charset.on || names_charset(type) || !http_gzip_is_type(type, &conf->charset_types))
        return type;
    name = http_evaluate(exchange, &conf->charset.name);
    if (name.len == 0 || !chars_all(name, CHARS_TOKEN))
        return type;
    value = arena_format(&exchange->arena, "%.*s; charset=%.*s", (int)type.len, type.at,
                         (int)name.len, name.at);
    return value.at != NULL ? value : type;
}

void http_output_add_charset(struct http_exchange *exchange, const struct http_output_conf *conf)
{
    struct http_response *response = &exchange->response;
    unsigned status = response->status;

    if (!conf->charset.on || status == 301 || status == 302) /* their pages are nobody's text */
        return;
    for (size_t i = 0; i < response->field_count; i++)
        if (response->fields[i].id == HTTP_FIELD_CONTENT_TYPE)
            response->fields[i].value =
                http_output_with_charset(exchange, conf, response->fields[i].value);
}
