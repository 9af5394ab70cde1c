#include "os/descriptor.h"
#include "process/core_conf.h"
#include "process/generation.h"
#include "process/generation_keys.h"
#include "process/listens.h"
#include "process/log_open.h"
#include "process/worker_arguments.h"
#include "process/zone_files.h"
#include "relay/relay_conf.h"

#include <errno.h>
#include <unistd.h>

/* How a configuration becomes a generation. */

static struct slice keep(struct generation *generation, struct slice text)
{
    return arena_keep(&generation->arena, text);
}

/* Addresses and paths that are needed when the text is gone. */
static void keep_lists(struct generation *generation, const struct configuration *configuration)
{
    const struct listen_list *listens = &configuration->listens;

    for (size_t i = 0; i < listens->count; i++)
        listen_list_add(&generation->listens, &generation->arena, &listens->listens[i].address);
    for (size_t i = 0; i < configuration->logs.count; i++)
        log_files_index(&generation->logs, keep(generation, configuration->logs.files[i].path));
    for (size_t i = 0; i < configuration->zones.count; i++) {
        const struct shared_zone *zone = &configuration->zones.items[i];

        shared_zones_add(&generation->zones, keep(generation, zone->name), zone->size, zone->lanes);
    }
}

static void keep_settings(struct generation *generation, const struct conf *conf)
{
    const struct core_conf *core = core_conf_of(conf);

    generation->log_level = relay_error_log_of(conf, conf->main).level;
    generation->daemon = core->daemon;
    generation->isolation_required = core->isolation == CORE_ISOLATION_REQUIRED;
    generation->shutdown_timeout_ms = core->worker_shutdown_timeout;
    generation->ticket_rotation_ms = core->ssl_ticket_rotation;
    generation->watch_ms = core->certificate_watch;
    if (core->pid.len > 0)
        generation->pid = keep(generation, core->pid);
}

static bool open_logs(struct generation *generation, struct conf_report *report)
{
    bool all = true;

    for (size_t i = 0; i < generation->logs.count; i++) {
        struct log_file *file = &generation->logs.files[i];

        if (file->fd < 0 && (file->fd = log_open(file->path)) < 0) {
            conf_report_add(report, CONF_ERROR, (struct conf_place){0},
                            "cannot open the log %.*s: %s", (int)file->path.len, file->path.at,
                            strerror(errno));
            all = false;
        }
    }
    return all;
}

static bool open_zones(struct generation *generation, struct conf_report *report)
{
    if (zone_files_open(generation->program->zones, &generation->zones))
        return true;
    conf_report_add(report, CONF_ERROR, (struct conf_place){0},
                    "cannot make memory that workers share: %s", strerror(errno));
    return false;
}

static bool seal_snapshot(struct generation *generation, struct configuration *configuration)
{
    struct slice bytes;

    bytes = conf_sources_write(&configuration->sources, &configuration->arena);
    generation->snapshot = descriptor_seal("frontd-configuration", bytes);
    if (generation->snapshot < 0)
        conf_report_add(&configuration->report, CONF_ERROR, (struct conf_place){0},
                        "cannot make a memory file for the workers: %s", strerror(errno));
    return generation->snapshot >= 0;
}

/* For frontd-auth, which needs nothing else of the configuration and gets nothing else. */
static bool seal_auth_files(struct generation *generation, struct configuration *configuration)
{
    const struct auth_list *list = &configuration->passwords;
    char *text = arena_alloc(&generation->arena, auth_list_bytes(list) + 1);

    if (list->count == 0)
        return true;
    auth_list_write(list, text);
    generation->auth_files =
        descriptor_seal("frontd-passwords", (struct slice){text, auth_list_bytes(list)});
    if (generation->auth_files < 0)
        conf_report_add(&configuration->report, CONF_ERROR, (struct conf_place){0},
                        "cannot make a memory file for frontd-auth: %s", strerror(errno));
    return generation->auth_files >= 0;
}

/* Whom they become. Names are looked up here: they need no /etc/passwd. What the configuration
 * names was found before. */
