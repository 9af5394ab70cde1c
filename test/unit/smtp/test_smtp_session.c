#include "smtp/smtp_backend.h"
#include "smtp/smtp_fixture.h"
#include "smtp/smtp_parse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(table) (sizeof table / sizeof table[0])

/* Before any mail. */

static void a_client_is_greeted_and_told_what_is_known(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f);
    fixture_start(&f, "203.0.113.7");
    assert_string_equal(fake_client_hears(f.fake), "220 edge.example ESMTP\r\n");
    says(&f, "EHLO client.example\r\n", "250-edge.example\r\n250-PIPELINING\r\n250 STARTTLS\r\n");
    smtp_capabilities_start(&f.known[0]);
    smtp_capabilities_add(&f.known[0], SLICE("8BITMIME"));
    says(&f, "ehlo client.example\r\n", "250-edge.example\r\n250-8BITMIME\r\n250 STARTTLS\r\n");
    says(&f, "HELO client.example\r\n", "250 edge.example\r\n");
    says(&f, "NOOP\r\n", "250 2.0.0 Ok\r\n");
    says(&f, "RSET\r\n", "250 2.0.0 Ok\r\n");
    says(&f, "HELP\r\n", "214 2.0.0 See RFC 5321\r\n");
    assert_false(fake_is_dialing(&f.worker));
    fake_client_sends(f.fake, SLICE("QUIT\r\n"));
    ends(&f, "221 2.0.0 Bye\r\n", CLOSE_DONE);
    fixture_stop(&f);
}

static void given_capabilities_replace_the_backends(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f);
    smtp_capabilities_start(&f.server.given);
    smtp_capabilities_add(&f.server.given, SLICE("SIZE 500"));
    smtp_capabilities_add(&f.server.given, SLICE("DSN"));
    fixture_start(&f, "203.0.113.7");
    fake_client_hears(f.fake);
    says(&f, "EHLO c\r\n", "250-edge.example\r\n250-SIZE 500\r\n250-DSN\r\n250 STARTTLS\r\n");
    says(&f, "MAIL FROM:<a@b> SIZE=501\r\n", "552 5.3.4 Message size exceeds the limit\r\n");
    assert_false(fake_is_dialing(&f.worker));
    fixture_stop(&f);
}

struct refusal_case {
    const char *line, *reply;
};

static void what_should_not_be_said_is_answered(void **state)
{
    static const struct refusal_case rows[] = {
        {"MAIL FROM:<a@b>\r\n",      "503 5.5.1 Send EHLO or HELO first\r\n"       },
        {"VRFY a\r\n",               "503 5.5.1 Send EHLO or HELO first\r\n"       },
        {"RCPT TO:<a@b>\r\n",        "503 5.5.1 Send MAIL first\r\n"               },
        {"DATA\r\n",                 "503 5.5.1 Send MAIL first\r\n"               },
        {"EHLO\r\n",                 "501 5.5.4 Syntax: EHLO hostname\r\n"         },
        {"EHLO a b\r\n",             "501 5.5.4 Syntax: EHLO hostname\r\n"         },
        {"HELO\r\n",                 "501 5.5.4 Syntax: HELO hostname\r\n"         },
        {"RSET now\r\n",             "501 5.5.4 This command takes no argument\r\n"},
        {"STARTTLS now\r\n",         "501 5.5.4 STARTTLS takes no argument\r\n"    },
        {"AUTH\r\n",                 "501 5.5.4 Syntax: AUTH mechanism\r\n"        },
        {"AUTH GSSAPI\r\n",          "504 5.5.4 Mechanism not supported\r\n"       },
        {"XCLIENT ADDR=1.2.3.4\r\n", "502 5.5.2 Command not recognized\r\n"        },
        {"XFORWARD NAME=x\r\n",      "502 5.5.2 Command not recognized\r\n"        },
        {"ETRN x\r\n",               "502 5.5.2 Command not recognized\r\n"        },
        {"TURN\r\n",                 "502 5.5.2 Command not recognized\r\n"        },
        {"\r\n",                     "502 5.5.2 Command not recognized\r\n"        },
        {"<script>\r\n",             "502 5.5.2 Command not recognized\r\n"        },
        {"NO\rOP\r\n",               "500 5.5.2 Bare carriage return or NUL\r\n"   },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct fixture f;

        fixture_init(&f);
        fixture_start(&f, "203.0.113.7");
        fake_client_hears(f.fake);
        says(&f, rows[i].line, rows[i].reply);
        assert_false(fake_is_dialing(&f.worker));
        fixture_stop(&f);
    }
}

static void too_many_errors_end_the_session(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f);
    fixture_start(&f, "203.0.113.7");
    fake_client_hears(f.fake);
    for (int i = 0; i < 4; i++)
        says(&f, "FOO\r\n", "502 5.5.2 Command not recognized\r\n");
    fake_client_sends(f.fake, SLICE("FOO\r\n"));
    ends(&f, "502 5.5.2 Command not recognized\r\n421 4.7.0 Too many errors\r\n",
         CLOSE_CLIENT_ERRORS);
    fixture_stop(&f);
}

/* Row P12 of the pitfalls, and bare newlines. */
static void what_is_no_smtp_is_dropped_at_once(void **state)
{
    static const char goodbye[] = "221 2.7.0 This is a mail server, goodbye\r\n";
    static const struct {
        const char *bytes, *reply;
        enum close_reason reason;
    } rows[] = {
        {"GET / HTTP/1.1\r\nHost: x\r\n\r\n",                    goodbye,                                  CLOSE_CLIENT_BAD_PROTOCOL},
        {"POST / HTTP/1.1\r\n\r\nEHLO x\r\nMAIL FROM:<a@b>\r\n", goodbye,
         CLOSE_CLIENT_BAD_PROTOCOL                                                                                                  },
        {"Content-Type: text/plain\r\n",                         goodbye,                                  CLOSE_CLIENT_BAD_PROTOCOL},
        {"\x16\x03\x01",                                         "",                                       CLOSE_CLIENT_BAD_PROTOCOL},
        {"\x16",                                                 "",                                       CLOSE_CLIENT_BAD_PROTOCOL},
        {"NOOP\n",                                               "500 5.5.2 Bare newline\r\n",             CLOSE_CLIENT_BARE_NEWLINE},
        {"EHLO x\r\nMAIL FROM:<a@b>\nRCPT\r\n",                  "554 5.5.0 Protocol synchronization\r\n",
         CLOSE_CLIENT_SYNCHRONIZATION                                                                                               },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct fixture f;

        fixture_init(&f);
        fixture_start(&f, "203.0.113.7");
        fake_client_hears(f.fake);
        fake_client_sends(f.fake, slice_of(rows[i].bytes));
        ends(&f, rows[i].reply, rows[i].reason);
        fixture_stop(&f);
    }
}

static void lines_have_a_limit(void **state)
{
    char line[SMTP_LINE_MAX + 1];
    struct fixture f;

    (void)state;
    memset(line, 'a', sizeof line);
    fixture_init(&f);
    fixture_start(&f, "203.0.113.7");
    fake_client_hears(f.fake);
    fake_client_sends(f.fake, (struct slice){line, sizeof line});
    ends(&f, "500 5.5.2 Line too long\r\n", CLOSE_CLIENT_BAD_PROTOCOL);
    fixture_stop(&f);
}

static void whoever_speaks_before_a_delayed_greeting_is_sent_away(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f);
    f.conf.smtp_greeting_delay = 2000;
    fixture_start(&f, "203.0.113.7");
    assert_string_equal(fake_client_hears(f.fake), "");
    fake_time_passes(&f.worker, 1000);
    fake_client_sends(f.fake, SLICE("EHLO x\r\n"));
    ends(&f, "554 5.5.0 You spoke before the greeting\r\n", CLOSE_CLIENT_EARLY_TALKER);
    fake_stop(f.fake);
    fixture_start(&f, "203.0.113.7");
    fake_time_passes(&f.worker, 2000);
    assert_string_equal(fake_client_hears(f.fake), "220 edge.example ESMTP\r\n");
    fixture_stop(&f);
}

/* STARTTLS. */

static void starttls_forgets_everything(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f);
    fixture_open_mail(&f);
    says(&f, "STARTTLS\r\n", "220 2.0.0 Ready to start TLS\r\n");
    backend_hears(&f, "QUIT\r\n");
    assert_false(fake_backend_is_open(&f.worker));
    assert_true(fake_tls_is_begun(f.fake));
    fake_tls_succeeds(f.fake, "edge.example");
    says(&f, "RCPT TO:<a@b>\r\n", "503 5.5.1 Send MAIL first\r\n");
    says(&f, "MAIL FROM:<a@b>\r\n", "503 5.5.1 Send EHLO or HELO first\r\n");
    says(&f, "EHLO c\r\n",
         "250-edge.example\r\n250-SIZE 1000\r\n250-PIPELINING\r\n"
         "250-8BITMIME\r\n250 CHUNKING\r\n");
    says(&f, "STARTTLS\r\n", "503 5.5.1 TLS is already there\r\n");
    fixture_stop(&f);
}

/* Row P7 of the pitfalls. */
static void nothing_is_taken_from_the_clear_into_tls(void **state)
{
    static const char *const rows[] = {
        "STARTTLS\r\nNOOP\r\n",
        "STARTTLS\r\nMAIL FR",
        "STARTTLS\r\n\x16\x03\x01",
        "STARTTLS\r\n\r",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct fixture f;

        fixture_init(&f);
        fixture_start(&f, "203.0.113.7");
        fixture_greet(&f);
        fake_client_sends(f.fake, slice_of(rows[i]));
        ends(&f, "554 5.5.0 Protocol synchronization\r\n", CLOSE_CLIENT_INJECTED);
        assert_false(fake_tls_is_begun(f.fake));
        fixture_stop(&f);
    }
}

