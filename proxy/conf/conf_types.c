#include "conf/conf_types.h"

#include "base/number.h"

struct slice conf_directory(const struct conf *conf)
{
    return conf_directory_of(conf->path);
}

static const char *const flag_words[] = {"on", "off", NULL};

static bool parse_flag(struct conf_reader *reader, const struct conf_directive *directive,
                       void *value)
{
    const struct conf_word *word = &directive->words[0];
    bool is_on = slice_equal_fold(word->text, SLICE("on"));

    if (!is_on && !slice_equal_fold(word->text, SLICE("off")))
        return conf_fail_choice(reader, word, "word", flag_words);
    *(conf_flag *)value = is_on;
    return true;
}

static bool fail_word(struct conf_reader *reader, const struct conf_word *word, const char *what,
                      const char *label)
{
    struct conf_finding *finding;

    finding =
        conf_report_add(reader->report, CONF_ERROR, word->place, "`%.*s` is no %s",
                        (int)word->text.len, word->text.at == NULL ? "" : word->text.at, what);
    finding->label = slice_of(label);
    return false;
}

/* `number` was read well; is it within the row's bounds, if it has any? */
static bool is_within(struct conf_reader *reader, const struct conf_word *word, uint64_t number,
                      const char *unit)
{
    const struct conf_bounds *bounds = reader->row->type_data;
    struct conf_finding *finding;

    if (bounds == NULL || (number >= bounds->least && number <= bounds->most))
        return true;
    finding = conf_report_add(reader->report, CONF_ERROR, word->place, "`%.*s` is too %s",
                              (int)word->text.len, word->text.at,
                              number < bounds->least ? "small" : "large");
    finding->label =
        arena_format(&reader->report->arena, "from %llu to %llu%s",
                     (unsigned long long)bounds->least, (unsigned long long)bounds->most, unit);
    return false;
}

static bool parse_size(struct conf_reader *reader, const struct conf_directive *directive,
                       void *value)
{
    const struct conf_word *word = &directive->words[0];
    uint64_t bytes;

    if (!number_parse_size(word->text, INT64_MAX, &bytes))
        return fail_word(reader, word, "size", "a number of bytes, or one with k, m or g: 8k");
    if (!is_within(reader, word, bytes, " bytes"))
        return false;
    *(conf_size *)value = bytes;
    return true;
}

static bool parse_duration(struct conf_reader *reader, const struct conf_directive *directive,
                           void *value)
{
    const struct conf_word *word = &directive->words[0];
    uint64_t milliseconds;

    if (!number_parse_duration(word->text, UINT64_MAX, &milliseconds))
        return fail_word(reader, word, "time",
                         "a number of seconds, or like 500ms, 5m, \"1h 30m\"");
    if (milliseconds > UINT32_MAX)
        return fail_word(reader, word, "usable time", "at most 49 days");
    if (!is_within(reader, word, milliseconds, " ms"))
        return false;
    *(conf_duration *)value = (uint32_t)milliseconds;
    return true;
}

static bool parse_count(struct conf_reader *reader, const struct conf_directive *directive,
                        void *value)
{
    const struct conf_word *word = &directive->words[0];
    uint64_t number;

    if (!number_parse(word->text, UINT32_MAX, &number))
        return fail_word(reader, word, "number", "a number from 0 to 4294967295");
    if (!is_within(reader, word, number, ""))
        return false;
    *(conf_count *)value = (uint32_t)number;
    return true;
}

static bool parse_text(struct conf_reader *reader, const struct conf_directive *directive,
                       void *value)
{
    (void)reader;
    *(conf_text *)value = directive->words[0].text;
    return true;
}

static bool parse_below(struct conf_reader *reader, const struct conf_directive *directive,
                        struct slice directory, struct slice *path)
{
    const struct conf_word *word = &directive->words[0];

    if (word->text.len == 0)
        return fail_word(reader, word, "path", "it is empty");
    *path = conf_absolute(&reader->conf->arena, directory, word->text);
    return true;
}

static bool parse_path(struct conf_reader *reader, const struct conf_directive *directive,
                       void *value)
{
    return parse_below(reader, directive, reader->conf->prefix, value);
}

static bool parse_conf_path(struct conf_reader *reader, const struct conf_directive *directive,
                            void *value)
{
    return parse_below(reader, directive, conf_directory(reader->conf), value);
}

