#include "process/worker_arguments.h"

#include "base/ensure.h"
#include "base/number.h"
#include "base/text.h"

#include <stdint.h>
#include <stdio.h>

void identity_write(const struct privileges_identity *identity, bool has_identity,
                    char out[IDENTITY_WORD_BYTES])
{
    struct text text = text_in(out, IDENTITY_WORD_BYTES - 1);

    if (!has_identity) {
        text_byte(&text, '-');
    } else {
        text_number(&text, identity->uid);
        text_byte(&text, ',');
        text_number(&text, identity->gid);
        for (size_t i = 0; i < identity->group_count; i++) {
            text_byte(&text, ',');
            text_number(&text, identity->groups[i]);
        }
    }
    ensure(!text.overflow);
    out[text.len] = '\0';
}

bool identity_read(struct privileges_identity *identity, bool *has_identity, struct slice text)
{
    uint64_t number;

    *has_identity = !slice_equal(text, SLICE("-"));
    if (!*has_identity)
        return true;
    if (!number_parse(slice_cut(&text, ','), UINT32_MAX, &number))
        return false;
    identity->uid = (uid_t)number;
    if (!number_parse(slice_cut(&text, ','), UINT32_MAX, &number))
        return false;
    identity->gid = (gid_t)number;
    for (identity->group_count = 0; text.at != NULL; identity->group_count++) {
        if (identity->group_count == PRIVILEGES_GROUPS_MAX ||
            !number_parse(slice_cut(&text, ','), UINT32_MAX, &number))
            return false;
        identity->groups[identity->group_count] = (gid_t)number;
    }
    return true;
}

void worker_arguments_write(const struct worker_arguments *arguments, struct worker_words *words)
{
    snprintf(words->sockets, sizeof words->sockets, "%zu", arguments->sockets);
    snprintf(words->logs, sizeof words->logs, "%zu", arguments->logs);
    identity_write(&arguments->identity, arguments->has_identity, words->identity);
    words->words[0] = "frontd-worker";
    words->words[1] = arguments->conf;
    words->words[2] = arguments->prefix;
    words->words[3] = arguments->globals;
    words->words[4] = arguments->error_log;
    words->words[5] = words->sockets;
    words->words[6] = words->logs;
    words->words[7] = words->identity;
    words->words[8] = NULL;
}

bool worker_arguments_read(struct worker_arguments *arguments, int count, const char *const *words)
{
    uint64_t sockets, logs;

    if (count != WORKER_WORDS || !number_parse(slice_of(words[5]), WORKER_PASSED_MAX, &sockets) ||
        !number_parse(slice_of(words[6]), WORKER_PASSED_MAX, &logs) ||
        !identity_read(&arguments->identity, &arguments->has_identity, slice_of(words[7])))
        return false;
    arguments->conf = words[1];
    arguments->prefix = words[2];
    arguments->globals = words[3];
    arguments->error_log = words[4];
    arguments->sockets = (size_t)sockets;
    arguments->logs = (size_t)logs;
    return true;
}
