#include "base/number.h"
#include "http/http_service.h"
#include "http/proxy/http_proxy_private.h"
#include "http/proxy/http_upstream.h"

/* A proxy_pass that leads back to frontd may be meant, one server handing to another, or may go
 * round for ever. Only requests that go to ourselves count their steps, in a field that nobody else
 * gets to see. */

#define STEPS_MAX 10

static uint32_t steps_so_far(const struct http_request *request)
{
    uint64_t steps = 0;

    for (size_t i = 0; i < request->field_count; i++)
        if (slice_equal_fold(request->fields[i].name, HTTP_PROXY_STEPS_FIELD) &&
            !number_parse(request->fields[i].value, STEPS_MAX, &steps))
            steps = STEPS_MAX;
    return (uint32_t)steps;
}

bool http_proxy_goes_round(struct http_proxy *proxy)
{
    struct http_exchange *exchange = proxy->exchange;

    if (proxy->target.upstream == NULL ||
        !http_upstream_leads_here(http_content_of(exchange), proxy->target.upstream))
        return false;
    proxy->steps = steps_so_far(&exchange->request) + 1;
    if (proxy->steps <= STEPS_MAX)
        return false;
    http_exchange_log(exchange, LOG_ERROR, "proxy_pass goes round in circles, request: \"%s\"",
                      log_escape(exchange->request.line).text);
    http_exchange_error(exchange, 508);
    return true;
}
