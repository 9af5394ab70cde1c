#include "base/ensure.h"
#include "conf/conf_lexer.h"
#include "conf/conf_tree.h"

#include <stddef.h>
#include <stdint.h>

/* A configuration file of any bytes: its tokens and its tree, without a disk; every place must lie
 * in the text, and what is reported must be printable. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_tokens(struct slice text, struct arena *arena)
{
    struct conf_lexer lexer;
    struct conf_word word;
    enum conf_token token;
    size_t at = 0;

    conf_lexer_init(&lexer, text, 0);
    do {
        token = conf_lexer_next(&lexer, arena, &word);
        ensure(word.place.line >= 1 && word.place.column >= 1);
        ensure(lexer.at <= text.len && lexer.at >= at);
        ensure(lexer.at > at || token == CONF_TOKEN_END || token == CONF_TOKEN_JUNK_AFTER_QUOTE);
        ensure(token != CONF_TOKEN_WORD || word.text.len <= word.place.len);
        at = lexer.at;
    } while (token != CONF_TOKEN_END);
    ensure(at == text.len);
}

static void check_directives(const struct conf_directive *block)
{
    for (const struct conf_directive *directive = block->first_child; directive != NULL;
         directive = directive->next) {
        ensure(directive->name.place.line >= 1);
        ensure(directive->is_block || directive->first_child == NULL);
        check_directives(directive);
    }
}

static void check_line(void *owner, enum conf_severity severity, struct slice text)
{
    (void)owner;
    (void)severity;
    for (size_t i = 0; i < text.len; i++)
        ensure((unsigned char)text.at[i] >= 0x20 && text.at[i] != 0x7f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = {(const char *)data, size};
    struct conf_sources sources;
    struct conf_report report;
    struct arena arena;

    arena_init(&arena, ARENA_UNLIMITED);
    conf_sources_init(&sources, false);
    conf_report_init(&report);
    check_tokens(text, &arena);
    conf_sources_text(&sources, SLICE("/t.conf"), text);
    check_directives(conf_tree_read(&sources, SLICE("/t.conf"), SLICE_NONE, &arena, &report));
    conf_report_lines(&report, &sources, check_line, NULL);
    conf_report_print(&report, &sources, -1);
    conf_report_deinit(&report);
    conf_sources_deinit(&sources);
    arena_deinit(&arena);
    return 0;
}
