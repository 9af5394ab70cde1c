#include "dns/fake_dns.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define QUESTIONS_MAX 1000
#define MESSAGE_MAX   4000

struct question {
    char name[300];
    int type;
    bool tcp;
};

struct fake_dns {
    const struct fake_record *records;
    size_t record_count;
    int udp, tcp, wake[2];
    char servers[40];
    pthread_t thread;
    pthread_mutex_t lock; /* over what follows */
    enum fake_how all;
    struct question questions[QUESTIONS_MAX];
    size_t question_count;
};

struct message {
    unsigned char bytes[MESSAGE_MAX];
    size_t len;
};

static void check(bool good, const char *what)
{
    if (good)
        return;
    perror(what);
    abort();
}

static void put(struct message *message, const void *bytes, size_t len)
{
    check(message->len + len <= sizeof message->bytes, "fake_dns: answer too long");
    memcpy(message->bytes + message->len, bytes, len);
    message->len += len;
}

static void put_number(struct message *message, uint64_t number, int bytes)
{
    while (bytes-- > 0) {
        unsigned char byte = (unsigned char)(number >> (8 * bytes));

        put(message, &byte, 1);
    }
}

static void put_name(struct message *message, const char *name)
{
    while (*name != '\0') {
        size_t len = strcspn(name, ".");

        put_number(message, len, 1);
        put(message, name, len);
        name += len + (name[len] == '.');
    }
    put_number(message, 0, 1);
}

/* Returns the length of the question section. */
static size_t read_question(const unsigned char *bytes, size_t len, struct question *question)
{
    size_t at = 12, out = 0;

    while (at < len && bytes[at] != 0) {
        size_t label = bytes[at];

        check(at + label < len && out + label + 2 < sizeof question->name, "fake_dns: question");
        memcpy(question->name + out, bytes + at + 1, label);
        out += label;
        question->name[out++] = '.';
        at += label + 1;
    }
    question->name[out > 0 ? out - 1 : 0] = '\0';
    check(at + 5 <= len, "fake_dns: question");
    question->type = bytes[at + 1] << 8 | bytes[at + 2];
    return at + 5 - 12;
}

static void put_record(struct message *answer, const struct fake_record *record)
{
    struct message data = {.len = 0};

    if (record->how == FAKE_NAME)
        put_name(&data, record->data);
    else
        put(&data, record->data, record->len);
    put_name(answer, record->name);
    put_number(answer, record->type, 2);
    put_number(answer, 1, 2); /* IN */
    put_number(answer, record->ttl, 4);
    put_number(answer, data.len, 2);
    put(answer, data.bytes, data.len);
}

struct reply {
    struct message records;
    unsigned count;
    bool exists, truncate;
    enum fake_how trouble;
};

static void collect(const struct fake_dns *fake, const char *name, int type, struct reply *reply)
{
    for (size_t i = 0; i < fake->record_count; i++) {
        const struct fake_record *record = &fake->records[i];

        if (strcasecmp(record->name, name) != 0)
            continue;
        reply->exists = true;
        if ((int)record->type != type && record->type != FAKE_CNAME)
            continue;
        if (record->how >= FAKE_SERVFAIL) {
            reply->trouble = record->how;
            continue;
        }
        reply->truncate = reply->truncate || record->how == FAKE_TRUNCATE;
        put_record(&reply->records, record);
        reply->count++;
        if (record->type == FAKE_CNAME)
            collect(fake, record->data, type, reply);
    }
}

static int rcode(const struct reply *reply)
{
    if (reply->trouble == FAKE_SERVFAIL)
        return 2;
    if (reply->trouble == FAKE_REFUSED)
        return 5;
    if (reply->trouble == FAKE_NO_NAME)
        return 3;
    return reply->exists ? 0 : 3;
}

/* False: nothing is said. */
static bool answer_to(struct fake_dns *fake, const unsigned char *bytes, size_t len, bool tcp,
                      struct message *answer)
{
    struct question question = {.tcp = tcp};
    struct reply reply = {.trouble = FAKE_RAW};
    size_t section = read_question(bytes, len, &question);
    bool cut;

    pthread_mutex_lock(&fake->lock);
    check(fake->question_count < QUESTIONS_MAX, "fake_dns: too many questions");
    fake->questions[fake->question_count++] = question;
    reply.trouble = fake->all;
    pthread_mutex_unlock(&fake->lock);
    if (reply.trouble == FAKE_RAW)
        collect(fake, question.name, question.type, &reply);
    if (reply.trouble == FAKE_SILENT)
        return false;
    cut = reply.truncate && !tcp;
    answer->len = 0;
    put(answer, bytes, 2); /* id */
    put_number(answer, 0x8180U | (cut ? 0x200U : 0) | (unsigned)rcode(&reply), 2);
    put_number(answer, 1, 2);
    put_number(answer, cut || reply.trouble != FAKE_RAW ? 0 : reply.count, 2);
    put_number(answer, 0, 4);
    put(answer, bytes + 12, section);
    if (!cut && reply.trouble == FAKE_RAW)
        put(answer, reply.records.bytes, reply.records.len);
    return true;
}

