#include "support/fake_session.h"

#include "base/arena.h"
#include "base/ensure.h"
#include "tls/tls_context.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define DEADLINES_MAX 64
#define RETIRED_MAX   256
#define LOG_MAX       65536

/* Bytes that grow. */
struct bytes {
    char *at;
    size_t len;
};

static void bytes_add(struct bytes *bytes, struct slice more)
{
    bytes->at = memory_grow(bytes->at, bytes->len + more.len + 1);
    if (more.len > 0)
        memcpy(bytes->at + bytes->len, more.at, more.len);
    bytes->len += more.len;
    bytes->at[bytes->len] = '\0';
}

struct stream {
    struct loop *loop;
    const struct stream_events *events;
    void *owner;
    struct bytes input; /* in a block of its own for each callback, so that stale use is seen */
    size_t consumed;
    struct bytes output;
    size_t queued;
    uint64_t bytes_in, bytes_out;
    enum stream_end end;
    bool is_paused, is_slow;
    bool tells_drained; /* even if the socket takes all at once */
};

struct backend_dial {
    struct slice host;
    void (*done)(void *owner, enum backend_failure failure, int fd, const struct address *address);
    void *owner;
};

struct dns_lookup {
    void (*done)(void *owner, enum dns_status status, struct slice name, bool confirmed);
    void *owner;
};

struct loop {
    uint64_t now;
    struct deadline *deadlines[DEADLINES_MAX];
    size_t deadline_count;
    struct loop_task *tasks[16];
    size_t task_count;
    struct stream *resumed;
    void *retired[RETIRED_MAX];
    size_t retired_count;
    struct backend_dial *dial;
    struct dns_lookup *lookup;
    struct stream *backend; /* the last one dialed; NULL once closed */
    struct bytes backend_heard;
    struct bytes log;
    struct bytes shown;
    struct log main_log;
};

struct fake {
    struct session *session;
    struct worker *worker;
    struct stream *client;
    struct bytes heard;
    struct bytes shown;
    enum close_reason reason;
    char server_name[256];
    bool is_closed, is_tls_begun, is_secure;
};

/* The loop. */

static struct fake *fake_of(const struct session *session)
{
    return session->client == NULL ? NULL : session->client->owner;
}

uint64_t loop_now(struct loop *loop)
{
    return loop->now;
}

uint64_t loop_wall_us(struct loop *loop)
{
    return 1795354481000000 + loop->now * 1000; /* 22 Nov 2026 13:34:41 */
}

void deadline_init(struct deadline *deadline, void (*expired)(void *owner), void *owner)
{
    *deadline = (struct deadline){.expired = expired, .owner = owner};
}

/* Remembers every deadline ever set; `due` says whether it still is. */
void deadline_set(struct loop *loop, struct deadline *deadline, uint32_t after_ms)
{
    size_t i = 0;

    deadline->due = loop->now + after_ms;
    while (i < loop->deadline_count && loop->deadlines[i] != deadline)
        i++;
    ensure(i < DEADLINES_MAX);
    loop->deadlines[i] = deadline;
    if (i == loop->deadline_count)
        loop->deadline_count++;
}

void deadline_clear(struct deadline *deadline)
{
    deadline->due = 0;
}

bool deadline_is_set(const struct deadline *deadline)
{
    return deadline->due != 0;
}

static void forget_deadlines(struct loop *loop)
{
    size_t kept = 0;

    for (size_t i = 0; i < loop->deadline_count; i++) {
        if (loop->deadlines[i]->due != 0)
            loop->deadlines[kept++] = loop->deadlines[i];
    }
    loop->deadline_count = kept;
}

void loop_task_init(struct loop_task *task, void (*run)(void *owner), void *owner)
{
    *task = (struct loop_task){.run = run, .owner = owner};
}

