#pragma once

#include "conf/conf_block.h"

/* The kinds of values that only http {} has, and what their parsers share. For http_conf.c. */

extern const struct conf_type http_type_listen, http_type_server_name;    /* http_listen.c */
extern const struct conf_type http_type_log_format, http_type_access_log; /* http_conf_log.c */
extern const struct conf_type http_type_return, http_type_keepalive, http_type_index,
    http_type_types, http_type_refused;                             /* http_conf_value.c */
extern const struct conf_type http_type_realm, http_type_user_file; /* http_conf_auth.c */

#define HTTP_LOG_COMBINED                                                                          \
    "$remote_addr - $remote_user [$time_local] \"$request\" $status $body_bytes_sent "             \
    "\"$http_referer\" \"$http_user_agent\""

struct http_template;

/* Reports `message` with one line of what to do; always false. */
bool http_conf_refuse(struct conf_reader *reader, struct conf_place place, const char *help,
                      const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Compiles `text`, which stands at `place`; reports what is wrong with it. */
bool http_conf_template(struct conf_reader *reader, struct slice text, struct conf_place place,
                        struct http_template *compiled);

/* Adds an element of `size` bytes (cleared) to a list in the configuration's arena. */
void *http_conf_append(struct conf_reader *reader, void **items, size_t *count, size_t size);

/* For printf: "%.*s", HTTP_SHOW(slice). */
#define HTTP_SHOW(slice) (int)(slice).len, (slice).at
