#include "os/descriptor.h"
#include "process/certificates.h"
#include "process/configuration.h"
#include "tls/certificates.h"
#include "tls/tls_conf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

/* The blocks around the directives of TLS. */
static const struct conf_row block_rows[] = {
    CONF_BLOCK_ROW("http", CONF_MAIN, CONF_HTTP, 0, 0, ONCE, "{…}", "http")
        CONF_BLOCK_ROW("server", CONF_HTTP, CONF_SERVER, 0, 0, MANY, "{…}", "server")};

static const struct conf_group blocks = {
    .name = "blocks",
    .size = 1,
    .rows = block_rows,
    .row_count = sizeof block_rows / sizeof *block_rows,
};

static const struct conf_group *const groups[] = {&blocks, &tls_conf_group, NULL};

#define TWO_PAIRS                                                                                  \
    "http { ssl_certificate a.pem; ssl_certificate_key a.key; server { } server { } server {"      \
    " ssl_certificate b.pem; ssl_certificate_key b.key; } }"

static const struct certificates_patience patience = {2000, 30000};

static char directory[] = "/tmp/test_certificates.XXXXXX";
static const char *const files[] = {"main.conf", "a.pem", "a.key", "b.pem", "b.key"};

struct fixture {
    struct configuration configuration;
    struct certificates certificates;
    int snapshot;
    int keys[2];
    uint64_t now;
};

static void put(const char *name, struct slice text)
{
    char path[100];
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", directory, name);
    unlink(path); /* another file, in case the clock is coarse */
    file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text.at, 1, text.len, file), text.len);
    fclose(file);
}

static struct credentials put_pair(const char *name, const char *certificate, const char *key)
{
    struct credentials made = credentials_for(name);

    if (certificate != NULL)
        put(certificate, made.certificate);
    if (key != NULL)
        put(key, made.key);
    return made;
}

static void put_new(const char *name, const char *certificate, const char *key)
{
    struct credentials made = put_pair(name, certificate, key);

    credentials_free(&made);
}

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    struct configuration *configuration = &fixture->configuration;
    char path[100], prefix[100];

    put_new("a.example", "a.pem", "a.key");
    put_new("b.example", "b.pem", "b.key");
    put("main.conf", SLICE(TWO_PAIRS));
    snprintf(path, sizeof path, "%s/main.conf", directory);
    snprintf(prefix, sizeof prefix, "%s/", directory);
    conf_sources_init(&configuration->sources, true);
    conf_report_init(&configuration->report);
    arena_init(&configuration->arena, ARENA_UNLIMITED);
    assert_true(conf_read(&configuration->conf, &configuration->sources, slice_of(path),
                          slice_of(prefix), SLICE_NONE, groups, true, &configuration->report));
    conf_sources_end_helper(&configuration->sources);
    certificates_init(&fixture->certificates, configuration);
    fixture->snapshot =
        descriptor_seal("test", conf_sources_write(&configuration->sources, &configuration->arena));
    for (size_t i = 0, count = 0; i < configuration->sources.count; i++)
        if (configuration->sources.list[i]->is_secret)
            fixture->keys[count++] = configuration->sources.list[i]->fd;
    fixture->now = 1000000;
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;

    certificates_deinit(&fixture->certificates);
    conf_deinit(&fixture->configuration.conf);
    conf_sources_deinit(&fixture->configuration.sources);
    conf_report_deinit(&fixture->configuration.report);
    arena_deinit(&fixture->configuration.arena);
    close(fixture->snapshot);
    free(fixture);
    return 0;
}

static enum certificates_look look(struct fixture *fixture, uint64_t after_ms)
{
    fixture->now += after_ms;
    return certificates_look(&fixture->certificates, fixture->now, &patience);
}

static bool load(struct fixture *fixture, struct certificate_set *set)
{
    return certificates_load(&fixture->certificates, fixture->now, &patience, fixture->snapshot,
                             fixture->keys, 2, set);
}

static bool is_said(struct fixture *fixture, const char *file, const char *why)
{
    const struct certificate *one =
        certificates_to_say(&fixture->certificates, fixture->now, &patience);

    return one != NULL && memmem(one->why.at, one->why.len, file, strlen(file)) != NULL &&
           memmem(one->why.at, one->why.len, why, strlen(why)) != NULL;
}

/* What the set has in place of the file `name`. */
static bool holds(const struct certificate_set *set, const char *name, struct slice text)
{
    struct conf_sources sources;
    struct slice bytes;
    char path[100];
    bool is_same;

    snprintf(path, sizeof path, "%s/%s", directory, name);
    conf_sources_init(&sources, false);
    assert_true(descriptor_map(set->snapshot, &bytes));
    assert_true(conf_sources_read(&sources, bytes));
    descriptor_unmap(bytes);
    is_same = slice_equal(conf_sources_find(&sources, slice_of(path))->text, text);
    conf_sources_deinit(&sources);
    return is_same;
}

static bool is_key(int fd, struct slice text)
{
    char memory[4096];
    ssize_t got = pread(fd, memory, sizeof memory, 0);

    return got > 0 && slice_equal((struct slice){memory, (size_t)got}, text);
}

static void each_pair_is_watched_once(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(fixture->certificates.count, 2);
    assert_int_equal(look(fixture, 0), CERTIFICATES_SAME);
    assert_int_equal(look(fixture, 100000), CERTIFICATES_SAME);
}

