#include "auth/auth_service.h"

#include "auth/auth_cache.h"
#include "auth/auth_file.h"
#include "auth/auth_pending.h"
#include "auth/auth_store.h"
#include "auth/auth_threads.h"
#include "auth/auth_throttle.h"
#include "auth/auth_wire.h"
#include "base/arena.h"
#include "base/ensure.h"
#include "ipc/channel.h"

#include <stdlib.h>
#include <sys/random.h>

struct client {
    struct auth_service *service;
    struct channel *channel;
    struct client *next;
    uint64_t number;
};

struct auth_service {
    struct loop *loop;
    const struct auth_service_events *events;
    void *owner;
    struct auth_store *store;
    struct auth_cache *cache;
    struct auth_throttle *throttle;
    struct auth_threads *threads;
    struct loop_watch *watch;
    struct client *clients;
    size_t client_count;
    struct auth_pendings pendings;
    uint64_t client_numbers, hashes;
};

static void leave(struct client *client)
{
    struct auth_service *service = client->service;
    struct client **place = &service->clients;

    while (*place != client)
        place = &(*place)->next;
    *place = client->next;
    service->client_count--;
    channel_close(&client->channel);
    loop_retire(service->loop, client);
    if (service->client_count == 0)
        service->events->empty(service->owner);
}

/* A worker that does not read its answers waits for nothing: its deadline tells it. */
static void send_answer(struct client *client, const struct auth_answer *words)
{
    char body[AUTH_ANSWER_BYTES];

    auth_answer_write(words, body);
    (void)channel_send(client->channel, MESSAGE_AUTH_ANSWER, (struct slice){body, sizeof body}, -1);
}

static void answer(struct client *client, uint64_t id, enum auth_verdict verdict)
{
    send_answer(client, &(struct auth_answer){.id = id, .verdict = verdict});
}

/* What is to be computed for a question. Where there is nobody of that name, or nothing that a
 * password could fit, it is somebody else's hash, so that it takes as long. */
struct task {
    struct slice hash; /* empty: there is none in the file */
    bool is_dummy;     /* only the time counts */
    enum auth_verdict failure;
    struct auth_cache_mark mark;
    struct auth_attempt attempt;
};

static bool is_usable(struct slice hash)
{
    return hash.len <= AUTH_HASH_MAX && auth_hash_parse(hash).scheme != AUTH_UNKNOWN;
}

static struct task task_of(const struct auth_service *service, const struct auth_question *question,
                           const struct auth_store_file *file)
{
    struct task task = {.is_dummy = true, .failure = AUTH_NOT_FOUND};
    struct slice own = SLICE("");
    struct auth_entry entry;

    if (file->dummy.len <= AUTH_HASH_MAX)
        task.hash = file->dummy;
    if (auth_file_find(file->text, question->user, &entry)) {
        task.failure = AUTH_MISMATCH;
        task.is_dummy = !is_usable(entry.hash);
    }
    if (!task.is_dummy)
        own = task.hash = entry.hash;
    task.mark = auth_cache_mark(service->cache, question->file, file->version, own, question->user,
                                question->password);
    task.attempt = auth_throttle_attempt(service->throttle, question->file, question->user,
                                         &question->client, &question->rate);
    return task;
}

static struct auth_job *new_job(const struct client *client, const struct auth_question *question,
                                const struct task *task)
{
    struct auth_job *job = memory_zero(sizeof *job);

    job->client = client->number;
    job->id = question->id;
    job->is_dummy = task->is_dummy;
    job->failure = task->failure;
    job->attempt = task->attempt;
    job->hash_len = task->hash.len;
    job->password_len = question->password.len;
    memcpy(job->hash, task->hash.at, task->hash.len);
    if (job->password_len > 0)
        memcpy(job->password, question->password.at, job->password_len);
    return job;
}

/* Takes the job over. False: there is no room, and its asker was told. */
static bool compute(struct client *client, struct auth_job *job)
{
    if (auth_threads_add(client->service->threads, job))
        return true;
    answer(client, job->id, AUTH_BUSY);
    auth_job_free(job);
    return false;
}

