#pragma once

#include "conf/conf_types.h"
#include "http/files/http_file_check.h"
#include "http/language/http_template.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where files are and how they are looked for: http_files.def. */

struct http_alias {
    struct slice path; /* absolute; empty: none */
    struct conf_place place;
};

struct http_index_name {
    struct slice plain; /* unless it has variables */
    struct http_template text;
    bool has_variables;
    bool is_path; /* where to go without looking whether it is there */
};

struct http_index {
    struct http_index_name *items;
    size_t count;
};

struct http_try {
    struct http_template text;
    bool has_variables;
    bool wants_directory;
};

struct http_tries {
    struct http_try *items;
    size_t count;
    struct http_template path; /* where to go if there is none */
    uint16_t status;           /* or what to answer; 0: go there */
};

/* root or alias, taken apart: what a request's path becomes. */
struct http_place {
    struct slice text;         /* as written, absolute */
    struct slice base;         /* the directory that is opened; empty: there are no files */
    struct http_template rest; /* what follows it before the request's path */
    size_t skip;               /* how much of that path an alias stands for */
    bool is_alias;
    bool takes_path; /* false: the alias of a location with a regular expression */
    bool has_variables;
};

enum http_autoindex_format {
    HTTP_AUTOINDEX_HTML,
    HTTP_AUTOINDEX_XML,
    HTTP_AUTOINDEX_JSON,
    HTTP_AUTOINDEX_JSONP,
};

enum http_dotfiles {
    HTTP_DOTFILES_HIDE,
    HTTP_DOTFILES_SERVE,
};

/* disable_symlinks */
struct http_disabled_links {
    enum http_link_rule rule;
    bool has_from;
    struct http_template from;
};

struct http_files {
#include "conf/conf_members.inc"
#include "http/files/http_files.def"

    /* Worked out when everything is read. */
    struct http_place place;
};

extern const struct conf_group http_files_group;

/* What holds in `scope`, never NULL. For a check: everything is read and inherited. */
const struct http_files *http_files_find(struct conf_reader *reader,
                                         const struct conf_scope *scope);
