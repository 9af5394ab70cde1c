#pragma once

#include "base/arena.h"
#include "base/slice.h"
#include "conf/conf_report.h"
#include "conf/conf_sources.h"

#include <stdbool.h>
#include <stddef.h>

/* One word of a directive, quotes and escapes resolved. */
struct conf_word {
    struct slice text;
    struct conf_place place;
    bool quoted; /* it was written in quotes: an empty or special word was meant */
};

/* A directive as written: a name, words, and for a block the directives inside. The tree knows no
 * directive by name, except that it reads `include`s in place. */
struct conf_directive {
    struct conf_word name;
    struct conf_word *words; /* without the name */
    size_t word_count;
    bool is_block;
    bool has_errors;                    /* a directive right inside was reported and left out */
    struct conf_directive *first_child; /* in the order written */
    struct conf_directive *next;        /* after this one in the same block */
    bool lacks_end;                     /* the file ended inside: what follows may belong outside */
    struct conf_place end;              /* the ';' or the '}' */
};

/* Makes `path` absolute: as it is if it begins with '/', else below `directory` (ends in '/'). A
 * NUL follows it, not counted. */
struct slice conf_absolute(struct arena *arena, struct slice directory, struct slice path);

/* `path` up to its last '/', that included; empty without one. */
struct slice conf_directory_of(struct slice path);

/* Reads the file `path` and everything it includes; `globals` (from -g) is read before it, as its
 * own source. Include names are relative to the directory of `path`, wherever the include stands; a
 * glob without a match is fine, a plain name without a file is an error. Goes on after an error at
 * the next ';' or '}', so that one run finds all. Never NULL; the directives live in `arena`. */
struct conf_directive *conf_tree_read(struct conf_sources *sources, struct slice path,
                                      struct slice globals, struct arena *arena,
                                      struct conf_report *report);
