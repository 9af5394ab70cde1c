#pragma once

#include "base/log.h"
#include "http/conf/http_conf.h"
#include "http/language/http_regex.h"
#include "http/language/http_registry.h"
#include "http/message/http_date.h"
#include "http/route/http_paths.h"
#include "http/route/http_route.h"

#include <stdbool.h>

/* What all HTTP sessions of a worker share (struct http_content), and what those of one listening
 * address share (struct http_service, the listen's `service`). */

struct balancer;
struct dns_resolver;
struct http_health;
struct http_proxy_tls;
struct http_resolver;
struct worker;
struct http_exchange;
struct http_file_cache;
struct http_root;
struct log_file;
struct tls_client;

struct http_content_location {
    const struct http_paths *paths; /* of a server's own block: its locations */
    struct http_root *root;         /* NULL: the location has none */
    struct http_root *acme_root;    /* of a server itself; NULL: it has none */
    const struct log_file **logs;   /* where its lines go, by its access_log; NULL: nowhere */
    size_t log_count;
    struct log error_log;          /* of its block */
    struct dns_resolver *resolver; /* of proxy_pass with variables */
    struct tls_client *tls;        /* of https backends */
    uint32_t password_file;        /* in worker->passwords, if http_location_asks */
    uint8_t access_steps;          /* see http_access.h */
};

struct http_content {
    struct arena arena;
    struct worker *worker;
    struct http_clock clock; /* see http_content_clock */
    struct http_file_cache *files;
    unsigned *lanes; /* of this worker, in the order of its shared zones: http_limit_conn.h */
    const struct http_registry *variables; /* that the configuration makes */
    struct http_matcher matcher;
    struct slice hostname, pid;              /* $hostname, $pid */
    uint64_t secret[2];                      /* for $request_id and boundaries */
    struct http_content_location *locations; /* by http_location.number */
    const struct http_upstreams *upstreams;  /* of the configuration */
    struct balancer **balancers;             /* by http_upstream.number */
    struct http_health *health;              /* of all that are checked; http_health.c's */
    bool *leads_here;                        /* the same: a server of it is this very frontd */
    struct http_resolver *resolvers;         /* http_resolver.c's */
    struct http_proxy_tls *tls;              /* http_proxy_tls.c's */
    struct http1_exchange *spare;            /* http1_connection.c's */
    struct http2_exchange *spares;           /* http2_exchange.c's */
    uint32_t spare_count;
};

struct http_service {
    struct http_content *content;
    const struct http_route *route;
    bool has_http2; /* in the clear, for clients that begin with its preface */
};

/* Worker start and stop: builds the routes of every listen of http and sets its `service`. */
struct http_content *http_content_start(struct worker *worker);
void http_content_stop(struct http_content *content);

/* From now on the exchange's log lines go to the error_log of its location. */
void http_content_choose_log(struct http_exchange *exchange);

/* The service, the content, the clock as of this turn of the loop. */
const struct http_service *http_service_of(const struct http_exchange *exchange);
struct http_content *http_content_of(const struct http_exchange *exchange);
const struct http_clock *http_content_clock(struct http_content *content);
