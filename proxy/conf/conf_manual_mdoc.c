#include "base/text.h"
#include "conf/conf_context.h"
#include "conf/conf_manual.h"

#include <stdio.h>
#include <string.h>

/* The manual as part of an mdoc(7) page: conf/frontd.conf.5.in says what stands around it. */

#define LINE_MAX_COLUMNS 78

static const char *const chapter_titles[] = {
    [CONF_CHAPTER_EFFECTIVE] = "DIRECTIVES",
    [CONF_CHAPTER_IGNORED] = "TAKEN WITHOUT EFFECT",
    [CONF_CHAPTER_REFUSED] = "NOT SUPPORTED",
};

static const char *const chapter_words[] = {
    [CONF_CHAPTER_EFFECTIVE] = "Each entry shows how a directive is written, its default, and the "
                               "blocks\nit may stand in.",
    [CONF_CHAPTER_IGNORED] =
        "These are checked for their number of words, so that files written for nginx\n"
        "need no change; what they tune\n.Xr frontd 8\ndoes by itself.",
    [CONF_CHAPTER_REFUSED] = "A configuration with one of these is refused, with this sentence.",
};

/* What roff would take for its own: a backslash anywhere, a dot or a quote that begins a line. */
static struct slice escape(struct slice words, struct arena *arena)
{
    size_t capacity = 8 * words.len + 1;
    struct text text = text_in(arena_alloc(arena, capacity), capacity);

    if (words.len > 0 && (words.at[0] == '.' || words.at[0] == '\''))
        text_add(&text, SLICE("\\&"));
    while (words.len > 0) {
        if (slice_starts(words, SLICE("…"))) {
            text_add(&text, SLICE("..."));
            words = slice_from(words, strlen("…"));
            continue;
        }
        if (words.at[0] == '\\')
            text_add(&text, SLICE("\\e"));
        else if (words.at[0] == '"')
            text_add(&text, SLICE("\\(dq"));
        else
            text_byte(&text, words.at[0]);
        words = slice_from(words, 1);
    }
    return text_slice(&text);
}

static struct slice escaped(const char *words, struct arena *arena)
{
    return escape(slice_of(words), arena);
}

static bool ends_sentence(struct slice word)
{
    char last = word.at[word.len - 1];

    return last == '.' || last == '?' || last == '!';
}

/* Text to be filled: short lines, and a new one for each sentence, as mandoc's lint wants it. */
static void print_prose(struct slice words, struct arena *arena, int fd)
{
    size_t column = 0;

    while (words.len > 0) {
        struct slice word = slice_cut(&words, ' ');
        bool is_full = column + word.len > LINE_MAX_COLUMNS;

        if (word.len == 0)
            continue;
        if (column > 0)
            dprintf(fd, "%s", is_full ? "\n" : " ");
        if (is_full)
            column = 0;
        column += 1 + word.len;
        word = escape(word, arena);
        dprintf(fd, "%.*s", (int)word.len, word.at);
        if (ends_sentence(word) && words.len > 0)
            column = LINE_MAX_COLUMNS;
    }
    dprintf(fd, "\n");
}

/* A line in a font of constant width, indented. Macros would read its words: it is one argument. */
static void print_literal(struct slice line, int fd)
{
    dprintf(fd, ".Dl \"%.*s\"\n", (int)line.len, line.at);
}

static void print_row(const struct conf_row *row, struct arena *arena, int fd)
{
    struct slice contexts = conf_contexts_text(row->contexts, arena);
    struct slice syntax = escaped(row->syntax, arena);

    dprintf(fd, ".It Ic %s\n", row->name);
    print_literal(arena_format(arena, "%s%s%.*s%s", row->name, syntax.len == 0 ? "" : " ",
                               (int)syntax.len, syntax.at, row->opens != 0 ? "" : ";"),
                  fd);
    print_prose(slice_of(row->meaning), arena, fd);
    if (row->initial != NULL) {
        struct slice initial = escaped(row->initial, arena);

        dprintf(fd, "Default:\n.Ql %.*s .\n", (int)initial.len, initial.at);
    }
    print_prose(arena_format(arena, "In %.*s.", (int)contexts.len, contexts.at), arena, fd);
}

static bool has_chapter(const struct conf_group *group, enum conf_chapter chapter)
{
    for (size_t i = 0; i < group->row_count; i++)
        if (conf_chapter_of(&group->rows[i]) == chapter)
            return true;
    return false;
}

/* "http_server": "http server". */
static void print_title(const char *name, int fd)
{
    dprintf(fd, ".Ss ");
    for (; *name != '\0'; name++)
        dprintf(fd, "%c", *name == '_' ? ' ' : *name);
    dprintf(fd, "\n");
}

static void print_group(const struct conf_group *group, enum conf_chapter chapter,
                        struct arena *arena, int fd)
{
    if (!has_chapter(group, chapter))
        return;
    if (chapter == CONF_CHAPTER_EFFECTIVE)
        print_title(group->name, fd);
    dprintf(fd, ".Bl -tag -width Ds\n");
    for (size_t i = 0; i < group->row_count; i++)
        if (conf_chapter_of(&group->rows[i]) == chapter)
            print_row(&group->rows[i], arena, fd);
    dprintf(fd, ".El\n");
}

void conf_manual_mdoc(const struct conf_group *const *groups, int fd)
{
    struct arena arena;

    arena_init(&arena, ARENA_UNLIMITED);
    for (enum conf_chapter chapter = 0; chapter < CONF_CHAPTER_COUNT; chapter++) {
        dprintf(fd, ".Sh %s\n%s\n", chapter_titles[chapter], chapter_words[chapter]);
        for (size_t i = 0; groups[i] != NULL; i++)
            print_group(groups[i], chapter, &arena, fd);
    }
    arena_deinit(&arena);
}
