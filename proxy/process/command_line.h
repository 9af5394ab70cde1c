#pragma once

#include "ipc/control.h"

#include <stdbool.h>
#include <stddef.h>

/* What was asked for on the command line: nginx's options, with nginx's meanings. Pure: looks at
 * the words only. */

enum command_action {
    COMMAND_RUN,
    COMMAND_TEST,       /* -t */
    COMMAND_DUMP,       /* -T */
    COMMAND_CONTROL,    /* -s */
    COMMAND_EXPLAIN,    /* --explain */
    COMMAND_VERSION,    /* -v */
    COMMAND_BUILD,      /* -V */
    COMMAND_DIRECTIVES, /* --directives */
    COMMAND_MANUAL,     /* --manual */
    COMMAND_HELP,       /* -h, -? */
};

#define COMMAND_FIELDS_MAX 32

struct command_line {
    enum command_action action;
    enum control_command control;           /* for COMMAND_CONTROL */
    bool quiet;                             /* -q */
    bool verbose;                           /* -v beside -t */
    bool strict;                            /* --strict */
    bool as_nginx;                          /* it was called by that name */
    const char *conf;                       /* -c; NULL: not given; likewise the others */
    const char *prefix;                     /* -p */
    const char *error_log;                  /* -e */
    const char *globals;                    /* -g */
    const char *url;                        /* --explain */
    const char *fields[COMMAND_FIELDS_MAX]; /* -H */
    size_t field_count;
};

/* What is wrong with a word of the command line. */
struct command_complaint {
    const char *text; /* "unknown option", "needs a value" */
    char option[64];  /* the option or the value it is about */
};

/* The strings of *line point into `words`. False: wrong usage, *complaint says why. */
bool command_line_parse(int count, const char *const *words, struct command_line *line,
                        struct command_complaint *complaint) __attribute__((warn_unused_result));
