#include "http/files/http_file_check.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

/* clang-format off */
static const struct {
    const char *from, *base, *path;
    size_t start;
} starts[] = {
    {"",              "/srv/www", "/a/b", 0},
    {"/srv",          "/srv/www", "/a/b", 4},
    {"/srv/",         "/srv/www", "/a/b", 4},
    {"/srv/w",        "/srv/www", "/a/b", 0}, /* ends within a name */
    {"/srv/www",      "/srv/www", "/a/b", 8},
    {"/srv/www/",     "/srv/www", "/a/b", 8},
    {"/srv/www/a",    "/srv/www", "/a/b", 10},
    {"/srv/www/a/",   "/srv/www", "/a/b", 10},
    {"/srv/www/a/b",  "/srv/www", "/a/b", HTTP_LINKS_UNCHECKED},
    {"/srv/www/a/b/", "/srv/www", "/a/b", 0},
    {"/srv/www/b",    "/srv/www", "/a/b", 0},
    {"/srv/xww/a",    "/srv/www", "/a/b", 0},
    {"srv",           "/srv/www", "/a/b", 0},
    {"/",             "/srv/www", "/a/b", 0},
    {"/",             "",         "/a/b", 0},
    {"/a",            "",         "/a/b", 2},
    {"/a/b",          "",         "/a/b", HTTP_LINKS_UNCHECKED},
    {"/srv/www/a//b", "/srv/www", "/a/b", 0},
};
/* clang-format on */

static void a_part_ends_where_a_name_does(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
        struct http_link_check check = {HTTP_LINK_RULE_NO_LINK, slice_of(starts[i].from)};
        size_t start =
            http_link_check_start(&check, slice_of(starts[i].base), slice_of(starts[i].path));

        if (start != starts[i].start)
            fail_msg("%s: %zu", starts[i].from, start);
    }
}

/* 0: it is opened. The links `others…` belong to somebody else, if we are root. */
/* clang-format off */
static const struct {
    const char *path;
    enum http_links links;
    enum http_link_rule rule;
    size_t from;
    int error;
    int error_as_root; /* 0: the same */
} opens[] = {
    {"file",             HTTP_LINKS_BENEATH, HTTP_LINK_RULE_NO_LINK, 0, 0,       0},
    {"link",             HTTP_LINKS_BENEATH, HTTP_LINK_RULE_NO_LINK, 0, ELOOP,   0},
    {"link",             HTTP_LINKS_BENEATH, HTTP_LINK_RULE_NO_LINK, 4, 0,       0},
    {"dir/inner",        HTTP_LINKS_BENEATH, HTTP_LINK_RULE_NO_LINK, 0, 0,       0},
    {"linked/inner",     HTTP_LINKS_BENEATH, HTTP_LINK_RULE_NO_LINK, 0, ENOTDIR, 0},
    {"linked//inner",    HTTP_LINKS_BENEATH, HTTP_LINK_RULE_NO_LINK, 6, 0,       0},
    {"linked/inner",     HTTP_LINKS_OFF,     HTTP_LINK_RULE_NO_LINK, 6, ELOOP,   0},
    {"linked/",          HTTP_LINKS_BENEATH, HTTP_LINK_RULE_NO_LINK, 0, ENOTDIR, 0},
    {"none",             HTTP_LINKS_BENEATH, HTTP_LINK_RULE_NO_LINK, 0, ENOENT,  0},
    {"outside",          HTTP_LINKS_BENEATH, HTTP_LINK_RULE_NO_LINK, 7, EXDEV,   0},
    {"outside",          HTTP_LINKS_ANY,     HTTP_LINK_RULE_NO_LINK, 7, 0,       0},
    {"outside",          HTTP_LINKS_ANY,     HTTP_LINK_RULE_NO_LINK, 0, ELOOP,   0},
    {"link",             HTTP_LINKS_BENEATH, HTTP_LINK_RULE_OWNER,   0, 0,       0},
    {"link",             HTTP_LINKS_OFF,     HTTP_LINK_RULE_OWNER,   0, ELOOP,   0},
    {"linked/inner",     HTTP_LINKS_BENEATH, HTTP_LINK_RULE_OWNER,   0, 0,       0},
    {"linked/up",        HTTP_LINKS_BENEATH, HTTP_LINK_RULE_OWNER,   0, 0,       0},
    {"linked/linked/up", HTTP_LINKS_BENEATH, HTTP_LINK_RULE_OWNER,   0, ENOENT,  0},
    {"dir//./inner",     HTTP_LINKS_BENEATH, HTTP_LINK_RULE_OWNER,   0, 0,       0},
    {"dir/",             HTTP_LINKS_BENEATH, HTTP_LINK_RULE_OWNER,   0, 0,       0},
    {"file/",            HTTP_LINKS_BENEATH, HTTP_LINK_RULE_OWNER,   0, ENOTDIR, 0},
    {"file/x",           HTTP_LINKS_BENEATH, HTTP_LINK_RULE_OWNER,   0, ENOTDIR, 0},
    {".",                HTTP_LINKS_BENEATH, HTTP_LINK_RULE_OWNER,   0, 0,       0},
    {"dir/../file",      HTTP_LINKS_BENEATH, HTTP_LINK_RULE_OWNER,   0, EXDEV,   0},
    {"outside",          HTTP_LINKS_BENEATH, HTTP_LINK_RULE_OWNER,   0, EXDEV,   0},
    {"outside",          HTTP_LINKS_ANY,     HTTP_LINK_RULE_OWNER,   0, 0,       0},
    {"absolute",         HTTP_LINKS_BENEATH, HTTP_LINK_RULE_OWNER,   0, EXDEV,   0},
    {"loop",             HTTP_LINKS_BENEATH, HTTP_LINK_RULE_OWNER,   0, ELOOP,   0},
    {"others",           HTTP_LINKS_BENEATH, HTTP_LINK_RULE_OWNER,   0, 0,       ELOOP},
    {"to-others",        HTTP_LINKS_BENEATH, HTTP_LINK_RULE_OWNER,   0, 0,       0},
    {"others-dir/inner", HTTP_LINKS_BENEATH, HTTP_LINK_RULE_OWNER,   0, 0,       ELOOP},
    {"others-dir/inner", HTTP_LINKS_BENEATH, HTTP_LINK_RULE_OWNER,   10, 0,      0},
    {"others-dir/up",    HTTP_LINKS_BENEATH, HTTP_LINK_RULE_OWNER,   10, 0,      0},
    {"others",           HTTP_LINKS_BENEATH, HTTP_LINK_RULE_NONE,    0, 0,       0},
};
/* clang-format on */

