#pragma once

#include "conf/conf_block.h"

#include <stdbool.h>

/* What reading blocks finds wrong with a directive, in words for the operator. Those that report an
 * error return false. */

/* No such directive in this block; says where it belongs, or which one is near. */
bool conf_finding_unknown(struct conf_reader *reader, const struct conf_scope *scope,
                          const struct conf_directive *directive);

/* A block that should be none or the other way round, or a wrong number of words. */
bool conf_finding_shape(struct conf_reader *reader, const struct conf_row *row,
                        const struct conf_directive *directive);

bool conf_finding_duplicate(struct conf_reader *reader, const struct conf_directive *directive,
                            const struct conf_directive *first);

/* `swallowed` begins a line and is called like a directive: the ';' `before` it is missing. */
bool conf_finding_missing_semicolon(struct conf_reader *reader, const struct conf_word *before,
                                    const struct conf_word *swallowed);
