#pragma once

#include "base/arena.h"
#include "base/text.h"
#include "conf/conf_stamp.h"
#include "tls/tls_pairs.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The certificate and key files of one generation, and those of authorities, watched: which have
 * changed, whether what is there now may be served, and the snapshot that it makes. No I/O but on
 * those files. */

struct configuration;

/* One certificate with its key, and what opens that; or a file of authorities (tls_pairs.h). A copy
 * of two files is not atomic: what is found wrong may only be half of it, so it counts when it has
 * stayed as it is for a while. */
struct certificate_stamps {
    struct conf_stamp certificate, key, passphrases;
};

struct certificate {
    struct tls_pair files;
    struct certificate_stamps in_use; /* as they are served */
    struct certificate_stamps seen;   /* as they were seen last */
    struct certificate_stamps tried;  /* as they were when they were refused */
    struct certificate_stamps loaded; /* as they are in the set that is being prepared */
    uint64_t seen_at;                 /* monotonic ms: since when they look like that */
    uint64_t tried_at;
    struct slice why; /* "FILE: reason", when refused; from the heap, never NULL */
    bool is_loaded;
    bool is_said; /* the log has `why` */
};

struct certificates {
    struct arena arena;
    struct certificate *list;
    size_t count;
    bool allows_old;
};

/* Those that `configuration` names, as it has read them. */
void certificates_init(struct certificates *certificates,
                       const struct configuration *configuration);
void certificates_deinit(struct certificates *certificates);

/* How long files must stay as they are before they are read, and before it is said that what they
 * hold is refused. Zeros: at once. */
struct certificates_patience {
    uint32_t quiet_ms, grace_ms;
};

enum certificates_look {
    CERTIFICATES_SAME,
    CERTIFICATES_CHANGING, /* look again after quiet_ms */
    CERTIFICATES_DUE,      /* some are to be loaded */
};

/* Looks at all files. */
enum certificates_look certificates_look(struct certificates *certificates, uint64_t now_ms,
                                         const struct certificates_patience *patience);

/* One that has been refused and should be told of: once each. NULL: there is none. */
const struct certificate *certificates_to_say(struct certificates *certificates, uint64_t now_ms,
                                              const struct certificates_patience *patience);

/* A set for the workers and their key holder. */
struct certificate_set {
    int snapshot; /* sealed: the configuration with the new certificates */
    int *files;   /* of keys and pass phrases, as conf_sources_place numbers them; free(3) */
    size_t file_count;
};

/* Loads what is due, beside what is in use (`snapshot` and its files). False: there is nothing to
 * change, good ones being what is in use already, and the rest being refused. */
bool certificates_load(struct certificates *certificates, uint64_t now_ms,
                       const struct certificates_patience *patience, int snapshot, const int *files,
                       size_t file_count, struct certificate_set *set)
    __attribute__((warn_unused_result));
void certificate_set_close(struct certificate_set *set);

/* The files of what was loaded, for people; cut if there is no room. */
void certificates_name_loaded(const struct certificates *certificates, struct text *out);

/* What was loaded is in use; or is not, and stays due. */
void certificates_took(struct certificates *certificates);
void certificates_failed(struct certificates *certificates);

/* Each that is in use, but for authorities, with what stands in it. */
void certificates_each(const struct certificates *certificates, int snapshot,
                       void (*each)(void *owner, const struct certificate *one,
                                    const struct tls_certificate_facts *facts),
                       void *owner);

/* Lines about those that are in use (a hundred at most), for people: file, names, end, and why a
 * newer one is refused. */
void certificates_describe(const struct certificates *certificates, int snapshot,
                           void (*say)(void *owner, struct slice line), void *owner);