static void a_new_pair_is_loaded_when_it_stands_still(void **state)
{
    struct fixture *fixture = *state;
    struct credentials made = put_pair("a.example", NULL, "a.key");
    struct certificate_set set;

    assert_int_equal(look(fixture, 0), CERTIFICATES_CHANGING);
    put("a.pem", made.certificate);
    assert_int_equal(look(fixture, 1999), CERTIFICATES_CHANGING);
    assert_int_equal(look(fixture, 1999), CERTIFICATES_CHANGING);
    assert_int_equal(look(fixture, 1), CERTIFICATES_DUE);
    assert_true(load(fixture, &set));
    assert_true(holds(&set, "a.pem", made.certificate));
    assert_int_equal(set.file_count, 2);
    assert_true(is_key(set.files[0], made.key));
    assert_false(is_key(set.files[1], made.key));
    assert_int_equal(look(fixture, 0), CERTIFICATES_DUE); /* until it is in use */
    certificates_failed(&fixture->certificates);
    assert_int_equal(look(fixture, 0), CERTIFICATES_DUE);
    certificate_set_close(&set);
    assert_true(load(fixture, &set));
    certificates_took(&fixture->certificates);
    assert_int_equal(look(fixture, 0), CERTIFICATES_SAME);
    certificate_set_close(&set);
    credentials_free(&made);
}

static void half_a_pair_is_refused_and_told_of_once_and_late(void **state)
{
    struct fixture *fixture = *state;
    struct credentials made = put_pair("a.example", NULL, "a.key");
    struct certificate_set set;

    (void)look(fixture, 0);
    assert_int_equal(look(fixture, 2000), CERTIFICATES_DUE);
    assert_false(load(fixture, &set));
    assert_false(is_said(fixture, "", ""));
    assert_int_equal(look(fixture, 27999), CERTIFICATES_SAME); /* it was tried */
    assert_false(is_said(fixture, "", ""));
    assert_int_equal(look(fixture, 1), CERTIFICATES_SAME);
    assert_true(is_said(fixture, "/a.key: ", "does not belong"));
    assert_false(is_said(fixture, "", ""));
    put("a.pem", made.certificate); /* the other half */
    assert_int_equal(look(fixture, 0), CERTIFICATES_CHANGING);
    assert_int_equal(look(fixture, 2000), CERTIFICATES_DUE);
    assert_true(load(fixture, &set));
    assert_false(is_said(fixture, "", ""));
    certificate_set_close(&set);
    credentials_free(&made);
}

static void what_is_refused_is_tried_again_in_silence(void **state)
{
    struct fixture *fixture = *state;
    struct certificate_set set;

    put("a.pem", SLICE("nonsense"));
    (void)look(fixture, 0);
    (void)look(fixture, 2000);
    assert_false(load(fixture, &set));
    (void)look(fixture, 30000);
    assert_true(is_said(fixture, "/a.pem: ", "no certificate"));
    assert_int_equal(look(fixture, 599999), CERTIFICATES_DUE);
    assert_false(load(fixture, &set));
    assert_false(is_said(fixture, "", ""));
}

static void a_good_pair_is_loaded_beside_a_bad_one(void **state)
{
    struct fixture *fixture = *state;
    struct credentials made = put_pair("b.example", "b.pem", "b.key");
    struct certificate_set set;

    put("a.key", SLICE(""));
    (void)look(fixture, 0);
    assert_int_equal(look(fixture, 2000), CERTIFICATES_DUE);
    assert_true(load(fixture, &set));
    assert_true(holds(&set, "b.pem", made.certificate));
    assert_true(is_key(set.files[1], made.key));
    certificates_took(&fixture->certificates);
    assert_int_equal(look(fixture, 30000), CERTIFICATES_SAME);
    assert_true(is_said(fixture, "/a.key: ", "empty"));
    certificate_set_close(&set);
    credentials_free(&made);
}

static void the_same_bytes_in_other_files_change_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct certificate_set set;
    char memory[4096];
    ssize_t got = pread(fixture->keys[0], memory, sizeof memory, 0);

    assert_true(got > 0);
    put("a.key", (struct slice){memory, (size_t)got});
    (void)look(fixture, 0);
    assert_int_equal(look(fixture, 2000), CERTIFICATES_DUE);
    assert_false(load(fixture, &set));
    assert_int_equal(look(fixture, 30000), CERTIFICATES_SAME);
    assert_false(is_said(fixture, "", ""));
}

/* Who swaps two files by a link may swap them back. */
static void what_comes_back_was_never_away(void **state)
{
    struct fixture *fixture = *state;
    char path[100], aside[110];

    snprintf(path, sizeof path, "%s/a.key", directory);
    snprintf(aside, sizeof aside, "%s/aside", directory);
    assert_int_equal(rename(path, aside), 0);
    assert_int_equal(look(fixture, 0), CERTIFICATES_CHANGING);
    assert_int_equal(rename(aside, path), 0);
    /* A rename changes the time of the inode: other stamps, the same bytes. */
    (void)look(fixture, 0);
    if (look(fixture, 2000) == CERTIFICATES_DUE) {
        struct certificate_set set;

        assert_false(load(fixture, &set));
    }
    assert_int_equal(look(fixture, 30000), CERTIFICATES_SAME);
    assert_false(is_said(fixture, "", ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_pair_is_watched_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_new_pair_is_loaded_when_it_stands_still, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(half_a_pair_is_refused_and_told_of_once_and_late, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_is_refused_is_tried_again_in_silence, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_good_pair_is_loaded_beside_a_bad_one, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_same_bytes_in_other_files_change_nothing, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_comes_back_was_never_away, set_up, tear_down),
    };
    int failed;

    if (mkdtemp(directory) == NULL)
        return 1;
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char path[100];

        snprintf(path, sizeof path, "%s/%s", directory, files[i]);
        unlink(path);
    }
    return rmdir(directory) == 0 ? failed : 1;
}
