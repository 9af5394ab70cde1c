#include "http/access/http_limit_conf.h"

#include "base/number.h"
#include "http/conf/http_conf.h"
#include "http/conf/http_conf_types.h"

#define ZONE_LEAST (32u << 10) /* nginx's eight pages */
#define ZONE_MOST  (1u << 30)
#define RATE_MOST  1000000
#define BURST_MOST (HTTP_LIMIT_EXCESS_MAX / 1000)

#define CONN_MOST  65535
#define IP_ZONE    (4u << 20)

static const struct conf_bounds status_bounds = {400, 599};
static const struct conf_bounds conn_bounds = {1, CONN_MOST};
static const char *const level_words[] = {"info", "notice", "warn", "error", NULL};

static bool is_parameter(struct slice text, const char *name, struct slice *value)
{
    if (!slice_starts(text, slice_of(name)))
        return false;
    *value = slice_from(text, strlen(name));
    return true;
}

/* "name:10m" */
static bool parse_zone_name(struct conf_reader *reader, const struct conf_word *word,
                            struct slice value, struct slice *name, uint64_t *size)
{
    *name = slice_cut(&value, ':');
    if (name->len > 0 && number_parse_size(value, ZONE_MOST, size) && *size >= ZONE_LEAST)
        return true;
    return http_conf_refuse(reader, word->place, "write `zone=name:10m`",
                            "a zone has a name and a size of 32k to 1g");
}

/* "10r/s", "30r/m" */
static bool parse_rate(struct conf_reader *reader, const struct conf_word *word, struct slice value,
                       uint32_t *rate)
{
    bool by_minute = slice_ends(value, SLICE("r/m"));
    struct slice digits = slice_part(value, 0, value.len < 3 ? 0 : value.len - 3);
    uint64_t number;

    if ((!by_minute && !slice_ends(value, SLICE("r/s"))) ||
        !number_parse(digits, RATE_MOST, &number) || number == 0)
        return http_conf_refuse(reader, word->place, "write `rate=10r/s` or `rate=30r/m`",
                                "`%.*s` is no rate", HTTP_SHOW(value));
    *rate = (uint32_t)(number * 1000 / (by_minute ? 60 : 1));
    return true;
}

static bool parse_req_zone_word(struct conf_reader *reader, const struct conf_word *word,
                                struct http_req_zone *zone)
{
    static const char *const known[] = {"zone=", "rate=", NULL};
    struct slice value;

    if (is_parameter(word->text, "zone=", &value))
        return parse_zone_name(reader, word, value, &zone->name, &zone->size);
    if (is_parameter(word->text, "rate=", &value))
        return parse_rate(reader, word, value, &zone->rate);
    if (slice_equal(word->text, SLICE("sync")))
        return http_conf_refuse(reader, word->place, "leave it out",
                                "`sync` is of NGINX Plus alone");
    return conf_fail_choice(reader, word, "parameter", known);
}

static bool parse_req_zone(struct conf_reader *reader, const struct conf_directive *directive,
                           void *value)
{
    struct http_req_zones *zones = value;
    const struct conf_word *key = &directive->words[0];
    struct http_req_zone zone = {.key_text = key->text, .place = key->place};

    for (size_t i = 1; i < directive->word_count; i++)
        if (!parse_req_zone_word(reader, &directive->words[i], &zone))
            return false;
    if (zone.name.len == 0 || zone.rate == 0)
        return conf_fail(reader, directive->name.place, "`limit_req_zone` needs zone= and rate=");
    for (size_t i = 0; i < zones->count; i++)
        if (slice_equal(zones->items[i].name, zone.name))
            return conf_fail(reader, directive->name.place, "there is a zone `%.*s` already",
                             HTTP_SHOW(zone.name));
    if (!http_conf_template(reader, key->text, key->place, &zone.key))
        return false;
    zone.shared = arena_format(&reader->conf->arena, "limit_req %.*s %.*s", HTTP_SHOW(zone.name),
                               HTTP_SHOW(zone.key_text));
    *(struct http_req_zone *)http_conf_append(reader, (void **)&zones->items, &zones->count,
                                              sizeof zone) = zone;
    return true;
}

static const struct conf_type type_req_zone = {"zone", parse_req_zone};

static bool parse_requests(struct conf_reader *reader, const struct conf_word *word,
                           struct slice value, uint32_t *thousandths)
{
    uint64_t number;

