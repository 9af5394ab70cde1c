#include "conf/conf_types.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *const words[] = {"smtp", "imap", "pop3", NULL};

/* One value after another is read with `type`, from the words of `text`, into the same member. */
struct reading {
    struct conf conf;
    struct conf_report report;
    struct conf_row row;
    struct conf_reader reader;
};

static void begin(struct reading *reading, const struct conf_type *type, const void *data)
{
    memset(reading, 0, sizeof *reading);
    arena_init(&reading->conf.arena, ARENA_UNLIMITED);
    reading->conf.path = SLICE("/etc/frontd/main.conf");
    reading->conf.prefix = SLICE("/srv/");
    conf_report_init(&reading->report);
    reading->row = (struct conf_row){.name = "x", .type = type, .type_data = data};
    reading->reader = (struct conf_reader){
        .conf = &reading->conf, .report = &reading->report, .row = &reading->row};
}

static bool read_words(struct reading *reading, const char *text, void *value)
{
    struct conf_directive *directive =
        arena_zero(&reading->conf.arena, sizeof *directive + 8 * sizeof(struct conf_word));
    struct slice rest = slice_of(text);

    directive->words = (struct conf_word *)(directive + 1);
    do {
        directive->words[directive->word_count++].text = slice_cut(&rest, '|');
    } while (rest.at != NULL);
    return reading->row.type->parse(&reading->reader, directive, value);
}

static void end(struct reading *reading)
{
    conf_report_deinit(&reading->report);
    arena_deinit(&reading->conf.arena);
}

/* Reads one text; NULL if it was good, else the message. */
static char *message_of(const struct conf_type *type, const void *data, const char *text,
                        void *value)
{
    struct reading reading;
    char *message = NULL;

    begin(&reading, type, data);
    if (!read_words(&reading, text, value)) {
        assert_int_equal(reading.report.errors, 1);
        message =
            strndup(reading.report.findings[0].message.at, reading.report.findings[0].message.len);
    } else {
        assert_int_equal(reading.report.errors, 0);
    }
    end(&reading);
    return message;
}

static void assert_fails(const struct conf_type *type, const void *data, const char *text,
                         const char *expected)
{
    char value[64] = "untouched";
    char *message = message_of(type, data, text, value);

    assert_non_null(message);
    assert_string_equal(message, expected);
    assert_string_equal(value, "untouched");
    free(message);
}

#define assert_reads(type, data, text, value) assert_null(message_of(type, data, text, value))

static void flags(void **state)
{
    conf_flag flag = false;

    (void)state;
    assert_reads(&conf_type_flag, NULL, "on", &flag);
    assert_true(flag);
    assert_reads(&conf_type_flag, NULL, "Off", &flag); /* as nginx */
    assert_false(flag);
    assert_fails(&conf_type_flag, NULL, "yes", "unknown word `yes`");
    assert_fails(&conf_type_flag, NULL, "", "unknown word ``");
}

static void sizes(void **state)
{
    static const struct conf_bounds bounds = {1024, 4096};
    conf_size size = 0;

    (void)state;
    assert_reads(&conf_type_size, NULL, "8k", &size);
    assert_int_equal(size, 8192);
    assert_reads(&conf_type_size, NULL, "1600m", &size);
    assert_int_equal(size, 1600 << 20);
    assert_reads(&conf_type_size, &bounds, "4k", &size);
    assert_fails(&conf_type_size, NULL, "8x", "`8x` is no size");
    assert_fails(&conf_type_size, &bounds, "1023", "`1023` is too small");
    assert_fails(&conf_type_size, &bounds, "5k", "`5k` is too large");
}

static void durations(void **state)
{
    static const struct conf_bounds bounds = {1, 1000};
    conf_duration duration = 0;

    (void)state;
    assert_reads(&conf_type_duration, NULL, "1h 30m", &duration);
    assert_int_equal(duration, 5400000);
    assert_reads(&conf_type_duration, NULL, "49d", &duration);
    assert_reads(&conf_type_duration, &bounds, "1", &duration);
    assert_fails(&conf_type_duration, NULL, "5x", "`5x` is no time");
    assert_fails(&conf_type_duration, NULL, "50d", "`50d` is no usable time");
    assert_fails(&conf_type_duration, &bounds, "0", "`0` is too small");
}

