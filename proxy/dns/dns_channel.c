#include "dns/dns_channel.h"

#include "base/arena.h"
#include "base/ensure.h"
#include "dns/dns_name.h"

#include <ares.h>
#include <arpa/nameser.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdlib.h>
#include <sys/time.h>
#include <unistd.h>

#include <event2/event.h>

#define DEFAULT_TIMEOUT_MS 5000

/* c-ares doubles its patience with each try: with three tries, 1 + 2 + 4 parts of the whole. */
#define TRIES           3
#define TIMEOUT_PART    7

#define LIFETIME_MIN_MS 1000
#define LIFETIME_MAX_MS 3600000

/* c-ares gives no TTL with a PTR. */
#define LIFETIME_NAME_MS 60000

/* /etc/hosts has no TTL; an edit is seen after this time. */
#define LIFETIME_HOSTS_MS 10000

/* What c-ares waits for on one of its sockets. */
struct dns_socket {
    struct dns_socket *next;
    ares_socket_t fd;
    struct event *event;
};

struct dns_channel {
    struct loop *loop;
    ares_channel servers; /* asks DNS servers only */
    ares_channel hosts;   /* looks into /etc/hosts only: answers inside the call */
    struct dns_socket *sockets;
    struct deadline retry; /* when c-ares wants to be called although nothing came */
    uint32_t timeout_ms;
    uint32_t valid_ms;
    bool no_ipv4, no_ipv6;
    bool closing;
    void (*hosts_lost)(void *owner); /* NULL: nobody asks */
    void *hosts_owner;
};

/* A question on its way. Lives until c-ares has called back for each of its parts, which may be
 * after its deadline took the owner's callback. */
struct dns_question {
    struct dns_channel *channel;
    dns_answered *done; /* NULL: has been called */
    void *owner;
    struct deadline deadline;
    struct address asked; /* PTR */
    unsigned parts;       /* callbacks that c-ares still owes us */
    bool failed;          /* at least one part got no answer */

    struct address addresses[DNS_ADDRESSES_MAX];
    size_t count;
    char name[256];
    size_t name_len;
    uint32_t lifetime_ms;
};

/* The end of the owner's waiting; exactly once for each question. */
static void finish(struct dns_question *question)
{
    bool found = question->count > 0 || question->name_len > 0;
    dns_answered *done = question->done;
    struct dns_answer answer = {
        .status = found              ? DNS_FOUND
                  : question->failed ? DNS_FAILED
                                     : DNS_NO_SUCH_NAME,
        .addresses = question->addresses,
        .count = question->count,
        .name = {question->name, question->name_len},
        .lifetime_ms = found ? question->lifetime_ms : DNS_LIFETIME_FAILURE_MS,
    };

    question->done = NULL;
    deadline_clear(&question->deadline);
    if (done != NULL && !question->channel->closing)
        done(question->owner, &answer);
}

static void on_timeout(void *owner)
{
    struct dns_question *question = owner;

    question->failed = true;
    finish(question);
}

static void part_done(struct dns_question *question)
{
    if (--question->parts > 0)
        return;
    if (question->done != NULL)
        finish(question);
    free(question);
}

static struct dns_question *question_new(struct dns_channel *channel, dns_answered *done,
                                         void *owner)
{
    struct dns_question *question = memory_zero(sizeof *question);

    question->channel = channel;
    question->done = done;
    question->owner = owner;
    question->lifetime_ms = LIFETIME_MAX_MS;
    deadline_init(&question->deadline, on_timeout, question);
    return question;
}

static void on_retry_due(void *owner);

/* Asks c-ares when it wants to be called next; after everything that may change that. */
static void set_retry(struct dns_channel *channel)
{
    struct timeval memory;
    const struct timeval *wait = ares_timeout(channel->servers, NULL, &memory);

    if (wait == NULL)
        deadline_clear(&channel->retry);
    else
        deadline_set(channel->loop, &channel->retry,
                     (uint32_t)wait->tv_sec * 1000 + (uint32_t)wait->tv_usec / 1000 + 1);
}

