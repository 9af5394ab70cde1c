#pragma once

#include "base/arena.h"
#include "base/slice.h"
#include "conf/conf_tree.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* nginx's tokens: words split on blanks, ';' '{' '}', comments from a '#'
 * that starts a token, '…' and "…" that may span lines, and in words and quotes \" \' \\ \t \r \n;
 * any other backslash stays. "${" does not open a block. */
enum conf_token {
    CONF_TOKEN_WORD,
    CONF_TOKEN_SEMICOLON,
    CONF_TOKEN_OPEN,
    CONF_TOKEN_CLOSE,
    CONF_TOKEN_END,
    CONF_TOKEN_UNCLOSED_QUOTE,   /* the text ended inside a quote that began at word->place */
    CONF_TOKEN_JUNK_AFTER_QUOTE, /* a quoted word must be followed by a blank, ';', '{' or ')' */
    CONF_TOKEN_NUL,              /* a NUL byte somewhere: no text file, nothing of it is read */
    CONF_TOKEN_TOO_LONG,         /* a word over 4096 bytes, nginx's limit */
};

struct conf_lexer {
    struct slice text; /* all of it */
    size_t at;         /* next byte to read */
    uint32_t source, line;
    size_t line_start; /* position of the first byte of `line` */
    size_t nul;        /* position of the first NUL byte, SLICE_NOT_FOUND: none */
    bool after_quote;  /* the last token was a quoted word */
};

void conf_lexer_init(struct conf_lexer *lexer, struct slice text, uint32_t source);

/* The next token; for all of them word->place is set, word->text for CONF_TOKEN_WORD (in `arena` if
 * it had escapes, else inside the text). After an error token lexing goes on behind it. */
enum conf_token conf_lexer_next(struct conf_lexer *lexer, struct arena *arena,
                                struct conf_word *word);
