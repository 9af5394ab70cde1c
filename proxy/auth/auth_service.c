#include "auth/auth_service.h"

#include "auth/auth_cache.h"
#include "auth/auth_file.h"
#include "auth/auth_pending.h"
#include "auth/auth_store.h"
#include "auth/auth_threads.h"
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
static void answer(struct client *client, uint64_t id, enum auth_verdict verdict, int error)
{
    const struct auth_answer words = {id, verdict, error};
    char body[AUTH_ANSWER_BYTES];

    auth_answer_write(&words, body);
    (void)channel_send(client->channel, MESSAGE_AUTH_ANSWER, (struct slice){body, sizeof body}, -1);
}

static struct auth_job *new_job(const struct client *client, const struct auth_question *question,
                                struct slice hash)
{
    struct auth_job *job = memory_zero(sizeof *job);

    job->client = client->number;
    job->id = question->id;
    job->hash_len = hash.len;
    job->password_len = question->password.len;
    memcpy(job->hash, hash.at, hash.len);
    if (job->password_len > 0)
        memcpy(job->password, question->password.at, job->password_len);
    return job;
}

/* Takes the job over. False: there is no room, and its asker was told. */
static bool compute(struct client *client, struct auth_job *job)
{
    if (auth_threads_add(client->service->threads, job))
        return true;
    answer(client, job->id, AUTH_BUSY, 0);
    auth_job_free(job);
    return false;
}

/* Nobody of that name, or nothing that a password could fit: as slow as if there were. */
static void refuse(struct client *client, const struct auth_question *question,
                   const struct auth_store_file *file, enum auth_verdict verdict)
{
    struct auth_job *job;

    if (file->dummy.len == 0 || file->dummy.len > AUTH_HASH_MAX) {
        answer(client, question->id, verdict, 0);
        return;
    }
    job = new_job(client, question, file->dummy);
    job->is_dummy = true;
    job->is_nobody = verdict == AUTH_NOT_FOUND;
    (void)compute(client, job);
}

static void join(struct client *client, const struct auth_question *question,
                 struct auth_pending *pending)
{
    const struct auth_asker asker = {client->number, question->id};

    if (!auth_pending_join(pending, asker, question->remember_ms))
        answer(client, question->id, AUTH_BUSY, 0);
}

static void begin(struct client *client, const struct auth_question *question, struct slice hash,
                  const struct auth_cache_mark *mark)
{
    struct auth_pendings *pendings = &client->service->pendings;
    struct auth_pending *pending = auth_pending_add(pendings, mark, question->remember_ms);
    struct auth_job *job = new_job(client, question, hash);

    job->pending = pending;
    if (!compute(client, job))
        auth_pending_end(pendings, pending);
}

static void verify(struct client *client, const struct auth_question *question,
                   const struct auth_store_file *file, struct slice hash)
{
    struct auth_service *service = client->service;
    struct auth_cache_mark mark = auth_cache_mark(service->cache, question->file, file->version,
                                                  hash, question->user, question->password);
    struct auth_pending *pending;

    if (question->remember_ms > 0 && auth_cache_has(service->cache, &mark, loop_now(service->loop)))
        answer(client, question->id, AUTH_REMEMBERED, 0);
    else if ((pending = auth_pending_find(&service->pendings, &mark)) != NULL)
        join(client, question, pending);
    else
        begin(client, question, hash, &mark);
}

static void consider(struct client *client, const struct auth_question *question)
{
    struct auth_service *service = client->service;
    const struct auth_store_file *file =
        auth_store_file(service->store, question->file, loop_now(service->loop));
    struct auth_entry entry;

    if (file->is_out_of_reach)
        service->events->renew(service->owner);
    if (file->error != 0)
        answer(client, question->id, AUTH_NO_FILE, file->error);
    else if (!auth_file_find(file->text, question->user, &entry))
        refuse(client, question, file, AUTH_NOT_FOUND);
    else if (auth_hash_parse(entry.hash).scheme == AUTH_UNKNOWN || entry.hash.len > AUTH_HASH_MAX)
        refuse(client, question, file, AUTH_MISMATCH);
    else
        verify(client, question, file, entry.hash);
}

static void on_message(void *owner, enum message message, struct slice body, int fd)
{
    struct client *client = owner;
    struct auth_question question;

    ensure(message == MESSAGE_AUTH_ASK && fd < 0); /* the channel lets nothing else through */
    if (auth_question_read(body, &question) &&
        question.file < auth_store_count(client->service->store)) {
        consider(client, &question);
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
        answer(client, asker.id, verdict, 0);
}

/* Those who joined got their answer without a hash. */
static void finish_pending(struct auth_service *service, struct auth_pending *pending, bool matches)
{
    if (matches && pending->remember_ms > 0)
        auth_cache_add(service->cache, &pending->mark, loop_now(service->loop),
                       pending->remember_ms);
    for (size_t i = 0; i < pending->count; i++)
        answer_asker(service, pending->askers[i], matches ? AUTH_REMEMBERED : AUTH_MISMATCH);
    auth_pending_end(&service->pendings, pending);
}

static void finish(struct auth_service *service, const struct auth_job *job)
{
    service->hashes++;
    answer_asker(service, (struct auth_asker){job->client, job->id},
                 job->is_nobody ? AUTH_NOT_FOUND
                 : job->matches ? AUTH_ACCEPTED
                                : AUTH_MISMATCH);
    if (job->pending != NULL)
        finish_pending(service, job->pending, job->matches);
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

    if (workers == NULL)
        return NULL;
    service = memory_zero(sizeof *service);
    ensure(getrandom(key, sizeof key, 0) == sizeof key);
    *service = (struct auth_service){.loop = loop,
                                     .events = events,
                                     .owner = owner,
                                     .store = auth_store_new(list),
                                     .cache = auth_cache_new(key),
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
