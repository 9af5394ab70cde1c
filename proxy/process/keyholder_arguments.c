#include "process/keyholder_arguments.h"

#include "base/number.h"

#include <stdint.h>
#include <stdio.h>

void keyholder_arguments_write(const struct keyholder_arguments *arguments,
                               struct keyholder_words *words)
{
    snprintf(words->keys, sizeof words->keys, "%zu", arguments->keys);
    snprintf(words->passphrases, sizeof words->passphrases, "%zu", arguments->passphrases);
    snprintf(words->workers, sizeof words->workers, "%zu", arguments->workers);
    identity_write(&arguments->identity, arguments->has_identity, words->identity);
    words->words[0] = "frontd-keyholder";
    words->words[1] = words->keys;
    words->words[2] = words->workers;
    words->words[3] = arguments->allows_old ? "old" : "-";
    words->words[4] = words->identity;
    words->words[5] = arguments->who;
    words->words[6] = words->passphrases;
    words->words[7] = NULL;
}

bool keyholder_arguments_read(struct keyholder_arguments *arguments, int count,
                              const char *const *words)
{
    uint64_t keys, passphrases, workers;

    if (count != KEYHOLDER_WORDS || !number_parse(slice_of(words[1]), UINT16_MAX, &keys) ||
        !number_parse(slice_of(words[2]), 4096, &workers) ||
        !number_parse(slice_of(words[6]), UINT16_MAX, &passphrases) ||
        !identity_read(&arguments->identity, &arguments->has_identity, slice_of(words[4])))
        return false;
    arguments->keys = (size_t)keys;
    arguments->passphrases = (size_t)passphrases;
    arguments->workers = (size_t)workers;
    arguments->allows_old = slice_equal(slice_of(words[3]), SLICE("old"));
    arguments->who = words[5];
    return true;
}