static void serve_udp(struct fake_dns *fake)
{
    unsigned char bytes[MESSAGE_MAX];
    struct message answer;
    struct sockaddr_storage from;
    socklen_t from_len = sizeof from;
    ssize_t len = recvfrom(fake->udp, bytes, sizeof bytes, 0, (struct sockaddr *)&from, &from_len);

    if (len > 12 && answer_to(fake, bytes, (size_t)len, false, &answer))
        (void)!sendto(fake->udp, answer.bytes, answer.len, 0, (struct sockaddr *)&from, from_len);
}

static bool read_all(int fd, unsigned char *bytes, size_t len)
{
    for (size_t done = 0; done < len;) {
        ssize_t got = read(fd, bytes + done, len - done);

        if (got <= 0)
            return false;
        done += (size_t)got;
    }
    return true;
}

/* One connection at a time, all its questions. */
static void serve_tcp(struct fake_dns *fake)
{
    unsigned char bytes[MESSAGE_MAX];
    struct message answer, framed;
    int fd = accept(fake->tcp, NULL, NULL);
    size_t len;

    while (fd >= 0 && read_all(fd, bytes, 2)) {
        len = (size_t)bytes[0] << 8 | bytes[1];
        if (len <= 12 || len > sizeof bytes || !read_all(fd, bytes, len))
            break;
        if (!answer_to(fake, bytes, len, true, &answer))
            continue;
        framed.len = 0;
        put_number(&framed, answer.len, 2);
        put(&framed, answer.bytes, answer.len);
        if (write(fd, framed.bytes, framed.len) < 0)
            break;
    }
    close(fd);
}

static void *serve(void *owner)
{
    struct fake_dns *fake = owner;
    struct pollfd waits[] = {
        {.fd = fake->udp,     .events = POLLIN},
        {.fd = fake->tcp,     .events = POLLIN},
        {.fd = fake->wake[0], .events = POLLIN},
    };

    while (poll(waits, 3, -1) >= 0 && waits[2].revents == 0) {
        if (waits[0].revents != 0)
            serve_udp(fake);
        if (waits[1].revents != 0)
            serve_tcp(fake);
    }
    return NULL;
}

/* Both sockets on one port that the kernel chose. */
static void open_sockets(struct fake_dns *fake)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof address;

    for (int tries = 0; tries < 20; tries++) {
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        address.sin_port = 0;
        fake->udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        fake->tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        check(bind(fake->udp, (struct sockaddr *)&address, len) == 0, "bind");
        check(getsockname(fake->udp, (struct sockaddr *)&address, &len) == 0, "getsockname");
        if (bind(fake->tcp, (struct sockaddr *)&address, len) == 0 && listen(fake->tcp, 8) == 0)
            break;
        close(fake->udp);
        close(fake->tcp);
        fake->tcp = -1;
    }
    check(fake->tcp >= 0, "bind");
    snprintf(fake->servers, sizeof fake->servers, "127.0.0.1:%d", ntohs(address.sin_port));
}

struct fake_dns *fake_dns_start(const struct fake_record *records, size_t count)
{
    struct fake_dns *fake = calloc(1, sizeof *fake);

    check(fake != NULL, "calloc");
    fake->records = records;
    fake->record_count = count;
    open_sockets(fake);
    check(pipe(fake->wake) == 0, "pipe");
    pthread_mutex_init(&fake->lock, NULL);
    check(pthread_create(&fake->thread, NULL, serve, fake) == 0, "pthread_create");
    return fake;
}

void fake_dns_stop(struct fake_dns *fake)
{
    check(write(fake->wake[1], "x", 1) == 1, "write");
    pthread_join(fake->thread, NULL);
    pthread_mutex_destroy(&fake->lock);
    close(fake->udp);
    close(fake->tcp);
    close(fake->wake[0]);
    close(fake->wake[1]);
    free(fake);
}

const char *fake_dns_servers(const struct fake_dns *fake)
{
    return fake->servers;
}

void fake_dns_all(struct fake_dns *fake, enum fake_how how)
{
    pthread_mutex_lock(&fake->lock);
    fake->all = how;
    pthread_mutex_unlock(&fake->lock);
}

static size_t count_questions(struct fake_dns *fake, const char *name, int type, bool tcp_only)
{
    size_t count = 0;

    pthread_mutex_lock(&fake->lock);
    for (size_t i = 0; i < fake->question_count; i++) {
        const struct question *question = &fake->questions[i];

        count += (name == NULL || strcasecmp(question->name, name) == 0) &&
                 (type == 0 || question->type == type) && (!tcp_only || question->tcp);
    }
    pthread_mutex_unlock(&fake->lock);
    return count;
}

size_t fake_dns_asked(struct fake_dns *fake, const char *name, int type)
{
    return count_questions(fake, name, type, false);
}

size_t fake_dns_asked_by_tcp(struct fake_dns *fake)
{
    return count_questions(fake, NULL, 0, true);
}
