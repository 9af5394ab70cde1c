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
    struct slice path;         /* absolute; "stderr" is descriptor 2 */
    int fd;                    /* -1: could not be opened */
    struct log_buffer *buffer; /* owned; NULL: each line is written at once */
};

struct log_files {
    struct log_file *files;
    size_t count, capacity;
};

/* Index of the file named `path`, added if it is new. */
size_t log_files_index(struct log_files *files, struct slice path);

struct log_buffering;
struct loop;

/* From now on lines of this file are kept back; a second call for a file changes nothing. */
void log_files_keep_back(struct log_files *files, size_t index,
                         const struct log_buffering *buffering, struct loop *loop);

/* Another file takes the place of this one, under the same descriptor: what was kept back goes to
 * the old one. -1 with errno: it does not, and the old one goes on. */
int log_file_replace(const struct log_file *file, int fd);

/* Writes out what was kept back and frees the list. */
void log_files_free(struct log_files *files);

/* One whole line (newline included) in one write(2), now or with others. */
void log_file_write(const struct log_file *file, struct slice line);