static void join(struct client *client, const struct auth_question *question,
                 struct auth_pending *pending)
{
    const struct auth_asker asker = {client->number, question->id};

    if (!auth_pending_join(pending, asker, question->remember_ms))
        answer(client, question->id, AUTH_BUSY);
}

static void begin(struct client *client, const struct auth_question *question,
                  const struct task *task)
{
    struct auth_service *service = client->service;
    struct auth_pending *pending =
        auth_pending_add(&service->pendings, &task->mark, question->remember_ms);
    struct auth_job *job = new_job(client, question, task);

    job->pending = pending;
    if (compute(client, job))
        return;
    auth_pending_end(&service->pendings, pending);
    auth_throttle_take_back(service->throttle, &task->attempt);
}

/* True: the same was verified lately, or is being verified. */
static bool recognise(struct client *client, const struct auth_question *question,
                      const struct task *task)
{
    struct auth_service *service = client->service;
    struct auth_pending *pending = auth_pending_find(&service->pendings, &task->mark);

    if (question->remember_ms > 0 &&
        auth_cache_has(service->cache, &task->mark, loop_now(service->loop)))
        answer(client, question->id, AUTH_REMEMBERED);
    else if (pending != NULL)
        join(client, question, pending);
    else
        return false;
    return true;
}

static void verify(struct client *client, const struct auth_question *question,
                   const struct task *task)
{
    struct auth_service *service = client->service;

    if (recognise(client, question, task))
        return;
    auth_throttle_try(service->throttle, &task->attempt, loop_now(service->loop));
    if (task->hash.len > 0) {
        begin(client, question, task);
        return;
    }
    auth_throttle_fail(service->throttle, &task->attempt, loop_now(service->loop));
    answer(client, question->id, task->failure);
}

/* Too many have failed. */
static void hold_off(struct client *client, const struct auth_question *question,
                     const struct task *task, uint64_t wait_ms)
{
    struct auth_service *service = client->service;

    if (auth_throttle_look(service->throttle, &task->attempt, loop_now(service->loop)) &&
        recognise(client, question, task))
        auth_throttle_recognise(service->throttle, &task->attempt);
    else
        send_answer(client, &(struct auth_answer){.id = question->id,
                                                  .verdict = AUTH_THROTTLED,
                                                  .wait_s = (uint32_t)((wait_ms + 999) / 1000)});
}

static void consider(struct client *client, const struct auth_question *question,
                     const struct auth_store_file *file)
{
    struct auth_service *service = client->service;
    struct task task = task_of(service, question, file);
    uint64_t wait_ms =
        auth_throttle_wait(service->throttle, &task.attempt, loop_now(service->loop));

    if (wait_ms == 0)
        verify(client, question, &task);
    else
        hold_off(client, question, &task, wait_ms);
}

static void look_up(struct client *client, const struct auth_question *question)
{
    struct auth_service *service = client->service;
    const struct auth_store_file *file =
        auth_store_file(service->store, question->file, loop_now(service->loop));

    if (file->is_out_of_reach)
        service->events->renew(service->owner);
    if (file->error == 0)
        consider(client, question, file);
    else
        send_answer(client, &(struct auth_answer){
                                .id = question->id, .verdict = AUTH_NO_FILE, .error = file->error});
}

static void on_message(void *owner, enum message message, struct slice body, int fd)
{
    struct client *client = owner;
    struct auth_question question;

    ensure(message == MESSAGE_AUTH_ASK && fd < 0); /* the channel lets nothing else through */
    if (auth_question_read(body, &question) &&
        question.file < auth_store_count(client->service->store)) {
        look_up(client, &question);
        return;
    }
    client->service->events->say(client->service->owner, LOG_ALERT,
                                 SLICE("a worker asked what cannot be asked: it is not heard any "
                                       "more"));
    leave(client);
}

