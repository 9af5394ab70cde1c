/* The resolver against a server that says what the rows say. */
#include "base/arena.h"
#include "dns/dns.h"
#include "dns/dns_check.h"
#include "dns/fake_dns.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define TIMEOUT_MS 700

#define L63                                                                                        \
    "\x3f"                                                                                         \
    "012345678901234567890123456789012345678901234567890123456789012"

/* clang-format off */
static const struct fake_record records[] = {
    {"both.test", FAKE_AAAA, 60, FAKE_BYTES("\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1"), FAKE_RAW},
    {"both.test", FAKE_A, 60, FAKE_BYTES("\xc0\0\2\1"), FAKE_RAW},
    {"both.test", FAKE_A, 60, FAKE_BYTES("\xc0\0\2\2"), FAKE_RAW},
    {"six.test", FAKE_AAAA, 60, FAKE_BYTES("\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\6"), FAKE_RAW},
    {"twice.test", FAKE_A, 60, FAKE_BYTES("\xc0\0\2\1"), FAKE_RAW},
    {"twice.test", FAKE_A, 60, FAKE_BYTES("\xc0\0\2\1"), FAKE_RAW},
    {"short.test", FAKE_A, 1, FAKE_BYTES("\xc0\0\2\3"), FAKE_RAW},
    {"zero.test", FAKE_A, 0, FAKE_BYTES("\xc0\0\2\3"), FAKE_RAW},
    {"huge.test", FAKE_A, 0x7fffffff, FAKE_BYTES("\xc0\0\2\3"), FAKE_RAW},
    {"sign.test", FAKE_A, 0xffffffff, FAKE_BYTES("\xc0\0\2\3"), FAKE_RAW},
    {"alias.test", FAKE_CNAME, 1, FAKE_BYTES("second.test"), FAKE_NAME},
    {"second.test", FAKE_CNAME, 600, FAKE_BYTES("third.test"), FAKE_NAME},
    {"third.test", FAKE_A, 600, FAKE_BYTES("\xc0\0\2\7"), FAKE_RAW},
    {"dangling.test", FAKE_CNAME, 60, FAKE_BYTES("nowhere.test"), FAKE_NAME},
    {"large.test", FAKE_A, 60, FAKE_BYTES("\xc0\0\2\4"), FAKE_TRUNCATE},
    {"empty.test", FAKE_PTR, 60, FAKE_BYTES("x.test"), FAKE_NAME},
    {"broken.test", FAKE_A, 0, "", 0, FAKE_SERVFAIL},
    {"broken.test", FAKE_AAAA, 0, "", 0, FAKE_SERVFAIL},
    {"refused.test", FAKE_A, 0, "", 0, FAKE_REFUSED},
    {"refused.test", FAKE_AAAA, 0, "", 0, FAKE_REFUSED},
    {"broken4.test", FAKE_A, 0, "", 0, FAKE_SERVFAIL},
    {"broken6.test", FAKE_AAAA, 0, "", 0, FAKE_SERVFAIL},
    {"half4.test", FAKE_A, 60, FAKE_BYTES("\xc0\0\2\5"), FAKE_RAW},
    {"half4.test", FAKE_AAAA, 0, "", 0, FAKE_SERVFAIL},
    {"slow6.test", FAKE_A, 60, FAKE_BYTES("\xc0\0\2\5"), FAKE_RAW},
    {"slow6.test", FAKE_AAAA, 0, "", 0, FAKE_SILENT},
    {"silent.test", FAKE_A, 0, "", 0, FAKE_SILENT},
    {"silent.test", FAKE_AAAA, 0, "", 0, FAKE_SILENT},
    {"badlen.test", FAKE_A, 60, FAKE_BYTES("\xc0\0\2"), FAKE_RAW},

    {"1.2.0.192.in-addr.arpa", FAKE_PTR, 60, FAKE_BYTES("Both.test"), FAKE_NAME},
    {"3.2.0.192.in-addr.arpa", FAKE_PTR, 60, FAKE_BYTES("both.test"), FAKE_NAME},
    {"4.2.0.192.in-addr.arpa", FAKE_PTR, 60, FAKE_BYTES("nowhere.test"), FAKE_NAME},
    {"5.2.0.192.in-addr.arpa", FAKE_PTR, 60, FAKE_BYTES("broken.test"), FAKE_NAME},
    {"6.2.0.192.in-addr.arpa", FAKE_PTR, 0, "", 0, FAKE_SERVFAIL},
    {"7.2.0.192.in-addr.arpa", FAKE_PTR, 0, "", 0, FAKE_SILENT},
    {"8.2.0.192.in-addr.arpa", FAKE_A, 60, FAKE_BYTES("\xc0\0\2\1"), FAKE_RAW},
    {"9.2.0.192.in-addr.arpa", FAKE_CNAME, 60, FAKE_BYTES("9.0-15.2.0.192.in-addr.arpa"), FAKE_NAME},
    {"9.0-15.2.0.192.in-addr.arpa", FAKE_PTR, 60, FAKE_BYTES("both.test"), FAKE_NAME},
    {"10.2.0.192.in-addr.arpa", FAKE_PTR, 60, FAKE_BYTES("under_score.test"), FAKE_NAME},
    {"11.2.0.192.in-addr.arpa", FAKE_PTR, 60, FAKE_BYTES("silent.test"), FAKE_NAME},
    {"1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa", FAKE_PTR, 60,
     FAKE_BYTES("both.test"), FAKE_NAME},

    /* mail.md P3 and worse */
    {"1.3.0.192.in-addr.arpa", FAKE_PTR, 60, FAKE_BYTES("\x04" "a b " "\x04" "test" "\0"), FAKE_RAW},
    {"2.3.0.192.in-addr.arpa", FAKE_PTR, 60, FAKE_BYTES("\x0a" "a\r\nQUIT\r\nb" "\x04" "test" "\0"), FAKE_RAW},
    {"3.3.0.192.in-addr.arpa", FAKE_PTR, 60, FAKE_BYTES("\x0e" "a ADDR=1.2.3.4" "\0"), FAKE_RAW},
    {"4.3.0.192.in-addr.arpa", FAKE_PTR, 60, FAKE_BYTES("\x03" "a\0b" "\x04" "test" "\0"), FAKE_RAW},
    {"5.3.0.192.in-addr.arpa", FAKE_PTR, 60, FAKE_BYTES(L63 L63 L63 L63 L63 "\0"), FAKE_RAW},
    {"6.3.0.192.in-addr.arpa", FAKE_PTR, 60, FAKE_BYTES("\0"), FAKE_RAW},
    {"7.3.0.192.in-addr.arpa", FAKE_PTR, 60, FAKE_BYTES("\x0d" "[UNAVAILABLE]" "\0"), FAKE_RAW},
    {"8.3.0.192.in-addr.arpa", FAKE_PTR, 60, FAKE_BYTES("192.0.3.8"), FAKE_NAME},
    {"9.3.0.192.in-addr.arpa", FAKE_PTR, 60, FAKE_BYTES("a-.test"), FAKE_NAME},
    {"10.3.0.192.in-addr.arpa", FAKE_PTR, 60, FAKE_BYTES("\x02" "\xc3\xa4" "\x04" "test" "\0"), FAKE_RAW},
    {"11.3.0.192.in-addr.arpa", FAKE_PTR, 60, FAKE_BYTES("\x03" "a.b" "\x04" "test" "\0"), FAKE_RAW},
    {"12.3.0.192.in-addr.arpa", FAKE_PTR, 60, FAKE_BYTES("\xc0\xff"), FAKE_RAW},
    {"13.3.0.192.in-addr.arpa", FAKE_PTR, 60, FAKE_BYTES("\x3f" "cut off"), FAKE_RAW},
    {"14.3.0.192.in-addr.arpa", FAKE_PTR, 60, "", 0, FAKE_RAW},
    {"15.3.0.192.in-addr.arpa", FAKE_PTR, 60, FAKE_BYTES("\x03" "a\\b" "\x04" "test" "\0"), FAKE_RAW},
    {"16.3.0.192.in-addr.arpa", FAKE_PTR, 60, FAKE_BYTES("\x04" "test" "\x01" "\"" "\0"), FAKE_RAW},
};
/* clang-format on */