void loop_defer(struct loop *loop, struct loop_task *task)
{
    for (size_t i = 0; i < loop->task_count; i++) {
        if (loop->tasks[i] == task)
            return;
    }
    ensure(loop->task_count < 16);
    loop->tasks[loop->task_count++] = task;
    task->next = (struct loop_task *)(void *)loop; /* so that cancel finds the loop */
}

void loop_task_cancel(struct loop_task *task)
{
    struct loop *loop = (struct loop *)(void *)task->next;

    for (size_t i = 0; loop != NULL && i < loop->task_count; i++) {
        if (loop->tasks[i] == task)
            loop->tasks[i] = loop->tasks[--loop->task_count];
    }
}

void loop_retire(struct loop *loop, void *memory)
{
    ensure(loop->retired_count < RETIRED_MAX);
    loop->retired[loop->retired_count++] = memory;
}

static void free_retired(struct loop *loop)
{
    forget_deadlines(loop);
    for (size_t i = 0; i < loop->retired_count; i++)
        free(loop->retired[i]);
    loop->retired_count = 0;
}

/* Moves what is left of the input to another block: whoever kept a slice of it is found out. */
static void renew_input(struct stream *stream)
{
    struct bytes fresh = {0};

    if (stream == NULL)
        return;
    bytes_add(&fresh, (struct slice){stream->input.at + stream->consumed,
                                     stream->input.len - stream->consumed});
    free(stream->input.at);
    stream->input = fresh;
    stream->consumed = 0;
}

static void run_task(struct loop *loop)
{
    struct loop_task *task = loop->tasks[0];

    loop->tasks[0] = loop->tasks[--loop->task_count];
    task->next = NULL;
    task->run(task->owner);
}

static void deliver_resumed(struct loop *loop)
{
    struct stream *stream = loop->resumed;

    loop->resumed = NULL;
    if (!stream->is_paused)
        stream->events->received(stream->owner);
}

/* The end of a turn. */
static void settle(struct loop *loop)
{
    while (loop->task_count > 0 || loop->resumed != NULL) {
        if (loop->task_count > 0)
            run_task(loop);
        else
            deliver_resumed(loop);
    }
    renew_input(loop->backend);
    free_retired(loop);
}

/* Streams. */

struct stream *stream_new(struct loop *loop, int fd, const struct stream_events *events,
                          void *owner)
{
    struct stream *stream = memory_zero(sizeof *stream);

    (void)fd;
    stream->loop = loop;
    stream->events = events;
    stream->owner = owner;
    bytes_add(&stream->input, SLICE_NONE);
    bytes_add(&stream->output, SLICE_NONE);
    loop->backend = stream;
    return stream;
}

static void free_stream(struct stream *stream)
{
    free(stream->input.at);
    free(stream->output.at);
    free(stream);
}

struct slice stream_input(const struct stream *stream)
{
    return (struct slice){stream->input.at + stream->consumed,
                          stream->input.len - stream->consumed};
}

void stream_consume(struct stream *stream, size_t len)
{
    ensure(len <= stream->input.len - stream->consumed);
    stream->consumed += len;
}

enum stream_end stream_end(const struct stream *stream)
{
    return stream->end;
}

void stream_pause(struct stream *stream)
{
    stream->is_paused = true;
}

void stream_resume(struct stream *stream)
{
    if (!stream->is_paused)
        return;
    stream->is_paused = false;
    if (stream_input(stream).len > 0 || stream->end != STREAM_OPEN)
        stream->loop->resumed = stream;
}

bool stream_is_paused(const struct stream *stream)
{
    return stream->is_paused;
}

void stream_read_less(struct stream *stream)
{
    (void)stream;
}

void stream_write(struct stream *stream, struct slice bytes)
{
    bytes_add(&stream->output, bytes);
    stream->bytes_out += bytes.len;
    if (stream->is_slow)
        stream->queued += bytes.len;
    if (stream == stream->loop->backend)
        bytes_add(&stream->loop->backend_heard, bytes);
}

size_t stream_queued(const struct stream *stream)
{
    return stream->queued;
}

