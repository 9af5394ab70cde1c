#include "http/h1/http1_write.h"
#include "http/language/http_value.h"
#include "http/proxy/http_proxy_private.h"

/* forwarded_headers auto: who the client is, in the fields that applications look at. What the
 * client itself says in them counts only behind a trusted proxy. */

static struct slice received(const struct http_exchange *exchange, struct slice name)
{
    const struct http_request *request = &exchange->request;

    for (size_t i = 0; i < request->field_count; i++)
        if (slice_equal_fold(request->fields[i].name, name))
            return request->fields[i].value;
    return SLICE_NONE;
}

static bool is_trusted(const struct http_exchange *exchange)
{
    return exchange->client != NULL;
}

static struct slice host(struct http_exchange *exchange, const struct http_template_part *part)
{
    (void)part;
    return exchange->request.authority;
}

static struct slice all_clients(struct http_exchange *exchange,
                                const struct http_template_part *part)
{
    return is_trusted(exchange) ? http_value_forwarded_for(exchange, part)
                                : http_value_remote_address(exchange, part);
}

static const struct {
    struct slice name;
    http_value_function *value;
    bool passes_on; /* what a trusted proxy says of it stays */
} rows[] = {
#define ROW(name, value, passes_on)                                                                \
    {                                                                                              \
        {name, sizeof(name) - 1}, value, passes_on                                                 \
    }
    ROW("X-Forwarded-For", all_clients, false),
    ROW("X-Forwarded-Proto", http_value_scheme, true),
    ROW("X-Forwarded-Host", host, true),
    ROW("X-Forwarded-Port", http_value_server_port, true),
    ROW("X-Real-IP", http_value_remote_address, false),
#undef ROW
};

#define ROWS (sizeof rows / sizeof rows[0])

bool http_proxy_is_forwarded_field(struct slice name)
{
    for (size_t i = 0; i < ROWS; i++)
        if (slice_equal_fold(name, rows[i].name))
            return true;
    return false;
}

static bool is_set(const struct http_set_headers *set, struct slice name)
{
    for (size_t i = 0; i < set->count; i++)
        if (slice_equal_fold(set->items[i].name, name))
            return true;
    return false;
}

struct slice http_proxy_forwarded_fields(struct http_proxy *proxy)
{
    struct http_exchange *exchange = proxy->exchange;
    struct slice values[ROWS];
    struct text out;
    size_t size = 1;

    for (size_t i = 0; i < ROWS; i++) {
        values[i] = rows[i].passes_on && is_trusted(exchange) ? received(exchange, rows[i].name)
                                                              : SLICE_NONE;
        if (values[i].len == 0)
            values[i] = rows[i].value(exchange, NULL);
        size += rows[i].name.len + values[i].len + 4;
    }
    out = text_in(arena_alloc(&exchange->arena, size), size);
    for (size_t i = 0; out.at != NULL && i < ROWS; i++)
        if (values[i].len > 0 && !is_set(&proxy->conf->set_header, rows[i].name))
            http1_write_field(&out, rows[i].name, values[i]);
    return text_slice(&out);
}
