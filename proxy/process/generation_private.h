#pragma once

#include "process/generation.h"
#include "process/worker_arguments.h"

/* What the files of a generation share. */

/* generation.c */
pid_t generation_spawn(const struct generation *generation, int program, const char *name,
                       const struct worker_arguments *arguments, const int *passed,
                       size_t passed_count);
size_t generation_workers(const struct generation *generation); /* processes there are of them */
void generation_check_ready(struct generation *generation);     /* `ready` if all are */

/* generation_isolation.c: what `child` says it reached, now that it is ready, and `user`'s part of
 * that. False: it is less than the configuration requires; child->why. */
bool generation_confined(const struct generation *generation, struct child *child,
                         const struct users_choice *user) __attribute__((warn_unused_result));

/* generation_auth.c */
bool generation_has_auth(const struct generation *generation);
bool generation_start_auth(struct generation *generation); /* false: auth.why */
void generation_connect_auth(struct generation *generation, struct child *worker);
