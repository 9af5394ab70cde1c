#include "http/http_service.h"
#include "http/language/http_variables.h"
#include "http/proxy/http_proxy_private.h"
#include "relay/worker.h"
#include "tls/tls_client.h"

#include <sys/socket.h>

/* One try at one backend, and whether another one may follow. */

#define BIT(fault) (1u << (fault))

uint32_t http_proxy_elapsed(const struct http_proxy *proxy)
{
    return (uint32_t)(http_proxy_now(proxy) - proxy->attempt_ms);
}

/* The log. */

static bool note_attempt(struct http_proxy *proxy)
{
    struct http_exchange *exchange = proxy->exchange;
    struct http_attempt *attempt = proxy->attempt == NULL
                                       ? &proxy->first_attempt
                                       : arena_zero(&exchange->arena, sizeof *attempt);

    if (attempt == NULL)
        return false;
    attempt->is_redirected = proxy->attempt == NULL;
    attempt->connect_ms = HTTP_ATTEMPT_UNKNOWN;
    attempt->header_ms = HTTP_ATTEMPT_UNKNOWN;
    attempt->response_ms = HTTP_ATTEMPT_UNKNOWN;
    attempt->name = proxy->target.authority;
    if (proxy->peer != NULL)
        attempt->address = proxy->peer->address;
    http_attempts_add(&exchange->attempts, attempt);
    proxy->attempt = attempt;
    proxy->attempt_ms = http_proxy_now(proxy);
    proxy->attempt_count++;
    return true;
}

void http_proxy_note_bytes(struct http_proxy *proxy)
{
    const struct stream *backend = http_proxy_backend(proxy);

    if (backend == NULL || proxy->state < HTTP_PROXY_HEAD)
        return;
    proxy->attempt->sent = stream_bytes_out(backend) - proxy->sent_mark;
    proxy->attempt->received = stream_bytes_in(backend) - proxy->received_mark;
}

/* Connecting. */

static bool make_head(struct http_proxy *proxy)
{
    if (proxy->head.at == NULL)
        proxy->head = http_proxy_request_head(proxy);
    return proxy->head.at != NULL;
}

static void begin(struct http_proxy *proxy)
{
    proxy->attempt->address = proxy->connection.address;
    proxy->attempt->connect_ms = http_proxy_elapsed(proxy);
    proxy->connection.requests++;
    proxy->scan = (struct http1_scan){0};
    proxy->state = HTTP_PROXY_HEAD;
    proxy->has_sent = true;
    proxy->sent_mark = stream_bytes_out(http_proxy_backend(proxy));
    proxy->received_mark = stream_bytes_in(http_proxy_backend(proxy));
    stream_write(http_proxy_backend(proxy), proxy->head);
    http_proxy_send_body(proxy);
    http_proxy_wait(proxy);
}

static struct tls_client *tls_of(const struct http_proxy *proxy)
{
    return http_content_of(proxy->exchange)->locations[proxy->exchange->location->number].tls;
}

/* on_secured or on_failed follows; proxy_connect_timeout holds for this part, too. */
static void begin_tls(struct http_proxy *proxy)
{
    deadline_set(http_proxy_worker(proxy)->loop, &proxy->deadline,
                 proxy->conf->proxy_connect_timeout);
    stream_connect_tls(
        http_proxy_backend(proxy),
        tls_client_connect(tls_of(proxy), proxy->tls_name, proxy->conf->proxy_ssl_server_name));
}

void http_proxy_secured(struct http_proxy *proxy)
{
    deadline_clear(&proxy->deadline);
    begin(proxy);
}

static void on_dialled(void *owner, enum backend_failure failure, int fd,
                       const struct address *address)
{
    struct http_proxy *proxy = owner;

    proxy->dial = NULL;
    if (failure != BACKEND_OK) {
        http_proxy_attempt_failed(
            proxy, failure == BACKEND_TIMED_OUT ? HTTP_FAULT_TIMEOUT : HTTP_FAULT_ERROR,
            "no backend could be reached", backend_failure_words(failure));
        return;
    }
    proxy->connection = (struct backend_connection){
        .stream = stream_new(http_proxy_worker(proxy)->loop, fd, NULL, NULL),
        .address = *address,
        .since_ms = http_proxy_now(proxy),
    };
    if (proxy->conf->proxy_socket_keepalive)
        setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &(int){1}, sizeof(int));
    http_proxy_own_stream(proxy);
    if (proxy->target.is_tls)
        begin_tls(proxy);
    else
        begin(proxy);
}