/* What one lookup brought. */
struct result {
    struct fixture *fixture;
    struct dns_lookup *lookup;
    unsigned calls;
    enum dns_status status;
    struct address addresses[DNS_ADDRESSES_MAX];
    size_t count;
    char name[256];
    bool confirmed;
};

struct fixture {
    struct loop *loop;
    struct dns_resolver *resolver;
    struct fake_dns *fake;
    struct deadline limit;
    unsigned waiting; /* callbacks until the loop stops */
    bool inside;      /* a call of the interface: no callback may come */
    struct result results[4];
};

static void on_limit(void *owner)
{
    (void)owner;
    fail_msg("nothing happens");
}

static struct fixture *fixture_with(const struct fake_record *rows, size_t count)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    struct dns_options options = {.timeout_ms = TIMEOUT_MS};

    fixture->loop = loop_new();
    fixture->fake = fake_dns_start(rows, count);
    options.servers = fake_dns_servers(fixture->fake);
    fixture->resolver = dns_resolver_new(fixture->loop, &options);
    deadline_init(&fixture->limit, on_limit, fixture);
    for (size_t i = 0; i < 4; i++)
        fixture->results[i].fixture = fixture;
    return fixture;
}

static int set_up(void **state)
{
    *state = fixture_with(records, sizeof records / sizeof records[0]);
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;

    deadline_clear(&fixture->limit);
    if (fixture->resolver != NULL)
        dns_resolver_free(fixture->resolver);
    loop_free(fixture->loop);
    fake_dns_stop(fixture->fake);
    free(fixture);
    return 0;
}

