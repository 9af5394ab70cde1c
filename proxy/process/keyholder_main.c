#include "process/keyholder_main.h"

#include "base/ensure.h"
#include "ipc/messages.h"
#include "os/descriptor.h"
#include "os/sandbox.h"
#include "os/secret_memory.h"
#include "process/keyholder_arguments.h"
#include "process/keyholder_memory.h"
#include "process/keyholder_serve.h"
#include "tls/tls_signer.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

/* How a key holder starts: memory that nobody else can read, the keys in it, and then everything is
 * given up but that memory, the control channel, and the channels that come over it. */

#define HEAP_BYTES     ((size_t)1 << 20) /* OpenSSL's own takes half of it */
#define KEY_BYTES      ((size_t)16 << 10)
#define PREPARED_BYTES ((size_t)8 << 10) /* one key in one thread, see tls_signing_new */
#define STACK_BYTES    ((size_t)128 << 10)
#define STACK_WIPED    ((size_t)96 << 10)
#define FILE_BYTES     ((size_t)64 << 10)

/* OpenSSL's functions for memory get no owner. */
static struct key_memory memory;

static void *allocate(size_t size, const char *file, int line)
{
    (void)file, (void)line;
    return size == 0 ? NULL : key_memory_take(&memory, size);
}

static void release(void *block, const char *file, int line)
{
    (void)file, (void)line;
    key_memory_give(&memory, block);
}

static void *resize(void *block, size_t size, const char *file, int line)
{
    if (size == 0) {
        release(block, file, line);
        return NULL;
    }
    return key_memory_resize(&memory, block, size);
}

/* What one start is about. */
struct start {
    struct keyholder_arguments arguments;
    struct tls_signer *signer;
    char *stacks; /* of all threads, and behind them that of the one that loads */
    size_t threads;
    sem_t loaded;
    enum secret_level level;
    uint32_t reached; /* os/sandbox.h */
    uid_t uid;        /* in the end */
    char why[400];    /* empty: all is well */
};

static const char *map_memory(struct start *start)
{
    size_t keys = start->arguments.keys, stacks = (start->threads + 1) * STACK_BYTES;
    size_t heap =
        HEAP_BYTES + 2 * FILE_BYTES + keys * (KEY_BYTES + start->threads * PREPARED_BYTES);
    char *at = secret_memory_map(stacks + heap, &start->level);

    if (at == NULL)
        return "no memory for keys";
    start->stacks = at;
    key_memory_init(&memory, at + stacks, heap);
    return tls_signer_use_memory(allocate, resize, release) ? NULL : "OpenSSL began too early";
}

/* By read(2) into the memory of keys: no buffer of stdio sees it. */
static struct slice read_file(int fd, char *room)
{
    size_t len = 0;
    ssize_t got;

    do {
        got = pread(fd, room + len, FILE_BYTES - len, (off_t)len);
        len += got > 0 ? (size_t)got : 0;
    } while (got > 0 || (got < 0 && errno == EINTR));
    return (struct slice){room, len};
}

/* Which file has the pass phrase of which key was a matter of the check: all are tried, read anew
 * for each, so that there is room for one only. `room` is for that one. */
static const char *open_key(struct start *start, struct slice pem, char *room)
{
    int first = KEYHOLDER_FIRST_FD + (int)start->arguments.keys;
    const char *words = tls_signer_add(start->signer, pem, SLICE_NONE);

    for (size_t i = 0; i < start->arguments.passphrases && words != NULL; i++) {
        words = tls_signer_add(start->signer, pem, read_file(first + (int)i, room));
        explicit_bzero(room, FILE_BYTES);
    }
    return words;
}

static const char *load_key(struct start *start, int fd, char *key_room, char *passphrases_room)
{
    struct slice pem = read_file(fd, key_room);
    const char *words = tls_signer_is_encrypted(pem)
                            ? open_key(start, pem, passphrases_room)
                            : tls_signer_add(start->signer, pem, SLICE_NONE);

    explicit_bzero(key_room, FILE_BYTES);
    return words;
}

static void load_keys_here(struct start *start)
{
    char *room = key_memory_take(&memory, FILE_BYTES),
         *other = key_memory_take(&memory, FILE_BYTES);

    ensure(room != NULL && other != NULL);
    start->signer = tls_signer_new(start->arguments.keys, start->arguments.allows_old);
    for (size_t i = 0; i < start->arguments.keys && start->why[0] == '\0'; i++) {
        const char *words = load_key(start, KEYHOLDER_FIRST_FD + (int)i, room, other);

        if (words != NULL)
            snprintf(start->why, sizeof start->why, "key number %zu: %s", i, words);
    }
    key_memory_give(&memory, room);
    key_memory_give(&memory, other);
}

/* What a function called before has left below us: OpenSSL leaves pass phrases there. */
static __attribute__((noinline)) void wipe_stack(void)
{
    char below[STACK_WIPED];

    explicit_bzero(below, sizeof below);
}

static void *load(void *owner)
{
    struct start *start = owner;
    size_t files = start->arguments.keys + start->arguments.passphrases;

    load_keys_here(start);
    wipe_stack();
    for (size_t i = 0; i < files; i++)
        close(KEYHOLDER_FIRST_FD + (int)i);
    sem_post(&start->loaded);
    return NULL;
}