void stream_tell_drained(struct stream *stream)
{
    stream->tells_drained = true;
}

void stream_close(struct stream **stream)
{
    struct loop *loop = (*stream)->loop;

    if (loop->backend == *stream)
        loop->backend = NULL;
    if (loop->resumed == *stream)
        loop->resumed = NULL;
    /* What was read from it may be used until the turn ends. */
    loop_retire(loop, (*stream)->input.at);
    loop_retire(loop, (*stream)->output.at);
    loop_retire(loop, *stream);
    *stream = NULL;
}

void stream_close_after(struct stream **stream, uint32_t linger_ms)
{
    (void)linger_ms;
    stream_close(stream);
}

void stream_close_answered(struct stream **stream, uint32_t linger_ms)
{
    stream_close_after(stream, linger_ms);
}

const char *stream_failure_words(const struct stream *stream)
{
    (void)stream;
    return "connection reset";
}

uint64_t stream_bytes_in(const struct stream *stream)
{
    return stream->bytes_in;
}

uint64_t stream_bytes_out(const struct stream *stream)
{
    return stream->bytes_out;
}

/* Sessions. */

struct slice session_input(const struct session *session)
{
    return session->client == NULL ? SLICE_NONE : stream_input(session->client);
}

void session_consume(struct session *session, size_t len)
{
    if (session->client != NULL)
        stream_consume(session->client, len);
}

void session_write(struct session *session, struct slice bytes)
{
    struct fake *fake = fake_of(session);

    if (fake == NULL)
        return;
    session->client->bytes_out += bytes.len;
    session->client->queued += bytes.len;
    bytes_add(&fake->heard, bytes);
}

void session_expire_in(struct session *session, uint32_t after_ms)
{
    if (session->phase != SESSION_CLOSED)
        deadline_set(session->worker->loop, &session->deadline, after_ms);
}

void session_expire_never(struct session *session)
{
    deadline_clear(&session->deadline);
}

void session_start_tls(struct session *session)
{
    struct fake *fake = fake_of(session);

    ensure(session_input(session).len == 0); /* see stream_start_tls */
    ensure(fake != NULL && !fake->is_secure);
    fake->is_tls_begun = true;
}

bool session_is_secure(const struct session *session)
{
    return fake_of(session) != NULL && fake_of(session)->is_secure;
}

struct slice session_tls_protocol(const struct session *session)
{
    return session_is_secure(session) ? SLICE("TLSv1.3") : SLICE_NONE;
}

struct slice session_server_name(const struct session *session)
{
    return session_is_secure(session) ? slice_of(fake_of(session)->server_name) : SLICE_NONE;
}

struct address session_local_address(const struct session *session)
{
    return session->listen->address;
}

void session_close(struct session *session, enum close_reason reason)
{
    struct fake *fake = fake_of(session);

    if (session->phase == SESSION_CLOSED)
        return;
    session->phase = SESSION_CLOSED;
    deadline_clear(&session->deadline);
    session->protocol->closed(session, reason);
    fake->reason = reason;
    fake->is_closed = true;
    fake->client = NULL;
    fake->session = NULL;
    stream_close(&session->client);
    loop_retire(session->worker->loop, session);
}

static const struct {
    const char *code, *words;
} close_rows[] = {
#define CLOSE_REASON(name, code, level, words) {code, words},
#include "relay/close_reasons.def"
#undef CLOSE_REASON
};

const char *close_reason_words(enum close_reason reason)
{
    return close_rows[reason].words;
}

const char *close_reason_code(enum close_reason reason)
{
    return close_rows[reason].code;
}

void session_log(const struct session *session, enum log_level level, const char *format, ...)
{
    struct loop *loop = session->worker->loop;
    char text[1024];
    va_list list;

    if (level > LOG_INFO)
        return;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    bytes_add(&loop->log, slice_of(log_level_names[level]));
    bytes_add(&loop->log, SLICE(": "));
    bytes_add(&loop->log, slice_of(text));
    bytes_add(&loop->log, SLICE("\n"));
}

