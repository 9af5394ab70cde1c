#pragma once

#include "base/arena.h"
#include "conf/conf_block.h"

#include <stdbool.h>
#include <stdint.h>

/* The table of blocks: what they are called in messages, and how they are read. */

/* Its children are not directives but whatever the owner of the row reads from
 * scope->directive->first_child (`types { text/html html; }`). */
bool conf_context_is_free(enum conf_context context);

/* A part of the location around it: see CONF_INHERIT_NAMELESS. */
bool conf_context_is_nameless(enum conf_context context);

/* "in a `location` block", for "not known …". */
const char *conf_context_phrase(enum conf_context context);

/* "`server` (mail)": the name, with what tells it from another block of that name. */
struct slice conf_context_exactly(enum conf_context context, struct arena *arena);

/* "`mail` or `server` (mail)", of all bits in `contexts`. */
struct slice conf_contexts_text(uint32_t contexts, struct arena *arena);
