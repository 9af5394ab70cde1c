#include "os/privileges.h"

#include <errno.h>
#include <linux/capability.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static const struct privileges_identity nobody = {65534, 65534, {65534}, 1};
static const struct privileges_identity root = {0, 0, {0}, 1};

static bool drop_all(void)
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    const struct __user_cap_data_struct none[2] = {0};

    return syscall(SYS_capset, &head, none) == 0;
}

static void names_become_numbers(void **state)
{
    struct privileges_identity identity;

    (void)state;
    assert_int_equal(privileges_find(SLICE("root"), SLICE_NONE, &identity), PRIVILEGES_FOUND);
    assert_int_equal(identity.uid, 0);
    assert_int_equal(identity.gid, 0);
    assert_int_equal(privileges_find(SLICE("root"), SLICE("daemon"), &identity), PRIVILEGES_FOUND);
    assert_int_not_equal(identity.gid, 0);
    assert_int_equal(privileges_find(SLICE("no-such-user"), SLICE_NONE, &identity),
                     PRIVILEGES_NO_USER);
    assert_int_equal(privileges_find(SLICE("root"), SLICE("no-such-group"), &identity),
                     PRIVILEGES_NO_GROUP);
    assert_int_equal(privileges_find(SLICE_NONE, SLICE_NONE, &identity), PRIVILEGES_NO_USER);
}

static int status_of(int (*what)(void))
{
    pid_t pid = fork();
    int status;

    if (pid == 0)
        _exit(what());
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int become_nobody(void)
{
    if (!privileges_become(&nobody))
        return 1;
    if (getuid() != 65534 || geteuid() != 65534 || getgid() != 65534)
        return 2;
    return setuid(0) == 0 || seteuid(0) == 0 ? 3 : 0;
}

static void there_is_no_way_back_to_root(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip();
    assert_int_equal(status_of(become_nobody), 0);
}

static int try_to_become(void)
{
    if (privileges_try(&nobody) != 0 || !privileges_may_kill() || geteuid() != 0)
        return 1;
    if (setuid(0) != 0 || !drop_all())
        return 2;
    if (privileges_may_kill() || privileges_try(&nobody) != EPERM)
        return 3;
    return privileges_become(&nobody) ? 4 : privileges_become(&root) ? 0 : 5;
}

static void root_without_capabilities_can_only_stay_what_it_is(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip();
    assert_int_equal(status_of(try_to_become), 0);
}

static int harden(void)
{
    struct rlimit limit;

    if (!privileges_harden())
        return 1;
    if (prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0 || prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
        return 2;
    return getrlimit(RLIMIT_CORE, &limit) == 0 && limit.rlim_max == 0 ? 0 : 3;
}

static void a_hardened_process_leaves_no_core_and_gains_nothing(void **state)
{
    (void)state;
    assert_int_equal(status_of(harden), 0);
}

static int raise_descriptors(void)
{
    const struct rlimit low = {64, 128};

    if (setrlimit(RLIMIT_NOFILE, &low) != 0 || setuid(65534) != 0)
        return 1;
    return privileges_raise_descriptors(100) == 100 && privileges_raise_descriptors(1000) == 128
               ? 0
               : 2;
}

static void descriptors_are_raised_up_to_the_hard_limit(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip();
    assert_int_equal(status_of(raise_descriptors), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_become_numbers),
        cmocka_unit_test(there_is_no_way_back_to_root),
        cmocka_unit_test(root_without_capabilities_can_only_stay_what_it_is),
        cmocka_unit_test(a_hardened_process_leaves_no_core_and_gains_nothing),
        cmocka_unit_test(descriptors_are_raised_up_to_the_hard_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
