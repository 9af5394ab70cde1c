#pragma once

#include "http/http_conf.h"
#include "http/http_date.h"
#include "http/http_route.h"

#include <stdbool.h>

/* What all HTTP sessions of a worker share (struct http_content), and what those of one listening
 * address share (struct http_service, the listen's `service`). */

struct worker;
struct http_exchange;
struct http_file_cache;
struct log_file;

struct http_content {
    struct arena arena;
    struct worker *worker;
    struct http_clock clock; /* of the turn: see http_content_clock */
    struct http_file_cache *files;
    struct slice hostname, pid;   /* $hostname, $pid */
    struct slice request_id_seed; /* 16 random bytes, see http_variables.c */
    uint64_t request_ids;         /* given out so far */
    struct http_content_location {
        int root; /* O_PATH descriptor of the root; -1: none, or it cannot be opened */
        const struct log_file **logs; /* by the location's access_log */
    } * locations;                    /* by http_location.number */
    size_t location_count;
};

struct http_service {
    struct http_content *content;
    const struct http_route *route;
};

/* Worker start and stop: builds the routes of every listen of http, opens the roots, and sets each
 * such listen's `service`. */
struct http_content *http_content_start(struct worker *worker);
void http_content_stop(struct http_content *content);

/* The service, the content, the clock as of this turn of the loop. */
const struct http_service *http_service_of(const struct http_exchange *exchange);
struct http_content *http_content_of(const struct http_exchange *exchange);
const struct http_clock *http_content_clock(struct http_content *content);
