#pragma once

#include "conf/conf_block.h"
#include "http/language/http_registry.h"

/* The kinds of values that only http {} has, and what their parsers share. For http_conf.c. */

extern const struct conf_type http_type_listen, http_type_server_name;    /* http_listen.c */
extern const struct conf_type http_type_log_format, http_type_access_log; /* http_conf_log.c */
extern const char *const http_redact_words[];                             /* the same */
extern const struct conf_type http_type_location, http_type_internal,
    http_type_limit_except; /* http_conf_location.c */
extern const struct conf_type http_type_keepalive, http_type_types, http_type_refused,
    http_type_min_rate;                       /* http_conf_value.c */
extern const struct conf_type http_type_http; /* http_conf_variable.c */
/* http_conf_map.c, …_geo.c, …_split.c */
extern const struct conf_type http_type_map, http_type_geo, http_type_split;
extern const struct conf_type http_type_realm, http_type_user_file,
    http_type_throttle; /* http_conf_auth.c */

#define HTTP_LOG_COMBINED                                                                          \
    "$remote_addr - $remote_user [$time_local] \"$request\" $status $body_bytes_sent "             \
    "\"$http_referer\" \"$http_user_agent\""

extern const struct conf_type http_type_fixed, http_type_head_buffers; /* http_conf_value.c */

struct http_template;
struct http_regex;

/* Reports `message` with one line of what to do; always false. */
bool http_conf_refuse(struct conf_reader *reader, struct conf_place place, const char *help,
                      const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Compiles `text`, which stands at `place`; reports what is wrong with it. A variable that nobody
 * makes is reported when all of http {} was read. */
bool http_conf_template(struct conf_reader *reader, struct slice text, struct conf_place place,
                        struct http_template *compiled);

/* The configuration makes the variable that `word` names ("$x"): its number, for
 * http_variable_set. False, reported, if that is no name or frontd's own. */
bool http_conf_variable(struct conf_reader *reader, const struct conf_word *word,
                        enum http_origin origin, uint32_t *number)
    __attribute__((warn_unused_result));

/* Compiles a regular expression and makes the variables of its named groups; NULL, reported, if it
 * is wrong. For http_variable_match. */
const struct http_regex *http_conf_regex(struct conf_reader *reader, struct slice pattern,
                                         struct conf_place place, bool any_case);

/* For what leads to a location `@name`: warns if the server around has none of that name. */
void http_conf_check_named(struct conf_reader *reader, const struct conf_word *word);

/* Adds an element of `size` bytes (cleared) to a list in the configuration's arena. */
void *http_conf_append(struct conf_reader *reader, void **items, size_t *count, size_t size);

/* For printf: "%.*s", HTTP_SHOW(slice). */
#define HTTP_SHOW(slice) (int)(slice).len, (slice).at