/* Index of `word` in `words`; false if it is not there. */
static bool find_word(const char *const *words, struct slice word, unsigned *index)
{
    for (unsigned i = 0; words[i] != NULL; i++) {
        if (slice_equal(slice_of(words[i]), word)) {
            *index = i;
            return true;
        }
    }
    return false;
}

static bool parse_choice(struct conf_reader *reader, const struct conf_directive *directive,
                         void *value)
{
    const struct conf_word *word = &directive->words[0];
    unsigned index;

    if (!find_word(reader->row->type_data, word->text, &index))
        return conf_fail_choice(reader, word, "word", reader->row->type_data);
    *(conf_choice *)value = (conf_choice)index;
    return true;
}

static bool parse_set(struct conf_reader *reader, const struct conf_directive *directive,
                      void *value)
{
    conf_set set = 0;
    bool is_good = true;

    for (size_t i = 0; i < directive->word_count; i++) {
        const struct conf_word *word = &directive->words[i];
        unsigned index;

        if (!find_word(reader->row->type_data, word->text, &index))
            is_good = conf_fail_choice(reader, word, "word", reader->row->type_data);
        else if ((set >> index & 1) != 0)
            conf_report_add(reader->report, CONF_WARNING, word->place, "`%.*s` is given twice",
                            (int)word->text.len, word->text.at);
        else
            set |= (conf_set)1 << index;
    }
    *(conf_set *)value = set;
    return is_good;
}

static bool parse_word_list(struct conf_reader *reader, const struct conf_directive *directive,
                            void *value)
{
    struct conf_word_list *list = value;
    size_t count = list->count + directive->word_count;
    struct conf_word *words = arena_zero(&reader->conf->arena, count * sizeof *words);

    if (list->count > 0)
        memcpy(words, list->words, list->count * sizeof *words);
    if (directive->word_count > 0)
        memcpy(words + list->count, directive->words, directive->word_count * sizeof *words);
    *list = (struct conf_word_list){words, count};
    return true;
}

static bool parse_directive_list(struct conf_reader *reader, const struct conf_directive *directive,
                                 void *value)
{
    struct conf_directive_list *list = value;

    if ((list->count & (list->count - 1)) == 0) { /* full: it holds a power of two */
        size_t capacity = list->count == 0 ? 1 : list->count * 2;
        const struct conf_directive **grown;

        grown = arena_zero(&reader->conf->arena, capacity * sizeof *grown);
        if (list->count > 0)
            memcpy(grown, list->directives, list->count * sizeof *grown);
        list->directives = grown;
    }
    list->directives[list->count++] = directive;
    return true;
}

static bool parse_nothing(struct conf_reader *reader, const struct conf_directive *directive,
                          void *value)
{
    (void)reader;
    (void)directive;
    (void)value;
    return true;
}

/* The row's data may be the type that its word is to be a value of. */
static bool parse_ignored(struct conf_reader *reader, const struct conf_directive *directive,
                          void *value)
{
    const struct conf_type *type = reader->row->type_data;
    const struct conf_row *row = reader->row;
    struct conf_row as_if = *row;
    uint64_t nowhere[4];
    bool good;

    (void)value;
    if (type == NULL)
        return true;
    as_if.type_data = NULL;
    reader->row = &as_if;
    good = type->parse(reader, directive, nowhere);
    reader->row = row;
    return good;
}

const struct conf_type conf_type_flag = {"on | off", parse_flag};
const struct conf_type conf_type_size = {"size", parse_size};
const struct conf_type conf_type_duration = {"time", parse_duration};
const struct conf_type conf_type_count = {"number", parse_count};
const struct conf_type conf_type_text = {"text", parse_text};
const struct conf_type conf_type_path = {"path", parse_path};
const struct conf_type conf_type_conf_path = {"path", parse_conf_path};
const struct conf_type conf_type_choice = {"word", parse_choice};
const struct conf_type conf_type_set = {"words", parse_set};
const struct conf_type conf_type_word_list = {"words", parse_word_list};
const struct conf_type conf_type_directive_list = {"words", parse_directive_list};
const struct conf_type conf_type_block = {CONF_TYPE_BLOCK, parse_nothing};
const struct conf_type conf_type_ignored = {"ignored", parse_ignored};
