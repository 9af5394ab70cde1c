#include "http/proxy/http_health.h"

#include "base/siphash.h"
#include "http/http_service.h"
#include "http/proxy/http_health_private.h"
#include "http/proxy/http_proxy_tls.h"
#include "http/proxy/http_upstream.h"
#include "relay/worker.h"

/* So many checks of an upstream are under way in one worker at most… */
#define PROBES_MAX 128
/* …and it looks for others at such times: names may have new addresses. */
#define LOOK_LEAST_MS 100
#define LOOK_MOST_MS  1000

/* Looking. */

static void begin(struct http_health *health, struct balancer_peer *peer, uint64_t lease)
{
    balancer_hold(peer);
    http_health_probe(health, peer, lease);
}

/* Begins what is due; how long until the next is. */
static uint64_t look_at_peers(struct http_health *health)
{
    uint64_t now = loop_now(health->worker->loop), least_ms = LOOK_MOST_MS;
    size_t count;
    struct balancer_peer *const *peers = balancer_peers(health->balancer, &count);

    for (size_t i = 0; i < count; i++) {
        uint64_t lease, wait_ms;

        if (peers[i]->server->down)
            continue;
        if (health->probe_count == PROBES_MAX)
            return LOOK_LEAST_MS;
        if (balancer_health_take(&health->shared, &peers[i]->health, now, &lease, &wait_ms))
            begin(health, peers[i], lease);
        else if (wait_ms < least_ms)
            least_ms = wait_ms;
    }
    return least_ms;
}

/* A worker that only finishes what is open leaves checks to the others. */
static void on_look(void *owner)
{
    struct http_health *health = owner;
    uint64_t wait_ms;

    if (health->worker->draining)
        return;
    wait_ms = look_at_peers(health);
    deadline_set(health->worker->loop, &health->look,
                 wait_ms < LOOK_LEAST_MS ? LOOK_LEAST_MS : (uint32_t)wait_ms);
}

/* Results. */

void http_health_note(struct http_health *health, const struct balancer_peer *peer, const char *why)
{
    const struct slice name = health->use->upstream->name;
    enum balancer_verdict verdict =
        balancer_health_note(&health->shared, &peer->health, why == NULL);

    if (verdict == BALANCER_WENT_DOWN)
        log_line(health->worker->log, LOG_ERROR, 0,
                 "health_check: server %s of \"%s\" gets no requests any more: %s",
                 address_port_print(&peer->address).text, log_escape(name).text, why);
    else if (verdict == BALANCER_CAME_UP)
        log_line(health->worker->log, LOG_WARN, 0,
                 "health_check: server %s of \"%s\" is good again",
                 address_port_print(&peer->address).text, log_escape(name).text);
}

static uint32_t pick_jitter(struct http_health *health)
{
    uint32_t jitter_ms = health->use->conf->jitter_ms;
    struct slice count = {(const char *)&health->jitter_count, sizeof health->jitter_count};

    health->jitter_count++;
    return jitter_ms == 0 ? 0 : (uint32_t)(siphash(health->jitter_seed, count) % (jitter_ms + 1));
}

void http_health_probed(struct http_health *health, struct balancer_peer *peer, uint64_t lease)
{
    uint64_t now = loop_now(health->worker->loop);

    balancer_health_return(&peer->health, lease,
                           now + health->use->conf->interval_ms + pick_jitter(health));
    balancer_drop(peer);
}

/* Life. */

static struct slice make_request(struct http_content *content, const struct http_health_use *use)
{
    return arena_format(&content->arena,
                        "GET %.*s HTTP/1.1\r\nHost: %.*s\r\nUser-Agent: frontd health_check\r\n"
                        "Accept: */*\r\nConnection: close\r\n\r\n",
                        (int)use->conf->uri.len, use->conf->uri.at, (int)use->host.len,
                        use->host.at);
}

static void set_tls(struct http_health *health, struct http_content *content)
{
    const struct http_proxy_conf *proxy = health->use->proxy;

    if (proxy == NULL || !proxy->pass.is_tls)
        return;
    health->is_tls = true;
    health->tls = http_proxy_tls_get(content, proxy);
    if (!http_template_is_plain(&proxy->tls_name, &health->tls_name) || health->tls_name.len == 0)
        health->tls_name = proxy->pass.target.host;
    health->says_name = proxy->proxy_ssl_server_name;
}

static struct balancer_health shared_state(const struct http_health_use *use,
                                           const struct shared_zone *zone)
{
    const struct http_health_conf *conf = use->conf;
    struct balancer_health shared = {
        .seed = ((const struct shared_head *)zone->memory)->seed,
        .name = use->name,
        .is_mandatory = conf->is_mandatory,
        .fails = conf->fails,
        .passes = conf->passes,
        .lease_ms = conf->timeout_ms + HTTP_HEALTH_LINGER_MS + conf->interval_ms + 1000,
    };

    shared.longest_ms = shared.lease_ms + conf->jitter_ms;
    shared.memory = shared_zone_body(zone, &shared.size);
    return shared;
}

static void add(struct http_content *content, const struct http_health_use *use,
                const struct shared_zone *zone)
{
    struct http_health *health = arena_zero(&content->arena, sizeof *health);

    health->use = use;
    health->worker = content->worker;
    health->shared = shared_state(use, zone);
    health->request = make_request(content, use);
    health->jitter_seed[0] = content->secret[0];
    health->jitter_seed[1] = content->secret[1];
    set_tls(health, content);
    if (use->conf->port != 0)
        rights_connect(&content->worker->rights, use->conf->port);
    deadline_init(&health->look, on_look, health);
    health->next = content->health;
    content->health = health;
}

void http_health_init(struct http_content *content)
{
    const struct http_health_uses *uses = &content->upstreams->checks;
    const struct shared_zone *zone = shared_zones_find(content->worker->zones, HTTP_HEALTH_ZONE);

    for (size_t i = 0; i < uses->count && zone != NULL && zone->memory != NULL; i++)
        add(content, &uses->items[i], zone);
}

void http_health_start(struct http_content *content)
{
    for (struct http_health *health = content->health; health != NULL; health = health->next) {
        health->balancer = http_upstream_balancer(content, health->use->upstream);
        deadline_set(content->worker->loop, &health->look, 1);
    }
}

void http_health_stop(struct http_content *content)
{
    for (struct http_health *health = content->health; health != NULL; health = health->next) {
        deadline_clear(&health->look);
        while (health->probes != NULL)
            http_health_probe_cancel(health->probes);
    }
}

const struct balancer_health *http_health_of(const struct http_content *content,
                                             const struct http_upstream *upstream)
{
    for (const struct http_health *health = content->health; health != NULL; health = health->next)
        if (health->use->upstream == upstream)
            return &health->shared;
    return NULL;
}
