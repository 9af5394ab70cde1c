#include "conf/conf_sources.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct folder {
    char path[64];
    struct conf_sources sources;
};

static int open_folder(void **state)
{
    struct folder *folder = calloc(1, sizeof *folder);

    strcpy(folder->path, "/tmp/frontd-sources-XXXXXX");
    assert_non_null(mkdtemp(folder->path));
    conf_sources_init(&folder->sources, true);
    *state = folder;
    return 0;
}

static char *path_of(const struct folder *folder, const char *name)
{
    char *path;

    assert_true(asprintf(&path, "%s/%s", folder->path, name) > 0);
    return path;
}

static int close_folder(void **state)
{
    static const char *const names[] = {"a.conf", "b.conf", "B.conf", "pipe", "large", "directory"};
    struct folder *folder = *state;

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char *path = path_of(folder, names[i]);

        remove(path);
        free(path);
    }
    assert_int_equal(rmdir(folder->path), 0);
    conf_sources_deinit(&folder->sources);
    free(folder);
    return 0;
}

static void put_file(const struct folder *folder, const char *name, const char *text)
{
    char *path = path_of(folder, name);
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    free(path);
}

static const struct conf_source *get(struct folder *folder, const char *name, uint32_t *index)
{
    char *path = path_of(folder, name);
    const struct conf_source *source = conf_sources_file(&folder->sources, slice_of(path), index);

    free(path);
    return source;
}

static void a_file_is_read_once(void **state)
{
    struct folder *folder = *state;
    uint32_t first, second;
    const struct conf_source *source;

    put_file(folder, "a.conf", "one");
    source = get(folder, "a.conf", &first);
    put_file(folder, "a.conf", "two, and longer");
    assert_ptr_equal(get(folder, "a.conf", &second), source);
    assert_int_equal(first, second);
    assert_int_equal(source->error, 0);
    assert_true(slice_equal(source->text, SLICE("one")));
    assert_ptr_equal(folder->sources.list[first], source);
}

static void what_is_no_regular_file_is_refused(void **state)
{
    struct folder *folder = *state;
    char *pipe_path = path_of(folder, "pipe"), *directory = path_of(folder, "directory");
    char *large = path_of(folder, "large");
    uint32_t index;

    assert_int_equal(mkfifo(pipe_path, 0600), 0);
    assert_int_equal(mkdir(directory, 0700), 0);
    put_file(folder, "large", "");
    assert_int_equal(truncate(large, (8 << 20) + 1), 0);
    assert_int_equal(get(folder, "pipe", &index)->error, EINVAL); /* and nobody waited */
    assert_int_equal(get(folder, "directory", &index)->error, EISDIR);
    assert_int_equal(get(folder, "large", &index)->error, EFBIG);
    assert_int_equal(get(folder, "none", &index)->error, ENOENT);
    assert_int_equal(
        conf_sources_file(&folder->sources, (struct slice){"/etc\0x", 6}, &index)->error, ENOENT);
    free(large);
    free(directory);
    free(pipe_path);
}

static void eight_megabytes_are_allowed(void **state)
{
    struct folder *folder = *state;
    char *large = path_of(folder, "large");
    uint32_t index;

    put_file(folder, "large", "");
    assert_int_equal(truncate(large, 8 << 20), 0);
    assert_int_equal(get(folder, "large", &index)->text.len, 8 << 20);
    free(large);
}

static void a_listing_is_sorted_by_bytes(void **state)
{
    struct folder *folder = *state;
    char *pattern = path_of(folder, "*.conf"), *expected;
    const struct conf_source *source;
    uint32_t index, again;
    int len;

    put_file(folder, "b.conf", "");
    put_file(folder, "a.conf", "");
    put_file(folder, "B.conf", "");
    source = conf_sources_glob(&folder->sources, slice_of(pattern), &index);
    len = asprintf(&expected, "%s/B.conf%c%s/a.conf%c%s/b.conf", folder->path, 0, folder->path, 0,
                   folder->path);
    assert_true(source->is_listing);
    assert_int_equal(source->text.len, len + 1);
    assert_memory_equal(source->text.at, expected, (size_t)len + 1);
    assert_ptr_equal(conf_sources_glob(&folder->sources, slice_of(pattern), &again), source);
    /* a file of that name is something else */
    assert_ptr_not_equal(conf_sources_file(&folder->sources, slice_of(pattern), &again), source);
    free(expected);
    free(pattern);
}