    if (!number_parse(value, BURST_MOST, &number))
        return conf_fail(reader, word->place, "`%.*s` is no number up to %u", HTTP_SHOW(value),
                         BURST_MOST);
    *thousandths = (uint32_t)number * 1000;
    return true;
}

static bool parse_req_word(struct conf_reader *reader, const struct conf_word *word,
                           struct http_req_limit *limit)
{
    static const char *const known[] = {"zone=", "burst=", "delay=", "nodelay", NULL};
    struct slice value;

    if (is_parameter(word->text, "burst=", &value))
        return parse_requests(reader, word, value, &limit->burst);
    if (is_parameter(word->text, "delay=", &value))
        return parse_requests(reader, word, value, &limit->delay);
    if (is_parameter(word->text, "zone=", &limit->zone_name))
        return true;
    limit->no_delay = slice_equal(word->text, SLICE("nodelay"));
    return limit->no_delay || conf_fail_choice(reader, word, "parameter", known);
}

static bool parse_req(struct conf_reader *reader, const struct conf_directive *directive,
                      void *value)
{
    struct http_req_limits *limits = value;
    struct http_req_limit limit = {.place = directive->words[0].place};

    for (size_t i = 0; i < directive->word_count; i++)
        if (!parse_req_word(reader, &directive->words[i], &limit))
            return false;
    if (limit.zone_name.len == 0)
        return conf_fail(reader, directive->name.place, "`limit_req` needs zone=");
    for (size_t i = 0; i < limits->count; i++)
        if (slice_equal(limits->items[i].zone_name, limit.zone_name))
            return conf_fail(reader, directive->name.place, "`%.*s` limits here already",
                             HTTP_SHOW(limit.zone_name));
    *(struct http_req_limit *)http_conf_append(reader, (void **)&limits->items, &limits->count,
                                               sizeof limit) = limit;
    return true;
}

static const struct conf_type type_req = {"zone", parse_req};

/* limit_conn */

static bool parse_conn_zone(struct conf_reader *reader, const struct conf_directive *directive,
                            void *value)
{
    struct http_conn_zones *zones = value;
    const struct conf_word *key = &directive->words[0], *where = &directive->words[1];
    struct http_conn_zone zone = {.key_text = key->text};
    struct slice text;

    if (!is_parameter(where->text, "zone=", &text))
        return http_conf_refuse(reader, where->place, "write `zone=name:10m`",
                                "`limit_conn_zone` needs zone=");
    if (!parse_zone_name(reader, where, text, &zone.name, &zone.size))
        return false;
    for (size_t i = 0; i < zones->count; i++)
        if (slice_equal(zones->items[i].name, zone.name))
            return conf_fail(reader, where->place, "there is a zone `%.*s` already",
                             HTTP_SHOW(zone.name));
    if (!http_conf_template(reader, key->text, key->place, &zone.key))
        return false;
    zone.shared = arena_format(&reader->conf->arena, "limit_conn %.*s %.*s", HTTP_SHOW(zone.name),
                               HTTP_SHOW(zone.key_text));
    *(struct http_conn_zone *)http_conf_append(reader, (void **)&zones->items, &zones->count,
                                               sizeof zone) = zone;
    return true;
}

static const struct conf_type type_conn_zone = {"zone", parse_conn_zone};

static bool parse_conn(struct conf_reader *reader, const struct conf_directive *directive,
                       void *value)
{
    struct http_conn_limits *limits = value;
    const struct conf_word *name = &directive->words[0], *most = &directive->words[1];
    struct http_conn_limit limit = {.zone_name = name->text, .place = name->place};
    uint64_t number;

    if (!number_parse(most->text, CONN_MOST, &number) || number == 0)
        return conf_fail(reader, most->place, "`%.*s` is no number from 1 to %d",
                         HTTP_SHOW(most->text), CONN_MOST);
    for (size_t i = 0; i < limits->count; i++)
        if (slice_equal(limits->items[i].zone_name, name->text))
            return conf_fail(reader, name->place, "`%.*s` limits here already",
                             HTTP_SHOW(name->text));
    limit.most = (uint32_t)number;
    *(struct http_conn_limit *)http_conf_append(reader, (void **)&limits->items, &limits->count,
                                                sizeof limit) = limit;
    return true;
}

