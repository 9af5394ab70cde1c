#include "process/check_isolation.h"

#include "os/sandbox.h"
#include "process/core_conf.h"
#include "process/users.h"

static void check_users(struct configuration *configuration)
{
    struct conf_finding *finding;
    char why[USERS_WHY_BYTES];

    if (users_possible(&configuration->conf, why))
        return;
    finding = conf_report_add(&configuration->report, CONF_WARNING, (struct conf_place){0},
                              "frontd would not start here: it %s", why);
    conf_finding_help(&configuration->report, finding, "%s", users_help);
}

void check_isolation(struct configuration *configuration)
{
    uint32_t reached = sandbox_available();
    struct conf_finding *finding;
    char words[SANDBOX_WORDS_BYTES];

    check_users(configuration);
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
