#pragma once

#include "http/language/http_template.h"
#include "relay/balancer.h"

#include <stdbool.h>

/* By what the servers of an upstream are chosen: least_conn, ip_hash, hash, random. */

struct conf_reader;
struct conf_place;
struct http_upstream;

/* hash */
struct http_upstream_hash {
    struct http_template key;
    bool present, consistent;
};

/* random */
struct http_upstream_random {
    bool present, two;
};

extern const struct conf_type http_type_upstream_hash, http_type_upstream_random;

/* What the upstream says; round robin if nothing. */
enum balancer_method http_upstream_method(const struct http_upstream *upstream);

/* Reports what cannot go together; `place` is the upstream's. */
void http_upstream_method_check(struct conf_reader *reader, const struct http_upstream *upstream,
                                struct conf_place place);
