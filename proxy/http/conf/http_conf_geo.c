#include "http/conf/http_conf.h"
#include "http/conf/http_conf_types.h"
#include "http/language/http_geo.h"

/* geo: its lines become a sorted list of networks, or of ranges. */

static void warn(struct conf_reader *reader, const struct conf_word *word, const char *words)
{
    conf_report_add(reader->report, CONF_WARNING, word->place, words, HTTP_SHOW(word->text));
}

static bool refuse_range(struct conf_reader *reader, const struct conf_word *word)
{
    return http_conf_refuse(reader, word->place, "write `192.0.2.1-192.0.2.9`",
                            "`%.*s` is no range of IPv4 addresses", HTTP_SHOW(word->text));
}

static bool refuse_network(struct conf_reader *reader, const struct conf_word *word)
{
    struct http_geo_range range;

    return http_conf_refuse(reader, word->place,
                            http_geo_range_parse(word->text, &range)
                                ? "write `ranges;` before all ranges"
                                : "write `192.0.2.0/24` or `2001:db8::/32`",
                            "`%.*s` is no network", HTTP_SHOW(word->text));
}

static bool add_range(struct conf_reader *reader, const struct conf_word *word, struct slice value,
                      struct http_geo *geo)
{
    struct http_geo_range range;

    if (!http_geo_range_parse(word->text, &range))
        return refuse_range(reader, word);
    range.value = value;
    switch (http_geo_ranges_add(geo->ranges, &range)) {
    case HTTP_GEO_RANGE_OVERLAPS:
        return http_conf_refuse(reader, word->place, "a range may lie within an earlier one",
                                "the range `%.*s` overlaps an earlier one", HTTP_SHOW(word->text));
    case HTTP_GEO_RANGE_REPLACED:
        warn(reader, word, "`%.*s` is there already: this value counts");
        break;
    case HTTP_GEO_RANGE_ADDED:
        break;
    }
    return true;
}

static bool add_network(struct conf_reader *reader, const struct conf_word *word,
                        struct slice value, struct http_geo *geo)
{
    struct http_network network;

    if (!http_geo_parse_network(word->text, &network))
        return refuse_network(reader, word);
    network.value = value;
    http_geo_add(geo, &reader->conf->arena, network);
    return true;
}

static bool delete_one(struct conf_reader *reader, const struct conf_word *word,
                       struct http_geo *geo)
{
    struct http_network network;
    struct http_geo_range range;
    bool is_there;

    if (geo->ranges != NULL && !http_geo_range_parse(word->text, &range))
        return refuse_range(reader, word);
    if (geo->ranges == NULL && !http_geo_parse_network(word->text, &network))
        return refuse_network(reader, word);
    is_there = geo->ranges != NULL ? http_geo_ranges_delete(geo->ranges, &range)
                                   : http_geo_delete(geo, &network);
    if (!is_there)
        warn(reader, word, "there is no `%.*s` to delete");
    return true;
}

static bool add_proxy(struct conf_reader *reader, const struct conf_word *word,
                      struct http_geo *geo)
{
    struct network network;

    if (!network_parse(word->text, &network))
        return refuse_network(reader, word);
    *(struct network *)http_conf_append(reader, (void **)&geo->proxies.items, &geo->proxies.count,
                                        sizeof network) = network;
    return true;
}

static void set_default(struct conf_reader *reader, struct slice value, struct http_geo *geo)
{
    if (geo->ranges != NULL)
        geo->fallback = value;
    else
        http_geo_add_default(geo, &reader->conf->arena, value);
}

static bool begin_ranges(struct conf_reader *reader, const struct conf_word *word,
                         struct http_geo *geo)
{
    if (geo->count > 0)
        return http_conf_refuse(reader, word->place, "write it before them",
                                "`ranges` stands behind networks");
    if (geo->ranges == NULL) {
        geo->ranges = arena_zero(&reader->conf->arena, sizeof *geo->ranges);
        http_geo_ranges_begin(geo->ranges);
    }
    return true;
}

static bool read_pair(struct conf_reader *reader, const struct conf_directive *line,
                      struct http_geo *geo)
{
    const struct conf_word *name = &line->name, *word = &line->words[0];

    if (slice_equal(name->text, SLICE("proxy")))
        return add_proxy(reader, word, geo);
    if (slice_equal(name->text, SLICE("delete")))
        return delete_one(reader, word, geo);
    if (slice_equal(name->text, SLICE("default"))) {
        set_default(reader, word->text, geo);
        return true;
    }
    return geo->ranges != NULL ? add_range(reader, name, word->text, geo)
                               : add_network(reader, name, word->text, geo);
}

static bool read_line(struct conf_reader *reader, const struct conf_directive *line,
                      struct http_geo *geo)
{
    if (!line->is_block && line->word_count == 1)
        return read_pair(reader, line, geo);
    if (!line->is_block && line->word_count == 0) {
        if (slice_equal(line->name.text, SLICE("ranges")))
            return begin_ranges(reader, &line->name, geo);
        if (slice_equal(line->name.text, SLICE("proxy_recursive"))) {
            geo->is_recursive = true;
            return true;
        }
    }
    return http_conf_refuse(reader, line->name.place, "write `192.0.2.0/24 value;`",
                            "a line of `geo` is a network and a value");
}

static void finish(struct conf_reader *reader, struct http_geo *geo)
{
    if (geo->ranges != NULL)
        http_geo_ranges_finish(geo->ranges, &reader->conf->arena);
    else
        http_geo_sort(geo);
}

/* `geo $variable` goes by the client's address, `geo $address $variable` by another. */
static bool parse_geo(struct conf_reader *reader, const struct conf_directive *directive,
                      void *value)
{
    bool has_source = directive->word_count == 2;
    const struct conf_word *source = &directive->words[0];
    struct http_geo *geo = arena_zero(&reader->conf->arena, sizeof *geo);
    uint32_t number;
    bool good = true;

    (void)value;
    geo->fallback = SLICE("");
    if (!http_conf_variable(reader, &directive->words[has_source ? 1 : 0], HTTP_MADE_BY_GEO,
                            &number) ||
        !http_conf_template(reader, has_source ? source->text : SLICE("$remote_addr"),
                            source->place, &geo->source))
        return false;
    http_conf_registry(reader->conf)->items[number].geo = geo;
    for (const struct conf_directive *line = directive->first_child; line != NULL;
         line = line->next)
        good = read_line(reader, line, geo) && good;
    finish(reader, geo);
    return good;
}

const struct conf_type http_type_geo = {CONF_TYPE_BLOCK, parse_geo};
