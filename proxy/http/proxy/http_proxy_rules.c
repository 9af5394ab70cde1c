#include "http/proxy/http_proxy_rules.h"

#include "http/language/http_variables.h"

static bool fits(struct slice value, struct slice pattern, enum http_rule_fit fit)
{
    return fit == HTTP_FIT_START ? slice_starts(value, pattern) : slice_equal_fold(value, pattern);
}

static bool replace_start(struct http_exchange *exchange, struct slice replacement, size_t len,
                          struct slice *value)
{
    struct slice rest = slice_from(*value, len);
    size_t size = replacement.len + rest.len + 1;
    struct text text = text_in(arena_alloc(&exchange->arena, size), size);

    if (text.at == NULL)
        return false;
    text_add(&text, replacement);
    text_add(&text, rest);
    *value = text_slice(&text);
    return true;
}

bool http_proxy_rule_apply(struct http_exchange *exchange, const struct http_proxy_rule *rule,
                           enum http_rule_fit fit, struct slice *value)
{
    struct slice pattern;

    if (rule->regex != NULL) {
        if (http_variable_match(exchange, rule->regex, *value) != HTTP_MATCHED)
            return false;
        return replace_start(exchange, http_evaluate(exchange, &rule->replacement), value->len,
                             value);
    }
    pattern = http_evaluate(exchange, &rule->pattern);
    if (fit == HTTP_FIT_WHOLE_FOLD && slice_starts(pattern, SLICE(".")))
        pattern = slice_from(pattern, 1);
    if (!fits(*value, pattern, fit))
        return false;
    return replace_start(exchange, http_evaluate(exchange, &rule->replacement), pattern.len, value);
}
