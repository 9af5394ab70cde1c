#include "http/conf/http_conf.h"
#include "http/conf/http_conf_types.h"
#include "http/language/http_geo.h"

/* geo: its lines become a sorted list of networks. */

struct refused_line {
    const char *name, *help;
};

static const struct refused_line refused[] = {
    {"proxy",           "set_real_ip_from tells $remote_addr of clients behind a proxy"},
    {"proxy_recursive", "real_ip_recursive does that for $remote_addr"                 },
    {"delete",          "leave out the line that adds the network"                     },
};

static bool check_refused(struct conf_reader *reader, const struct conf_directive *line)
{
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        if (slice_equal(line->name.text, slice_of(refused[i].name)))
            return http_conf_refuse(reader, line->name.place, refused[i].help,
                                    "`%s` in `geo` is not supported", refused[i].name);
    return true;
}

static bool read_line(struct conf_reader *reader, const struct conf_directive *line,
                      struct http_geo *geo)
{
    struct arena *arena = &reader->conf->arena;
    struct http_network network;

    if (!check_refused(reader, line))
        return false;
    if (line->word_count == 0 && slice_equal(line->name.text, SLICE("ranges")))
        return true; /* a range is known by its form */
    if (line->is_block || line->word_count != 1)
        return http_conf_refuse(reader, line->name.place, "write `192.0.2.0/24 value;`",
                                "a line of `geo` is a network and a value");
    if (slice_equal(line->name.text, SLICE("default"))) {
        geo->fallback = line->words[0].text;
    } else if (http_geo_parse_network(line->name.text, &network)) {
        network.value = line->words[0].text;
        http_geo_add(geo, arena, network);
    } else if (!http_geo_add_range(geo, arena, line->name.text, line->words[0].text)) {
        return http_conf_refuse(reader, line->name.place,
                                "write `192.0.2.0/24`, `2001:db8::/32` or `192.0.2.1-192.0.2.9`",
                                "`%.*s` is no network", HTTP_SHOW(line->name.text));
    }
    return true;
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
    http_geo_sort(geo);
    return good;
}

const struct conf_type http_type_geo = {CONF_TYPE_BLOCK, parse_geo};
