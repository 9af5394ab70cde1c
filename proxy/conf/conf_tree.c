#include "conf/conf_tree.h"

#include "base/ensure.h"
#include "conf/conf_lexer.h"

#include <stdlib.h>
#include <string.h>

/* Far beyond what anybody writes; they bound the recursion. */
#define BLOCK_DEPTH_MAX   32
#define INCLUDE_DEPTH_MAX 16

/* One file being read; `outer` is the one that includes it. */
struct file {
    const struct file *outer;
    struct conf_lexer lexer;
    struct conf_place after_word; /* right behind the word read last: where a ';' is missing */
    unsigned depth;
    bool is_abandoned; /* an error swallowed the rest: what is open at its end is no news */

    /* The first block whose '}' stands in another column than the block's name: likely the place
     * where a brace is missing. */
    struct conf_place odd_block, odd_close;
};

/* One block being read; several files may add to it. */
struct block {
    struct conf_directive *directive;
    struct conf_directive **tail;
    unsigned depth;
};

struct tree {
    struct conf_sources *sources;
    struct arena *arena;
    struct conf_report *report;
    struct slice directory; /* that includes are relative to */

    /* The statement being collected: words up to the next ';', '{' or '}'. */
    struct conf_word *words;
    size_t word_count, word_capacity;
    bool is_bad; /* an error in it was reported */
};

static void read_directives(struct tree *tree, struct file *file, struct block *block,
                            bool ends_with_file);

struct slice conf_absolute(struct arena *arena, struct slice directory, struct slice path)
{
    struct slice joined;
    char *out;

    if (slice_starts(path, SLICE("/")))
        return arena_keep(arena, path);
    joined.len = directory.len + path.len;
    out = arena_zero(arena, joined.len + 1);
    ensure(out != NULL);
    if (directory.len > 0)
        memcpy(out, directory.at, directory.len);
    if (path.len > 0)
        memcpy(out + directory.len, path.at, path.len);
    joined.at = out;
    return joined;
}

struct slice conf_directory_of(struct slice path)
{
    size_t last = slice_find_last(path, '/');

    return last == SLICE_NOT_FOUND ? SLICE_NONE : slice_part(path, 0, last + 1);
}

static void add_word(struct tree *tree, const struct conf_word *word)
{
    if (tree->word_count == tree->word_capacity) {
        tree->word_capacity = tree->word_capacity == 0 ? 16 : tree->word_capacity * 2;
        tree->words = memory_grow(tree->words, tree->word_capacity * sizeof *tree->words);
    }
    tree->words[tree->word_count++] = *word;
}

/* Reads nothing more of the file. */
static void abandon(struct file *file)
{
    file->is_abandoned = true;
    file->lexer.at = file->lexer.text.len;
}

static void report_token(struct tree *tree, struct file *file, enum conf_token token,
                         const struct conf_word *word)
{
    struct conf_finding *finding;
    const char *message = token == CONF_TOKEN_NUL              ? "this is no text file"
                          : token == CONF_TOKEN_UNCLOSED_QUOTE ? "a quote is not closed"
                          : token == CONF_TOKEN_TOO_LONG
                              ? "a word may have 4096 bytes, this one has more"
                              : "a `;` or a blank is missing after the quoted word";

    finding = conf_report_add(tree->report, CONF_ERROR, word->place, "%s", message);
    tree->is_bad = true;
    if (token == CONF_TOKEN_NUL) {
        finding->label = SLICE("here is a NUL byte");
    } else if (token == CONF_TOKEN_UNCLOSED_QUOTE) {
        finding->label = SLICE("begins here and reaches to the end of the file");
    } else if (token == CONF_TOKEN_TOO_LONG) {
        if (word->quoted)
            conf_finding_help(tree->report, finding, "is the closing quote missing?");
    } else if (tree->word_count > 0) {
        finding->other = tree->words[tree->word_count - 1].place;
        finding->other_label = SLICE("the quoted word; is its first quote meant to be one?");
    }
    if (token == CONF_TOKEN_NUL || token == CONF_TOKEN_UNCLOSED_QUOTE)
        file->is_abandoned = true;
}

/* Collects words up to what ends them; *end is that token's place. */
static enum conf_token read_statement(struct tree *tree, struct file *file, struct conf_place *end)
{
    tree->word_count = 0;
    tree->is_bad = false;
    for (;;) {
        struct conf_word word;
        enum conf_token token = conf_lexer_next(&file->lexer, tree->arena, &word);

        switch (token) {
        case CONF_TOKEN_WORD:
            add_word(tree, &word);
            file->after_word =
                (struct conf_place){file->lexer.source, file->lexer.line,
                                    (uint32_t)(file->lexer.at - file->lexer.line_start) + 1, 1};
            break;
        case CONF_TOKEN_SEMICOLON:
        case CONF_TOKEN_OPEN:
        case CONF_TOKEN_CLOSE:
        case CONF_TOKEN_END:
            *end = word.place;
            return token;
        case CONF_TOKEN_UNCLOSED_QUOTE:
        case CONF_TOKEN_JUNK_AFTER_QUOTE:
        case CONF_TOKEN_NUL:
        case CONF_TOKEN_TOO_LONG:
            report_token(tree, file, token, &word);
            break;
        }
    }
}

