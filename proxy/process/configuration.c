#include "process/configuration.h"

#include "os/privileges.h"
#include "process/core_conf.h"
#include "process/listens.h"
#include "process/worker_arguments.h"
#include "relay/relay_conf.h"

#include <stdlib.h>

void configuration_logs(const struct conf *conf, const struct protocol_conf *const *protocols,
                        const char *error_log, struct log_files *logs)
{
    struct relay_error_log main_log = relay_error_log_of(conf, conf->main);

    log_files_index(logs, main_log.path.at == NULL ? slice_of(error_log) : main_log.path);
    for (; *protocols != NULL; protocols++)
        (*protocols)->logs(conf, logs);
}

/* What a worker would refuse to take. */
static void check_limits(struct configuration *configuration)
{
    struct conf_report *report = &configuration->report;
    const struct listen_list *listens = &configuration->listens;
    struct conf_finding *finding;
    size_t bound = 0, last = 0;

    for (size_t i = 0; i < listens->count && bound <= WORKER_PASSED_MAX; i++)
        if (listens_cover(listens, i) == i) {
            bound++;
            last = i;
        }
    if (bound > WORKER_PASSED_MAX) {
        finding = conf_report_add(report, CONF_ERROR, listens->listens[last].place,
                                  "more than %d addresses to listen on", WORKER_PASSED_MAX);
        conf_finding_help(report, finding,
                          "`listen %u;` is one that takes in all addresses of this machine",
                          (unsigned)listens->listens[last].address.port);
    }
    if (configuration->logs.count > WORKER_PASSED_MAX) {
        finding = conf_report_add(report, CONF_ERROR, (struct conf_place){0},
                                  "%zu log files are more than the %d that can be open",
                                  configuration->logs.count, WORKER_PASSED_MAX);
        conf_finding_help(report, finding, "let servers share a log; its lines can say $host");
    }
}

void configuration_passwords(const struct conf *conf, const struct protocol_conf *const *protocols,
                             struct auth_list *passwords)
{
    for (; *protocols != NULL; protocols++)
        if ((*protocols)->passwords != NULL)
            (*protocols)->passwords(conf, passwords);
}

void configuration_zones(const struct conf *conf, const struct protocol_conf *const *protocols,
                         struct shared_zones *zones)
{
    for (; *protocols != NULL; protocols++)
        if ((*protocols)->zones != NULL)
            (*protocols)->zones(conf, zones);
}

/* Each listener, each log and each file with a key is a descriptor of the master. */
#define DESCRIPTORS 65536

bool configuration_read(struct configuration *configuration, const struct program *program)
{
    bool good;

    *configuration = (struct configuration){0};
    (void)privileges_raise_descriptors(DESCRIPTORS);
    conf_report_init(&configuration->report);
    conf_sources_init(&configuration->sources, true);
    arena_init(&configuration->arena, ARENA_UNLIMITED);
    good = conf_read(&configuration->conf, &configuration->sources, slice_of(program->paths->conf),
                     slice_of(program->paths->prefix), slice_of(program->globals), program->groups,
                     true, &configuration->report);
    conf_sources_end_helper(&configuration->sources);
    if (!good)
        return false;
    listens_collect(&configuration->conf, program->protocols, &configuration->arena,
                    &configuration->listens, &configuration->report);
    configuration_logs(&configuration->conf, program->protocols, program->paths->error_log,
                       &configuration->logs);
    check_limits(configuration);
    configuration_passwords(&configuration->conf, program->protocols, &configuration->passwords);
    configuration_zones(&configuration->conf, program->protocols, &configuration->zones);
    if (configuration->listens.count == 0)
        conf_report_add(&configuration->report, CONF_WARNING, (struct conf_place){0},
                        "there is nothing to listen on: no `server` in `http` or `mail`");
    return configuration->report.errors == 0;
}

void configuration_deinit(struct configuration *configuration)
{
    free(configuration->logs.files);
    free(configuration->passwords.files);
    free(configuration->zones.items);
    arena_deinit(&configuration->arena);
    conf_deinit(&configuration->conf);
    conf_sources_deinit(&configuration->sources);
    conf_report_deinit(&configuration->report);
}
