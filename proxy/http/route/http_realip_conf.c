#include "http/route/http_realip_conf.h"

#include "base/chars.h"
#include "http/conf/http_conf_types.h"

static bool add_network(struct conf_reader *reader, struct networks *networks, struct slice text,
                        struct conf_place place)
{
    struct network network;

    if (!network_parse(text, &network))
        return http_conf_refuse(reader, place, "write an address or `192.0.2.0/24`",
                                "`%.*s` is no network", HTTP_SHOW(text));
    *(struct network *)http_conf_append(reader, (void **)&networks->items, &networks->count,
                                        sizeof network) = network;
    return true;
}

/* Nobody comes by a socket of the file system. */
static bool parse_trusted(struct conf_reader *reader, const struct conf_directive *directive,
                          void *value)
{
    const struct conf_word *word = &directive->words[0];

    return slice_equal(word->text, SLICE("unix:")) ||
           add_network(reader, value, word->text, word->place);
}

static const struct conf_type type_trusted = {"network", parse_trusted};

/* A line of a list: "192.0.2.0/24" or "set_real_ip_from 192.0.2.0/24;". Empty: nothing is in it.
 * What else nginx's lists hold (real_ip_header) is the configuration's to say. */
static struct slice network_of_line(struct slice line)
{
    line = slice_trim(slice_cut(&line, '#'));
    if (line.len > 0 && line.at[line.len - 1] == '\r')
        line = slice_trim(slice_part(line, 0, line.len - 1));
    if (slice_starts(line, SLICE("real_ip_")))
        return SLICE_NONE;
    if (slice_starts(line, SLICE("set_real_ip_from")))
        line = slice_from(line, strlen("set_real_ip_from"));
    return slice_trim(slice_cut(&line, ';'));
}

static bool add_file(struct conf_reader *reader, struct networks *networks,
                     const struct conf_word *word)
{
    struct slice path =
        conf_absolute(&reader->conf->arena, conf_directory(reader->conf), word->text);
    uint32_t index;
    const struct conf_source *source = conf_sources_file(reader->conf->sources, path, &index);
    struct slice rest = source->text;

    if (source->error != 0)
        return conf_fail(reader, word->place, "cannot read %.*s: %s", HTTP_SHOW(path),
                         strerror(source->error));
    for (uint32_t line = 1; rest.len > 0; line++) {
        struct slice text = network_of_line(slice_cut(&rest, '\n'));
        struct conf_place place = {index, line, 1, (uint32_t)text.len};

        if (text.len > 0 && !add_network(reader, networks, text, place))
            return false;
    }
    return true;
}

static bool parse_proxies(struct conf_reader *reader, const struct conf_directive *directive,
                          void *value)
{
    const struct conf_word *words = directive->words;

    if (slice_equal(words[0].text, SLICE("file"))) {
        if (directive->word_count == 2)
            return add_file(reader, value, &words[1]);
        return conf_fail(reader, words[0].place,
                         "`trusted_proxies file` needs the name of one file");
    }
    for (size_t i = 0; i < directive->word_count; i++)
        if (!add_network(reader, value, words[i].text, words[i].place))
            return false;
    return true;
}

static const struct conf_type type_proxies = {"network …", parse_proxies};

static bool parse_recursive(struct conf_reader *reader, const struct conf_directive *directive,
                            void *value)
{
    static const char *const words[] = {"on", "off", NULL};
    const struct conf_word *word = &directive->words[0];
    enum http_recursive *recursive = value;

    if (!slice_equal(word->text, SLICE("on")) && !slice_equal(word->text, SLICE("off")))
        return conf_fail_choice(reader, word, "value", words);
    *recursive = slice_equal(word->text, SLICE("on")) ? HTTP_RECURSIVE_ON : HTTP_RECURSIVE_OFF;
    return true;
}

static const struct conf_type type_recursive = {"on|off", parse_recursive};

static bool parse_field(struct conf_reader *reader, const struct conf_directive *directive,
                        void *value)
{
    const struct conf_word *word = &directive->words[0];

    if (slice_equal(word->text, SLICE("proxy_protocol")))
        return http_conf_refuse(reader, word->place, "let the proxy in front send X-Forwarded-For",
                                "`proxy_protocol` is not supported: http takes no PROXY header");
    if (word->text.len == 0 || !chars_all(word->text, CHARS_TOKEN))
        return conf_fail(reader, word->place, "`%.*s` is no name of a header field",
                         HTTP_SHOW(word->text));
    *(struct slice *)value = word->text;
    return true;
}

static const struct conf_type type_field = {"field", parse_field};

#define CONF_STRUCT struct http_realip
static const struct conf_row rows[] = {
#include "conf/conf_rows.inc"
#include "http/route/http_realip.def"
};

const struct conf_group http_realip_group = {"http_realip", sizeof(struct http_realip), rows,
                                             sizeof rows / sizeof rows[0], NULL};

static void add_all(struct conf_reader *reader, struct networks *all, const struct networks *more)
{
    for (size_t i = 0; i < more->count; i++)
        *(struct network *)http_conf_append(reader, (void **)&all->items, &all->count,
                                            sizeof *more->items) = more->items[i];
}

static void work_out(struct conf_reader *reader, struct http_realip *realip)
{
    bool is_native = realip->trusted_proxies.count > 0;

    if (realip->field.len > 0)
        return;
    add_all(reader, &realip->trusted, &realip->set_real_ip_from);
    add_all(reader, &realip->trusted, &realip->trusted_proxies);
    realip->field = realip->real_ip_header;
    if (realip->field.len == 0)
        realip->field = is_native ? SLICE("X-Forwarded-For") : SLICE("X-Real-IP");
    realip->field_id = http_field_lookup(realip->field);
    realip->is_recursive = realip->real_ip_recursive == HTTP_RECURSIVE_ON ||
                           (is_native && realip->real_ip_recursive == HTTP_RECURSIVE_UNSET);
}

const struct http_realip *http_realip_find(struct conf_reader *reader,
                                           const struct conf_scope *scope)
{
    struct http_realip *realip = conf_values(reader->conf, scope, &http_realip_group);

    while (realip == NULL) { /* an `if` is a part of the block around it */
        scope = scope->parent;
        realip = conf_values(reader->conf, scope, &http_realip_group);
    }
    work_out(reader, realip);
    return realip->trusted.count > 0 ? realip : NULL;
}