/* The collected words as a directive, which nobody knows of yet. */
static struct conf_directive *take_statement(struct tree *tree, struct conf_place end)
{
    struct conf_directive *directive = arena_zero(tree->arena, sizeof *directive);

    directive->end = end;
    if (tree->word_count == 0)
        return directive;
    directive->name = tree->words[0];
    directive->word_count = tree->word_count - 1;
    directive->words = arena_zero(tree->arena, directive->word_count * sizeof *directive->words);
    if (directive->word_count > 0)
        memcpy(directive->words, tree->words + 1, directive->word_count * sizeof *tree->words);
    return directive;
}

static void append(struct block *block, struct conf_directive *directive)
{
    *block->tail = directive;
    block->tail = &directive->next;
}

static bool fail(struct tree *tree, struct block *block, struct conf_place place,
                 const char *message, const char *label)
{
    struct conf_finding *finding = conf_report_add(tree->report, CONF_ERROR, place, "%s", message);

    finding->label = slice_of(label);
    block->directive->has_errors = true;
    return false;
}

static bool is_included_already(struct tree *tree, const struct file *outer, uint32_t index,
                                struct slice path, struct conf_place place)
{
    struct conf_finding *finding;

    for (const struct file *file = outer; file != NULL; file = file->outer) {
        if (file->lexer.source != index)
            continue;
        finding = conf_report_add(tree->report, CONF_ERROR, place, "`%.*s` includes itself",
                                  (int)path.len, path.at);
        finding->label = SLICE("this file is being read already");
        return true;
    }
    return false;
}

static bool may_be_read(struct tree *tree, const struct conf_source *source,
                        struct conf_place place)
{
    struct conf_finding *finding;

    if (source->error == 0)
        return true;
    finding = conf_report_add(tree->report, CONF_ERROR, place, "cannot read `%.*s`",
                              (int)source->name.len, source->name.at);
    finding->label = arena_keep(&tree->report->arena, slice_of(strerror(source->error)));
    if (place.line == 0)
        conf_finding_help(tree->report, finding, "%s", strerror(source->error));
    return false;
}

/* Reads one file into `block`; false if it could not be read at all. */
static bool read_file(struct tree *tree, const struct file *outer, struct block *block,
                      struct slice path, struct conf_place place)
{
    struct file file = {.outer = outer};
    uint32_t index;
    const struct conf_source *source = conf_sources_file(tree->sources, path, &index);

    if (outer != NULL) {
        file.depth = outer->depth + 1;
        if (is_included_already(tree, outer, index, path, place))
            return false;
        if (file.depth > INCLUDE_DEPTH_MAX)
            return fail(tree, block, place, "files include one another too deeply",
                        "at most 16 levels");
    }
    if (!may_be_read(tree, source, place))
        return false;
    tree->sources->list[index]->is_configuration = true;
    conf_lexer_init(&file.lexer, source->text, index);
    read_directives(tree, &file, block, true);
    return true;
}

static bool is_pattern(struct slice path)
{
    return slice_find(path, '*') != SLICE_NOT_FOUND || slice_find(path, '?') != SLICE_NOT_FOUND ||
           slice_find(path, '[') != SLICE_NOT_FOUND;
}

static bool read_matches(struct tree *tree, const struct file *file, struct block *block,
                         struct slice pattern, struct conf_place place)
{
    uint32_t index;
    const struct conf_source *listing = conf_sources_glob(tree->sources, pattern, &index);
    struct slice paths = listing->text;
    bool good = may_be_read(tree, listing, place);

    while (good && paths.len > 0)
        if (!read_file(tree, file, block, slice_cut(&paths, '\0'), place))
            good = false;
    return good;
}

static bool read_include(struct tree *tree, const struct file *file, struct block *block,
                         const struct conf_directive *include)
{
    struct conf_place place;
    struct slice path;

    if (include->word_count != 1)
        return fail(tree, block, include->name.place, "`include` takes one word",
                    "the name of a file, or a pattern like sites/*.conf");
    place = include->words[0].place;
    path = conf_absolute(tree->arena, tree->directory, include->words[0].text);
    if (is_pattern(path))
        return read_matches(tree, file, block, path, place);
    return read_file(tree, file, block, path, place);
}

static bool is_include(const struct conf_directive *directive)
{
    return slice_equal(directive->name.text, SLICE("include"));
}

static void end_statement(struct tree *tree, struct file *file, struct block *block,
                          struct conf_place end)
{
    if (tree->is_bad) {
        block->directive->has_errors = true;
    } else if (tree->word_count == 0) {
        fail(tree, block, end, "a `;` without a directive", "remove it");
    } else {
        struct conf_directive *directive = take_statement(tree, end);

        if (!is_include(directive))
            append(block, directive);
        else if (!read_include(tree, file, block, directive))
            block->directive->has_errors = true;
    }
}

/* The words before `end` (a '}' or the end of the file) lack their ';'. They are taken as if it
 * were there, so that nothing else is reported because of it. */
