#pragma once

#include "auth/auth_list.h"

#include <stddef.h>

/* The directories of the password files, open to be granted: a file that is renamed into one of
 * them, or made there later, is found. Where a file's name is a link, that it leads to counts, too.
 * What cannot be opened is left out. */
struct auth_grants {
    int *directories; /* free(3) it */
    size_t count;
};

struct auth_grants auth_grants_open(const struct auth_list *list);
void auth_grants_close(struct auth_grants *grants);
