#include "http/files/http_file_cache.h"
#include "http/files/http_file_open.h"
#include "relay/rights.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

/* A directory with: file, dir/inner, .hidden, a link inside, one outside, a FIFO. */
struct site {
    char path[64];
    struct arena arena;
    struct http_file_cache *cache;
    struct http_root *root;
};

static void run(const char *format, const char *path)
{
    char command[512];

    snprintf(command, sizeof command, format, path, path, path, path);
    assert_int_equal(system(command), 0);
}

static int make_site(void **state)
{
    struct site *site = calloc(1, sizeof *site);

    snprintf(site->path, sizeof site->path, "/tmp/test_http_file_XXXXXX");
    assert_non_null(mkdtemp(site->path));
    run("mkdir %s/root && cd %s/root && mkdir dir && printf one > file && printf two > dir/inner "
        "&& "
        "mkfifo fifo && ln -s dir/inner inside && ln -s dir linked && ln -s ../outside outside && "
        "ln -s /etc/passwd absolute && printf secret > ../outside && : > empty",
        site->path);
    arena_init(&site->arena, ARENA_UNLIMITED);
    site->cache = http_file_cache_new(&site->arena);
    site->root = http_file_cache_root(
        site->cache, arena_format(&site->arena, "%s/root", site->path), HTTP_LINKS_BENEATH);
    *state = site;
    return 0;
}

static int remove_site(void **state)
{
    struct site *site = *state;

    http_file_cache_free(site->cache);
    arena_deinit(&site->arena);
    run("rm -r %s", site->path);
    free(site);
    return 0;
}

static void assert_content(struct site *site, const char *path, const char *expected,
                           uint64_t now_ms)
{
    struct http_file *file =
        http_file_cache_get(site->cache, site->root, NULL, slice_of(path), now_ms);

    if (file == NULL)
        fail_msg("%s: errno %d", path, errno);
    if (!slice_equal(file->content, slice_of(expected)))
        fail_msg("%s: \"%.*s\"", path, (int)file->content.len, file->content.at);
    assert_int_equal(file->size, strlen(expected));
    http_file_release(file);
}

static void assert_error(struct site *site, const char *path, int error)
{
    errno = 0;
    if (http_file_cache_get(site->cache, site->root, NULL, slice_of(path), 1) != NULL ||
        errno != error)
        fail_msg("%s: errno %d", path, errno);
}

static void opens_regular_files_below_the_root(void **state)
{
    char longer[8192];

    assert_content(*state, "/file", "one", 1);
    assert_content(*state, "/dir/inner", "two", 1);
    assert_content(*state, "/inside", "two", 1);
    assert_content(*state, "/linked/inner", "two", 1);
    assert_content(*state, "/empty", "", 1);
    assert_error(*state, "/dir", EISDIR);
    assert_error(*state, "/linked", EISDIR);
    assert_error(*state, "/fifo", ENOENT);
    assert_error(*state, "/none", ENOENT);
    assert_error(*state, "/file/x", ENOTDIR);
    assert_error(*state, "/outside", EXDEV);
    assert_error(*state, "/absolute", EXDEV);
    assert_error(*state, "/../outside", EXDEV);
    assert_error(*state, "/dir/../../outside", EXDEV);
    memset(longer, 'x', sizeof longer);
    longer[0] = '/';
    longer[300] = '\0';
    assert_error(*state, longer, ENAMETOOLONG);
    longer[300] = 'x';
    longer[sizeof longer - 1] = '\0';
    assert_error(*state, longer, ENAMETOOLONG);
}

static void the_stepwise_way_refuses_every_link(void **state)
{
    static const struct {
        const char *path;
        int error;
    } rows[] = {
        {"file",         0      },
        {"dir/inner",    0      },
        {"dir//inner",   0      },
        {"inside",       ELOOP  },
        {"linked/inner", ENOTDIR},
        {"outside",      ELOOP  },
        {"../outside",   EXDEV  },
        {"dir/../file",  EXDEV  },
        {"..",           EXDEV  },
        {"none/x",       ENOENT },
        {"file/x",       ENOTDIR},
    };
    struct site *site = *state;
    char path[96];
    int root;

    snprintf(path, sizeof path, "%s/root", site->path);
    root = open(path, O_PATH | O_DIRECTORY);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int fd = http_file_open_stepwise(root, rows[i].path, O_RDONLY);

        if ((fd >= 0) != (rows[i].error == 0) || (fd < 0 && errno != rows[i].error))
            fail_msg("%s: %d, errno %d", rows[i].path, fd, errno);
        if (fd >= 0)
            close(fd);
    }
    close(root);
}