static void a_pattern_without_a_match_is_no_error(void **state)
{
    struct folder *folder = *state;
    char *pattern = path_of(folder, "*.conf");
    const struct conf_source *source;
    uint32_t index;

    source = conf_sources_glob(&folder->sources, slice_of(pattern), &index);
    assert_int_equal(source->error, 0);
    assert_int_equal(source->text.len, 0);
    free(pattern);
}

static void without_a_disk_only_what_is_here_exists(void **state)
{
    struct conf_sources sources;
    uint32_t index;

    (void)state;
    conf_sources_init(&sources, false);
    assert_int_equal(conf_sources_file(&sources, SLICE("/etc/passwd"), &index)->error, ENOENT);
    assert_int_equal(conf_sources_glob(&sources, SLICE("/etc/*"), &index)->error, ENOENT);
    conf_sources_deinit(&sources);
}

static void a_text_is_a_source(void **state)
{
    struct folder *folder = *state;
    uint32_t index = conf_sources_text(&folder->sources, SLICE("<command line>"), SLICE("a;"));

    assert_true(slice_equal(folder->sources.list[index]->text, SLICE("a;")));
    assert_int_equal(conf_sources_text(&folder->sources, SLICE("<command line>"), SLICE("a;")),
                     index);
    assert_int_not_equal(conf_sources_text(&folder->sources, SLICE("<command line>"), SLICE("b;")),
                         index);
}

/* Everything that a source can be. */
static struct slice write_run(struct folder *folder, struct arena *arena)
{
    char *pattern = path_of(folder, "*.conf");
    uint32_t index;

    put_file(folder, "a.conf", "text of a");
    get(folder, "a.conf", &index);
    folder->sources.list[index]->is_configuration = true;
    get(folder, "none", &index);
    conf_sources_glob(&folder->sources, slice_of(pattern), &index);
    conf_sources_text(&folder->sources, SLICE("<command line>"), SLICE("daemon\0off"));
    free(pattern);
    return conf_sources_write(&folder->sources, arena);
}

static void a_run_of_bytes_and_back(void **state)
{
    struct folder *folder = *state;
    struct conf_sources back;
    struct arena arena;
    struct slice run;

    arena_init(&arena, ARENA_UNLIMITED);
    run = write_run(folder, &arena);
    conf_sources_init(&back, false);
    assert_true(conf_sources_read(&back, run));
    arena_deinit(&arena); /* nothing may point into it */
    assert_int_equal(back.count, folder->sources.count);
    assert_int_equal(back.count, 4);
    for (size_t i = 0; i < back.count; i++) {
        const struct conf_source *a = folder->sources.list[i], *b = back.list[i];

        assert_true(slice_equal(a->name, b->name));
        assert_true(slice_equal(a->text, b->text));
        assert_int_equal(a->error, b->error);
        assert_int_equal(a->is_listing, b->is_listing);
        assert_int_equal(a->is_configuration, b->is_configuration);
    }
    conf_sources_deinit(&back);
}

static void a_run_cut_anywhere_is_refused(void **state)
{
    struct folder *folder = *state;
    struct arena arena;
    struct slice run;

    arena_init(&arena, ARENA_UNLIMITED);
    run = write_run(folder, &arena);
    for (size_t len = 0; len < run.len; len++) {
        char *copy = malloc(len + 1);
        struct conf_sources back;

        memcpy(copy, run.at, len);
        conf_sources_init(&back, false);
        assert_false(conf_sources_read(&back, (struct slice){copy, len}));
        assert_int_equal(back.count, 0);
        conf_sources_deinit(&back);
        free(copy);
    }
    arena_deinit(&arena);
}

static void a_run_with_more_behind_it_is_refused(void **state)
{
    struct folder *folder = *state;
    struct conf_sources back;
    struct arena arena;
    struct slice run;
    char *longer;

    arena_init(&arena, ARENA_UNLIMITED);
    run = write_run(folder, &arena);
    longer = calloc(1, run.len + 1);
    memcpy(longer, run.at, run.len);
    conf_sources_init(&back, false);
    assert_false(conf_sources_read(&back, (struct slice){longer, run.len + 1}));
    assert_true(conf_sources_read(&back, run)); /* they can be used again */
    conf_sources_deinit(&back);
    free(longer);
    arena_deinit(&arena);
}

