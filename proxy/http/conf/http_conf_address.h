#pragma once

#include "http/conf/http_conf.h"

/* The `listen`s of all servers in http {}, put together by address once, so that checking them
 * costs no more than sorting them. */

struct http_listener {
    const struct http_listen *listen;
    const struct http_server *server;
    const struct conf_scope *scope; /* the server's */
    size_t order;                   /* in the configuration */
};

struct http_address {
    const struct http_listener *listeners; /* in the order of the configuration */
    size_t count;
    bool
        ssl; /* one `ssl` makes the whole address speak TLS, for all servers on it (nginx's rule) */
    const struct http_listener *preferred; /* answers whoever is asked for */
};

/* What stands on the address of one of the `listen`s of http {}. `scope`: of its server. */
const struct http_address *http_conf_address(struct conf_reader *reader,
                                             const struct conf_scope *scope,
                                             const struct address *address);

/* Reports addresses that a server listens on twice. */
void http_check_listens(struct conf_reader *reader, const struct conf_scope *scope);

/* Reports what servers of `http` on one address dispute: a name, being the default one, HTTP/2.
 * Their names are complete. */
void http_check_addresses(struct conf_reader *reader, const struct conf_scope *http);
