#include "process/command_line.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum option_kind {
    OPTION_ACTION, /* says what to do */
    OPTION_QUIET,
    OPTION_VALUE,  /* takes a word */
    OPTION_FIELD,  /* takes a word, and may be there several times */
    OPTION_SIGNAL, /* takes the name of a command */
};

/* clang-format off */
static const struct option_row {
    char letter;
    enum option_kind kind;
    enum command_action action;
    size_t value; /* offset of the member */
} options[] = {
    {'t', OPTION_ACTION, COMMAND_TEST,    0},
    {'T', OPTION_ACTION, COMMAND_DUMP,    0},
    {'v', OPTION_ACTION, COMMAND_VERSION, 0},
    {'V', OPTION_ACTION, COMMAND_BUILD,   0},
    {'h', OPTION_ACTION, COMMAND_HELP,    0},
    {'?', OPTION_ACTION, COMMAND_HELP,    0},
    {'q', OPTION_QUIET,  COMMAND_RUN,     0},
    {'c', OPTION_VALUE,  COMMAND_RUN,     offsetof(struct command_line, conf)},
    {'p', OPTION_VALUE,  COMMAND_RUN,     offsetof(struct command_line, prefix)},
    {'e', OPTION_VALUE,  COMMAND_RUN,     offsetof(struct command_line, error_log)},
    {'g', OPTION_VALUE,  COMMAND_RUN,     offsetof(struct command_line, globals)},
    {'H', OPTION_FIELD,  COMMAND_RUN,     0},
    {'s', OPTION_SIGNAL, COMMAND_CONTROL, 0},
};
/* clang-format on */

struct words {
    const char *const *at, *const *end; /* those not looked at yet */
};

static bool complain(struct command_complaint *complaint, const char *text, const char *about)
{
    complaint->text = text;
    snprintf(complaint->option, sizeof complaint->option, "%s", about);
    return false;
}

static bool complain_option(struct command_complaint *complaint, const char *text, char letter)
{
    const char option[] = {'-', letter, '\0'};

    return complain(complaint, text, option);
}

static const struct option_row *option_find(char letter)
{
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        if (options[i].letter == letter)
            return &options[i];
    return NULL;
}

/* The value of an option: the rest of its word, or the next word. */
static const char *take_value(const char *rest, struct words *words)
{
    if (*rest != '\0')
        return rest;
    return words->at < words->end ? *words->at++ : NULL;
}

static bool is_test(enum command_action action)
{
    return action == COMMAND_TEST || action == COMMAND_DUMP;
}

/* -T says more than -t, and help and versions win over everything; but -v beside a test asks it to
 * say more. */
static void set_action(struct command_line *line, enum command_action action)
{
    if ((is_test(line->action) && action == COMMAND_VERSION) ||
        (line->action == COMMAND_VERSION && is_test(action))) {
        line->verbose = true;
        line->action = is_test(action) ? action : line->action;
        return;
    }
    if (action > line->action)
        line->action = action;
}

static bool take_option(const struct option_row *option, const char *rest, struct words *words,
                        struct command_line *line, struct command_complaint *complaint)
{
    const char *value = take_value(rest, words);

    if (value == NULL || *value == '\0')
        return complain_option(complaint, "needs a value after it", option->letter);
    if (option->kind == OPTION_SIGNAL) {
        if (!control_command_parse(slice_of(value), &line->control))
            return complain(complaint,
                            "is no command: there are stop, quit, reopen, reload, status", value);
        set_action(line, option->action);
        return true;
    }
    if (option->kind == OPTION_FIELD) {
        if (line->field_count == COMMAND_FIELDS_MAX)
            return complain(complaint, "is one field too many", value);
        line->fields[line->field_count++] = value;
        return true;
    }
    memcpy((char *)line + option->value, &value, sizeof value);
    return true;
}

/* One word of options without values, the last of which may have one: "-tq", "-tc FILE". */
static bool parse_letters(const char *letters, struct words *words, struct command_line *line,
                          struct command_complaint *complaint)
{
    for (; *letters != '\0'; letters++) {
        const struct option_row *option = option_find(*letters);

        if (option == NULL)
            return complain_option(complaint, "is no option", *letters);
        if (option->kind == OPTION_ACTION)
            set_action(line, option->action);
        else if (option->kind == OPTION_QUIET)
            line->quiet = true;
        else
            return take_option(option, letters + 1, words, line, complaint);
    }
    return true;
}

struct long_word {
    const char *word;
    enum command_action action;
};

static const struct long_word long_words[] = {
    {"--directives", COMMAND_DIRECTIVES},
    {"--manual",     COMMAND_MANUAL    },
    {"--help",       COMMAND_HELP      },
};

static bool take_url(struct words *words, struct command_line *line,
                     struct command_complaint *complaint)
{
    if (words->at == words->end)
        return complain(complaint, "needs a URL after it", "--explain");
    line->url = *words->at++;
    set_action(line, COMMAND_EXPLAIN);
    return true;
}

static bool parse_word(const char *word, struct words *words, struct command_line *line,
                       struct command_complaint *complaint)
{
    if (strcmp(word, "--explain") == 0)
        return take_url(words, line, complaint);
    if (strcmp(word, "--strict") == 0) {
        line->strict = true;
        set_action(line, COMMAND_TEST);
        return true;
    }
    for (size_t i = 0; i < sizeof long_words / sizeof long_words[0]; i++)
        if (strcmp(word, long_words[i].word) == 0) {
            set_action(line, long_words[i].action);
            return true;
        }
    if (word[0] != '-' || word[1] == '\0' || word[1] == '-')
        return complain(complaint, "is no option", word);
    return parse_letters(word + 1, words, line, complaint);
}

static bool is_nginx(const char *program)
{
    const char *slash = strrchr(program, '/');

    return strcmp(slash == NULL ? program : slash + 1, "nginx") == 0;
}

bool command_line_parse(int count, const char *const *argv, struct command_line *line,
                        struct command_complaint *complaint)
{
    struct words words = {argv + 1, argv + count};

    *line = (struct command_line){.action = COMMAND_RUN};
    if (count < 1)
        return true;
    line->as_nginx = is_nginx(argv[0]);
    while (words.at < words.end) {
        const char *word = *words.at++;

        if (!parse_word(word, &words, line, complaint))
            return false;
    }
    return true;
}
