#include "http/conf/http_conf_address.h"

#include "http/conf/http_conf_types.h"

#include <stdlib.h>

/* All addresses of http {}, sorted. */
struct http_addresses {
    struct http_address *items;
    size_t count;
};

static int compare_numbers(size_t a, size_t b)
{
    return (a > b) - (a < b);
}

static int compare_addresses(const struct address *a, const struct address *b)
{
    int order = compare_numbers(a->family, b->family);

    if (order == 0)
        order = compare_numbers(a->port, b->port);
    return order != 0 ? order : memcmp(a->bytes, b->bytes, sizeof a->bytes);
}

static int compare_listeners(const void *left, const void *right)
{
    const struct http_listener *a = left, *b = right;
    int order = compare_addresses(&a->listen->address, &b->listen->address);

    return order != 0 ? order : compare_numbers(a->order, b->order);
}

struct listeners {
    struct http_listener *items;
    size_t count;
};

static void add_listeners(const struct conf_reader *reader, const struct conf_scope *scope,
                          struct listeners *listeners)
{
    const struct http_server *server = conf_values(reader->conf, scope, &http_server_group);

    for (size_t i = 0; i < server->listen.count; i++, listeners->count++)
        listeners->items[listeners->count] =
            (struct http_listener){&server->listen.items[i], server, scope, listeners->count};
}

static struct listeners make_listeners(struct conf_reader *reader, size_t count)
{
    return (struct listeners){
        arena_zero(&reader->conf->arena, (count + 1) * sizeof(struct http_listener)), 0};
}

static void sort_listeners(struct listeners *listeners)
{
    qsort(listeners->items, listeners->count, sizeof *listeners->items, compare_listeners);
}

/* One server. */

void http_check_listens(struct conf_reader *reader, const struct conf_scope *scope)
{
    const struct http_server *server = conf_values(reader->conf, scope, &http_server_group);
    struct listeners listeners = make_listeners(reader, server->listen.count);

    add_listeners(reader, scope, &listeners);
    sort_listeners(&listeners);
    for (size_t i = 1; i < listeners.count; i++) {
        const struct http_listen *first = listeners.items[i - 1].listen;
        const struct http_listen *second = listeners.items[i].listen;
        struct conf_finding *finding;

        if (!address_equal(&first->address, &second->address))
            continue;
        finding = conf_report_add(reader->report, CONF_ERROR, second->place,
                                  "this server listens on %s already",
                                  address_port_print(&second->address).text);
        finding->other = first->place;
        finding->other_label = SLICE("first here");
    }
}

/* All servers. */

static struct listeners collect_listeners(struct conf_reader *reader, const struct conf_scope *http)
{
    struct listeners listeners;
    size_t count = 0;

    for (const struct conf_scope *scope = conf_first(http, CONF_SERVER); scope != NULL;
         scope = conf_next(scope)) {
        const struct http_server *server = conf_values(reader->conf, scope, &http_server_group);

        count += server->listen.count;
    }
    listeners = make_listeners(reader, count);
    for (const struct conf_scope *scope = conf_first(http, CONF_SERVER); scope != NULL;
         scope = conf_next(scope))
        add_listeners(reader, scope, &listeners);
    sort_listeners(&listeners);
    return listeners;
}

static void add_listener(struct http_address *address, const struct http_listener *listener)
{
    address->count++;
    address->ssl = address->ssl || listener->listen->ssl;
    if (listener->listen->default_server && !address->preferred->listen->default_server)
        address->preferred = listener;
}

static const struct http_addresses *make_addresses(struct conf_reader *reader,
                                                   const struct conf_scope *http)
{
    struct listeners listeners = collect_listeners(reader, http);
    struct http_addresses *addresses = arena_zero(&reader->conf->arena, sizeof *addresses);

    addresses->items =
        arena_zero(&reader->conf->arena, (listeners.count + 1) * sizeof *addresses->items);
    for (size_t i = 0; i < listeners.count; i++) {
        const struct http_listener *listener = &listeners.items[i];

        if (i == 0 || !address_equal(&listener[-1].listen->address, &listener->listen->address))
            addresses->items[addresses->count++] =
                (struct http_address){.listeners = listener, .preferred = listener};
        add_listener(&addresses->items[addresses->count - 1], listener);
    }
    return addresses;
}

/* Made by whoever asks first: the check of `http` does not run when something in one of its servers
 * is wrong. */
static const struct http_addresses *addresses_of(struct conf_reader *reader,
                                                 const struct conf_scope *http)
{
    struct http_main *values = conf_values(reader->conf, http, &http_main_group);

    if (values->addresses == NULL)
        values->addresses = make_addresses(reader, http);
    return values->addresses;
}

static int compare_with_key(const void *key, const void *item)
{
    const struct http_address *address = item;

    return compare_addresses(key, &address->listeners[0].listen->address);
}

