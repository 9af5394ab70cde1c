#include "relay/relay_conf.h"
#include "smtp/smtp_conf.h"
#include "tls/tls_conf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(table) (sizeof table / sizeof table[0])

static const struct conf_group *const groups[] = {&smtp_conf_group, &tls_conf_group,
                                                  &relay_log_group, NULL};

struct reading {
    struct conf conf;
    struct conf_sources sources;
    struct conf_report report;
    bool is_good;
};

static void read_text(struct reading *reading, const char *text)
{
    memset(reading, 0, sizeof *reading);
    conf_report_init(&reading->report);
    conf_sources_init(&reading->sources, false);
    conf_sources_text(&reading->sources, SLICE("/test/frontd.conf"), slice_of(text));
    reading->is_good = conf_read(&reading->conf, &reading->sources, SLICE("/test/frontd.conf"),
                                 SLICE("/test/"), SLICE_NONE, groups, true, &reading->report);
}

static void forget(struct reading *reading)
{
    conf_deinit(&reading->conf);
    conf_sources_deinit(&reading->sources);
    conf_report_deinit(&reading->report);
}

/* "line:column: E|W: message" of each finding. */
static void write_findings(const struct reading *reading, struct text *out)
{
    for (size_t i = 0; i < reading->report.count; i++) {
        const struct conf_finding *finding = &reading->report.findings[i];

        text_number(out, finding->place.line);
        text_byte(out, ':');
        text_number(out, finding->place.column);
        text_add(out, finding->severity == CONF_ERROR ? SLICE(": E: ") : SLICE(": W: "));
        text_add(out, finding->message);
        text_byte(out, '\n');
        assert_true(finding->help[0].len > 0 || finding->label.len > 0 || finding->other.line > 0 ||
                    finding->severity == CONF_ERROR);
    }
    text_byte(out, '\0');
}

#define SERVER(body) "mail {\nserver {\n" body "\n}}\n"
#define GOOD         "listen 25; proxy_pass mx:25; "

