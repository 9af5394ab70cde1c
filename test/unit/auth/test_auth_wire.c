#include "auth/auth_list.h"
#include "auth/auth_wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void a_question_comes_through(void **state)
{
    char user[AUTH_USER_MAX], password[AUTH_WORD_MAX], body[AUTH_QUESTION_MAX];
    struct auth_question in =
                             {
                                 .id = UINT64_MAX - 1,
                                 .file = 7,
                                 .remember_ms = 300000,
                                 .rate = {5,              60000},
                                 .client = {{192, 0, 2, 1}, 0,     AF_INET},
                                 .user = {user,              sizeof user               },
                                 .password = {password,              sizeof password}
    },
                         out;
    size_t len;

    (void)state;
    memset(user, 'u', sizeof user);
    memset(password, 'p', sizeof password);
    len = auth_question_write(&in, body);
    assert_int_equal(len, AUTH_QUESTION_MAX);
    assert_true(auth_question_read((struct slice){body, len}, &out));
    assert_true(out.id == in.id && out.file == 7 && out.remember_ms == 300000);
    assert_true(out.rate.count == 5 && out.rate.period_ms == 60000);
    assert_true(address_equal(&in.client, &out.client));
    assert_true(slice_equal(in.user, out.user) && slice_equal(in.password, out.password));
    for (size_t cut = 0; cut < len; cut++)
        assert_false(auth_question_read((struct slice){body, cut}, &out));
    in.user = in.password = SLICE_NONE;
    len = auth_question_write(&in, body);
    assert_true(auth_question_read((struct slice){body, len}, &out));
    assert_int_equal(out.user.len + out.password.len, 0);
    assert_false(auth_question_read((struct slice){body, len + 1}, &out));
}

static void lengths_beyond_the_table_are_refused(void **state)
{
    char body[2048] = {0};
    uint16_t lengths[2] = {AUTH_USER_MAX + 1, 0};
    struct auth_question out;

    (void)state;
    memcpy(body + 16, lengths, sizeof lengths);
    assert_false(
        auth_question_read((struct slice){body, AUTH_QUESTION_HEAD + AUTH_USER_MAX + 1}, &out));
    lengths[0] = 0;
    lengths[1] = AUTH_WORD_MAX + 1;
    memcpy(body + 16, lengths, sizeof lengths);
    assert_false(
        auth_question_read((struct slice){body, AUTH_QUESTION_HEAD + AUTH_WORD_MAX + 1}, &out));
}

static void what_no_configuration_says_is_refused(void **state)
{
    const struct auth_question in = {
        .rate = {5, 60000},
          .client = {.family = AF_INET6}
    };
    const uint32_t wrong[][2] = {
        {20, 1001      }, /* a count */
        {24, 10        }, /* a time */
        {24, UINT32_MAX},
        {28, 77        }, /* a family */
        {28, 256       },
    };
    char body[AUTH_QUESTION_MAX];
    struct auth_question out;
    size_t len;

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        len = auth_question_write(&in, body);
        assert_true(auth_question_read((struct slice){body, len}, &out));
        memcpy(body + wrong[i][0], &wrong[i][1], sizeof wrong[i][1]);
        assert_false(auth_question_read((struct slice){body, len}, &out));
    }
}

static void an_answer_comes_through(void **state)
{
    const struct auth_answer in = {.id = 5, .verdict = AUTH_NO_FILE, .error = 13, .wait_s = 12};
    struct auth_answer out;
    char body[AUTH_ANSWER_BYTES];
    uint32_t verdict = AUTH_LOST;

    (void)state;
    auth_answer_write(&in, body);
    assert_true(auth_answer_read((struct slice){body, sizeof body}, &out));
    assert_true(out.id == 5 && out.verdict == AUTH_NO_FILE && out.error == 13);
    assert_int_equal(out.wait_s, 12);
    for (size_t cut = 0; cut < sizeof body; cut++)
        assert_false(auth_answer_read((struct slice){body, cut}, &out));
    memcpy(body + 8, &verdict, sizeof verdict);
    assert_false(auth_answer_read((struct slice){body, sizeof body}, &out));
}

static void a_list_comes_through(void **state)
{
    struct auth_list in = {0}, out = {0};
    char text[64];

    (void)state;
    assert_int_equal(auth_list_index(&in, SLICE("/a"), (struct conf_place){0}), 0);
    assert_int_equal(auth_list_index(&in, SLICE("/b c\n"), (struct conf_place){0}), 1);
    assert_int_equal(auth_list_index(&in, SLICE("/a"), (struct conf_place){0}), 0);
    assert_int_equal(auth_list_bytes(&in), 9);
    auth_list_write(&in, text);
    auth_list_read(&out, (struct slice){text, 9});
    assert_int_equal(out.count, 2);
    assert_true(slice_equal(out.files[1].path, SLICE("/b c\n")));
    free(in.files);
    free(out.files);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_question_comes_through),
        cmocka_unit_test(lengths_beyond_the_table_are_refused),
        cmocka_unit_test(what_no_configuration_says_is_refused),
        cmocka_unit_test(an_answer_comes_through),
        cmocka_unit_test(a_list_comes_through),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
