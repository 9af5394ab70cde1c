#include "process/auth_grants.h"

#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char home[32];

static struct slice below(char path[PATH_MAX], const char *name)
{
    snprintf(path, PATH_MAX, "%s/%s", home, name);
    return slice_of(path);
}

static int set_up(void **state)
{
    char path[PATH_MAX];

    (void)state;
    snprintf(home, sizeof home, "/tmp/test_grants.XXXXXX");
    if (mkdtemp(home) == NULL || mkdir(below(path, "one").at, 0700) != 0 ||
        mkdir(below(path, "two").at, 0700) != 0 ||
        symlink("../two/file", below(path, "one/link").at) != 0)
        return -1;
    close(open(below(path, "two/file").at, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    return 0;
}

static int tear_down(void **state)
{
    static const char *const names[] = {"one/link", "two/file", "one", "two"};
    char path[PATH_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        (void)remove(below(path, names[i]).at);
    return rmdir(home);
}

static bool grants(const struct auth_grants *grants, const char *path)
{
    struct stat wanted, status;

    assert_int_equal(stat(path, &wanted), 0);
    for (size_t i = 0; i < grants->count; i++) {
        assert_int_equal(fstat(grants->directories[i], &status), 0);
        if (status.st_dev == wanted.st_dev && status.st_ino == wanted.st_ino)
            return true;
    }
    return false;
}

static struct auth_grants open_for(struct slice first, struct slice second)
{
    struct auth_list list = {0};
    struct auth_grants grants;

    auth_list_index(&list, first, (struct conf_place){0});
    auth_list_index(&list, second, (struct conf_place){0});
    grants = auth_grants_open(&list);
    free(list.files);
    return grants;
}

static void each_directory_is_there_once(void **state)
{
    char file[PATH_MAX], other[PATH_MAX], path[PATH_MAX];
    struct auth_grants found = open_for(below(file, "two/file"), below(other, "two/not-there-yet"));

    (void)state;
    assert_int_equal(found.count, 1);
    assert_true(grants(&found, below(path, "two").at));
    auth_grants_close(&found);
    assert_int_equal(found.count, 0);
}

static void what_a_link_leads_to_counts_too(void **state)
{
    char file[PATH_MAX], path[PATH_MAX];
    struct auth_grants found = open_for(below(file, "one/link"), SLICE("/etc/passwd"));

    (void)state;
    assert_int_equal(found.count, 3);
    assert_true(grants(&found, below(path, "one").at));
    assert_true(grants(&found, below(path, "two").at));
    assert_true(grants(&found, "/etc"));
    assert_false(grants(&found, home));
    auth_grants_close(&found);
}

static void nothing_is_granted_that_is_not_there_and_never_everything(void **state)
{
    char file[PATH_MAX];
    struct auth_grants found = open_for(below(file, "three/file"), SLICE("/passwords-of-nobody"));

    (void)state;
    assert_int_equal(found.count, 0);
    assert_false(grants(&found, "/"));
    auth_grants_close(&found);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_directory_is_there_once),
        cmocka_unit_test(what_a_link_leads_to_counts_too),
        cmocka_unit_test(nothing_is_granted_that_is_not_there_and_never_everything),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
