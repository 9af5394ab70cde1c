#include "certificates.h"
#include "tls/tls_conf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* The blocks around the group under test. */
static const struct conf_row block_rows[] = {
    CONF_BLOCK_ROW("http", CONF_MAIN, CONF_HTTP, 0, 0, ONCE, "{…}", "http")
        CONF_BLOCK_ROW("server", CONF_HTTP, CONF_SERVER, 0, 0, MANY, "{…}", "server")
            CONF_BLOCK_ROW("mail", CONF_MAIN, CONF_MAIL, 0, 0, ONCE, "{…}", "mail")
                CONF_BLOCK_ROW("server", CONF_MAIL, CONF_MAIL_SERVER, 0, 0, MANY, "{…}", "server")};

static const struct conf_group blocks = {
    .name = "blocks",
    .size = 1,
    .rows = block_rows,
    .row_count = sizeof block_rows / sizeof *block_rows,
};

static const struct conf_group *const groups[] = {&blocks, &tls_conf_group, NULL};

/* One reading of a configuration in a directory with files a.pem, a.key, b.pem, b.key. */
struct reading {
    struct conf conf;
    struct conf_sources sources;
    struct conf_report report;
    bool is_good;
};

static char directory[] = "/tmp/test_tls_conf.XXXXXX";

static void put(const char *name, struct slice text)
{
    char path[100];
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", directory, name);
    file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text.at, 1, text.len, file), text.len);
    fclose(file);
}

static const char *const files[] = {"a.pem",     "a.key",     "b.pem",     "b.key",    "old.pem",
                                    "old.key",   "young.pem", "young.key", "soon.pem", "soon.key",
                                    "short.pem", "short.key", "weak.pem",  "weak.key", "main.conf"};

static void put_pair(const char *name, struct credentials credentials)
{
    char file[20];

    snprintf(file, sizeof file, "%s.pem", name);
    put(file, credentials.certificate);
    snprintf(file, sizeof file, "%s.key", name);
    put(file, credentials.key);
    credentials_free(&credentials);
}

static int set_up(void **state)
{
    const int day = 86400;

    (void)state;
    assert_non_null(mkdtemp(directory));
    put_pair("a", credentials_make(&(struct recipe){.names = "DNS:a.example,DNS:*.a.example"}));
    put_pair("b", credentials_make(&(struct recipe){.names = "DNS:b.example"}));
    put_pair("old", credentials_make(&(struct recipe){.from_s = -93 * day, .until_s = -3 * day}));
    put_pair("young", credentials_make(&(struct recipe){.from_s = 2 * day, .until_s = 90 * day}));
    put_pair("soon",
             credentials_make(&(struct recipe){.from_s = -80 * day, .until_s = 10 * day + 100}));
    put_pair("short",
             credentials_make(&(struct recipe){.from_s = -3 * day, .until_s = 3 * day + 100}));
    put_pair("weak", credentials_make(&(struct recipe){.key = KEY_RSA_1024}));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char path[100];

        snprintf(path, sizeof path, "%s/%s", directory, files[i]);
        unlink(path);
    }
    return rmdir(directory);
}

static void read_text(struct reading *reading, const char *text)
{
    char path[100], prefix[100];

    put("main.conf", slice_of(text));
    snprintf(path, sizeof path, "%s/main.conf", directory);
    snprintf(prefix, sizeof prefix, "%s/", directory);
    conf_sources_init(&reading->sources, true);
    conf_report_init(&reading->report);
    reading->is_good = conf_read(&reading->conf, &reading->sources, slice_of(path),
                                 slice_of(prefix), SLICE_NONE, groups, true, &reading->report);
}

static void end_reading(struct reading *reading)
{
    conf_deinit(&reading->conf);
    conf_sources_deinit(&reading->sources);
    conf_report_deinit(&reading->report);
}

static bool holds(struct slice text, const char *part)
{
    return text.len > 0 && memmem(text.at, text.len, part, strlen(part)) != NULL;
}

/* Everything a finding says, one after the other. */
static bool says(const struct conf_finding *finding, const char *part)
{
    bool found = holds(finding->message, part) || holds(finding->label, part) ||
                 holds(finding->other_label, part);

    for (size_t i = 0; i < 3; i++)
        found = found || (finding->help[i].len > 0 && holds(finding->help[i], part));
    return found;
}

