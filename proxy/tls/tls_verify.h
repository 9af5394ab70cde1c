#pragma once

#include "base/arena.h"
#include "base/slice.h"

#include <stdbool.h>

/* Certificates of clients (ssl_verify_client). A client without a good one still gets its
 * handshake: what to answer is the protocol's business, as in nginx. */

enum tls_verify { /* in the order of the directive's words */
                  TLS_VERIFY_OFF,
                  TLS_VERIFY_ON,
                  TLS_VERIFY_OPTIONAL,
                  TLS_VERIFY_ANY, /* optional, and by any authority: optional_no_ca */
};

/* Why a chain is not good. */
struct tls_peer_failure {
    const char *words; /* NULL: it is good */
    bool is_authority; /* only that nobody known has signed it: TLS_VERIFY_ANY does not mind */
};

struct stream_transform;

/* Has the client shown a certificate, and is it good? False: none (then *failure is good). */
bool tls_peer_shown(const struct stream_transform *transform, struct tls_peer_failure *failure);

/* What a certificate says, one at a time, in the words of nginx's $ssl_client_… variables. */
enum tls_peer_fact {
    TLS_PEER_SUBJECT, /* RFC 2253 */
    TLS_PEER_ISSUER,
    TLS_PEER_SUBJECT_ONE_LINE, /* "/C=…/CN=…" */
    TLS_PEER_ISSUER_ONE_LINE,
    TLS_PEER_SERIAL,      /* hexadecimal */
    TLS_PEER_FINGERPRINT, /* SHA-1, hexadecimal */
    TLS_PEER_PEM,
    TLS_PEER_START, /* "Nov 22 12:00:00 2026 GMT" */
    TLS_PEER_END,
    TLS_PEER_DAYS_LEFT,
};

/* at == NULL: the client has shown none. */
struct slice tls_peer_fact(const struct stream_transform *transform, enum tls_peer_fact fact,
                           struct arena *arena);