static void count_call(struct result *result)
{
    struct fixture *fixture = result->fixture;

    assert_false(fixture->inside);
    result->calls++;
    result->lookup = NULL;
    if (fixture->waiting > 0 && --fixture->waiting == 0)
        loop_stop(fixture->loop);
}

static void on_addresses(void *owner, enum dns_status status, const struct address *addresses,
                         size_t count)
{
    struct result *result = owner;

    result->status = status;
    result->count = count;
    if (count > 0)
        memcpy(result->addresses, addresses, count * sizeof *addresses);
    count_call(result);
}

static void on_name(void *owner, enum dns_status status, struct slice name, bool confirmed)
{
    struct result *result = owner;

    result->status = status;
    result->confirmed = confirmed;
    assert_true(name.len < sizeof result->name);
    if (name.len > 0)
        memcpy(result->name, name.at, name.len);
    result->name[name.len] = '\0';
    count_call(result);
}

static void begin(struct fixture *fixture, size_t place, const char *host)
{
    fixture->inside = true;
    fixture->waiting++;
    fixture->results[place].lookup =
        dns_resolve(fixture->resolver, slice_of(host), on_addresses, &fixture->results[place]);
    fixture->inside = false;
}

static void run(struct fixture *fixture)
{
    deadline_set(fixture->loop, &fixture->limit, 10000);
    if (fixture->waiting > 0)
        loop_run(fixture->loop);
    deadline_clear(&fixture->limit);
}

static void on_paused(void *owner)
{
    loop_stop(((struct fixture *)owner)->loop);
}

static void pass_time(struct fixture *fixture, uint32_t ms)
{
    struct deadline over;

    deadline_init(&over, on_paused, fixture);
    deadline_set(fixture->loop, &over, ms);
    loop_run(fixture->loop);
}

static struct result *resolve(struct fixture *fixture, const char *host)
{
    struct result *result = &fixture->results[0];

    result->calls = 0;
    begin(fixture, 0, host);
    run(fixture);
    assert_int_equal(result->calls, 1);
    return result;
}

static struct result *reverse(struct fixture *fixture, const char *text)
{
    struct result *result = &fixture->results[0];
    struct address address = {.port = 4711};

    assert_true(address_parse(slice_of(text), &address));
    result->calls = 0;
    fixture->inside = true;
    fixture->waiting = 1;
    result->lookup = dns_reverse(fixture->resolver, &address, on_name, result);
    fixture->inside = false;
    run(fixture);
    assert_int_equal(result->calls, 1);
    return result;
}

static void assert_address(const struct result *result, size_t place, const char *text)
{
    assert_true(place < result->count);
    assert_string_equal(address_print(&result->addresses[place]).text, text);
    assert_int_equal(result->addresses[place].port, 0);
}