/* On a stack in the same memory: OpenSSL leaves parts of keys on it. A thread whose stack is there
 * cannot be joined: the kernel refuses to wake who waits in memory that it cannot read. */
static const char *load_keys(struct start *start)
{
    pthread_attr_t attributes;
    pthread_t thread;
    bool started;

    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    sem_init(&start->loaded, 0, 0);
    started = pthread_attr_setstack(&attributes, start->stacks + start->threads * STACK_BYTES,
                                    STACK_BYTES) == 0 &&
              pthread_create(&thread, &attributes, load, start) == 0;
    pthread_attr_destroy(&attributes);
    if (!started)
        return "there can be no thread";
    while (sem_wait(&start->loaded) != 0)
        ;
    return start->why[0] == '\0' ? NULL : start->why;
}

/* All but the system calls: threads inherit it. No file is granted, and no port. */
static const char *become(struct start *start)
{
    const struct keyholder_arguments *arguments = &start->arguments;
    const struct sandbox_grants none = {0};

    if (arguments->has_identity && !privileges_become(&arguments->identity))
        return "cannot become another user";
    start->uid = geteuid(); /* not to be asked any more then */
    return sandbox_prepare(&none, &start->reached) ? NULL : "cannot give up privileges";
}

/* Last, when all threads are there: from here on it receives, signs and sends, and that is all. */
static const char *confine(struct start *start)
{
    rlim_t most = KEYHOLDER_FIRST_FD + start->threads + KEYHOLDER_WAITING(start->threads) + 16;
    const struct rlimit descriptors = {most, most};

    if (setrlimit(RLIMIT_NOFILE, &descriptors) != 0 ||
        !sandbox_seal(SANDBOX_KEYHOLDER, &start->reached))
        return "cannot give up privileges";
    return NULL;
}

static const char *prepare(struct start *start)
{
    struct keyholder_pool pool = {
        .keys = start->arguments.keys,
        .threads = start->threads,
        .stack_bytes = STACK_BYTES,
        .control = KEYHOLDER_CONTROL_FD,
    };
    const char *why;

    if (!privileges_harden()) /* before there is a key; a change of uid undoes part of it */
        return "cannot give up privileges";
    if ((why = map_memory(start)) != NULL || (why = load_keys(start)) != NULL ||
        (why = become(start)) != NULL)
        return why;
    pool.signer = start->signer;
    pool.stacks = start->stacks;
    why = keyholder_threads_start(&pool);
    return why != NULL ? why : confine(start);
}

static void tell(enum message message, struct slice bytes)
{
    char datagram[MESSAGE_HEAD_BYTES + 512];
    uint32_t number = message;

    ensure(bytes.len <= sizeof datagram - sizeof number); /* ours, and short */
    memcpy(datagram, &number, sizeof number);
    memcpy(datagram + sizeof number, bytes.at, bytes.len);
    (void)!descriptor_send(KEYHOLDER_CONTROL_FD,
                           (struct slice){datagram, sizeof number + bytes.len}, -1);
}

static void tell_ready(const struct start *start)
{
    static const char *const levels[] = {
        [SECRET_UNREADABLE] = "memory that no other process can read (memfd_secret)",
        [SECRET_LOCKED] = "locked memory",
        [SECRET_PLAIN] = "plain memory: it may be swapped; raise RLIMIT_MEMLOCK",
    };
    char body[400];
    char *text = body + sizeof start->reached;
    int len =
        snprintf(text, sizeof body - sizeof start->reached, "%zu key%s in %s, user %s (uid %u)",
                 start->arguments.keys, start->arguments.keys == 1 ? "" : "s", levels[start->level],
                 start->arguments.who, (unsigned)start->uid);

    memcpy(body, &start->reached, sizeof start->reached);
    tell(MESSAGE_HOLDER_READY, (struct slice){body, sizeof start->reached + (size_t)len});
}

/* It ends when its master ends it or is gone; a terminal's or a service manager's signals are for
 * the master, and workers that finish what is open need it until they are done. */
static void ignore_signals(void)
{
    static const int ignored[] = {SIGHUP,  SIGINT,  SIGQUIT, SIGTERM,
                                  SIGUSR1, SIGUSR2, SIGPIPE, SIGWINCH};

    for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++)
        signal(ignored[i], SIG_IGN);
}

int keyholder_main(int count, const char *const *words)
{
    struct start start = {0};
    const char *why;

    if (!keyholder_arguments_read(&start.arguments, count, words)) {
        fprintf(stderr, "frontd-keyholder is started by frontd, not by hand\n");
        return 2;
    }
    prctl(PR_SET_NAME, "frontd-keyholder", 0, 0, 0);
    ignore_signals();
    fcntl(KEYHOLDER_CONTROL_FD, F_SETFD, FD_CLOEXEC);
    start.threads = start.arguments.workers + 1;
    why = prepare(&start);
    if (why != NULL) {
        tell(MESSAGE_HOLDER_FAILED, slice_of(why));
        _exit(1);
    }
    tell_ready(&start);
    keyholder_serve();
}
