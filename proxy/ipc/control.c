#include "ipc/control.h"

#include "base/arena.h"
#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define ANSWER_MAX      65536
#define CLIENTS_MAX     16
#define CLIENT_PATIENCE 5000 /* ms to send the line */

struct control_client {
    struct control *control;
    struct control_client *next;
    struct loop_watch *watch;
    struct deadline deadline;
    int fd;
    bool asked; /* its command is being worked on */
    size_t line_len;
    char line[CONTROL_LINE_MAX];
    struct text answer;
};

struct control {
    struct loop *loop;
    struct loop_watch *watch;
    void (*command)(void *owner, struct control_client *client, enum control_command command);
    void *owner;
    struct control_client *clients;
    size_t client_count;
    int fd;
    char path[sizeof((struct sockaddr_un *)NULL)->sun_path];
};

static const char *const command_names[] = {
    [CONTROL_RELOAD] = "reload", [CONTROL_REOPEN] = "reopen", [CONTROL_QUIT] = "quit",
    [CONTROL_STOP] = "stop",     [CONTROL_STATUS] = "status",
};
_Static_assert(sizeof command_names / sizeof *command_names == CONTROL_COMMAND_COUNT, "names");

const char *control_command_name(enum control_command command)
{
    return command_names[command];
}

bool control_command_parse(struct slice word, enum control_command *command)
{
    for (size_t i = 0; i < CONTROL_COMMAND_COUNT; i++) {
        if (slice_equal(word, slice_of(command_names[i]))) {
            *command = (enum control_command)i;
            return true;
        }
    }
    return false;
}

/* The one end of a client. */
static void client_free(struct control_client *client)
{
    struct control_client **place = &client->control->clients;

    while (*place != client)
        place = &(*place)->next;
    *place = client->next;
    client->control->client_count--;
    if (client->watch != NULL)
        loop_unwatch(client->watch);
    deadline_clear(&client->deadline);
    close(client->fd);
    free(client->answer.at);
    loop_retire(client->control->loop, client);
}

void control_say(struct control_client *client, struct slice line)
{
    text_add(&client->answer, line);
    text_byte(&client->answer, '\n');
}

/* Without waiting: an answer fits into the socket's buffer, and who does not read gets nothing. */
static void send_answer(const struct control_client *client, struct slice bytes)
{
    ssize_t sent = send(client->fd, bytes.at, bytes.len, MSG_DONTWAIT | MSG_NOSIGNAL);

    if (sent >= 0 && (size_t)sent < bytes.len)
        shutdown(client->fd, SHUT_WR);
}

void control_finish(struct control_client *client, const char *error)
{
    char last[512];
    int len = error == NULL ? snprintf(last, sizeof last, "ok\n")
                            : snprintf(last, sizeof last, "error: %s\n", error);

    if (len >= (int)sizeof last)
        len = (int)sizeof last - 1;
    send_answer(client, text_slice(&client->answer));
    send_answer(client, (struct slice){last, (size_t)len});
    client_free(client);
}

static void on_line(struct control_client *client, struct slice line)
{
    enum control_command command;

    client->asked = true;
    deadline_clear(&client->deadline);
    if (slice_ends(line, SLICE("\r")))
        line.len--;
    if (!control_command_parse(line, &command))
        control_finish(client, "unknown command; there are reload, reopen, quit, stop, status");
    else
        client->control->command(client->control->owner, client, command);
}

/* While a command is worked on, its client may say nothing more; leaving is its right and changes
 * nothing: the answer goes nowhere then. */
static void on_client_readable(void *owner)
{
    struct control_client *client = owner;
    ssize_t got = recv(client->fd, client->line + client->line_len,
                       sizeof client->line - client->line_len, MSG_DONTWAIT);
    struct slice rest, line;

    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (client->asked) {
        loop_unwatch(client->watch);
        client->watch = NULL;
        return;
    }
    if (got <= 0) {
        client_free(client);
        return;
    }
    client->line_len += (size_t)got;
    rest = (struct slice){client->line, client->line_len};
    line = slice_cut(&rest, '\n');
    if (rest.at != NULL)
        on_line(client, line);
    else if (client->line_len == sizeof client->line)
        control_finish(client, "the line is too long");
}

static void on_client_expired(void *owner)
{
    client_free(owner);
}

static bool may_command(int fd)
{
    struct ucred who;
    socklen_t len = sizeof who;

    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) == 0 &&
           (who.uid == 0 || who.uid == geteuid());
}

static void on_connection(void *owner)
{
    struct control *control = owner;
    int fd = accept4(control->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    struct control_client *client;

    if (fd < 0)
        return;
    if (control->client_count >= CLIENTS_MAX || !may_command(fd)) {
        close(fd);
        return;
    }
    client = memory_zero(sizeof *client);
    client->control = control;
    client->fd = fd;
    client->answer = text_in(memory_alloc(ANSWER_MAX), ANSWER_MAX);
    client->next = control->clients;
    control->clients = client;
    control->client_count++;
    deadline_init(&client->deadline, on_client_expired, client);
    deadline_set(control->loop, &client->deadline, CLIENT_PATIENCE);
    client->watch = loop_watch_readable(control->loop, fd, on_client_readable, client);
}

static bool answers(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool yes = fd >= 0 && (connect(fd, (const struct sockaddr *)address, sizeof *address) == 0 ||
                           errno == EAGAIN);

    if (fd >= 0)
        close(fd);
    return yes;
}

/* Only a socket is ever removed, never somebody's file. */
static void remove_socket(const char *path)
{
    struct stat status;

    if (lstat(path, &status) == 0 && S_ISSOCK(status.st_mode))
        unlink(path);
}

static bool bind_private(int fd, const struct sockaddr_un *address)
{
    mode_t before = umask(0177);
    bool bound = bind(fd, (const struct sockaddr *)address, sizeof *address) == 0;

    umask(before);
    return bound && listen(fd, CLIENTS_MAX) == 0;
}

enum control_open control_open(struct control **result, struct loop *loop, const char *path,
                               void (*command)(void *owner, struct control_client *client,
                                               enum control_command command),
                               void *owner)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct control *control;
    int fd;

    if (snprintf(address.sun_path, sizeof address.sun_path, "%s", path) >=
        (int)sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return CONTROL_FAILED;
    }
    if (answers(&address))
        return CONTROL_BUSY;
    remove_socket(path);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return CONTROL_FAILED;
    if (!bind_private(fd, &address)) {
        int error = errno;

        close(fd);
        errno = error;
        return CONTROL_FAILED;
    }
    control = memory_zero(sizeof *control);
    *control = (struct control){.loop = loop, .command = command, .owner = owner, .fd = fd};
    memcpy(control->path, address.sun_path, sizeof control->path);
    control->watch = loop_watch_readable(loop, fd, on_connection, control);
    *result = control;
    return CONTROL_OPEN;
}

void control_close(struct control **place)
{
    struct control *control = *place;

    if (control == NULL)
        return;
    *place = NULL;
    while (control->clients != NULL)
        client_free(control->clients);
    loop_unwatch(control->watch);
    close(control->fd);
    remove_socket(control->path);
    loop_retire(control->loop, control);
}
