#include "os/sandbox.h"
#include "process/users.h"

#include <pwd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static bool has_group(const struct users_choice *choice, gid_t group)
{
    for (size_t i = 0; i < choice->identity.group_count; i++)
        if (choice->identity.groups[i] == group)
            return true;
    return choice->identity.gid == group;
}

static void who_is_not_root_stays_who_it_is(void **state)
{
    struct users_choice choice;

    (void)state;
    if (geteuid() == 0)
        skip();
    for (int kind = USERS_WORKER; kind <= USERS_AUTH; kind++) {
        assert_true(users_choose((enum users_kind)kind, NULL, &choice));
        assert_false(choice.has_identity);
        assert_int_equal(users_bits(&choice), 0);
        assert_string_equal(choice.who, "of frontd itself");
    }
}

static void root_becomes_whom_a_process_has_for_itself_or_the_workers(void **state)
{
    static const struct {
        enum users_kind kind;
        const char *name;
    } rows[] = {
        {USERS_KEYHOLDER, "frontd-key" },
        {USERS_AUTH,      "frontd-auth"}
    };
    struct users_choice workers, choice;

    (void)state;
    if (geteuid() != 0)
        skip();
    assert_true(users_choose(USERS_WORKER, NULL, &workers));
    assert_string_equal(workers.who, "nobody");
    assert_int_equal(users_bits(&workers), SANDBOX_OWN_USER);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct passwd *user = getpwnam(rows[i].name);
        uid_t wanted = user == NULL ? workers.identity.uid : user->pw_uid;
        char fallback[100];

        snprintf(fallback, sizeof fallback, "nobody, the workers', since there is no %s",
                 rows[i].name);
        assert_true(users_choose(rows[i].kind, NULL, &choice));
        assert_int_equal(choice.identity.uid, wanted);
        assert_string_equal(choice.who, user == NULL ? fallback : rows[i].name);
        assert_int_equal(users_bits(&choice),
                         user == NULL ? SANDBOX_SHARED_USER : SANDBOX_OWN_USER);
    }
    assert_true(has_group(&choice, workers.identity.gid)); /* frontd-auth reads what they may */
}

static void roots_own_user_is_no_other(void **state)
{
    const struct users_choice root = {.has_identity = true, .identity = {.uid = 0}};

    (void)state;
    assert_int_equal(users_bits(&root), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_is_not_root_stays_who_it_is),
        cmocka_unit_test(root_becomes_whom_a_process_has_for_itself_or_the_workers),
        cmocka_unit_test(roots_own_user_is_no_other),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
