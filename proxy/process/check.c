#include "process/check.h"

#include "base/text.h"
#include "process/check_isolation.h"
#include "process/check_passwords.h"
#include "process/configuration.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PICTURE_MAX 65536

/* A protocol, in the clear or under TLS. */
struct kind {
    const struct protocol_conf *protocol;
    bool tls;
};

static bool is_of(const struct listen *listen, const struct kind *kind)
{
    return listen->tls == kind->tls &&
           slice_equal(slice_of(listen->protocol_name), slice_of(kind->protocol->name));
}

static bool is_port_before(const struct listen_list *listens, size_t index, const struct kind *kind)
{
    for (size_t i = 0; i < index; i++)
        if (listens->listens[i].address.port == listens->listens[index].address.port &&
            is_of(&listens->listens[i], kind))
            return true;
    return false;
}

/* "80 8080 http": each port once; nothing if there is none. */
static void add_ports(struct text *text, const struct listen_list *listens, struct kind kind,
                      bool *is_first)
{
    bool has_any = false;

    for (size_t i = 0; i < listens->count; i++) {
        if (!is_of(&listens->listens[i], &kind) || is_port_before(listens, i, &kind))
            continue;
        if (!has_any && !*is_first)
            text_add(text, SLICE(" \u00b7 "));
        text_number(text, listens->listens[i].address.port);
        text_byte(text, ' ');
        has_any = true;
    }
    if (!has_any)
        return;
    text_add(text, slice_of(kind.tls ? kind.protocol->tls_name : kind.protocol->name));
    *is_first = false;
}

static void add_listeners(struct text *text, const struct program *program,
                          const struct listen_list *listens)
{
    bool is_first = true;

    text_add(text, SLICE("ok  "));
    text_number(text, listens->count);
    text_add(text, listens->count == 1 ? SLICE(" listener    ") : SLICE(" listeners   "));
    for (const struct protocol_conf *const *p = program->protocols; *p != NULL; p++) {
        add_ports(text, listens, (struct kind){*p, false}, &is_first);
        add_ports(text, listens, (struct kind){*p, true}, &is_first);
    }
    text_byte(text, '\n');
}

/* Files read as directives besides the main one; -g is no file. */
static size_t included_count(const struct configuration *configuration)
{
    const struct conf_sources *sources = &configuration->sources;
    size_t count = 0;

    for (size_t i = 0; i < sources->count; i++)
        count += sources->list[i]->is_configuration && sources->list[i]->name.at[0] == '/';
    return count > 0 ? count - 1 : 0;
}

static void add_praise(struct text *text, const struct program *program,
                       const struct configuration *configuration)
{
    size_t included = included_count(configuration);

    text_add(text, SLICE("nothing to complain about in "));
    text_add(text, slice_of(program->paths->conf));
    if (included > 0) {
        text_add(text, SLICE(" and "));
        text_number(text, included);
        text_add(text, included == 1 ? SLICE(" included file") : SLICE(" included files"));
    }
    text_byte(text, '\n');
}

static void print_picture(const struct program *program, const struct configuration *configuration)
{
    struct text text = text_in(memory_alloc(PICTURE_MAX), PICTURE_MAX);

    add_listeners(&text, program, &configuration->listens);
    for (const struct protocol_conf *const *p = program->protocols; *p != NULL; p++)
        (*p)->summary(&configuration->conf, &text);
    if (configuration->report.count == 0)
        add_praise(&text, program, configuration);
    fwrite(text.at, 1, text.len, stdout);
    fflush(stdout);
    free(text.at);
}

static void print_as_nginx(const struct program *program, bool good)
{
    const char *path = program->paths->conf;

    if (good)
        fprintf(stderr,
                "nginx: the configuration file %s syntax is ok\n"
                "nginx: configuration file %s test is successful\n",
                path, path);
    else
        fprintf(stderr, "nginx: configuration file %s test failed\n", path);
}

/* What only `-t` looks at. */
static void check_all(const struct program *program, struct configuration *configuration)
{
    for (const struct protocol_conf *const *p = program->protocols; *p != NULL; p++)
        if ((*p)->lint != NULL)
            (*p)->lint(&configuration->conf, &configuration->report);
    check_passwords(configuration);
    check_isolation(configuration);
}

static void print_ignored(struct configuration *configuration)
{
    struct slice names = conf_ignored_names(&configuration->conf, &configuration->report.arena);

    if (names.len > 0)
        printf("no effect   %.*s\n", (int)names.len, names.at);
    fflush(stdout);
}

int check_run(const struct program *program, const struct command_line *line)
{
    struct configuration configuration;
    bool good = configuration_read(&configuration, program);

    if (good)
        check_all(program, &configuration);
    if (line->strict) {
        conf_report_be_strict(&configuration.report);
        good = good && configuration.report.errors == 0;
    }
    conf_report_print(&configuration.report, &configuration.sources, STDERR_FILENO);
    if (good && !line->quiet)
        print_picture(program, &configuration);
    if (good && line->verbose)
        print_ignored(&configuration);
    if (line->as_nginx && (!good || !line->quiet))
        print_as_nginx(program, good);
    if (good && line->action == COMMAND_DUMP)
        conf_dump(&configuration.conf, STDOUT_FILENO);
    configuration_deinit(&configuration);
    return good ? 0 : 1;
}