static void finds_addresses_ipv4_first(void **state)
{
    struct result *result = resolve(*state, "both.test");

    assert_int_equal(result->status, DNS_FOUND);
    assert_int_equal(result->count, 3);
    assert_address(result, 0, "192.0.2.1");
    assert_address(result, 1, "192.0.2.2");
    assert_address(result, 2, "2001:db8::1");
}

/* How each name's questions end; each asked alone. */
static void statuses_are_exact(void **state)
{
    static const struct {
        const char *host;
        enum dns_status status;
        size_t count;
    } cases[] = {
        {"six.test",       DNS_FOUND,        1},
        {"twice.test",     DNS_FOUND,        1},
        {"alias.test",     DNS_FOUND,        1},
        {"large.test",     DNS_FOUND,        1},
        {"half4.test",     DNS_FOUND,        1},
        {"slow6.test",     DNS_FOUND,        1},
        {"huge.test",      DNS_FOUND,        1},
        {"sign.test",      DNS_FOUND,        1},
        {"nowhere.test",   DNS_NO_SUCH_NAME, 0},
        {"dangling.test",  DNS_NO_SUCH_NAME, 0},
        {"empty.test",     DNS_NO_SUCH_NAME, 0},
        {"broken.test",    DNS_FAILED,       0},
        {"refused.test",   DNS_FAILED,       0},
        {"broken4.test",   DNS_FAILED,       0},
        {"broken6.test",   DNS_FAILED,       0},
        {"silent.test",    DNS_FAILED,       0},
        {"badlen.test",    DNS_NO_SUCH_NAME, 0},
        {"192.0.2.77",     DNS_FOUND,        1},
        {"2001:db8::77",   DNS_FOUND,        1},
        {"[2001:db8::77]", DNS_FOUND,        1},
        {"",               DNS_NO_SUCH_NAME, 0},
        {"a b.test",       DNS_NO_SUCH_NAME, 0},
        {"both.test\r\n",  DNS_NO_SUCH_NAME, 0},
        {"both..test",     DNS_NO_SUCH_NAME, 0},
        {"both.test:80",   DNS_NO_SUCH_NAME, 0},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct result *result = resolve(*state, cases[i].host);

        if (result->status != cases[i].status || result->count != cases[i].count)
            fail_msg("%s: status %d, %zu addresses", cases[i].host, result->status, result->count);
    }
}

static void text_asks_nobody(void **state)
{
    struct fixture *fixture = *state;
    struct result *result = resolve(fixture, "192.0.2.77");

    assert_address(result, 0, "192.0.2.77");
    result = resolve(fixture, "[2001:db8::77]");
    assert_address(result, 0, "2001:db8::77");
    resolve(fixture, "no name");
    assert_int_equal(fake_dns_asked(fixture->fake, NULL, 0), 0);
}

static void hosts_file_counts(void **state)
{
    struct fixture *fixture = *state;
    const struct result *result = resolve(fixture, "localhost");

    assert_int_equal(result->status, DNS_FOUND);
    assert_address(result, 0, "127.0.0.1");
    result = reverse(fixture, "127.0.0.1");
    assert_int_equal(result->status, DNS_FOUND);
    assert_true(result->confirmed);
    assert_int_equal(fake_dns_asked(fixture->fake, NULL, 0), 0);
}

static void truncated_answer_comes_by_tcp(void **state)
{
    struct fixture *fixture = *state;
    const struct result *result = resolve(fixture, "large.test");

    assert_address(result, 0, "192.0.2.4");
    assert_int_equal(fake_dns_asked_by_tcp(fixture->fake), 1);
}

static void answers_are_remembered(void **state)
{
    struct fixture *fixture = *state;
    struct address addresses[DNS_ADDRESSES_MAX];

    assert_int_equal(dns_remembered(fixture->resolver, SLICE("both.test"), addresses, 16), 0);
    resolve(fixture, "both.test");
    resolve(fixture, "BOTH.Test");
    assert_int_equal(fake_dns_asked(fixture->fake, "both.test", 0), 2);
    assert_int_equal(dns_remembered(fixture->resolver, SLICE("bOth.test"), addresses, 16), 3);
    assert_string_equal(address_print(&addresses[2]).text, "2001:db8::1");
    assert_int_equal(dns_remembered(fixture->resolver, SLICE("both.test"), addresses, 2), 2);
    assert_int_equal(dns_remembered(fixture->resolver, SLICE("192.0.2.9"), addresses, 16), 1);
    assert_int_equal(dns_remembered(fixture->resolver, SLICE("both.tes"), addresses, 16), 0);
}

