#pragma once

#include "base/address.h"
#include "base/network.h"
#include "base/slice.h"
#include "conf/conf_types.h"
#include "relay/backend.h"
#include "relay/protocol_conf.h"

#include <stdbool.h>
#include <stddef.h>

/* What mail {} says: the rows of smtp_conf.def. Constant once read, lives as long as the conf. */

struct smtp_listen {
    struct address address;
    bool ssl;
    struct conf_place place;
};

struct smtp_listens {
    struct smtp_listen *items;
    size_t count;
};

struct smtp_target {
    struct backend_target target;
    struct slice text; /* as written */
    struct conf_place place;
};

struct smtp_targets {
    struct smtp_target *items;
    size_t count;
};

struct smtp_networks {
    struct network *items;
    size_t count;
};

enum smtp_starttls {
    SMTP_STARTTLS_ON,
    SMTP_STARTTLS_OFF,
    SMTP_STARTTLS_ONLY,
};

struct smtp_conf {
#include "conf/conf_members.inc"
#undef REFUSED
#define REFUSED(...)
#include "smtp/smtp_conf.def"
};

/* A mail server block; what struct listen.servers points to is an array of these. */
struct smtp_conf_server {
    const struct smtp_conf *conf;
    const struct conf_scope *scope; /* for the groups of others: tls, log */
};

extern const struct conf_group smtp_conf_group;
extern const struct protocol_conf smtp_protocol_conf;

/* May frontd vouch for a client with this address? Yes for the Internet's, and for the private ones
 * that trusted_sources lists. */
bool smtp_conf_vouches(const struct smtp_conf *conf, const struct address *client);