static void starttls_only_demands_it(void **state)
{
    static const char must[] = "530 5.7.0 Must issue a STARTTLS command first\r\n";
    struct fixture f;

    (void)state;
    fixture_init(&f);
    f.conf.starttls = SMTP_STARTTLS_ONLY;
    f.conf.max_errors = 10;
    fixture_start(&f, "203.0.113.7");
    fixture_greet(&f);
    says(&f, "MAIL FROM:<a@b>\r\n", must);
    says(&f, "AUTH PLAIN\r\n", must);
    says(&f, "VRFY a\r\n", must);
    says(&f, "RSET\r\n", "250 2.0.0 Ok\r\n");
    says(&f, "NOOP\r\n", "250 2.0.0 Ok\r\n");
    says(&f, "STARTTLS\r\n", "220 2.0.0 Ready to start TLS\r\n");
    fake_tls_succeeds(f.fake, "");
    says(&f, "EHLO c\r\n", "250-edge.example\r\n250 PIPELINING\r\n");
    says(&f, "MAIL FROM:<a@b>\r\n", "");
    fixture_stop(&f);
}

static void without_starttls_it_is_not_there(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f);
    f.conf.starttls = SMTP_STARTTLS_OFF;
    fixture_start(&f, "203.0.113.7");
    fake_client_hears(f.fake);
    says(&f, "EHLO c\r\n", "250-edge.example\r\n250 PIPELINING\r\n");
    says(&f, "STARTTLS\r\n", "502 5.5.1 STARTTLS is not offered\r\n");
    fixture_stop(&f);
}

/* A mail. */

static void a_mail_goes_through(void **state)
{
    struct fixture f;
    const char *line;

    (void)state;
    fixture_init(&f);
    fixture_open_mail(&f);
    says(&f, "DATA\r\n", "");
    backend_hears(&f, "DATA\r\n");
    backend_says(&f, "354 go\r\n", "354 go\r\n");
    says(&f, "Subject: x\r\n\r\n..dot\r\n.\r\n", "");
    backend_hears(&f, "Subject: x\r\n\r\n..dot\r\n.\r\n");
    backend_says(&f, "250 2.0.0 Ok: queued as 4F2A1C03\r\n",
                 "250 2.0.0 Ok: queued as 4F2A1C03\r\n");
    fake_client_sends(f.fake, SLICE("QUIT\r\n"));
    backend_hears(&f, "QUIT\r\n");
    ends(&f, "221 2.0.0 Bye\r\n", CLOSE_DONE);
    line = fixture_log(&f, FIXTURE_ACCESS_LOG);
    assert_non_null(strstr(line, "\"ip\":\"203.0.113.7\",\"port\":41234"));
    assert_non_null(strstr(line, "\"helo\":\"client.example\",\"mails\":1,\"rcpt\":1,\"refused\":0,"
                                 "\"queue\":[\"4F2A1C03\"],\"up\":\"mx1:25\","
                                 "\"reply\":\"250 2.0.0 Ok: queued as 4F2A1C03\""));
    assert_non_null(strstr(line, "\"end\":\"--\",\"why\":\"finished\"}\n"));
    assert_int_equal(f.worker.counters[COUNTER_MAILS_ACCEPTED], 1);
    fixture_stop(&f);
}

static void a_pipelined_mail_keeps_the_order_of_replies(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f);
    fixture_start(&f, "203.0.113.7");
    fixture_greet(&f);
    fixture_send_mail(&f, "MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nXCLIENT x\r\nRCPT TO:<>\r\n"
                          "RCPT TO:<e@f>\r\nDATA\r\n");
    backend_hears(&f, "MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nRCPT TO:<e@f>\r\nDATA\r\n");
    backend_says(&f, "250 mail\r\n", "250 mail\r\n");
    backend_says(&f, "250 first\r\n550 sec",
                 "250 first\r\n502 5.5.2 Command not recognized\r\n"
                 "501 5.5.4 Syntax: RCPT TO:<address>\r\n");
    backend_says(&f, "ond\r\n", "550 second\r\n");
    backend_says(&f, "354 go\r\n", "354 go\r\n");
    says(&f, ".\r\nMAIL FROM:<x@y>\r\n", "");
    backend_hears(&f, ".\r\n");
    backend_says(&f, "250 done\r\n", "250 done\r\n");
    backend_hears(&f, "MAIL FROM:<x@y>\r\n");
    backend_says(&f, "250 again\r\n", "250 again\r\n");
    fixture_stop(&f);
}

static void a_backend_without_pipelining_gets_one_command_at_a_time(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f);
    f.conf.xclient = false;
    fixture_start(&f, "203.0.113.7");
    fixture_greet(&f);
    says(&f, "MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nRCPT TO:<e@f>\r\n", "");
    fake_backend_accepts(&f.worker);
    backend_says(&f, "220 mx\r\n", "");
    backend_hears(&f, "EHLO client.example\r\n");
    backend_says(&f, "250 mx\r\n", "");
    backend_hears(&f, "MAIL FROM:<a@b>\r\n");
    backend_says(&f, "250 1\r\n", "250 1\r\n");
    backend_hears(&f, "RCPT TO:<c@d>\r\n");
    backend_says(&f, "250 2\r\n", "250 2\r\n");
    backend_hears(&f, "RCPT TO:<e@f>\r\n");
    fixture_stop(&f);
}

static void whatever_order_the_bytes_come_in_the_backend_hears_the_same(void **state)
{
    static const char input[] = "MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n";

    (void)state;
    for (size_t split = 1; split < sizeof input - 1; split++) {
        struct fixture f;

        fixture_init(&f);
        f.conf.xclient = false;
        fixture_start(&f, "203.0.113.7");
        fixture_greet(&f);
        fake_client_sends(f.fake, (struct slice){input, split});
        fake_client_sends(f.fake, (struct slice){input + split, sizeof input - 1 - split});
        fake_backend_accepts(&f.worker);
        backend_says(&f, "220 mx\r\n", "");
        backend_hears(&f, "EHLO client.example\r\n");
        backend_says(&f, "250-mx\r\n250 PIPELINING\r\n", "");
        backend_hears(&f, input);
        fixture_stop(&f);
    }
}

static void a_refused_mail_is_none(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f);
    fixture_start(&f, "203.0.113.7");
    fixture_greet(&f);
    fixture_send_mail(&f, "MAIL FROM:<a@b>\r\n");
    backend_hears(&f, "MAIL FROM:<a@b>\r\n");
    backend_says(&f, "550 5.7.1 no\r\n", "550 5.7.1 no\r\n");
    says(&f, "RCPT TO:<c@d>\r\n", "503 5.5.1 Send MAIL first\r\n");
    says(&f, "MAIL FROM:<x@y>\r\n", "");
    backend_hears(&f, "MAIL FROM:<x@y>\r\n");
    fixture_stop(&f);
}

static void size_is_enforced_at_mail(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f);
    fixture_open_mail(&f);
    says(&f, "RSET\r\n", "");
    backend_says(&f, "250 ok\r\n", "250 ok\r\n");
    fake_backend_hears(&f.worker);
    says(&f, "MAIL FROM:<a@b> SIZE=1001\r\n", "552 5.3.4 Message size exceeds the limit\r\n");
    says(&f, "MAIL FROM:<a@b> SIZE=x\r\n", "501 5.5.4 Bad message size\r\n");
    backend_hears(&f, "");
    says(&f, "MAIL FROM:<a@b> SIZE=1000 AUTH=<>\r\n", "");
    backend_hears(&f, "MAIL FROM:<a@b> SIZE=1000\r\n");
    fixture_stop(&f);
}

/* Row P11 of the pitfalls. */
static void the_filter_holds_inside_a_mail(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f);
    fixture_open_mail(&f);
    says(&f, "XCLIENT ADDR=127.0.0.1\r\n", "502 5.5.2 Command not recognized\r\n");
    says(&f, "XFORWARD ADDR=127.0.0.1\r\n", "502 5.5.2 Command not recognized\r\n");
    says(&f, "AUTH PLAIN AGEAYg==\r\n", "503 5.5.1 Not inside a mail transaction\r\n");
    says(&f, "MAIL FROM:<a@b>\r\n", "503 5.5.1 Not inside a mail transaction\r\n");
    backend_hears(&f, "");
    says(&f, "EHLO other.example\r\n", "");
    backend_hears(&f, "EHLO other.example\r\n");
    backend_says(&f, FIXTURE_EHLO,
                 "250-edge.example\r\n250-SIZE 1000\r\n250-PIPELINING\r\n250-8BITMIME\r\n"
                 "250-CHUNKING\r\n250 STARTTLS\r\n");
    says(&f, "RCPT TO:<a@b>\r\n", "503 5.5.1 Send MAIL first\r\n421 4.7.0 Too many errors\r\n");
    fixture_stop(&f);
}

static void nothing_follows_ehlo_to_the_backend_before_its_answer(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f);
    fixture_open_mail(&f);
    says(&f, "EHLO other.example\r\n", "");
    backend_hears(&f, "EHLO other.example\r\n");
    says(&f, "MAIL FROM:<a@b>\r\n", "");
    backend_hears(&f, "");
    fake_backend_sends(&f.worker, SLICE("250-mx\r\n250 PIPELINING\r\n"));
    backend_hears(&f, "MAIL FROM:<a@b>\r\n");
    fixture_stop(&f);
}

