#pragma once

#include "auth/auth_list.h"
#include "conf/conf_block.h"
#include "process/program.h"
#include "relay/listen.h"
#include "relay/log_files.h"

#include <stdbool.h>

/* A configuration as read from disk, and what follows from it: for `frontd -t`, and for a
 * generation until its workers run. */
struct configuration {
    struct conf_report report;
    struct conf_sources sources;
    struct conf conf;
    struct arena arena;
    struct listen_list listens;
    struct log_files logs; /* none is open; the first is the main error log */
    struct auth_list passwords;
    struct shared_zones zones; /* none is open */
};

/* Reads and checks all of it. False if configuration->report has errors. Either way
 * configuration_deinit is to be called. */
bool configuration_read(struct configuration *configuration, const struct program *program)
    __attribute__((warn_unused_result));
void configuration_deinit(struct configuration *configuration);

/* The password files that `conf` names, in an order that is the same in master and workers. */
void configuration_passwords(const struct conf *conf, const struct protocol_conf *const *protocols,
                             struct auth_list *passwords);

/* The log files that `conf` names, in an order that is the same in master and workers. */
void configuration_logs(const struct conf *conf, const struct protocol_conf *const *protocols,
                        const char *error_log, struct log_files *logs);

/* The memory that workers share, in an order that is the same in master and workers. */
void configuration_zones(const struct conf *conf, const struct protocol_conf *const *protocols,
                         struct shared_zones *zones);
