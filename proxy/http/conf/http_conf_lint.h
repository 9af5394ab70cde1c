#pragma once

#include "http/conf/http_conf.h"
#include "http/route/http_paths.h"

/* What is allowed and hardly ever meant (reference/http.md 5.7): looked for by `frontd -t`. */

/* One server as the lints see it. */
struct http_lint {
    struct conf_reader *reader;
    const struct conf_scope *scope;
    const struct http_server *server;
    const struct http_paths *paths;
    struct http_matcher *matcher;
};

/* All of it, for every server: protocol_conf.lint. */
void http_conf_lint(struct conf *conf, struct conf_report *report);

/* http_conf_lint_redirect.c: redirects to a place of ours that is another one than meant. */
void http_conf_lint_redirect(const struct http_lint *lint, const struct http_location *location);

/* http_conf_lint_files.c: what lies below roots and is not for the public. */
struct http_secret {
    const char *what; /* "private key" */
    struct slice path;
};
struct http_secrets {
    struct http_secret *items;
    size_t count;
};
void http_conf_lint_exposure(const struct http_lint *lint, const struct http_secrets *secrets,
                             const struct http_location *location);

/* http_conf_lint_packed.c: packed files that are older than what they were made of. */
void http_conf_lint_packed(const struct http_lint *lint, const struct http_location *location);

/* For listeners of IPv6; `table` is the kernel's list of such addresses, /proc/net/if_inet6. */
void http_conf_lint_ipv6(struct conf_reader *reader, const struct http_server *server,
                         const char *table);

/* The directive that gives a block its directory, in it or around it; no place: nothing does. */
struct conf_place http_conf_place_of_files(const struct conf_scope *scope);