static void failures_are_remembered(void **state)
{
    struct fixture *fixture = *state;
    size_t asked;

    resolve(fixture, "broken.test");
    asked = fake_dns_asked(fixture->fake, "broken.test", 0);
    assert_int_equal(resolve(fixture, "broken.test")->status, DNS_FAILED);
    assert_int_equal(fake_dns_asked(fixture->fake, "broken.test", 0), asked);
    resolve(fixture, "nowhere.test");
    asked = fake_dns_asked(fixture->fake, NULL, 0);
    assert_int_equal(resolve(fixture, "nowhere.test")->status, DNS_NO_SUCH_NAME);
    assert_int_equal(fake_dns_asked(fixture->fake, NULL, 0), asked);
}

/* Also those behind an alias whose own TTL is long, and a TTL of 0 counts as a second. */
static void ttl_ends(void **state)
{
    static const char *const names[] = {"short.test", "alias.test", "zero.test", "both.test"};
    struct fixture *fixture = *state;
    struct address addresses[DNS_ADDRESSES_MAX];

    for (size_t i = 0; i < 4; i++) {
        resolve(fixture, names[i]);
        resolve(fixture, names[i]);
        assert_int_equal(fake_dns_asked(fixture->fake, names[i], FAKE_A), 1);
    }
    pass_time(fixture, 1100);
    assert_int_equal(dns_remembered(fixture->resolver, SLICE("short.test"), addresses, 16), 0);
    for (size_t i = 0; i < 4; i++) {
        resolve(fixture, names[i]);
        assert_int_equal(fake_dns_asked(fixture->fake, names[i], FAKE_A), i < 3 ? 2 : 1);
    }
}

static void running_question_is_shared(void **state)
{
    struct fixture *fixture = *state;

    begin(fixture, 0, "both.test");
    begin(fixture, 1, "both.test");
    begin(fixture, 2, "BOTH.test");
    run(fixture);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(fixture->results[i].calls, 1);
        assert_int_equal(fixture->results[i].count, 3);
    }
    assert_int_equal(fake_dns_asked(fixture->fake, NULL, 0), 2);
}

static void cancelled_lookup_is_not_told(void **state)
{
    struct fixture *fixture = *state;

    begin(fixture, 0, "both.test");
    begin(fixture, 1, "both.test");
    begin(fixture, 2, "192.0.2.1");
    dns_cancel(&fixture->results[0].lookup);
    dns_cancel(&fixture->results[2].lookup);
    assert_null(fixture->results[0].lookup);
    dns_cancel(&fixture->results[0].lookup);
    fixture->waiting = 1;
    run(fixture);
    assert_int_equal(fixture->results[0].calls, 0);
    assert_int_equal(fixture->results[1].calls, 1);
    assert_int_equal(fixture->results[2].calls, 0);
}

static void cancelled_question_fills_the_memory(void **state)
{
    struct fixture *fixture = *state;
    struct address addresses[DNS_ADDRESSES_MAX];

    begin(fixture, 0, "both.test");
    dns_cancel(&fixture->results[0].lookup);
    pass_time(fixture, 300);
    assert_int_equal(fixture->results[0].calls, 0);
    assert_int_equal(dns_remembered(fixture->resolver, SLICE("both.test"), addresses, 16), 3);
}

static void on_addresses_cancel_other(void *owner, enum dns_status status,
                                      const struct address *addresses, size_t count)
{
    struct result *result = owner;

    dns_cancel(&result->fixture->results[1].lookup);
    on_addresses(owner, status, addresses, count);
}

static void neighbour_may_be_cancelled_from_a_callback(void **state)
{
    struct fixture *fixture = *state;

    fixture->waiting = 2;
    fixture->results[0].lookup = dns_resolve(fixture->resolver, SLICE("both.test"),
                                             on_addresses_cancel_other, &fixture->results[0]);
    begin(fixture, 1, "both.test");
    begin(fixture, 2, "both.test");
    fixture->waiting = 2;
    run(fixture);
    assert_int_equal(fixture->results[0].calls, 1);
    assert_int_equal(fixture->results[1].calls, 0);
    assert_int_equal(fixture->results[2].calls, 1);
}

