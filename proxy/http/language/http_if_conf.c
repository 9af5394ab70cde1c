#include "http/conf/http_conf_types.h"
#include "http/files/http_file_cache.h"
#include "http/language/http_rewrite_conf.h"

/* The condition of an `if`: "($variable operator text)", "(-f file)". */

#define FORMS "write `if ($x)`, `if ($x = text)`, `if ($x ~ regex)` or `if (-f file)`"

struct operator
{
    const char *text;
    enum http_test_kind kind;
    bool is_negated, any_case;
};

static const struct operator operators[] = {
    {"=",   HTTP_TEST_EQUAL, false, false},
    {"!=",  HTTP_TEST_EQUAL, true,  false},
    {"~",   HTTP_TEST_MATCH, false, false},
    {"~*",  HTTP_TEST_MATCH, false, true },
    {"!~",  HTTP_TEST_MATCH, true,  false},
    {"!~*", HTTP_TEST_MATCH, true,  true },
};

struct file_operator {
    const char *text;
    enum http_file_test test;
    bool is_negated;
};

static const struct file_operator file_operators[] = {
    {"-f",  HTTP_FILE_REGULAR,    false},
    {"!-f", HTTP_FILE_REGULAR,    true },
    {"-d",  HTTP_FILE_DIRECTORY,  false},
    {"!-d", HTTP_FILE_DIRECTORY,  true },
    {"-e",  HTTP_FILE_ANY,        false},
    {"!-e", HTTP_FILE_ANY,        true },
    {"-x",  HTTP_FILE_EXECUTABLE, false},
    {"!-x", HTTP_FILE_EXECUTABLE, true },
};

/* The words without the parentheses. */
struct condition {
    struct conf_word words[3];
    size_t count;
};

static bool refuse(struct conf_reader *reader, struct conf_place place)
{
    return http_conf_refuse(reader, place, FORMS, "this is no condition");
}

static bool add_word(struct condition *condition, struct conf_word word)
{
    if (word.text.len == 0 && !word.quoted)
        return true; /* the parenthesis stood alone */
    if (condition->count == sizeof condition->words / sizeof condition->words[0])
        return false;
    condition->words[condition->count++] = word;
    return true;
}

static bool take_words(struct conf_reader *reader, const struct conf_directive *directive,
                       struct condition *condition)
{
    size_t last = directive->word_count - 1;

    if (!slice_starts(directive->words[0].text, SLICE("(")) ||
        !slice_ends(directive->words[last].text, SLICE(")")))
        return http_conf_refuse(reader, directive->words[0].place, FORMS,
                                "a condition stands in parentheses");
    for (size_t i = 0; i <= last; i++) {
        struct conf_word word = directive->words[i];

        if (i == 0)
            word.text = slice_from(word.text, 1);
        if (i == last && word.text.len > 0)
            word.text.len--;
        if (!add_word(condition, word))
            return refuse(reader, word.place);
    }
    return condition->count > 0 || refuse(reader, directive->words[0].place);
}

static bool is_one_variable(const struct http_template *text)
{
    return text->count == 1 && text->parts[0].variable != HTTP_VARIABLE_NONE;
}

static bool read_variable(struct conf_reader *reader, const struct conf_word *word,
                          struct http_test *test)
{
    return http_conf_template(reader, word->text, word->place, &test->subject) &&
           (is_one_variable(&test->subject) || refuse(reader, word->place));
}

static bool read_operator(struct conf_reader *reader, const struct condition *condition,
                          struct http_test *test)
{
    const struct conf_word *text = &condition->words[2];

    for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++) {
        const struct operator* row = & operators[i];

        if (!slice_equal(condition->words[1].text, slice_of(row->text)))
            continue;
        test->kind = row->kind;
        test->is_negated = row->is_negated;
        if (row->kind == HTTP_TEST_EQUAL)
            return http_conf_template(reader, text->text, text->place, &test->other);
        test->regex = http_conf_regex(reader, text->text, text->place, row->any_case);
        return test->regex != NULL;
    }
    return http_conf_refuse(reader, condition->words[1].place, FORMS, "`%.*s` is no operator",
                            HTTP_SHOW(condition->words[1].text));
}

static bool read_file(struct conf_reader *reader, const struct condition *condition,
                      struct http_test *test)
{
    const struct conf_word *path = &condition->words[1];

    for (size_t i = 0; i < sizeof file_operators / sizeof file_operators[0]; i++) {
        const struct file_operator *row = &file_operators[i];

        if (!slice_equal(condition->words[0].text, slice_of(row->text)))
            continue;
        test->kind = HTTP_TEST_FILE;
        test->file = (int)row->test;
        test->is_negated = row->is_negated;
        return http_conf_template(reader, path->text, path->place, &test->subject);
    }
    return refuse(reader, condition->words[0].place);
}

bool http_conf_test(struct conf_reader *reader, const struct conf_directive *directive,
                    struct http_test *test)
{
    struct condition condition = {.count = 0};
    bool is_variable;

    *test = (struct http_test){.kind = HTTP_TEST_TRUE};
    if (!take_words(reader, directive, &condition))
        return false;
    is_variable = slice_starts(condition.words[0].text, SLICE("$"));
    if (is_variable && condition.count == 1)
        return read_variable(reader, &condition.words[0], test);
    if (is_variable && condition.count == 3)
        return read_variable(reader, &condition.words[0], test) &&
               read_operator(reader, &condition, test);
    if (!is_variable && condition.count == 2)
        return read_file(reader, &condition, test);
    return refuse(reader, condition.words[0].place);
}
