#include "process/check_isolation.h"

#include "os/sandbox.h"
#include "process/core_conf.h"

void check_isolation(struct configuration *configuration)
{
    uint32_t reached = sandbox_available();
    struct conf_finding *finding;
    char words[SANDBOX_WORDS_BYTES];

    if (sandbox_level(reached) >= SANDBOX_LEVEL_B ||
        core_conf_of(&configuration->conf)->isolation == CORE_ISOLATION_BEST_EFFORT)
        return;
    sandbox_describe(reached, words);
    finding = conf_report_add(&configuration->report, CONF_WARNING, (struct conf_place){0},
                              "frontd would not start here: %s", words);
    conf_finding_help(&configuration->report, finding,
                      "it takes Linux 5.13 with Landlock and seccomp, and a container that forbids "
                      "neither; `isolation best-effort;` does without");
}
