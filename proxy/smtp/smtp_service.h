#pragma once

#include "base/log.h"
#include "base/slice.h"
#include "net/loop.h"
#include "smtp/smtp_capabilities.h"
#include "smtp/smtp_conf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the mail sessions of a worker share: its mail servers, with what is known of their backends.
 */

struct worker;
struct listen;
struct protocol;
struct smtp_backend;

/* A mail server block as this worker uses it. */
struct smtp_server {
    struct worker *worker;
    const struct smtp_conf *conf;
    const struct conf_scope *scope;
    struct slice name;               /* what it calls itself */
    struct log log;                  /* its error_log */
    size_t access_log, auth_log;     /* indexes in worker->log_files; SMTP_NO_LOG */
    struct smtp_capabilities given;  /* smtp_capabilities; not known: none were given */
    struct smtp_capabilities *known; /* by target of proxy_pass: what each announced last */
    struct smtp_backend *probe;      /* asks at the start what the backend can do */
    struct deadline next_probe;      /* and again while no backend has said it */
    uint32_t probe_pause_ms;
    struct smtp_backend *left; /* those that decide on messages whose sessions are over */
};

#define SMTP_NO_LOG ((size_t)-1)

/* A listen's `service`: the servers that share the address, default first. */
struct smtp_service {
    struct smtp_server **servers;
    size_t count;
};

/* struct protocol's start and stop; `protocol` tells which listens are ours. */
bool smtp_service_start(struct worker *worker, const struct protocol *protocol);
void smtp_service_stop(struct worker *worker, const struct protocol *protocol);

/* The server that a client asked for by SNI; the default one if it asked for none of them. */
struct smtp_server *smtp_service_choose(const struct smtp_service *service, struct slice name);

/* What to tell a client while no backend is connected; never NULL. */
const struct smtp_capabilities *smtp_server_capabilities(const struct smtp_server *server);

void smtp_server_write_log(const struct smtp_server *server, size_t log, struct slice line);
