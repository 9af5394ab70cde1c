#pragma once

#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

/* What tells whether the file at a path is still the one that was read: another file there (also
 * behind a symbolic link), or other bytes in it. */
struct conf_stamp {
    uint64_t device, inode, size;
    int64_t modified_ns, changed_ns;
};

struct stat;

void conf_stamp_from(const struct stat *status, struct conf_stamp *stamp);

/* Of what is at `path` (ended by NUL) now; zeros: nothing is. */
void conf_stamp_look(struct slice path, struct conf_stamp *stamp);
bool conf_stamp_equal(const struct conf_stamp *a, const struct conf_stamp *b);
