#include "process/check.h"

#include "base/text.h"
#include "process/configuration.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PICTURE_MAX 65536

/* "25 465 smtp": each port of a protocol once. */
static void add_ports(struct text *text, const struct listen_list *listens, const char *protocol)
{
    for (size_t i = 0; i < listens->count; i++) {
        const struct listen *listen = &listens->listens[i];
        bool is_new = slice_equal(slice_of(listen->protocol_name), slice_of(protocol));

        for (size_t j = 0; j < i && is_new; j++)
            if (listens->listens[j].protocol_name == listen->protocol_name &&
                listens->listens[j].address.port == listen->address.port)
                is_new = false;
        if (is_new) {
            text_number(text, listen->address.port);
            text_byte(text, ' ');
        }
    }
    text_add(text, slice_of(protocol));
}

static bool has_listens(const struct listen_list *listens, const char *protocol)
{
    for (size_t i = 0; i < listens->count; i++)
        if (slice_equal(slice_of(listens->listens[i].protocol_name), slice_of(protocol)))
            return true;
    return false;
}

static void add_listeners(struct text *text, const struct program *program,
                          const struct listen_list *listens)
{
    bool first = true;

    text_add(text, SLICE("ok  "));
    text_number(text, listens->count);
    text_add(text, listens->count == 1 ? SLICE(" listener    ") : SLICE(" listeners   "));
    for (const struct protocol_conf *const *p = program->protocols; *p != NULL; p++) {
        if (!has_listens(listens, (*p)->name))
            continue;
        if (!first)
            text_add(text, SLICE(" \u00b7 "));
        first = false;
        add_ports(text, listens, (*p)->name);
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

int check_run(const struct program *program, bool quiet, bool dump, bool as_nginx)
{
    struct configuration configuration;
    bool good = configuration_read(&configuration, program);

    conf_report_print(&configuration.report, &configuration.sources, STDERR_FILENO);
    if (good && !quiet)
        print_picture(program, &configuration);
    if (as_nginx && (!good || !quiet))
        print_as_nginx(program, good);
    if (good && dump)
        conf_dump(&configuration.conf, STDOUT_FILENO);
    configuration_deinit(&configuration);
    return good ? 0 : 1;
}