/* Backends and names. */

const char *backend_failure_words(enum backend_failure failure)
{
    return failure == BACKEND_TIMED_OUT ? "timed out" : "refused";
}

struct backend_dial *backend_dial(struct worker *worker, const struct backend_target *target,
                                  uint32_t timeout_ms,
                                  void (*done)(void *owner, enum backend_failure failure, int fd,
                                               const struct address *address),
                                  void *owner)
{
    struct backend_dial *dial = memory_zero(sizeof *dial);

    ensure(worker->loop->dial == NULL && timeout_ms > 0);
    *dial = (struct backend_dial){target->host, done, owner};
    worker->loop->dial = dial;
    return dial;
}

/* There is one worker in a test, so the only dial under way is this one. */
void backend_dial_cancel(struct backend_dial **dial)
{
    (*dial)->done = NULL;
    *dial = NULL;
}

struct dns_lookup *dns_reverse(struct dns_resolver *resolver, const struct address *address,
                               void (*done)(void *owner, enum dns_status status, struct slice name,
                                            bool confirmed),
                               void *owner)
{
    struct loop *loop = (struct loop *)(void *)resolver;
    struct dns_lookup *lookup = memory_zero(sizeof *lookup);

    (void)address;
    ensure(loop->lookup == NULL);
    *lookup = (struct dns_lookup){done, owner};
    loop->lookup = lookup;
    return lookup;
}

void dns_cancel(struct dns_lookup **lookup)
{
    (*lookup)->done = NULL;
    *lookup = NULL;
}

enum dns_status dns_check_names(const struct slice *names, size_t count, uint32_t timeout_ms,
                                enum dns_status *statuses)
{
    enum dns_status worst = DNS_FOUND;

    (void)timeout_ms;
    for (size_t i = 0; i < count; i++) {
        statuses[i] = slice_ends(names[i], SLICE(".invalid")) ? DNS_NO_SUCH_NAME : DNS_FOUND;
        if (statuses[i] != DNS_FOUND)
            worst = statuses[i];
    }
    return worst;
}

/* What tests say. */

void fake_worker_init(struct worker *worker, struct log_files *files)
{
    struct loop *loop = memory_zero(sizeof *loop);

    *worker = (struct worker){.loop = loop, .log_files = files};
    loop->now = 1000;
    loop->main_log = (struct log){-1, LOG_INFO};
    worker->log = &loop->main_log;
    worker->resolver = (struct dns_resolver *)(void *)loop;
    bytes_add(&loop->log, SLICE_NONE);
    bytes_add(&loop->backend_heard, SLICE_NONE);
}

static void drop_cancelled(struct loop *loop)
{
    if (loop->dial != NULL && loop->dial->done == NULL) {
        free(loop->dial);
        loop->dial = NULL;
    }
    if (loop->lookup != NULL && loop->lookup->done == NULL) {
        free(loop->lookup);
        loop->lookup = NULL;
    }
}

void fake_worker_deinit(struct worker *worker)
{
    struct loop *loop = worker->loop;

    settle(loop);
    drop_cancelled(loop);
    if (loop->backend != NULL)
        free_stream(loop->backend);
    free(loop->backend_heard.at);
    free(loop->log.at);
    free(loop->shown.at);
    ensure(loop->dial == NULL && loop->lookup == NULL);
    free(loop);
}

static void on_client_received(void *owner)
{
    struct fake *fake = owner;

    if (fake->session != NULL && fake->session->phase == SESSION_OPEN)
        fake->session->protocol->received(fake->session);
}

static const struct stream_events client_events = {.received = on_client_received};

static void on_expired(void *owner)
{
    struct session *session = owner;

    session->protocol->expired(session);
}

