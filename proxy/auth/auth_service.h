#pragma once

#include "auth/auth_list.h"
#include "base/log.h"
#include "net/loop.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What frontd-auth does: answers its workers' questions. */

struct auth_service;

struct auth_service_events {
    void (*say)(void *owner, enum log_level level, struct slice line); /* for the error log */
    void (*empty)(void *owner);                                        /* the last worker left */
    void (*renew)(void *owner); /* a file is out of reach of what was granted: auth_store.h */
};

/* `threads` computations at a time, `limit` more may wait. NULL with errno. */
struct auth_service *auth_service_new(struct loop *loop, const struct auth_list *list,
                                      size_t threads, size_t limit,
                                      const struct auth_service_events *events, void *owner);
void auth_service_free(struct auth_service *service);

/* A worker's channel; takes `fd` over. */
void auth_service_add(struct auth_service *service, int fd);
size_t auth_service_clients(const struct auth_service *service);

/* Hashes computed so far, those for names that are not there included. */
uint64_t auth_service_hashes(const struct auth_service *service);