static void a_secret_is_opened_and_never_read(void **state)
{
    struct folder *folder = *state;
    char *a = path_of(folder, "a.conf"), *b = path_of(folder, "b.conf");
    const struct conf_source *first, *second;
    struct conf_sources back;
    struct arena arena;
    struct slice run;
    uint32_t index, number;
    char byte;

    put_file(folder, "a.conf", "the first secret");
    put_file(folder, "b.conf", "the second secret");
    get(folder, "a.conf", &index); /* the same file as a file is another source */
    first = conf_sources_secret(&folder->sources, slice_of(a), &index);
    second = conf_sources_secret(&folder->sources, slice_of(b), &index);
    assert_ptr_equal(conf_sources_secret(&folder->sources, slice_of(a), &index), first);
    assert_int_equal(first->error + second->error, 0);
    assert_int_equal(pread(first->fd, &byte, 1, 4), 1);
    assert_int_equal(byte, 'f');
    assert_true(conf_sources_secret_number(first->text, &number) && number == 0);
    assert_true(conf_sources_secret_number(second->text, &number) && number == 1);
    arena_init(&arena, ARENA_UNLIMITED);
    run = conf_sources_write(&folder->sources, &arena);
    assert_non_null(memmem(run.at, run.len, "first", 5)); /* it was read as a file */
    assert_null(memmem(run.at, run.len, "second", 6));
    conf_sources_init(&back, false);
    assert_true(conf_sources_read(&back, run));
    second = conf_sources_secret(&back, slice_of(b), &index);
    assert_int_equal(second->error, 0);
    assert_int_equal(second->fd, -1);
    assert_true(conf_sources_secret_number(second->text, &number) && number == 1);
    conf_sources_deinit(&back);
    arena_deinit(&arena);
    free(a);
    free(b);
}

static void pass_phrases_come_behind_all_keys(void **state)
{
    struct folder *folder = *state;
    char *a = path_of(folder, "a.conf"), *b = path_of(folder, "b.conf");
    const struct conf_source *phrases, *others, *key, *second;
    struct conf_sources back;
    struct arena arena;
    uint32_t index;

    put_file(folder, "a.conf", "a phrase");
    put_file(folder, "b.conf", "a key");
    phrases = conf_sources_passphrases(&folder->sources, slice_of(a), &index);
    key = conf_sources_secret(&folder->sources, slice_of(b), &index);
    others = conf_sources_passphrases(&folder->sources, slice_of(b), &index);
    second = conf_sources_secret(&folder->sources, slice_of(a), &index);
    assert_ptr_equal(conf_sources_passphrases(&folder->sources, slice_of(a), &index), phrases);
    assert_ptr_equal(conf_sources_find_passphrases(&folder->sources, slice_of(b)), others);
    assert_int_equal(folder->sources.counts.keys, 2);
    assert_int_equal(folder->sources.counts.passphrases, 2);
    assert_int_equal(conf_sources_place(&folder->sources, key), 0);
    assert_int_equal(conf_sources_place(&folder->sources, second), 1);
    assert_int_equal(conf_sources_place(&folder->sources, phrases), 2);
    assert_int_equal(conf_sources_place(&folder->sources, others), 3);
    assert_true(phrases->fd >= 0 && phrases->text.len == 0);
    arena_init(&arena, ARENA_UNLIMITED);
    conf_sources_init(&back, false);
    assert_true(conf_sources_read(&back, conf_sources_write(&folder->sources, &arena)));
    phrases = conf_sources_passphrases(&back, slice_of(a), &index);
    assert_true(phrases->error == 0 && phrases->fd < 0 && phrases->text.len == 0);
    assert_int_equal(conf_sources_place(&back, phrases), 2);
    conf_sources_deinit(&back);
    arena_deinit(&arena);
    free(a);
    free(b);
}