static void vrfy_needs_the_announced_client_too(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f);
    fixture_start(&f, "203.0.113.7");
    fixture_greet(&f);
    fixture_send_mail(&f, "VRFY someone\r\n");
    backend_hears(&f, "VRFY someone\r\n");
    backend_says(&f, "252 perhaps\r\n", "252 perhaps\r\n");
    fixture_stop(&f);
}

/* The backend. */

static void backends_are_tried_in_turn_before_the_first_mail(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f);
    f.conf.proxy_pass.count = 2;
    f.conf.xclient = false;
    fixture_start(&f, "203.0.113.7");
    fixture_greet(&f);
    says(&f, "MAIL FROM:<a@b>\r\n", "");
    assert_true(slice_equal(fake_dialed_host(&f.worker), SLICE("mx1")));
    fake_backend_refuses(&f.worker, BACKEND_REFUSED);
    assert_true(slice_equal(fake_dialed_host(&f.worker), SLICE("mx2")));
    fake_backend_accepts(&f.worker);
    fake_backend_sends(&f.worker, SLICE("421 not now\r\n"));
    ends(&f, "421 4.3.2 Service not available, try again later\r\n", CLOSE_BACKEND_REFUSED);
    assert_non_null(strstr(fake_log(&f.worker), "backend mx1:25 cannot be reached: refused"));
    assert_non_null(strstr(fake_log(&f.worker), "backend mx2:25 answered \"421 not now\", waiting "
                                                "for its greeting"));
    fixture_stop(&f);
}

static void a_silent_backend_gives_way_to_the_next(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f);
    f.conf.proxy_pass.count = 2;
    f.conf.xclient = false;
    fixture_start(&f, "203.0.113.7");
    fixture_greet(&f);
    says(&f, "MAIL FROM:<a@b>\r\n", "");
    fake_backend_accepts(&f.worker);
    fake_time_passes(&f.worker, 31000);
    assert_true(slice_equal(fake_dialed_host(&f.worker), SLICE("mx2")));
    fake_backend_accepts(&f.worker);
    backend_says(&f, "220 mx\r\n", "");
    fake_backend_hears(&f.worker);
    backend_says(&f, "250 mx\r\n", "");
    backend_hears(&f, "MAIL FROM:<a@b>\r\n");
    fixture_stop(&f);
}

static void opening_backends_has_an_end(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f);
    f.conf.proxy_pass.count = 2;
    f.conf.xclient = false;
    fixture_start(&f, "203.0.113.7");
    fixture_greet(&f);
    says(&f, "MAIL FROM:<a@b>\r\n", "");
    fake_backend_accepts(&f.worker);
    fake_time_passes(&f.worker, 29000);
    backend_says(&f, "220 mx\r\n", "");
    fake_time_passes(&f.worker, 31000);
    assert_true(slice_equal(fake_dialed_host(&f.worker), SLICE("mx2")));
    fake_backend_accepts(&f.worker);
    fake_time_passes(&f.worker, 80000);
    backend_says(&f, "220 mx\r\n", "");
    fake_time_passes(&f.worker, 9000);
    assert_false(fake_is_closed(f.fake));
    fake_time_passes(&f.worker, 2000);
    ends(&f, "421 4.3.2 Service not available, try again later\r\n", CLOSE_TIMEOUT_BACKEND);
    assert_false(fake_backend_is_open(&f.worker));
    fixture_stop(&f);
}

static void a_client_that_has_gone_ends_the_opening(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f);
    fixture_start(&f, "203.0.113.7");
    fixture_greet(&f);
    says(&f, "MAIL FROM:<a@b>\r\n", "");
    assert_true(fake_is_naming(&f.worker));
    fake_client_ends(f.fake);
    ends(&f, "", CLOSE_CLIENT_GONE);
    fake_stop(f.fake);

    f.conf.xclient = false;
    fixture_start(&f, "203.0.113.7");
    fixture_greet(&f);
    says(&f, "MAIL FROM:<a@b>\r\n", "");
    fake_backend_accepts(&f.worker);
    fake_client_ends(f.fake);
    ends(&f, "", CLOSE_CLIENT_GONE);
    assert_false(fake_backend_is_open(&f.worker));
    fixture_stop(&f);
}

/* Row P1 of the pitfalls: no MAIL without a 220 to XCLIENT, whatever the backend does. */
static void no_mail_without_xclient(void **state)
{
    static const char mail[] = "421 4.3.2 Service not available, try again later\r\n";
    static const struct {
        const char *ehlo, *xclient, *client_hears;
    } rows[] = {
        {"250 mx\r\n",                          NULL,                                              mail                                },
        {"250-mx\r\n250 XCLIENT ADDR\r\n",      NULL,                                              mail                                },
        {"250-mx\r\n250 XCLIENT NAME PORT\r\n", NULL,                                              mail                                },
        {"250-mx\r\n250 XCLIENT\r\n",           NULL,                                              mail                                },
        {"500 what\r\n",                        NULL,                                              mail                                },
        {FIXTURE_EHLO,                          "250 ok\r\n",                                      mail                                },
        {FIXTURE_EHLO,                          "421 going\r\n",                                   mail                                },
        {FIXTURE_EHLO,                          "450 later\r\n",                                   mail                                },
        {FIXTURE_EHLO,                          "501 bad\r\n",                                     mail                                },
        {FIXTURE_EHLO,                          "503 no\r\n",                                      mail                                },
        {FIXTURE_EHLO,                          "550 5.7.0 Error: insufficient authorization\r\n", mail                                },
        {FIXTURE_EHLO,                          "garbage\r\n",                                     mail                                },
        {FIXTURE_EHLO,                          "220 ok\r\n250 more\r\n",                          mail                                },
        {FIXTURE_EHLO,                          "220-ok\r\n221 ok\r\n",                            mail                                },
        {FIXTURE_EHLO,                          "554 5.7.1 Client host rejected\r\n",              "554 5.7.1 Client host rejected\r\n"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct fixture f;
        const char *heard;

        fixture_init(&f);
        fixture_start(&f, "203.0.113.7");
        fixture_greet(&f);
        says(&f, "MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n", "");
        fake_dns_answers(&f.worker, DNS_NO_SUCH_NAME, "", false);
        fake_backend_accepts(&f.worker);
        backend_says(&f, "220 mx\r\n", "");
        fake_backend_sends(&f.worker, slice_of(rows[i].ehlo));
        if (rows[i].xclient != NULL)
            fake_backend_sends(&f.worker, slice_of(rows[i].xclient));
        assert_true(fake_is_closed(f.fake));
        assert_string_equal(fake_client_hears(f.fake), rows[i].client_hears);
        heard = fake_backend_hears(&f.worker);
        assert_null(strstr(heard, "MAIL"));
        assert_int_equal(strstr(heard, "XCLIENT ADDR=203.0.113.7 ") != NULL,
                         rows[i].xclient != NULL);
        fixture_stop(&f);
    }
}

static void no_mail_when_the_backend_goes_instead_of_answering_xclient(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f);
    fixture_start(&f, "203.0.113.7");
    fixture_greet(&f);
    says(&f, "MAIL FROM:<a@b>\r\n", "");
    fake_dns_answers(&f.worker, DNS_NO_SUCH_NAME, "", false);
    fake_backend_accepts(&f.worker);
    backend_says(&f, "220 mx\r\n", "");
    backend_says(&f, FIXTURE_EHLO, "");
    fake_backend_ends(&f.worker);
    ends(&f, "421 4.3.2 Service not available, try again later\r\n", CLOSE_BACKEND_GONE);
    assert_null(strstr(fake_backend_hears(&f.worker), "MAIL"));
    fixture_stop(&f);
}

/* Row P2 of the pitfalls. */
static void private_clients_are_not_vouched_for_unless_trusted(void **state)
{
    static const char *const clients[] = {"127.0.0.1",   "172.17.0.1", "fd00::1", "10.0.0.1",
                                          "192.168.1.1", "::1",        "fe80::1", "169.254.0.1"};
    struct network trusted = {.bits = 8};

    (void)state;
    assert_true(address_parse(SLICE("127.0.0.0"), &trusted.address));
    for (size_t i = 0; i <= COUNT(clients); i++) {
        bool is_trusted = i == COUNT(clients);
        struct fixture f;

        fixture_init(&f);
        if (is_trusted)
            f.conf.trusted_sources = (struct smtp_networks){&trusted, 1};
        fixture_start(&f, is_trusted ? "127.0.0.2" : clients[i]);
        fixture_greet(&f);
        assert_int_equal(fake_is_naming(&f.worker), is_trusted);
        if (is_trusted)
            fake_dns_answers(&f.worker, DNS_NO_SUCH_NAME, "", false);
        says(&f, "MAIL FROM:<a@b>\r\n", "");
        fake_backend_accepts(&f.worker);
        backend_says(&f, "220 mx\r\n", "");
        fake_backend_hears(&f.worker);
        backend_says(&f, "250-mx\r\n250 XCLIENT ADDR NAME REVERSE_NAME\r\n", "");
        backend_hears(&f, is_trusted ? "XCLIENT ADDR=127.0.0.2 NAME=[UNAVAILABLE] "
                                       "REVERSE_NAME=[UNAVAILABLE]\r\n"
                                     : "XCLIENT ADDR=[UNAVAILABLE] NAME=[UNAVAILABLE] "
                                       "REVERSE_NAME=[UNAVAILABLE]\r\n");
        fixture_stop(&f);
    }
}

