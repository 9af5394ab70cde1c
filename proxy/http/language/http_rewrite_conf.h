#pragma once

#include "conf/conf_types.h"
#include "http/language/http_program.h"

/* set, if, rewrite, return and break as written: the rows of http_rewrite.def. */

struct http_rewrite_conf {
#include "conf/conf_members.inc"
#include "http/language/http_rewrite.def"

    struct http_program program;
    struct http_step *steps; /* program.steps, while it is read */
};

extern const struct conf_group http_rewrite_group;
extern const struct conf_type http_type_if, http_type_set, http_type_set_misc, http_type_rewrite,
    http_type_return, http_type_break;

/* The program of a server or location block; NULL: it has none. */
const struct http_program *http_rewrite_find(const struct conf *conf,
                                             const struct conf_scope *scope);

/* Reads the condition of an `if`: http_if_conf.c. */
bool http_conf_test(struct conf_reader *reader, const struct conf_directive *directive,
                    struct http_test *test) __attribute__((warn_unused_result));
