#pragma once

#include "process/paths.h"
#include "relay/protocol_conf.h"

struct shared_zones;
struct tls_tickets;

/* What a master was started as: the same from its first to its last line. */
struct program {
    const char *name; /* for messages: "frontd", or "nginx" if it was called so */
    const struct protocol_conf *const *protocols; /* NULL-terminated */
    const struct conf_group *const *groups;       /* of all directives there are; see conf_groups */
    const struct paths *paths;
    const char *globals;         /* -g; "" if not given */
    struct tls_tickets *tickets; /* the keys of session tickets; shared with every worker */
    int tickets_fd;
    struct shared_zones *zones; /* memory that workers share; zone_files.h */
    int worker;                 /* the program frontd-worker, open; -1: not found */
    int auth;                   /* frontd-auth, the same */
    int keyholder;              /* and frontd-keyholder */
};

/* The program's own groups and those of the protocols, each once, NULL-terminated; free(3) it. */
const struct conf_group **program_groups(const struct protocol_conf *const *protocols);
