#pragma once

#include "conf/conf_block.h"

/* The kinds of values that only mail {} has. For smtp_conf.c. */

extern const struct conf_type smtp_type_listen, smtp_type_targets, smtp_type_networks,
    smtp_type_protocol, smtp_type_auth, smtp_type_log, smtp_type_refused;

/* Reports `message` with one line of what to do; always false. */
bool smtp_conf_refuse(struct conf_reader *reader, struct conf_place place, const char *help,
                      const char *format, ...) __attribute__((format(printf, 4, 5)));
