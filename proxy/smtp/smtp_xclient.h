#pragma once

#include "base/address.h"
#include "base/slice.h"
#include "base/text.h"

#include <stdbool.h>
#include <stdint.h>

/* The XCLIENT command: how a backend learns who is really there. Pure. See
 * https://www.postfix.org/XCLIENT_README.html, and mail that got through without it. */

#define SMTP_XCLIENT_LINE_MAX 512

enum smtp_xclient_attribute {
    SMTP_XCLIENT_ADDR = 1 << 0,
    SMTP_XCLIENT_NAME = 1 << 1,
    SMTP_XCLIENT_REVERSE_NAME = 1 << 2,
    SMTP_XCLIENT_PORT = 1 << 3,
    SMTP_XCLIENT_DESTADDR = 1 << 4,
    SMTP_XCLIENT_DESTPORT = 1 << 5,
};

/* The attributes of an EHLO line "XCLIENT NAME ADDR …" that frontd can fill in. `words`: behind
 * XCLIENT. */
uint32_t smtp_xclient_announced(struct slice words);

enum smtp_name_state {
    SMTP_NAME_NONE,        /* there is no such name: [UNAVAILABLE] */
    SMTP_NAME_UNKNOWN_NOW, /* DNS did not answer: [TEMPUNAVAIL] */
    SMTP_NAME_UNCONFIRMED, /* a PTR whose addresses do not include the client's */
    SMTP_NAME_CONFIRMED,
};

struct smtp_identity {
    bool is_vouched;        /* false: ADDR=[UNAVAILABLE], so that nobody trusts it */
    struct address address; /* of the client, with its port */
    struct address local;   /* where it connected to */
    enum smtp_name_state name_state;
    struct slice name; /* from DNS; checked again here */
};

/* Writes the one line with CRLF, ADDR first, only what is announced, at most 512 bytes. False, and
 * nothing is written, when the backend does not take ADDR and NAME: half an identity is worse than
 * none, since the backend keeps its own idea (frontd's address) of the rest. */
bool smtp_xclient_write(const struct smtp_identity *identity, uint32_t announced, struct text *text)
    __attribute__((warn_unused_result));
