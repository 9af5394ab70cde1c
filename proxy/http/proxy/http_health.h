#pragma once

/* health_check: a worker's part of it. Each worker looks when a server's next check is due; who
 * finds it due first makes it (relay/balancer_health.h). */

struct balancer_health;
struct http_content;
struct http_upstream;

/* Worker start, before the balancers are made and after. It says which ports are connected to. */
void http_health_init(struct http_content *content);
void http_health_start(struct http_content *content);

/* Ends what is under way; before the balancers are freed. */
void http_health_stop(struct http_content *content);

/* What the balancer of `upstream` has to know; NULL: it is not checked. */
const struct balancer_health *http_health_of(const struct http_content *content,
                                             const struct http_upstream *upstream);
