#include "http/http_status.h"

#include "http/conf/http_conf.h"
#include "http/language/http_registry.h"
#include "http/language/http_value.h"
#include "relay/session.h"
#include "relay/shared_zone.h"

/* Somewhere in this block or inside. */
static bool has_page(const struct conf *conf, const struct conf_scope *scope)
{
    const struct http_location *location = conf_values(conf, scope, &http_location_group);

    if (location != NULL && location->stub_status)
        return true;
    for (const struct conf_scope *inner = scope->first_child; inner != NULL; inner = inner->next)
        if (has_page(conf, inner))
            return true;
    return false;
}

void http_status_zones(const struct conf *conf, struct shared_zones *zones)
{
    const struct conf_scope *http = conf_first(conf->main, CONF_HTTP);
    const struct http_registry *registry = http_conf_registry(conf);

    if ((registry != NULL && registry->asks_counts) || (http != NULL && has_page(conf, http)))
        connection_counts_zones(zones);
}

struct slice http_status_page(const struct connection_sums *sums, struct arena *arena)
{
    return arena_format(arena,
                        "Active connections: %llu \nserver accepts handled requests\n"
                        " %llu %llu %llu \nReading: %llu Writing: %llu Waiting: %llu \n",
                        (unsigned long long)sums->active, (unsigned long long)sums->accepts,
                        (unsigned long long)sums->handled, (unsigned long long)sums->requests,
                        (unsigned long long)sums->at[CONNECTION_READING],
                        (unsigned long long)sums->at[CONNECTION_WRITING],
                        (unsigned long long)sums->at[CONNECTION_WAITING]);
}

void http_status_handle(struct http_exchange *exchange)
{
    struct connection_sums sums = connection_counts_sum(exchange->session->worker);
    enum http_method method = exchange->request.method;
    struct slice page;

    if (method != HTTP_GET && method != HTTP_HEAD) {
        http_exchange_error(exchange, 405);
        return;
    }
    page = http_status_page(&sums, &exchange->arena);
    if (page.at == NULL)
        http_exchange_error(exchange, 500);
    else
        http_exchange_answer(exchange, 200, SLICE("text/plain"), page);
}

static struct slice number_at(struct http_exchange *exchange, enum connection_place place)
{
    return http_value_of_number(exchange,
                                connection_counts_sum(exchange->session->worker).at[place]);
}

struct slice http_value_connections_active(struct http_exchange *exchange,
                                           const struct http_template_part *part)
{
    (void)part;
    return http_value_of_number(exchange, connection_counts_sum(exchange->session->worker).active);
}

struct slice http_value_connections_reading(struct http_exchange *exchange,
                                            const struct http_template_part *part)
{
    (void)part;
    return number_at(exchange, CONNECTION_READING);
}

struct slice http_value_connections_writing(struct http_exchange *exchange,
                                            const struct http_template_part *part)
{
    (void)part;
    return number_at(exchange, CONNECTION_WRITING);
}

struct slice http_value_connections_waiting(struct http_exchange *exchange,
                                            const struct http_template_part *part)
{
    (void)part;
    return number_at(exchange, CONNECTION_WAITING);
}
