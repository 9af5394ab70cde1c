#pragma once

#include "base/address.h"
#include "base/arena.h"
#include "conf/conf_report.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct protocol;
struct tls_context;

/* One address to listen on, with everything that shares it. Several servers (by Host, by SNI) stand
 * on one address; the protocol decides among them. */
struct listen {
    struct address address;
    bool tls;                        /* TLS from the first byte */
    const struct protocol *protocol; /* NULL in the master */
    const char *protocol_name;
    struct conf_place place; /* of the first `listen` that names it */
    void *servers;           /* the protocol's list of servers on this address, default first */
    size_t server_count;

    /* Worker only. */
    struct tls_context *tls_context; /* for `tls`, and for STARTTLS */
    const void *service;             /* the protocol's, set by protocol->start */
};

/* Only listen_list_add makes one grow. */
struct listen_list {
    struct listen *listens;
    size_t count;
    uint32_t *slots; /* from an address to its index + 1, 0: free; slot_count is a power of two */
    size_t slot_count;
};

/* The listen for `address`, NULL if there is none. */
struct listen *listen_list_find(const struct listen_list *list, const struct address *address);
