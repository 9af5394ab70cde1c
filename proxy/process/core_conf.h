#pragma once

#include "conf/conf_types.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the configuration says about the program as a whole. */

struct core_user {
    struct slice user, group; /* empty: not given */
};

enum core_isolation {
    CORE_ISOLATION_REQUIRED,
    CORE_ISOLATION_BEST_EFFORT,
};

struct core_conf {
#include "conf/conf_members.inc"
#include "process/core_conf.def"
};

struct core_events_conf {
#include "conf/conf_members.inc"
#include "process/core_events.def"
};

extern const struct conf_group core_group, core_events_group;

const struct core_conf *core_conf_of(const struct conf *conf);

/* worker_processes with `auto` counted out. */
size_t core_worker_count(const struct conf *conf);

/* worker_connections, also when there is no events {}. */
size_t core_connections(const struct conf *conf);
