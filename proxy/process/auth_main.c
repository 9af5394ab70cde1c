#include "process/auth_main.h"

#include "auth/auth_service.h"
#include "base/ensure.h"
#include "base/text.h"
#include "ipc/channel.h"
#include "os/descriptor.h"
#include "os/privileges.h"
#include "os/sandbox.h"
#include "process/auth_grants.h"
#include "process/worker_arguments.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Questions that may wait for a thread: a few seconds' worth of slow hashes. */
#define QUEUE_MAX 64

struct auth {
    struct loop *loop;
    struct channel *channel; /* NULL: the master is gone */
    struct auth_service *service;
    struct auth_list list;
    uint32_t reached; /* os/sandbox.h */
};

static void say(void *owner, enum log_level level, struct slice line)
{
    struct auth *auth = owner;
    char memory[1024];
    struct text text = text_in(memory, sizeof memory);
    uint32_t number = (uint32_t)level;

    text_add(&text, (struct slice){(const char *)&number, sizeof number});
    text_add(&text, slice_part(line, 0, sizeof memory - sizeof number));
    if (auth->channel != NULL)
        (void)channel_send(auth->channel, MESSAGE_AUTH_SAYS, text_slice(&text), -1);
}

/* Workers outlive a master that died; then we outlive it too, as long as one is left. */
static void on_empty(void *owner)
{
    struct auth *auth = owner;

    if (auth->channel == NULL)
        loop_stop(auth->loop);
}

/* Another process in our place opens the directories that are there now. */
static void on_renew(void *owner)
{
    struct auth *auth = owner;

    if (auth->channel != NULL)
        (void)channel_send(auth->channel, MESSAGE_AUTH_RENEW, SLICE_NONE, -1);
}

static const struct auth_service_events service_events = {say, on_empty, on_renew};

static void pong(struct auth *auth)
{
    uint64_t hashes = auth_service_hashes(auth->service);

    (void)channel_send(auth->channel, MESSAGE_AUTH_PONG,
                       (struct slice){(const char *)&hashes, sizeof hashes}, -1);
}

static void on_message(void *owner, enum message message, struct slice body, int fd)
{
    struct auth *auth = owner;

    (void)body;
    switch (message) {
    case MESSAGE_AUTH_WORKER:
        auth_service_add(auth->service, fd);
        break;
    case MESSAGE_AUTH_PING:
        pong(auth);
        break;
    case MESSAGE_AUTH_STOP:
        loop_stop(auth->loop);
        break;
    default:
        ensure(!"unreachable"); /* the channel lets nothing else through */
    }
}

static void on_closed(void *owner, const char *why)
{
    struct auth *auth = owner;

    (void)why;
    channel_close(&auth->channel);
    if (auth->service == NULL || auth_service_clients(auth->service) == 0)
        loop_stop(auth->loop);
}

static const struct channel_events channel_events = {on_message, on_closed};

static void ignore_signals(void)
{
    static const int ignored[] = {SIGHUP,  SIGINT,  SIGQUIT, SIGTERM,
                                  SIGUSR1, SIGUSR2, SIGPIPE, SIGWINCH};

    for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++)
        signal(ignored[i], SIG_IGN);
}

static size_t thread_count(void)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);

    return processors > 0 ? (size_t)processors : 1;
}

/* False: errno. */
static bool reach_only_passwords(struct auth *auth)
{
    struct auth_grants directories = auth_grants_open(&auth->list);
    const struct sandbox_grants grants = {.readable = directories.directories,
                                          .readable_count = directories.count};
    bool good = sandbox_prepare(&grants, &auth->reached);

    auth_grants_close(&directories);
    return good;
}

/* NULL, or what failed. Privileges go before the threads come, and when they are there there can be
 * no more. */
static const char *start(struct auth *auth, const struct worker_arguments *arguments)
{
    struct slice paths;

    if (!descriptor_map(WORKER_SNAPSHOT_FD, &paths))
        return "cannot read the list of password files";
    close(WORKER_SNAPSHOT_FD);
    auth_list_read(&auth->list, paths);
    if (arguments->has_identity && !privileges_become(&arguments->identity))
        return "cannot become another user";
    if (!reach_only_passwords(auth))
        return "cannot give up privileges";
    auth->service =
        auth_service_new(auth->loop, &auth->list, thread_count(), QUEUE_MAX, &service_events, auth);
    if (auth->service == NULL)
        return "cannot start a thread";
    return sandbox_seal(SANDBOX_AUTH, &auth->reached) ? NULL : "cannot give up privileges";
}

static int serve(struct auth *auth, const struct worker_arguments *arguments)
{
    const char *problem = start(auth, arguments);
    char why[512];

    if (problem != NULL) {
        snprintf(why, sizeof why, "%s: %s", problem, strerror(errno));
        (void)channel_send(auth->channel, MESSAGE_AUTH_FAILED, slice_of(why), -1);
        return 1;
    }
    if (channel_send_number(auth->channel, MESSAGE_AUTH_READY, auth->reached, -1))
        loop_run(auth->loop);
    auth_service_free(auth->service);
    return 0;
}

int auth_main(int count, const char *const *words)
{
    struct worker_arguments arguments;
    struct auth auth = {0};
    int status;

    if (!worker_arguments_read(&arguments, count, words)) {
        fprintf(stderr, "frontd-auth is started by frontd, not by hand\n");
        return 2;
    }
    fcntl(WORKER_CHANNEL_FD, F_SETFD, FD_CLOEXEC);
    fcntl(WORKER_SNAPSHOT_FD, F_SETFD, FD_CLOEXEC);
    ignore_signals();
    auth.loop = loop_new();
    auth.channel =
        channel_new(auth.loop, WORKER_CHANNEL_FD, ROLE_AUTH, ROLE_MASTER, &channel_events, &auth);
    status = serve(&auth, &arguments);
    channel_close(&auth.channel);
    loop_free(auth.loop);
    free(auth.list.files);
    return status;
}
