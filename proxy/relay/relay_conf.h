#pragma once

#include "base/log.h"
#include "conf/conf_types.h"
#include "relay/log_files.h"

/* error_log, in every block that has one. */
struct relay_error_log {
    struct slice path; /* absolute, or "stderr"; at NULL: not given here nor further out, so it is
                          the main log */
    enum log_level level;
};

struct relay_log_conf {
#include "conf/conf_members.inc"
#include "relay/relay_conf.def"
};

/* The group `log`. */
extern const struct conf_group relay_log_group;

/* The error log that holds in `scope`: its path and level. Where none is given it is the file that
 * comes first in log_files (-e or stderr), at level notice: `path.at` is NULL then. */
struct relay_error_log relay_error_log_of(const struct conf *conf, const struct conf_scope *scope);

/* The struct log for `scope`: the descriptor among the open log files. The main log is the first of
 * them. */
struct log relay_log_open(const struct conf *conf, const struct conf_scope *scope,
                          struct log_files *files);

/* Adds the file of `scope`'s error log, if it has one of its own: for protocol_conf->logs. */
void relay_log_add(const struct conf *conf, const struct conf_scope *scope,
                   struct log_files *files);
