#pragma once

#include "os/privileges.h"
#include "os/spawn.h"
#include "process/worker_arguments.h"

#include <stdbool.h>
#include <stddef.h>

/* What the master tells a key holder it starts. */

#define KEYHOLDER_CONTROL_FD (SPAWN_FIRST_DESCRIPTOR)
/* The files of the keys, by number, and then those of their pass phrases. */
#define KEYHOLDER_FIRST_FD (SPAWN_FIRST_DESCRIPTOR + 1)
#define KEYHOLDER_WORDS    7

struct keyholder_arguments {
    size_t keys, passphrases, workers;
    bool allows_old;   /* some server speaks TLS 1.0 or 1.1 */
    bool has_identity; /* root: become that */
    struct privileges_identity identity;
    const char *who; /* whose identity that is, for the log */
};

struct keyholder_words {
    const char *words[KEYHOLDER_WORDS + 1]; /* ends with NULL */
    char keys[16], passphrases[16], workers[16], identity[IDENTITY_WORD_BYTES];
};

void keyholder_arguments_write(const struct keyholder_arguments *arguments,
                               struct keyholder_words *words);
bool keyholder_arguments_read(struct keyholder_arguments *arguments, int count,
                              const char *const *words) __attribute__((warn_unused_result));