const struct http_address *http_conf_address(struct conf_reader *reader,
                                             const struct conf_scope *scope,
                                             const struct address *address)
{
    const struct http_addresses *addresses = addresses_of(reader, scope->parent);

    return bsearch(address, addresses->items, addresses->count, sizeof *addresses->items,
                   compare_with_key);
}

/* Whether two servers say they are the default one. */
static void check_default(struct conf_reader *reader, const struct http_address *address)
{
    const struct http_listener *first = address->preferred;

    for (size_t i = 0; i < address->count; i++) {
        const struct http_listener *second = &address->listeners[i];
        struct conf_finding *finding;

        if (!second->listen->default_server || second->server == first->server)
            continue;
        finding = conf_report_add(reader->report, CONF_ERROR, second->listen->place,
                                  "%s has a default server already",
                                  address_port_print(&second->listen->address).text);
        finding->other = first->listen->place;
        finding->other_label = SLICE("first here");
    }
}

/* A name on an address. */
struct claim {
    const struct http_name *name;
    const struct http_listener *by;
    size_t order;
};

static int compare_names(const struct http_name *a, const struct http_name *b)
{
    int order = compare_numbers(a->kind, b->kind);

    if (order == 0)
        order = compare_numbers(a->text.len, b->text.len);
    return order != 0 || a->text.len == 0 ? order : memcmp(a->text.at, b->text.at, a->text.len);
}

static int compare_claims(const void *left, const void *right)
{
    const struct claim *a = left, *b = right;
    int order = compare_names(a->name, b->name);

    return order != 0 ? order : compare_numbers(a->order, b->order);
}

static void report_claim(struct conf_reader *reader, const struct claim *first,
                         const struct claim *second)
{
    struct address_print on = address_port_print(&second->by->listen->address);
    struct slice name = second->name->written;
    struct conf_finding *finding;

    if (name.len > 0)
        finding = conf_report_add(reader->report, CONF_WARNING, second->name->place,
                                  "two servers are called `%.*s` on %s", HTTP_SHOW(name), on.text);
    else
        finding = conf_report_add(reader->report, CONF_WARNING, second->name->place,
                                  "two servers without a name on %s", on.text);
    finding->label = name.len > 0 ? SLICE("this one is never reached by it")
                                  : SLICE("this one is never reached");
    finding->other = first->name->place;
    finding->other_label = SLICE("first here");
}

/* Of two default servers without a name enough is said. */
static bool is_follow_up(const struct claim *first, const struct claim *second)
{
    return second->name->written.len == 0 && first->by->listen->default_server &&
           second->by->listen->default_server;
}

static size_t count_names(const struct http_address *address)
{
    size_t count = 0;

    for (size_t i = 0; i < address->count; i++)
        count += address->listeners[i].server->server_name.count;
    return count;
}

static void check_names(struct conf_reader *reader, const struct http_address *address)
{
    size_t count = 0, first = 0;
    struct claim *claims = memory_alloc((count_names(address) + 1) * sizeof *claims);

    for (size_t i = 0; i < address->count; i++) {
        const struct http_names *names = &address->listeners[i].server->server_name;

        for (size_t k = 0; k < names->count; k++, count++)
            claims[count] = (struct claim){&names->items[k], &address->listeners[i], count};
    }
    qsort(claims, count, sizeof *claims, compare_claims);
    for (size_t i = 1; i < count; i++) {
        if (compare_names(claims[first].name, claims[i].name) != 0)
            first = i;
        else if (claims[first].by->server != claims[i].by->server &&
                 !is_follow_up(&claims[first], &claims[i]))
            report_claim(reader, &claims[first], &claims[i]);
    }
    free(claims);
}

/* One `http2` in a `listen` is for all servers of the address in nginx; here each server chooses
 * for itself (reference/http.md 1.3), except in the clear, where nobody knows the server in time.
 */
static void check_http2(struct conf_reader *reader, const struct http_address *address)
{
    const struct http_listener *with = NULL, *without = NULL;
    struct conf_finding *finding;

    for (size_t i = 0; i < address->count; i++) {
        const struct http_listener *listener = &address->listeners[i];

        if (listener->listen->http2 && with == NULL)
            with = listener;
        else if (!listener->listen->http2 && !listener->server->http2 && without == NULL)
            without = listener;
    }
    if (with == NULL || without == NULL || !address->ssl)
        return;
    finding = conf_report_add(reader->report, CONF_NOTE, without->listen->place,
                              "this server does not offer HTTP/2 on %s; in nginx it would",
                              address_port_print(&without->listen->address).text);
    finding->other = with->listen->place;
    finding->other_label = SLICE("because of this `http2`");
    conf_finding_help(reader->report, finding, "write `http2 on;` in each server that shall");
}

void http_check_addresses(struct conf_reader *reader, const struct conf_scope *http)
{
    const struct http_addresses *addresses = addresses_of(reader, http);

    for (size_t i = 0; i < addresses->count; i++) {
        if (addresses->items[i].count < 2)
            continue;
        check_default(reader, &addresses->items[i]);
        check_names(reader, &addresses->items[i]);
        check_http2(reader, &addresses->items[i]);
    }
}
