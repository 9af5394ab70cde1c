#pragma once

#include "tls/tls_conf.h"

/* What tls_conf.c and tls_conf_check.c share. */

/* The n-th file of a list of ssl_certificate or ssl_certificate_key. */
struct tls_conf_file {
    const struct conf_word *word; /* the path as written */
    struct slice path;            /* absolute */
    const struct conf_source *source;
};

struct tls_conf_file tls_conf_file(const struct conf *conf, const struct conf_directive_list *list,
                                   size_t index, struct arena *arena);

/* The group's check, see struct conf_group. */
void tls_conf_check(struct conf_reader *reader, const struct conf_scope *scope, void *values);
