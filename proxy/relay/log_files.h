#pragma once

#include "base/arena.h"
#include "base/log.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>

/* Every log file the configuration names. The master opens them and hands the descriptors down with
 * the path as the name; on USR1 it opens them anew and the workers swap the descriptors in place.
 */
struct log_file {
    struct slice path; /* absolute; "stderr" is descriptor 2 */
    int fd;            /* -1: could not be opened */
};

struct log_files {
    struct log_file *files;
    size_t count, capacity;
};

/* Index of the file named `path`, added if it is new. */
size_t log_files_index(struct log_files *files, struct slice path);

/* One whole line (newline included) in one write(2). */
void log_file_write(const struct log_file *file, struct slice line);
