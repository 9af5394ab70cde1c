#include "base/chars.h"
#include "http/http_service.h"
#include "http/language/http_regex.h"
#include "http/output/http_ssi_private.h"

/* What `if` and `elif` ask: "$name", "$name = text", "$name != /regex/". */

/* $1…$9 and the named groups are variables of the page from now on. */
static void keep_groups(struct http_ssi *ssi, const struct http_regex *regex,
                        const struct http_matcher *matcher)
{
    for (size_t i = 1; i <= 9; i++)
        http_ssi_set(ssi, (struct slice){&"123456789"[i - 1], 1}, http_matcher_group(matcher, i));
    for (size_t i = 0; i < regex->name_count; i++)
        http_ssi_set(ssi, regex->names[i].text, http_matcher_group(matcher, regex->names[i].group));
}

static bool matches(struct http_ssi *ssi, struct slice text, struct slice pattern, bool *result)
{
    struct http_matcher *matcher = &http_content_of(ssi->exchange)->matcher;
    struct http_regex_error error;
    const struct http_regex *regex;

    pattern = http_ssi_expand(ssi, pattern);
    if (pattern.at == NULL)
        return false;
    regex = http_regex_compile(pattern, false, &ssi->scratch, &error);
    if (regex == NULL)
        return false;
    *result = false;
    switch (http_regex_match(regex, matcher, text)) {
    case HTTP_MATCH_FAILED:
        return false;
    case HTTP_MATCHED:
        keep_groups(ssi, regex, matcher);
        *result = true;
        break;
    case HTTP_UNMATCHED:
        break;
    }
    return true;
}

/* What stands behind "=" or "!=". */
static bool compare(struct http_ssi *ssi, struct slice left, struct slice right, bool *result)
{
    if (right.len >= 2 && right.at[0] == '/')
        return slice_ends(right, SLICE("/")) &&
               matches(ssi, left, slice_part(right, 1, right.len - 2), result);
    if (slice_starts(right, SLICE("\\/")))
        right = slice_from(right, 1);
    right = http_ssi_expand(ssi, right);
    *result = right.at != NULL && slice_equal(left, right);
    return right.at != NULL;
}

static struct slice without_blanks(struct slice text)
{
    while (slice_starts(text, SLICE(" ")))
        text = slice_from(text, 1);
    return text;
}

static bool is_of_name(char byte)
{
    static const struct slice others = {"${}_\"'", 6};

    return chars_is(byte, CHARS_ALPHA | CHARS_DIGIT) || slice_find(others, byte) != SLICE_NOT_FOUND;
}

/* As nginx: in lower case, whether a name or text. */
static struct slice lower(struct http_ssi *ssi, struct slice text)
{
    char *copy = arena_alloc(&ssi->scratch, text.len + 1);

    for (size_t i = 0; i < text.len; i++)
        copy[i] = chars_lower(text.at[i]);
    return (struct slice){copy, text.len};
}

static struct slice take_left(struct slice *text)
{
    size_t len = 0;
    struct slice left;

    while (len < text->len && is_of_name(text->at[len]))
        len++;
    left = slice_part(*text, 0, len);
    *text = without_blanks(slice_from(*text, len));
    return left;
}

bool http_ssi_condition(struct http_ssi *ssi, struct slice expression, bool *result)
{
    struct slice right = expression;
    struct slice left = http_ssi_expand(ssi, lower(ssi, take_left(&right)));
    bool negated = slice_starts(right, SLICE("!="));

    if (left.at == NULL)
        return false;
    if (right.len == 0) {
        *result = left.len > 0;
        return true;
    }
    if (!negated && !slice_starts(right, SLICE("=")))
        return false;
    right = without_blanks(slice_from(right, negated ? 2 : 1));
    if (!compare(ssi, left, right, result))
        return false;
    *result = *result != negated;
    return true;
}
