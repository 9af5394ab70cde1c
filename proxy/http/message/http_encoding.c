#include "http/message/http_encoding.h"

#include "base/chars.h"

/* "0", "0.", "0.5", "1.000"; anything else is as good as 0. */
static bool is_above_zero(struct slice weight)
{
    bool above = false;

    if (weight.len == 0 || (weight.at[0] != '0' && weight.at[0] != '1') || weight.len > 5 ||
        (weight.len > 1 && weight.at[1] != '.'))
        return false;
    for (size_t i = 0; i < weight.len; i++) {
        if (i != 1 && !chars_is(weight.at[i], CHARS_DIGIT))
            return false;
        if (i > 1 && weight.at[0] == '1' && weight.at[i] != '0')
            return false;
        above = above || (weight.at[i] != '0' && i != 1);
    }
    return above;
}

static bool is_wanted(struct slice parameters)
{
    while (parameters.at != NULL) {
        struct slice weight = slice_trim(slice_cut(&parameters, ';'));
        struct slice name = slice_trim(slice_cut(&weight, '='));

        if (slice_equal_fold(name, SLICE("q")))
            return is_above_zero(slice_trim(weight));
    }
    return true;
}

/* The first element that names it counts. */
static bool find(struct slice list, struct slice coding, bool *wanted)
{
    while (list.at != NULL) {
        struct slice parameters = slice_cut(&list, ',');
        struct slice name = slice_trim(slice_cut(&parameters, ';'));

        if (!slice_equal_fold(name, coding))
            continue;
        *wanted = is_wanted(parameters);
        return true;
    }
    return false;
}

bool http_encoding_accepted(const struct http_field *fields, size_t count, struct slice coding)
{
    bool wanted = false;

    for (size_t i = 0; i < count; i++)
        if (fields[i].id == HTTP_FIELD_ACCEPT_ENCODING && find(fields[i].value, coding, &wanted))
            break;
    return wanted;
}
