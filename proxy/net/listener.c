#include "net/listener.h"

#include "base/arena.h"
#include "net/loop_private.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <unistd.h>

#define ACCEPTS_A_TURN     64
#define EXHAUSTED_PAUSE_MS 100

struct listener {
    struct loop *loop;
    int fd;
    void (*accepted)(void *owner, int fd, const struct address *client);
    void (*exhausted)(void *owner, int error);
    void *owner;
    struct event event;
    struct deadline pause;
    bool stopped;
};

/* Errors that belong to one connection that is already gone: accept(2). */
static bool is_of_one_connection(int error)
{
    return error == ECONNABORTED || error == EPROTO || error == EINTR || error == ENETDOWN ||
           error == EHOSTUNREACH || error == ENETUNREACH || error == EPERM;
}

static void on_pause_over(void *owner)
{
    struct listener *listener = owner;

    event_add(&listener->event, NULL);
}

/* Out of descriptors or memory: the queue stays readable, so stop looking at it for a while. */
static void take_a_pause(struct listener *listener, int error)
{
    event_del(&listener->event);
    deadline_set(listener->loop, &listener->pause, EXHAUSTED_PAUSE_MS);
    listener->exhausted(listener->owner, error);
}

static bool accept_one(struct listener *listener)
{
    struct sockaddr_storage from;
    socklen_t len = sizeof from;
    struct address client;
    int fd = accept4(listener->fd, (struct sockaddr *)&from, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);

    if (fd >= 0) {
        address_from_socket((const struct sockaddr *)&from, &client);
        listener->accepted(listener->owner, fd, &client);
        return true;
    }
    if (is_of_one_connection(errno))
        return true;
    if (errno != EAGAIN)
        take_a_pause(listener, errno);
    return false;
}

static void on_acceptable(evutil_socket_t fd, short what, void *owner)
{
    struct listener *listener = owner;
    struct loop *loop = listener->loop;

    (void)fd;
    (void)what;
    for (int i = 0; i < ACCEPTS_A_TURN && !listener->stopped; i++)
        if (!accept_one(listener))
            break;
    loop_settle(loop);
}

struct listener *listener_start(struct loop *loop, int fd,
                                void (*accepted)(void *owner, int fd, const struct address *client),
                                void (*exhausted)(void *owner, int error), void *owner)
{
    struct listener *listener = memory_zero(sizeof *listener);
    int on = 1;

    listener->loop = loop;
    listener->fd = fd;
    listener->accepted = accepted;
    listener->exhausted = exhausted;
    listener->owner = owner;
    deadline_init(&listener->pause, on_pause_over, listener);
    /* Linux hands it down to every accepted socket, so it costs nothing per connection. */
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    event_assign(&listener->event, loop->base, fd, EV_READ | EV_PERSIST, on_acceptable, listener);
    event_add(&listener->event, NULL);
    return listener;
}

void listener_stop(struct listener **handle)
{
    struct listener *listener = *handle;

    *handle = NULL;
    if (listener == NULL)
        return;
    listener->stopped = true;
    event_del(&listener->event);
    deadline_clear(&listener->pause);
    close(listener->fd);
    loop_retire(listener->loop, listener);
}
