#include "base/arena.h"
#include "base/ensure.h"
#include "tls/tls_internal.h"
#include "tls/tls_remote_key.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

#define PATIENCE_S 2

static void take_channel(struct tls_remote *remote, int fd)
{
    const struct timeval patience = {.tv_sec = PATIENCE_S};

    remote->fd = fd;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
}

struct tls_remote *tls_remote_new(int fd, const struct tls_remote_events *events, void *owner)
{
    struct tls_remote *remote = memory_zero(sizeof *remote);

    tls_library_start();
    remote->events = events;
    remote->owner = owner;
    remote->users = 1;
    take_channel(remote, fd);
    tls_remote_open_provider(remote);
    return remote;
}

static void drop_channel(struct tls_remote *remote)
{
    if (remote->fd >= 0)
        close(remote->fd);
    remote->fd = -1;
}

void tls_remote_renew(struct tls_remote *remote, int fd)
{
    drop_channel(remote);
    take_channel(remote, fd);
}

void tls_remote_set_aside(struct tls_remote *remote)
{
    remote->events = NULL;
}

void tls_remote_set_up(struct tls_remote *remote, const struct tls_remote_events *events)
{
    remote->events = events;
}

struct tls_remote *tls_remote_keep(struct tls_remote *remote)
{
    remote->users++;
    return remote;
}

void tls_remote_free(struct tls_remote *remote)
{
    if (remote == NULL || --remote->users > 0)
        return;
    drop_channel(remote);
    tls_remote_close_provider(remote);
    free(remote);
}

static bool lose(struct tls_remote *remote, const char *why)
{
    drop_channel(remote);
    if (remote->events != NULL)
        remote->events->lost(remote->owner, why);
    return false;
}

static bool ask(struct tls_remote *remote, uint16_t key, uint16_t scheme, struct slice text)
{
    char head[TLS_SIGN_HEAD_BYTES];
    struct iovec parts[] = {
        {head,                       sizeof head},
        {(void *)(uintptr_t)text.at, text.len   }
    };
    const struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    ssize_t sent;

    tls_sign_write_request(head, remote->next, key, scheme, text.len);
    do
        sent = sendmsg(remote->fd, &message, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent > 0;
}

static ssize_t hear(struct tls_remote *remote, char memory[TLS_SIGN_ANSWER_MAX])
{
    ssize_t got;

    do
        got = recv(remote->fd, memory, TLS_SIGN_ANSWER_MAX, MSG_TRUNC);
    while (got < 0 && errno == EINTR);
    return got;
}

bool tls_remote_sign(struct tls_remote *remote, uint16_t key, uint16_t scheme, struct slice text,
                     char memory[TLS_SIGN_ANSWER_MAX], struct slice *signature)
{
    uint16_t status;
    ssize_t got;

    if (remote->fd < 0 || text.len > TLS_SIGN_TEXT_MAX)
        return false;
    remote->next++;
    if (!ask(remote, key, scheme, text))
        return lose(remote, "the key holder has closed the channel");
    got = hear(remote, memory);
    if (got <= 0)
        return lose(remote, got < 0 && errno == EAGAIN ? "the key holder does not answer"
                                                       : "the key holder has closed the channel");
    if (got > TLS_SIGN_ANSWER_MAX || !tls_sign_parse_answer((struct slice){memory, (size_t)got},
                                                            remote->next, &status, signature))
        return lose(remote, "the key holder answers nonsense");
    return status == TLS_SIGN_DONE;
}
