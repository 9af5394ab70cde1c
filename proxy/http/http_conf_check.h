#pragma once

#include "http/http_conf.h"

/* The checks of http_conf.c's groups: rules across directives and blocks. */
void http_check_main(struct conf_reader *reader, const struct conf_scope *scope, void *values);
void http_check_server(struct conf_reader *reader, const struct conf_scope *scope, void *values);
void http_check_location(struct conf_reader *reader, const struct conf_scope *scope, void *values);