struct fake *fake_start(const struct protocol *protocol, struct worker *worker,
                        const struct listen *listen, const char *client)
{
    struct fake *fake = memory_zero(sizeof *fake);
    struct session *session = memory_zero(sizeof *session);
    struct stream *backend = worker->loop->backend;

    fake->worker = worker;
    fake->session = session;
    fake->client = stream_new(worker->loop, -1, &client_events, fake);
    worker->loop->backend = backend;
    fake->is_secure = listen->tls;
    bytes_add(&fake->heard, SLICE_NONE);
    session->worker = worker;
    session->protocol = protocol;
    session->listen = listen;
    session->client = fake->client;
    session->log = worker->log;
    session->id = ++worker->next_session_id;
    session->started_us = loop_wall_us(worker->loop);
    ensure(address_parse(slice_of(client), &session->address));
    session->address.port = 41234;
    session->phase = SESSION_OPEN;
    deadline_init(&session->deadline, on_expired, session);
    protocol->opened(session);
    settle(worker->loop);
    return fake;
}

/* What was said to the client leaves. */
static void flush_client(struct fake *fake)
{
    while (fake->client != NULL && !fake->client->is_slow && fake->client->queued > 0) {
        bool tells = fake->client->tells_drained;

        fake->client->queued = 0;
        fake->client->tells_drained = false;
        if (tells && fake->session != NULL)
            fake->session->protocol->drained(fake->session);
        settle(fake->worker->loop);
    }
}

static void end_turn(struct fake *fake)
{
    settle(fake->worker->loop);
    flush_client(fake);
    renew_input(fake->client);
    drop_cancelled(fake->worker->loop);
}

void fake_stop(struct fake *fake)
{
    if (fake->session != NULL)
        session_close(fake->session, CLOSE_FRONTD_STOPPED);
    end_turn(fake);
    free(fake->heard.at);
    free(fake->shown.at);
    free(fake);
}

void fake_client_sends(struct fake *fake, struct slice bytes)
{
    ensure(fake->client != NULL);
    bytes_add(&fake->client->input, bytes);
    fake->client->bytes_in += bytes.len;
    renew_input(fake->client);
    if (!fake->client->is_paused)
        on_client_received(fake);
    end_turn(fake);
}

void fake_client_ends(struct fake *fake)
{
    ensure(fake->client != NULL);
    fake->client->end = STREAM_FINISHED;
    on_client_received(fake);
    end_turn(fake);
}

void fake_client_fails(struct fake *fake)
{
    ensure(fake->client != NULL);
    session_close(fake->session, CLOSE_CLIENT_RESET);
    end_turn(fake);
}

/* Hands out what was collected and starts anew. */
static const char *show(struct bytes *bytes, struct bytes *shown)
{
    free(shown->at);
    *shown = *bytes;
    *bytes = (struct bytes){0};
    bytes_add(bytes, SLICE_NONE);
    return shown->at;
}

const char *fake_client_hears(struct fake *fake)
{
    return show(&fake->heard, &fake->shown);
}

bool fake_client_is_paused(const struct fake *fake)
{
    return fake->client->is_paused;
}

void fake_client_is_slow(struct fake *fake, bool is_slow)
{
    struct stream *client = fake->client;
    bool is_drained = !is_slow && client->queued > 0;

    client->is_slow = is_slow;
    if (!is_drained)
        return;
    client->queued = 0;
    fake->session->protocol->drained(fake->session);
    end_turn(fake);
}

bool fake_tls_is_begun(const struct fake *fake)
{
    return fake->is_tls_begun;
}

void fake_tls_succeeds(struct fake *fake, const char *server_name)
{
    ensure(fake->is_tls_begun);
    snprintf(fake->server_name, sizeof fake->server_name, "%s", server_name);
    fake->is_secure = true;
    fake->session->protocol->secured(fake->session);
    end_turn(fake);
}

bool fake_is_dialing(const struct worker *worker)
{
    return worker->loop->dial != NULL && worker->loop->dial->done != NULL;
}

struct slice fake_dialed_host(const struct worker *worker)
{
    ensure(fake_is_dialing(worker));
    return worker->loop->dial->host;
}

