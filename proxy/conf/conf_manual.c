#include "conf/conf_manual.h"

#include "base/ensure.h"
#include "conf/conf_block.h"
#include "conf/conf_context.h"
#include "conf/conf_types.h"

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

static const char *const chapter_titles[] = {
    [CONF_CHAPTER_EFFECTIVE] = NULL,
    [CONF_CHAPTER_IGNORED] = "---- Taken without effect, so that nginx's files need no change ----",
    [CONF_CHAPTER_REFUSED] = "---- Not supported: frontd does not start with one of these ----",
};

enum conf_chapter conf_chapter_of(const struct conf_row *row)
{
    if (row->type == &conf_type_ignored)
        return CONF_CHAPTER_IGNORED;
    if (slice_equal(slice_of(row->type->name), SLICE(CONF_TYPE_REFUSED)))
        return CONF_CHAPTER_REFUSED;
    return CONF_CHAPTER_EFFECTIVE;
}

static void print_chapter(const struct conf_group *const *groups, enum conf_chapter chapter,
                          struct arena *arena, int fd)
{
    bool has_title = chapter_titles[chapter] == NULL;

    for (; *groups != NULL; groups++) {
        for (size_t i = 0; i < (*groups)->row_count; i++) {
            const struct conf_row *row = &(*groups)->rows[i];

            if (conf_chapter_of(row) != chapter)
                continue;
            if (!has_title)
                dprintf(fd, "%s\n\n", chapter_titles[chapter]);
            has_title = true;
            print_row(row, arena, fd);
        }
    }
}

void conf_manual(const struct conf_group *const *groups, int fd)
{
    struct arena arena;

    arena_init(&arena, ARENA_UNLIMITED);
    for (enum conf_chapter chapter = 0; chapter < CONF_CHAPTER_COUNT; chapter++)
        print_chapter(groups, chapter, &arena, fd);
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
