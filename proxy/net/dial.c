#include "net/dial.h"

#include "base/arena.h"
#include "base/ensure.h"
#include "net/loop_private.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <unistd.h>

struct dial {
    struct loop *loop;
    void (*done)(void *owner, int fd, int error);
    void *owner;
    struct event event;
    struct deadline deadline;
    struct loop_task task; /* for answers that are there at once */
    int fd, error;
    bool waiting; /* the event is registered */
};

static void stop_waiting(struct dial *dial)
{
    if (dial->waiting)
        event_del(&dial->event);
    dial->waiting = false;
    deadline_clear(&dial->deadline);
    loop_task_cancel(&dial->task);
}

static void finish(struct dial *dial, int error)
{
    int fd = dial->fd;

    stop_waiting(dial);
    if (error != 0 && fd >= 0) {
        close(fd);
        fd = -1;
    }
    loop_retire(dial->loop, dial);
    dial->done(dial->owner, fd, error);
}

static void on_writable(evutil_socket_t fd, short what, void *owner)
{
    struct dial *dial = owner;
    struct loop *loop = dial->loop;
    socklen_t len = sizeof(int);
    int error = 0;

    (void)what;
    if (getsockopt((int)fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0)
        error = errno;
    finish(dial, error);
    loop_settle(loop);
}

static void on_deadline(void *owner)
{
    finish(owner, ETIMEDOUT);
}

static void on_task(void *owner)
{
    struct dial *dial = owner;

    finish(dial, dial->error);
}

static int open_socket(const struct address *address)
{
    int on = 1;
    int fd = socket(address->family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd >= 0)
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

/* 0, EINPROGRESS or what went wrong. */
static int begin_connect(int fd, const struct address *address)
{
    struct sockaddr_storage to;
    socklen_t len = address_to_socket(address, &to);

    return connect(fd, (const struct sockaddr *)&to, len) == 0 ? 0 : errno;
}

struct dial *dial_start(struct loop *loop, const struct address *address, uint32_t timeout_ms,
                        void (*done)(void *owner, int fd, int error), void *owner)
{
    struct dial *dial = memory_zero(sizeof *dial);

    dial->loop = loop;
    dial->done = done;
    dial->owner = owner;
    deadline_init(&dial->deadline, on_deadline, dial);
    loop_task_init(&dial->task, on_task, dial);
    dial->fd = open_socket(address);
    dial->error = dial->fd < 0 ? errno : begin_connect(dial->fd, address);
    if (dial->error != EINPROGRESS) {
        loop_defer(loop, &dial->task);
        return dial;
    }
    event_assign(&dial->event, loop->base, dial->fd, EV_WRITE, on_writable, dial);
    event_add(&dial->event, NULL);
    dial->waiting = true;
    deadline_set(loop, &dial->deadline, timeout_ms);
    return dial;
}

void dial_cancel(struct dial **handle)
{
    struct dial *dial = *handle;

    *handle = NULL;
    if (dial == NULL)
        return;
    stop_waiting(dial);
    if (dial->fd >= 0)
        close(dial->fd);
    loop_retire(dial->loop, dial);
}