static void end_without_semicolon(struct tree *tree, struct file *file, struct block *block,
                                  struct conf_place end)
{
    if (tree->word_count == 0 || tree->is_bad)
        return;
    fail(tree, block, file->after_word, "missing `;`", "expected here");
    end_statement(tree, file, block, end);
}

/* Does `place` begin its line, but for blanks? */
static bool begins_line(const struct file *file, struct conf_place place)
{
    struct slice text = file->lexer.text;
    size_t at = file->lexer.line_start; /* of the line being read */

    if (place.line != file->lexer.line)
        return false;
    return slice_trim(slice_part(text, at, place.column - 1)).len == 0;
}

static void note_indentation(struct file *file, struct conf_place name, bool name_begins_line,
                             struct conf_place close)
{
    if (file->odd_block.line != 0 || !name_begins_line || name.line == close.line ||
        name.column == close.column || !begins_line(file, close))
        return;
    file->odd_block = name;
    file->odd_close = close;
}

static void read_block(struct tree *tree, struct file *file, struct block *outer,
                       struct conf_place open)
{
    bool is_good = tree->word_count > 0 && !tree->is_bad;
    bool name_begins_line = is_good && begins_line(file, tree->words[0].place);
    struct conf_directive *directive;
    struct block block;

    if (tree->word_count == 0 && !tree->is_bad)
        fail(tree, outer, open, "a `{` without a name", "a block begins with its name");
    directive = take_statement(tree, open);
    directive->is_block = true;
    if (is_good && is_include(directive))
        is_good = fail(tree, outer, open, "`include` takes no block", "expected a `;`");
    if (is_good)
        append(outer, directive);
    else
        outer->directive->has_errors = true;
    block = (struct block){directive, &directive->first_child, outer->depth + 1};
    if (block.depth > BLOCK_DEPTH_MAX) {
        fail(tree, outer, open, "blocks stand inside one another too deeply", "at most 32 levels");
        abandon(file);
        return;
    }
    read_directives(tree, file, &block, false);
    note_indentation(file, directive->name.place, name_begins_line, directive->end);
}

static void report_open_block(struct tree *tree, struct file *file, const struct block *block)
{
    const struct conf_directive *directive = block->directive;
    struct conf_finding *finding;

    if (file->is_abandoned)
        return;
    file->is_abandoned = true;
    finding = conf_report_add(
        tree->report, CONF_ERROR,
        directive->name.place.line != 0 ? directive->name.place : directive->end, "missing `}`");
    finding->label = SLICE("this block is still open at the end of the file");
    if (file->odd_block.line == 0)
        return;
    finding->other = file->odd_close;
    finding->other_label =
        arena_format(&tree->report->arena, "this closes the block of line %u: is it meant to?",
                     file->odd_block.line);
}

static void read_directives(struct tree *tree, struct file *file, struct block *block,
                            bool ends_with_file)
{
    for (;;) {
        struct conf_place end;
        enum conf_token token = read_statement(tree, file, &end);

        if (conf_report_is_full(tree->report))
            abandon(file);
        if (token == CONF_TOKEN_SEMICOLON) {
            end_statement(tree, file, block, end);
        } else if (token == CONF_TOKEN_OPEN) {
            read_block(tree, file, block, end);
        } else if (token == CONF_TOKEN_CLOSE && ends_with_file) {
            end_without_semicolon(tree, file, block, end);
            fail(tree, block, end, "a `}` too many", "no block of this file is open here");
        } else {
            end_without_semicolon(tree, file, block, end);
            if (tree->is_bad || file->is_abandoned)
                block->directive->has_errors = true;
            if (token == CONF_TOKEN_END && !ends_with_file) {
                block->directive->has_errors = true;
                block->directive->lacks_end = true;
                report_open_block(tree, file, block);
            } else if (token == CONF_TOKEN_CLOSE) {
                block->directive->end = end;
            }
            return;
        }
    }
}

static void read_globals(struct tree *tree, struct block *block, struct slice globals)
{
    struct file file = {.outer = NULL};
    uint32_t index;

    if (globals.len == 0)
        return;
    index = conf_sources_text(tree->sources, SLICE("<command line>"), globals);
    tree->sources->list[index]->is_configuration = true;
    conf_lexer_init(&file.lexer, tree->sources->list[index]->text, index);
    read_directives(tree, &file, block, true);
}

struct conf_directive *conf_tree_read(struct conf_sources *sources, struct slice path,
                                      struct slice globals, struct arena *arena,
                                      struct conf_report *report)
{
    struct conf_directive *root = arena_zero(arena, sizeof *root);
    struct block block = {root, &root->first_child, 0};
    struct tree tree = {
        .sources = sources,
        .arena = arena,
        .report = report,
        .directory = conf_directory_of(path),
    };

    ensure(root != NULL);
    root->is_block = true;
    read_globals(&tree, &block, globals);
    if (!read_file(&tree, NULL, &block, path, (struct conf_place){0}))
        root->has_errors = true;
    free(tree.words);
    return root;
}
