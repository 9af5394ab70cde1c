#pragma once

#include "http/http_subrequest.h"
#include "http/output/http_ssi.h"
#include "http/output/http_ssi_parse.h"

/* Between http_ssi.c (the page), http_ssi_command.c (what commands do), http_ssi_include.c,
 * http_ssi_block.c, http_ssi_condition.c and http_ssi_text.c (what words are worth). */

/* What `set`, and `include … set=`, made. */
struct http_ssi_variable {
    struct slice name, value;
    struct http_ssi_variable *next;
};

/* if … elif … else … endif; there is none inside another. */
enum http_ssi_branch {
    HTTP_SSI_NO_BRANCH,
    HTTP_SSI_TAKEN,      /* this one */
    HTTP_SSI_NOT_YET,    /* none before, not this one */
    HTTP_SSI_TAKEN_ONCE, /* one before: none of the rest */
};

/* Of what echo writes; one that was chosen stays for the next echo. */
enum http_ssi_encoding {
    HTTP_SSI_ENTITY,
    HTTP_SSI_URL,
    HTTP_SSI_NONE,
};

struct http_ssi_bytes {
    char *at;
    size_t len;
};

void http_ssi_bytes_add(struct http_ssi_bytes *bytes, struct slice more);
void http_ssi_bytes_free(struct http_ssi_bytes *bytes);

struct http_ssi {
    struct http_exchange *exchange;
    struct http_ssi_parser parser;
    struct http_ssi_command command;
    struct arena scratch; /* for one command */
    struct http_ssi_variable *variables;
    struct slice error, time_format;
    struct http_ssi_block *blocks;
    struct http_ssi_block *block; /* the one that is read; NULL: none */
    size_t blocks_len;
    enum http_ssi_branch branch;
    bool is_else; /* the last branch: only endif may follow */
    enum http_ssi_encoding encoding;

    struct http_ssi_include *first, *last; /* under way, in the order of the page */
    size_t include_count;
    struct http_ssi_bytes held; /* the page behind one that blocks */
    bool is_complete;           /* nothing of the page follows */
};

/* Is what stands here part of the page? */
bool http_ssi_is_shown(const struct http_ssi *ssi);

/* Does what ssi->command says. */
void http_ssi_run(struct http_ssi *ssi);

/* http_ssi_include.c. What an include is to do. */
struct http_ssi_order {
    struct slice path, query; /* at == NULL: no query */
    struct slice variable;    /* where what comes goes to; at == NULL: into the page */
    struct slice stub; /* what the page gets if nothing comes, commands and all; empty: nothing */
    bool page_waits;   /* what stands behind is not looked at before it is over */
};

/* False: there cannot be one, say so. */
bool http_ssi_include(struct http_ssi *ssi, const struct http_ssi_order *order)
    __attribute__((warn_unused_result));
void http_ssi_includes_free(struct http_ssi *ssi);

/* True: no more of the page now. */
bool http_ssi_is_blocked(const struct http_ssi *ssi);

/* To the page, behind all includes so far. */
void http_ssi_emit(struct http_ssi *ssi, struct slice bytes);

/* An include is over: the rest of the page, if it is its turn (http_ssi.c). */
void http_ssi_go_on(struct http_ssi *ssi);

/* http_ssi_block.c. Between begin and end everything goes there. */
bool http_ssi_block_begin(struct http_ssi *ssi, struct slice name);
void http_ssi_block_keep(struct http_ssi *ssi, struct slice text);
void http_ssi_block_keep_command(struct http_ssi *ssi);
void http_ssi_block_end(struct http_ssi *ssi);
bool http_ssi_block_find(const struct http_ssi *ssi, struct slice name, struct slice *text);
void http_ssi_block_free(struct http_ssi *ssi);

/* Is what `if` says true? False: it means nothing. */
bool http_ssi_condition(struct http_ssi *ssi, struct slice expression, bool *result)
    __attribute__((warn_unused_result));

/* A variable of the page, of the configuration or frontd's own; at == NULL: not set, or unknown.
 * Lives as long as ssi->scratch is not emptied. */
struct slice http_ssi_variable(struct http_ssi *ssi, struct slice name);

/* Keeps both; a variable that finds no room is not set. */
void http_ssi_set(struct http_ssi *ssi, struct slice name, struct slice value);

/* `text` with "$name" and "${name}" replaced by what they are worth, and "\$", "\\" and escaped
 * quotes by what they stand for. at == NULL: too
 * long, or written wrongly. */
struct slice http_ssi_expand(struct http_ssi *ssi, struct slice text);

/* `text` as ssi->encoding has it. */
struct slice http_ssi_encode(struct http_ssi *ssi, struct slice text);