static void on_closed(void *owner, const char *why)
{
    struct client *client = owner;

    if (why != NULL)
        client->service->events->say(client->service->owner, LOG_ALERT, slice_of(why));
    leave(client);
}

static const struct channel_events channel_events = {on_message, on_closed};

static struct client *find(const struct auth_service *service, uint64_t number)
{
    struct client *client = service->clients;

    while (client != NULL && client->number != number)
        client = client->next;
    return client;
}

static void answer_asker(struct auth_service *service, struct auth_asker asker,
                         enum auth_verdict verdict)
{
    struct client *client = find(service, asker.client);

    if (client != NULL)
        answer(client, asker.id, verdict);
}

/* Those who joined got their answer without a hash. */
static void finish_pending(struct auth_service *service, const struct auth_job *job)
{
    struct auth_pending *pending = job->pending;

    if (job->matches && pending->remember_ms > 0)
        auth_cache_add(service->cache, &pending->mark, loop_now(service->loop),
                       pending->remember_ms);
    for (size_t i = 0; i < pending->count; i++)
        answer_asker(service, pending->askers[i], job->matches ? AUTH_REMEMBERED : job->failure);
    auth_pending_end(&service->pendings, pending);
}

static void finish(struct auth_service *service, const struct auth_job *job)
{
    service->hashes++;
    if (job->matches)
        auth_throttle_take_back(service->throttle, &job->attempt);
    else
        auth_throttle_fail(service->throttle, &job->attempt, loop_now(service->loop));
    answer_asker(service, (struct auth_asker){job->client, job->id},
                 job->matches ? AUTH_ACCEPTED : job->failure);
    finish_pending(service, job);
}

static void on_done(void *owner)
{
    struct auth_service *service = owner;
    struct auth_job *next;

    for (struct auth_job *job = auth_threads_take(service->threads); job != NULL; job = next) {
        next = job->next;
        finish(service, job);
        auth_job_free(job);
    }
}

struct auth_service *auth_service_new(struct loop *loop, const struct auth_list *list,
                                      size_t threads, size_t limit,
                                      const struct auth_service_events *events, void *owner)
{
    struct auth_service *service;
    struct auth_threads *workers = auth_threads_new(threads, limit);
    char key[AUTH_CACHE_KEY];
    uint64_t throttle_key[2];

    if (workers == NULL)
        return NULL;
    service = memory_zero(sizeof *service);
    ensure(getrandom(key, sizeof key, 0) == sizeof key);
    ensure(getrandom(throttle_key, sizeof throttle_key, 0) == sizeof throttle_key);
    *service = (struct auth_service){.loop = loop,
                                     .events = events,
                                     .owner = owner,
                                     .store = auth_store_new(list),
                                     .cache = auth_cache_new(key),
                                     .throttle = auth_throttle_new(throttle_key),
                                     .threads = workers};
    explicit_bzero(key, sizeof key);
    service->watch = loop_watch_readable(loop, auth_threads_fd(workers), on_done, service);
    return service;
}

void auth_service_free(struct auth_service *service)
{
    struct client *next;

    loop_unwatch(service->watch);
    auth_threads_free(service->threads);
    while (service->pendings.first != NULL)
        auth_pending_end(&service->pendings, service->pendings.first);
    for (struct client *client = service->clients; client != NULL; client = next) {
        next = client->next;
        channel_close(&client->channel);
        loop_retire(service->loop, client);
    }
    auth_throttle_free(service->throttle);
    auth_cache_free(service->cache);
    auth_store_free(service->store);
    free(service);
}

void auth_service_add(struct auth_service *service, int fd)
{
    struct client *client = memory_zero(sizeof *client);

    *client = (struct client){
        .service = service, .next = service->clients, .number = ++service->client_numbers};
    client->channel =
        channel_new(service->loop, fd, ROLE_AUTH, ROLE_WORKER, &channel_events, client);
    service->clients = client;
    service->client_count++;
}

size_t auth_service_clients(const struct auth_service *service)
{
    return service->client_count;
}

uint64_t auth_service_hashes(const struct auth_service *service)
{
    return service->hashes;
}
