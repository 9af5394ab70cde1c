#pragma once

#include "base/network.h"
#include "conf/conf_types.h"

#include <stdbool.h>
#include <stddef.h>

/* allow, deny, satisfy, path_policy: http_access.def. */

enum http_satisfy {
    HTTP_SATISFY_ALL,
    HTTP_SATISFY_ANY,
};

enum http_path_policy {
    HTTP_PATHS_NORMAL,
    HTTP_PATHS_STRICT,
};

struct http_access_rule {
    struct network network; /* unless it is for all */
    bool is_for_all, allows;
};

struct http_access {
#include "conf/conf_members.inc"
#include "http/access/http_access.def"

    /* Worked out when everything is read. */
    const struct http_access_rule *rules; /* of the innermost block that has any */
    size_t rule_count;
    bool is_known; /* they have been looked for */
};

extern const struct conf_group http_access_group;

/* What holds in `scope`, never NULL. For a check: everything is read and inherited. */
const struct http_access *http_access_find(struct conf_reader *reader,
                                           const struct conf_scope *scope);
