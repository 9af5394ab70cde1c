#include "os/sandbox.h"

#include "os/privileges.h"
#include "os/sandbox_private.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool drop_capabilities(void)
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    const struct __user_cap_data_struct none[2] = {0};

    if (!privileges_cut_bounding())
        return false;
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    return syscall(SYS_capset, &head, none) == 0;
}

/* The leak checker of a sanitized build is a process beside us. */
static bool forbid_processes(void)
{
    const struct rlimit none = {0, 0};

    return SANDBOX_IS_SANITIZED || setrlimit(RLIMIT_NPROC, &none) == 0;
}

bool sandbox_prepare(const struct sandbox_grants *grants, uint32_t *reached)
{
    *reached = SANDBOX_IS_SANITIZED ? SANDBOX_SANITIZED : 0;
    if (!drop_capabilities() || !privileges_harden())
        return false;
    *reached |= sandbox_files_enter(grants) & SANDBOX_ABI_MASK;
    if (grants->any_port)
        *reached |= SANDBOX_ANY_PORT;
    return true;
}

static bool seal(enum sandbox_role role, bool lists, uint32_t *reached)
{
    if (!forbid_processes())
        return false;
    if (sandbox_calls_enter(role, lists))
        *reached |= SANDBOX_FILTERED;
    return true;
}

bool sandbox_seal(enum sandbox_role role, uint32_t *reached)
{
    return seal(role, false, reached);
}

bool sandbox_enter(enum sandbox_role role, const struct sandbox_grants *grants, uint32_t *reached)
{
    return sandbox_prepare(grants, reached) && seal(role, grants->listable_count > 0, reached);
}

uint32_t sandbox_available(void)
{
    return (sandbox_files_available() & SANDBOX_ABI_MASK) |
           (sandbox_calls_available() ? SANDBOX_FILTERED : 0) |
           (SANDBOX_IS_SANITIZED ? SANDBOX_SANITIZED : 0);
}

enum sandbox_level sandbox_level(uint32_t reached)
{
    if ((reached & SANDBOX_ABI_MASK) == 0 || (reached & SANDBOX_FILTERED) == 0)
        return SANDBOX_LEVEL_C;
    return (reached & SANDBOX_OWN_USER) != 0 ? SANDBOX_LEVEL_A : SANDBOX_LEVEL_B;
}

static const char *user_words(uint32_t reached)
{
    if ((reached & SANDBOX_OWN_USER) != 0)
        return "own user";
    return (reached & SANDBOX_SHARED_USER) != 0 ? "the workers' user" : "the master's user";
}

void sandbox_describe(uint32_t reached, char words[SANDBOX_WORDS_BYTES])
{
    static const char letters[] = {'C', 'B', 'A'};
    unsigned abi = reached & SANDBOX_ABI_MASK;
    char landlock[80] = "no Landlock";

    if (abi > 0)
        snprintf(landlock, sizeof landlock, "Landlock ABI %u (files%s%s)", abi,
                 abi < 4                             ? ""
                 : (reached & SANDBOX_ANY_PORT) != 0 ? ", any port"
                                                     : ", ports",
                 abi >= 6 ? ", signals" : "");
    snprintf(words, SANDBOX_WORDS_BYTES, "isolation level %c: %s, %s, %s%s",
             letters[sandbox_level(reached)], user_words(reached), landlock,
             (reached & SANDBOX_FILTERED) != 0 ? "seccomp" : "no seccomp",
             (reached & SANDBOX_SANITIZED) != 0 ? " (wider, for a sanitizer)" : "");
}

/* "… audit(SECONDS.…": when it was. */
static int64_t time_of(const char *line, size_t len)
{
    const char *seconds = memmem(line, len, " audit(", strlen(" audit("));

    return seconds == NULL ? 0 : strtoll(seconds + strlen(" audit("), NULL, 10);
}

static int call_of(const char *line, size_t len, const char *pid)
{
    const char *call = memmem(line, len, " syscall=", strlen(" syscall="));

    if (call == NULL || memmem(line, len, pid, strlen(pid)) == NULL)
        return -1;
    return atoi(call + strlen(" syscall="));
}

int sandbox_call_in_log(const char *text, int pid, int64_t since)
{
    char wanted[32];
    int found = -1;

    snprintf(wanted, sizeof wanted, " pid=%d ", pid);
    for (const char *line = text; *line != '\0';) {
        size_t len = strcspn(line, "\n");
        int call = call_of(line, len, wanted);

        if (call >= 0 && time_of(line, len) >= since)
            found = call;
        line += len + (line[len] == '\n');
    }
    return found;
}

int sandbox_killed_by(int pid, int64_t since)
{
    enum { READ_ALL = 3, LOG_BYTES = 1 << 18 }; /* syslog(2); the newest come when it is more */
    char *text = calloc(1, LOG_BYTES + 1);
    int len, call = -1;

    if (text == NULL)
        return -1;
    len = klogctl(READ_ALL, text, LOG_BYTES);
    if (len > 0)
        call = sandbox_call_in_log(text, pid, since);
    free(text);
    return call;
}
