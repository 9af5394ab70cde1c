#pragma once

#include "process/generation.h"

/* What the files of a generation share. */

/* generation.c */
pid_t generation_spawn(const struct generation *generation, int program, const char *name,
                       const int *passed, size_t passed_count);
size_t generation_workers(const struct generation *generation); /* processes there are of them */
void generation_check_ready(struct generation *generation);     /* `ready` if all are */

/* generation_auth.c */
bool generation_has_auth(const struct generation *generation);
bool generation_start_auth(struct generation *generation); /* false: auth.why */
void generation_connect_auth(struct generation *generation, struct child *worker);
