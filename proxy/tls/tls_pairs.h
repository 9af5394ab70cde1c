#pragma once

#include "base/arena.h"
#include "base/slice.h"
#include "tls/tls_check.h"

#include <stdbool.h>
#include <stddef.h>

/* The certificates that a configuration names, each with its key, and files of authorities; and
 * whether new ones in the same places may take over without anybody asking. */

struct conf;
struct conf_sources;

struct tls_pair {
    struct slice certificate; /* absolute paths, ended by NUL */
    struct slice key;         /* empty: the certificates are authorities, for those of clients */
    struct slice passphrases; /* empty: none */
};

/* Each pair once, in `arena`. */
struct tls_pair *tls_pairs_of(const struct conf *conf, struct arena *arena, size_t *count);

/* The same for a file of authorities. */
bool tls_authorities_check(struct conf_sources *sources, struct slice path, struct arena *arena,
                           struct slice *why) __attribute__((warn_unused_result));

/* Reads the pair through `sources`, from disk. True: the key belongs to the certificate, both are
 * of a kind that is served, and it is valid now. Else *file (one of the two paths) and *why. All in
 * `arena`. `allows_old`: see tls_conf_allows_old. */
bool tls_pair_check(struct conf_sources *sources, const struct tls_pair *pair, bool allows_old,
                    struct arena *arena, struct tls_certificate_facts *facts, struct slice *file,
                    struct slice *why) __attribute__((warn_unused_result));