/* The kernel is asked: without openat2 there is nothing to compare. */
static void links_are_followed_as_they_should_be(void **state)
{
    static const struct {
        const char *path;
        int errors[3]; /* beneath, off, any */
    } rows[] = {
        {"file",         {0, 0, 0}            },
        {"inside",       {0, ELOOP, 0}        },
        {"linked/inner", {0, ELOOP, 0}        },
        {"outside",      {EXDEV, ELOOP, 0}    },
        {"../outside",   {EXDEV, EXDEV, EXDEV}},
        {"dir/../..",    {EXDEV, EXDEV, EXDEV}},
        {"/",            {EXDEV, EXDEV, EXDEV}},
    };
    struct site *site = *state;
    char path[96];
    int root;

    snprintf(path, sizeof path, "%s/root", site->path);
    root = open(path, O_PATH | O_DIRECTORY);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0] * 3; i++) {
        int expected = rows[i / 3].errors[i % 3];
        int fd = http_file_open(root, rows[i / 3].path, (enum http_links)(i % 3), O_PATH);

        if ((fd >= 0) != (expected == 0) || (fd < 0 && errno != expected))
            fail_msg("%s, %zu: %d, errno %d", rows[i / 3].path, i % 3, fd, errno);
        if (fd >= 0)
            close(fd);
    }
    close(root);
}

static void sees_a_change_after_a_second(void **state)
{
    struct site *site = *state;

    assert_content(site, "/file", "one", 1);
    run("cd %s/root && printf three > new && mv new file", site->path);
    assert_content(site, "/file", "one", 1000);
    assert_content(site, "/file", "three", 1001);
    run("cd %s/root && rm file", site->path);
    assert_content(site, "/file", "three", 2000);
    assert_null(http_file_cache_get(site->cache, site->root, NULL, SLICE("/file"), 2001));
    assert_int_equal(errno, ENOENT);
    run("cd %s/root && printf four > file", site->path);
    assert_content(site, "/file", "four", 2001); /* that it was missing is not remembered */
}

static void a_switched_root_is_seen_after_a_second(void **state)
{
    struct site *site = *state;

    assert_content(site, "/file", "one", 1);
    run("cd %s && mkdir next && printf new > next/file && mv root old && mv next root", site->path);
    assert_content(site, "/file", "one", 1000);
    assert_content(site, "/file", "new", 1001);
}

static void a_missing_root_may_come(void **state)
{
    struct site *site = *state;
    struct http_root *root = http_file_cache_root(
        site->cache, arena_format(&site->arena, "%s/later", site->path), HTTP_LINKS_BENEATH);
    struct http_file *file;

    assert_null(http_file_cache_get(site->cache, root, NULL, SLICE("/x"), 1));
    assert_int_equal(errno, ENOENT);
    run("mkdir %s/later && printf x > %s/later/x", site->path);
    file = http_file_cache_get(site->cache, root, NULL, SLICE("/x"), 1);
    assert_non_null(file);
    http_file_release(file);
}

static void count_renewal(void *owner)
{
    (*(unsigned *)owner)++;
}

