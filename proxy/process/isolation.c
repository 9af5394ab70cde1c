#include "process/isolation.h"

#include <stdio.h>

bool isolation_is_enough(uint32_t reached, char why[ISOLATION_WHY_BYTES])
{
    char words[SANDBOX_WORDS_BYTES];

    if (sandbox_level(reached) >= SANDBOX_LEVEL_B)
        return true;
    sandbox_describe(reached, words);
    snprintf(why, ISOLATION_WHY_BYTES,
             "%s; level B is required: it takes Linux 5.13 with Landlock and seccomp, and a "
             "container that forbids neither; `isolation best-effort;` does without",
             words);
    return false;
}
