#include "http/language/http_map.h"

#include "http/language/http_variables.h"

const struct http_template *http_map_find(const struct http_map *map, struct slice source)
{
    if (map->takes_hosts && slice_ends(source, SLICE(".")))
        source.len--;
    return http_table_find_host(&map->keys, source, map->has_stars);
}

/* As in nginx, what is empty is not tried, and an expression that takes too long counts as none. */
static const struct http_template *find_pattern(struct http_exchange *exchange,
                                                const struct http_map *map, struct slice source)
{
    for (size_t i = 0; i < map->pattern_count && source.len > 0; i++) {
        switch (http_variable_match(exchange, map->patterns[i].regex, source)) {
        case HTTP_UNMATCHED:
            break;
        case HTTP_MATCHED:
            return map->patterns[i].value;
        case HTTP_MATCH_FAILED:
            return NULL;
        }
    }
    return NULL;
}

static struct slice choose(struct http_exchange *exchange, const struct http_map *map)
{
    struct slice source = http_evaluate(exchange, &map->source);
    const struct http_template *value = http_map_find(map, source);
    struct slice result;

    if (value == NULL)
        value = find_pattern(exchange, map, source);
    if (value == NULL)
        value = map->fallback;
    result = value == NULL ? SLICE("") : http_evaluate(exchange, value);
    return result.at == NULL ? SLICE("") : result;
}

/* $1…$9 belong to the evaluation: whoever asked keeps his own. */
struct slice http_map_value(struct http_exchange *exchange, uint32_t number,
                            const struct http_map *map)
{
    const struct http_captures *captures = exchange->captures;
    struct slice value;

    if (!http_variable_set(exchange, number, SLICE("")))
        return SLICE("");
    value = choose(exchange, map);
    exchange->captures = captures;
    if (!http_variable_set(exchange, number, map->is_volatile ? SLICE_NONE : value))
        return SLICE("");
    return value;
}