static void the_name_is_waited_for_but_not_long(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f);
    fixture_start(&f, "203.0.113.7");
    fixture_greet(&f);
    says(&f, "MAIL FROM:<a@b>\r\n", "");
    assert_false(fake_is_dialing(&f.worker));
    fake_time_passes(&f.worker, 5000);
    fake_backend_accepts(&f.worker);
    backend_says(&f, "220 mx\r\n", "");
    fake_backend_hears(&f.worker);
    backend_says(&f, "250-mx\r\n250 XCLIENT ADDR NAME\r\n", "");
    backend_hears(&f, "XCLIENT ADDR=203.0.113.7 NAME=[TEMPUNAVAIL]\r\n");
    fixture_stop(&f);
}

/* Row P18 of the pitfalls. */
static void a_backend_that_breaks_the_protocol_is_left(void **state)
{
    static const char *const rows[] = {
        "250-a\r\n251 b\r\n", "25\r\n",        "250 ok\n", "250 a\x01\r\n",
        "hello\r\n",          "354 go on\r\n", "\r\n",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct fixture f;

        fixture_init(&f);
        fixture_open_mail(&f);
        says(&f, "RCPT TO:<e@f>\r\n", "");
        fake_backend_sends(&f.worker, slice_of(rows[i]));
        assert_true(fake_is_closed(f.fake));
        assert_int_equal(fake_reason(f.fake), CLOSE_BACKEND_BROKEN);
        assert_true(slice_starts(slice_of(fake_client_hears(f.fake)), SLICE("421 4.3.")));
        assert_non_null(strstr(fake_log(&f.worker), "error: backend"));
        fixture_stop(&f);
    }
}

static void replies_that_nobody_asked_for_end_it(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f);
    fixture_open_mail(&f);
    fake_backend_sends(&f.worker, SLICE("250 unasked\r\n"));
    ends(&f, "421 4.3.0 Service not available, try again later\r\n", CLOSE_BACKEND_BROKEN);
    fixture_stop(&f);
}

static void a_reply_may_come_byte_by_byte(void **state)
{
    static const char reply[] = "250-2.1.5 One\r\n250 2.1.5 Two\r\n";
    struct fixture f;

    (void)state;
    fixture_init(&f);
    fixture_open_mail(&f);
    says(&f, "RCPT TO:<e@f>\r\n", "");
    for (size_t i = 0; i + 2 < sizeof reply; i++) {
        fake_backend_sends(&f.worker, (struct slice){reply + i, 1});
        assert_string_equal(fake_client_hears(f.fake), "");
    }
    backend_says(&f, "\n", reply);
    fixture_stop(&f);
}

static void a_reply_without_text_gets_its_blank(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f);
    fixture_open_mail(&f);
    says(&f, "RCPT TO:<e@f>\r\n", "");
    backend_says(&f, "250\r\n", "250 \r\n");
    says(&f, "RCPT TO:<e@f>\r\n", "");
    backend_says(&f, "250-a\r\n250\r\n", "250-a\r\n250 \r\n");
    says(&f, "RCPT TO:<e@f>\r\n", "");
    backend_says(&f, "250-a\r\n250 x\r\n", "250-a\r\n250 x\r\n");
    fixture_stop(&f);
}

static void a_backend_that_leaves_is_passed_on(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f);
    fixture_open_mail(&f);
    fake_backend_sends(&f.worker, SLICE("421 4.3.2 shutting down\r\n"));
    ends(&f, "421 4.3.2 shutting down\r\n", CLOSE_BACKEND_REFUSED);
    assert_non_null(strstr(fake_log(&f.worker), "answered \"421 4.3.2 shutting down\""));
    assert_non_null(
        strstr(fixture_log(&f, FIXTURE_ACCESS_LOG), "\"reply\":\"421 4.3.2 shutting down\""));
    fixture_stop(&f);
}

static void a_backend_lost_inside_a_mail_is_told(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f);
    fixture_open_mail(&f);
    fake_backend_fails(&f.worker);
    ends(&f, "421 4.3.2 Service not available, try again later\r\n", CLOSE_BACKEND_GONE);
    fixture_stop(&f);
}

static void a_backend_lost_between_mails_is_not_missed(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f);
    fixture_open_mail(&f);
    says(&f, "RSET\r\n", "");
    backend_says(&f, "250 ok\r\n", "250 ok\r\n");
    fake_backend_ends(&f.worker);
    assert_false(fake_is_closed(f.fake));
    fake_backend_hears(&f.worker);
    fixture_send_mail(&f, "MAIL FROM:<x@y>\r\n");
    backend_hears(&f, "MAIL FROM:<x@y>\r\n");
    fixture_stop(&f);
}

/* How messages end. */

static void begin_data(struct fixture *f)
{
    fixture_open_mail(f);
    says(f, "DATA\r\n", "");
    backend_hears(f, "DATA\r\n");
    backend_says(f, "354 go\r\n", "354 go\r\n");
}

/* Row P9 of the pitfalls: the backend never hears the bare newline, nor anything behind it. */
static void smuggling_is_refused_at_the_true_end(void **state)
{
    static const char *const sequences[] = {"\n.\n", "\n.\r\n",     "\r\n.\n",
                                            "\r.\r", "\r.\r\n",     "\n.\r",
                                            "\r.\n", "\r\n.\r\r\n", "\r\r\n.\r\r\n"};

    (void)state;
    for (size_t i = 0; i < COUNT(sequences); i++) {
        char message[256];
        size_t len = (size_t)snprintf(message, sizeof message,
                                      "hi%sMAIL FROM:<evil@x>\r\nRCPT TO:<y@z>\r\nDATA\r\n.\r\n",
                                      sequences[i]);

        for (size_t split = 1; split < len; split++) {
            struct fixture f;
            const char *heard;

            fixture_init(&f);
            begin_data(&f);
            fake_client_sends(f.fake, (struct slice){message, split});
            fake_client_sends(f.fake, (struct slice){message + split, len - split});
            assert_string_equal(
                fake_client_hears(f.fake),
                "550 5.6.11 Bare carriage return, newline or NUL in the message\r\n");
            heard = fake_backend_hears(&f.worker);
            assert_null(strstr(heard, "evil"));
            assert_false(fake_backend_is_open(&f.worker));
            assert_int_equal(f.worker.counters[COUNTER_MAILS_REFUSED], 1);
            says(&f, "RCPT TO:<a@b>\r\n", "503 5.5.1 Send MAIL first\r\n");
            fixture_send_mail(&f, "MAIL FROM:<x@y>\r\n");
            backend_hears(&f, "MAIL FROM:<x@y>\r\n");
            fixture_stop(&f);
        }
    }
}

/* Row P10 of the pitfalls. */
static void refused_data_leaves_command_mode(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f);
    fixture_open_mail(&f);
    says(&f, "DATA\r\n", "");
    backend_hears(&f, "DATA\r\n");
    backend_says(&f, "554 5.5.1 no valid recipients\r\n", "554 5.5.1 no valid recipients\r\n");
    fake_client_sends(f.fake, SLICE("Subject: x\r\n\r\nMAIL FROM:<evil@x>\r\n.\r\n"));
    ends(&f, "221 2.7.0 This is a mail server, goodbye\r\n", CLOSE_CLIENT_BAD_PROTOCOL);
    backend_hears(&f, "");
    fixture_stop(&f);
}

static void bytes_behind_data_end_the_session(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f);
    fixture_open_mail(&f);
    fake_client_sends(f.fake, SLICE("DATA\r\nSubject: x\r\n"));
    ends(&f, "554 5.5.0 Protocol synchronization\r\n", CLOSE_CLIENT_SYNCHRONIZATION);
    backend_hears(&f, "");
    fixture_stop(&f);
}

static void a_client_lost_inside_data_drops_the_mail(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f);
    begin_data(&f);
    says(&f, "half a mess", "");
    fake_client_ends(f.fake);
    ends(&f, "", CLOSE_CLIENT_GONE_IN_DATA);
    assert_false(fake_backend_is_open(&f.worker));
    backend_hears(&f, "half a mess");
    fixture_stop(&f);
}

static void a_client_lost_behind_the_dot_leaves_the_verdict_in_the_log(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f);
    begin_data(&f);
    says(&f, "hi\r\n.\r\n", "");
    fake_client_ends(f.fake);
    assert_false(fake_is_closed(f.fake));
    fake_backend_sends(&f.worker, SLICE("250 queued as ABC\r\n"));
    ends(&f, "250 queued as ABC\r\n", CLOSE_CLIENT_GONE);
    assert_non_null(strstr(fixture_log(&f, FIXTURE_ACCESS_LOG), "\"queue\":[\"ABC\"]"));
    fixture_stop(&f);
}

static void a_client_that_resets_behind_the_dot_leaves_the_verdict_too(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f);
    begin_data(&f);
    says(&f, "hi\r\n.\r\n", "");
    fake_client_fails(f.fake);
    ends(&f, "", CLOSE_CLIENT_RESET);
    backend_hears(&f, "hi\r\n.\r\n");
    fake_backend_sends(&f.worker, SLICE("250 queued as ABC\r\n"));
    backend_hears(&f, "QUIT\r\n");
    assert_false(fake_backend_is_open(&f.worker));
    assert_null(f.server.left);
    fake_stop(f.fake);

    fake_backend_hears(&f.worker);
    begin_data(&f);
    says(&f, "hi\r\n.\r\n", "");
    fake_client_fails(f.fake);
    fake_time_passes(&f.worker, 601000);
    assert_null(f.server.left);
    assert_false(fake_backend_is_open(&f.worker));
    fake_stop(f.fake);

    fake_backend_hears(&f.worker);
    begin_data(&f);
    says(&f, "hi\r\n.\r\n", "");
    fake_client_fails(f.fake);
    smtp_backend_drop_left(&f.server.left);
    assert_false(fake_backend_is_open(&f.worker));
    fixture_stop(&f);
}