/* Connections for one name and one set of rules are no use for another. */
static bool name_tls(struct http_proxy *proxy)
{
    struct http_exchange *exchange = proxy->exchange;
    const struct tls_client *tls = tls_of(proxy);
    struct slice label;

    if (!proxy->target.is_tls || proxy->target.backend.label.at != NULL)
        return true;
    proxy->tls_name = proxy->conf->tls_name.count > 0
                          ? http_evaluate(exchange, &proxy->conf->tls_name)
                          : proxy->target.host;
    label = arena_format(&exchange->arena, "%p %d %.*s", (const void *)tls,
                         proxy->conf->proxy_ssl_server_name, (int)proxy->tls_name.len,
                         proxy->tls_name.at);
    proxy->target.backend.label = label;
    return tls != NULL && label.at != NULL;
}

static void connect_backend(struct http_proxy *proxy)
{
    struct worker *worker = http_proxy_worker(proxy);
    bool takes_kept = !proxy->closes && !proxy->upgrades && !proxy->avoids_kept;

    proxy->is_reused = takes_kept && backend_pool_take(worker->backends, &proxy->target.backend,
                                                       &proxy->connection);
    proxy->state = HTTP_PROXY_CONNECTING;
    if (!proxy->is_reused) {
        proxy->dial = backend_dial(worker, &proxy->target.backend,
                                   proxy->conf->proxy_connect_timeout, on_dialled, proxy);
        return;
    }
    http_proxy_own_stream(proxy);
    begin(proxy);
}

/* Choosing. */

static void on_names(void *owner)
{
    struct http_proxy *proxy = owner;

    deadline_clear(&proxy->deadline);
    http_proxy_attempt(proxy);
}

static void wait_for_names(struct http_proxy *proxy)
{
    proxy->state = HTTP_PROXY_CONNECTING;
    proxy->waiter.ready = on_names;
    proxy->waiter.owner = proxy;
    balancer_wait(proxy->balancer, &proxy->waiter);
    deadline_set(http_proxy_worker(proxy)->loop, &proxy->deadline,
                 proxy->conf->proxy_connect_timeout);
}

static void find_none(struct http_proxy *proxy, const char *words, const char *detail)
{
    note_attempt(proxy);
    http_proxy_fail(proxy, 502, words, detail);
}

/* True: proxy->peer is set, and the target leads there. */
static bool pick(struct http_proxy *proxy)
{
    const struct balancer_client client = {http_exchange_client(proxy->exchange), proxy->key};

    switch (balancer_pick(proxy->balancer, &proxy->tries, &client, &proxy->peer)) {
    case BALANCER_PICKED:
        proxy->target.backend.host = proxy->peer->target.host;
        proxy->target.backend.port = proxy->peer->target.port;
        return true;
    case BALANCER_WAIT:
        wait_for_names(proxy);
        break;
    case BALANCER_NONE:
        find_none(proxy, "no live upstreams", "");
        break;
    case BALANCER_UNRESOLVED:
        find_none(proxy, "no backend could be reached", "host not found");
        break;
    }
    return false;
}

void http_proxy_attempt(struct http_proxy *proxy)
{
    if (!make_head(proxy)) {
        http_proxy_let_go(proxy, false, BALANCER_UNDECIDED);
        http_exchange_error(proxy->exchange, 500);
        return;
    }
    if (proxy->balancer != NULL && !pick(proxy))
        return;
    if (note_attempt(proxy) && name_tls(proxy))
        connect_backend(proxy);
    else
        http_proxy_fail(proxy, 500, "this attempt cannot be made", "");
}

/* Again? */

/* RFC 9110 9.2.2: what a backend may have begun to do is done twice only if that is harmless, or
 * wanted. */
static bool may_repeat(const struct http_proxy *proxy)
{
    if (!proxy->has_sent)
        return true;
    if (proxy->took_body && !proxy->is_spooled)
        return false;
    return (proxy->conf->next_upstream & BIT(HTTP_FAULT_NON_IDEMPOTENT)) != 0 ||
           http_proxy_is_idempotent(&proxy->exchange->request);
}

/* A kept connection that was closed before a single byte of an answer says nothing about the
 * backend: it closes idle ones. */