static void on_addresses_ask_again(void *owner, enum dns_status status,
                                   const struct address *addresses, size_t count)
{
    struct result *result = owner;

    dns_resolve(result->fixture->resolver, SLICE("both.test"), on_addresses_ask_again, owner);
    assert_string_equal(address_print(&addresses[2]).text, "2001:db8::1"); /* still valid */
    on_addresses(owner, status, addresses, count);
}

static void asking_again_from_a_callback_leaves_the_loop_its_turn(void **state)
{
    struct fixture *fixture = *state;

    dns_resolve(fixture->resolver, SLICE("both.test"), on_addresses_ask_again,
                &fixture->results[0]);
    pass_time(fixture, 200); /* would not return */
    assert_true(fixture->results[0].calls > 2);
}

static void free_with_everything_outstanding(void **state)
{
    struct fixture *fixture = *state;
    struct address address;

    assert_true(address_parse(SLICE("192.0.2.7"), &address));
    begin(fixture, 0, "silent.test");
    begin(fixture, 1, "both.test");
    begin(fixture, 2, "192.0.2.1");
    dns_reverse(fixture->resolver, &address, on_name, &fixture->results[3]);
    pass_time(fixture, 50);
    begin(fixture, 1, "alias.test");
    fixture->results[1].calls = 0;
    fixture->results[2].calls = 0;
    dns_resolver_free(fixture->resolver);
    fixture->resolver = NULL;
    fixture->waiting = 0;
    pass_time(fixture, 300);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(fixture->results[i].calls, 0);
}

static uint64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void silence_ends_in_time(void **state)
{
    struct fixture *fixture = *state;
    uint64_t start = now_ms();

    assert_int_equal(resolve(fixture, "silent.test")->status, DNS_FAILED);
    assert_in_range(now_ms() - start, TIMEOUT_MS - 100, TIMEOUT_MS + 1000);
    assert_true(fake_dns_asked(fixture->fake, "silent.test", FAKE_A) >= 2); /* asked again */
}

/* c-ares by itself would give each of them the whole time. */
static void silence_of_three_servers_takes_no_longer(void **state)
{
    struct fixture *fixture = *state;
    struct fake_dns *second = fake_dns_start(NULL, 0), *third = fake_dns_start(NULL, 0);
    struct dns_options options = {.timeout_ms = TIMEOUT_MS};
    char servers[128];
    uint64_t start;

    snprintf(servers, sizeof servers, "%s,%s,%s", fake_dns_servers(fixture->fake),
             fake_dns_servers(second), fake_dns_servers(third));
    options.servers = servers;
    fake_dns_all(second, FAKE_SILENT);
    fake_dns_all(third, FAKE_SILENT);
    dns_resolver_free(fixture->resolver);
    fixture->resolver = dns_resolver_new(fixture->loop, &options);
    start = now_ms();
    assert_int_equal(resolve(fixture, "silent.test")->status, DNS_FAILED);
    assert_in_range(now_ms() - start, TIMEOUT_MS - 100, TIMEOUT_MS + 1000);
    assert_true(fake_dns_asked(third, "silent.test", FAKE_A) > 0); /* but each was asked */
    fake_dns_stop(second);
    fake_dns_stop(third);
}

static void dead_server_is_a_failure(void **state)
{
    struct fixture *fixture = *state;
    struct dns_options options = {.servers = "127.0.0.1:1", .timeout_ms = TIMEOUT_MS};

    dns_resolver_free(fixture->resolver);
    fixture->resolver = dns_resolver_new(fixture->loop, &options);
    assert_int_equal(resolve(fixture, "both.test")->status, DNS_FAILED);
    assert_int_equal(reverse(fixture, "192.0.2.1")->status, DNS_FAILED);
}

