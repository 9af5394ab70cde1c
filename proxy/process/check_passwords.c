#include "process/check_passwords.h"

#include "auth/auth_file.h"
#include "auth/auth_store.h"
#include "base/text.h"
#include "process/users.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* Read as frontd-auth will read it: root looks through the eyes of the user it will be. */
static int read_as(const struct privileges_identity *identity, const char *path)
{
    struct slice text;
    int status;
    pid_t pid = fork();

    if (pid == 0)
        _exit(privileges_become(identity) ? auth_store_read(path, &text) & 0xff : 0);
    if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
        return 0;
    return WEXITSTATUS(status);
}

static int read_file(const struct users_choice *user, const char *path, struct slice *text)
{
    int error = auth_store_read(path, text);

    if (error != 0 || !user->has_identity)
        return error;
    error = read_as(&user->identity, path);
    if (error != 0)
        free((char *)(uintptr_t)text->at);
    return error;
}

static void report_unreadable(struct configuration *configuration, const struct users_choice *user,
                              const struct auth_list_file *file, int error)
{
    struct conf_finding *finding = conf_report_add(
        &configuration->report, CONF_WARNING, file->place, "password file %.*s %s",
        (int)file->path.len, file->path.at, error == ENOENT ? "does not exist" : "cannot be read");

    if (error == ENOENT)
        conf_finding_help(&configuration->report, finding,
                          "nobody gets in until it is there: 403 for all");
    else if (error == EACCES && user->has_identity)
        conf_finding_help(&configuration->report, finding,
                          "frontd-auth, the user %s, may not read it: chgrp and chmod 640 it; 500 "
                          "for all until then",
                          user->who);
    else
        conf_finding_help(&configuration->report, finding, "%s", strerror(error));
}

struct tally {
    size_t counts[AUTH_SCHEME_COUNT];
    size_t entries, unknown_line; /* the first one */
};

static struct tally count(struct slice text)
{
    struct tally tally = {0};
    struct auth_entry entry = {0};

    while (auth_file_next(&text, &entry)) {
        enum auth_scheme scheme = auth_hash_parse(entry.hash).scheme;

        tally.entries++;
        if (scheme == AUTH_UNKNOWN && tally.unknown_line == 0)
            tally.unknown_line = entry.line;
        tally.counts[scheme]++;
    }
    return tally;
}

static void report_unknown(struct configuration *configuration, const struct auth_list_file *file,
                           const struct tally *tally)
{
    struct conf_finding *finding;

    if (tally->counts[AUTH_UNKNOWN] == 0)
        return;
    finding = conf_report_add(
        &configuration->report, CONF_WARNING, file->place,
        "password file %.*s: %zu of %zu entries can never be used, the first in line %zu",
        (int)file->path.len, file->path.at, tally->counts[AUTH_UNKNOWN], tally->entries,
        tally->unknown_line);
    conf_finding_help(&configuration->report, finding,
                      "an entry is `name:hash`; `htpasswd -B` and `doveadm pw` make hashes");
}

static void report_weak(struct configuration *configuration, const struct auth_list_file *file,
                        const struct tally *tally)
{
    char memory[512];
    struct text kinds = text_in(memory, sizeof memory);
    struct conf_finding *finding;

    for (size_t i = 0; i < AUTH_SCHEME_COUNT; i++) {
        if (tally->counts[i] == 0 || !auth_scheme_is_weak((enum auth_scheme)i))
            continue;
        text_add(&kinds, kinds.len > 0 ? SLICE(", ") : SLICE(""));
        text_add(&kinds, slice_of(auth_scheme_words((enum auth_scheme)i)));
    }
    if (kinds.len == 0)
        return;
    finding = conf_report_add(&configuration->report, CONF_WARNING, file->place,
                              "password file %.*s has weak hashes: %.*s", (int)file->path.len,
                              file->path.at, (int)kinds.len, kinds.at);
    conf_finding_help(
        &configuration->report, finding,
        "who steals the file has the passwords soon; make new ones with `htpasswd -B`");
}

void check_passwords(struct configuration *configuration)
{
    struct users_choice user;

    if (!users_choose(USERS_AUTH, &configuration->conf, &user))
        user.has_identity = false; /* another finding says so */
    for (size_t i = 0; i < configuration->passwords.count; i++) {
        const struct auth_list_file *file = &configuration->passwords.files[i];
        struct slice text;
        int error = read_file(&user, arena_keep(&configuration->arena, file->path).at, &text);
        struct tally tally;

        if (error != 0) {
            report_unreadable(configuration, &user, file, error);
            continue;
        }
        tally = count(text);
        report_unknown(configuration, file, &tally);
        report_weak(configuration, file, &tally);
        free((char *)(uintptr_t)text.at);
    }
}
