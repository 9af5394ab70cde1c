#include "process/master_main.h"

#include "base/arena.h"
#include "conf/conf_block.h"
#include "ipc/control_client.h"
#include "os/descriptor.h"
#include "os/sandbox.h"
#include "process/check.h"
#include "process/command_line.h"
#include "process/core_conf.h"
#include "process/daemon.h"
#include "process/master.h"
#include "process/program.h"
#include "process/users.h"
#include "process/worker_explain.h"
#include "process/zone_files.h"
#include "tls/tls_tickets.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum exit_status {
    EXIT_DONE = 0,
    EXIT_REFUSED = 1,
    EXIT_USAGE = 2,
    EXIT_NOT_RUNNING = 4,
};

static const char usage[] =
    "usage: %s [-tTqvVh] [-c FILE] [-p PREFIX] [-e FILE] [-g DIRECTIVES] [-s COMMAND]\n"
    "\n"
    "  (nothing)      start serving\n"
    "  -t             check the configuration, say what is wrong or what it will do\n"
    "  -T             the same, and print all of it\n"
    "  -q             with -t: say nothing when all is well\n"
    "  -v             with -t: name also what is taken and has no effect\n"
    "  --strict       like -t, but warnings are errors\n"
    "  -s COMMAND     tell the running frontd to reload, reopen (its logs), quit (when all that "
    "is\n"
    "                 open has finished), stop (now), or to give its status; waits for the answer\n"
    "  -c FILE        the configuration (%s)\n"
    "  -p PREFIX      where relative paths begin (%s);\n"
    "                 FILE is PREFIX/frontd.conf then, and the control socket PREFIX/frontd.sock\n"
    "  -e FILE        error log where error_log names none (stderr)\n"
    "  -g DIRECTIVES  directives for the main block: -g 'daemon off;'\n"
    "  --explain URL  who answers a request for it and why, and what a backend would see;\n"
    "                 -H 'Name: value' adds a field\n"
    "  -v, -V         version; and what it was built with\n"
    "  -h             this\n"
    "  --directives   every directive there is, with its meaning\n"
    "  --manual       the same as sections of a manual page\n"
    "\n"
    "FRONTD_SOCKET names another control socket.\n"
    "Exit status: 0 done, 1 configuration has errors or frontd refused, 2 wrong usage, 4 none "
    "runs.\n";

#define NAME_BYTES 32

