#pragma once

#include "auth/auth_hash.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>

/* The text of a password file: lines of `name:hash[:anything]` as htpasswd and Dovecot's
 * passwd-file write them. '#' begins a comment line; CRLF ends a line too; the last one needs no
 * end. */

struct auth_entry {
    struct slice user; /* what is before the first colon: all of a line that has none */
    struct slice hash; /* up to the next colon or the end; at == NULL: the line has no colon */
    size_t line;       /* from 1 */
};

/* Begin with *rest = the whole text and *entry zeroed. False at the end. */
bool auth_file_next(struct slice *rest, struct auth_entry *entry);

/* The first entry of that name counts. */
bool auth_file_find(struct slice text, struct slice user, struct auth_entry *entry);

/* The hash of the first entry of the scheme that most entries have: computing it for a name that is
 * not there costs what it costs for one that is. Empty if nobody's password can be verified. */
struct slice auth_file_commonest(struct slice text);