static void expired_answer_serves_once_more(void **state)
{
    struct fixture *fixture = *state;

    resolve(fixture, "short.test");
    fake_dns_all(fixture->fake, FAKE_SERVFAIL);
    pass_time(fixture, 1100);
    assert_int_equal(resolve(fixture, "short.test")->status, DNS_FOUND);
    assert_address(&fixture->results[0], 0, "192.0.2.3");
    assert_true(fake_dns_asked(fixture->fake, "short.test", FAKE_A) > 1);
    pass_time(fixture, 5100);
    assert_int_equal(resolve(fixture, "short.test")->status, DNS_FAILED);
    fake_dns_all(fixture->fake, FAKE_RAW);
    pass_time(fixture, 5100);
    assert_int_equal(resolve(fixture, "short.test")->status, DNS_FOUND);
    fake_dns_all(fixture->fake, FAKE_SERVFAIL); /* a new answer may be served stale again */
    pass_time(fixture, 1100);
    assert_int_equal(resolve(fixture, "short.test")->status, DNS_FOUND);
    assert_true(fake_dns_asked(fixture->fake, "short.test", FAKE_A) > 3);
}

static void no_such_name_ends_what_was_known(void **state)
{
    struct fixture *fixture = *state;

    resolve(fixture, "short.test");
    fake_dns_all(fixture->fake, FAKE_NO_NAME);
    pass_time(fixture, 1100);
    assert_int_equal(resolve(fixture, "short.test")->status, DNS_NO_SUCH_NAME);
    assert_int_equal(fixture->results[0].count, 0);
}

static void at_most_sixteen_addresses(void **state)
{
    struct fake_record rows[20];
    char bytes[20][4];
    struct fixture *fixture;
    void *own_state;

    (void)state;
    for (size_t i = 0; i < 20; i++) {
        memcpy(bytes[i], "\xc0\0\2", 3);
        bytes[i][3] = (char)i;
        rows[i] = (struct fake_record){"m.test", FAKE_A, 60, bytes[i], 4, FAKE_RAW};
    }
    own_state = fixture = fixture_with(rows, 20);
    assert_int_equal(resolve(fixture, "m.test")->count, DNS_ADDRESSES_MAX);
    assert_address(&fixture->results[0], 15, "192.0.2.15");
    tear_down(&own_state);
}

/* `name` NULL: empty. */
static void names_and_their_confirmation(void **state)
{
    static const struct {
        const char *address;
        enum dns_status status;
        const char *name;
        bool confirmed;
    } cases[] = {
        {"192.0.2.1",    DNS_FOUND,        "Both.test",        true },
        {"2001:db8::1",  DNS_FOUND,        "both.test",        true },
        {"192.0.2.3",    DNS_FOUND,        "both.test",        false},
        {"192.0.2.4",    DNS_FOUND,        "nowhere.test",     false},
        {"192.0.2.5",    DNS_FAILED,       "broken.test",      false},
        {"192.0.2.11",   DNS_FAILED,       "silent.test",      false},
        {"192.0.2.6",    DNS_FAILED,       NULL,               false},
        {"192.0.2.7",    DNS_FAILED,       NULL,               false},
        {"192.0.2.8",    DNS_NO_SUCH_NAME, NULL,               false},
        {"192.0.2.9",    DNS_FOUND,        "both.test",        false},
        {"192.0.2.10",   DNS_FOUND,        "under_score.test", false},
        {"198.51.100.1", DNS_NO_SUCH_NAME, NULL,               false},
        {"2001:db8::2",  DNS_NO_SUCH_NAME, NULL,               false},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct result *result = reverse(*state, cases[i].address);
        const char *name = cases[i].name != NULL ? cases[i].name : "";

        if (result->status != cases[i].status || strcmp(result->name, name) != 0 ||
            result->confirmed != cases[i].confirmed)
            fail_msg("%s: status %d, \"%s\", confirmed %d", cases[i].address, result->status,
                     result->name, result->confirmed);
    }
}

static void hostile_names_are_no_names(void **state)
{
    for (int i = 1; i <= 16; i++) {
        char text[32];
        const struct result *result;

        snprintf(text, sizeof text, "192.0.3.%d", i);
        result = reverse(*state, text);
        if (result->status != DNS_NO_SUCH_NAME || result->name[0] != '\0' || result->confirmed)
            fail_msg("%s: status %d, \"%s\"", text, result->status, result->name);
    }
}

