#include "http/message/http_rules.h"

/* clang-format off */
static const struct {
    unsigned status;
    const char *words;
} rules[] = {
    [HTTP_ACCEPTED] = {200, "accepted"},
#define HTTP_RULE(name, code, text) [HTTP_REFUSED_##name] = {code, text},
#include "http/message/http_rules.def"
#undef HTTP_RULE
};
/* clang-format on */

unsigned http_refusal_status(enum http_refusal refusal)
{
    return rules[refusal].status;
}

const char *http_refusal_words(enum http_refusal refusal)
{
    return rules[refusal].words;
}
