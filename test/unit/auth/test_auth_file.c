#include "auth/auth_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define TEXT(words) ((struct slice){words, sizeof(words) - 1})

static const char sample[] = "# alice:commented\n"
                             "alice:one\n"
                             "\r\n"
                             "bob:two:1000:1000::/home/bob::extra=x\r\n"
                             "alice:second\n"
                             "no colon\n"
                             "a@b.c+d-e:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n"
                             " #x:y\n"
                             "empty:\n"
                             ":nameless\n"
                             "last:three";

static const struct {
    const char *user, *hash; /* NULL: not there */
    size_t line;
} finds[] = {
    {"alice",      "one",                               2 },
    {"bob",        "two",                               4 },
    {"a@b.c+d-e",  "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=", 7 },
    {" #x",        "y",                                 8 },
    {"empty",      "",                                  9 },
    {"",           "nameless",                          10},
    {"last",       "three",                             11},
    {"# alice",    NULL,                                0 },
    {"Alice",      NULL,                                0 },
    {"alic",       NULL,                                0 },
    {"alice:one",  NULL,                                0 },
    {"no colon",   NULL,                                0 },
    {"alice\nbob", NULL,                                0 },
};

static void users_are_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof finds / sizeof *finds; i++) {
        struct auth_entry entry;
        bool found = auth_file_find(slice_of(sample), slice_of(finds[i].user), &entry);

        assert_int_equal(found, finds[i].hash != NULL);
        if (!found)
            continue;
        assert_true(slice_equal(entry.hash, slice_of(finds[i].hash)));
        assert_int_equal(entry.line, finds[i].line);
    }
}

/* A file cut anywhere (half-written) holds nobody that the whole one does not. */
static void a_cut_file_invents_nobody(void **state)
{
    (void)state;
    for (size_t len = 0; len < sizeof sample; len++) {
        char *copy = malloc(len + 1); /* a sanitizer sees a byte too many */
        struct auth_entry entry;

        memcpy(copy, sample, len);
        for (size_t i = 0; i < sizeof finds / sizeof *finds; i++)
            if (auth_file_find((struct slice){copy, len}, slice_of(finds[i].user), &entry))
                assert_true(finds[i].hash != NULL &&
                            slice_starts(slice_of(finds[i].hash), entry.hash));
        free(copy);
    }
}

static void lines_without_a_colon_are_given_too(void **state)
{
    struct slice rest = TEXT("one\n#two\n\nthree:x:y\r\n");
    struct auth_entry entry = {0};

    (void)state;
    assert_true(auth_file_next(&rest, &entry));
    assert_true(slice_equal(entry.user, SLICE("one")) && entry.hash.at == NULL && entry.line == 1);
    assert_true(auth_file_next(&rest, &entry));
    assert_true(slice_equal(entry.hash, SLICE("x")) && entry.line == 4);
    assert_false(auth_file_next(&rest, &entry));
}

static void the_commonest_kind_is_the_dummy(void **state)
{
    (void)state;
    assert_true(slice_equal(auth_file_commonest(TEXT("a:{PLAIN}x\n"
                                                     "b:$apr1$saltsalt$LrttParrLPdxvgutaSXWJ0\n"
                                                     "c:junk\nd:junk\ne:junk\n"
                                                     "f:$apr1$Xy$K06LM7oympf2RicyE3BFv0\n")),
                            SLICE("$apr1$saltsalt$LrttParrLPdxvgutaSXWJ0")));
    assert_int_equal(auth_file_commonest(TEXT("")).len, 0);
    assert_int_equal(auth_file_commonest(TEXT("a:junk\nb\n")).len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(users_are_found),
        cmocka_unit_test(a_cut_file_invents_nobody),
        cmocka_unit_test(lines_without_a_colon_are_given_too),
        cmocka_unit_test(the_commonest_kind_is_the_dummy),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