static void names_are_remembered(void **state)
{
    struct fixture *fixture = *state;
    size_t asked;

    reverse(fixture, "192.0.2.1");
    asked = fake_dns_asked(fixture->fake, NULL, 0);
    assert_true(reverse(fixture, "192.0.2.1")->confirmed);
    assert_int_equal(fake_dns_asked(fixture->fake, NULL, 0), asked);
}

static void reverse_can_be_cancelled_at_each_step(void **state)
{
    struct fixture *fixture = *state;
    struct address first, second;

    assert_true(address_parse(SLICE("192.0.2.7"), &first));   /* waits for the PTR */
    assert_true(address_parse(SLICE("192.0.2.11"), &second)); /* waits for the addresses */
    fixture->results[0].lookup =
        dns_reverse(fixture->resolver, &first, on_name, &fixture->results[0]);
    fixture->results[1].lookup =
        dns_reverse(fixture->resolver, &second, on_name, &fixture->results[1]);
    pass_time(fixture, 200);
    assert_int_equal(fake_dns_asked(fixture->fake, "silent.test", FAKE_A) > 0, true);
    dns_cancel(&fixture->results[0].lookup);
    dns_cancel(&fixture->results[1].lookup);
    pass_time(fixture, TIMEOUT_MS + 300);
    assert_int_equal(fixture->results[0].calls, 0);
    assert_int_equal(fixture->results[1].calls, 0);
}

static void check_asks_for_all_at_once(void **state)
{
    struct fixture *fixture = *state;
    const struct slice names[] = {SLICE("both.test"),   SLICE("nowhere.test"), SLICE("silent.test"),
                                  SLICE("broken.test"), SLICE("192.0.2.1"),    SLICE("both.test")};
    static const enum dns_status expected[] = {DNS_FOUND,  DNS_NO_SUCH_NAME, DNS_FAILED,
                                               DNS_FAILED, DNS_FOUND,        DNS_FOUND};
    struct dns_options options = {.servers = fake_dns_servers(fixture->fake),
                                  .timeout_ms = TIMEOUT_MS};
    enum dns_status statuses[6];
    uint64_t start = now_ms();

    assert_int_equal(dns_check_names_at(&options, names, 6, statuses), DNS_FAILED);
    assert_in_range(now_ms() - start, 0, TIMEOUT_MS + 1000);
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(statuses[i], expected[i]);
    assert_int_equal(dns_check_names_at(&options, names, 2, statuses), DNS_NO_SUCH_NAME);
    assert_int_equal(dns_check_names_at(&options, names, 1, statuses), DNS_FOUND);
    assert_int_equal(dns_check_names_at(&options, names, 0, NULL), DNS_FOUND);
    assert_int_equal(dns_check_names(&names[4], 1, 100, statuses), DNS_FOUND);
}

#define RESOLVER_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RESOLVER_TEST(finds_addresses_ipv4_first),
        RESOLVER_TEST(statuses_are_exact),
        RESOLVER_TEST(text_asks_nobody),
        RESOLVER_TEST(hosts_file_counts),
        RESOLVER_TEST(truncated_answer_comes_by_tcp),
        RESOLVER_TEST(answers_are_remembered),
        RESOLVER_TEST(failures_are_remembered),
        RESOLVER_TEST(ttl_ends),
        RESOLVER_TEST(running_question_is_shared),
        RESOLVER_TEST(cancelled_lookup_is_not_told),
        RESOLVER_TEST(cancelled_question_fills_the_memory),
        RESOLVER_TEST(neighbour_may_be_cancelled_from_a_callback),
        RESOLVER_TEST(asking_again_from_a_callback_leaves_the_loop_its_turn),
        RESOLVER_TEST(free_with_everything_outstanding),
        RESOLVER_TEST(silence_ends_in_time),
        RESOLVER_TEST(silence_of_three_servers_takes_no_longer),
        RESOLVER_TEST(dead_server_is_a_failure),
        RESOLVER_TEST(expired_answer_serves_once_more),
        RESOLVER_TEST(no_such_name_ends_what_was_known),
        RESOLVER_TEST(at_most_sixteen_addresses),
        RESOLVER_TEST(names_and_their_confirmation),
        RESOLVER_TEST(hostile_names_are_no_names),
        RESOLVER_TEST(names_are_remembered),
        RESOLVER_TEST(reverse_can_be_cancelled_at_each_step),
        RESOLVER_TEST(check_asks_for_all_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
