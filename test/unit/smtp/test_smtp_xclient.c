#include "smtp/smtp_xclient.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define COUNT(table) (sizeof table / sizeof table[0])
#define ALL          0x3fu

static struct smtp_identity identity_of(const char *client, enum smtp_name_state name_state,
                                        struct slice name)
{
    struct smtp_identity identity = {.is_vouched = true, .name_state = name_state, .name = name};

    assert_true(address_parse(slice_of(client), &identity.address));
    assert_true(address_parse(SLICE("198.51.100.1"), &identity.local));
    identity.address.port = 41234;
    identity.local.port = 25;
    return identity;
}

static void expect(const struct smtp_identity *identity, uint32_t announced, const char *line)
{
    char memory[1024];
    struct text text = text_in(memory, sizeof memory);

    assert_true(smtp_xclient_write(identity, announced, &text));
    text_byte(&text, '\0');
    assert_string_equal(memory, line);
}

static void every_attribute_is_sent_addr_first(void **state)
{
    struct smtp_identity identity =
        identity_of("203.0.113.7", SMTP_NAME_CONFIRMED, SLICE("mx.example.net"));

    (void)state;
    expect(&identity, ALL,
           "XCLIENT ADDR=203.0.113.7 NAME=mx.example.net REVERSE_NAME=mx.example.net PORT=41234 "
           "DESTADDR=198.51.100.1 DESTPORT=25\r\n");
    identity.name_state = SMTP_NAME_UNCONFIRMED;
    expect(&identity, ALL,
           "XCLIENT ADDR=203.0.113.7 NAME=[UNAVAILABLE] REVERSE_NAME=mx.example.net PORT=41234 "
           "DESTADDR=198.51.100.1 DESTPORT=25\r\n");
    identity.name_state = SMTP_NAME_UNKNOWN_NOW;
    expect(&identity, SMTP_XCLIENT_ADDR | SMTP_XCLIENT_NAME | SMTP_XCLIENT_REVERSE_NAME,
           "XCLIENT ADDR=203.0.113.7 NAME=[TEMPUNAVAIL] REVERSE_NAME=[TEMPUNAVAIL]\r\n");
    identity.name_state = SMTP_NAME_NONE;
    expect(&identity, SMTP_XCLIENT_ADDR | SMTP_XCLIENT_NAME,
           "XCLIENT ADDR=203.0.113.7 NAME=[UNAVAILABLE]\r\n");
}

static void ipv6_has_its_prefix(void **state)
{
    struct smtp_identity identity = identity_of("2001:db8::1", SMTP_NAME_NONE, SLICE_NONE);

    (void)state;
    assert_true(address_parse(SLICE("2001:db8::25"), &identity.local));
    identity.local.port = 465;
    expect(&identity, ALL & ~(uint32_t)SMTP_XCLIENT_REVERSE_NAME,
           "XCLIENT ADDR=IPV6:2001:db8::1 NAME=[UNAVAILABLE] PORT=41234 "
           "DESTADDR=IPV6:2001:db8::25 DESTPORT=465\r\n");
}

static void an_address_that_is_not_vouched_for_is_not_told(void **state)
{
    struct smtp_identity identity =
        identity_of("127.0.0.1", SMTP_NAME_CONFIRMED, SLICE("localhost"));

    (void)state;
    identity.is_vouched = false;
    expect(&identity, SMTP_XCLIENT_ADDR | SMTP_XCLIENT_NAME | SMTP_XCLIENT_REVERSE_NAME,
           "XCLIENT ADDR=[UNAVAILABLE] NAME=[UNAVAILABLE] REVERSE_NAME=[UNAVAILABLE]\r\n");
}