static void on_retry_due(void *owner)
{
    struct dns_channel *channel = owner;

    ares_process_fd(channel->servers, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    set_retry(channel);
}

/* Entry from libevent. */
static void on_socket_ready(evutil_socket_t fd, short what, void *owner)
{
    struct dns_channel *channel = owner;
    struct loop *loop = channel->loop;

    ares_process_fd(channel->servers, (what & EV_READ) != 0 ? fd : ARES_SOCKET_BAD,
                    (what & EV_WRITE) != 0 ? fd : ARES_SOCKET_BAD);
    set_retry(channel);
    loop_settle(loop);
}

static struct dns_socket *socket_add(struct dns_channel *channel, ares_socket_t fd)
{
    struct dns_socket *added = memory_zero(sizeof *added);

    added->fd = fd;
    added->next = channel->sockets;
    channel->sockets = added;
    return added;
}

/* c-ares says what it waits for on `fd`; for nothing before it closes it. */
static void on_socket_state(void *owner, ares_socket_t fd, int readable, int writable)
{
    struct dns_channel *channel = owner;
    struct dns_socket **place = &channel->sockets, *found;
    int what = (readable ? EV_READ : 0) | (writable ? EV_WRITE : 0);

    while (*place != NULL && (*place)->fd != fd)
        place = &(*place)->next;
    found = *place;
    if (found != NULL && found->event != NULL)
        event_free(found->event);
    if (what == 0) {
        if (found != NULL)
            *place = found->next;
        free(found);
        return;
    }
    if (found == NULL)
        found = socket_add(channel, fd);
    found->event = event_new(loop_base(channel->loop), fd, (short)(what | EV_PERSIST),
                             on_socket_ready, channel);
    ensure(found->event != NULL && event_add(found->event, NULL) == 0);
}

static ares_channel open_servers(struct dns_channel *channel, const char *servers)
{
    ares_channel opened;
    char lookups[] = "b";
    struct ares_options options = {
        .timeout = (int)(channel->timeout_ms / TIMEOUT_PART + 1),
        .tries = TRIES,
        .lookups = lookups,
        .sock_state_cb = on_socket_state,
        .sock_state_cb_data = channel,
    };

    ensure(ares_init_options(&opened, &options,
                             ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS |
                                 ARES_OPT_SOCK_STATE_CB) == ARES_SUCCESS);
    ensure(servers == NULL || ares_set_servers_ports_csv(opened, servers) == ARES_SUCCESS);
    return opened;
}

static ares_channel open_hosts(void)
{
    ares_channel opened;
    char lookups[] = "f";
    struct ares_options options = {.lookups = lookups};

    ensure(ares_init_options(&opened, &options, ARES_OPT_LOOKUPS) == ARES_SUCCESS);
    return opened;
}

struct dns_channel *dns_channel_new(struct loop *loop, const struct dns_options *options)
{
    struct dns_channel *channel = memory_zero(sizeof *channel);

    ensure(ares_library_init(ARES_LIB_INIT_ALL) == ARES_SUCCESS);
    channel->loop = loop;
    channel->timeout_ms = options->timeout_ms != 0 ? options->timeout_ms : DEFAULT_TIMEOUT_MS;
    channel->valid_ms = options->valid_ms;
    channel->no_ipv4 = options->no_ipv4;
    channel->no_ipv6 = options->no_ipv6;
    deadline_init(&channel->retry, on_retry_due, channel);
    channel->servers = open_servers(channel, options->servers);
    channel->hosts = open_hosts();
    return channel;
}

static bool may_read_hosts(void)
{
    int fd = open("/etc/hosts", O_RDONLY | O_CLOEXEC);

    if (fd >= 0)
        close(fd);
    return fd >= 0 || errno != EACCES;
}

void dns_channel_watch_hosts(struct dns_channel *channel, void (*lost)(void *owner), void *owner)
{
    channel->hosts_lost = may_read_hosts() ? lost : NULL;
    channel->hosts_owner = owner;
}

/* When nothing was found there: c-ares does not say why. */
static void check_hosts(const struct dns_channel *channel)
{
    if (channel->hosts_lost != NULL && !may_read_hosts())
        channel->hosts_lost(channel->hosts_owner);
}

void dns_channel_free(struct dns_channel *channel)
{
    channel->closing = true;
    ares_destroy(channel->servers);
    ares_destroy(channel->hosts);
    ensure(channel->sockets == NULL);
    deadline_clear(&channel->retry);
    ares_library_cleanup();
    loop_retire(channel->loop, channel); /* on_socket_ready may be on the stack */
}

static bool is_answer(int status)
{
    return status == ARES_SUCCESS || status == ARES_ENOTFOUND || status == ARES_ENODATA ||
           status == ARES_EBADNAME;
}

static void shorten_lifetime(struct dns_question *question, int ttl)
{
    uint32_t valid_ms = question->channel->valid_ms;
    uint32_t seconds = valid_ms > 0 ? valid_ms / 1000 : ttl < 0 ? 0 : (uint32_t)ttl;
    uint32_t lifetime_ms = seconds >= LIFETIME_MAX_MS / 1000 ? LIFETIME_MAX_MS : seconds * 1000;

    if (lifetime_ms < LIFETIME_MIN_MS)
        lifetime_ms = LIFETIME_MIN_MS;
    if (lifetime_ms < question->lifetime_ms)
        question->lifetime_ms = lifetime_ms;
}

/* False for what is no address of its family. */
static bool read_node(const struct ares_addrinfo_node *node, struct address *address)
{
    size_t size = node->ai_family == AF_INET    ? sizeof(struct sockaddr_in)
                  : node->ai_family == AF_INET6 ? sizeof(struct sockaddr_in6)
                                                : 0;

    if (size == 0 || node->ai_addr == NULL || (size_t)node->ai_addrlen != size ||
        node->ai_addr->sa_family != node->ai_family)
        return false;
    address_from_socket(node->ai_addr, address);
    address->port = 0;
    return true;
}

/* Keeps IPv4 in front: whichever half of the answer comes first, the order is the same. */
static void add_address(struct dns_question *question, const struct address *address)
{
    size_t place = question->count;

    for (size_t i = 0; i < question->count; i++)
        if (address_same_host(&question->addresses[i], address))
            return;
    if (question->count == DNS_ADDRESSES_MAX)
        return;
    if (address->family == AF_INET)
        while (place > 0 && question->addresses[place - 1].family == AF_INET6)
            place--;
    memmove(&question->addresses[place + 1], &question->addresses[place],
            (question->count - place) * sizeof question->addresses[0]);
    question->addresses[place] = *address;
    question->count++;
}

static void read_addresses(struct dns_question *question, const struct ares_addrinfo *found)
{
    struct address address;

    for (const struct ares_addrinfo_cname *cname = found->cnames; cname; cname = cname->next)
        shorten_lifetime(question, cname->ttl);
    for (const struct ares_addrinfo_node *node = found->nodes; node; node = node->ai_next) {
        if (!read_node(node, &address))
            continue;
        shorten_lifetime(question, node->ai_ttl);
        add_address(question, &address);
    }
}

static void on_addresses(void *owner, int status, int timeouts, struct ares_addrinfo *found)
{
    struct dns_question *question = owner;

    (void)timeouts;
    if (found != NULL && question->done != NULL)
        read_addresses(question, found);
    if (!is_answer(status))
        question->failed = true;
    ares_freeaddrinfo(found);
    part_done(question);
}

static void on_hosts_addresses(void *owner, int status, int timeouts, struct ares_addrinfo *found)
{
    struct dns_question *question = owner;

    (void)status;
    (void)timeouts;
    if (found != NULL)
        read_addresses(question, found);
    ares_freeaddrinfo(found);
    question->lifetime_ms = question->count > 0 ? LIFETIME_HOSTS_MS : LIFETIME_MAX_MS;
}

static void ask_servers(struct dns_channel *channel, struct dns_question *question,
                        const char *name)
{
    static const int families[] = {AF_INET, AF_INET6};
    const bool is_off[] = {channel->no_ipv4, channel->no_ipv6};
    struct ares_addrinfo_hints hints = {.ai_flags = ARES_AI_NOSORT};

    deadline_set(channel->loop, &question->deadline, channel->timeout_ms);
    question->parts += (is_off[0] ? 0u : 1u) + (is_off[1] ? 0u : 1u);
    for (size_t i = 0; i < 2; i++) {
        hints.ai_family = families[i];
        if (!is_off[i])
            ares_getaddrinfo(channel->servers, name, NULL, &hints, on_addresses, question);
    }
    set_retry(channel);
}

/* A and AAAA are two questions to c-ares: asked as one (AF_UNSPEC) it reports only how the half
 * that came last ended, so a SERVFAIL could pass for "no such name". ARES_AI_NOSORT: sorting would
 * open a socket for each address to see which way it would go. */
void dns_channel_ask_addresses(struct dns_channel *channel, struct slice name, dns_answered *done,
                               void *owner)
{
    struct dns_question *question = question_new(channel, done, owner);
    struct ares_addrinfo_hints hints = {.ai_family = AF_UNSPEC, .ai_flags = ARES_AI_NOSORT};
    char text[256];

    ensure(name.len < sizeof text);
    memcpy(text, name.at, name.len);
    text[name.len] = '\0';
    question->parts = 1; /* this function's own */
    ares_getaddrinfo(channel->hosts, text, NULL, &hints, on_hosts_addresses, question);
    if (question->count == 0) {
        check_hosts(channel);
        ask_servers(channel, question, text);
    }
    part_done(question);
}

static bool take_name(struct dns_question *question, const char *name)
{
    struct slice candidate = name == NULL ? SLICE_NONE : slice_of(name);

    if (!dns_name_is_host(candidate))
        return false;
    memcpy(question->name, candidate.at, candidate.len);
    question->name_len = candidate.len;
    question->lifetime_ms = LIFETIME_NAME_MS;
    return true;
}

static void read_name(struct dns_question *question, const struct hostent *found)
{
    if (take_name(question, found->h_name))
        return;
    for (char **alias = found->h_aliases; alias != NULL && *alias != NULL; alias++)
        if (take_name(question, *alias))
            return;
}

static void on_hosts_name(void *owner, int status, int timeouts, struct hostent *found)
{
    (void)status;
    (void)timeouts;
    if (found != NULL)
        read_name(owner, found);
}

/* An answer that does not parse is the work of whoever owns the address: no name, not a failure. */
static void on_name(void *owner, int status, int timeouts, unsigned char *bytes, int len)
{
    struct dns_question *question = owner;
    const struct address *asked = &question->asked;
    struct hostent *found = NULL;

    (void)timeouts;
    if (!is_answer(status))
        question->failed = true;
    else if (status == ARES_SUCCESS && question->done != NULL &&
             ares_parse_ptr_reply(bytes, len, asked->bytes, asked->family == AF_INET ? 4 : 16,
                                  asked->family, &found) == ARES_SUCCESS)
        read_name(question, found);
    if (found != NULL)
        ares_free_hostent(found);
    part_done(question);
}

/* RFC 1035 3.5, RFC 3596 2.5 */
static void reverse_name(const struct address *address, char *name, size_t capacity)
{
    struct text text = text_in(name, capacity - 1);

    for (size_t i = address->family == AF_INET ? 4 : 16; i-- > 0;) {
        if (address->family == AF_INET) {
            text_number(&text, address->bytes[i]);
        } else {
            text_hex(&text, address->bytes[i] & 15);
            text_byte(&text, '.');
            text_hex(&text, address->bytes[i] >> 4);
        }
        text_byte(&text, '.');
    }
    text_add(&text, address->family == AF_INET ? SLICE("in-addr.arpa") : SLICE("ip6.arpa"));
    ensure(!text.overflow);
    name[text.len] = '\0';
}

/* Not ares_gethostbyaddr, which turns every failure into "not found". */
void dns_channel_ask_name(struct dns_channel *channel, const struct address *address,
                          dns_answered *done, void *owner)
{
    struct dns_question *question = question_new(channel, done, owner);
    char name[80];

    question->asked = *address;
    question->parts = 1;
    ares_gethostbyaddr(channel->hosts, address->bytes, address->family == AF_INET ? 4 : 16,
                       address->family, on_hosts_name, question);
    if (question->name_len == 0) {
        check_hosts(channel);
        question->parts++;
        deadline_set(channel->loop, &question->deadline, channel->timeout_ms);
        reverse_name(address, name, sizeof name);
        ares_query(channel->servers, name, C_IN, T_PTR, on_name, question);
        set_retry(channel);
    }
    part_done(question);
}
