#pragma once

#include "base/slice.h"
#include "http/files/http_files_conf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Lists of directories, byte for byte as nginx writes them. Pure. */

struct http_autoindex_entry {
    struct slice name;
    bool is_directory, is_file; /* neither: "other" */
    int64_t modified;           /* seconds since 1970 */
    uint64_t size;
};

struct http_autoindex {
    const struct http_autoindex_entry *entries;
    size_t count;
    struct slice path;     /* of the request */
    struct slice callback; /* of jsonp; empty: plain json */
    enum http_autoindex_format format;
    bool exact_size, localtime;
    bool utf8; /* the page says so: names have as many columns as characters */
};

/* Directories first, then by name. For qsort. */
int http_autoindex_compare(const void *a, const void *b);

/* The text, free(3) it. */
struct slice http_autoindex_text(const struct http_autoindex *index);

/* A name of a function, as nginx wants it: letters, digits, '.', '_'. */
bool http_autoindex_is_callback(struct slice text);
