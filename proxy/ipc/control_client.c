#include "ipc/control_client.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define ANSWER_MAX (64 * 1024 + 1024)
#define PATIENCE_S 120

static int connect_to(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const struct timeval patience = {.tv_sec = PATIENCE_S};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -1;
    if (snprintf(address.sun_path, sizeof address.sun_path, "%s", path) >=
            (int)sizeof address.sun_path ||
        connect(fd, (const struct sockaddr *)&address, sizeof address) != 0) {
        int error = errno;

        close(fd);
        errno = error;
        return -1;
    }
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    return fd;
}

static bool send_line(int fd, const char *word)
{
    char line[CONTROL_LINE_MAX];
    int len = snprintf(line, sizeof line, "%s\n", word);

    return send(fd, line, (size_t)len, MSG_NOSIGNAL) == len;
}

static struct slice read_answer(int fd, char *memory, size_t capacity)
{
    size_t len = 0;

    while (len < capacity) {
        ssize_t got = recv(fd, memory + len, capacity - len, 0);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        len += (size_t)got;
    }
    return (struct slice){memory, len};
}

static void put(int fd, struct slice bytes)
{
    while (bytes.len > 0) {
        ssize_t wrote = write(fd, bytes.at, bytes.len);

        if (wrote <= 0)
            return;
        bytes = slice_from(bytes, (size_t)wrote);
    }
}

static enum control_answer judge(struct slice answer, int out, int err)
{
    struct slice body = answer, last;
    size_t end;

    if (!slice_ends(answer, SLICE("\n")))
        return CONTROL_NO_DAEMON;
    end = slice_find_last(slice_part(answer, 0, answer.len - 1), '\n');
    last = end == SLICE_NOT_FOUND ? answer : slice_from(answer, end + 1);
    body.len -= last.len;
    put(out, body);
    if (slice_equal(last, SLICE("ok\n")))
        return CONTROL_DONE;
    put(err, last);
    return CONTROL_REFUSED;
}

enum control_answer control_ask(const char *path, enum control_command command, int out, int err)
{
    char memory[ANSWER_MAX];
    enum control_answer answer = CONTROL_NO_DAEMON;
    int fd = connect_to(path);

    if (fd < 0)
        return errno == EACCES || errno == EPERM ? CONTROL_NOT_ALLOWED : CONTROL_NO_DAEMON;
    if (send_line(fd, control_command_name(command)))
        answer = judge(read_answer(fd, memory, sizeof memory), out, err);
    close(fd);
    return answer;
}