static const struct conf_type type_conn = {"zone", parse_conn};

static void check(struct conf_reader *reader, const struct conf_scope *scope, void *values);

#define CONF_STRUCT struct http_limits
static const struct conf_row rows[] = {
#include "conf/conf_rows.inc"
#include "http/access/http_limit.def"
};

const struct conf_group http_limit_group = {"http_limit", sizeof(struct http_limits), rows,
                                            sizeof rows / sizeof rows[0], check};

static const struct http_limits *of_http(const struct conf *conf, const struct conf_scope *scope)
{
    while (scope->context != CONF_HTTP)
        scope = scope->parent;
    return conf_values(conf, scope, &http_limit_group);
}

static const struct http_req_zone *find_zone(const struct http_limits *http, struct slice name)
{
    for (size_t i = 0; i < http->limit_req_zone.count; i++)
        if (slice_equal(http->limit_req_zone.items[i].name, name))
            return &http->limit_req_zone.items[i];
    return NULL;
}

static const struct http_conn_zone *find_conn_zone(const struct http_limits *http,
                                                   struct slice name)
{
    for (size_t i = 0; i < http->limit_conn_zone.count; i++)
        if (slice_equal(http->limit_conn_zone.items[i].name, name))
            return &http->limit_conn_zone.items[i];
    return NULL;
}

static void check(struct conf_reader *reader, const struct conf_scope *scope, void *values)
{
    struct http_limits *limits = values;
    const struct http_limits *http = of_http(reader->conf, scope);

    for (size_t i = 0; i < limits->limit_req.count; i++) {
        struct http_req_limit *limit = &limits->limit_req.items[i];

        limit->zone = find_zone(http, limit->zone_name);
        if (limit->zone == NULL)
            http_conf_refuse(reader, limit->place, "write `limit_req_zone` in http",
                             "there is no limit_req_zone `%.*s`", HTTP_SHOW(limit->zone_name));
    }
    for (size_t i = 0; i < limits->limit_conn.count; i++) {
        struct http_conn_limit *limit = &limits->limit_conn.items[i];

        limit->zone = find_conn_zone(http, limit->zone_name);
        if (limit->zone == NULL)
            http_conf_refuse(reader, limit->place, "write `limit_conn_zone` in http",
                             "there is no limit_conn_zone `%.*s`", HTTP_SHOW(limit->zone_name));
    }
}

const struct http_limits *http_limit_find(struct conf_reader *reader,
                                          const struct conf_scope *scope)
{
    const struct http_limits *limits = conf_values(reader->conf, scope, &http_limit_group);

    while (limits == NULL) { /* a nameless block is a part of the one around it */
        scope = scope->parent;
        limits = conf_values(reader->conf, scope, &http_limit_group);
    }
    return limits->limit_req.count > 0 || limits->limit_conn.count > 0 || limits->limit_conn_ip > 0
               ? limits
               : NULL;
}

/* Somewhere in this block or inside. */
static bool limits_addresses(const struct conf *conf, const struct conf_scope *scope)
{
    const struct http_limits *limits = conf_values(conf, scope, &http_limit_group);

    if (limits != NULL && limits->limit_conn_ip > 0)
        return true;
    for (const struct conf_scope *inner = scope->first_child; inner != NULL; inner = inner->next)
        if (limits_addresses(conf, inner))
            return true;
    return false;
}

void http_limit_zones(const struct conf *conf, struct shared_zones *zones)
{
    const struct conf_scope *http = conf_first(conf->main, CONF_HTTP);
    const struct http_limits *limits =
        http == NULL ? NULL : conf_values(conf, http, &http_limit_group);

    for (size_t i = 0; limits != NULL && i < limits->limit_req_zone.count; i++) {
        const struct http_req_zone *zone = &limits->limit_req_zone.items[i];

        shared_zones_add(zones, zone->shared, zone->size, 0);
    }
    for (size_t i = 0; limits != NULL && i < limits->limit_conn_zone.count; i++) {
        const struct http_conn_zone *zone = &limits->limit_conn_zone.items[i];

        shared_zones_add(zones, zone->shared, zone->size, SHARED_LANES);
    }
    if (http != NULL && limits_addresses(conf, http))
        shared_zones_add(zones, HTTP_LIMIT_IP_ZONE, IP_ZONE, SHARED_LANES);
}
