#include "base/arena.h"
#include "http/h1/http1_parse.h"
#include "http/message/http_rules.h"
#include "http/proxy/http_health_private.h"
#include "net/dial.h"
#include "net/stream.h"
#include "relay/worker.h"
#include "tls/tls_client.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* One check of one server: a connection, a request, an answer's head. What follows the head is read
 * for a while, so that the server does not take a reset for trouble. */

#define INTERIMS_MAX 8
/* The fields of a head fit here. */
#define HEAD_ARENA (64u << 10)
/* A body that is longer meets a reset. */
#define BODY_MAX (64u << 10)

struct http_health_probe {
    struct http_health_probe *next, **previous;
    struct http_health *health;
    struct balancer_peer *peer; /* held */
    uint64_t lease;
    struct dial *dial;     /* first this… */
    struct stream *stream; /* …then this */
    struct deadline deadline;
    struct http1_scan scan;
    uint8_t interims;
    bool is_decided;
    uint64_t body_left; /* that is worth reading */
};

/* The end. */

static void release(struct http_health_probe *probe)
{
    dial_cancel(&probe->dial);
    if (probe->stream != NULL)
        stream_close(&probe->stream);
    deadline_clear(&probe->deadline);
    *probe->previous = probe->next;
    if (probe->next != NULL)
        probe->next->previous = probe->previous;
    probe->health->probe_count--;
    loop_retire(probe->health->worker->loop, probe);
}

void http_health_probe_cancel(struct http_health_probe *probe)
{
    balancer_health_return(&probe->peer->health, probe->lease,
                           loop_now(probe->health->worker->loop));
    balancer_drop(probe->peer);
    release(probe);
}

static void finish(struct http_health_probe *probe)
{
    release(probe);
    http_health_probed(probe->health, probe->peer, probe->lease);
}

static void fail(struct http_health_probe *probe, const char *why)
{
    http_health_note(probe->health, probe->peer, why);
    finish(probe);
}

static void fail_invalid(struct http_health_probe *probe, enum http_refusal refusal)
{
    char why[128];

    snprintf(why, sizeof why, "invalid answer: %s", http_refusal_words(refusal));
    fail(probe, why);
}

/* The answer. */

static uint64_t body_len(const struct http_response *answer)
{
    if (answer->framing == HTTP_NO_BODY)
        return 0;
    return answer->framing == HTTP_LENGTH && answer->content_length < BODY_MAX
               ? answer->content_length
               : BODY_MAX;
}

static void decide(struct http_health_probe *probe, const struct http_response *answer)
{
    char why[32];

    snprintf(why, sizeof why, "it answers %u", (unsigned)answer->status);
    http_health_note(probe->health, probe->peer,
                     answer->status >= 200 && answer->status < 400 ? NULL : why);
    probe->is_decided = true;
    probe->body_left = body_len(answer);
    deadline_set(probe->health->worker->loop, &probe->deadline, HTTP_HEALTH_LINGER_MS);
}

/* The text of the head goes again: nobody wants to know it. */
static enum http_refusal parse(struct slice head, struct http_response *answer)
{
    struct arena arena;
    enum http_refusal refusal;

    arena_init(&arena, HEAD_ARENA);
    refusal = http1_parse_response(head, false, &arena, answer);
    answer->fields = NULL;
    answer->reason = SLICE_NONE;
    arena_deinit(&arena);
    return refusal;
}

/* False: more has to come, or the probe is over. */
static bool read_head(struct http_health_probe *probe)
{
    struct slice input = stream_input(probe->stream);
    enum http_refusal refusal = HTTP_ACCEPTED;
    enum http1_result result =
        http1_scan_head(input, &http1_response_limits, &probe->scan, &refusal);
    size_t start = probe->scan.start, end = probe->scan.at;
    struct http_response answer = {0};

    if (result == HTTP1_MORE)
        return false;
    if (result == HTTP1_DONE)
        refusal = parse(slice_part(input, start, end - start), &answer);
    if (refusal != HTTP_ACCEPTED) {
        fail_invalid(probe, refusal);
        return false;
    }
    stream_consume(probe->stream, end);
    probe->scan = (struct http1_scan){0};
    if (answer.status < 200 && answer.status != 101 && ++probe->interims <= INTERIMS_MAX)
        return true;
    decide(probe, &answer);
    return false;
}

static void read_body(struct http_health_probe *probe)
{
    size_t len = stream_input(probe->stream).len;

    stream_consume(probe->stream, len);
    if (stream_end(probe->stream) != STREAM_OPEN || len >= probe->body_left)
        finish(probe);
    else
        probe->body_left -= len;
}

static void on_received(void *owner)
{
    struct http_health_probe *probe = owner;

    while (!probe->is_decided && probe->stream != NULL && stream_input(probe->stream).len > 0 &&
           read_head(probe))
        ;
    if (probe->stream == NULL)
        return;
    if (probe->is_decided)
        read_body(probe);
    else if (stream_end(probe->stream) != STREAM_OPEN)
        fail(probe, "it closes the connection without an answer");
}

/* What fails. */

static void on_failed(void *owner)
{
    struct http_health_probe *probe = owner;

    if (probe->is_decided)
        finish(probe);
    else
        fail(probe, stream_failure_words(probe->stream));
}

static void on_deadline(void *owner)
{
    struct http_health_probe *probe = owner;

    if (probe->is_decided)
        finish(probe);
    else
        fail(probe, probe->stream == NULL ? "connecting takes too long" : "no answer in time");
}

static void on_drained(void *owner)
{
    (void)owner;
}

/* The beginning. */

/* Nothing that the server could help. */
static bool is_our_trouble(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM ||
           error == EADDRNOTAVAIL;
}

static void on_secured(void *owner)
{
    struct http_health_probe *probe = owner;

    stream_write(probe->stream, probe->health->request);
}

static void on_dialled(void *owner, int fd, int error)
{
    static const struct stream_events events = {on_received, on_drained, on_secured, on_failed};
    struct http_health_probe *probe = owner;
    const struct http_health *health = probe->health;

    probe->dial = NULL;
    if (fd < 0 && is_our_trouble(error)) {
        finish(probe);
        return;
    }
    if (fd < 0) {
        fail(probe, error == ETIMEDOUT ? "connecting takes too long" : strerror(error));
        return;
    }
    probe->stream = stream_new(health->worker->loop, fd, &events, probe);
    if (!health->is_tls)
        stream_write(probe->stream, health->request);
    else if (health->tls != NULL)
        stream_connect_tls(probe->stream,
                           tls_client_connect(health->tls, health->tls_name, health->says_name));
    else
        fail(probe, "TLS with it cannot work");
}

void http_health_probe(struct http_health *health, struct balancer_peer *peer, uint64_t lease)
{
    const struct http_health_conf *conf = health->use->conf;
    struct http_health_probe *probe = memory_zero(sizeof *probe);
    struct address address = peer->address;

    if (conf->port != 0)
        address.port = conf->port;
    probe->health = health;
    probe->peer = peer;
    probe->lease = lease;
    probe->next = health->probes;
    probe->previous = &health->probes;
    if (probe->next != NULL)
        probe->next->previous = &probe->next;
    health->probes = probe;
    health->probe_count++;
    deadline_init(&probe->deadline, on_deadline, probe);
    deadline_set(health->worker->loop, &probe->deadline, conf->timeout_ms);
    probe->dial = dial_start(health->worker->loop, &address, conf->timeout_ms, on_dialled, probe);
}
