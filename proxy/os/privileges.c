#include "os/privileges.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define NAME_MAX_BYTES 256

static bool name_text(struct slice name, char text[NAME_MAX_BYTES])
{
    if (name.len == 0 || name.len >= NAME_MAX_BYTES)
        return false;
    snprintf(text, NAME_MAX_BYTES, "%.*s", (int)name.len, name.at);
    return true;
}

enum privileges_lookup privileges_find(struct slice user, struct slice group,
                                       struct privileges_identity *identity)
{
    char user_name[NAME_MAX_BYTES], group_name[NAME_MAX_BYTES];
    const struct passwd *password;
    const struct group *entry;
    int count = PRIVILEGES_GROUPS_MAX;

    if (!name_text(user, user_name) || (password = getpwnam(user_name)) == NULL)
        return PRIVILEGES_NO_USER;
    identity->uid = password->pw_uid;
    identity->gid = password->pw_gid;
    if (!name_text(group.len > 0 ? group : user, group_name))
        return PRIVILEGES_NO_GROUP;
    entry = getgrnam(group_name);
    if (entry != NULL)
        identity->gid = entry->gr_gid;
    else if (group.len > 0)
        return PRIVILEGES_NO_GROUP;
    if (getgrouplist(user_name, identity->gid, identity->groups, &count) < 0)
        count = PRIVILEGES_GROUPS_MAX; /* more than fit: those that fit */
    identity->group_count = (size_t)count;
    return PRIVILEGES_FOUND;
}

static bool is(const struct privileges_identity *identity)
{
    uid_t real, effective, saved;
    gid_t real_group, effective_group, saved_group;

    return getresuid(&real, &effective, &saved) == 0 &&
           getresgid(&real_group, &effective_group, &saved_group) == 0 && real == identity->uid &&
           effective == identity->uid && saved == identity->uid && real_group == identity->gid &&
           effective_group == identity->gid && saved_group == identity->gid;
}

bool privileges_cut_bounding(void)
{
    for (unsigned long capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0;
         capability++)
        if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0 && errno != EPERM)
            return false;
    return true;
}

static bool set_groups(const struct privileges_identity *identity)
{
    return setgroups(identity->group_count, identity->groups) == 0 ||
           (errno == EPERM && is(identity));
}

bool privileges_become(const struct privileges_identity *identity)
{
    if (!privileges_cut_bounding() || !set_groups(identity) ||
        setresgid(identity->gid, identity->gid, identity->gid) != 0 ||
        setresuid(identity->uid, identity->uid, identity->uid) != 0)
        return false;
    if (!is(identity) || (identity->uid != 0 && setuid(0) == 0)) {
        errno = EPERM;
        return false;
    }
    return true;
}

int privileges_try(const struct privileges_identity *identity)
{
    pid_t pid = fork();
    int status;

    if (pid == 0)
        _exit(privileges_become(identity) ? 0 : errno & 0xff);
    if (pid < 0)
        return errno;
    while (waitpid(pid, &status, 0) != pid)
        if (errno != EINTR)
            return errno;
    return WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
}

bool privileges_may_kill(void)
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct has[2] = {0};

    return syscall(SYS_capget, &head, has) == 0 &&
           (has[CAP_TO_INDEX(CAP_KILL)].effective & CAP_TO_MASK(CAP_KILL)) != 0;
}

bool privileges_harden(void)
{
    const struct rlimit none = {0, 0};

    return setrlimit(RLIMIT_CORE, &none) == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0;
}

size_t privileges_raise_descriptors(size_t wanted)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 0;
    if (limit.rlim_max < wanted && geteuid() == 0) {
        const struct rlimit more = {wanted, wanted};

        if (setrlimit(RLIMIT_NOFILE, &more) == 0)
            return wanted;
    }
    limit.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        getrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_cur;
}