static void a_stop_behind_the_dot_waits_for_the_verdict(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f);
    begin_data(&f);
    says(&f, "hi\r\n.\r\n", "");
    backend_hears(&f, "hi\r\n.\r\n");
    session_close(fake_session(f.fake), CLOSE_FRONTD_STOPPED);
    ends(&f, "", CLOSE_FRONTD_STOPPED);
    assert_true(fake_backend_is_open(&f.worker));
    assert_int_equal(f.worker.verdict_count, 1);
    fake_backend_sends(&f.worker, SLICE("250 queued as ABC\r\n"));
    backend_hears(&f, "QUIT\r\n");
    assert_int_equal(f.worker.verdict_count, 0);
    assert_int_equal(f.worker.counters[COUNTER_MAILS_ACCEPTED], 1);
    fake_stop(f.fake);

    begin_data(&f);
    says(&f, "hi\r\n.\r\n", "");
    session_close(fake_session(f.fake), CLOSE_FRONTD_STOPPED);
    smtp_backend_drop_left(&f.server.left);
    assert_false(fake_backend_is_open(&f.worker));
    assert_int_equal(f.worker.verdict_count, 0);
    fixture_stop(&f);
}

static void the_final_dot_is_waited_for_ten_minutes(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f);
    begin_data(&f);
    says(&f, ".\r\n", "");
    fake_time_passes(&f.worker, 599000);
    assert_false(fake_is_closed(f.fake));
    fake_time_passes(&f.worker, 2000);
    ends(&f, "421 4.4.2 Timeout\r\n", CLOSE_TIMEOUT_BACKEND);
    fixture_stop(&f);
}

static void a_slow_backend_makes_the_client_wait(void **state)
{
    static char block[300 * 1024];
    struct fixture f;

    (void)state;
    memset(block, 'a', sizeof block);
    fixture_init(&f);
    begin_data(&f);
    fake_backend_is_slow(&f.worker, true);
    fake_client_sends(f.fake, (struct slice){block, sizeof block});
    assert_true(fake_client_is_paused(f.fake));
    fake_client_sends(f.fake, SLICE("\r\n.\r\n"));
    assert_int_equal(strlen(fake_backend_hears(&f.worker)), sizeof block);
    fake_backend_is_slow(&f.worker, false);
    assert_false(fake_client_is_paused(f.fake));
    backend_hears(&f, "\r\n.\r\n");
    backend_says(&f, "250 ok\r\n", "250 ok\r\n");
    fixture_stop(&f);
}

static void a_backend_that_takes_nothing_is_given_up(void **state)
{
    static char block[300 * 1024];
    struct fixture f;

    (void)state;
    memset(block, 'a', sizeof block);
    fixture_init(&f);
    begin_data(&f);
    fake_backend_is_slow(&f.worker, true);
    fake_client_sends(f.fake, (struct slice){block, sizeof block});
    fake_time_passes(&f.worker, 181000);
    ends(&f, "421 4.4.2 Timeout\r\n", CLOSE_TIMEOUT_BACKEND);
    fixture_stop(&f);
}

static void a_client_that_sends_a_byte_now_and_then_runs_out_of_time(void **state)
{
    struct fixture f;
    int bytes = 0;

    (void)state;
    fixture_init(&f);
    begin_data(&f);
    for (; bytes < 20 && !fake_is_closed(f.fake); bytes++) {
        fake_time_passes(&f.worker, 100000);
        if (!fake_is_closed(f.fake))
            fake_client_sends(f.fake, SLICE("a"));
    }
    assert_true(bytes < 4);
    ends(&f, "421 4.4.2 Timeout\r\n", CLOSE_TIMEOUT_DATA);
    fixture_stop(&f);
}

/* BDAT. */

static void chunks_go_through(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f);
    fixture_open_mail(&f);
    says(&f, "BDAT 005\r\nQUI", "");
    backend_hears(&f, "BDAT 5\r\nQUI");
    says(&f, "T\nBDAT 3 last\r\n\0\n.NOOP\r\n", "");
    backend_hears(&f, "T\n");
    fixture_stop(&f);

    fixture_init(&f);
    fixture_open_mail(&f);
    fake_client_sends(f.fake, SLICE("BDAT 5\r\nQUIT\nBDAT 3 last\r\n\0\n.NOOP\r\n"));
    backend_hears(&f, "BDAT 5\r\nQUIT\n");
    fake_backend_sends(&f.worker, SLICE("250 5 octets\r\n"));
    assert_string_equal(fake_client_hears(f.fake), "250 5 octets\r\n");
    backend_hears(&f, "BDAT 3 LAST\r\n");
    backend_says(&f, "250 queued as XYZ\r\n", "250 queued as XYZ\r\n");
    backend_hears(&f, "NOOP\r\n");
    fixture_stop(&f);
}

static void a_chunk_before_any_recipient_is_swallowed(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f);
    fixture_start(&f, "203.0.113.7");
    fixture_greet(&f);
    fixture_send_mail(&f, "MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nBDAT 6 LAST\r\nQUIT\r\n");
    backend_hears(&f, "MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n");
    backend_says(&f, "250 ok\r\n550 no\r\n",
                 "250 ok\r\n550 no\r\n503 5.5.1 Send MAIL and RCPT first\r\n");
    backend_hears(&f, "");
    fixture_stop(&f);
}

static void a_chunk_nobody_wants_is_swallowed(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f);
    fixture_start(&f, "203.0.113.7");
    fixture_greet(&f);
    says(&f, "BDAT 6\r\nQUIT\r\nNOOP\r\n",
         "503 5.5.1 Send MAIL and RCPT first\r\n250 2.0.0 Ok\r\n");
    says(&f, "BDAT 0 LAST\r\n", "503 5.5.1 Send MAIL and RCPT first\r\n");
    assert_false(fake_is_dialing(&f.worker));
    fixture_stop(&f);
}

/* Row P10 of the pitfalls: behind a refused chunk the next ones are still chunks. */
static void chunks_behind_a_refused_one_are_swallowed(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f);
    fixture_open_mail(&f);
    says(&f, "BDAT 4\r\nabcdBDAT 6 LAST\r\nQUIT\r\nRSET\r\n", "");
    backend_hears(&f, "BDAT 4\r\nabcd");
    backend_says(&f, "552 too much\r\n",
                 "552 too much\r\n503 5.5.1 An earlier chunk was refused, send RSET\r\n");
    backend_hears(&f, "RSET\r\n");
    backend_says(&f, "250 ok\r\n", "250 ok\r\n");
    fixture_stop(&f);
}

static void a_chunk_for_a_backend_without_chunking_never_leaves(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f);
    f.conf.xclient = false;
    fixture_start(&f, "203.0.113.7");
    fixture_greet(&f);
    says(&f, "MAIL FROM:<a@b>\r\n", "");
    fake_backend_accepts(&f.worker);
    backend_says(&f, "220 mx\r\n", "");
    backend_says(&f, "250 mx\r\n", "");
    backend_says(&f, "250 1\r\n", "250 1\r\n");
    says(&f, "RCPT TO:<c@d>\r\n", "");
    backend_says(&f, "250 2\r\n", "250 2\r\n");
    fake_backend_hears(&f.worker);
    says(&f, "BDAT 6 LAST\r\nQUIT\r\n", "502 5.5.1 BDAT is not supported\r\n");
    backend_hears(&f, "");
    fixture_stop(&f);
}

static void a_chunk_of_unknown_size_ends_the_session(void **state)
{
    static const char *const rows[] = {"BDAT +5\r\n",
                                       "BDAT 0x5\r\n",
                                       "BDAT 5 last x\r\n",
                                       "BDAT 5  LAST\r\n",
                                       "BDAT 5\tLAST\r\n",
                                       "BDAT\r\n",
                                       "BDAT 18446744073709551616\r\n"};

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct fixture f;

        fixture_init(&f);
        fixture_open_mail(&f);
        fake_client_sends(f.fake, slice_of(rows[i]));
        ends(&f, "521 5.5.4 Syntax: BDAT count [LAST]\r\n", CLOSE_CLIENT_BAD_PROTOCOL);
        backend_hears(&f, "");
        fixture_stop(&f);
    }
}

static void data_behind_a_chunk_is_out_of_place(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f);
    fixture_open_mail(&f);
    says(&f, "BDAT 1\r\na", "");
    backend_says(&f, "250 ok\r\n", "250 ok\r\n");
    fake_backend_hears(&f.worker);
    says(&f, "DATA\r\n", "503 5.5.1 DATA behind BDAT, send RSET\r\n");
    backend_hears(&f, "");
    fixture_stop(&f);
}

/* AUTH. */

