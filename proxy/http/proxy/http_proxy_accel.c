#include "base/number.h"
#include "http/message/http_uri.h"
#include "http/output/http_error_jump.h"
#include "http/output/http_output.h"
#include "http/proxy/http_proxy_private.h"
#include "http/route/http_handlers.h"

/* Answers of a backend that something else is sent for: X-Accel-Redirect, proxy_intercept_errors.
 */

static struct slice answer_field(const struct http_proxy *proxy, enum http_field_id id)
{
    return http_field_value(proxy->answer.fields, proxy->answer.field_count, id);
}

static bool is_ignored(const struct http_proxy *proxy, enum http_ignorable what)
{
    return (proxy->conf->proxy_ignore_headers >> what & 1) != 0;
}

/* nginx's list: what the backend says of the thing it only names. */
static bool is_kept(struct slice name)
{
    return slice_equal_fold(name, SLICE("Content-Type")) ||
           slice_equal_fold(name, SLICE("Content-Disposition")) ||
           slice_equal_fold(name, SLICE("Cache-Control")) ||
           slice_equal_fold(name, SLICE("Expires"));
}

static void keep_fields(struct http_proxy *proxy)
{
    struct http_exchange *exchange = proxy->exchange;

    for (size_t i = 0; i < proxy->answer.field_count; i++) {
        const struct http_field *field = &proxy->answer.fields[i];

        if (field->id == HTTP_FIELD_SET_COOKIE)
            http_exchange_add_field(exchange, field->name,
                                    http_proxy_cookie(exchange, proxy->conf, field->value));
        else if (is_kept(field->name))
            http_exchange_add_field(exchange, field->name, field->value);
    }
}

static void make_get(struct http_exchange *exchange)
{
    exchange->drops_body = true;
    if (exchange->request.method == HTTP_HEAD)
        return;
    exchange->request.method = HTTP_GET;
    exchange->request.method_text = SLICE("GET");
}

static void redirect(struct http_proxy *proxy, struct slice uri)
{
    struct http_exchange *exchange = proxy->exchange;
    struct slice query = uri, path = slice_cut(&query, '?');
    struct text normal = text_in(arena_alloc(&exchange->arena, path.len + 1), path.len);

    http_proxy_let_go(proxy, false, BALANCER_WORKED);
    exchange->reader = NULL;
    exchange->handler = NULL;
    if (slice_starts(uri, SLICE("@"))) { /* as in nginx, with the method as it is */
        keep_fields(proxy);
        exchange->drops_body =
            exchange->drops_body || (proxy->took_body && exchange->kept_body == NULL);
        http_jump(exchange, uri);
        return;
    }
    if (!slice_starts(path, SLICE("/")) || normal.at == NULL ||
        http_uri_normalise(path, &normal) != HTTP_ACCEPTED) {
        http_exchange_log(exchange, LOG_ERROR, "X-Accel-Redirect: \"%s\" is no path",
                          log_escape(uri).text);
        http_exchange_error(exchange, 404);
        return;
    }
    keep_fields(proxy);
    make_get(exchange);
    http_redirect_internally(exchange, text_slice(&normal), query);
}

static void set_rate(struct http_proxy *proxy)
{
    struct slice value = answer_field(proxy, HTTP_FIELD_X_ACCEL_LIMIT_RATE);
    uint64_t rate;

    proxy->rate = proxy->conf->proxy_limit_rate;
    if (value.at == NULL || is_ignored(proxy, HTTP_IGNORE_LIMIT_RATE))
        return;
    if (slice_equal_fold(value, SLICE("off")))
        http_output_set_rate(proxy->exchange, 0);
    else if (number_parse(value, UINT32_MAX, &rate))
        http_output_set_rate(proxy->exchange, rate);
}

/* A page instead of the backend's answer; its demand for a password stays. */
static bool intercept(struct http_proxy *proxy)
{
    struct http_exchange *exchange = proxy->exchange;
    unsigned status = proxy->answer.status;
    struct slice challenge = answer_field(proxy, HTTP_FIELD_WWW_AUTHENTICATE);

    if (!proxy->conf->proxy_intercept_errors || status < 300 ||
        !http_error_has_page(exchange, status))
        return false;
    http_proxy_let_go(proxy, false, BALANCER_WORKED);
    if (status == 401 && challenge.at != NULL)
        http_exchange_add_field(exchange, SLICE("WWW-Authenticate"), challenge);
    if (!http_error_jump(exchange, status))
        http_exchange_error(exchange, status);
    return true;
}

bool http_proxy_answers_otherwise(struct http_proxy *proxy)
{
    struct slice uri = answer_field(proxy, HTTP_FIELD_X_ACCEL_REDIRECT);

    set_rate(proxy); /* whatever the answer will be */
    if (uri.len > 0 && !is_ignored(proxy, HTTP_IGNORE_REDIRECT)) {
        redirect(proxy, uri);
        return true;
    }
    return intercept(proxy);
}
