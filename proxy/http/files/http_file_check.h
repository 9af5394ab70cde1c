#pragma once

#include "base/slice.h"
#include "http/files/http_file_open.h"

#include <stddef.h>

/* disable_symlinks: what is refused on the way to a file, beside what `symlinks` refuses. */

enum http_link_rule {
    HTTP_LINK_RULE_NONE,
    HTTP_LINK_RULE_NO_LINK, /* on */
    HTTP_LINK_RULE_OWNER,   /* if_not_owner: a link must belong to whom its target belongs to */
};

struct http_link_check {
    enum http_link_rule rule;
    struct slice from; /* links in this beginning of a file's whole name are not looked at; empty:
                          all are */
};

#define HTTP_LINKS_UNCHECKED ((size_t)-1)

/* How many bytes of the name `base` + `path` are not looked at, by nginx's rules: what `from` says
 * must end where a part of the name does. `base` is absolute, without a slash behind it; `path`
 * begins with one. HTTP_LINKS_UNCHECKED: all. */
size_t http_link_check_start(const struct http_link_check *check, struct slice base,
                             struct slice path);

/* As http_file_open, but the rule holds behind the first `from` bytes of the path, which end before
 * a slash or are none. -1 with errno: ELOOP for a link that is refused; where the rule is NO_LINK
 * and the link stands for a directory on the way it is ENOTDIR, as in nginx. */
int http_file_open_checked(int root, const char *path, enum http_links links,
                           enum http_link_rule rule, size_t from, int flags);
