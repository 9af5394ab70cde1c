#include "http/language/http_variables.h"

#include "base/chars.h"
#include "http/http_service.h"
#include "http/language/http_value.h"
#include "http/message/http_uri.h"
#include "net/loop.h"
#include "relay/worker.h"

struct slice http_value_keep(struct http_exchange *exchange, const struct text *text)
{
    return arena_keep(&exchange->arena, text_slice(text));
}

struct slice http_value_of_number(struct http_exchange *exchange, uint64_t value)
{
    char memory[HTTP_VALUE_NUMBER_MAX];
    struct text text = text_in(memory, sizeof memory);

    text_number(&text, value);
    return http_value_keep(exchange, &text);
}

/* Seconds with three digits behind the point. */
struct slice http_value_of_seconds(struct http_exchange *exchange, uint64_t ms)
{
    char memory[HTTP_VALUE_NUMBER_MAX];
    struct text text = text_in(memory, sizeof memory);

    text_number(&text, ms / 1000);
    text_byte(&text, '.');
    text_pad(&text, ms % 1000, 3);
    return http_value_keep(exchange, &text);
}

struct slice http_value_present(struct slice value)
{
    return value.len > 0 ? value : SLICE_NONE;
}

uint64_t http_value_now_us(const struct http_exchange *exchange)
{
    return loop_wall_us(exchange->session->worker->loop);
}

/* "X_One" is $http_x_one as "X-One" is, where underscores_in_headers lets it in. */
static bool is_written_with_underscores(struct slice name, struct slice text)
{
    if (name.len != text.len || slice_find(name, '_') == SLICE_NOT_FOUND)
        return false;
    for (size_t i = 0; i < name.len; i++)
        if ((name.at[i] == '_' ? '-' : chars_lower(name.at[i])) != text.at[i])
            return false;
    return true;
}

struct slice http_value_find_field(const struct http_field *fields, size_t count,
                                   const struct http_template_part *part)
{
    if (part->id != HTTP_FIELD_OTHER)
        return http_field_value(fields, count, part->id);
    for (size_t i = 0; i < count; i++)
        if (fields[i].id == HTTP_FIELD_OTHER && slice_equal_fold(fields[i].name, part->text))
            return fields[i].value;
    for (size_t i = 0; i < count; i++)
        if (is_written_with_underscores(fields[i].name, part->text))
            return fields[i].value;
    return SLICE_NONE;
}

static http_value_function *const values[HTTP_VARIABLE_COUNT] = {
#define VARIABLE(name, text, is_prefix, value) [HTTP_VARIABLE_##name] = http_value_##value,
#include "http/language/http_variables.def"
#undef VARIABLE
    [HTTP_VARIABLE_CAPTURE] = http_value_capture,
    [HTTP_VARIABLE_MADE] = http_value_made,
};

struct slice http_variable_value(struct http_exchange *exchange,
                                 const struct http_template_part *part)
{
    if (part->variable == HTTP_VARIABLE_NONE)
        return part->text;
    return values[part->variable](exchange, part);
}

/* The parts one behind the other. */
static struct slice put_together(struct http_exchange *exchange, const struct slice *parts,
                                 size_t count)
{
    struct text result;
    size_t len = 0;

    for (size_t i = 0; i < count; i++)
        len += parts[i].len;
    result = text_in(arena_alloc(&exchange->arena, len), len);
    if (result.at == NULL)
        return SLICE("");
    for (size_t i = 0; i < count; i++)
        text_add(&result, parts[i]);
    return text_slice(&result);
}

struct slice http_evaluate(struct http_exchange *exchange, const struct http_template *text)
{
    struct slice *parts;

    if (text->count == 1)
        return http_variable_value(exchange, &text->parts[0]);
    parts = arena_alloc(&exchange->arena, text->count * sizeof *parts);
    if (parts == NULL)
        return SLICE("");
    for (size_t i = 0; i < text->count; i++)
        parts[i] = http_variable_value(exchange, &text->parts[i]);
    return put_together(exchange, parts, text->count);
}

struct slice http_evaluate_escaping_captures(struct http_exchange *exchange,
                                             const struct http_template *text)
{
    struct slice *parts = arena_alloc(&exchange->arena, text->count * sizeof *parts);

    if (parts == NULL)
        return SLICE("");
    for (size_t i = 0; i < text->count; i++) {
        parts[i] = http_variable_value(exchange, &text->parts[i]);
        if (text->parts[i].variable == HTTP_VARIABLE_CAPTURE)
            parts[i] = http_uri_escape_argument(&exchange->arena, parts[i]);
    }
    return put_together(exchange, parts, text->count);
}
