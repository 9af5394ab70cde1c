#include "process/users.h"

#include "os/sandbox.h"
#include "process/core_conf.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define DEFAULT_WORKER    "nobody"
#define DEFAULT_KEYHOLDER "frontd-key"
#define DEFAULT_AUTH      "frontd-auth"

static struct core_user user_or(struct core_user user, const char *name)
{
    if (user.user.len == 0)
        user = (struct core_user){.user = slice_of(name)};
    return user;
}

static bool find(const struct core_user *user, struct privileges_identity *identity)
{
    return privileges_find(user->user, user->group, identity) == PRIVILEGES_FOUND;
}

static void add_group(struct privileges_identity *identity, gid_t group)
{
    for (size_t i = 0; i < identity->group_count; i++)
        if (identity->groups[i] == group)
            return;
    if (identity->group_count < PRIVILEGES_GROUPS_MAX)
        identity->groups[identity->group_count++] = group;
}

static void add_groups(struct privileges_identity *identity,
                       const struct privileges_identity *workers)
{
    add_group(identity, workers->gid);
    for (size_t i = 0; i < workers->group_count; i++)
        add_group(identity, workers->groups[i]);
}

/* Given by name: it must be there. */
static bool choose_given(const struct core_user *user, struct users_choice *choice)
{
    snprintf(choice->who, sizeof choice->who, "%.*s", (int)user->user.len, user->user.at);
    return find(user, &choice->identity);
}

/* If there is no such user, or nobody may become it here: the workers', which there is. */
static bool choose_default(const char *name, const struct core_user *worker,
                           struct users_choice *choice)
{
    const struct core_user user = {.user = slice_of(name)};

    bool is_there = choose_given(&user, choice);

    if (is_there && privileges_try(&choice->identity) == 0)
        return true;
    snprintf(choice->who, sizeof choice->who, "%.*s, the workers', since %s %s",
             (int)worker->user.len, worker->user.at,
             is_there ? "frontd cannot become" : "there is no", name);
    return find(worker, &choice->identity);
}

static bool choose_auth(const struct core_user *auth, const struct core_user *worker,
                        const struct privileges_identity *workers, struct users_choice *choice)
{
    bool found = auth->user.len > 0 ? choose_given(auth, choice)
                                    : choose_default(DEFAULT_AUTH, worker, choice);

    if (found)
        add_groups(&choice->identity, workers);
    return found;
}

bool users_choose(enum users_kind kind, const struct conf *conf, struct users_choice *choice)
{
    const struct core_conf *core = conf == NULL ? NULL : core_conf_of(conf);
    struct core_user auth = core == NULL ? (struct core_user){0} : core->auth_user;
    struct core_user worker =
        user_or(core == NULL ? (struct core_user){0} : core->user, DEFAULT_WORKER);
    struct privileges_identity workers;
    bool found;

    *choice = (struct users_choice){.has_identity = geteuid() == 0, .who = "of frontd itself"};
    if (!choice->has_identity)
        return true;
    if (kind == USERS_WORKER)
        return choose_given(&worker, choice);
    if (!find(&worker, &workers))
        return false;
    found = kind == USERS_AUTH ? choose_auth(&auth, &worker, &workers, choice)
                               : choose_default(DEFAULT_KEYHOLDER, &worker, choice);
    choice->is_shared = found && choice->identity.uid == workers.uid;
    return found;
}

const char users_help[] =
    "a container of root needs the capabilities SETUID and SETGID for that, and these users in its "
    "user namespace: better run it as a user of its own; `user root;` stays what it is";

bool users_possible(const struct conf *conf, char why[USERS_WHY_BYTES])
{
    for (int kind = USERS_WORKER; kind <= USERS_AUTH; kind++) {
        struct users_choice choice;
        int error = 0;

        if (users_choose((enum users_kind)kind, conf, &choice) && choice.has_identity)
            error = privileges_try(&choice.identity);
        if (error == 0)
            continue;
        snprintf(why, USERS_WHY_BYTES, "cannot become the user %s: %s", choice.who,
                 strerror(error));
        return false;
    }
    return true;
}

uint32_t users_bits(const struct users_choice *choice)
{
    if (!choice->has_identity || choice->identity.uid == 0)
        return 0;
    return choice->is_shared ? SANDBOX_SHARED_USER : SANDBOX_OWN_USER;
}