static bool find_identities(struct generation *generation, const struct conf *conf,
                            struct conf_report *report)
{
    struct worker_arguments *arguments = generation->arguments;
    struct users_choice workers;
    char why[USERS_WHY_BYTES];

    if (!users_choose(USERS_WORKER, conf, &workers) ||
        !users_choose(USERS_AUTH, conf, &generation->auth_user)) {
        conf_report_add(report, CONF_ERROR, (struct conf_place){0},
                        "there is no user `nobody`: name one with `user` for the workers");
        return false;
    }
    if (!users_possible(conf, why)) {
        conf_finding_help(report,
                          conf_report_add(report, CONF_ERROR, (struct conf_place){0}, "%s", why),
                          "%s", users_help);
        return false;
    }
    arguments->has_identity = workers.has_identity;
    arguments->identity = workers.identity;
    return true;
}

static bool prepare_arguments(struct generation *generation, struct configuration *configuration)
{
    const struct program *program = generation->program;
    struct worker_arguments *arguments = arena_zero(&generation->arena, sizeof *arguments);

    arguments->conf = program->paths->conf;
    arguments->prefix = program->paths->prefix;
    arguments->globals = program->globals;
    arguments->error_log = program->paths->error_log;
    generation->arguments = arguments;
    return find_identities(generation, &configuration->conf, &configuration->report);
}

#define PASSED (WORKER_FIRST_FD - WORKER_CHANNEL_FD)

/* In the order that worker_arguments.h says. Standard error needs no passing. */
static void list_passed(struct generation *generation, const struct sockets *sockets)
{
    const struct listen_list *listens = &generation->listens;
    int *passed = arena_alloc(
        &generation->arena,
        (PASSED + listens->count + generation->logs.count + generation->zones.count) * sizeof(int));
    size_t count = PASSED;

    passed[0] = -1;
    passed[1] = generation->snapshot;
    passed[2] = -1; /* the key channel of the day */
    passed[3] = generation->program->tickets_fd;
    for (size_t i = 0; i < listens->count; i++)
        if (sockets_fd(sockets, listens, i) >= 0)
            passed[count++] = sockets_fd(sockets, listens, i);
    generation->arguments->sockets = count - PASSED;
    for (size_t i = 0; i < generation->logs.count; i++)
        if (generation->logs.files[i].fd != STDERR_FILENO)
            passed[count++] = generation->logs.files[i].fd;
    generation->arguments->logs = count - PASSED - generation->arguments->sockets;
    for (size_t i = 0; i < generation->zones.count; i++)
        passed[count++] = generation->zones.items[i].fd;
    generation->passed = passed;
    generation->passed_count = count;
}

struct generation *generation_new(const struct program *program, struct loop *loop,
                                  const struct log *log, struct configuration *configuration,
                                  struct sockets *sockets, uint32_t number,
                                  const struct generation_events *events, void *owner)
{
    struct generation *generation = memory_zero(sizeof *generation);
    bool good;

    *generation = (struct generation){.program = program,
                                      .loop = loop,
                                      .log = log,
                                      .events = events,
                                      .owner = owner,
                                      .number = number,
                                      .phase = GENERATION_LOADED,
                                      .configuration = configuration,
                                      .snapshot = -1,
                                      .auth_files = -1};
    arena_init(&generation->arena, ARENA_UNLIMITED);
    generation_swap_init(generation);
    certificates_init(&generation->certificates, configuration);
    keep_lists(generation, configuration);
    keep_settings(generation, &configuration->conf);
    good = sockets_bind(sockets, &configuration->listens, &configuration->report);
    good = open_logs(generation, &configuration->report) && good;
    good = open_zones(generation, &configuration->report) && good;
    good = good && prepare_arguments(generation, configuration) &&
           seal_snapshot(generation, configuration) && seal_auth_files(generation, configuration);
    if (!good) {
        sockets_abandon(sockets);
        generation->configuration = NULL;
        generation_free(generation);
        return NULL;
    }
    list_passed(generation, sockets);
    generation->child_count = core_worker_count(&configuration->conf);
    generation_keys_take(generation, configuration);
    return generation;
}
