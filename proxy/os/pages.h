#pragma once

#include <stddef.h>

/* Memory of its own pages: cleared, and none is taken until it is written to, whereas what malloc
 * gives for a large block has often been written to before. For what is large, lives long, and is
 * hardly used. */

/* NULL: the system has no more of it (its number of mappings is limited). */
void *pages_new(size_t size) __attribute__((warn_unused_result));

/* Gives back what pages_new gave for the same size. */
void pages_free(void *memory, size_t size);