/* clang-format off */
static const struct {
    const char *text, *findings;
} cases[] = {
    {"mail {}", ""},
    {SERVER(GOOD), ""},
    {SERVER("listen 127.0.0.1:25; listen [::]:25 ipv6only=on backlog=5; listen *:587; listen localhost:26;"
            "proxy_pass mx:25 [::1]:26 10.0.0.1:27;"), ""},
    {SERVER("listen 25;"), "2:1: E: this mail server has no backend\n"},
    {SERVER("proxy_pass mx:25;"), "2:1: E: this mail server listens nowhere\n"},
    {"mail { proxy_pass mx:25; timeout 60s; server { listen 25; } server { listen 587; timeout 5s; } }", ""},
    {SERVER("listen mx:25; proxy_pass mx:25;"), "3:8: E: `mx:25` is no address\n"},
    {SERVER(GOOD "listen 0;"), "3:37: E: `0` has no port from 1 to 65535\n"},
    {SERVER(GOOD "listen 65536;"), "3:37: E: `65536` has no port from 1 to 65535\n"},
    {SERVER(GOOD "listen ::1:26;"), "3:37: E: `::1:26` is no address\n"},
    {SERVER(GOOD "listen unix:/x;"), "3:37: E: listening on a UNIX socket is not possible\n"},
    {SERVER(GOOD "listen 26 proxy_protocol;"), "3:40: E: the PROXY protocol comes later\n"},
    {SERVER(GOOD "listen 26 ipv6only=off;"), "3:40: E: unknown parameter `ipv6only=off`\n"},
    {SERVER(GOOD "listen 26 sll;"), "3:40: E: unknown parameter `sll`\n"},
    {SERVER(GOOD "listen 0.0.0.0:25;"), "3:37: E: 0.0.0.0:25 is listened on twice\n"},
    {SERVER(GOOD "listen 465 ssl;"), "3:37: E: TLS is spoken here, but there is no certificate\n"},
    {SERVER(GOOD "starttls on;"), "3:30: E: STARTTLS is offered, but there is no certificate\n"},
    {SERVER(GOOD "starttls only;"), "3:30: E: STARTTLS is offered, but there is no certificate\n"},
    {SERVER(GOOD "starttls of;"), "3:39: E: unknown word `of`\n"},
    {"mail { starttls on; server { listen 25; proxy_pass mx:25; } }",
     "1:8: E: STARTTLS is offered, but there is no certificate\n"},
    {"mail { proxy_pass mx:25;\nserver { listen 25; server_name a; }\nserver { listen 25; server_name a; }\n}",
     "3:17: W: this server is never reached on 0.0.0.0:25\n"},
    {"mail { proxy_pass mx:25;\nserver { listen 25; server_name a; }\nserver { listen 25; server_name b; }\n}", ""},
    {"mail { proxy_pass mx:25;\nserver { listen 25; }\nserver { listen 25 ssl; }\n}",
     "3:17: E: 0.0.0.0:25 is opened twice with different meaning\n"
     "3:17: E: TLS is spoken here, but there is no certificate\n"},
    {SERVER(GOOD "protocol smtp;"), ""},
    {SERVER(GOOD "protocol imap;"), "3:39: E: `imap` comes later; frontd speaks SMTP\n"},
    {SERVER(GOOD "protocol pop3;"), "3:39: E: `pop3` comes later; frontd speaks SMTP\n"},
    {SERVER(GOOD "smtp_auth none;"), ""},
    {SERVER(GOOD "smtp_auth plain login;"), "3:40: E: logging in comes later, so nobody could with `plain`\n"},
    {SERVER(GOOD "auth_http 127.0.0.1:9000;"), "3:30: E: `auth_http` is not supported\n"},
    {SERVER(GOOD "resolver 127.0.0.1;"), "3:30: E: `resolver` is not supported\n"},
    {SERVER(GOOD "proxy_protocol on;"), "3:30: E: `proxy_protocol` is not supported\n"},
    {SERVER(GOOD "proxy_buffer 8k; proxy_timeout 1h; proxy_pass_error_message on;"), ""},
    {"mail { imap_capabilities IMAP4rev1 UIDPLUS; pop3_capabilities TOP USER; }", ""},
    {SERVER(GOOD "xclient off;"), "3:30: W: every client looks like this host to the backend\n"},
    {SERVER("listen 25; proxy_pass mx;"), "3:23: E: `mx` is not host:port\n"},
    {SERVER("listen 25; proxy_pass smtp://mx:25;"), "3:23: E: a mail backend is no URL\n"},
    {SERVER("listen 25; proxy_pass ::1:25;"), "3:23: E: `::1:25` is not host:port\n"},
    {SERVER("listen 25; proxy_pass mx:0;"), "3:23: E: `mx:0` is not host:port\n"},
    {SERVER("listen 25; proxy_pass mx:25 mx.invalid:25;"), "3:29: W: backend name does not resolve: mx.invalid\n"},
    {SERVER(GOOD "trusted_sources 127.0.0.0/8 fd00::/8 10.0.0.1 ::1;"), ""},
    {SERVER(GOOD "trusted_sources 10.0.0.0/33;"), "3:46: E: `10.0.0.0/33` is no network\n"},
    {SERVER(GOOD "trusted_sources localhost;"), "3:46: E: `localhost` is no network\n"},
    {SERVER(GOOD "trusted_sources 10.0.0.0/;"), "3:46: E: `10.0.0.0/` is no network\n"},
    {SERVER(GOOD "access_log logs/mail.json; auth_log off;"), ""},
    {SERVER(GOOD "access_log syslog:server=x;"), "3:41: E: this log goes to a file\n"},
    {SERVER(GOOD "max_errors 3; timeout 1m; smtp_greeting_delay 2s; smtp_capabilities PIPELINING \"SIZE 5\";"), ""},
};
/* clang-format on */

static void every_finding_has_its_place_and_says_what_to_do(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char memory[2048];
        struct text out = text_in(memory, sizeof memory);
        struct reading reading;

        read_text(&reading, cases[i].text);
        write_findings(&reading, &out);
        if (strcmp(memory, cases[i].findings) != 0)
            fail_msg("%s\nfound: %swanted: %s", cases[i].text, memory, cases[i].findings);
        assert_int_equal(reading.is_good, strstr(memory, "E: ") == NULL);
        forget(&reading);
    }
}

static const struct smtp_conf *first_server(const struct reading *reading)
{
    const struct conf_scope *mail = conf_first(reading->conf.main, CONF_MAIL);

    return conf_values(&reading->conf, conf_first(mail, CONF_MAIL_SERVER), &smtp_conf_group);
}

static void defaults_are_safe(void **state)
{
    struct reading reading;
    const struct smtp_conf *conf;

    (void)state;
    read_text(&reading, SERVER(GOOD));
    assert_true(reading.is_good);
    conf = first_server(&reading);
    assert_true(conf->xclient);
    assert_int_equal(conf->starttls, SMTP_STARTTLS_OFF);
    assert_int_equal(conf->timeout, 300000);
    assert_int_equal(conf->max_errors, 5);
    assert_int_equal(conf->smtp_greeting_delay, 0);
    assert_int_equal(conf->access_log.len, 0);
    assert_int_equal(conf->auth_log.len, 0);
    assert_int_equal(conf->smtp_capabilities.count, 0);
    forget(&reading);
}

