#include "base/chars.h"
#include "base/text.h"
#include "http/language/http_program.h"
#include "http/language/http_return.h"
#include "http/language/http_variables.h"
#include "http/message/http_uri.h"

/* rewrite, as nginx does it: where captures are escaped, where queries are added. */

static enum http_rewrite_result fail(struct http_exchange *exchange, const char *why)
{
    http_exchange_log(exchange, LOG_ERROR, "rewriting \"%s\": %s",
                      log_escape(exchange->request.path).text, why);
    http_exchange_error(exchange, 500);
    return HTTP_REWRITE_ANSWER;
}

/* nginx escapes captures, where it does, only if the client's path had escapes or a '+'. */
static bool had_escapes(const struct http_request *request)
{
    size_t end = slice_find(request->raw_path, '?');
    struct slice path = slice_part(request->raw_path, 0, end);

    return slice_find(path, '%') != SLICE_NOT_FOUND || slice_find(path, '+') != SLICE_NOT_FOUND;
}

static struct slice evaluate(struct http_exchange *exchange, const struct http_template *text,
                             bool escapes)
{
    if (escapes && had_escapes(&exchange->request))
        return http_evaluate_escaping_captures(exchange, text);
    return http_evaluate(exchange, text);
}

static struct slice join(struct http_exchange *exchange, struct slice a, char between,
                         struct slice b)
{
    size_t capacity = a.len + 1 + b.len;
    char *memory = arena_alloc(&exchange->arena, capacity);
    struct text text = text_in(memory, memory == NULL ? 0 : capacity);

    text_add(&text, a);
    text_byte(&text, between);
    text_add(&text, b);
    return text_slice(&text);
}

/* What need not be escaped before the first '?' is not: "%2F" of a capture becomes '/' again, and
 * "%3F" that '?'. */
static struct slice unescape(struct http_exchange *exchange, struct slice url)
{
    size_t question = slice_find(url, '?');
    size_t end = question == SLICE_NOT_FOUND ? url.len : question;
    char *memory = arena_alloc(&exchange->arena, url.len + 1);
    struct text text = text_in(memory, memory == NULL ? 0 : url.len);

    for (size_t i = 0; i < end; i++) {
        int high = i + 2 < end ? chars_hex_value(url.at[i + 1]) : -1;
        int low = i + 2 < end ? chars_hex_value(url.at[i + 2]) : -1;
        int byte = url.at[i] == '%' && high >= 0 && low >= 0 ? high * 16 + low : -1;

        if (byte > '%' && byte < 0x7f) {
            text_byte(&text, (char)byte);
            i += 2;
            end = byte == '?' ? i + 1 : end;
        } else {
            text_byte(&text, url.at[i]);
        }
    }
    text_add(&text, slice_from(url, end));
    return text_slice(&text);
}

static enum http_rewrite_result redirect(struct http_exchange *exchange,
                                         const struct http_rewrite *rewrite)
{
    const struct http_request *request = &exchange->request;
    struct slice url = unescape(exchange, evaluate(exchange, &rewrite->path, true));

    if (rewrite->adds_query && request->query.len > 0)
        url = join(exchange, url, rewrite->has_arguments ? '&' : '?', request->query);
    http_return_redirect_url(exchange, rewrite->redirect, url);
    return HTTP_REWRITE_ANSWER;
}

/* The query is never decoded, so that a new one is as good as a client's. */
static struct slice new_query(struct http_exchange *exchange, const struct http_rewrite *rewrite)
{
    struct slice query = rewrite->adds_query ? exchange->request.query : SLICE("");
    struct slice arguments;

    if (!rewrite->has_arguments)
        return query;
    arguments = evaluate(exchange, &rewrite->arguments, true);
    return query.len == 0 ? arguments : join(exchange, arguments, '&', query);
}

static bool has_controls(struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (chars_is(text.at[i], CHARS_CONTROL))
            return true;
    return false;
}

static enum http_rewrite_result change(struct http_exchange *exchange,
                                       const struct http_rewrite *rewrite)
{
    struct slice path = evaluate(exchange, &rewrite->path, false);
    struct slice query = new_query(exchange, rewrite);

    if (path.len == 0)
        return fail(exchange, "the new path is empty");
    if (path.at[0] != '/' || has_controls(path) || has_controls(query))
        return fail(exchange, "the new path does not begin with \"/\", or has control bytes");
    exchange->request.path = path;
    exchange->request.query = query;
    exchange->request.has_query = query.len > 0;
    return HTTP_REWRITE_DONE;
}

enum http_rewrite_result http_rewrite_apply(struct http_exchange *exchange,
                                            const struct http_rewrite *rewrite)
{
    switch (http_variable_match(exchange, rewrite->regex, exchange->request.path)) {
    case HTTP_UNMATCHED:
        return HTTP_REWRITE_UNMATCHED;
    case HTTP_MATCH_FAILED:
        return fail(exchange, "the regular expression takes too much");
    case HTTP_MATCHED:
        break;
    }
    return rewrite->redirect > 0 ? redirect(exchange, rewrite) : change(exchange, rewrite);
}