static const struct {
    const char *what, *text;
    size_t errors, warnings;
    const char *parts[4]; /* the first finding says all of them */
} cases[] = {
    {"good",
     "http { ssl_certificate a.pem; ssl_certificate_key a.key; server { } server { } }",                     0,
     0,                                                                                                            {NULL}                                                                        },
    {"none",                             "http { server { } } mail { server { ssl_protocols TLSv1.3; } }",   0, 0, {NULL}                                                                        },
    {"completed in the server",
     "http { ssl_certificate a.pem; server { ssl_certificate_key a.key; } }",                                0,
     0,                                                                                                            {NULL}                                                                        },
    {"outer pair replaced",
     "mail { ssl_certificate a.pem; ssl_certificate_key a.key;"
     "server { ssl_certificate b.pem; ssl_certificate_key b.key; } }",                                       0,
     0,                                                                                                            {NULL}                                                                        },
    {"two pairs",
     "http { server { ssl_certificate a.pem; ssl_certificate_key a.key;"
     "ssl_certificate b.pem; ssl_certificate_key b.key; } }",                                                0,
     0,                                                                                                            {NULL}                                                                        },
    {"missing certificate",
     "http { server { ssl_certificate aa.pem; ssl_certificate_key a.key; } }",                               1,
     0,                                                                                                            {"certificate file does not exist", "no such file", "did you mean", "holds: "}},
    {"missing key",
     "http { server { ssl_certificate a.pem; ssl_certificate_key none/a.key; } }",                           1,
     0,                                                                                                            {"key file does not exist", "no such file"}                                   },
    {"missing in the outer block, once",
     "http { ssl_certificate c.pem; ssl_certificate_key a.key; server { } server { } server { "
     "ssl_protocols TLSv1.3; } }",                                                                           1,
     0,                                                                                                            {"certificate file does not exist"}                                           },
    {"mismatch",
     "http { server { ssl_certificate a.pem; ssl_certificate_key b.key; } }",                                1,
     0,                                                                                                            {"key and certificate do not belong together", "names: a.example, *.a.example", "public key ",
      "copy still under way"}                                                                                                                                                             },
    {"not PEM",
     "http { server { ssl_certificate main.conf; ssl_certificate_key a.key; } }",                            1,
     0,                                                                                                            {"certificate cannot be used", "there is no certificate in PEM form"}         },
    {"swapped",
     "http { server { ssl_certificate a.key; ssl_certificate_key a.pem; } }",                                1,
     0,                                                                                                            {"this is a private key, not a certificate"}                                  },
    {"no key",
     "mail { server { ssl_certificate a.pem; } }",                                                           1,
     0,                                                                                                            {"no `ssl_certificate_key` for this `ssl_certificate`"}                       },
    {"no certificate",
     "mail { ssl_certificate_key a.key; server { } }",                                                       1,
     0,                                                                                                            {"no `ssl_certificate` for this `ssl_certificate_key`"}                       },
    {"two certificates, one key",
     "mail { server { ssl_certificate a.pem; ssl_certificate b.pem; ssl_certificate_key a.key; } }",         1,
     0,                                                                                                            {"no `ssl_certificate_key`", "2 of these, 1 of the other"}                    },
    {"expired",
     "http { server { ssl_certificate old.pem; ssl_certificate_key old.key; } }",                            0,
     1,                                                                                                            {"certificate expired 3 days ago", "valid ", "most mail servers still deliver",
      "issuer frontd test"}                                                                                                                                                               },
    {"not yet",
     "http { server { ssl_certificate young.pem; ssl_certificate_key young.key; } }",                        0,
     1,                                                                                                            {"certificate is not valid yet: it begins in 2 days"}                         },
    {"soon",
     "http { server { ssl_certificate soon.pem; ssl_certificate_key soon.key; } }",                          0,
     1,                                                                                                            {"certificate expires in 10 days"}                                            },
    {"short life",
     "http { server { ssl_certificate short.pem; ssl_certificate_key short.key; } }",                        0,
     0,                                                                                                            {NULL}                                                                        },
    {"weak key",
     "http { server { ssl_certificate weak.pem; ssl_certificate_key weak.key; } }",                          1,
     0,                                                                                                            {"certificate cannot be used", "its key is RSA 1024"}                         },
    {"protocols",                        "http { ssl_protocols TLSv1 TLSv1.1 TLSv1.2 TLSv1.3; server { } }", 0, 0, {NULL}                                                                        },
    {"SSLv3",
     "http { ssl_protocols SSLv3 TLSv1.2; server { } }",                                                     1,
     0,                                                                                                            {"SSLv2 and SSLv3 do not exist here", "both are broken"}                      },
    {"unknown protocol",                 "http { ssl_protocols TLSv1.4; server { } }",                       1, 0, {"TLSv1.4"}                                                                   },
    {"ciphers",                          "http { server { ssl_ciphers HIGH:!aNULL:!MD5; } }",                0, 0, {NULL}                                                                        },
    {"bad ciphers",
     "http { ssl_ciphers NONSENSE; server { } server { } }",                                                 1,
     0,                                                                                                            {"no cipher of TLS 1.2 or older matches this list"}                           },
    {"ssl on",
     "http { server { ssl on; } }",                                                                          1,
     0,                                                                                                            {"`ssl on` is not a directive any more", "listen 443 ssl;"}                   },
    {"ssl off",                          "mail { server { ssl off; } }",                                     0, 0, {NULL}                                                                        },
    {"caches",
     "http { ssl_session_cache shared:SSL:10m; server { ssl_session_cache none; } server "
     "{ ssl_session_cache builtin:1000 shared:x:1m; } server { ssl_session_cache off; } }",                  0,
     0,                                                                                                            {NULL}                                                                        },
    {"bad cache",
     "http { ssl_session_cache share:SSL:10m; server { } }",                                                 1,
     0,                                                                                                            {"invalid session cache `share:SSL:10m`"}                                     },
    {"cache without size",
     "http { ssl_session_cache shared:SSL; server { } }",                                                    1,
     0,                                                                                                            {"invalid session cache"}                                                     },
    {"cache without name",
     "http { ssl_session_cache shared::1m; server { } }",                                                    1,
     0,                                                                                                            {"invalid session cache"}                                                     },
};

