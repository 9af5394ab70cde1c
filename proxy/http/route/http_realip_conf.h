#pragma once

#include "conf/conf_types.h"
#include "http/message/http_forwarded.h"
#include "http/message/http_message.h"

#include <stdbool.h>

/* set_real_ip_from and its like: http_realip.def. */

enum http_recursive {
    HTTP_RECURSIVE_UNSET,
    HTTP_RECURSIVE_OFF,
    HTTP_RECURSIVE_ON,
};

struct http_realip {
#include "conf/conf_members.inc"
#include "http/route/http_realip.def"

    /* Worked out when everything is read. */
    struct networks trusted; /* both lists */
    struct slice field;      /* its name */
    enum http_field_id field_id;
    bool is_recursive;
};

extern const struct conf_group http_realip_group;

/* What holds in `scope`; NULL: nobody is trusted. For a check. */
const struct http_realip *http_realip_find(struct conf_reader *reader,
                                           const struct conf_scope *scope);
