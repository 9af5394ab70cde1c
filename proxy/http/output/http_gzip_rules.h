#pragma once

#include "http/http_exchange.h"
#include "http/output/http_output_conf.h"

/* Whether an answer is compressed on its way: gzip*, compress. */
struct http_gzip_choice {
    bool compresses;
    bool varies; /* what another client gets may differ: Vary */
    unsigned level;
};

struct http_gzip_choice http_gzip_choose(struct http_exchange *exchange,
                                         const struct http_output_conf *conf);

/* Is the type (its parameters do not count) text/html or one of these? The word "*" is any. */
bool http_gzip_is_type(struct slice type, const struct conf_word_list *types);