static void every_way_to_log_in_is_logged_and_refused(void **state)
{
    static const char refused[] = "535 5.7.0 try again with a different username and password\r\n";
    struct fixture f;

    (void)state;
    fixture_init(&f);
    fixture_start(&f, "203.0.113.7");
    fixture_greet(&f);
    says(&f, "AUTH PLAIN AHVzZXIAcGFzcw==\r\n", ""); /* \0user\0pass */
    says(&f, "NOOP\r\n", "");
    fake_time_passes(&f.worker, 2900);
    assert_string_equal(fake_client_hears(f.fake), "");
    fake_time_passes(&f.worker, 200);
    assert_string_equal(fake_client_hears(f.fake),
                        "535 5.7.0 try again with a different username and password\r\n"
                        "250 2.0.0 Ok\r\n");
    says(&f, "auth plain\r\n", "334 \r\n");
    says(&f, "AGEgYgBjJWQ=\r\n", ""); /* \0a b\0c%d */
    fake_time_passes(&f.worker, 3100);
    assert_string_equal(fake_client_hears(f.fake), refused);
    says(&f, "AUTH LOGIN\r\n", "334 VXNlcm5hbWU6\r\n");
    says(&f, "Ym9i\r\n", "334 UGFzc3dvcmQ6\r\n");
    says(&f, "PHNjcmlwdD4=\r\n", ""); /* <script> */
    fake_time_passes(&f.worker, 3100);
    assert_string_equal(fake_client_hears(f.fake), refused);
    says(&f, "AUTH LOGIN Ym9i\r\n", "334 UGFzc3dvcmQ6\r\n");
    says(&f, "eA==\r\n", "");
    fake_time_passes(&f.worker, 3100);
    assert_string_equal(fake_client_hears(f.fake), refused);
    says(&f, "AUTH CRAM-MD5\r\n", "334 PDE4OTYuNjk3MTcwOTUyQG1haWw+\r\n");
    says(&f, "Ym9iIDEyMzQ=\r\n", ""); /* bob 1234 */
    fake_time_passes(&f.worker, 3100);
    assert_string_equal(fake_client_hears(f.fake), refused);
    assert_string_equal(
        fixture_log(&f, FIXTURE_AUTH_LOG),
        "22/Nov/2026:13:34:42 +0000 smtp auth plain [user] [pass] from 203.0.113.7\n"
        "22/Nov/2026:13:34:45 +0000 smtp auth plain [a%20b] [c%25d] from 203.0.113.7\n"
        "22/Nov/2026:13:34:48 +0000 smtp auth plain [bob] [%3Cscript%3E] from 203.0.113.7\n"
        "22/Nov/2026:13:34:51 +0000 smtp auth plain [bob] [x] from 203.0.113.7\n"
        "22/Nov/2026:13:34:54 +0000 smtp auth cram-md5 [bob] [1234] from 203.0.113.7\n");
    assert_false(fake_is_closed(f.fake));
    assert_false(fake_is_dialing(&f.worker));
    fixture_stop(&f);
}

/* Row P5 of the pitfalls. */
static void odd_credentials_are_no_credentials(void **state)
{
    static const char *const rows[] = {
        "AUTH PLAIN =\r\n",        /* empty */
        "AUTH PLAIN YQ==\r\n",     /* no NUL */
        "AUTH PLAIN AGE=\r\n",     /* one */
        "AUTH PLAIN AGEAYgA=\r\n", /* three, the last at the end */
        "AUTH PLAIN AAAA\r\n",     /* three */
        "AUTH PLAIN ???\r\n",      "AUTH PLAIN AGEAYg\r\n", "AUTH PLAIN AGEAYg== x\r\n",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct fixture f;

        fixture_init(&f);
        fixture_start(&f, "203.0.113.7");
        fixture_greet(&f);
        fake_client_sends(f.fake, slice_of(rows[i]));
        assert_true(slice_starts(slice_of(fake_client_hears(f.fake)), SLICE("501 5.5.2 ")));
        assert_string_equal(fixture_log(&f, FIXTURE_AUTH_LOG), "");
        says(&f, "NOOP\r\n", "250 2.0.0 Ok\r\n");
        fixture_stop(&f);
    }
}

static void long_credentials_are_cut(void **state)
{
    char line[9000];
    struct text text = text_in(line, sizeof line);
    struct fixture f;
    const char *logged;

    (void)state;
    text_add(&text, SLICE("AUTH PLAIN AGEA"));
    for (int i = 0; i < 2000; i++)
        text_add(&text, SLICE("YWFh")); /* aaa */
    text_add(&text, SLICE("\r\n"));
    fixture_init(&f);
    fixture_start(&f, "203.0.113.7");
    fixture_greet(&f);
    fake_client_sends(f.fake, text_slice(&text));
    logged = fixture_log(&f, FIXTURE_AUTH_LOG);
    assert_non_null(strstr(logged, " [a] [aaaaaaaa"));
    assert_non_null(strstr(logged, "aaaa%E2%80%A6] from 203.0.113.7\n"));
    assert_true(strlen(logged) < 256);
    fixture_stop(&f);
}

static void a_cancelled_login_is_none(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f);
    fixture_start(&f, "203.0.113.7");
    fixture_greet(&f);
    says(&f, "AUTH LOGIN\r\n", "334 VXNlcm5hbWU6\r\n");
    says(&f, "*\r\n", "501 5.7.0 Cancelled\r\n");
    assert_string_equal(fixture_log(&f, FIXTURE_AUTH_LOG), "");
    fixture_stop(&f);
}

/* Row P6 of the pitfalls, and an end to the guessing. */
static void guessing_has_an_end(void **state)
{
    struct fixture f;
    int attempts = 0;

    (void)state;
    fixture_init(&f);
    fixture_start(&f, "203.0.113.7");
    fixture_greet(&f);
    for (; attempts < 100 && !fake_is_closed(f.fake); attempts++) {
        fake_client_sends(f.fake, SLICE("AUTH PLAIN AHVzZXIAcGFzcw==\r\n"));
        fake_time_passes(&f.worker, 3100);
    }
    assert_int_equal(attempts, 10);
    assert_int_equal(fake_reason(f.fake), CLOSE_CLIENT_ERRORS);
    fixture_stop(&f);
}

static void a_login_sent_in_one_piece_is_logged_all_the_same(void **state)
{
    static const char refused[] = "535 5.7.0 try again with a different username and password\r\n";
    struct fixture f;

    (void)state;
    fixture_init(&f);
    fixture_start(&f, "203.0.113.7");
    fixture_greet(&f);
    says(&f, "AUTH LOGIN\r\ndXNlcg==\r\ncGFzcw==\r\nAUTH PLAIN AGEAYg==\r\nQUIT\r\n",
         "334 VXNlcm5hbWU6\r\n334 UGFzc3dvcmQ6\r\n");
    assert_non_null(strstr(fixture_log(&f, FIXTURE_AUTH_LOG), "plain [user] [pass] from"));
    fake_time_passes(&f.worker, 3100);
    assert_string_equal(fake_client_hears(f.fake), refused);
    assert_non_null(strstr(fixture_log(&f, FIXTURE_AUTH_LOG), "plain [a] [b] from"));
    assert_false(fake_is_closed(f.fake));
    fake_time_passes(&f.worker, 3100);
    ends(&f, "535 5.7.0 try again with a different username and password\r\n221 2.0.0 Bye\r\n",
         CLOSE_DONE);
    fixture_stop(&f);
}

static void a_failed_login_is_not_announced(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f);
    fixture_start(&f, "203.0.113.7");
    fixture_greet(&f);
    fake_client_sends(f.fake, SLICE("AUTH PLAIN AHVzZXIAcGFzcw==\r\n"));
    fake_time_passes(&f.worker, 3100);
    fake_client_hears(f.fake);
    fixture_send_mail(&f, "MAIL FROM:<a@b>\r\n"); /* expects an XCLIENT without LOGIN */
    fixture_stop(&f);
}

static void a_client_that_does_not_read_is_not_listened_to(void **state)
{
    struct fixture f;
    size_t heard;

    (void)state;
    fixture_init(&f);
    fixture_start(&f, "203.0.113.7");
    fixture_greet(&f);
    fake_client_is_slow(f.fake, true);
    for (int i = 0; i < 100; i++) {
        char commands[6 * 200 + 1];

        for (int k = 0; k < 200; k++)
            memcpy(commands + 6 * k, "RSET\r\n", 7);
        fake_client_sends(f.fake, slice_of(commands));
    }
    heard = strlen(fake_client_hears(f.fake));
    assert_in_range(heard, 64 * 1024, 64 * 1024 + 100);
    for (int i = 0; i < 10; i++) {
        fake_client_is_slow(f.fake, false);
        fake_client_is_slow(f.fake, true);
        heard += strlen(fake_client_hears(f.fake));
    }
    assert_int_equal(heard, 20000 * strlen("250 2.0.0 Ok\r\n"));
    fixture_stop(&f);
}

/* A mail that is open on a server that was given SIZE 300. */
static void open_small_mail(struct fixture *f)
{
    fixture_init(f);
    smtp_capabilities_start(&f->server.given);
    smtp_capabilities_add(&f->server.given, SLICE("SIZE 300"));
    fixture_open_mail(f);
}