static void counts(void **state)
{
    static const struct conf_bounds bounds = {1, 65535};
    conf_count count = 0;

    (void)state;
    assert_reads(&conf_type_count, NULL, "4294967295", &count);
    assert_int_equal(count, UINT32_MAX);
    assert_fails(&conf_type_count, NULL, "4294967296", "`4294967296` is no number");
    assert_fails(&conf_type_count, NULL, "-1", "`-1` is no number");
    assert_fails(&conf_type_count, &bounds, "0", "`0` is too small");
}

static void texts_and_paths(void **state)
{
    struct reading reading;
    struct slice value;

    (void)state;
    begin(&reading, &conf_type_text, NULL);
    assert_true(read_words(&reading, "a b", &value));
    assert_true(slice_equal(value, SLICE("a b")));
    reading.row.type = &conf_type_path;
    assert_true(read_words(&reading, "www", &value));
    assert_true(slice_equal(value, SLICE("/srv/www")));
    assert_true(read_words(&reading, "/www", &value));
    assert_true(slice_equal(value, SLICE("/www")));
    reading.row.type = &conf_type_conf_path;
    assert_true(read_words(&reading, "cert.pem", &value));
    assert_true(slice_equal(value, SLICE("/etc/frontd/cert.pem")));
    end(&reading);
    assert_fails(&conf_type_path, NULL, "", "`` is no path");
}

static void choices(void **state)
{
    conf_choice choice = -1;

    (void)state;
    assert_reads(&conf_type_choice, words, "pop3", &choice);
    assert_int_equal(choice, 2);
    assert_fails(&conf_type_choice, words, "SMTP", "unknown word `SMTP`");
}

static void a_wrong_choice_is_told_the_right_ones(void **state)
{
    struct reading reading;
    conf_choice choice;

    (void)state;
    begin(&reading, &conf_type_choice, words);
    assert_false(read_words(&reading, "smpt", &choice));
    assert_true(slice_equal(reading.report.findings[0].label, SLICE("`smtp`, `imap` or `pop3`")));
    assert_true(slice_equal(reading.report.findings[0].help[0], SLICE("did you mean `smtp`?")));
    assert_false(read_words(&reading, "http", &choice));
    assert_int_equal(reading.report.findings[1].help[0].len, 0);
    end(&reading);
}

static void sets(void **state)
{
    struct reading reading;
    conf_set set = 0;

    (void)state;
    begin(&reading, &conf_type_set, words);
    assert_true(read_words(&reading, "pop3|smtp", &set));
    assert_int_equal(set, 5);
    assert_true(read_words(&reading, "imap|imap", &set));
    assert_int_equal(set, 2);
    assert_int_equal(reading.report.warnings, 1);
    assert_false(read_words(&reading, "a|smtp|b", &set));
    assert_int_equal(reading.report.errors, 2); /* both are named */
    end(&reading);
}

static void lists_grow(void **state)
{
    struct conf_word_list list = {0};
    struct conf_directive_list directives = {0};
    struct slice letters = SLICE("abcdefghijklmnopqrst");
    struct reading reading;

    (void)state;
    begin(&reading, &conf_type_word_list, NULL);
    assert_true(read_words(&reading, "a|b", &list));
    assert_true(read_words(&reading, "c", &list));
    assert_int_equal(list.count, 3);
    assert_true(slice_equal(list.words[0].text, SLICE("a")));
    assert_true(slice_equal(list.words[2].text, SLICE("c")));
    reading.row.type = &conf_type_directive_list;
    for (size_t i = 0; i < letters.len; i++)
        assert_true(read_words(&reading, letters.at + i, &directives));
    assert_int_equal(directives.count, letters.len);
    for (size_t i = 0; i < letters.len; i++)
        assert_ptr_equal(directives.directives[i]->words[0].text.at, letters.at + i);
    end(&reading);
}

static void what_stores_nothing_takes_everything(void **state)
{
    (void)state;
    assert_reads(&conf_type_ignored, NULL, "a|b|c", NULL);
    assert_reads(&conf_type_block, NULL, "a", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flags),
        cmocka_unit_test(sizes),
        cmocka_unit_test(durations),
        cmocka_unit_test(counts),
        cmocka_unit_test(texts_and_paths),
        cmocka_unit_test(choices),
        cmocka_unit_test(a_wrong_choice_is_told_the_right_ones),
        cmocka_unit_test(sets),
        cmocka_unit_test(lists_grow),
        cmocka_unit_test(what_stores_nothing_takes_everything),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