/* The program beside us (a build tree, a copied directory) comes before the installed one. */
static int open_beside(const char *name, const char *installed)
{
    char path[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", path, sizeof path - NAME_BYTES);
    char *slash;
    int fd;

    if (len > 0) {
        path[len] = '\0';
        slash = strrchr(path, '/');
        snprintf(slash + 1, NAME_BYTES, "%s", name);
        fd = open(path, O_PATH | O_CLOEXEC);
        if (fd >= 0)
            return fd;
    }
    return open(installed, O_PATH | O_CLOEXEC);
}

/* Older than any generation: reloads keep them. */
static bool make_tickets(struct program *program)
{
    void *memory;

    program->tickets_fd = descriptor_share("frontd-tickets", sizeof *program->tickets, &memory);
    if (program->tickets_fd < 0) {
        fprintf(stderr, "%s: cannot share memory with the workers: %s\n", program->name,
                strerror(errno));
        return false;
    }
    (void)mlock(memory, sizeof *program->tickets); /* to keep it from swap is good, not needed */
    program->tickets = memory;
    tls_tickets_start(program->tickets);
    return true;
}

static int run(struct program *program, const struct build *build)
{
    struct configuration *configuration = memory_alloc(sizeof *configuration);
    int started = -1;

    program->worker = open_beside("frontd-worker", build->worker);
    program->auth = open_beside("frontd-auth", build->auth);
    program->keyholder = open_beside("frontd-keyholder", build->keyholder);
    if (program->worker < 0 || program->auth < 0 || program->keyholder < 0) {
        const char *missing = program->worker < 0 ? build->worker
                              : program->auth < 0 ? build->auth
                                                  : build->keyholder;

        fprintf(stderr, "%s: cannot find %s, neither beside this program nor there\n",
                program->name, missing);
        free(configuration);
        return EXIT_REFUSED;
    }
    if (!make_tickets(program)) {
        free(configuration);
        return EXIT_REFUSED;
    }
    if (!configuration_read(configuration, program)) {
        conf_report_print(&configuration->report, &configuration->sources, STDERR_FILENO);
        configuration_deinit(configuration);
        free(configuration);
        return EXIT_REFUSED;
    }
    if (core_conf_of(&configuration->conf)->daemon && (started = daemon_begin()) < 0) {
        fprintf(stderr, "%s: cannot go to the background: %s\n", program->name, strerror(errno));
        return EXIT_REFUSED;
    }
    return master_run(program, configuration, started);
}

static int control(const struct program *program, enum control_command command)
{
    const char *path = program->paths->control;

    switch (control_ask(path, command, STDOUT_FILENO, STDERR_FILENO)) {
    case CONTROL_DONE:
        return EXIT_DONE;
    case CONTROL_REFUSED:
        return EXIT_REFUSED;
    case CONTROL_NOT_ALLOWED:
        fprintf(stderr, "%s: not allowed to talk to the frontd at %s: be root or its user\n",
                program->name, path);
        return EXIT_REFUSED;
    case CONTROL_NO_DAEMON:
        break;
    }
    fprintf(stderr,
            "%s: no frontd answers at %s\n"
            "  = was it started with another -p or FRONTD_SOCKET?\n",
            program->name, path);
    return EXIT_NOT_RUNNING;
}

/* With the users that a configuration gets which names none. */
static void tell_isolation(const char *who, enum users_kind kind)
{
    struct users_choice user;
    char words[SANDBOX_WORDS_BYTES];
    int error;

    if (!users_choose(kind, NULL, &user))
        return;
    if (user.has_identity && (error = privileges_try(&user.identity)) != 0) {
        fprintf(stderr, "here %s cannot become the user %s (%s): see `user`\n", who, user.who,
                strerror(error));
        return;
    }
    sandbox_describe(sandbox_available() | users_bits(&user), words);
    fprintf(stderr, "here %s would reach %s\n", who, words);
}

static void tell_build(const struct build *build)
{
    fprintf(stderr, "frontd version: frontd/%s\nbuilt with %s\nconfiguration %s, prefix %s\n",
            build->version, build->libraries, build->paths.conf, build->paths.prefix);
    tell_isolation("workers", USERS_WORKER);
    tell_isolation("the key holder", USERS_KEYHOLDER);
    tell_isolation("frontd-auth", USERS_AUTH);
}

/* It is workers who know their way with requests. */
static int explain(const struct program *program, const struct command_line *line,
                   const struct build *build)
{
    const char *words[WORKER_EXPLAIN_WORDS + COMMAND_FIELDS_MAX + 1] = {
        "frontd-worker",        WORKER_EXPLAIN,   program->paths->conf,
        program->paths->prefix, program->globals, line->url};
    int worker = open_beside("frontd-worker", build->worker);

    for (size_t i = 0; i < line->field_count; i++)
        words[WORKER_EXPLAIN_WORDS + i] = line->fields[i];
    if (worker >= 0)
        fexecve(worker, (char *const *)(uintptr_t)words, environ);
    fprintf(stderr, "%s: cannot start frontd-worker: %s\n", program->name, strerror(errno));
    return EXIT_REFUSED;
}

static int act(struct program *program, const struct command_line *line, const struct build *build)
{
    switch (line->action) {
    case COMMAND_RUN:
        return run(program, build);
    case COMMAND_TEST:
    case COMMAND_DUMP:
        return check_run(program, line);
    case COMMAND_CONTROL:
        return control(program, line->control);
    case COMMAND_EXPLAIN:
        return explain(program, line, build);
    case COMMAND_VERSION:
        fprintf(stderr, "frontd version: frontd/%s\n", build->version);
        return EXIT_DONE;
    case COMMAND_BUILD:
        tell_build(build);
        return EXIT_DONE;
    case COMMAND_DIRECTIVES:
        conf_manual(program->groups, STDOUT_FILENO);
        return EXIT_DONE;
    case COMMAND_MANUAL:
        conf_manual_mdoc(program->groups, STDOUT_FILENO);
        return EXIT_DONE;
    case COMMAND_HELP:
        printf(usage, program->name, build->paths.conf, build->paths.prefix);
        return EXIT_DONE;
    }
    return EXIT_USAGE;
}

static int complain(const char *name, const struct command_complaint *complaint)
{
    fprintf(stderr, "%s: %s %s; `%s -h` shows what there is\n", name, complaint->option,
            complaint->text, name);
    return EXIT_USAGE;
}

int master_main(int count, const char *const *words, const struct build *build,
                const struct protocol_conf *const *protocols)
{
    struct command_line line;
    struct command_complaint complaint;
    struct paths paths;
    bool good = command_line_parse(count, words, &line, &complaint);
    const char *name = line.as_nginx ? "nginx" : "frontd";
    const struct conf_group **groups;
    struct shared_zones zones = {0};
    struct program program;
    int status;

    if (!good)
        return complain(name, &complaint);
    if (!paths_find(&paths, &build->paths, &line, getenv("FRONTD_SOCKET"))) {
        fprintf(stderr, "%s: a path is too long, or the working directory is gone\n", name);
        return EXIT_USAGE;
    }
    groups = program_groups(protocols);
    program = (struct program){.zones = &zones,
                               .name = name,
                               .protocols = protocols,
                               .groups = groups,
                               .paths = &paths,
                               .globals = line.globals != NULL ? line.globals : "",
                               .tickets_fd = -1,
                               .worker = -1,
                               .auth = -1,
                               .keyholder = -1};
    status = act(&program, &line, build);
    if (program.tickets_fd >= 0)
        close(program.tickets_fd);
    if (program.worker >= 0)
        close(program.worker);
    if (program.auth >= 0)
        close(program.auth);
    if (program.keyholder >= 0)
        close(program.keyholder);
    zone_files_free(&zones);
    free(groups);
    return status;
}
