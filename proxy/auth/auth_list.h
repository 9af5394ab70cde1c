#pragma once

#include "base/slice.h"
#include "conf/conf_tree.h"

#include <stddef.h>

/* Every password file the configuration names, in an order that is the same in master and workers:
 * a file is asked for by its place in the list, so a worker can ask for no other. */
struct auth_list_file {
    struct slice path; /* absolute */
    struct conf_place place;
};

struct auth_list {
    struct auth_list_file *files; /* free(3) it */
    size_t count;
};

/* Place of the file `path` in the list, added if it is new. */
size_t auth_list_index(struct auth_list *list, struct slice path, struct conf_place place);

/* The paths as one text for frontd-auth, and back: each ends with a NUL. `out` has auth_list_bytes.
 */
size_t auth_list_bytes(const struct auth_list *list);
void auth_list_write(const struct auth_list *list, char *out);
void auth_list_read(struct auth_list *list, struct slice text);
