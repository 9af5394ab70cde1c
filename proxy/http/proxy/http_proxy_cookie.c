#include "http/conf/http_conf.h"
#include "http/http_exchange.h"
#include "http/language/http_variables.h"
#include "http/proxy/http_proxy_rules.h"

/* A backend's Set-Cookie: path and domain as the client sees them, flags as the site wants them.
 * What is not touched stays byte for byte. */

/* More attributes than these are not looked at (RFC 6265 4.1.1 knows six). */
#define PARTS_MAX 16
#define BIT(flag) (1u << (flag))

struct cookie {
    struct slice parts[PARTS_MAX]; /* between the ';'; [0] is the name and its value */
    size_t count;
};

static void take_apart(struct slice value, struct cookie *cookie)
{
    cookie->count = 0;
    while (value.at != NULL && cookie->count + 1 < PARTS_MAX)
        cookie->parts[cookie->count++] = slice_trim(slice_cut(&value, ';'));
    if (value.at != NULL)
        cookie->parts[cookie->count++] = slice_trim(value);
}

static struct slice attribute_name(struct slice part)
{
    struct slice rest = part;

    return slice_trim(slice_cut(&rest, '='));
}

static bool is_attribute(struct slice part, struct slice name)
{
    return slice_equal_fold(attribute_name(part), name);
}

static struct slice join(struct arena *arena, struct slice a, struct slice b)
{
    size_t size = a.len + b.len;
    struct text text = text_in(arena_alloc(arena, size), size);

    if (text.at == NULL)
        return SLICE_NONE;
    text_add(&text, a);
    text_add(&text, b);
    return text_slice(&text);
}

/* To rules on domains a dot in front says nothing, and stays. A regular expression sees it. */
static struct slice map_value(struct http_exchange *exchange, const struct http_proxy_rule *rule,
                              enum http_rule_fit fit, struct slice value)
{
    bool is_domain = fit == HTTP_FIT_WHOLE_FOLD && rule->regex == NULL;
    bool has_dot = is_domain && slice_starts(value, SLICE("."));

    if (has_dot)
        value = slice_from(value, 1);
    if (!http_proxy_rule_apply(exchange, rule, fit, &value))
        return SLICE_NONE;
    if (is_domain && slice_starts(value, SLICE(".")))
        value = slice_from(value, 1);
    return has_dot ? join(&exchange->arena, SLICE("."), value) : value;
}

/* The first rule that fits changes the attribute `name`. */
static void map_attribute(struct http_exchange *exchange, const struct http_proxy_rules *rules,
                          struct slice name, enum http_rule_fit fit, struct slice *part)
{
    struct slice value = *part;

    slice_cut(&value, '=');
    value = slice_trim(value);
    for (size_t i = 0; !rules->off && i < rules->count; i++) {
        struct slice mapped = map_value(exchange, &rules->items[i], fit, value);

        if (mapped.at == NULL)
            continue;
        mapped = join(&exchange->arena, join(&exchange->arena, name, SLICE("=")), mapped);
        if (mapped.at != NULL)
            *part = mapped;
        return;
    }
}

static void map_attributes(struct http_exchange *exchange, const struct http_proxy_conf *conf,
                           struct cookie *cookie)
{
    for (size_t i = 1; i < cookie->count; i++) {
        if (is_attribute(cookie->parts[i], SLICE("path")))
            map_attribute(exchange, &conf->proxy_cookie_path, attribute_name(cookie->parts[i]),
                          HTTP_FIT_START, &cookie->parts[i]);
        else if (is_attribute(cookie->parts[i], SLICE("domain")))
            map_attribute(exchange, &conf->proxy_cookie_domain, attribute_name(cookie->parts[i]),
                          HTTP_FIT_WHOLE_FOLD, &cookie->parts[i]);
    }
}

/* Flags. */

