#pragma once

#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>

/* Finds the commands of server-side includes in a page that comes in pieces, wherever they are cut:
 * <!--#name parameter="value" … -->. Pure. */

/* A longer command is none. */
#define HTTP_SSI_COMMAND_MAX    4096
#define HTTP_SSI_PARAMETERS_MAX 16

struct http_ssi_parameter {
    struct slice name;
    struct slice value; /* without its quotes; \" and \' inside are still escaped: see below */
};

/* Slices into the parser, valid until it is used again. */
struct http_ssi_command {
    struct slice name;
    struct http_ssi_parameter parameters[HTTP_SSI_PARAMETERS_MAX];
    size_t count;
    bool is_good; /* false: too long, or written in a way that means nothing */
};

enum http_ssi_state {
    HTTP_SSI_IN_TEXT,    /* `matched` bytes of "<!--#" have been seen */
    HTTP_SSI_IN_COMMAND, /* behind "<!--#" */
    HTTP_SSI_IN_NOTHING, /* the rest of a command that was too long */
};

struct http_ssi_parser {
    enum http_ssi_state state;
    size_t matched;
    size_t dashes;   /* of "-->", outside quotes */
    char quote;      /* inside a value: its quote; 0 otherwise */
    bool is_escaped; /* inside a value, behind '\\' */
    size_t len;      /* in `command` */
    char command[HTTP_SSI_COMMAND_MAX];
};

void http_ssi_parser_init(struct http_ssi_parser *parser);

enum http_ssi_result {
    HTTP_SSI_MORE,    /* the input is used up */
    HTTP_SSI_TEXT,    /* *text goes to the client as it is: into the input, or static */
    HTTP_SSI_COMMAND, /* *command */
};

/* Takes bytes from the start of *input. To be called until it says MORE. */
enum http_ssi_result http_ssi_parse(struct http_ssi_parser *parser, struct slice *input,
                                    struct slice *text, struct http_ssi_command *command);

/* The page is over: what looked like the beginning of a command and was text after all (static).
 * A command that never ends is dropped, as in nginx. */
struct slice http_ssi_parse_end(struct http_ssi_parser *parser);

/* The words of the command that was given last, without "<!--#" and "-->". */
struct slice http_ssi_parse_words(const struct http_ssi_parser *parser);

/* The parameter's value; at == NULL: there is none of that name. */
struct slice http_ssi_value(const struct http_ssi_command *command, struct slice name);