static void a_given_size_is_enforced_on_data(void **state)
{
    static const char too_large[] = "552 5.3.4 Message size exceeds the limit\r\n";
    char bytes[512];
    struct fixture f;

    (void)state;
    memset(bytes, 'a', sizeof bytes);
    for (size_t len = 300; len <= 502; len += 101) { /* the last one in two pieces */
        bool fits = len == 300;

        open_small_mail(&f);
        says(&f, "DATA\r\n", "");
        backend_says(&f, "354 go\r\n", "354 go\r\n");
        fake_client_sends(f.fake, (struct slice){bytes, len == 502 ? 250 : len - 2});
        if (len == 502)
            fake_client_sends(f.fake, (struct slice){bytes, 250});
        says(&f, "\r\n", "");
        says(&f, ".\r\n", fits ? "" : too_large);
        assert_true(fake_backend_is_open(&f.worker) == fits);
        if (!fits)
            says(&f, "NOOP\r\n", "250 2.0.0 Ok\r\n");
        fixture_stop(&f);
    }
    /* At the end of the message, and with a bare newline behind the limit. */
    open_small_mail(&f);
    says(&f, "DATA\r\n", "");
    backend_says(&f, "354 go\r\n", "354 go\r\n");
    fake_client_sends(f.fake, (struct slice){bytes, 500});
    says(&f, "\nx\r\n.\r\n", too_large);
    fixture_stop(&f);
    open_small_mail(&f);
    says(&f, "DATA\r\n", "");
    backend_says(&f, "354 go\r\n", "354 go\r\n");
    memcpy(bytes + 500, "\r\n.\r\n", 5);
    fake_client_sends(f.fake, (struct slice){bytes, 505});
    assert_string_equal(fake_client_hears(f.fake), too_large);
    fixture_stop(&f);
}

static void a_given_size_is_enforced_on_chunks(void **state)
{
    struct fixture f;

    (void)state;
    open_small_mail(&f);
    says(&f, "BDAT 2\r\nab", "");
    backend_says(&f, "250 ok\r\n", "250 ok\r\n");
    fake_backend_hears(&f.worker);
    says(&f, "BDAT 298\r\n", "");
    backend_hears(&f, "BDAT 298\r\n");
    for (int i = 0; i < 298; i++)
        says(&f, "a", "");
    backend_says(&f, "250 ok\r\n", "250 ok\r\n");
    says(&f, "BDAT 1 LAST\r\na", "552 5.3.4 Message size exceeds the limit\r\n");
    assert_false(fake_backend_is_open(&f.worker));
    says(&f, "NOOP\r\n", "250 2.0.0 Ok\r\n");
    fixture_stop(&f);
}

static void replies_to_many_commands_at_once_all_come(void **state)
{
    char commands[6 * 5000 + 1];
    struct fixture f;

    (void)state;
    fixture_init(&f);
    fixture_start(&f, "203.0.113.7");
    fixture_greet(&f);
    for (int i = 0; i < 5000; i++)
        memcpy(commands + 6 * i, "RSET\r\n", 7);
    fake_client_sends(f.fake, slice_of(commands));
    assert_int_equal(strlen(fake_client_hears(f.fake)), 5000 * strlen("250 2.0.0 Ok\r\n"));
    fixture_stop(&f);
}

static void a_late_refusal_belongs_to_its_own_mail(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f);
    fixture_start(&f, "203.0.113.7");
    fixture_greet(&f);
    fixture_send_mail(&f, "MAIL FROM:<a@b>\r\nRSET\r\nMAIL FROM:<c@d>\r\n");
    backend_says(&f, "550 not him\r\n", "550 not him\r\n");
    backend_says(&f, "250 reset\r\n", "250 reset\r\n");
    backend_says(&f, "250 ok\r\n", "250 ok\r\n");
    says(&f, "RCPT TO:<e@f>\r\n", "");
    backend_hears(&f, "MAIL FROM:<a@b>\r\nRSET\r\nMAIL FROM:<c@d>\r\nRCPT TO:<e@f>\r\n");
    fixture_stop(&f);
}

static void a_large_chunk_is_swallowed_as_long_as_it_comes(void **state)
{
    static char block[200000];
    struct fixture f;

    (void)state;
    memset(block, 'a', sizeof block);
    fixture_init(&f);
    fixture_start(&f, "203.0.113.7");
    fixture_greet(&f);
    says(&f, "BDAT 800000\r\n", "");
    for (int i = 0; i < 3; i++) {
        fake_client_sends(f.fake, (struct slice){block, sizeof block});
        fake_time_passes(&f.worker, 170000);
        assert_false(fake_is_closed(f.fake));
    }
    fake_client_sends(f.fake, (struct slice){block, sizeof block});
    assert_string_equal(fake_client_hears(f.fake), "503 5.5.1 Send MAIL and RCPT first\r\n");
    fixture_stop(&f);
}

static void a_backend_that_goes_with_a_full_queue_sets_the_client_free(void **state)
{
    static char block[300 * 1024];
    struct fixture f;

    (void)state;
    memset(block, 'a', sizeof block);
    fixture_init(&f);
    fixture_open_mail(&f);
    says(&f, "BDAT 307200 LAST\r\n", "");
    fake_backend_is_slow(&f.worker, true);
    fake_client_sends(f.fake, (struct slice){block, sizeof block});
    assert_true(fake_client_is_paused(f.fake));
    backend_says(&f, "552 too large\r\n", "552 too large\r\n");
    fake_backend_ends(&f.worker);
    assert_false(fake_client_is_paused(f.fake));
    says(&f, "NOOP\r\n", "250 2.0.0 Ok\r\n");
    fixture_stop(&f);
}

static void starttls_behind_a_full_queue_is_heard(void **state)
{
    static char bytes[300 * 1024 + 16];
    struct fixture f;

    (void)state;
    memset(bytes, 'a', 300 * 1024);
    memcpy(bytes + 300 * 1024, "STARTTLS\r\n", 11);
    fixture_init(&f);
    fixture_open_mail(&f);
    says(&f, "BDAT 307200 LAST\r\n", "");
    fake_backend_is_slow(&f.worker, true);
    fake_client_sends(f.fake, slice_of(bytes));
    assert_true(fake_client_is_paused(f.fake));
    backend_says(&f, "552 too large\r\n", "552 too large\r\n220 2.0.0 Ready to start TLS\r\n");
    assert_true(fake_tls_is_begun(f.fake));
    assert_false(fake_client_is_paused(f.fake));
    fixture_stop(&f);
}

static void the_end_of_a_client_waits_behind_its_bytes(void **state)
{
    static char bytes[300 * 1024 + 64];
    struct text text = text_in(bytes, sizeof bytes);
    struct fixture f;

    (void)state;
    fixture_init(&f);
    fixture_open_mail(&f);
    says(&f, "BDAT 307200\r\n", "");
    for (int i = 0; i < 307200; i++)
        text_byte(&text, 'a');
    text_add(&text, SLICE("BDAT 2 LAST\r\nbc"));
    fake_backend_is_slow(&f.worker, true);
    fake_client_sends(f.fake, text_slice(&text));
    backend_says(&f, "250 ok\r\n", "250 ok\r\n");
    fake_client_ends(f.fake);
    assert_false(fake_is_closed(f.fake));
    fake_backend_hears(&f.worker);
    fake_backend_is_slow(&f.worker, false);
    backend_hears(&f, "bc");
    fake_backend_sends(&f.worker, SLICE("250 ok: queued as A1\r\n"));
    ends(&f, "250 ok: queued as A1\r\n", CLOSE_CLIENT_GONE);
    fixture_stop(&f);
}

static void refused_chunks_are_no_errors_of_the_client(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f);
    fixture_open_mail(&f);
    says(&f, "BDAT 1\r\na", "");
    backend_says(&f, "552 too much\r\n", "552 too much\r\n");
    for (int i = 0; i < 10; i++)
        says(&f, "BDAT 1\r\na", "503 5.5.1 An earlier chunk was refused, send RSET\r\n");
    fixture_stop(&f);
}

static void nothing_is_pipelined_after_helo(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f);
    fixture_start(&f, "203.0.113.7");
    fake_client_hears(f.fake);
    says(&f, "HELO client.example\r\n", "250 edge.example\r\n");
    says(&f, "MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n", "");
    fake_dns_answers(&f.worker, DNS_NO_SUCH_NAME, "", false);
    fake_backend_accepts(&f.worker);
    backend_says(&f, "220 mx\r\n", "");
    backend_says(&f, FIXTURE_EHLO, "");
    backend_says(&f, "220 mx\r\n", "");
    fake_backend_hears(&f.worker);
    backend_says(&f, "250 mx\r\n", "");
    backend_hears(&f, "MAIL FROM:<a@b>\r\n");
    backend_says(&f, "250 1\r\n", "250 1\r\n");
    backend_hears(&f, "RCPT TO:<c@d>\r\n");
    fixture_stop(&f);
}

static void an_answer_to_ehlo_is_no_answer_to_mail(void **state)
{
    static const struct refusal_case rows[] = {
        {"220 mx\r\n",            "421 4.3.2 Service not available, try again later\r\n"},
        {"354 go\r\n",            "421 4.3.2 Service not available, try again later\r\n"},
        {"421 going\r\n",         "421 4.3.2 Service not available, try again later\r\n"},
        {"550 5.7.1 Not you\r\n", "550 5.7.1 Not you\r\n"                               },
        {"450 4.7.1 Not now\r\n", "450 4.7.1 Not now\r\n"                               },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct fixture f;

        fixture_init(&f);
        f.conf.xclient = false;
        fixture_start(&f, "203.0.113.7");
        fixture_greet(&f);
        says(&f, "MAIL FROM:<a@b>\r\n", "");
        fake_backend_accepts(&f.worker);
        backend_says(&f, "220 mx\r\n", "");
        fake_backend_sends(&f.worker, slice_of(rows[i].line));
        ends(&f, rows[i].reply, CLOSE_BACKEND_REFUSED);
        fixture_stop(&f);
    }
}

