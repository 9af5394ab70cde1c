#include "ipc/messages.h"

#include "base/ensure.h"

static const struct {
    const char *name;
    enum role sender, receiver;
    size_t smallest, largest;
    bool descriptor;
} messages[] = {
#define NO_DESCRIPTOR  false
#define ONE_DESCRIPTOR true
#define MESSAGE(name, sender, receiver, smallest, largest, descriptor)                             \
    {#name, ROLE_##sender, ROLE_##receiver, smallest, largest, descriptor},
#include "ipc/messages.def"
#undef MESSAGE
};

#define MESSAGE(name, sender, receiver, smallest, largest, descriptor)                             \
    _Static_assert((smallest) <= (largest) && (largest) <= MESSAGE_BODY_MAX, #name);
#include "ipc/messages.def"
#undef MESSAGE

enum message_fault message_check(struct slice datagram, enum role sender, enum role receiver,
                                 bool has_descriptor, enum message *message, struct slice *body)
{
    uint32_t number;
    struct slice rest;

    if (datagram.len < MESSAGE_HEAD_BYTES)
        return MESSAGE_SHORT;
    memcpy(&number, datagram.at, sizeof number);
    if (number >= MESSAGE_COUNT)
        return MESSAGE_UNKNOWN;
    if (messages[number].sender != sender || messages[number].receiver != receiver)
        return MESSAGE_WRONG_SENDER;
    rest = slice_from(datagram, MESSAGE_HEAD_BYTES);
    if (rest.len < messages[number].smallest || rest.len > messages[number].largest)
        return MESSAGE_WRONG_SIZE;
    if (messages[number].descriptor != has_descriptor)
        return MESSAGE_WRONG_DESCRIPTOR;
    *message = (enum message)number;
    *body = rest;
    return MESSAGE_GOOD;
}

const char *message_fault_words(enum message_fault fault)
{
    switch (fault) {
    case MESSAGE_GOOD:
        return "good";
    case MESSAGE_SHORT:
        return "sent less than a message";
    case MESSAGE_UNKNOWN:
        return "sent an unknown message";
    case MESSAGE_WRONG_SENDER:
        return "sent a message that is not for it to send";
    case MESSAGE_WRONG_SIZE:
        return "sent a message of the wrong size";
    case MESSAGE_WRONG_DESCRIPTOR:
        return "sent a descriptor too many or too few";
    }
    ensure(!"unreachable");
    return "";
}

const char *message_name(enum message message)
{
    ensure(message < MESSAGE_COUNT);
    return messages[message].name;
}
