#pragma once

#include "http/http_subrequest.h"
#include "http/output/http_ssi.h"
#include "http/output/http_ssi_parse.h"

/* Between http_ssi.c (the page), http_ssi_command.c (what commands do) and http_ssi_text.c (what
 * their words are worth). */

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

    struct http_subrequest *include; /* runs; NULL: none */
    struct slice include_path;       /* in the exchange's arena */
    struct slice include_variable;   /* its answer goes there; at == NULL: to the page */
    struct slice include_stub;       /* stands in for an answer of nothing; at == NULL: none */
    char *collected;                 /* for the variable */
    size_t collected_len;
    bool include_failed, include_brought;
    char *held; /* the page behind it */
    size_t held_len;
    bool is_complete; /* nothing of the page follows */
};

/* Is what stands here part of the page? */
bool http_ssi_is_shown(const struct http_ssi *ssi);

/* Does what ssi->command says. */
void http_ssi_run(struct http_ssi *ssi);

/* Starts an include; false: there cannot be one, say so. `variable`: at == NULL: into the page.
 * `stub`: what the page gets if nothing comes, commands and all; at == NULL: nothing does. */
bool http_ssi_include(struct http_ssi *ssi, struct slice path, struct slice query,
                      struct slice variable, struct slice stub) __attribute__((warn_unused_result));

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
