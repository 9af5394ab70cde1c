#include "process/keyholder_serve.h"

#include "base/ensure.h"
#include "ipc/messages.h"
#include "os/descriptor.h"
#include "tls/tls_sign_parse.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define WAITING_MAX       64
#define TOO_MANY_PAUSE_NS 10000000

struct key_channel {
    int fd;
    uint32_t number; /* the master's */
};

static struct keyholder {
    struct keyholder_pool pool;
    bool *allowed; /* every worker serves every listener, and so may use every key */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct key_channel *waiting; /* for a thread: all workers' may come at once */
    size_t waiting_count, waiting_most;
} keyholder = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static void tell(enum message message, uint32_t number)
{
    uint32_t numbers[] = {message, number};

    (void)!descriptor_send(keyholder.pool.control,
                           (struct slice){(const char *)numbers, sizeof numbers}, -1);
}

bool keyholder_bucket_take(struct keyholder_bucket *bucket, uint64_t now_ms)
{
    uint64_t new = (now_ms - bucket->at_ms) * KEYHOLDER_RATE / 1000;

    if (new > 0) {
        bucket->tokens = new + bucket->tokens > KEYHOLDER_RATE ? KEYHOLDER_RATE
                                                               : bucket->tokens + (uint32_t) new;
        bucket->at_ms = now_ms;
    }
    if (bucket->tokens == 0)
        return false;
    bucket->tokens--;
    return true;
}

static uint64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* One datagram; 0: the other end is closed; -1: it is too long, or a descriptor came with it. */
static ssize_t hear(int fd, char datagram[TLS_SIGN_REQUEST_MAX])
{
    struct iovec part = {datagram, TLS_SIGN_REQUEST_MAX};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    ssize_t got;

    do
        got = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return 0;
    return (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0 ? -1 : got;
}

static bool say(int fd, const char *answer, size_t len)
{
    return send(fd, answer, len, MSG_NOSIGNAL) == (ssize_t)len;
}

/* Who asks too often waits for his answer: it takes nothing from those who sign for others. */
static void slow_down(void)
{
    const struct timespec pause = {.tv_nsec = TOO_MANY_PAUSE_NS};

    (void)clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
}

/* Until its worker closes it, or sends what is no request. */
static void serve_channel(struct tls_signing *signing, const struct key_channel *channel)
{
    struct keyholder_bucket bucket = {now_ms(), KEYHOLDER_RATE};
    char datagram[TLS_SIGN_REQUEST_MAX], answer[TLS_SIGN_ANSWER_MAX];
    ssize_t got;

    while ((got = hear(channel->fd, datagram)) != 0) {
        bool too_many = !keyholder_bucket_take(&bucket, now_ms());
        size_t len = got < 0 ? 0
                             : tls_signing_answer(signing, keyholder.allowed, too_many,
                                                  (struct slice){datagram, (size_t)got}, answer);

        if (too_many)
            slow_down();
        if (len == 0) {
            tell(MESSAGE_HOLDER_REFUSED, channel->number);
            break;
        }
        if (!say(channel->fd, answer, len))
            break;
    }
    close(channel->fd);
}

static struct key_channel next_channel(void)
{
    struct key_channel channel;

    pthread_mutex_lock(&keyholder.lock);
    while (keyholder.waiting_count == 0)
        pthread_cond_wait(&keyholder.changed, &keyholder.lock);
    channel = keyholder.waiting[0];
    keyholder.waiting_count--;
    memmove(keyholder.waiting, keyholder.waiting + 1,
            keyholder.waiting_count * sizeof *keyholder.waiting);
    pthread_mutex_unlock(&keyholder.lock);
    return channel;
}

static void *run(void *owner)
{
    struct tls_signing *signing = tls_signing_new(keyholder.pool.signer);

    (void)owner;
    for (;;) {
        struct key_channel channel = next_channel();

        serve_channel(signing, &channel);
    }
    return NULL;
}

static bool start_thread(char *stack)
{
    pthread_attr_t attributes;
    pthread_t thread;
    bool started;

    pthread_attr_init(&attributes);
    started = pthread_attr_setstack(&attributes, stack, keyholder.pool.stack_bytes) == 0 &&
              pthread_create(&thread, &attributes, run, NULL) == 0;
    pthread_attr_destroy(&attributes);
    return started;
}

const char *keyholder_threads_start(const struct keyholder_pool *pool)
{
    keyholder.pool = *pool;
    keyholder.allowed = malloc(pool->keys + 1);
    ensure(keyholder.allowed != NULL);
    memset(keyholder.allowed, true, pool->keys + 1);
    keyholder.waiting_most = KEYHOLDER_WAITING(pool->threads);
    keyholder.waiting = calloc(keyholder.waiting_most, sizeof *keyholder.waiting);
    ensure(keyholder.waiting != NULL);
    for (size_t i = 0; i < pool->threads; i++)
        if (!start_thread(pool->stacks + i * pool->stack_bytes))
            return "there can be no thread";
    return NULL;
}

static void take_channel(int fd, uint32_t number)
{
    pthread_mutex_lock(&keyholder.lock);
    if (keyholder.waiting_count < keyholder.waiting_most)
        keyholder.waiting[keyholder.waiting_count++] = (struct key_channel){fd, number};
    else
        close(fd); /* its worker tells the master */
    pthread_cond_signal(&keyholder.changed);
    pthread_mutex_unlock(&keyholder.lock);
}

static void pong(void)
{
    const uint32_t message = MESSAGE_HOLDER_PONG;

    (void)!descriptor_send(keyholder.pool.control,
                           (struct slice){(const char *)&message, sizeof message}, -1);
}

/* False: it is over. */
static bool take_message(void)
{
    char datagram[MESSAGE_HEAD_BYTES + MESSAGE_BODY_MAX];
    struct slice body;
    enum message message;
    uint32_t number;
    size_t len;
    int fd;

    switch (descriptor_receive(keyholder.pool.control, datagram, sizeof datagram, &len, &fd)) {
    case DESCRIPTOR_OK:
        break;
    case DESCRIPTOR_WAIT:
        return true;
    default:
        return false;
    }
    if (message_check((struct slice){datagram, len}, ROLE_MASTER, ROLE_HOLDER, fd >= 0, &message,
                      &body) != MESSAGE_GOOD)
        return false;
    if (message == MESSAGE_HOLDER_PING) {
        pong();
        return true;
    }
    ensure(message == MESSAGE_HOLDER_SERVE); /* there is no other */
    memcpy(&number, body.at, sizeof number);
    take_channel(fd, number);
    return true;
}

void keyholder_serve(void)
{
    struct pollfd control = {.fd = keyholder.pool.control, .events = POLLIN};

    do
        (void)poll(&control, 1, -1);
    while (take_message());
    _exit(0);
}
