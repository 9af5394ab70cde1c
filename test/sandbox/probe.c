#include "ordinary.h"
#include "os/sandbox.h"
#include "probes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What a taken-over process could do: one try a run, from inside a role's profile or (the control)
 * free of it. test/integration/sandbox/test_probe.py calls it.
 *
 *   sandbox-probe free|worker|keyholder|auth DIRECTORY PORT PROBE [ARGUMENT]
 *
 * The probe `ordinary` does what its argument names in ordinary.h: test_ordinary.py.
 * DIRECTORY may be read and PORT connected to. Exit status 0: it could; 3: it was refused, and the
 * error is printed; a death by SIGSYS says what it says. */

#define REFUSED 3

/* Everything must be in force: a probe that is refused by half a sandbox proves nothing. */
static bool enter(const char *name, int directory, uint16_t port)
{
    static const char *const roles[SANDBOX_ROLES] = {
        [SANDBOX_WORKER] = "worker", [SANDBOX_KEYHOLDER] = "keyholder", [SANDBOX_AUTH] = "auth"};
    const struct sandbox_grants worker = {
        .readable = &directory, .readable_count = 1, .ports = &port, .port_count = 1};
    const struct sandbox_grants auth = {.readable = &directory, .readable_count = 1}, none = {0};
    uint32_t reached;

    for (size_t i = 0; i < SANDBOX_ROLES; i++)
        if (strcmp(roles[i], name) == 0)
            return sandbox_enter((enum sandbox_role)i,
                                 i == SANDBOX_WORKER ? &worker
                                 : i == SANDBOX_AUTH ? &auth
                                                     : &none,
                                 &reached) &&
                   sandbox_level(reached) >= SANDBOX_LEVEL_B;
    return strcmp(name, "free") == 0;
}

static int report(long result)
{
    char words[100];
    int len;

    if (result >= 0)
        return 0;
    len = snprintf(words, sizeof words, "%s\n", strerrorname_np(errno));
    return write(STDOUT_FILENO, words, (size_t)len) == len ? REFUSED : 2;
}

int main(int count, char **words)
{
    int directory;

    if (count < 5 || (directory = open(words[2], O_PATH | O_DIRECTORY)) < 0 ||
        !enter(words[1], directory, (uint16_t)atoi(words[3])))
        return 2;
    return report(strcmp(words[4], "ordinary") == 0 && count > 5
                      ? ordinary_do(words[5], directory)
                      : probe_try(words[4], directory, count > 5 ? words[5] : ""));
}
