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

/* The helper gets PASSPHRASES with a descriptor, or not, and then KEY with one, and answers that
 * with one datagram: IS_KEY and the public half (SubjectPublicKeyInfo), or IS_NONE and why. */
#define PASSPHRASES 'p'
#define KEY         'q'

#define IS_KEY      'k'
#define IS_NONE     'n'

#define ANSWER_MAX  8192 /* RSA of 16384 bits has 2 KiB */

/* -1: no bytes */
static struct slice read_secret(int fd, char memory[CONF_SECRET_MAX_BYTES])
{
    size_t len = 0;
    ssize_t got = -1;

    if (fd < 0)
        return SLICE_NONE;

    do {
        got = pread(fd, memory + len, CONF_SECRET_MAX_BYTES - len, (off_t)len);
        len += got > 0 ? (size_t)got : 0;
    } while (got > 0 || (got < 0 && errno == EINTR));
    return (struct slice){memory, len};
}

static EVP_PKEY *read_key(int key_fd, int passphrases_fd, struct slice *why)
{
    char key_text[CONF_SECRET_MAX_BYTES], passphrases[CONF_SECRET_MAX_BYTES];
    EVP_PKEY *key =
        tls_key_read(read_secret(key_fd, key_text), read_secret(passphrases_fd, passphrases), why);

    explicit_bzero(key_text, sizeof key_text);
    explicit_bzero(passphrases, sizeof passphrases);
    return key;
}

static size_t look_at(int key_fd, int passphrases_fd, char answer[ANSWER_MAX])
{
    unsigned char *der = NULL;
    struct slice why;
    EVP_PKEY *key = read_key(key_fd, passphrases_fd, &why);
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

/* Closes both; pass phrases are for one key. */
static void answer_about(int socket, int key, int *passphrases)
{
    char answer[ANSWER_MAX];
    size_t len = look_at(key, *passphrases, answer);

    close(key);
    if (*passphrases >= 0)
        close(*passphrases);
    *passphrases = -1;
    if (send(socket, answer, len, MSG_NOSIGNAL) < 0)
        _exit(1);
}

/* Until our parent closes its end; no page of this process is left then. */
_Noreturn static void help(int socket)
{
    struct pollfd wait = {.fd = socket, .events = POLLIN};
    char question = 0;
    int fd, passphrases = -1;
    size_t len;

    for (;;) {
        (void)poll(&wait, 1, -1);
        switch (descriptor_receive(socket, &question, 1, &len, &fd)) {
        case DESCRIPTOR_OK:
            if (question == PASSPHRASES)
                passphrases = fd;
            else
                answer_about(socket, fd, &passphrases);
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

static bool send_file(int socket, char what, int fd)
{
    return descriptor_send(socket, (struct slice){&what, 1}, fd) == DESCRIPTOR_OK;
}

static ssize_t ask(int socket, int key_fd, int passphrases_fd, char answer[ANSWER_MAX])
{
    ssize_t got;

    if ((passphrases_fd >= 0 && !send_file(socket, PASSPHRASES, passphrases_fd)) ||
        !send_file(socket, KEY, key_fd))
        return -1;
    do
        got = recv(socket, answer, ANSWER_MAX, 0);
    while (got < 0 && errno == EINTR);
    return got;
}

bool tls_check_key_apart(struct conf_sources *sources, struct slice certificate_pem, int key_fd,
                         int passphrases_fd, struct arena *arena, struct slice *key_fingerprint,
                         struct slice *why)
{
    char answer[ANSWER_MAX];
    const unsigned char *der = (const unsigned char *)answer + 1;
    EVP_PKEY *key;
    ssize_t got = start_helper(sources) ? ask(sources->helper, key_fd, passphrases_fd, answer) : -1;
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