/* Time, and the end of frontd. */

static void idle_clients_are_sent_away(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f);
    fixture_start(&f, "203.0.113.7");
    fake_client_hears(f.fake);
    fake_time_passes(&f.worker, 61000);
    ends(&f, "421 4.4.2 Timeout\r\n", CLOSE_TIMEOUT_IDLE);
    fake_stop(f.fake);

    fixture_start(&f, "203.0.113.7");
    fixture_greet(&f);
    fake_time_passes(&f.worker, 299000);
    assert_false(fake_is_closed(f.fake));
    fake_time_passes(&f.worker, 2000);
    ends(&f, "421 4.4.2 Timeout\r\n", CLOSE_TIMEOUT_IDLE);
    fixture_stop(&f);
}

static void half_a_command_has_a_minute(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f);
    fixture_start(&f, "203.0.113.7");
    fixture_greet(&f);
    for (int i = 0; i < 7 && !fake_is_closed(f.fake); i++) {
        fake_client_sends(f.fake, SLICE("A"));
        fake_time_passes(&f.worker, 10000);
    }
    ends(&f, "421 4.4.2 Timeout\r\n", CLOSE_TIMEOUT_REQUEST);
    fixture_stop(&f);
}

/* Row P20 of the pitfalls. */
static void draining_waits_for_the_end_of_a_mail(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f);
    begin_data(&f);
    f.worker.draining = true;
    smtp_protocol.draining(fake_session(f.fake));
    assert_false(fake_is_closed(f.fake));
    says(&f, "hi\r\n.\r\n", "");
    fake_backend_sends(&f.worker, SLICE("250 ok\r\n"));
    fake_time_passes(&f.worker, 2000);
    ends(&f, "250 ok\r\n421 4.3.2 Restarting, try again\r\n", CLOSE_FRONTD_DRAINED);
    fixture_stop(&f);
}

static void draining_ends_idle_sessions_soon(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f);
    fixture_start(&f, "203.0.113.7");
    fixture_greet(&f);
    f.worker.draining = true;
    smtp_protocol.draining(fake_session(f.fake));
    fake_time_passes(&f.worker, 1999);
    assert_false(fake_is_closed(f.fake));
    fake_time_passes(&f.worker, 1);
    ends(&f, "421 4.3.2 Restarting, try again\r\n", CLOSE_FRONTD_DRAINED);
    fixture_stop(&f);
}

static void draining_lets_a_session_that_goes_on_come_to_its_end(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f);
    begin_data(&f);
    f.worker.draining = true;
    smtp_protocol.draining(fake_session(f.fake));
    says(&f, "hi\r\n.\r\n", "");
    fake_backend_sends(&f.worker, SLICE("250 ok\r\n"));
    fake_time_passes(&f.worker, 1500);
    says(&f, "NOOP\r\n", "250 ok\r\n");
    fake_backend_sends(&f.worker, SLICE("250 2.0.0 Ok\r\n"));
    fake_time_passes(&f.worker, 1500);
    assert_false(fake_is_closed(f.fake));
    fixture_stop(&f);
}

static void stopping_says_so_between_mails_only(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f);
    fixture_start(&f, "203.0.113.7");
    fixture_greet(&f);
    session_close(fake_session(f.fake), CLOSE_FRONTD_STOPPED);
    ends(&f, "421 4.3.2 Restarting, try again\r\n", CLOSE_FRONTD_STOPPED);
    fake_stop(f.fake);
    begin_data(&f);
    session_close(fake_session(f.fake), CLOSE_FRONTD_STOPPED);
    ends(&f, "", CLOSE_FRONTD_STOPPED);
    fixture_stop(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_client_is_greeted_and_told_what_is_known),
        cmocka_unit_test(given_capabilities_replace_the_backends),
        cmocka_unit_test(what_should_not_be_said_is_answered),
        cmocka_unit_test(too_many_errors_end_the_session),
        cmocka_unit_test(what_is_no_smtp_is_dropped_at_once),
        cmocka_unit_test(lines_have_a_limit),
        cmocka_unit_test(whoever_speaks_before_a_delayed_greeting_is_sent_away),
        cmocka_unit_test(starttls_forgets_everything),
        cmocka_unit_test(nothing_is_taken_from_the_clear_into_tls),
        cmocka_unit_test(starttls_only_demands_it),
        cmocka_unit_test(without_starttls_it_is_not_there),
        cmocka_unit_test(a_mail_goes_through),
        cmocka_unit_test(a_pipelined_mail_keeps_the_order_of_replies),
        cmocka_unit_test(a_backend_without_pipelining_gets_one_command_at_a_time),
        cmocka_unit_test(whatever_order_the_bytes_come_in_the_backend_hears_the_same),
        cmocka_unit_test(a_refused_mail_is_none),
        cmocka_unit_test(size_is_enforced_at_mail),
        cmocka_unit_test(the_filter_holds_inside_a_mail),
        cmocka_unit_test(nothing_follows_ehlo_to_the_backend_before_its_answer),
        cmocka_unit_test(vrfy_needs_the_announced_client_too),
        cmocka_unit_test(backends_are_tried_in_turn_before_the_first_mail),
        cmocka_unit_test(a_silent_backend_gives_way_to_the_next),
        cmocka_unit_test(opening_backends_has_an_end),
        cmocka_unit_test(a_client_that_has_gone_ends_the_opening),
        cmocka_unit_test(no_mail_without_xclient),
        cmocka_unit_test(no_mail_when_the_backend_goes_instead_of_answering_xclient),
        cmocka_unit_test(private_clients_are_not_vouched_for_unless_trusted),
        cmocka_unit_test(the_name_is_waited_for_but_not_long),
        cmocka_unit_test(a_backend_that_breaks_the_protocol_is_left),
        cmocka_unit_test(replies_that_nobody_asked_for_end_it),
        cmocka_unit_test(a_reply_may_come_byte_by_byte),
        cmocka_unit_test(a_reply_without_text_gets_its_blank),
        cmocka_unit_test(a_backend_that_leaves_is_passed_on),
        cmocka_unit_test(a_backend_lost_inside_a_mail_is_told),
        cmocka_unit_test(a_backend_lost_between_mails_is_not_missed),
        cmocka_unit_test(smuggling_is_refused_at_the_true_end),
        cmocka_unit_test(refused_data_leaves_command_mode),
        cmocka_unit_test(bytes_behind_data_end_the_session),
        cmocka_unit_test(a_client_lost_inside_data_drops_the_mail),
        cmocka_unit_test(a_client_lost_behind_the_dot_leaves_the_verdict_in_the_log),
        cmocka_unit_test(a_client_that_resets_behind_the_dot_leaves_the_verdict_too),
        cmocka_unit_test(a_stop_behind_the_dot_waits_for_the_verdict),
        cmocka_unit_test(the_final_dot_is_waited_for_ten_minutes),
        cmocka_unit_test(a_slow_backend_makes_the_client_wait),
        cmocka_unit_test(a_backend_that_takes_nothing_is_given_up),
        cmocka_unit_test(a_client_that_sends_a_byte_now_and_then_runs_out_of_time),
        cmocka_unit_test(chunks_go_through),
        cmocka_unit_test(a_chunk_before_any_recipient_is_swallowed),
        cmocka_unit_test(a_chunk_nobody_wants_is_swallowed),
        cmocka_unit_test(chunks_behind_a_refused_one_are_swallowed),
        cmocka_unit_test(a_chunk_for_a_backend_without_chunking_never_leaves),
        cmocka_unit_test(a_chunk_of_unknown_size_ends_the_session),
        cmocka_unit_test(data_behind_a_chunk_is_out_of_place),
        cmocka_unit_test(every_way_to_log_in_is_logged_and_refused),
        cmocka_unit_test(odd_credentials_are_no_credentials),
        cmocka_unit_test(long_credentials_are_cut),
        cmocka_unit_test(a_cancelled_login_is_none),
        cmocka_unit_test(guessing_has_an_end),
        cmocka_unit_test(a_login_sent_in_one_piece_is_logged_all_the_same),
        cmocka_unit_test(a_failed_login_is_not_announced),
        cmocka_unit_test(a_client_that_does_not_read_is_not_listened_to),
        cmocka_unit_test(a_given_size_is_enforced_on_data),
        cmocka_unit_test(a_given_size_is_enforced_on_chunks),
        cmocka_unit_test(replies_to_many_commands_at_once_all_come),
        cmocka_unit_test(a_late_refusal_belongs_to_its_own_mail),
        cmocka_unit_test(a_large_chunk_is_swallowed_as_long_as_it_comes),
        cmocka_unit_test(a_backend_that_goes_with_a_full_queue_sets_the_client_free),
        cmocka_unit_test(starttls_behind_a_full_queue_is_heard),
        cmocka_unit_test(the_end_of_a_client_waits_behind_its_bytes),
        cmocka_unit_test(refused_chunks_are_no_errors_of_the_client),
        cmocka_unit_test(nothing_is_pipelined_after_helo),
        cmocka_unit_test(an_answer_to_ehlo_is_no_answer_to_mail),
        cmocka_unit_test(idle_clients_are_sent_away),
        cmocka_unit_test(half_a_command_has_a_minute),
        cmocka_unit_test(draining_waits_for_the_end_of_a_mail),
        cmocka_unit_test(draining_ends_idle_sessions_soon),
        cmocka_unit_test(draining_lets_a_session_that_goes_on_come_to_its_end),
        cmocka_unit_test(stopping_says_so_between_mails_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
