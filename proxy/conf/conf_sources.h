#pragma once

#include "base/arena.h"
#include "base/slice.h"
#include "conf/conf_sources_index.h"
#include "conf/conf_stamp.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The bytes of every file that a configuration is made of: the main file, what it includes,
 * certificates and keys. The master reads them once from disk; a worker gets the same bytes in one
 * sealed memory file, so that what runs is what was checked, whatever happens to the files later.
 *
 * A directory listing (for `include x/[star].conf`) is kept the same way, under the pattern's text.
 */
struct conf_source {
    struct slice name; /* path as it was opened; "<command line>" for -g */
    struct slice text;
    bool is_listing;         /* text holds the matching paths, each ended by NUL, sorted */
    bool is_configuration;   /* conf_tree read it as directives; no key, no certificate */
    bool is_secret;          /* text is only its number: see conf_sources_secret */
    bool is_passphrases;     /* text is empty: see conf_sources_passphrases */
    int fd;                  /* of a secret or of pass phrases on disk, else -1 */
    struct conf_stamp stamp; /* of the file, before it was read; on disk only */
    void *notes;             /* what whoever the file is for has found out; in the sources' arena */
    int error;               /* errno of the failed open or read; 0: text is good */
};

/* Files that are for the key holder. */
struct conf_sources_counts {
    size_t keys, passphrases;
};

struct conf_sources {
    struct arena arena;
    struct conf_source **list; /* stable pointers, stable indexes */
    size_t count, capacity;
    struct conf_sources_counts counts;
    struct conf_sources_index index;
    bool from_disk; /* false: only what is already here exists (worker) */
    int helper;     /* a socket to a child that reads secrets for us; -1: none */
    int helper_pid;
};

void conf_sources_init(struct conf_sources *sources, bool from_disk);
void conf_sources_deinit(struct conf_sources *sources);

/* Ends the helper, when all checks are done. */
void conf_sources_end_helper(struct conf_sources *sources);

/* Gives the file `path`, from memory if it was asked for before, else from disk. Only regular files
 * up to 8 MiB. Never NULL: look at ->error. *index is its place in the list. The base64 of private
 * keys in it (a certificate's file may hold both) is overwritten with the letter A. */
const struct conf_source *conf_sources_file(struct conf_sources *sources, struct slice path,
                                            uint32_t *index);

/* The same for a private key: the file is opened and never read here, so that this process and
 * those that get the sources do not hold it. Its text is a word with its number among the secrets,
 * from 0 in the order of their first appearance; ->fd can be read (pread(2)) by whom it is for. */
const struct conf_source *conf_sources_secret(struct conf_sources *sources, struct slice path,
                                              uint32_t *index);

/* The number in a secret's text; false if `text` is none. */
bool conf_sources_secret_number(struct slice text, uint32_t *number)
    __attribute__((warn_unused_result));

#define CONF_SECRET_MAX_BYTES 65536

/* The same for a file of pass phrases of such keys: it has no number, since nobody asks for it. */
const struct conf_source *conf_sources_passphrases(struct conf_sources *sources, struct slice path,
                                                   uint32_t *index);

/* The place of a file among those that are for the key holder: all keys by number, then all of pass
 * phrases. */
size_t conf_sources_place(const struct conf_sources *sources, const struct conf_source *source);

/* The paths that match a glob pattern, as a listing source (see above). */
const struct conf_source *conf_sources_glob(struct conf_sources *sources, struct slice pattern,
                                            uint32_t *index);

/* A text that comes from no file, "<command line>". The same text again is the same source. */
uint32_t conf_sources_text(struct conf_sources *sources, struct slice name, struct slice text);

/* Another text for a file that is here; false: it is not. */
bool conf_sources_replace(struct conf_sources *sources, struct slice path, struct slice text)
    __attribute__((warn_unused_result));

/* The file or text of that name if it is here already; NULL. */
const struct conf_source *conf_sources_find(const struct conf_sources *sources, struct slice name);

/* The same for a secret, and for pass phrases. */
const struct conf_source *conf_sources_find_secret(const struct conf_sources *sources,
                                                   struct slice path);
const struct conf_source *conf_sources_find_passphrases(const struct conf_sources *sources,
                                                        struct slice path);

/* All of it as one run of bytes, for a sealed memory file, and back. read: into sources that hold
 * nothing yet; copies; false, and still nothing in them, when `bytes` is not what write made. */
struct slice conf_sources_write(const struct conf_sources *sources, struct arena *arena);
bool conf_sources_read(struct conf_sources *sources, struct slice bytes)
    __attribute__((warn_unused_result));
