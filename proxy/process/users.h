#pragma once

#include "conf/conf_block.h"
#include "os/privileges.h"

#include <stdbool.h>
#include <stdint.h>

/* Whom frontd's processes become when root starts it. */

enum users_kind {
    USERS_WORKER,    /* `user` */
    USERS_KEYHOLDER, /* frontd-key */
    USERS_AUTH,      /* `auth_user`, and the workers' groups: password files are often theirs */
};

struct users_choice {
    bool has_identity; /* root started us: become that */
    bool is_shared;    /* it is the workers' user, and this is none */
    struct privileges_identity identity;
    char who[100]; /* for the log, behind "user " */
};

/* False: there is no such user. `conf` NULL: as if nothing were configured. A user that is only our
 * own default may be missing, or out of reach: then it is the workers'. */
bool users_choose(enum users_kind kind, const struct conf *conf, struct users_choice *choice)
    __attribute__((warn_unused_result));

/* False: root started us, but we cannot become one of them. `why` says whom, and what it takes. */
#define USERS_WHY_BYTES 200
bool users_possible(const struct conf *conf, char why[USERS_WHY_BYTES]);
extern const char users_help[];

/* What os/sandbox.h calls SANDBOX_OWN_USER or SANDBOX_SHARED_USER. */
uint32_t users_bits(const struct users_choice *choice);
