#include "ipc/channel.h"

#include "base/arena.h"
#include "base/ensure.h"
#include "os/descriptor.h"

#include <unistd.h>

/* So that a chatty other end cannot keep us from our own work. */
#define MESSAGES_A_TURN 16

struct channel {
    struct loop *loop;
    struct loop_watch *watch; /* NULL: ended */
    const struct channel_events *events;
    void *owner;
    int fd; /* -1: closed by us */
    enum role self, other;
};

static void stop_reading(struct channel *channel)
{
    if (channel->watch != NULL)
        loop_unwatch(channel->watch);
    channel->watch = NULL;
}

static void end(struct channel *channel, const char *why)
{
    stop_reading(channel);
    channel->events->closed(channel->owner, why);
}

static void deliver(struct channel *channel, struct slice datagram, int fd)
{
    enum message message;
    struct slice body;
    enum message_fault fault =
        message_check(datagram, channel->other, channel->self, fd >= 0, &message, &body);

    if (fault == MESSAGE_GOOD) {
        channel->events->message(channel->owner, message, body, fd);
        return;
    }
    if (fd >= 0)
        close(fd);
    end(channel, message_fault_words(fault));
}

static void on_readable(void *owner)
{
    struct channel *channel = owner;
    char datagram[MESSAGE_HEAD_BYTES + MESSAGE_BODY_MAX];

    for (int i = 0; i < MESSAGES_A_TURN && channel->watch != NULL; i++) {
        size_t len;
        int fd;

        switch (descriptor_receive(channel->fd, datagram, sizeof datagram, &len, &fd)) {
        case DESCRIPTOR_OK:
            deliver(channel, (struct slice){datagram, len}, fd);
            break;
        case DESCRIPTOR_WAIT:
            return;
        case DESCRIPTOR_ENDED:
            end(channel, NULL);
            return;
        case DESCRIPTOR_BROKEN:
            end(channel, "sent something that is no message");
            return;
        }
    }
}

struct channel *channel_new(struct loop *loop, int fd, enum role self, enum role other,
                            const struct channel_events *events, void *owner)
{
    struct channel *channel = memory_zero(sizeof *channel);

    *channel = (struct channel){
        .loop = loop, .events = events, .owner = owner, .fd = fd, .self = self, .other = other};
    channel->watch = loop_watch_readable(loop, fd, on_readable, channel);
    return channel;
}

bool channel_send(struct channel *channel, enum message message, struct slice body, int fd)
{
    char datagram[MESSAGE_HEAD_BYTES + MESSAGE_BODY_MAX];
    uint32_t number = message;
    enum message same;
    struct slice bytes = {datagram, sizeof number + body.len}, rest;

    ensure(body.len <= MESSAGE_BODY_MAX);
    memcpy(datagram, &number, sizeof number);
    if (body.len > 0)
        memcpy(datagram + sizeof number, body.at, body.len);
    ensure(message_check(bytes, channel->self, channel->other, fd >= 0, &same, &rest) ==
           MESSAGE_GOOD);
    return descriptor_send(channel->fd, bytes, fd) == DESCRIPTOR_OK;
}

bool channel_send_number(struct channel *channel, enum message message, uint32_t number, int fd)
{
    return channel_send(channel, message, (struct slice){(const char *)&number, sizeof number}, fd);
}

uint32_t channel_number(struct slice body)
{
    uint32_t number;

    ensure(body.len == sizeof number);
    memcpy(&number, body.at, sizeof number);
    return number;
}

void channel_close(struct channel **channel_place)
{
    struct channel *channel = *channel_place;

    if (channel == NULL)
        return;
    *channel_place = NULL;
    stop_reading(channel);
    close(channel->fd);
    channel->fd = -1;
    loop_retire(channel->loop, channel);
}
