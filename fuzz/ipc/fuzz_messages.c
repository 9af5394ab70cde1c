#include "base/ensure.h"
#include "ipc/messages.h"

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first byte says who sends to whom, and whether a descriptor comes with it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice datagram;
    struct slice body = SLICE_NONE;
    enum message message = MESSAGE_COUNT;
    enum role sender, receiver;
    enum message_fault fault;

    if (size == 0)
        return 0;
    datagram = (struct slice){(const char *)data + 1, size - 1};
    sender = data[0] & 1 ? ROLE_MASTER : ROLE_WORKER;
    receiver = data[0] & 2 ? ROLE_WORKER : ROLE_MASTER;
    fault = message_check(datagram, sender, receiver, (data[0] & 4) != 0, &message, &body);
    if (fault == MESSAGE_GOOD) {
        ensure(message < MESSAGE_COUNT && sender != receiver);
        ensure(body.len <= MESSAGE_BODY_MAX && body.len + MESSAGE_HEAD_BYTES == datagram.len);
    } else {
        ensure(message == MESSAGE_COUNT && body.at == NULL);
    }
    ensure(message_fault_words(fault) != NULL);
    return 0;
}
