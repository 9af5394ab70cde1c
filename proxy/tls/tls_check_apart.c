#include "conf/conf_sources.h"
#include "os/descriptor.h"
#include "tls/tls_check.h"
#include "tls/tls_internal.h"
#include "tls/tls_key.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/x509.h>

/* The helper gets a descriptor, and answers with one datagram: IS_KEY and the public half
 * (SubjectPublicKeyInfo), or IS_NONE and why. */
#define IS_KEY     'k'
#define IS_NONE    'n'

#define ANSWER_MAX 8192 /* RSA of 16384 bits has 2 KiB */

static struct slice read_key(int fd, char memory[CONF_SECRET_MAX_BYTES])
{
    size_t len = 0;
    ssize_t got;

    do {
        got = pread(fd, memory + len, CONF_SECRET_MAX_BYTES - len, (off_t)len);
        len += got > 0 ? (size_t)got : 0;
    } while (got > 0 || (got < 0 && errno == EINTR));
    return (struct slice){memory, len};
}

static size_t look_at(int fd, char answer[ANSWER_MAX])
{
    char memory[CONF_SECRET_MAX_BYTES];
    unsigned char *der = NULL;
    struct slice why;
    EVP_PKEY *key = tls_key_read(read_key(fd, memory), &why);
    int len = key == NULL ? 0 : i2d_PUBKEY(key, &der);

    if (key != NULL && (len <= 0 || len >= ANSWER_MAX))
        why = SLICE("the private key is damaged or of an unknown kind");
    if (len > 0 && len < ANSWER_MAX)
        why = (struct slice){(const char *)der, (size_t)len};
    answer[0] = key != NULL && why.at == (const char *)der ? IS_KEY : IS_NONE;
    memcpy(answer + 1, why.at, why.len);
    OPENSSL_free(der);
    EVP_PKEY_free(key);
    return why.len + 1;
}

/* Until our parent closes its end; no page of this process is left then. */
_Noreturn static void help(int socket)
{
    struct pollfd wait = {.fd = socket, .events = POLLIN};
    char answer[ANSWER_MAX], question[1];
    size_t len;
    int fd;

    for (;;) {
        (void)poll(&wait, 1, -1);
        switch (descriptor_receive(socket, question, sizeof question, &len, &fd)) {
        case DESCRIPTOR_OK:
            len = look_at(fd, answer);
            close(fd);
            if (send(socket, answer, len, MSG_NOSIGNAL) < 0)
                _exit(1);
            break;
        case DESCRIPTOR_WAIT:
            break;
        default:
            _exit(0);
        }
    }
}

static bool start_helper(struct conf_sources *sources)
{
    int pair[2];

    if (sources->helper >= 0)
        return true;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
        return false;
    sources->helper_pid = fork();
    if (sources->helper_pid == 0) {
        close(pair[0]);
        help(pair[1]);
    }
    close(pair[1]);
    if (sources->helper_pid < 0)
        close(pair[0]);
    else
        sources->helper = pair[0];
    return sources->helper >= 0;
}

static ssize_t ask(int socket, int key_fd, char answer[ANSWER_MAX])
{
    ssize_t got;

    if (descriptor_send(socket, SLICE("?"), key_fd) != DESCRIPTOR_OK)
        return -1;
    do
        got = recv(socket, answer, ANSWER_MAX, 0);
    while (got < 0 && errno == EINTR);
    return got;
}

bool tls_check_key_apart(struct conf_sources *sources, struct slice certificate_pem, int key_fd,
                         struct arena *arena, struct slice *key_fingerprint, struct slice *why)
{
    char answer[ANSWER_MAX];
    const unsigned char *der = (const unsigned char *)answer + 1;
    EVP_PKEY *key;
    ssize_t got = start_helper(sources) ? ask(sources->helper, key_fd, answer) : -1;
    bool matches;

    *why = SLICE("the process that was to look at it failed");
    if (got <= 1)
        return false;
    if (answer[0] != IS_KEY) {
        *why = arena_keep(arena, (struct slice){answer + 1, (size_t)got - 1});
        return false;
    }
    key = d2i_PUBKEY(NULL, &der, got - 1);
    matches = key != NULL && tls_check_pair(certificate_pem, key, arena, key_fingerprint, why);
    EVP_PKEY_free(key);
    return matches;
}
