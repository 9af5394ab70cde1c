#include "http/access/http_access_conf.h"

#include "http/conf/http_conf_types.h"

static const char *const http_satisfy_words[] = {"all", "any", NULL};
static const char *const http_path_policy_words[] = {"normal", "strict", NULL};

/* "unix:" is read for the sake of nginx's users; nobody comes by such a socket. */
static bool parse_rule(struct conf_reader *reader, const struct conf_directive *directive,
                       void *value)
{
    const struct conf_word *word = &directive->words[0];
    struct network network;

    (void)value;
    if (slice_equal(word->text, SLICE("all")) || slice_equal(word->text, SLICE("unix:")) ||
        network_parse(word->text, &network))
        return true;
    return http_conf_refuse(reader, word->place, "write an address, `192.0.2.0/24` or `all`",
                            "`%.*s` is no network", HTTP_SHOW(word->text));
}

static const struct conf_type type_rule = {"network", parse_rule};

#define CONF_STRUCT struct http_access
/* clang-format off */
static const struct conf_row rows[] = {
#include "conf/conf_rows.inc"
#include "http/access/http_access.def"
#define ACCESS_RULE(rule, text)                                                                    \
    {.name = (rule), .contexts = CONF_HTTP | CONF_SERVER | CONF_LOCATION | CONF_LIMIT_EXCEPT,      \
     .type = &type_rule, .min_words = 1, .max_words = 1, .repeat = CONF_MANY,                      \
     .inherit = CONF_INHERIT_NONE, .syntax = "address | network | all | unix:", .meaning = (text)},
#include "http/access/http_access_rules.def"
#undef ACCESS_RULE
};
/* clang-format on */

const struct conf_group http_access_group = {"http_access", sizeof(struct http_access), rows,
                                             sizeof rows / sizeof rows[0], NULL};

static bool is_allow(const struct conf_directive *directive)
{
    return slice_equal(directive->name.text, SLICE("allow"));
}

static bool is_rule(const struct conf_directive *directive)
{
    return directive->word_count == 1 &&
           (is_allow(directive) || slice_equal(directive->name.text, SLICE("deny")));
}

static size_t count_rules(const struct conf_scope *scope)
{
    size_t count = 0;

    for (const struct conf_directive *directive = scope->directive->first_child; directive != NULL;
         directive = directive->next)
        count += is_rule(directive);
    return count;
}

static void add_rule(const struct conf_directive *directive, struct http_access_rule *rules,
                     size_t *count)
{
    struct slice text = directive->words[0].text;
    struct http_access_rule rule = {.allows = is_allow(directive)};

    rule.is_for_all = slice_equal(text, SLICE("all"));
    if (rule.is_for_all || network_parse(text, &rule.network))
        rules[(*count)++] = rule;
}

/* The nearest block, `scope` or one around it, that may have rules. */
static const struct conf_scope *nearest_block(const struct conf_reader *reader,
                                              const struct conf_scope *scope)
{
    while (scope != NULL && conf_values(reader->conf, scope, &http_access_group) == NULL)
        scope = scope->parent;
    return scope;
}

static void take_own_rules(struct conf_reader *reader, const struct conf_scope *scope, size_t count,
                           struct http_access *access)
{
    struct http_access_rule *rules = arena_zero(&reader->conf->arena, count * sizeof *rules);

    for (const struct conf_directive *directive = scope->directive->first_child; directive != NULL;
         directive = directive->next)
        if (is_rule(directive))
            add_rule(directive, rules, &access->rule_count);
    access->rules = rules;
}

/* A block that has rules of its own has none of those outside. Each block is looked through once,
 * however many are inside: ten thousand servers stand in one http block. */
static struct http_access *know_rules(struct conf_reader *reader, const struct conf_scope *scope)
{
    struct http_access *access = conf_values(reader->conf, scope, &http_access_group);
    const struct conf_scope *outer = nearest_block(reader, scope->parent);
    size_t count;

    if (access->is_known)
        return access;
    access->is_known = true;
    count = count_rules(scope);
    if (count > 0) {
        take_own_rules(reader, scope, count, access);
    } else if (outer != NULL) {
        const struct http_access *from = know_rules(reader, outer);

        access->rules = from->rules;
        access->rule_count = from->rule_count;
    }
    return access;
}

/* An `if` is a part of the block around it. */
const struct http_access *http_access_find(struct conf_reader *reader,
                                           const struct conf_scope *scope)
{
    return know_rules(reader, nearest_block(reader, scope));
}
