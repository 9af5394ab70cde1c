#pragma once

#include "base/arena.h"
#include "conf/conf_block.h"

#include <stdbool.h>
#include <stddef.h>

/* Looking things up in the rows of all groups. The same name may stand in several groups, for
 * different contexts. */

struct conf_found {
    size_t group, row; /* indexes */
};

/* The row `name` that may stand in `context`; without one, the row "na*" of its family. */
bool conf_rows_find(const struct conf *conf, struct slice name, enum conf_context context,
                    struct conf_found *found);

/* Bits of all contexts in which a directive `name` may stand; 0: there is no such directive. */
uint32_t conf_rows_contexts(const struct conf *conf, struct slice name);

/* Names of all directives that may stand in one of `contexts`, `include` among them; NULL at the
 * end. */
const char *const *conf_rows_names(const struct conf *conf, uint32_t contexts, struct arena *arena);

/* Is a group present in a block of this kind, that is: may one of its rows stand there? */
bool conf_rows_present(const struct conf_group *group, enum conf_context context);

/* The row's default as a directive without a place. */
struct conf_directive *conf_rows_initial(const struct conf_row *row, struct arena *arena);