static void end_dial(struct worker *worker, enum backend_failure failure)
{
    struct backend_dial dial = *worker->loop->dial;
    struct address address = {.family = AF_INET};

    free(worker->loop->dial);
    worker->loop->dial = NULL;
    dial.done(dial.owner, failure, failure == BACKEND_OK ? 1000 : -1, &address);
    settle(worker->loop);
    drop_cancelled(worker->loop);
}

void fake_backend_accepts(struct worker *worker)
{
    ensure(fake_is_dialing(worker));
    end_dial(worker, BACKEND_OK);
}

void fake_backend_refuses(struct worker *worker, enum backend_failure failure)
{
    ensure(fake_is_dialing(worker));
    end_dial(worker, failure);
}

static void backend_event(struct worker *worker, void (*event)(void *owner))
{
    event(worker->loop->backend->owner);
    settle(worker->loop);
    drop_cancelled(worker->loop);
}

void fake_backend_sends(struct worker *worker, struct slice bytes)
{
    struct stream *backend = worker->loop->backend;

    ensure(backend != NULL);
    bytes_add(&backend->input, bytes);
    renew_input(backend);
    backend_event(worker, backend->events->received);
}

void fake_backend_ends(struct worker *worker)
{
    worker->loop->backend->end = STREAM_FINISHED;
    backend_event(worker, worker->loop->backend->events->received);
}

void fake_backend_fails(struct worker *worker)
{
    worker->loop->backend->end = STREAM_RESET;
    backend_event(worker, worker->loop->backend->events->failed);
}

void fake_backend_is_slow(struct worker *worker, bool is_slow)
{
    struct stream *backend = worker->loop->backend;
    bool is_drained = !is_slow && backend->queued > 0;

    backend->is_slow = is_slow;
    if (!is_slow)
        backend->queued = 0;
    if (is_drained)
        backend_event(worker, backend->events->drained);
}

const char *fake_backend_hears(struct worker *worker)
{
    return show(&worker->loop->backend_heard, &worker->loop->shown);
}

bool fake_backend_is_open(const struct worker *worker)
{
    return worker->loop->backend != NULL;
}

bool fake_is_naming(const struct worker *worker)
{
    return worker->loop->lookup != NULL && worker->loop->lookup->done != NULL;
}

void fake_dns_answers(struct worker *worker, enum dns_status status, const char *name,
                      bool confirmed)
{
    struct dns_lookup lookup = *worker->loop->lookup;
    char *memory = strdup(name);

    ensure(lookup.done != NULL);
    free(worker->loop->lookup);
    worker->loop->lookup = NULL;
    lookup.done(lookup.owner, status, slice_of(memory), confirmed);
    free(memory);
    settle(worker->loop);
}

/* The deadline that is due first up to `now`; NULL: none. */
static struct deadline *next_due(struct loop *loop, uint64_t now)
{
    struct deadline *first = NULL;

    for (size_t i = 0; i < loop->deadline_count; i++) {
        struct deadline *deadline = loop->deadlines[i];

        if (deadline->due != 0 && deadline->due <= now &&
            (first == NULL || deadline->due < first->due))
            first = deadline;
    }
    return first;
}

void fake_time_passes(struct worker *worker, uint32_t ms)
{
    struct loop *loop = worker->loop;
    uint64_t end = loop->now + ms;
    struct deadline *deadline;

    while ((deadline = next_due(loop, end)) != NULL) {
        loop->now = deadline->due;
        deadline->due = 0;
        deadline->expired(deadline->owner);
        settle(loop);
    }
    loop->now = end;
    drop_cancelled(loop);
}

bool fake_is_closed(const struct fake *fake)
{
    return fake->is_closed;
}

enum close_reason fake_reason(const struct fake *fake)
{
    ensure(fake->is_closed);
    return fake->reason;
}

struct session *fake_session(struct fake *fake)
{
    return fake->session;
}

const char *fake_log(const struct worker *worker)
{
    return worker->loop->log.at;
}
