#include "base/text.h"
#include "smtp/smtp_data.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(table) (sizeof table / sizeof table[0])

/* What came out of one message. */
struct outcome {
    size_t end;         /* bytes up to and with CRLF.CRLF; 0: no end seen */
    size_t poisoned_at; /* bytes before the poisoned notice; 0: none */
};

/* Feeds one piece, in memory of exactly its size. Returns whether the message ended. */
static bool feed(struct smtp_data *data, struct slice piece, size_t before, struct outcome *outcome)
{
    char *memory = malloc(piece.len + 1);
    struct slice rest = {memory + 1, piece.len};
    bool ended = false;

    memcpy(memory + 1, piece.at, piece.len);
    while (!ended && rest.len > 0) {
        size_t used;
        enum smtp_data_result result = smtp_data_scan(data, rest, &used);

        assert_true(used > 0 && used <= rest.len);
        before += used;
        rest = slice_from(rest, used);
        if (result == SMTP_DATA_MORE)
            assert_int_equal(rest.len, 0);
        if (result == SMTP_DATA_POISONED) {
            assert_int_equal(outcome->poisoned_at, 0);
            outcome->poisoned_at = before;
        }
        if (result == SMTP_DATA_END) {
            outcome->end = before;
            ended = true;
        }
    }
    free(memory);
    return ended;
}

/* Pieces of `first` bytes, then the rest in pieces of `step`. */
static struct outcome run(struct slice input, size_t first, size_t step)
{
    struct smtp_data data;
    struct outcome outcome = {0, 0};
    size_t at = 0;
    size_t len = first;

    smtp_data_start(&data);
    while (at < input.len) {
        struct slice piece = slice_part(input, at, len);

        if (feed(&data, piece, at, &outcome))
            break;
        at += piece.len;
        len = step;
    }
    return outcome;
}

static void check_everywhere(struct slice input, struct outcome expected)
{
    struct outcome whole = run(input, input.len, input.len);
    struct outcome bytes = run(input, 1, 1);

    assert_int_equal(whole.end, expected.end);
    assert_int_equal(whole.poisoned_at, expected.poisoned_at);
    assert_int_equal(bytes.end, expected.end);
    assert_int_equal(bytes.poisoned_at, expected.poisoned_at);
    for (size_t split = 1; split < input.len; split++) {
        struct outcome two = run(input, split, input.len);

        assert_int_equal(two.end, expected.end);
        assert_int_equal(two.poisoned_at, expected.poisoned_at);
    }
}

