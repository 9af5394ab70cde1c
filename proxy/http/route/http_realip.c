#include "http/route/http_realip.h"

#include "http/conf/http_conf.h"
#include "http/route/http_realip_conf.h"

static bool is_it(const struct http_field *field, const struct http_realip *realip)
{
    if (realip->field_id != HTTP_FIELD_OTHER)
        return field->id == realip->field_id;
    return field->id == HTTP_FIELD_OTHER && slice_equal_fold(field->name, realip->field);
}

/* Of any other field the first one counts, as in nginx. */
static bool find(const struct http_exchange *exchange, const struct http_realip *realip,
                 struct address *client)
{
    bool stopped;

    if (realip->field_id == HTTP_FIELD_X_FORWARDED_FOR)
        return http_forwarded_for(exchange->request.fields, exchange->request.field_count,
                                  &realip->trusted, realip->is_recursive, client);
    for (size_t i = 0; i < exchange->request.field_count; i++) {
        const struct http_field *field = &exchange->request.fields[i];

        if (is_it(field, realip))
            return http_forwarded_client(field->value, &realip->trusted, realip->is_recursive,
                                         client, &stopped);
    }
    return false;
}

void http_realip_apply(struct http_exchange *exchange, const struct http_location *location)
{
    const struct http_realip *realip = location->realip;
    struct address client = exchange->session->address;
    struct address *kept;

    if (realip == NULL || exchange->client != NULL || exchange->parent != NULL ||
        !find(exchange, realip, &client))
        return;
    kept = arena_alloc(&exchange->arena, sizeof *kept);
    if (kept == NULL)
        return;
    *kept = client;
    exchange->client = kept;
}
