#include "http/language/http_rewrite_conf.h"

#include "base/number.h"
#include "http/conf/http_conf.h"
#include "http/conf/http_conf_types.h"

/* Each of these directives adds a step to the program of its block. */

static struct http_step *add_step(struct conf_reader *reader, struct http_rewrite_conf *conf,
                                  enum http_step_kind kind, struct conf_place place)
{
    struct http_step *step =
        http_conf_append(reader, (void **)&conf->steps, &conf->program.count, sizeof *conf->steps);

    conf->program.steps = conf->steps;
    *step = (struct http_step){.kind = kind, .place = place};
    return step;
}

static struct http_step *add_own_step(struct conf_reader *reader,
                                      const struct conf_directive *directive,
                                      enum http_step_kind kind)
{
    return add_step(reader, conf_values(reader->conf, reader->scope, &http_rewrite_group), kind,
                    directive->name.place);
}

/* set */

static bool parse_set(struct conf_reader *reader, const struct conf_directive *directive,
                      void *value)
{
    const struct conf_word *name = &directive->words[0], *text = &directive->words[1];
    struct http_set *set = arena_zero(&reader->conf->arena, sizeof *set);

    (void)value;
    set->target = slice_equal(name->text, SLICE("$args"))         ? HTTP_SET_QUERY
                  : slice_equal(name->text, SLICE("$limit_rate")) ? HTTP_SET_RATE
                                                                  : HTTP_SET_MADE;
    if (set->target == HTTP_SET_MADE &&
        !http_conf_variable(reader, name, HTTP_MADE_BY_SET, &set->number))
        return false;
    if (!http_conf_template(reader, text->text, text->place, &set->value))
        return false;
    add_own_step(reader, directive, HTTP_STEP_SET)->as.set = set;
    return true;
}

const struct conf_type http_type_set = {"value", parse_set};

/* set_escape_uri and its like: with one word, of the variable's own value. */

static bool parse_set_misc(struct conf_reader *reader, const struct conf_directive *directive,
                           void *value)
{
    const struct conf_word *name = &directive->words[0];
    const struct conf_word *text = &directive->words[directive->word_count - 1];
    struct http_set *set = arena_zero(&reader->conf->arena, sizeof *set);

    (void)value;
    set->function = http_set_function_find(directive->name.text);
    if (!http_conf_variable(reader, name, HTTP_MADE_BY_SET, &set->number) ||
        !http_conf_template(reader, text->text, text->place, &set->value))
        return false;
    add_own_step(reader, directive, HTTP_STEP_SET)->as.set = set;
    return true;
}

const struct conf_type http_type_set_misc = {"value", parse_set_misc};

/* break */

static bool parse_break(struct conf_reader *reader, const struct conf_directive *directive,
                        void *value)
{
    (void)value;
    (void)add_own_step(reader, directive, HTTP_STEP_BREAK);
    return true;
}

const struct conf_type http_type_break = {"nothing", parse_break};

/* return */

