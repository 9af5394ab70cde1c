#pragma once

#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The rules of messages.def, without any socket. */

enum role {
    ROLE_MASTER,
    ROLE_WORKER,
    ROLE_AUTH,   /* frontd-auth */
    ROLE_HOLDER, /* of keys */
};

enum message {
#define MESSAGE(name, sender, receiver, smallest, largest, descriptor) MESSAGE_##name,
#include "ipc/messages.def"
#undef MESSAGE
    MESSAGE_COUNT
};

/* On the wire: the message's number as uint32_t, then its body. */
#define MESSAGE_HEAD_BYTES sizeof(uint32_t)
#define MESSAGE_BODY_MAX   2048

enum message_fault {
    MESSAGE_GOOD,
    MESSAGE_SHORT,            /* not even a number */
    MESSAGE_UNKNOWN,          /* no such number */
    MESSAGE_WRONG_SENDER,     /* this role may not send it to that one */
    MESSAGE_WRONG_SIZE,       /* outside the row's bounds */
    MESSAGE_WRONG_DESCRIPTOR, /* one came that should not, or none that should */
};

/* Looks at one datagram that came from `sender`. GOOD: *message and *body (inside `datagram`) are
 * set. */
enum message_fault message_check(struct slice datagram, enum role sender, enum role receiver,
                                 bool has_descriptor, enum message *message, struct slice *body);

const char *message_fault_words(enum message_fault fault);
const char *message_name(enum message message);
