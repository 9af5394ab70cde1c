#include "http/language/http_template.h"

#include "base/chars.h"
#include "conf/conf_block.h"
#include "http/language/http_registry.h"

#include <string.h>

struct variable_name {
    const char *text;
    bool is_prefix;
};

#define NAME_COUNT HTTP_VARIABLE_CAPTURE

static const struct variable_name names[NAME_COUNT] = {
#define VARIABLE(name, text, is_prefix, value) [HTTP_VARIABLE_##name] = {text, is_prefix},
#include "http/language/http_variables.def"
#undef VARIABLE
};

static const char *const words[] = {
#define VARIABLE(name, text, is_prefix, value) text,
#include "http/language/http_variables.def"
#undef VARIABLE
    NULL,
};

static bool is_name_byte(char byte)
{
    return chars_is(byte, CHARS_ALPHA | CHARS_DIGIT) || byte == '_';
}

/* A whole name, or the longest beginning that one of the prefix variables has. */
static enum http_variable find(struct slice name)
{
    enum http_variable best = HTTP_VARIABLE_NONE;
    size_t best_len = 0;

    for (unsigned i = 1; i < NAME_COUNT; i++) {
        struct slice text = slice_of(names[i].text);

        if (!names[i].is_prefix && slice_equal(name, text))
            return (enum http_variable)i;
        if (names[i].is_prefix && name.len > text.len && slice_starts(name, text) &&
            text.len > best_len) {
            best = (enum http_variable)i;
            best_len = text.len;
        }
    }
    return best;
}

/* The NAME of http_NAME as a field is called: "user_agent" is "user-agent". */
static struct slice field_name(struct slice name, struct arena *arena)
{
    char *copy = arena_alloc(arena, name.len);

    for (size_t i = 0; i < name.len; i++)
        copy[i] = name.at[i] == '_' ? '-' : chars_lower(name.at[i]);
    return (struct slice){copy, name.len};
}

static void fill_variable(struct http_template_part *part, struct slice name, struct arena *arena)
{
    struct slice rest = slice_from(name, strlen(names[part->variable].text));

    if (!names[part->variable].is_prefix)
        return;
    if (part->variable == HTTP_VARIABLE_HTTP || part->variable == HTTP_VARIABLE_SENT_HTTP ||
        part->variable == HTTP_VARIABLE_UPSTREAM_HTTP) {
        part->text = field_name(rest, arena);
        part->id = http_field_lookup(part->text);
    } else {
        part->text = arena_keep(arena, rest);
    }
}

/* "$10" is $1 and a "0". */
static size_t name_length(struct slice text, bool in_braces)
{
    size_t len = 0;

    if (!in_braces && text.len > 0 && chars_is(text.at[0], CHARS_DIGIT))
        return 1;
    while (len < text.len && is_name_byte(text.at[len]))
        len++;
    return len;
}

/* Takes "$name" or "${name}" from the start of *text. */
static bool take_variable(struct slice *text, struct slice *name, struct http_template_error *error)
{
    bool braces = text->len > 1 && text->at[1] == '{';
    struct slice rest = slice_from(*text, braces ? 2 : 1);
    size_t len = name_length(rest, braces);

    *name = slice_part(rest, 0, len);
    if (len == 0)
        error->words = "no name of a variable behind \"$\"";
    else if (braces && (len == rest.len || rest.at[len] != '}'))
        error->words = "\"${\" without \"}\"";
    else {
        *text = slice_from(rest, len + (braces ? 1 : 0));
        return true;
    }
    return false;
}

bool http_template_is_builtin(struct slice name)
{
    enum http_variable variable = find(name);

    return variable != HTTP_VARIABLE_NONE && !names[variable].is_prefix;
}

const char *http_template_nearest(struct slice name, const struct http_registry *registry,
                                  struct arena *arena)
{
    size_t count = sizeof words / sizeof words[0] - 1;
    size_t made = registry == NULL ? 0 : registry->count;
    const char **candidates = arena_zero(arena, (count + made + 1) * sizeof *candidates);

    memcpy(candidates, words, count * sizeof *candidates);
    for (size_t i = 0; i < made; i++)
        if (registry->items[i].origin != HTTP_MADE_NOWHERE)
            candidates[count++] = registry->items[i].name.at;
    return conf_nearest(name, candidates);
}

static bool is_capture(struct slice name)
{
    return name.len == 1 && name.at[0] >= '1' && name.at[0] <= '9';
}

/* A name that is none of frontd's own. */
static bool resolve_made(struct http_template_part *part, struct slice name,
                         struct http_registry *registry, struct arena *arena,
                         struct http_template_error *error)
{
    part->variable = HTTP_VARIABLE_MADE;
    if (registry == NULL || registry->is_settled) {
        error->variable = name;
        error->words = "unknown variable";
        error->suggestion = http_template_nearest(name, registry, arena);
        return registry != NULL && http_registry_is_made(registry, name, &part->number);
    }
    error->words = "too many variables";
    part->number = http_registry_number(registry, name);
    return part->number < HTTP_MADE_VARIABLES_MAX;
}

static bool asks_counts(enum http_variable variable)
{
    return variable == HTTP_VARIABLE_CONNECTIONS_ACTIVE ||
           variable == HTTP_VARIABLE_CONNECTIONS_READING ||
           variable == HTTP_VARIABLE_CONNECTIONS_WRITING ||
           variable == HTTP_VARIABLE_CONNECTIONS_WAITING;
}

/* What the name in `part` means; false if it means nothing. */
static bool resolve(struct http_template_part *part, struct slice name,
                    struct http_registry *registry, struct arena *arena,
                    struct http_template_error *error)
{
    part->variable = is_capture(name) ? HTTP_VARIABLE_CAPTURE : find(name);
    if (part->variable == HTTP_VARIABLE_CAPTURE) {
        part->number = (uint32_t)(name.at[0] - '0');
        return true;
    }
    if (part->variable == HTTP_VARIABLE_NONE)
        return resolve_made(part, name, registry, arena, error);
    fill_variable(part, name, arena);
    if (asks_counts(part->variable) && registry != NULL)
        registry->asks_counts = true;
    if (names[part->variable].is_prefix && registry != NULL)
        http_registry_watch(registry, name, part);
    return true;
}

static size_t count_dollars(struct slice text)
{
    size_t count = 0;

    for (size_t i = 0; i < text.len; i++)
        count += text.at[i] == '$';
    return count;
}

bool http_template_compile(struct slice text, struct http_registry *registry, struct arena *arena,
                           struct http_template *compiled, struct http_template_error *error)
{
    struct http_template_part *parts =
        arena_zero(arena, (2 * count_dollars(text) + 1) * sizeof *parts);
    size_t count = 0;

    *error = (struct http_template_error){0};
    while (text.len > 0) {
        struct http_template_part *part = &parts[count++];
        size_t dollar = slice_find(text, '$');
        struct slice name;

        if (dollar != 0) {
            part->text = arena_keep(arena, slice_part(text, 0, dollar));
            text = slice_from(text, dollar);
            continue;
        }
        if (!take_variable(&text, &name, error) || !resolve(part, name, registry, arena, error))
            return false;
    }
    *compiled = (struct http_template){parts, count};
    return true;
}

bool http_template_is_plain(const struct http_template *compiled, struct slice *text)
{
    *text = SLICE("");
    if (compiled->count == 0)
        return true;
    if (compiled->count > 1 || compiled->parts[0].variable != HTTP_VARIABLE_NONE)
        return false;
    *text = compiled->parts[0].text;
    return true;
}
