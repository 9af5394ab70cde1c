#pragma once

#include "base/arena.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>

/* The server name a client asks for, and which server has it. Pure: base/ only. */

#define TLS_NAME_MAX 255 /* RFC 1035 2.3.4 */

enum tls_name_result {
    TLS_NAME_NONE, /* nothing after a final dot is removed */
    TLS_NAME_OK,
    TLS_NAME_BAD, /* not exactly one host_name of 1 to 255 bytes without NUL */
};

/* Parses the body of a server_name extension (RFC 6066 3). On OK *name (in `memory`) is lower case
 * and without a final dot. Which bytes a name may have is not checked: one that no server has is
 * simply unknown. */
enum tls_name_result tls_name_parse(struct slice extension, char memory[TLS_NAME_MAX],
                                    struct slice *name);

/* The names of several servers. */
struct tls_names {
    struct tls_name_entry *entries; /* sorted by key */
    size_t count, capacity;
};

/* Room for `count` names, in `arena`. */
void tls_names_init(struct tls_names *names, size_t count, struct arena *arena);

/* Adds an exact name, "*.x" (anything below x), ".x" (x and anything below) or "x.*". What begins
 * with '~' is a pattern, and left out. Kept in lower case in `arena`. A name given twice belongs to
 * the server given first. */
void tls_names_add(struct tls_names *names, struct slice name, size_t server, struct arena *arena);

/* Call once after the last add. */
void tls_names_sort(struct tls_names *names);

/* As nginx chooses: exact, then the longest *.x, then the longest x.*. `name` is lower case. False:
 * no server has it. *known is the table's own copy of the name, when it stands there exactly; else
 * empty. */
bool tls_names_find(const struct tls_names *names, struct slice name, size_t *server,
                    struct slice *known);
