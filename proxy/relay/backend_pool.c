#include "base/arena.h"
#include "relay/backend.h"
#include "relay/backend_memory.h"
#include "relay/backend_private.h"
#include "relay/worker.h"

#include <stdlib.h>

#define BUCKETS 256

/* An idle connection. Taking and giving happen once a request, so neither asks the kernel anything:
 * the stream goes on reading, and whatever it reports while idle ends it. */
struct backend_idle {
    struct backend_idle *older, *newer; /* at the same target */
    struct backend_group *group;
    struct backend_connection connection;
    struct deadline deadline;
};

/* The idle connections to one target. Stays when it is empty: there are as many as the
 * configuration has targets, and an empty one is about to be filled again. */
struct backend_group {
    struct backend_group *next;
    struct backend_pool *pool;
    struct backend_idle *newest, *oldest;
    size_t count;
    uint32_t hash;
    struct backend_target target;
    char text[]; /* of host and label */
};

struct backend_pool {
    struct worker *worker;
    struct backend_idle *spare; /* an item without a connection, kept for the next one */
    struct backend_memory memory;
    struct backend_drain *drains;
    struct backend_group *buckets[BUCKETS];
};

struct backend_memory *backend_pool_memory(struct backend_pool *pool)
{
    return &pool->memory;
}

struct backend_drain **backend_pool_drains(struct backend_pool *pool)
{
    return &pool->drains;
}

struct backend_pool *backend_pool_new(struct worker *worker)
{
    struct backend_pool *pool = memory_zero(sizeof *pool);

    pool->worker = worker;
    return pool;
}

static void unlink_idle(struct backend_idle *idle)
{
    struct backend_group *group = idle->group;

    *(idle->newer != NULL ? &idle->newer->older : &group->newest) = idle->older;
    *(idle->older != NULL ? &idle->older->newer : &group->oldest) = idle->newer;
    group->count--;
    deadline_clear(&idle->deadline);
}

static void drop(struct backend_idle *idle)
{
    unlink_idle(idle);
    stream_close(&idle->connection.stream);
    loop_retire(idle->group->pool->worker->loop, idle); /* its callback may be on the stack */
}

static void on_anything(void *owner)
{
    drop(owner);
}

static void on_nothing(void *owner)
{
    (void)owner;
}

/* Nothing was asked, so whatever comes is an end or an answer that must not meet the next request.
 */
static const struct stream_events idle_events = {
    .received = on_anything,
    .drained = on_nothing,
    .secured = on_nothing,
    .failed = on_anything,
};

void backend_pool_free(struct backend_pool *pool)
{
    for (size_t i = 0; i < BUCKETS; i++) {
        while (pool->buckets[i] != NULL) {
            struct backend_group *group = pool->buckets[i];

            while (group->newest != NULL)
                drop(group->newest);
            pool->buckets[i] = group->next;
            loop_retire(pool->worker->loop, group);
        }
    }
    backend_drain_end_all(&pool->drains);
    free(pool->spare);
    loop_retire(pool->worker->loop, pool);
}

/* FNV-1a; targets are the operator's. */
static uint32_t hash_target(const struct backend_target *target)
{
    uint32_t hash = 2166136261U ^ target->port;

    for (size_t i = 0; i < target->host.len; i++)
        hash = (hash ^ (unsigned char)target->host.at[i]) * 16777619U;
    for (size_t i = 0; i < target->label.len; i++)
        hash = (hash ^ (unsigned char)target->label.at[i]) * 16777619U;
    return hash;
}

static bool is_same_target(const struct backend_target *a, const struct backend_target *b)
{
    return a->port == b->port && slice_equal(a->host, b->host) && slice_equal(a->label, b->label);
}

static struct backend_group *find_group(const struct backend_pool *pool,
                                        const struct backend_target *target, uint32_t hash)
{
    struct backend_group *group = pool->buckets[hash % BUCKETS];

    while (group != NULL && (group->hash != hash || !is_same_target(&group->target, target)))
        group = group->next;
    return group;
}

static struct backend_group *add_group(struct backend_pool *pool,
                                       const struct backend_target *target, uint32_t hash)
{
    struct backend_group **bucket = &pool->buckets[hash % BUCKETS];
    struct backend_group *group = memory_zero(sizeof *group + target->host.len + target->label.len);
    char *label = group->text + target->host.len;

    memcpy(group->text, target->host.at, target->host.len);
    if (target->label.len > 0)
        memcpy(label, target->label.at, target->label.len);
    group->target.host = (struct slice){group->text, target->host.len};
    group->target.label = (struct slice){label, target->label.len};
    group->target.port = target->port;
    group->pool = pool;
    group->hash = hash;
    group->next = *bucket;
    *bucket = group;
    return group;
}

bool backend_pool_take(struct backend_pool *pool, const struct backend_target *target,
                       struct backend_connection *connection)
{
    const struct backend_group *group = find_group(pool, target, hash_target(target));
    struct backend_idle *idle = group == NULL ? NULL : group->newest;

    if (idle == NULL)
        return false;
    unlink_idle(idle);
    *connection = idle->connection;
    stream_set_owner(connection->stream, &idle_events, NULL);
    free(pool->spare);
    pool->spare = idle;
    pool->worker->counters[COUNTER_BACKEND_REUSES]++;
    return true;
}

/* A connection on which anything is still to come or to go is of no use to the next request. */
static bool is_idle(const struct stream *stream)
{
    return stream_end(stream) == STREAM_OPEN && stream_input(stream).len == 0 &&
           stream_queued(stream) == 0;
}

static struct backend_idle *idle_new(struct backend_pool *pool)
{
    struct backend_idle *idle = pool->spare != NULL ? pool->spare : memory_alloc(sizeof *idle);

    pool->spare = NULL;
    return idle;
}

static void link_newest(struct backend_group *group, struct backend_idle *idle)
{
    idle->group = group;
    idle->newer = NULL;
    idle->older = group->newest;
    *(group->newest != NULL ? &group->newest->newer : &group->oldest) = idle;
    group->newest = idle;
    group->count++;
}

void backend_pool_give(struct backend_pool *pool, const struct backend_target *target,
                       const struct backend_keep *keep, struct backend_connection *connection)
{
    uint32_t hash = hash_target(target);
    struct backend_group *group = find_group(pool, target, hash);
    struct backend_idle *idle;

    if (!is_idle(connection->stream) || keep->idle_max == 0) {
        stream_close(&connection->stream);
        return;
    }
    if (group == NULL)
        group = add_group(pool, target, hash);
    if (group->count >= keep->idle_max)
        drop(group->oldest);
    idle = idle_new(pool);
    idle->connection = *connection;
    connection->stream = NULL;
    deadline_init(&idle->deadline, on_anything, idle);
    link_newest(group, idle);
    stream_set_owner(idle->connection.stream, &idle_events, idle);
    if (stream_is_paused(idle->connection.stream))
        stream_resume(idle->connection.stream);
    deadline_set(pool->worker->loop, &idle->deadline, keep->idle_ms);
}
