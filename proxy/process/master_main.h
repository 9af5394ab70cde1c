#pragma once

#include "process/paths.h"
#include "relay/protocol_conf.h"

/* What differs from one build to another. */
struct build {
    const char *version;   /* "0.1.0" */
    const char *libraries; /* "OpenSSL 3.0.14, libevent 2.1.12" */
    const char *worker;    /* where frontd-worker is installed */
    const char *auth;      /* where frontd-auth is */
    const char *keyholder; /* and frontd-keyholder */
    struct paths_defaults paths;
};

/* `frontd`: everything its command line can ask for. Returns the exit status: 0 done, 1 errors in
 * the configuration or a refusal of the running frontd, 2 wrong usage, 4 nothing runs. */
int master_main(int count, const char *const *words, const struct build *build,
                const struct protocol_conf *const *protocols);
