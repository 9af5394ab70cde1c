#include "http/log/http_log_redact.h"

#define STAR SLICE("*")

struct slice http_log_redact_query(struct arena *arena, struct slice text)
{
    size_t query = slice_find(text, '?');
    size_t end = slice_find_last(text, ' '); /* before the version of a request line */
    struct slice before = slice_part(text, 0, query + 1), after;

    if (query == SLICE_NOT_FOUND)
        return text;
    after = end != SLICE_NOT_FOUND && end > query ? slice_from(text, end) : SLICE("");
    before = arena_format(arena, "%.*s*%.*s", (int)before.len, before.at, (int)after.len, after.at);
    return before.at == NULL ? STAR : before;
}

static struct slice hide(struct slice value)
{
    return value.len == 0 ? value : STAR;
}

static struct slice redact_query(struct arena *arena, const struct http_template_part *part,
                                 struct slice value)
{
    switch (part->variable) {
    case HTTP_VARIABLE_ARG:
    case HTTP_VARIABLE_ARGS:
    case HTTP_VARIABLE_QUERY_STRING:
        return hide(value);
    case HTTP_VARIABLE_REQUEST:
    case HTTP_VARIABLE_REQUEST_URI:
        return http_log_redact_query(arena, value);
    case HTTP_VARIABLE_HTTP:
        return part->id == HTTP_FIELD_REFERER ? http_log_redact_query(arena, value) : value;
    case HTTP_VARIABLE_SENT_HTTP:
        return part->id == HTTP_FIELD_LOCATION ? http_log_redact_query(arena, value) : value;
    default:
        return value;
    }
}

static bool is_cookie(const struct http_template_part *part)
{
    if (part->variable == HTTP_VARIABLE_COOKIE)
        return true;
    if (part->variable == HTTP_VARIABLE_HTTP)
        return part->id == HTTP_FIELD_COOKIE;
    return part->variable == HTTP_VARIABLE_SENT_HTTP &&
           slice_equal_fold(part->text, SLICE("set-cookie"));
}

struct slice http_log_redact(struct arena *arena, uint32_t what,
                             const struct http_template_part *part, struct slice value)
{
    if ((what & HTTP_REDACT_COOKIE) != 0 && is_cookie(part))
        return hide(value);
    return (what & HTTP_REDACT_QUERY) != 0 ? redact_query(arena, part, value) : value;
}
