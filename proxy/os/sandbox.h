#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a process can still do once it has everything it needs: system calls by role (seccomp),
 * files and ports by what its configuration names (Landlock), no capability, no core file. There is
 * no way back, neither for the process nor for what it might start. */

enum sandbox_role {
    SANDBOX_WORKER,    /* the network; reads below static roots */
    SANDBOX_KEYHOLDER, /* answers on descriptors it has; no file, no socket */
    SANDBOX_AUTH,      /* the same, with threads, and reads where it is granted */
    SANDBOX_ROLES
};

/* What beyond its role's table a process may use. Copied by the kernel: free them after. */
struct sandbox_grants {
    const int *readable; /* files, or directories with all below; O_PATH is enough */
    size_t readable_count;
    const int *listable; /* directories whose names, and of all below, may be listed */
    size_t listable_count;
    const uint16_t *ports; /* TCP ports to connect to */
    size_t port_count;
    bool any_port; /* all of them */
};

/* What was reached, as bits that fit a message: the Landlock ABI in the lowest byte (0: none), and
 * these. */
#define SANDBOX_ABI_MASK  0xffu
#define SANDBOX_FILTERED  0x100u  /* seccomp is in force */
#define SANDBOX_ANY_PORT  0x1000u /* ports are open: variables in proxy_pass choose them */
#define SANDBOX_SANITIZED 0x400u  /* a sanitizer's tables: wider, for tests only */
/* Whose user it is, which the caller knows; neither: the master's. */
#define SANDBOX_OWN_USER    0x200u
#define SANDBOX_SHARED_USER 0x800u /* the workers', and it is no worker */

/* Confines this process. Everything it needs is open, its user is the one it stays. False with
 * errno: what needs no support by the kernel failed, and the caller must exit. What the kernel or
 * a container does not give is missing in *reached. Before threads are made: they inherit it. */
bool sandbox_enter(enum sandbox_role role, const struct sandbox_grants *grants, uint32_t *reached)
    __attribute__((warn_unused_result));

/* The same in two steps, for a process that has threads and makes no more of them later: first
 * what threads inherit, before they are made; then the system calls of all of them. */
bool sandbox_prepare(const struct sandbox_grants *grants, uint32_t *reached)
    __attribute__((warn_unused_result));
bool sandbox_seal(enum sandbox_role role, uint32_t *reached) __attribute__((warn_unused_result));

/* How well a takeover is contained (reference in the manual): A: another user, Landlock, seccomp.
 * B: the master's or the workers' user, Landlock, seccomp. C: less. */
enum sandbox_level {
    SANDBOX_LEVEL_C,
    SANDBOX_LEVEL_B,
    SANDBOX_LEVEL_A,
};

enum sandbox_level sandbox_level(uint32_t reached);

#define SANDBOX_WORDS_BYTES 200
/* "isolation level A: own user, Landlock ABI 7 (files, ports, signals), seccomp"; what is missing
 * is said, too. */
void sandbox_describe(uint32_t reached, char words[SANDBOX_WORDS_BYTES]);

/* What a process of this machine would reach, whoever its user is, without entering anything. */
uint32_t sandbox_available(void);

/* The system call that the kernel's log says killed this process; -1: it does not say, not to us,
 * or not yet. `since`: when it was started, in seconds of the epoch: process ids come round again.
 */
int sandbox_killed_by(int pid, int64_t since);
int sandbox_call_in_log(const char *text, int pid, int64_t since); /* its part about the text */
