#include "os/sandbox_private.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Landlock: landlock(7) and the kernel's Documentation/userspace-api/landlock.rst. Its numbers are
 * written out here because the headers of the system that builds may be older than the kernel that
 * runs. Rights that a kernel does not know are masked out by its ABI. */

#define CREATE_VERSION  1u
#define RULE_PATH       1
#define RULE_PORT       2

#define FILES_WRITE     (1ull << 1)
#define FILES_READ      (1ull << 2)
#define FILES_LIST      (1ull << 3)
#define FILES_MAKE_FILE (1ull << 8)
#define FILES_TRUNCATE  (1ull << 14)

#define PORTS_BIND      (1ull << 0)
#define PORTS_CONNECT   (1ull << 1)

#define SCOPE_ABSTRACT  (1ull << 0) /* abstract Unix sockets of others */
#define SCOPE_SIGNALS   (1ull << 1)

struct ruleset {
    uint64_t files, ports, scope; /* an older kernel takes the longer struct while the rest is 0 */
};

struct path_rule {
    uint64_t files;
    int32_t fd;
} __attribute__((packed));

struct port_rule {
    uint64_t ports, number;
};

/* All there is is refused except what rules grant: each bit below the ABI's first unknown one. */
static const struct {
    unsigned abi;
    struct ruleset handles;
} abi_rows[] = {
    {1, {(1ull << 13) - 1, 0, 0}                                                      },
    {2, {(1ull << 14) - 1, 0, 0}                                                      }, /* refer */
    {3, {(1ull << 15) - 1, 0, 0}                                                      }, /* truncate */
    {4, {(1ull << 15) - 1, PORTS_BIND | PORTS_CONNECT, 0}                             },
    {5, {(1ull << 16) - 1, PORTS_BIND | PORTS_CONNECT, 0}                             }, /* ioctl */
    {6, {(1ull << 16) - 1, PORTS_BIND | PORTS_CONNECT, SCOPE_ABSTRACT | SCOPE_SIGNALS}},
};

/* What libc and c-ares look at while the process runs: names (the servers and the order were read
 * at the start), and the time zone. They may be missing. */
static const char *const files_of_libraries[] = {
    "/etc/hosts",     "/etc/resolv.conf", "/etc/nsswitch.conf",
    "/etc/host.conf", "/etc/localtime",   "/usr/share/zoneinfo",
};

unsigned sandbox_files_available(void)
{
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, CREATE_VERSION);

    return abi > 0 ? (unsigned)abi : 0;
}

static struct ruleset handled_by(unsigned abi)
{
    struct ruleset handled = {0};

    for (size_t i = 0; i < sizeof abi_rows / sizeof *abi_rows; i++)
        if (abi_rows[i].abi <= abi)
            handled = abi_rows[i].handles;
    if (SANDBOX_IS_SANITIZED) /* its report is a file, written when all is lost */
        handled.files &= ~(FILES_WRITE | FILES_MAKE_FILE | FILES_TRUNCATE);
    return handled;
}

static bool grant_path(int ruleset, int fd, uint64_t files)
{
    const struct path_rule rule = {files, fd};

    return syscall(SYS_landlock_add_rule, ruleset, RULE_PATH, &rule, 0) == 0;
}

/* A name that is not there grants nothing. */
static bool grant_name(int ruleset, const char *path, uint64_t files)
{
    int fd = open(path, O_PATH | O_CLOEXEC);
    bool good;

    if (fd < 0)
        return true;
    good = grant_path(ruleset, fd, files);
    close(fd);
    return good;
}

/* The leak checker reads maps and lists threads; reports name functions from the programs. */
static bool grant_sanitizer(int ruleset)
{
    static const char *const directories[] = {"/proc", "/usr", "/lib", "/lib64"};
    char program[4096] = "";
    bool good = true;

    if (!SANDBOX_IS_SANITIZED)
        return true;
    for (size_t i = 0; i < sizeof directories / sizeof *directories; i++)
        good = grant_name(ruleset, directories[i], FILES_READ | FILES_LIST) && good;
    if (readlink("/proc/self/exe", program, sizeof program - 1) < 0)
        return good;
    return grant_name(ruleset, program, FILES_READ) && good;
}

static bool grant_port(int ruleset, uint16_t number)
{
    const struct port_rule rule = {PORTS_CONNECT, number};

    return syscall(SYS_landlock_add_rule, ruleset, RULE_PORT, &rule, 0) == 0;
}

static bool grant_all(int ruleset, const struct sandbox_grants *grants, bool has_ports)
{
    bool good = grant_sanitizer(ruleset);

    for (size_t i = 0; i < grants->readable_count; i++)
        good = grant_path(ruleset, grants->readable[i], FILES_READ) && good;
    for (size_t i = 0; i < grants->listable_count; i++)
        good = grant_path(ruleset, grants->listable[i], FILES_LIST) && good;
    for (size_t i = 0; has_ports && i < grants->port_count; i++)
        good = grant_port(ruleset, grants->ports[i]) && good;
    if (grants->readable_count == 0 && grants->port_count == 0)
        return good; /* who is granted nothing asks for no names */
    for (size_t i = 0; i < sizeof files_of_libraries / sizeof *files_of_libraries; i++)
        good = grant_name(ruleset, files_of_libraries[i], FILES_READ) && good;
    return good;
}

unsigned sandbox_files_enter(const struct sandbox_grants *grants)
{
    unsigned abi = sandbox_files_available();
    struct ruleset handled = handled_by(abi);
    int ruleset;
    bool good;

    if (abi == 0)
        return 0;
    if (grants->any_port)
        handled.ports &= ~PORTS_CONNECT;
    ruleset = (int)syscall(SYS_landlock_create_ruleset, &handled, sizeof handled, 0);
    if (ruleset < 0)
        return 0;
    good = grant_all(ruleset, grants, (handled.ports & PORTS_CONNECT) != 0) &&
           syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
    close(ruleset);
    return good ? abi : 0;
}
