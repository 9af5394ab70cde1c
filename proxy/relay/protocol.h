#pragma once

#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>

/* All that the common code knows of a protocol. To add one: a folder, this struct filled in, and
 * one word in proxy/meson.build. */

struct arena;
struct session;
struct worker;
struct conf;
struct listen;
struct tls_server;

enum close_reason {
#define CLOSE_REASON(name, code, level, words) CLOSE_##name,
#include "relay/close_reasons.def"
#undef CLOSE_REASON
};

struct protocol {
    const char *name; /* "http", "smtp" */

    /* Said in the clear to a client that sends a plain HTTP request to a TLS port, before the
     * connection goes. Empty: nothing. */
    struct slice plain_on_tls;

    /* Worker start: builds what sessions need from the configuration (routes, TLS contexts) and
     * fills in each of its listens' `service`. False, with a log line, if it cannot. */
    bool (*start)(struct worker *worker);
    void (*stop)(struct worker *worker);

    /* The servers of `listen` that have a certificate in `conf`, default first, into `servers`,
     * which has room for listen->server_count: all but `remote` and `tickets`. Returns how many
     * there are. NULL: this protocol speaks no TLS. See relay/listen_tls.h. */
    size_t (*tls_servers)(const struct conf *conf, const struct listen *listen, struct arena *arena,
                          struct tls_server *servers);

    /* The tls_server.owner of whose a name is that is in none of their lists of names; any bytes,
     * lower case. NULL: nobody's. Without this function there are only lists. */
    const void *(*tls_named)(const struct listen *listen, struct slice name);

    /* The session's life, each called from the loop. In any of them the session may be closed with
     * session_close; the session and its state stay valid until the turn ends. */
    void (*opened)(struct session *session);   /* connected; on a TLS port: handshake done */
    void (*received)(struct session *session); /* client input, or its end */
    void (*drained)(struct session *session);  /* the client took everything we had written */
    void (*secured)(struct session *session); /* the handshake begun by session_start_tls is done */
    void (*expired)(struct session *session); /* the deadline passed (not before `opened`) */
    void (*draining)(struct session *session); /* this generation ends: finish what is open */

    /* The end, exactly once for each session that was opened: writes the log line and frees
     * session->state. Last words may still be written (session->client directly); they leave before
     * the connection goes. */
    void (*closed)(struct session *session, enum close_reason reason);

    /* Writes to `fd` what would be done with a request for `url` that has these fields ("Name:
     * value"), and does nothing of it. False, with the reason written, if nobody answers there.
     * NULL: this protocol has no URLs. */
    bool (*explain)(struct worker *worker, struct slice url, const struct slice *fields,
                    size_t count, int fd);
};