/* Half an identity leaves the backend with its idea of the other half. */
static void a_backend_that_takes_less_than_addr_and_name_gets_nothing(void **state)
{
    static const uint32_t announced[] = {
        0,
        SMTP_XCLIENT_ADDR,
        SMTP_XCLIENT_NAME,
        ALL & ~(uint32_t)SMTP_XCLIENT_ADDR,
        ALL & ~(uint32_t)SMTP_XCLIENT_NAME,
    };
    struct smtp_identity identity = identity_of("203.0.113.7", SMTP_NAME_NONE, SLICE_NONE);

    (void)state;
    for (size_t i = 0; i < COUNT(announced); i++) {
        char memory[1024];
        struct text text = text_in(memory, sizeof memory);

        assert_false(smtp_xclient_write(&identity, announced[i], &text));
        assert_int_equal(text.len, 0);
    }
}

/* Row P3 of the pitfalls: names come from whoever runs the client's DNS. */
static void names_cannot_break_out(void **state)
{
    const struct slice names[] = {
        SLICE("a b"), SLICE("a\r\nMAIL FROM:<x>"), SLICE("ADDR=1.2.3.4"), SLICE("a\0b"),
        SLICE(""),    SLICE("[UNAVAILABLE]"),      SLICE("example.net."), SLICE("\xc3\xa9.net"),
        SLICE("a+b"),
    };
    char long_name[300];

    (void)state;
    for (size_t i = 0; i < COUNT(names); i++) {
        struct smtp_identity identity = identity_of("203.0.113.7", SMTP_NAME_CONFIRMED, names[i]);

        expect(&identity, SMTP_XCLIENT_ADDR | SMTP_XCLIENT_NAME,
               "XCLIENT ADDR=203.0.113.7 NAME=[UNAVAILABLE]\r\n");
    }
    memset(long_name, 'a', sizeof long_name);
    struct smtp_identity identity = identity_of("203.0.113.7", SMTP_NAME_CONFIRMED,
                                                (struct slice){long_name, sizeof long_name});

    expect(&identity, SMTP_XCLIENT_ADDR | SMTP_XCLIENT_NAME,
           "XCLIENT ADDR=203.0.113.7 NAME=[UNAVAILABLE]\r\n");
}

static void the_line_never_exceeds_512_bytes(void **state)
{
    char name[255];
    char memory[1024];

    (void)state;
    for (size_t len = 1; len <= sizeof name; len++) {
        struct text text = text_in(memory, sizeof memory);
        struct smtp_identity identity;

        memset(name, 'n', sizeof name);
        identity = identity_of("2001:db8:1111:2222:3333:4444:5555:6666", SMTP_NAME_CONFIRMED,
                               (struct slice){name, len});
        assert_true(smtp_xclient_write(&identity, ALL, &text));
        assert_true(text.len <= SMTP_XCLIENT_LINE_MAX);
        assert_true(slice_ends(text_slice(&text), SLICE("\r\n")));
        assert_true(slice_ends(text_slice(&text), SLICE(" DESTPORT=25\r\n")));
    }
}

static void announcements_are_read_in_either_case(void **state)
{
    (void)state;
    assert_int_equal(smtp_xclient_announced(SLICE("NAME ADDR PROTO HELO REVERSE_NAME PORT LOGIN "
                                                  "DESTADDR DESTPORT")),
                     ALL);
    assert_int_equal(smtp_xclient_announced(SLICE("addr  name")),
                     SMTP_XCLIENT_ADDR | SMTP_XCLIENT_NAME);
    assert_int_equal(smtp_xclient_announced(SLICE("ADDRESS NAMES")), 0);
    assert_int_equal(smtp_xclient_announced(SLICE_NONE), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_attribute_is_sent_addr_first),
        cmocka_unit_test(ipv6_has_its_prefix),
        cmocka_unit_test(an_address_that_is_not_vouched_for_is_not_told),
        cmocka_unit_test(a_backend_that_takes_less_than_addr_and_name_gets_nothing),
        cmocka_unit_test(names_cannot_break_out),
        cmocka_unit_test(the_line_never_exceeds_512_bytes),
        cmocka_unit_test(announcements_are_read_in_either_case),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