static void test_findings(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct reading reading;

        read_text(&reading, cases[i].text);
        if (reading.is_good != (cases[i].errors == 0) || reading.report.errors != cases[i].errors ||
            reading.report.warnings != cases[i].warnings) {
            conf_report_print(&reading.report, &reading.sources, 2);
            fail_msg("%s", cases[i].what);
        }
        for (size_t j = 0; j < 4 && cases[i].parts[j] != NULL; j++)
            if (!says(&reading.report.findings[0], cases[i].parts[j])) {
                conf_report_print(&reading.report, &reading.sources, 2);
                fail_msg("%s: %s", cases[i].what, cases[i].parts[j]);
            }
        end_reading(&reading);
    }
}

static void test_key_of_another_certificate_shows_both_places(void **state)
{
    struct reading reading;
    const struct conf_finding *finding;

    (void)state;
    read_text(&reading, "http { server {\nssl_certificate a.pem;\nssl_certificate_key b.key; } }");
    finding = &reading.report.findings[0];
    assert_int_equal(finding->place.line, 3);
    assert_int_equal(finding->place.column, 21);
    assert_int_equal(finding->other.line, 2);
    assert_int_equal(finding->other.column, 17);
    end_reading(&reading);
}

static const struct tls_conf *first_server(const struct conf *conf)
{
    const struct conf_scope *http = conf_first(conf->main, CONF_HTTP);

    return conf_values(conf, conf_first(http, CONF_SERVER), &tls_conf_group);
}

static void test_server_is_filled(void **state)
{
    struct reading reading;
    struct arena arena;
    struct tls_server server = {.service = "test"};
    struct slice why;
    struct tls_context *context;

    (void)state;
    arena_init(&arena, ARENA_UNLIMITED);
    read_text(&reading, "http { ssl_session_timeout 1d; ssl_prefer_server_ciphers on; server {"
                        "ssl_certificate a.pem; ssl_certificate_key a.key;"
                        "ssl_protocols TLSv1.1 TLSv1.3; ssl_ciphers HIGH;"
                        "ssl_session_tickets off; } }");
    assert_true(reading.is_good);
    assert_true(tls_conf_has_certificate(first_server(&reading.conf)));
    assert_true(tls_conf_server(&reading.conf, first_server(&reading.conf), &arena, &server));
    assert_int_equal(server.pair_count, 1);
    assert_int_equal(server.protocols, TLS_PROTOCOL_1_1 | TLS_PROTOCOL_1_3);
    assert_true(slice_equal(server.ciphers, SLICE("HIGH")));
    assert_int_equal(server.session_timeout_s, 86400);
    assert_false(server.session_tickets);
    assert_true(server.server_preference);
    context = tls_context_new(&server, 1, &arena, &why);
    assert_non_null(context);
    tls_context_free(context);
    end_reading(&reading);
    arena_deinit(&arena);
}

