#pragma once

#include "http/conf/http_conf.h"

/* The checks of http_conf.c's groups: rules across directives and blocks. */
void http_check_main(struct conf_reader *reader, const struct conf_scope *scope, void *values);
void http_check_server(struct conf_reader *reader, const struct conf_scope *scope, void *values);
void http_check_location(struct conf_reader *reader, const struct conf_scope *scope, void *values);

/* Puts the locations of a server block into `server`, and reports names that match nothing. */
void http_conf_add_locations(struct conf_reader *reader, const struct conf_scope *scope,
                             struct http_server *server);

/* auth_basic and its file belong together. */
void http_conf_check_auth(struct conf_reader *reader, const struct conf_scope *scope,
                          const struct http_location *location);

/* http_conf_lint.c: what is allowed and hardly ever meant. */
void http_conf_lint_locations(struct conf_reader *reader, const http_location_pointer *locations,
                              size_t count);
void http_conf_lint_program(struct conf_reader *reader, const struct conf_scope *scope,
                            const struct http_location *location);
