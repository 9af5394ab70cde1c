#pragma once

#include "conf/conf_report.h"
#include "http/http_exchange.h"
#include "http/language/http_set_misc.h"
#include "http/language/http_template.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a server or location block does before anything else: its set, if, rewrite, return and
 * break, in the order written, one step each; run by one loop. */

struct http_regex;

/* set; set_escape_uri and its like */
enum http_set_target {
    HTTP_SET_MADE,  /* http_variable_set */
    HTTP_SET_QUERY, /* $args: the query itself */
    HTTP_SET_RATE,  /* $limit_rate: that of this answer */
};

struct http_set {
    enum http_set_target target;
    uint32_t number; /* SET_MADE */
    struct http_template value;
    http_set_function function; /* what becomes of it; NULL: it stays as it is */
};

enum http_test_kind {
    HTTP_TEST_TRUE, /* neither empty nor "0" */
    HTTP_TEST_EQUAL,
    HTTP_TEST_MATCH,
    HTTP_TEST_FILE, /* -f -d -e -x: enum http_file_test */
};

/* if */
struct http_test {
    enum http_test_kind kind;
    bool is_negated;
    struct http_template subject;
    struct http_template other;     /* EQUAL */
    const struct http_regex *regex; /* MATCH */
    int file;                       /* FILE: enum http_file_test */
};

/* rewrite */
struct http_rewrite {
    const struct http_regex *regex;
    struct http_template path;      /* up to the first '?'; of a redirect, all of it */
    struct http_template arguments; /* behind that '?' */
    bool has_arguments;             /* there is a '?' */
    bool adds_query;                /* that of the request comes behind */
    uint16_t redirect;              /* 301, 302; 0: no redirect */
    bool is_last, is_break;         /* no further step */
};

/* return */
struct http_return {
    uint16_t status;
    bool is_redirect; /* `text` is what Location says */
    bool has_text;
    struct http_template text;
};

enum http_step_kind {
    HTTP_STEP_SET,
    HTTP_STEP_IF,    /* the steps inside follow; `skip` of them are left out if it does not hold */
    HTTP_STEP_ENTER, /* of an `if` in a location: its own values hold from now on */
    HTTP_STEP_REWRITE,
    HTTP_STEP_RETURN,
    HTTP_STEP_BREAK,
};

struct http_step {
    enum http_step_kind kind;
    struct conf_place place;
    size_t skip;
    union {
        const struct http_set *set;
        const struct http_test *test;
        const struct http_location *location;
        const struct http_rewrite *rewrite;
        const struct http_return *answer;
    } as;
};

struct http_program {
    const struct http_step *steps;
    size_t count;
};

enum http_program_end {
    HTTP_PROGRAM_GO_ON,
    HTTP_PROGRAM_SEARCH, /* the path is another one: look for its location */
    HTTP_PROGRAM_ANSWERED,
};

enum http_program_end http_program_run(struct http_exchange *exchange,
                                       const struct http_program *program)
    __attribute__((warn_unused_result));

/* Does its first step that is no `set` answer whatever is asked for? */
bool http_program_always_answers(const struct http_program *program);

/* The steps that are more than a line; for http_program.c. */

enum http_test_result {
    HTTP_TEST_NO,
    HTTP_TEST_YES,
    HTTP_TEST_FAILED, /* nobody knows: 500 */
};

enum http_test_result http_test_holds(struct http_exchange *exchange, const struct http_test *test);

enum http_rewrite_result {
    HTTP_REWRITE_UNMATCHED,
    HTTP_REWRITE_DONE,   /* the exchange's path and query are the new ones */
    HTTP_REWRITE_ANSWER, /* it has been answered: a redirect, or 500 */
};

enum http_rewrite_result http_rewrite_apply(struct http_exchange *exchange,
                                            const struct http_rewrite *rewrite);