static void test_defaults(void **state)
{
    struct reading reading;
    struct arena arena;
    struct tls_server server = {.service = "test"};
    const struct tls_conf *tls;

    (void)state;
    arena_init(&arena, ARENA_UNLIMITED);
    read_text(&reading, "http { server { } }");
    tls = first_server(&reading.conf);
    assert_int_equal(tls->ssl_protocols, TLS_PROTOCOL_1_2 | TLS_PROTOCOL_1_3);
    assert_int_equal(tls->ssl_session_timeout, 3600000);
    assert_true(tls->ssl_session_tickets);
    assert_false(tls->ssl_prefer_server_ciphers);
    assert_int_equal(tls->ssl_ciphers.len, 0);
    assert_false(tls_conf_has_certificate(tls));
    assert_false(tls_conf_server(&reading.conf, tls, &arena, &server));
    end_reading(&reading);
    arena_deinit(&arena);
}

/* What the check has refused is never handed on. */
static void test_incomplete_pairs_are_not_filled(void **state)
{
    static const char *const texts[] = {
        /* clang-format off */
        "http { ssl_certificate_key a.key; server { ssl_certificate a.pem; ssl_certificate b.pem; } }",
        /* clang-format on */
        "http { server { ssl_certificate a.pem; ssl_certificate_key none.key; } }",
        "http { server { ssl_certificate none.pem; ssl_certificate_key a.key; } }",
    };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct reading reading;
        struct arena arena;
        struct tls_server server = {0};

        arena_init(&arena, ARENA_UNLIMITED);
        read_text(&reading, texts[i]);
        assert_false(tls_conf_server(&reading.conf, first_server(&reading.conf), &arena, &server));
        assert_int_equal(server.pair_count, 0);
        end_reading(&reading);
        arena_deinit(&arena);
    }
}

/* A worker reads the same bytes without the disk, and no warning of the day. */
static void test_worker_reads_from_memory(void **state)
{
    struct reading reading, again;
    struct arena arena;
    struct tls_server server = {.service = "test"};

    (void)state;
    arena_init(&arena, ARENA_UNLIMITED);
    read_text(&reading,
              "http { ssl_certificate old.pem; ssl_certificate_key old.key; server { } }");
    conf_sources_init(&again.sources, false);
    conf_report_init(&again.report);
    assert_true(conf_sources_read(&again.sources, conf_sources_write(&reading.sources, &arena)));
    assert_true(conf_read(&again.conf, &again.sources, reading.conf.path, reading.conf.prefix,
                          SLICE_NONE, groups, false, &again.report));
    assert_int_equal(again.report.warnings, 0);
    assert_true(tls_conf_server(&again.conf, first_server(&again.conf), &arena, &server));
    end_reading(&again);
    end_reading(&reading);
    arena_deinit(&arena);
}

static const struct {
    const char *name;
    bool warns;
} name_cases[] = {
    {"a.example",     false},
    {"www.a.example", false},
    {"*.a.example",   false},
    {".a.example",    false},
    {"_",             false},
    {"",              false},
    {"~^x.*$",        false},
    {"shop.*",        false},
    {"b.example",     true },
    {"x.y.a.example", true },
    {"*.b.example",   true },
    {".b.example",    true },
};

static void test_names_that_no_certificate_covers(void **state)
{
    struct reading reading;
    struct conf_reader reader = {
        .conf = &reading.conf, .report = &reading.report, .checks_disk = true};

    (void)state;
    read_text(&reading, "http { server { ssl_certificate a.pem; ssl_certificate_key a.key; } }");
    for (size_t i = 0; i < sizeof name_cases / sizeof *name_cases; i++) {
        /* each at a place of its own, or findings are folded */
        struct conf_word word = {
            slice_of(name_cases[i].name), {0, 1, (uint32_t)i + 1, 1},
             false
        };
        size_t before = reading.report.warnings;

        tls_conf_check_names(&reader, reading.conf.main, first_server(&reading.conf), &word, 1);
        if ((reading.report.warnings > before) != name_cases[i].warns)
            fail_msg("%s", name_cases[i].name);
        if (name_cases[i].warns)
            assert_true(says(&reading.report.findings[reading.report.count - 1],
                             "its names: a.example, *.a.example"));
    }
    end_reading(&reading);
}

static void test_rows_are_consistent(void **state)
{
    struct arena arena;
    struct slice why = SLICE_NONE;

    (void)state;
    arena_init(&arena, ARENA_UNLIMITED);
    if (!conf_groups_consistent(groups, &arena, &why))
        fail_msg("%.*s", (int)why.len, why.at);
    arena_deinit(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_are_consistent),
        cmocka_unit_test(test_findings),
        cmocka_unit_test(test_key_of_another_certificate_shows_both_places),
        cmocka_unit_test(test_server_is_filled),
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_incomplete_pairs_are_not_filled),
        cmocka_unit_test(test_worker_reads_from_memory),
        cmocka_unit_test(test_names_that_no_certificate_covers),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
