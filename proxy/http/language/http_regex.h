#pragma once

#include "base/arena.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Regular expressions: PCRE2, compiled when the configuration is read, matched in bounded time and
 * memory. Never translated to machine code: a confined process may not make memory executable. */

/* More groups than these may be in an expression, but those behind have no value. */
#define HTTP_REGEX_GROUPS 32

/* "(?<name>…)" */
struct http_regex_name {
    struct slice text;
    uint32_t group;
    uint32_t variable; /* its number; set by http_conf_regex */
};

struct http_regex {
    struct slice pattern;
    bool any_case;
    const void *code; /* pcre2_code */
    uint32_t group_count;
    struct http_regex_name *names; /* those of groups below HTTP_REGEX_GROUPS */
    size_t name_count;
};

struct http_regex_error {
    char words[160];
    size_t offset; /* in the pattern */
};

/* Everything lives in `arena`, which must not have a ceiling. NULL with *error. */
struct http_regex *http_regex_compile(struct slice pattern, bool any_case, struct arena *arena,
                                      struct http_regex_error *error);

/* The working memory of matching, and what the last match found. One for each process. */
struct http_matcher {
    void *data, *limits; /* pcre2_match_data, pcre2_match_context */
    struct slice subject;
    size_t group_count;
};

void http_matcher_init(struct http_matcher *matcher);
void http_matcher_deinit(struct http_matcher *matcher);

enum http_match_result {
    HTTP_UNMATCHED,
    HTTP_MATCHED,
    HTTP_MATCH_FAILED, /* a limit was reached: nobody knows, so nothing may be let through */
};

/* `subject` may hold any bytes. On HTTP_MATCHED the groups can be asked for until the next call;
 * otherwise those of the match before are gone. */
enum http_match_result http_regex_match(const struct http_regex *regex,
                                        struct http_matcher *matcher, struct slice subject)
    __attribute__((warn_unused_result));

/* What group `number` matched, in the subject (0: all of it); at == NULL: it took no part. */
struct slice http_matcher_group(const struct http_matcher *matcher, size_t number);