static bool is_redirect_code(uint64_t status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

static bool looks_like_url(struct slice text)
{
    return slice_starts(text, SLICE("http://")) || slice_starts(text, SLICE("https://")) ||
           slice_starts(text, SLICE("$scheme"));
}

static bool parse_return_code(struct conf_reader *reader, const struct conf_word *word,
                              uint64_t *status)
{
    if (number_parse(word->text, 999, status) && *status >= 200)
        return true;
    return http_conf_refuse(reader, word->place,
                            "write `return 404;`, `return 200 text;` or `return 301 https://…;`",
                            "`%.*s` is no status code", HTTP_SHOW(word->text));
}

static bool parse_return(struct conf_reader *reader, const struct conf_directive *directive,
                         void *value)
{
    const struct conf_word *words = directive->words;
    bool only_url = directive->word_count == 1 && looks_like_url(words[0].text);
    const struct conf_word *text = directive->word_count == 2 ? &words[1]
                                   : only_url                 ? &words[0]
                                                              : NULL;
    struct http_return *answer = arena_zero(&reader->conf->arena, sizeof *answer);
    uint64_t status = 302;

    (void)value;
    if (!only_url && !parse_return_code(reader, &words[0], &status))
        return false;
    if (text != NULL && !http_conf_template(reader, text->text, text->place, &answer->text))
        return false;
    answer->status = (uint16_t)status;
    answer->is_redirect = is_redirect_code(status);
    answer->has_text = text != NULL;
    add_own_step(reader, directive, HTTP_STEP_RETURN)->as.answer = answer;
    return true;
}

const struct conf_type http_type_return = {"answer", parse_return};

/* rewrite */

static const char *const flags[] = {"last", "break", "redirect", "permanent", NULL};

static bool read_flag(struct conf_reader *reader, const struct conf_word *word,
                      struct http_rewrite *rewrite)
{
    if (slice_equal(word->text, SLICE("last")))
        rewrite->is_last = true;
    else if (slice_equal(word->text, SLICE("break")))
        rewrite->is_break = true;
    else if (slice_equal(word->text, SLICE("redirect")))
        rewrite->redirect = 302;
    else if (slice_equal(word->text, SLICE("permanent")))
        rewrite->redirect = 301;
    else
        return conf_fail_choice(reader, word, "flag", flags);
    return true;
}

/* "path?arguments"; a '?' at the end only says that the request's query does not come behind. */
static bool read_replacement(struct conf_reader *reader, const struct conf_word *word,
                             struct http_rewrite *rewrite)
{
    struct slice text = word->text;
    size_t question;

    rewrite->adds_query = !slice_ends(text, SLICE("?"));
    if (!rewrite->adds_query)
        text.len--;
    question = slice_find(text, '?');
    rewrite->has_arguments = question != SLICE_NOT_FOUND;
    if (rewrite->redirect > 0)
        return http_conf_template(reader, text, word->place, &rewrite->path);
    return http_conf_template(reader, slice_part(text, 0, question), word->place, &rewrite->path) &&
           (!rewrite->has_arguments || http_conf_template(reader, slice_from(text, question + 1),
                                                          word->place, &rewrite->arguments));
}

static bool parse_rewrite(struct conf_reader *reader, const struct conf_directive *directive,
                          void *value)
{
    const struct conf_word *words = directive->words;
    struct http_rewrite *rewrite = arena_zero(&reader->conf->arena, sizeof *rewrite);

    (void)value;
    if (looks_like_url(words[1].text))
        rewrite->redirect = 302;
    rewrite->regex = http_conf_regex(reader, words[0].text, words[0].place, false);
    if (rewrite->regex == NULL ||
        (directive->word_count == 3 && !read_flag(reader, &words[2], rewrite)) ||
        !read_replacement(reader, &words[1], rewrite))
        return false;
    add_own_step(reader, directive, HTTP_STEP_REWRITE)->as.rewrite = rewrite;
    return true;
}

const struct conf_type http_type_rewrite = {"rule", parse_rewrite};

/* if */

/* What was read inside becomes a part of the block around. */
static void take_inner_steps(struct conf_reader *reader, struct http_rewrite_conf *outer,
                             const struct http_rewrite_conf *inner)
{
    for (size_t i = 0; i < inner->program.count; i++)
        *add_step(reader, outer, HTTP_STEP_BREAK, (struct conf_place){0}) = inner->steps[i];
}

static bool parse_if(struct conf_reader *reader, const struct conf_directive *directive,
                     void *value)
{
    const struct conf_scope *inside = reader->scope->last_child;
    struct http_rewrite_conf *outer = conf_values(reader->conf, reader->scope, &http_rewrite_group);
    const struct http_rewrite_conf *inner = conf_values(reader->conf, inside, &http_rewrite_group);
    struct http_test *test = arena_zero(&reader->conf->arena, sizeof *test);
    bool enters = inside->context == CONF_LOCATION_IF;
    struct http_step *step;

    (void)value;
    if (!http_conf_test(reader, directive, test))
        return false;
    step = add_step(reader, outer, HTTP_STEP_IF, directive->name.place);
    step->as.test = test;
    step->skip = inner->program.count + (enters ? 1 : 0);
    if (enters)
        add_step(reader, outer, HTTP_STEP_ENTER, directive->name.place)->as.location =
            conf_values(reader->conf, inside, &http_location_group);
    take_inner_steps(reader, outer, inner);
    return true;
}

const struct conf_type http_type_if = {CONF_TYPE_BLOCK, parse_if};

#define CONF_STRUCT struct http_rewrite_conf
static const struct conf_row rows[] = {
#include "conf/conf_rows.inc"
#include "http/language/http_rewrite.def"
};
#undef CONF_STRUCT

const struct conf_group http_rewrite_group = {"http_rewrite", sizeof(struct http_rewrite_conf),
                                              rows, sizeof rows / sizeof rows[0], NULL};

const struct http_program *http_rewrite_find(const struct conf *conf,
                                             const struct conf_scope *scope)
{
    const struct http_rewrite_conf *values = conf_values(conf, scope, &http_rewrite_group);

    return values == NULL || values->program.count == 0 ? NULL : &values->program;
}
