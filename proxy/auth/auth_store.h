#pragma once

#include "auth/auth_list.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

/* The password files, in memory. A file is looked at (stat) at most once a second, and read anew
 * when it is another one or has changed: by path, so that a file that was renamed into place or a
 * link that was turned counts, too. */

struct auth_store;

struct auth_store_file {
    struct slice path;
    struct slice text;
    struct slice dummy; /* see auth_file_commonest */
    uint64_t version;   /* another number with each reading, never 0 */
    int error;          /* errno if it cannot be read; 0 */
    /* Its rights allow to read it, and yet it cannot be: it lies where the sandbox grants nothing,
     * because a directory was replaced or a link was turned. */
    bool is_out_of_reach;
};

struct auth_store *auth_store_new(const struct auth_list *list);
void auth_store_free(struct auth_store *store);
size_t auth_store_count(const struct auth_store *store);

/* The file as of now. Valid until the next call for the same file. */
const struct auth_store_file *auth_store_file(struct auth_store *store, size_t index,
                                              uint64_t now_ms);

/* Reads a whole regular file of at most 16 MiB: *text is free(3)d by the caller. 0, or errno. */
int auth_store_read(const char *path, struct slice *text);