static void private_addresses_are_vouched_for_only_when_listed(void **state)
{
    static const struct {
        const char *address;
        bool is_vouched;
    } rows[] = {
        {"203.0.113.7",  true },
        {"2001:db8::1",  true },
        {"127.0.0.1",    false},
        {"127.0.0.2",    true },
        {"10.1.2.3",     true },
        {"10.2.0.1",     false},
        {"172.16.0.1",   false},
        {"172.32.0.1",   true },
        {"192.168.1.1",  false},
        {"fd00::1",      false},
        {"fd12:3500::1", true },
        {"fd12:3600::1", false},
        {"fe80::1",      false},
        {"::1",          false},
        {"169.254.1.1",  false},
    };
    struct reading reading;

    (void)state;
    read_text(&reading, SERVER(GOOD "trusted_sources 127.0.0.2 10.1.0.0/16 fd12:3400::/23;"));
    assert_true(reading.is_good);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct address address;

        assert_true(address_parse(slice_of(rows[i].address), &address));
        if (smtp_conf_vouches(first_server(&reading), &address) != rows[i].is_vouched)
            fail_msg("%s", rows[i].address);
    }
    forget(&reading);
}

static void servers_on_one_address_are_put_together(void **state)
{
    struct reading reading;
    struct arena arena;
    struct listen_list list = {0};
    const struct smtp_conf_server *servers;

    (void)state;
    arena_init(&arena, ARENA_UNLIMITED);
    read_text(&reading,
              "mail { proxy_pass mx:25;\nserver { listen 25; listen [::]:25; server_name a; }\n"
              "server { listen 25; server_name b; proxy_pass mx2:25; }\n}");
    assert_true(reading.is_good);
    smtp_protocol_conf.listens(&reading.conf, &arena, &list);
    assert_int_equal(list.count, 2);
    assert_int_equal(list.listens[0].server_count, 2);
    assert_int_equal(list.listens[1].server_count, 1);
    assert_int_equal(list.listens[0].place.line, 2);
    servers = list.listens[0].servers;
    assert_true(slice_equal(servers[0].conf->proxy_pass.items[0].text, SLICE("mx:25")));
    assert_true(slice_equal(servers[1].conf->proxy_pass.items[0].target.host, SLICE("mx2")));
    forget(&reading);
    arena_deinit(&arena);
}

#define MANY 20000

/* In memory that grows with their number, not with its square. */
static void very_many_addresses_are_checked(void **state)
{
    struct reading reading;
    size_t len;
    char *source;
    FILE *out = open_memstream(&source, &len);

    (void)state;
    assert_non_null(out);
    fputs("mail { proxy_pass 127.0.0.1:25; xclient on; starttls off; server {\n", out);
    for (int i = 0; i < MANY; i++)
        fprintf(out, "listen 127.%d.%d.1:25;\n", i / 200, i % 200);
    fputs("} server { listen 127.0.3.1:25 ssl; } }", out);
    assert_int_equal(fclose(out), 0);
    read_text(&reading, source);
    assert_int_equal(reading.report.errors, 2); /* and no certificate */
    assert_int_equal(reading.report.findings[0].place.line, MANY + 2);
    assert_int_equal(reading.report.findings[0].other.line, 5);
    assert_true(reading.conf.arena.taken < ((size_t)32 << 20));
    forget(&reading);
    free(source);
}

static void logs_and_summary_follow(void **state)
{
    char memory[512];
    struct text text = text_in(memory, sizeof memory);
    struct log_files files = {0};
    struct reading reading;

    (void)state;
    read_text(&reading,
              "mail { access_log logs/m; server { listen 25; proxy_pass a:25 b:26; auth_log /x; }\n"
              "server { listen 587; proxy_pass c:25; access_log off; } }");
    assert_true(reading.is_good);
    smtp_protocol_conf.logs(&reading.conf, &files);
    assert_int_equal(files.count, 2);
    assert_true(slice_equal(files.files[0].path, SLICE("/test/logs/m")));
    assert_true(slice_equal(files.files[1].path, SLICE("/x")));
    smtp_protocol_conf.summary(&reading.conf, &text);
    text_byte(&text, '\0');
    assert_string_equal(memory, "ok  2 mail servers  to a:25 or b:26, c:25\n");
    free(files.files);
    forget(&reading);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_finding_has_its_place_and_says_what_to_do),
        cmocka_unit_test(defaults_are_safe),
        cmocka_unit_test(private_addresses_are_vouched_for_only_when_listed),
        cmocka_unit_test(servers_on_one_address_are_put_together),
        cmocka_unit_test(very_many_addresses_are_checked),
        cmocka_unit_test(logs_and_summary_follow),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
