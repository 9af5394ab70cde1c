#include "http/http_template.h"

#include "base/chars.h"
#include "conf/conf_block.h"

#include <string.h>

struct variable_name {
    const char *text;
    bool is_prefix;
};

static const struct variable_name names[HTTP_VARIABLE_COUNT] = {
#define VARIABLE(name, text, is_prefix, value) [HTTP_VARIABLE_##name] = {text, is_prefix},
#include "http/http_variables.def"
#undef VARIABLE
};

static const char *const words[] = {
#define VARIABLE(name, text, is_prefix, value) text,
#include "http/http_variables.def"
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

    for (unsigned i = 1; i < HTTP_VARIABLE_COUNT; i++) {
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
    if (part->variable == HTTP_VARIABLE_HTTP || part->variable == HTTP_VARIABLE_SENT_HTTP) {
        part->text = field_name(rest, arena);
        part->id = http_field_lookup(part->text);
    } else {
        part->text = arena_keep(arena, rest);
    }
}

/* Takes "$name" or "${name}" from the start of *text. */
static bool take_variable(struct slice *text, struct slice *name, struct http_template_error *error)
{
    bool braces = text->len > 1 && text->at[1] == '{';
    struct slice rest = slice_from(*text, braces ? 2 : 1);
    size_t len = 0;

    while (len < rest.len && is_name_byte(rest.at[len]))
        len++;
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

static bool unknown_variable(struct slice name, struct http_template_error *error)
{
    error->variable = name;
    error->words = "unknown variable";
    error->suggestion = conf_nearest(name, words);
    return false;
}

static size_t count_dollars(struct slice text)
{
    size_t count = 0;

    for (size_t i = 0; i < text.len; i++)
        count += text.at[i] == '$';
    return count;
}

bool http_template_compile(struct slice text, struct arena *arena, struct http_template *compiled,
                           struct http_template_error *error)
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
        if (!take_variable(&text, &name, error))
            return false;
        part->variable = find(name);
        if (part->variable == HTTP_VARIABLE_NONE)
            return unknown_variable(name, error);
        fill_variable(part, name, arena);
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