static bool was_idle_too_long(const struct http_proxy *proxy, enum http_proxy_fault fault)
{
    return fault == HTTP_FAULT_ERROR && proxy->is_reused && !proxy->has_answered &&
           !(proxy->took_body && !proxy->is_spooled) &&
           http_proxy_is_idempotent(&proxy->exchange->request);
}

static bool has_time(const struct http_proxy *proxy)
{
    uint32_t timeout = proxy->conf->proxy_next_upstream_timeout;
    uint32_t tries = proxy->conf->proxy_next_upstream_tries;

    return (tries == 0 || proxy->attempt_count < tries) &&
           (timeout == 0 || http_proxy_now(proxy) - proxy->started_ms < timeout);
}

static bool may_try_another(const struct http_proxy *proxy, enum http_proxy_fault fault)
{
    uint32_t wanted = proxy->conf->next_upstream;

    return (wanted & BIT(HTTP_FAULT_OFF)) == 0 && (wanted & BIT(fault)) != 0 &&
           proxy->balancer != NULL && may_repeat(proxy) && has_time(proxy) &&
           balancer_has_another(proxy->balancer, &proxy->tries);
}

/* Lets go of this attempt only: the exchange goes on. */
static void drop_attempt(struct http_proxy *proxy, unsigned status, enum balancer_outcome outcome)
{
    proxy->attempt->status = (uint16_t)status;
    proxy->attempt->response_ms = http_proxy_elapsed(proxy);
    http_proxy_note_bytes(proxy);
    deadline_clear(&proxy->deadline);
    if (http_proxy_backend(proxy) != NULL)
        stream_close(&proxy->connection.stream);
    if (outcome != BALANCER_UNDECIDED)
        balancer_release(proxy->balancer, &proxy->peer, outcome);
    proxy->has_answered = false;
    proxy->interims = 0;
    proxy->request_done = false;
    if (proxy->has_sent && proxy->framing != HTTP_NO_BODY)
        proxy->exchange->transport->pause_body(proxy->exchange);
}

/* The same peer, by a connection of its own: no other one is asked, so nothing is counted. */
static void connect_anew(struct http_proxy *proxy)
{
    proxy->avoids_kept = true;
    drop_attempt(proxy, 0, BALANCER_UNDECIDED);
    proxy->attempt_ms = http_proxy_now(proxy);
    proxy->attempt->connect_ms = HTTP_ATTEMPT_UNKNOWN;
    proxy->attempt->response_ms = HTTP_ATTEMPT_UNKNOWN;
    connect_backend(proxy);
}

static void try_another(struct http_proxy *proxy, unsigned status, enum balancer_outcome outcome)
{
    drop_attempt(proxy, status, outcome);
    http_proxy_attempt(proxy);
}

void http_proxy_attempt_failed(struct http_proxy *proxy, enum http_proxy_fault fault,
                               const char *words, const char *detail)
{
    unsigned status = fault == HTTP_FAULT_TIMEOUT ? 504 : 502;
    bool is_cut = fault == HTTP_FAULT_ERROR && proxy->has_answered;

    if (was_idle_too_long(proxy, fault)) {
        connect_anew(proxy);
    } else if (!is_cut && may_try_another(proxy, fault)) {
        http_exchange_log(
            proxy->exchange, LOG_ERROR, "%s%s%s, backend: \"%s\" (%s), the next one is tried",
            words, detail[0] == '\0' ? "" : ": ", detail, log_escape(proxy->target.authority).text,
            address_port_print(&proxy->attempt->address).text);
        try_another(proxy, status, BALANCER_FAILED);
    } else {
        http_proxy_fail(proxy, status, words, detail);
    }
}

static const struct {
    uint16_t status;
    enum http_proxy_fault fault;
} status_faults[] = {
    {500, HTTP_FAULT_500},
    {502, HTTP_FAULT_502},
    {503, HTTP_FAULT_503},
    {504, HTTP_FAULT_504},
    {403, HTTP_FAULT_403},
    {404, HTTP_FAULT_404},
    {429, HTTP_FAULT_429},
};

/* As in nginx, 403 and 404 are answers and no failures. */
bool http_proxy_try_past(struct http_proxy *proxy)
{
    unsigned status = proxy->answer.status;

    for (size_t i = 0; i < sizeof status_faults / sizeof status_faults[0]; i++)
        if (status_faults[i].status == status && may_try_another(proxy, status_faults[i].fault)) {
            try_another(proxy, status,
                        status == 403 || status == 404 ? BALANCER_WORKED : BALANCER_FAILED);
            return true;
        }
    return false;
}
