#include "base/ensure.h"
#include "conf/conf_block.h"
#include "conf/conf_context.h"

#include <stdio.h>
#include <unistd.h>

/* Texts that follow from the tables and the sources: the manual and the dump. */

static void print_row(const struct conf_row *row, struct arena *arena, int fd)
{
    struct slice contexts = conf_contexts_text(row->contexts, arena);
    bool is_block = row->opens != 0;

    dprintf(fd, "%s\n", row->name);
    dprintf(fd, "    Syntax:   %s%s%s%s\n", row->name, row->syntax[0] == '\0' ? "" : " ",
            row->syntax, is_block ? "" : ";");
    if (row->initial != NULL)
        dprintf(fd, "    Default:  %s %s;\n", row->name, row->initial);
    dprintf(fd, "    Context:  %.*s\n", (int)contexts.len, contexts.at);
    dprintf(fd, "    %s\n\n", row->meaning);
}

void conf_manual(const struct conf_group *const *groups, int fd)
{
    struct arena arena;

    arena_init(&arena, ARENA_UNLIMITED);
    for (; *groups != NULL; groups++)
        for (size_t i = 0; i < (*groups)->row_count; i++)
            print_row(&(*groups)->rows[i], &arena, fd);
    arena_deinit(&arena);
}

static void write_all(int fd, struct slice text)
{
    while (text.len > 0) {
        ssize_t wrote = write(fd, text.at, text.len);

        if (wrote <= 0)
            return;
        text = slice_from(text, (size_t)wrote);
    }
}

void conf_dump(const struct conf *conf, int fd)
{
    for (size_t i = 0; i < conf->sources->count; i++) {
        const struct conf_source *source = conf->sources->list[i];

        if (!source->is_configuration)
            continue;
        dprintf(fd, "# configuration file %.*s:\n", (int)source->name.len, source->name.at);
        write_all(fd, source->text);
        write_all(fd, SLICE("\n"));
    }
}