static uint32_t flags_of(struct http_exchange *exchange, const struct http_cookie_rule *rule)
{
    uint32_t flags = rule->flags;

    for (size_t i = 0; i < rule->evaluated_count; i++)
        flags |= http_cookie_flag_bit(http_evaluate(exchange, &rule->evaluated[i]));
    return flags;
}

static uint32_t find_flags(struct http_exchange *exchange, const struct http_cookie_rules *rules,
                           struct slice name)
{
    for (size_t i = 0; !rules->off && i < rules->count; i++) {
        const struct http_cookie_rule *rule = &rules->items[i];

        if (rule->regex != NULL ? http_variable_match(exchange, rule->regex, name) == HTTP_MATCHED
                                : slice_equal_fold(http_evaluate(exchange, &rule->name), name))
            return flags_of(exchange, rule);
    }
    return 0;
}

static void drop(struct cookie *cookie, struct slice name)
{
    size_t kept = 1;

    for (size_t i = 1; i < cookie->count; i++)
        if (!is_attribute(cookie->parts[i], name))
            cookie->parts[kept++] = cookie->parts[i];
    cookie->count = kept;
}

static void set(struct cookie *cookie, struct slice name, struct slice text)
{
    drop(cookie, name);
    if (cookie->count < PARTS_MAX)
        cookie->parts[cookie->count++] = text;
}

static const struct {
    uint32_t flag;
    struct slice name, text; /* text.len 0: the attribute goes */
} flag_rows[] = {
    {HTTP_COOKIE_SECURE,      {"secure", 6},   {"Secure", 6}          },
    {HTTP_COOKIE_NO_SECURE,   {"secure", 6},   {"", 0}                },
    {HTTP_COOKIE_HTTPONLY,    {"httponly", 8}, {"HttpOnly", 8}        },
    {HTTP_COOKIE_NO_HTTPONLY, {"httponly", 8}, {"", 0}                },
    {HTTP_COOKIE_STRICT,      {"samesite", 8}, {"SameSite=Strict", 15}},
    {HTTP_COOKIE_LAX,         {"samesite", 8}, {"SameSite=Lax", 12}   },
    {HTTP_COOKIE_NONE,        {"samesite", 8}, {"SameSite=None", 13}  },
    {HTTP_COOKIE_NO_SAMESITE, {"samesite", 8}, {"", 0}                },
};

static void set_flags(uint32_t flags, struct cookie *cookie)
{
    for (size_t i = 0; i < sizeof flag_rows / sizeof flag_rows[0]; i++) {
        if ((flags & BIT(flag_rows[i].flag)) == 0)
            continue;
        if (flag_rows[i].text.len > 0)
            set(cookie, flag_rows[i].name, flag_rows[i].text);
        else
            drop(cookie, flag_rows[i].name);
    }
}

static struct slice put_together(struct arena *arena, const struct cookie *cookie,
                                 struct slice value)
{
    struct text text;
    size_t size = 0;

    for (size_t i = 0; i < cookie->count; i++)
        size += cookie->parts[i].len + 2;
    text = text_in(arena_alloc(arena, size), size);
    if (text.at == NULL)
        return value;
    for (size_t i = 0; i < cookie->count; i++) {
        if (i > 0)
            text_add(&text, SLICE("; "));
        text_add(&text, cookie->parts[i]);
    }
    return text_slice(&text);
}

struct slice http_proxy_cookie(struct http_exchange *exchange, const struct http_proxy_conf *conf,
                               struct slice value)
{
    struct cookie cookie;

    if (conf->proxy_cookie_path.count + conf->proxy_cookie_domain.count +
            conf->proxy_cookie_flags.count ==
        0)
        return value;
    take_apart(value, &cookie);
    if (cookie.count == 0)
        return value;
    map_attributes(exchange, conf, &cookie);
    set_flags(find_flags(exchange, &conf->proxy_cookie_flags, attribute_name(cookie.parts[0])),
              &cookie);
    return put_together(&exchange->arena, &cookie, value);
}
