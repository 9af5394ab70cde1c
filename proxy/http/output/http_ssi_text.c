#include "base/chars.h"
#include "base/ensure.h"
#include "base/text.h"
#include "http/conf/http_conf_types.h"
#include "http/http_service.h"
#include "http/language/http_registry.h"
#include "http/language/http_variables.h"
#include "http/message/http_uri.h"
#include "http/output/http_ssi_private.h"
#include "relay/worker.h"

#include <time.h>

/* What a command's words may become. */
#define EXPANDED_MAX (16u << 10)
#define DATE_MAX     256

/* Dates in the page's own format. */

static struct slice date(struct http_ssi *ssi, bool local)
{
    time_t now = (time_t)(loop_wall_us(ssi->exchange->session->worker->loop) / 1000000);
    char *format = arena_alloc(&ssi->scratch, ssi->time_format.len + 1);
    char *memory = arena_alloc(&ssi->scratch, DATE_MAX);
    struct tm parts;

    if (slice_equal(ssi->time_format, SLICE("%s")))
        return arena_format(&ssi->scratch, "%lld", (long long)now);
    memcpy(format, ssi->time_format.at, ssi->time_format.len);
    format[ssi->time_format.len] = '\0';
    if ((local ? localtime_r(&now, &parts) : gmtime_r(&now, &parts)) == NULL)
        return SLICE_NONE;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    return (struct slice){memory, strftime(memory, DATE_MAX, format, &parts)};
#pragma GCC diagnostic pop
}

/* Variables. */

static struct slice configured_variable(struct http_ssi *ssi, struct slice name)
{
    struct http_exchange *exchange = ssi->exchange;
    struct slice text = arena_format(&ssi->scratch, "${%.*s}", (int)name.len, name.at);
    struct http_template compiled;
    struct http_template_error error;

    if (!http_template_compile(text, http_conf_registry(exchange->session->worker->conf),
                               &ssi->scratch, &compiled, &error) ||
        compiled.count != 1)
        return SLICE_NONE;
    return http_variable_value(exchange, &compiled.parts[0]);
}

struct slice http_ssi_variable(struct http_ssi *ssi, struct slice name)
{
    for (const struct http_ssi_variable *own = ssi->variables; own != NULL; own = own->next)
        if (slice_equal_fold(own->name, name))
            return own->value;
    if (slice_equal_fold(name, SLICE("date_local")) || slice_equal_fold(name, SLICE("date_gmt")))
        return date(ssi, slice_equal_fold(name, SLICE("date_local")));
    return configured_variable(ssi, name);
}

void http_ssi_set(struct http_ssi *ssi, struct slice name, struct slice value)
{
    struct arena *arena = &ssi->exchange->arena;
    struct http_ssi_variable *variable = ssi->variables;

    while (variable != NULL && !slice_equal_fold(variable->name, name))
        variable = variable->next;
    if (variable == NULL) {
        variable = arena_zero(arena, sizeof *variable);
        if (variable == NULL)
            return;
        variable->name = arena_keep(arena, name);
        variable->next = ssi->variables;
        ssi->variables = variable;
    }
    variable->value = arena_keep(arena, value);
}

/* "$name" or "${name}" at the start of *text. */
static bool take_name(struct slice *text, struct slice *name)
{
    bool braces = text->len > 1 && text->at[1] == '{';
    struct slice rest = slice_from(*text, braces ? 2 : 1);
    size_t len = 0;

    while (len < rest.len &&
           (chars_is(rest.at[len], CHARS_ALPHA | CHARS_DIGIT) || rest.at[len] == '_'))
        len++;
    *name = slice_part(rest, 0, len);
    if (len == 0 || (braces && (len == rest.len || rest.at[len] != '}')))
        return false;
    *text = slice_from(rest, len + (braces ? 1 : 0));
    return true;
}

static bool is_escaped(char byte)
{
    return byte == '$' || byte == '\\' || byte == '"' || byte == '\'';
}

struct slice http_ssi_expand(struct http_ssi *ssi, struct slice text)
{
    struct text out = text_in(arena_alloc(&ssi->scratch, EXPANDED_MAX), EXPANDED_MAX);
    struct slice name;

    while (text.len > 0) {
        if (text.at[0] == '$') {
            if (!take_name(&text, &name))
                return SLICE_NONE;
            text_add(&out, http_ssi_variable(ssi, name));
            continue;
        }
        if (text.len > 1 && text.at[0] == '\\' && is_escaped(text.at[1]))
            text = slice_from(text, 1);
        text_byte(&out, text.at[0]);
        text = slice_from(text, 1);
    }
    return out.overflow ? SLICE_NONE : text_slice(&out);
}

/* Encodings. */

static struct slice entity_of(char byte)
{
    switch (byte) {
    case '<':
        return SLICE("&lt;");
    case '>':
        return SLICE("&gt;");
    case '&':
        return SLICE("&amp;");
    case '"':
        return SLICE("&quot;");
    default:
        return SLICE_NONE;
    }
}

static struct slice encode_entities(struct http_ssi *ssi, struct slice text)
{
    size_t capacity = 6 * text.len + 1;
    struct text out = text_in(arena_alloc(&ssi->scratch, capacity), capacity);

    for (size_t i = 0; i < text.len; i++) {
        struct slice entity = entity_of(text.at[i]);

        text_add(&out, entity.len > 0 ? entity : slice_part(text, i, 1));
    }
    return text_slice(&out);
}

struct slice http_ssi_encode(struct http_ssi *ssi, struct slice text)
{
    switch (ssi->encoding) {
    case HTTP_SSI_ENTITY:
        return encode_entities(ssi, text);
    case HTTP_SSI_URL:
        return http_uri_escape(&ssi->scratch, text);
    case HTTP_SSI_NONE:
        return text;
    }
    ensure(!"unreachable");
    return text;
}