static void a_confined_cache_keeps_to_its_roots(void **state)
{
    struct site *site = *state;
    unsigned renewals = 0;
    struct rights rights = {.renew = count_renewal, .owner = &renewals};
    struct http_root *later = http_file_cache_root(
        site->cache, arena_format(&site->arena, "%s/later", site->path), HTTP_LINKS_BENEATH);

    http_file_cache_confine(site->cache, &rights);
    assert_int_equal(rights.readable_count, 1); /* one is not there */
    assert_true(fcntl(rights.readable[0], F_GETFD) >= 0);
    assert_content(site, "/file", "one", 1001);
    run("cd %s && mkdir next && printf new > next/file && mv root old && mv next root", site->path);
    assert_content(site, "/file", "one", 2000);
    assert_int_equal(renewals, 0);
    assert_content(site, "/file", "one", 2001); /* still: but others are to come */
    assert_int_equal(renewals, 1);
    run("cd %s && mv root new", site->path);
    assert_error(site, "/file", ENOENT);
    run("cd %s && mv old root", site->path);
    assert_content(site, "/file", "one", 4000); /* at once, and nothing to renew */
    assert_int_equal(renewals, 1);
    assert_null(http_file_cache_get(site->cache, later, NULL, SLICE("/x"), 1));
    assert_int_equal(renewals, 1);
    run("mkdir %s/later && printf x > %s/later/x", site->path);
    assert_null(http_file_cache_get(site->cache, later, NULL, SLICE("/x"), 1));
    assert_int_equal(renewals, 2);
    rights_deinit(&rights);
}

static void keeps_large_files_open(void **state)
{
    struct site *site = *state;
    struct http_file *file, *again;

    run("head -c 100000 /dev/zero > %s/root/large", site->path);
    file = http_file_cache_get(site->cache, site->root, NULL, SLICE("/large"), 1);
    assert_null(file->content.at);
    assert_true(file->fd >= 0);
    again = http_file_cache_get(site->cache, site->root, NULL, SLICE("/large"), 2);
    assert_ptr_equal(again, file);
    http_file_release(again);
    run("truncate -s 10 %s/root/large", site->path); /* seen at once, not after a second */
    again = http_file_cache_get(site->cache, site->root, NULL, SLICE("/large"), 3);
    assert_ptr_not_equal(again, file);
    assert_int_equal(again->size, 10);
    assert_true(fcntl(file->fd, F_GETFD) >= 0); /* ours as long as we hold it */
    http_file_release(again);
    http_file_release(file);
}

static void stays_within_its_bounds(void **state)
{
    struct site *site = *state;
    struct http_file *first;

    run("cd %s/root && for i in $(seq 1200); do printf $i > n$i; done", site->path);
    first = http_file_cache_get(site->cache, site->root, NULL, SLICE("/n1"), 1);
    for (unsigned i = 2; i <= 1200; i++) {
        struct slice path = arena_format(&site->arena, "/n%u", i);

        assert_content(site, path.at, path.at + 2, 1);
    }
    assert_true(slice_equal(first->content, SLICE("1"))); /* dropped there, still ours */
    http_file_release(first);
    assert_content(site, "/n1", "1", 1);
}

static void tells_files_apart_by_etag(void **state)
{
    struct site *site = *state;
    struct http_file *file;

    run("touch -d @784111777 %s/root/file", site->path);
    file = http_file_cache_get(site->cache, site->root, NULL, SLICE("/file"), 1);
    assert_true(slice_equal(file->etag, SLICE("\"2ebc98a1-3\"")));
    assert_memory_equal(file->modified_text, "Sun, 06 Nov 1994 08:49:37 GMT", HTTP_DATE_LEN);
    http_file_release(file);
}

static void knows_directories(void **state)
{
    struct site *site = *state;

    assert_true(http_file_is_directory(site->root, NULL, SLICE("/"), 1));
    assert_true(http_file_is_directory(site->root, NULL, SLICE("/dir/"), 1));
    assert_false(http_file_is_directory(site->root, NULL, SLICE("/file/"), 1));
    assert_false(http_file_is_directory(site->root, NULL, SLICE("/none/"), 1));
}

#define SITE_TEST(function) cmocka_unit_test_setup_teardown(function, make_site, remove_site)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SITE_TEST(opens_regular_files_below_the_root),
        SITE_TEST(the_stepwise_way_refuses_every_link),
        SITE_TEST(links_are_followed_as_they_should_be),
        SITE_TEST(sees_a_change_after_a_second),
        SITE_TEST(a_switched_root_is_seen_after_a_second),
        SITE_TEST(a_missing_root_may_come),
        SITE_TEST(a_confined_cache_keeps_to_its_roots),
        SITE_TEST(keeps_large_files_open),
        SITE_TEST(stays_within_its_bounds),
        SITE_TEST(tells_files_apart_by_etag),
        SITE_TEST(knows_directories),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
