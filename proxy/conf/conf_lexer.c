#include "conf/conf_lexer.h"

#include "base/ensure.h"

/* nginx's NGX_CONF_BUFFER. */
#define WORD_MAX 4096

static const struct slice byte_order_mark = {"\xef\xbb\xbf", 3};

void conf_lexer_init(struct conf_lexer *lexer, struct slice text, uint32_t source)
{
    size_t start = slice_starts(text, byte_order_mark) ? byte_order_mark.len : 0;

    *lexer = (struct conf_lexer){
        .text = text,
        .at = start,
        .source = source,
        .line = 1,
        .line_start = start,
        .nul = slice_find(text, '\0'),
    };
}

static bool at_end(const struct conf_lexer *lexer)
{
    return lexer->at == lexer->text.len;
}

static char byte_at(const struct conf_lexer *lexer)
{
    return lexer->text.at[lexer->at];
}

static void step(struct conf_lexer *lexer)
{
    if (byte_at(lexer) == '\n') {
        lexer->line++;
        lexer->line_start = lexer->at + 1;
    }
    lexer->at++;
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

static void skip_blanks(struct conf_lexer *lexer)
{
    while (!at_end(lexer)) {
        if (byte_at(lexer) == '#')
            while (!at_end(lexer) && byte_at(lexer) != '\n')
                step(lexer);
        else if (is_blank(byte_at(lexer)))
            step(lexer);
        else
            return;
    }
}

static struct conf_place place_here(const struct conf_lexer *lexer)
{
    return (struct conf_place){
        .source = lexer->source,
        .line = lexer->line,
        .column = (uint32_t)(lexer->at - lexer->line_start) + 1,
        .len = 1,
    };
}

/* A backslash before these stands for one other byte; before anything else it stays, so that
 * regular expressions survive. */
static bool unescape(char escaped, char *byte)
{
    static const char pairs[] = "\"\"''\\\\t\tr\rn\n";

    for (size_t i = 0; i + 1 < sizeof pairs; i += 2) {
        if (pairs[i] == escaped) {
            *byte = pairs[i + 1];
            return true;
        }
    }
    return false;
}

static struct slice resolve_escapes(struct slice raw, struct arena *arena)
{
    size_t len = 0;
    char *out;

    if (slice_find(raw, '\\') == SLICE_NOT_FOUND)
        return raw;
    out = arena_alloc(arena, raw.len);
    ensure(out != NULL);
    for (size_t i = 0; i < raw.len; i++) {
        if (raw.at[i] == '\\' && i + 1 < raw.len && unescape(raw.at[i + 1], &out[len]))
            i++;
        else
            out[len] = raw.at[i];
        len++;
    }
    return (struct slice){out, len};
}

static enum conf_token finish_word(struct conf_lexer *lexer, struct arena *arena,
                                   struct conf_word *word, struct slice raw, size_t written)
{
    word->place.len = (uint32_t)written;
    lexer->after_quote = word->quoted;
    if (raw.len > WORD_MAX)
        return CONF_TOKEN_TOO_LONG;
    word->text = resolve_escapes(raw, arena);
    return CONF_TOKEN_WORD;
}

static void step_over_escape(struct conf_lexer *lexer)
{
    bool escape = byte_at(lexer) == '\\';

    step(lexer);
    if (escape && !at_end(lexer))
        step(lexer);
}

static enum conf_token read_quoted(struct conf_lexer *lexer, struct arena *arena,
                                   struct conf_word *word)
{
    char quote = byte_at(lexer);
    size_t from = lexer->at + 1;

    word->quoted = true;
    step(lexer);
    while (!at_end(lexer) && byte_at(lexer) != quote)
        step_over_escape(lexer);
    if (at_end(lexer))
        return CONF_TOKEN_UNCLOSED_QUOTE;
    step(lexer);
    return finish_word(lexer, arena, word,
                       (struct slice){lexer->text.at + from, lexer->at - 1 - from},
                       lexer->at + 1 - from);
}

static enum conf_token read_plain(struct conf_lexer *lexer, struct arena *arena,
                                  struct conf_word *word)
{
    size_t from = lexer->at;
    bool after_dollar = false;

    while (!at_end(lexer)) {
        char byte = byte_at(lexer);

        if (is_blank(byte) || byte == ';' || (byte == '{' && !after_dollar))
            break;
        /* nginx lets "${{" pass as well. */
        after_dollar = byte == '$' || byte == '{';
        step_over_escape(lexer);
    }
    return finish_word(lexer, arena, word, slice_part(lexer->text, from, lexer->at - from),
                       lexer->at - from);
}

static enum conf_token stop_at_nul(struct conf_lexer *lexer, struct conf_word *word)
{
    while (lexer->at < lexer->nul)
        step(lexer);
    word->place = place_here(lexer);
    lexer->at = lexer->text.len;
    lexer->nul = SLICE_NOT_FOUND;
    return CONF_TOKEN_NUL;
}

static enum conf_token single(struct conf_lexer *lexer, enum conf_token token)
{
    step(lexer);
    return token;
}

static bool may_follow_quote(const struct conf_lexer *lexer)
{
    return at_end(lexer) || is_blank(byte_at(lexer)) || byte_at(lexer) == ';' ||
           byte_at(lexer) == '{' || byte_at(lexer) == ')';
}

enum conf_token conf_lexer_next(struct conf_lexer *lexer, struct arena *arena,
                                struct conf_word *word)
{
    bool after_quote = lexer->after_quote;

    *word = (struct conf_word){.place = place_here(lexer)};
    lexer->after_quote = false;
    if (lexer->nul != SLICE_NOT_FOUND)
        return stop_at_nul(lexer, word);
    if (after_quote && !may_follow_quote(lexer))
        return CONF_TOKEN_JUNK_AFTER_QUOTE;
    skip_blanks(lexer);
    word->place = place_here(lexer);
    if (at_end(lexer))
        return CONF_TOKEN_END;
    switch (byte_at(lexer)) {
    case ';':
        return single(lexer, CONF_TOKEN_SEMICOLON);
    case '{':
        return single(lexer, CONF_TOKEN_OPEN);
    case '}':
        return single(lexer, CONF_TOKEN_CLOSE);
    case '"':
    case '\'':
        return read_quoted(lexer, arena, word);
    default:
        return read_plain(lexer, arena, word);
    }
}
