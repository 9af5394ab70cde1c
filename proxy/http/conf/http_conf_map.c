#include "http/conf/http_conf.h"
#include "http/conf/http_conf_types.h"
#include "http/language/http_map.h"

/* map: its lines become a table and a list of expressions. */

struct reading {
    struct conf_reader *reader;
    struct http_map *map;
};

/* A line of one word. */
static bool read_flag(const struct reading *reading, const struct conf_directive *line)
{
    if (line->word_count > 0 || line->is_block)
        return false;
    if (slice_equal(line->name.text, SLICE("hostnames")))
        reading->map->takes_hosts = true;
    else if (slice_equal(line->name.text, SLICE("volatile")))
        reading->map->is_volatile = true;
    else
        return false;
    return true;
}

/* "*.x", ".x", "x.*" become what http_table_find_host looks for. False: it is a key as it stands.
 */
static bool add_host(const struct reading *reading, struct slice key,
                     const struct http_template *value, bool *is_new)
{
    struct http_table *keys = &reading->map->keys;

    if (!reading->map->takes_hosts)
        return false;
    if (slice_starts(key, SLICE("*.")) && key.len > 2) {
        *is_new = http_table_add(keys, HTTP_NAME_LEADING_STAR, slice_from(key, 1), value);
    } else if (slice_starts(key, SLICE(".")) && key.len > 1) {
        *is_new = http_table_add(keys, HTTP_NAME_LEADING_STAR, key, value) &&
                  http_table_add(keys, HTTP_NAME_EXACT, slice_from(key, 1), value);
    } else if (slice_ends(key, SLICE(".*")) && key.len > 2) {
        *is_new =
            http_table_add(keys, HTTP_NAME_TRAILING_STAR, slice_part(key, 0, key.len - 1), value);
    } else {
        return false;
    }
    reading->map->has_stars = true;
    return true;
}

static bool add_pattern(const struct reading *reading, const struct conf_word *key,
                        const struct http_template *value)
{
    struct conf_reader *reader = reading->reader;
    bool any_case = slice_starts(key->text, SLICE("~*"));
    struct http_map_pattern pattern = {.value = value};

    pattern.regex =
        http_conf_regex(reader, slice_from(key->text, any_case ? 2 : 1), key->place, any_case);
    if (pattern.regex == NULL)
        return false;
    *(struct http_map_pattern *)http_conf_append(reader, (void **)&reading->map->patterns,
                                                 &reading->map->pattern_count, sizeof pattern) =
        pattern;
    return true;
}

/* A backslash lets a key begin like something else: "\default". */
static bool add_key(const struct reading *reading, const struct conf_word *key,
                    const struct http_template *value)
{
    struct slice text = key->text;
    bool is_new = false;

    if (slice_equal(text, SLICE("default"))) {
        is_new = reading->map->fallback == NULL;
        reading->map->fallback = value;
    } else if (slice_starts(text, SLICE("~"))) {
        return add_pattern(reading, key, value);
    } else if (!add_host(reading, text, value, &is_new)) {
        is_new = http_table_add(&reading->map->keys, HTTP_NAME_EXACT,
                                slice_from(text, slice_starts(text, SLICE("\\")) ? 1 : 0), value);
    }
    return is_new || conf_fail(reading->reader, key->place, "there is a line for `%.*s` already",
                               HTTP_SHOW(text));
}

static bool read_line(const struct reading *reading, const struct conf_directive *line)
{
    struct http_template *value = arena_zero(&reading->reader->conf->arena, sizeof *value);

    if (line->is_block || line->word_count != 1)
        return http_conf_refuse(reading->reader, line->name.place, "write `key value;`",
                                "a line of `map` is a key and a value");
    return http_conf_template(reading->reader, line->words[0].text, line->words[0].place, value) &&
           add_key(reading, &line->name, value);
}

/* Flags hold for all lines, wherever they stand. */
static bool read_lines(const struct reading *reading, const struct conf_directive *directive)
{
    const struct conf_directive *line;
    size_t count = 0;
    bool good = true;

    for (line = directive->first_child; line != NULL; line = line->next) {
        count++;
        (void)read_flag(reading, line);
    }
    http_table_init(&reading->map->keys, 2 * count, true, &reading->reader->conf->arena);
    for (line = directive->first_child; line != NULL; line = line->next)
        if (!read_flag(reading, line))
            good = read_line(reading, line) && good;
    return good;
}

static bool parse_map(struct conf_reader *reader, const struct conf_directive *directive,
                      void *value)
{
    const struct conf_word *words = directive->words;
    struct reading reading = {reader, arena_zero(&reader->conf->arena, sizeof(struct http_map))};
    uint32_t number;

    (void)value;
    if (!http_conf_variable(reader, &words[1], HTTP_MADE_BY_MAP, &number))
        return false;
    http_conf_registry(reader->conf)->items[number].map = reading.map;
    return http_conf_template(reader, words[0].text, words[0].place, &reading.map->source) &&
           read_lines(&reading, directive);
}

const struct conf_type http_type_map = {CONF_TYPE_BLOCK, parse_map};
