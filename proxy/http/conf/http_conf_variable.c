#include "base/chars.h"
#include "conf/conf_types.h"
#include "http/conf/http_conf.h"
#include "http/conf/http_conf_types.h"
#include "http/language/http_regex.h"

/* The variables that a configuration makes, and what brings them: templates, regular expressions.
 * What nobody makes is told when all of http {} was read. */

static struct http_main *main_values(const struct conf *conf)
{
    const struct conf_scope *http = conf->main == NULL ? NULL : conf_first(conf->main, CONF_HTTP);

    return http == NULL ? NULL : conf_values(conf, http, &http_main_group);
}

struct http_registry *http_conf_registry(const struct conf *conf)
{
    const struct http_main *values = main_values(conf);

    return values == NULL ? NULL : values->registry;
}

/* NULL outside of http {}: for the defaults in the tables. */
static struct http_registry *registry_of(struct conf_reader *reader)
{
    struct http_main *values = main_values(reader->conf);

    if (values == NULL)
        return NULL;
    if (values->registry == NULL)
        values->registry = http_registry_new(&reader->conf->arena);
    return values->registry;
}

static bool report_unknown(struct conf_reader *reader, struct conf_place place, struct slice name,
                           const char *suggestion)
{
    struct conf_finding *finding = conf_report_add(reader->report, CONF_ERROR, place,
                                                   "unknown variable `$%.*s`", HTTP_SHOW(name));

    if (suggestion != NULL)
        conf_finding_help(reader->report, finding, "did you mean `$%s`?", suggestion);
    return false;
}

bool http_conf_template(struct conf_reader *reader, struct slice text, struct conf_place place,
                        struct http_template *compiled)
{
    struct http_registry *registry = registry_of(reader);
    size_t known = registry == NULL ? 0 : registry->count;
    struct http_template_error error;

    if (http_template_compile(text, registry, &reader->conf->arena, compiled, &error)) {
        for (; registry != NULL && known < registry->count; known++)
            registry->items[known].place = place;
        return true;
    }
    if (error.variable.len == 0)
        return conf_fail(reader, place, "%s", error.words);
    return report_unknown(reader, place, error.variable, error.suggestion);
}

/* "$name", of letters, digits and '_'. */
static bool take_name(struct slice text, struct slice *name)
{
    *name = slice_from(text, 1);
    if (!slice_starts(text, SLICE("$")) || name->len == 0)
        return false;
    for (size_t i = 0; i < name->len; i++)
        if (!chars_is(name->at[i], CHARS_ALPHA | CHARS_DIGIT) && name->at[i] != '_')
            return false;
    return true;
}

static bool make(struct conf_reader *reader, struct conf_place place, struct slice name,
                 enum http_origin origin, uint32_t *number)
{
    struct http_registry *registry = registry_of(reader);

    if (http_template_is_builtin(name))
        return http_conf_refuse(reader, place, "choose another name",
                                "`$%.*s` is a variable of frontd's own", HTTP_SHOW(name));
    *number = http_registry_number(registry, name);
    if (*number == HTTP_MADE_VARIABLES_MAX)
        return conf_fail(reader, place, "too many variables: %d are possible",
                         HTTP_MADE_VARIABLES_MAX);
    /* Two may make it: what works it out when nobody sets it counts. */
    if (origin > registry->items[*number].origin)
        registry->items[*number].origin = origin;
    return true;
}

bool http_conf_variable(struct conf_reader *reader, const struct conf_word *word,
                        enum http_origin origin, uint32_t *number)
{
    struct slice name;

    if (!take_name(word->text, &name))
        return http_conf_refuse(reader, word->place, "write `$name`",
                                "`%.*s` is no name of a variable", HTTP_SHOW(word->text));
    return make(reader, word->place, name, origin, number);
}

const struct http_regex *http_conf_regex(struct conf_reader *reader, struct slice pattern,
                                         struct conf_place place, bool any_case)
{
    struct http_regex_error error;
    struct http_regex *regex = http_regex_compile(pattern, any_case, &reader->conf->arena, &error);

    if (regex == NULL) {
        struct slice before = slice_part(pattern, 0, error.offset);

        registry_of(reader)->is_incomplete = true;
        http_conf_refuse(reader, place,
                         "https://www.pcre.org/current/doc/html/pcre2syntax.html has the syntax",
                         "%s behind `%.*s`, at byte %zu of the regular expression", error.words,
                         HTTP_SHOW(before), error.offset);
        return NULL;
    }
    for (size_t i = 0; i < regex->name_count; i++)
        if (!make(reader, place, regex->names[i].text, HTTP_MADE_BY_CODE,
                  &regex->names[i].variable))
            return NULL;
    return regex;
}

/* All of http {} was read. */
static bool settle(struct conf_reader *reader, const struct conf_directive *directive, void *value)
{
    struct http_registry *registry = registry_of(reader);

    (void)directive;
    (void)value;
    http_registry_settle(registry);
    for (size_t i = 0; i < registry->count && !registry->is_incomplete; i++) {
        const struct http_made_variable *item = &registry->items[i];

        if (item->origin == HTTP_MADE_NOWHERE)
            report_unknown(reader, item->place, item->name,
                           http_template_nearest(item->name, registry, &reader->report->arena));
    }
    return true;
}

const struct conf_type http_type_http = {CONF_TYPE_BLOCK, settle};