static void only_a_small_file_can_be_a_secret(void **state)
{
    struct folder *folder = *state;
    char *large = path_of(folder, "large"), *none = path_of(folder, "none");
    uint32_t index;

    put_file(folder, "large", "");
    assert_int_equal(truncate(large, CONF_SECRET_MAX_BYTES + 1), 0);
    assert_int_equal(conf_sources_secret(&folder->sources, slice_of(large), &index)->error, EFBIG);
    assert_int_equal(conf_sources_secret(&folder->sources, slice_of(none), &index)->error, ENOENT);
    assert_int_equal(conf_sources_secret(&folder->sources, slice_of(folder->path), &index)->error,
                     EISDIR);
    free(large);
    free(none);
}

static const struct {
    const char *text;
    bool is_secret;
} secrets[] = {
    {"<secret 0>",     true },
    {"<secret 65535>", true },
    {"<secret 65536>", false},
    {"<secret >",      false},
    {"<secret 1",      false},
    {"<secret",        false},
    {"<secret 1>>",    false},
    {"<secret -1>",    false},
    {"secret 1>",      false},
    {"",               false},
};

static void only_the_text_of_a_secret_is_one(void **state)
{
    uint32_t number;

    (void)state;
    for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++)
        assert_int_equal(conf_sources_secret_number(slice_of(secrets[i].text), &number),
                         secrets[i].is_secret);
}

/* A certificate's file may hold the key, too. */
static void private_keys_in_a_file_are_not_kept(void **state)
{
    struct folder *folder = *state;
    uint32_t index;

    put_file(folder, "a.conf",
             "-----BEGIN CERTIFICATE-----\nc3RheXM=\n-----END CERTIFICATE-----\n"
             "-----BEGIN EC PRIVATE KEY-----\nc2Vj\r\nc+/=\n-----END EC PRIVATE KEY-----\n"
             "stays-too\n"
             "-----BEGIN PRIVATE KEY-----\nProc-Type: 4\n\nc2Vj\n");
    assert_true(slice_equal(
        get(folder, "a.conf", &index)->text,
        SLICE("-----BEGIN CERTIFICATE-----\nc3RheXM=\n-----END CERTIFICATE-----\n"
              "-----BEGIN EC PRIVATE KEY-----\nAAAA\r\nAAAA\n-----END EC PRIVATE KEY-----\n"
              "stays-too\n"
              "-----BEGIN PRIVATE KEY-----\nAAAAAAAAAAAA\n\nAAAA\n")));
}

static void every_changed_bit_is_survived(void **state)
{
    struct folder *folder = *state;
    struct arena arena;
    struct slice run;
    size_t refused = 0;
    char *copy;

    arena_init(&arena, ARENA_UNLIMITED);
    run = write_run(folder, &arena);
    copy = malloc(run.len);
    for (size_t bit = 0; bit < run.len * 8; bit++) {
        struct conf_sources back;

        memcpy(copy, run.at, run.len);
        copy[bit / 8] = (char)(copy[bit / 8] ^ 1 << bit % 8);
        conf_sources_init(&back, false);
        if (!conf_sources_read(&back, (struct slice){copy, run.len})) {
            refused++;
            assert_int_equal(back.count, 0);
        }
        conf_sources_deinit(&back);
    }
    /* magic, count, lengths, flags: all but the bits of texts, names, errnos */
    assert_true(refused > 8 * (24 + 4 * 28));
    free(copy);
    arena_deinit(&arena);
}

int main(void)
{
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, open_folder, close_folder)
    const struct CMUnitTest tests[] = {
        IN_FOLDER(a_file_is_read_once),
        IN_FOLDER(what_is_no_regular_file_is_refused),
        IN_FOLDER(eight_megabytes_are_allowed),
        IN_FOLDER(a_listing_is_sorted_by_bytes),
        IN_FOLDER(a_pattern_without_a_match_is_no_error),
        cmocka_unit_test(without_a_disk_only_what_is_here_exists),
        IN_FOLDER(a_secret_is_opened_and_never_read),
        IN_FOLDER(pass_phrases_come_behind_all_keys),
        IN_FOLDER(only_a_small_file_can_be_a_secret),
        cmocka_unit_test(only_the_text_of_a_secret_is_one),
        IN_FOLDER(private_keys_in_a_file_are_not_kept),
        IN_FOLDER(a_text_is_a_source),
        IN_FOLDER(a_run_of_bytes_and_back),
        IN_FOLDER(a_run_cut_anywhere_is_refused),
        IN_FOLDER(a_run_with_more_behind_it_is_refused),
        IN_FOLDER(every_changed_bit_is_survived),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
