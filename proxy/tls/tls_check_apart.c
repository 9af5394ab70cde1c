#include "conf/conf_sources.h"
#include "tls/tls_check.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* The parent reads nothing but this, and the two texts behind it. */
struct verdict {
    size_t fingerprint_len, why_len;
    bool matches;
};

#define ANSWER_MAX 1024

static struct slice read_key(int fd)
{
    char *memory = memory_alloc(CONF_SECRET_MAX_BYTES);
    size_t len = 0;
    ssize_t got;

    do {
        got = pread(fd, memory + len, CONF_SECRET_MAX_BYTES - len, (off_t)len);
        len += got > 0 ? (size_t)got : 0;
    } while (got > 0 || (got < 0 && errno == EINTR));
    return (struct slice){memory, len};
}

_Noreturn static void check(struct slice certificate_pem, int key_fd, int out)
{
    char answer[ANSWER_MAX];
    struct slice fingerprint = SLICE_NONE, why = SLICE_NONE;
    struct verdict verdict = {0};
    struct arena arena;
    size_t len = sizeof verdict;

    arena_init(&arena, ARENA_UNLIMITED);
    verdict.matches = tls_check_key(certificate_pem, read_key(key_fd), &arena, &fingerprint, &why);
    fingerprint = slice_part(fingerprint, 0, 128);
    why = slice_part(why, 0, 512);
    verdict.fingerprint_len = fingerprint.len;
    verdict.why_len = why.len;
    memcpy(answer, &verdict, sizeof verdict);
    if (fingerprint.len > 0)
        memcpy(answer + len, fingerprint.at, fingerprint.len);
    len += fingerprint.len;
    if (why.len > 0)
        memcpy(answer + len, why.at, why.len);
    len += why.len;
    _exit(write(out, answer, len) == (ssize_t)len ? 0 : 1); /* and no page of it is left */
}

static size_t hear(int in, char answer[ANSWER_MAX])
{
    size_t len = 0;
    ssize_t got;

    do {
        got = read(in, answer + len, ANSWER_MAX - len);
        len += got > 0 ? (size_t)got : 0;
    } while ((got > 0 && len < ANSWER_MAX) || (got < 0 && errno == EINTR));
    return len;
}

static bool take(struct slice answer, struct arena *arena, struct slice *key_fingerprint,
                 struct slice *why)
{
    struct verdict verdict;

    *why = SLICE("the process that was to check it failed");
    if (answer.len < sizeof verdict)
        return false;
    memcpy(&verdict, answer.at, sizeof verdict);
    answer = slice_from(answer, sizeof verdict);
    *key_fingerprint = arena_keep(arena, slice_part(answer, 0, verdict.fingerprint_len));
    *why = arena_keep(arena, slice_from(answer, verdict.fingerprint_len));
    return verdict.matches;
}

bool tls_check_key_apart(struct slice certificate_pem, int key_fd, struct arena *arena,
                         struct slice *key_fingerprint, struct slice *why)
{
    char answer[ANSWER_MAX];
    int ends[2];
    size_t len;
    pid_t pid;

    *why = SLICE("there can be no process to check it");
    if (pipe(ends) != 0)
        return false;
    pid = fork();
    if (pid == 0)
        check(certificate_pem, key_fd, ends[1]);
    close(ends[1]);
    len = pid > 0 ? hear(ends[0], answer) : 0;
    close(ends[0]);
    if (pid < 0)
        return false;
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
    return take((struct slice){answer, len}, arena, key_fingerprint, why);
}
