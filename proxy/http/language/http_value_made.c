#include "base/log.h"
#include "http/http_service.h"
#include "http/language/http_geo.h"
#include "http/language/http_map.h"
#include "http/language/http_registry.h"
#include "http/language/http_split.h"
#include "http/language/http_value.h"
#include "http/language/http_variables.h"

/* Variables: those that the configuration makes, and $1…$9. */

/* A subrequest has none of its own. */
static struct http_exchange *owner_of(struct http_exchange *exchange)
{
    while (exchange->parent != NULL)
        exchange = exchange->parent;
    return exchange;
}

static bool make_room(struct http_exchange *owner)
{
    size_t count = http_content_of(owner)->variables->count;

    if (owner->values == NULL)
        owner->values = arena_zero(&owner->arena, count * sizeof *owner->values);
    return owner->values != NULL;
}

bool http_variable_set(struct http_exchange *exchange, uint32_t number, struct slice value)
{
    struct http_exchange *owner = owner_of(exchange);

    if (owner != exchange && value.at != NULL) {
        value = arena_keep(&owner->arena, value);
        if (value.at == NULL)
            return false;
    }
    if (!make_room(owner))
        return false;
    owner->values[number] = value;
    return true;
}

struct slice http_value_made(struct http_exchange *exchange, const struct http_template_part *part)
{
    const struct http_made_variable *made =
        &http_content_of(exchange)->variables->items[part->number];
    const struct http_exchange *owner = owner_of(exchange);

    if (owner->values != NULL && owner->values[part->number].at != NULL)
        return owner->values[part->number];
    switch (made->origin) {
    case HTTP_MADE_BY_MAP:
        return http_map_value(exchange, part->number, made->map);
    case HTTP_MADE_BY_GEO:
        return http_geo_value(exchange, part->number, made->geo);
    case HTTP_MADE_BY_SPLIT:
        return http_split_value(exchange, part->number, made->split);
    case HTTP_MADE_BY_SET:
        return SLICE("");
    case HTTP_MADE_BY_CODE:
    case HTTP_MADE_NOWHERE:
        break;
    }
    return SLICE_NONE;
}

struct slice http_value_capture(struct http_exchange *exchange,
                                const struct http_template_part *part)
{
    return exchange->captures == NULL ? SLICE_NONE : exchange->captures->items[part->number];
}

bool http_variable_keep_groups(struct http_exchange *exchange, const struct http_regex *regex,
                               const struct http_matcher *matcher)
{
    struct http_captures *captures = arena_alloc(&exchange->arena, sizeof *captures);

    if (captures == NULL)
        return false;
    for (size_t i = 0; i < HTTP_CAPTURES; i++)
        captures->items[i] = http_matcher_group(matcher, i);
    exchange->captures = captures;
    for (size_t i = 0; i < regex->name_count; i++)
        if (!http_variable_set(exchange, regex->names[i].variable,
                               http_matcher_group(matcher, regex->names[i].group)))
            return false;
    return true;
}

enum http_match_result http_variable_match(struct http_exchange *exchange,
                                           const struct http_regex *regex, struct slice subject)
{
    struct http_matcher *matcher = &http_content_of(exchange)->matcher;
    enum http_match_result result = http_regex_match(regex, matcher, subject);

    if (result == HTTP_MATCHED && !http_variable_keep_groups(exchange, regex, matcher))
        result = HTTP_MATCH_FAILED;
    if (result == HTTP_MATCH_FAILED)
        http_exchange_log(exchange, LOG_ALERT,
                          "matching \"%s\" with the regular expression \"%.*s\" takes too much",
                          log_escape(subject).text, (int)regex->pattern.len, regex->pattern.at);
    return result;
}
