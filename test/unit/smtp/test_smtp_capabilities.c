#include "smtp/smtp_capabilities.h"
#include "smtp/smtp_xclient.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct smtp_capabilities learnt(const char *text)
{
    struct smtp_capabilities capabilities;
    struct smtp_reply reply;
    size_t used;

    assert_int_equal(smtp_reply_parse(slice_of(text), &reply, &used), SMTP_REPLY_OK);
    smtp_capabilities_learn(&capabilities, &reply);
    return capabilities;
}

static void expect(const struct smtp_capabilities *capabilities, bool starttls, const char *answer)
{
    char memory[2048];
    struct text text = text_in(memory, sizeof memory);

    smtp_capabilities_write(capabilities, SLICE("edge.example"), starttls, &text);
    text_byte(&text, '\0');
    assert_string_equal(memory, answer);
}

static void postfix_is_passed_on_without_its_private_parts(void **state)
{
    struct smtp_capabilities capabilities =
        learnt("250-mx.internal\r\n250-PIPELINING\r\n250-SIZE 10240000\r\n250-VRFY\r\n250-ETRN\r\n"
               "250-STARTTLS\r\n250-AUTH PLAIN LOGIN\r\n250-AUTH=PLAIN LOGIN\r\n"
               "250-XCLIENT NAME ADDR PROTO HELO REVERSE_NAME PORT LOGIN DESTADDR DESTPORT\r\n"
               "250-XFORWARD NAME ADDR\r\n250-ENHANCEDSTATUSCODES\r\n250-8BITMIME\r\n250-DSN\r\n"
               "250-SMTPUTF8\r\n250-REQUIRETLS\r\n250 CHUNKING\r\n");

    (void)state;
    expect(&capabilities, true,
           "250-edge.example\r\n250-SIZE 10240000\r\n250-PIPELINING\r\n250-VRFY\r\n"
           "250-ENHANCEDSTATUSCODES\r\n250-8BITMIME\r\n250-DSN\r\n250-SMTPUTF8\r\n"
           "250-CHUNKING\r\n250 STARTTLS\r\n");
    assert_true(capabilities.pipelining);
    assert_true(capabilities.chunking);
    assert_true(capabilities.has_xclient);
    assert_int_equal(capabilities.xclient, 0x3f);
    assert_int_equal(capabilities.size, 10240000);
}

static void a_backend_without_extensions_leaves_our_name(void **state)
{
    struct smtp_capabilities capabilities = learnt("250 mx\r\n");

    (void)state;
    expect(&capabilities, false, "250 edge.example\r\n");
    expect(&capabilities, true, "250-edge.example\r\n250 STARTTLS\r\n");
    assert_false(capabilities.pipelining);
    assert_false(capabilities.has_xclient);
}

static void while_nothing_is_known_only_what_is_safe_is_told(void **state)
{
    struct smtp_capabilities nothing = {0};

    (void)state;
    expect(&nothing, false, "250-edge.example\r\n250 PIPELINING\r\n");
    expect(&nothing, true, "250-edge.example\r\n250-PIPELINING\r\n250 STARTTLS\r\n");
}

static void size_without_a_number_is_kept(void **state)
{
    struct smtp_capabilities capabilities = learnt("250-mx\r\n250 SIZE\r\n");

    (void)state;
    expect(&capabilities, false, "250-edge.example\r\n250 SIZE\r\n");
    assert_int_equal(capabilities.size, 0);
    assert_int_equal(smtp_capabilities_smaller(0, 5), 5);
    assert_int_equal(smtp_capabilities_smaller(7, 0), 7);
    assert_int_equal(smtp_capabilities_smaller(7, 5), 5);
}

static void what_does_not_fit_is_left_out(void **state)
{
    struct smtp_capabilities capabilities;
    char line[400];

    (void)state;
    memset(line, 'A', sizeof line);
    smtp_capabilities_start(&capabilities);
    smtp_capabilities_add(&capabilities, (struct slice){line, 400});
    smtp_capabilities_add(&capabilities, (struct slice){line, 400});
    smtp_capabilities_add(&capabilities, (struct slice){line, 400});
    smtp_capabilities_add(&capabilities, SLICE("DSN"));
    assert_int_equal(capabilities.len, 401 + 401 + 4);
}

static void odd_lines_are_left_out(void **state)
{
    struct smtp_capabilities capabilities;

    (void)state;
    smtp_capabilities_start(&capabilities);
    smtp_capabilities_add(&capabilities, SLICE(""));
    smtp_capabilities_add(&capabilities, SLICE("-x"));
    smtp_capabilities_add(&capabilities, SLICE("D\tSN"));
    smtp_capabilities_add(&capabilities, SLICE("\xc3\xa9"));
    smtp_capabilities_add(&capabilities, SLICE("D\r\nSN"));
    assert_int_equal(capabilities.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(postfix_is_passed_on_without_its_private_parts),
        cmocka_unit_test(a_backend_without_extensions_leaves_our_name),
        cmocka_unit_test(while_nothing_is_known_only_what_is_safe_is_told),
        cmocka_unit_test(size_without_a_number_is_kept),
        cmocka_unit_test(what_does_not_fit_is_left_out),
        cmocka_unit_test(odd_lines_are_left_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