static void links_are_refused_by_rule(void **state)
{
    char path[] = "/tmp/test_http_file_check_XXXXXX", command[600];
    int root;

    (void)state;
    assert_non_null(mkdtemp(path));
    snprintf(command, sizeof command,
             "cd %s && mkdir root && cd root && mkdir dir && printf one > file && printf two > "
             "dir/inner && ln -s file link && ln -s dir linked && ln -s ../file dir/up && ln -s "
             "../outside outside && printf secret > ../outside && ln -s /etc/passwd absolute && ln "
             "-s loop loop && ln -s file others && ln -s dir others-dir && ln -s others to-others",
             path);
    assert_int_equal(system(command), 0);
    snprintf(command, sizeof command, "%s/root", path);
    root = open(command, O_PATH | O_DIRECTORY | O_CLOEXEC);
    assert_true(root >= 0);
    if (geteuid() == 0) {
        assert_int_equal(fchownat(root, "others", 65534, 65534, AT_SYMLINK_NOFOLLOW), 0);
        assert_int_equal(fchownat(root, "others-dir", 65534, 65534, AT_SYMLINK_NOFOLLOW), 0);
    }
    for (size_t i = 0; i < sizeof opens / sizeof *opens; i++) {
        int expected =
            geteuid() == 0 && opens[i].error_as_root != 0 ? opens[i].error_as_root : opens[i].error;
        int fd = http_file_open_checked(root, opens[i].path, opens[i].links, opens[i].rule,
                                        opens[i].from, O_RDONLY);
        int error = fd >= 0 ? 0 : errno;

        if (error != expected)
            fail_msg("%zu: %s: %d", i, opens[i].path, error);
        if (fd >= 0)
            close(fd);
    }
    close(root);
    snprintf(command, sizeof command, "rm -r %s", path);
    assert_int_equal(system(command), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_part_ends_where_a_name_does),
        cmocka_unit_test(links_are_refused_by_rule),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