static void messages_end_at_crlf_dot_crlf_only(void **state)
{
    static const struct {
        const char *input;
        size_t end;
    } rows[] = {
        {".\r\n",                                                                     3 },
        {"hi\r\n.\r\nQUIT\r\n",                                                       7 },
        {"\r\n.\r\n",                                                                 5 },
        {"a\r\n..\r\n.\r\n",                                                          10},
        {"a\r\n.b\r\n.\r\n",                                                          10},
        {"..\r\n",                                                                    0 },
        {"a.\r\n",                                                                    0 },
        {"a\r\n.",                                                                    0 },
        {"a\r\n.\r",                                                                  0 },
        {"",                                                                          0 },
        {"a\r\n. \r\n.\r\n",                                                          10},
        {"0123456789012345678901234567890123456789012345678901234567890\r\n.\r\n",    66},
        {"01234567890123456789012345678901234567890123456789012345678901\r\n.\r\n",   67},
        {"012345678901234567890123456789012345678901234567890123456789012\r\n.\r\n",  68},
        {"0123456789012345678901234567890123456789012345678901234567890123\r\n.\r\n", 69},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        check_everywhere(slice_of(rows[i].input), (struct outcome){rows[i].end, 0});
}

/* A receiver that takes every one of the ends that were ever used to smuggle: the longest message
 * that it would hand on whole. Returns the length of what it takes for the first message. */
static size_t tolerant_end(struct slice input)
{
    static const char *const ends[] = {
        "\n.\n", "\n.\r\n", "\r.\r", "\r.\r\n", "\n.\r", "\r.\n",
    };

    for (size_t at = 0; at < input.len; at++) {
        for (size_t i = 0; i < COUNT(ends); i++) {
            if (slice_starts(slice_from(input, at), slice_of(ends[i])))
                return at + slice_of(ends[i]).len;
        }
    }
    return 0;
}

/* Row P9 of the pitfalls: whatever a tolerant backend would take for an end before the true one
 * must have been noticed by then, so that it never hears of it. */
static void nothing_is_smuggled(void **state)
{
    const struct slice sequences[] = {
        SLICE("\n.\n"),         SLICE("\n.\r\n"),     SLICE("\r\n.\n"),       SLICE("\r.\r"),
        SLICE("\r.\r\n"),       SLICE("\n.\r"),       SLICE("\r.\n"),         SLICE("\r\n.\r\r\n"),
        SLICE("\r\r\n.\r\r\n"), SLICE("\r\n\0.\r\n"), SLICE("\n\r\n.\r\r\n"), SLICE("\r\r.\r\n"),
    };

    (void)state;
    for (size_t padding = 0; padding < 70; padding++) {
        for (size_t i = 0; i < COUNT(sequences); i++) {
            char memory[256];
            struct text text = text_in(memory, sizeof memory);
            struct slice input;
            struct outcome outcome;
            size_t tolerant;

            for (size_t n = 0; n < padding; n++)
                text_byte(&text, 'x');
            text_add(&text, sequences[i]);
            text_add(&text, SLICE("MAIL FROM:<evil@x>\r\n.\r\nQUIT\r\n"));
            input = text_slice(&text);
            outcome = run(input, input.len, input.len);
            assert_int_equal(outcome.end, input.len - 6);
            assert_true(outcome.poisoned_at > padding);
            tolerant = tolerant_end(input);
            assert_true(tolerant == 0 || outcome.poisoned_at - 1 <= tolerant);
            check_everywhere(input, outcome);
        }
    }
}

static void bare_line_ends_poison(void **state)
{
    const struct {
        struct slice input;
        struct outcome outcome;
    } rows[] = {
        {SLICE("a\nb\r\n.\r\n"),    {8, 2}},
        {SLICE("\n.\r\n\r\n.\r\n"), {9, 1}},
        {SLICE("a\rb\r\n.\r\n"),    {8, 3}},
        {SLICE("\r\r\n.\r\n"),      {6, 2}},
        {SLICE("a\0b\r\n.\r\n"),    {8, 2}},
        {SLICE(".\rx\r\n.\r\n"),    {8, 3}},
        {SLICE(".\n\r\n.\r\n"),     {7, 2}},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        check_everywhere(rows[i].input, rows[i].outcome);
}

/* The fast way over whole blocks against the plain automaton, one byte at a time. */
static void blocks_and_bytes_agree(void **state)
{
    static const char alphabet[] = {'a', 'b', '\r', '\n', '.', '\0'};
    unsigned seed = 12345;

    (void)state;
    for (int round = 0; round < 20000; round++) {
        char memory[300];
        struct slice input = {memory, 0};
        struct outcome whole, bytes;

        while (input.len < sizeof memory - 5) {
            seed = seed * 1103515245 + 12345;
            if ((seed >> 16) % 40 != 0)
                memory[input.len++] = 'x';
            else if ((seed >> 22) % 4 != 0)
                memcpy(memory + input.len, "\r\n.", 3), input.len += (seed >> 25) % 2 + 2;
            else
                memory[input.len++] = alphabet[(seed >> 24) % sizeof alphabet];
        }
        whole = run(input, input.len, input.len);
        bytes = run(input, 1, 1);
        assert_int_equal(whole.end, bytes.end);
        assert_int_equal(whole.poisoned_at, bytes.poisoned_at);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_end_at_crlf_dot_crlf_only),
        cmocka_unit_test(nothing_is_smuggled),
        cmocka_unit_test(bare_line_ends_poison),
        cmocka_unit_test(blocks_and_bytes_agree),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
