#include "base/ensure.h"
#include "tls/tls_context.h"
#include "tls/tls_internal.h"
#include "tls/tls_remote.h"

/* How a context comes into being, server by server. */

/* Where the choices of a context are found again while it is built: by the place of the first
 * certificate's text, 1 + the choice's number; 0 is free. */
struct alike {
    uint32_t *slots;
    size_t mask;
};

static struct alike new_alike(size_t count, struct arena *arena)
{
    size_t size = 2;

    while (size < 2 * count)
        size *= 2;
    return (struct alike){arena_zero(arena, size * sizeof(uint32_t)), size - 1};
}

/* A choice before `index` that is made already and serves `index`, too; else `index` itself. */
static size_t find_alike(const struct alike *alike, const struct tls_server *servers, size_t index)
{
    uint64_t place = (uintptr_t)servers[index].certificates[0].at;
    size_t slot = (size_t)((place * 0x9e3779b97f4a7c15u) >> 32) & alike->mask;

    for (; alike->slots[slot] != 0; slot = (slot + 1) & alike->mask)
        if (tls_context_is_alike(&servers[alike->slots[slot] - 1], &servers[index]))
            return alike->slots[slot] - 1;
    alike->slots[slot] = (uint32_t)index + 1;
    return index;
}

struct tls_building {
    const struct tls_server *servers;
    struct arena *arena;
    struct alike alike;
    size_t done;
};

static bool fill_choice(struct tls_context *context, const struct tls_server *servers, size_t index,
                        const struct alike *alike, struct arena *arena, struct slice *why)
{
    const struct tls_server *server = &servers[index];
    struct tls_choice *choice = &context->choices[index];
    size_t same;

    choice->rejects = server->rejects;
    choice->owner = server->owner;
    if (server->pair_count == 0 && !server->rejects) {
        *why = SLICE("there is no certificate");
        return false;
    }
    choice->options = tls_context_options(server);
    choice->tickets = server->session_tickets ? 1 : 0;
    choice->alpn = server->alpn;
    tls_sealing_bind(server, choice->binding);
    same = server->pair_count == 0 ? index : find_alike(alike, servers, index);
    if (same == index)
        return tls_context_settle(context, choice, server, arena, why);
    choice->settings = context->choices[same].settings;
    return SSL_CTX_up_ref(choice->settings) == 1;
}

static void fill_names(struct tls_context *context, const struct tls_server *servers, size_t count)
{
    size_t total = 0;

    for (size_t i = 0; i < count; i++)
        total += servers[i].name_count;
    tls_names_init(&context->names, total, &context->arena);
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < servers[i].name_count; j++)
            tls_names_add(&context->names, servers[i].names[j], i, &context->arena);
    tls_names_sort(&context->names);
}

struct tls_context *tls_context_begin(const struct tls_server *servers, size_t count,
                                      struct arena *arena)
{
    struct tls_context *context = memory_zero(sizeof *context);
    struct tls_building *building = arena_zero(arena, sizeof *building);

    ensure(count > 0);
    tls_library_start();
    *building = (struct tls_building){servers, arena, new_alike(count, arena), 0};
    context->building = building;
    context->users = 1;
    context->count = count;
    arena_init(&context->arena, ARENA_UNLIMITED);
    tls_bio_init(&context->bio);
    tls_sealing_start(context, servers[0].tickets);
    if (servers[0].remote != NULL)
        context->remote = tls_remote_keep(servers[0].remote);
    context->choices = arena_zero(&context->arena, count * sizeof *context->choices);
    fill_names(context, servers, count);
    return context;
}

enum tls_context_state tls_context_build(struct tls_context *context, struct slice *why)
{
    struct tls_building *building = context->building;

    if (!fill_choice(context, building->servers, building->done, &building->alike, building->arena,
                     why))
        return TLS_CONTEXT_FAILED;
    if (++building->done < context->count)
        return TLS_CONTEXT_MORE;
    context->building = NULL;
    return TLS_CONTEXT_READY;
}

struct tls_context *tls_context_new(const struct tls_server *servers, size_t count,
                                    struct arena *arena, struct slice *why)
{
    struct tls_context *context = tls_context_begin(servers, count, arena);
    enum tls_context_state state;

    do
        state = tls_context_build(context, why);
    while (state == TLS_CONTEXT_MORE);
    if (state == TLS_CONTEXT_READY)
        return context;
    tls_context_release(context);
    return NULL;
}
