#include "http/message/http_conditional.h"

#include "http/message/http_date.h"

static struct slice field(const struct http_request *request, enum http_field_id id)
{
    return http_field_value(request->fields, request->field_count, id);
}

/* Takes the next entity tag of a list, opaque part with quotes; false at its end or at junk. */
static bool take_tag(struct slice *list, struct slice *tag, bool *is_weak)
{
    size_t quote;

    while (list->len > 0 && (list->at[0] == ' ' || list->at[0] == '\t' || list->at[0] == ','))
        *list = slice_from(*list, 1);
    *is_weak = slice_starts(*list, SLICE("W/"));
    if (*is_weak)
        *list = slice_from(*list, 2);
    if (list->len < 2 || list->at[0] != '"')
        return false;
    quote = slice_find(slice_from(*list, 1), '"');
    if (quote == SLICE_NOT_FOUND)
        return false;
    *tag = slice_part(*list, 0, quote + 2);
    *list = slice_from(*list, quote + 2);
    return true;
}

static bool list_has(struct slice list, struct slice etag, bool weak_comparison)
{
    struct slice tag;
    bool is_weak;

    if (slice_equal(list, SLICE("*")))
        return true;
    while (take_tag(&list, &tag, &is_weak))
        if (slice_equal(tag, etag) && (weak_comparison || !is_weak))
            return true;
    return false;
}

static bool precondition_fails(const struct http_request *request,
                               const struct http_validators *validators)
{
    struct slice match = field(request, HTTP_FIELD_IF_MATCH);
    struct slice since = field(request, HTTP_FIELD_IF_UNMODIFIED_SINCE);
    int64_t date;

    if (match.at != NULL)
        return !list_has(match, validators->etag, false);
    return since.at != NULL && http_date_parse(since, &date) && validators->modified > date;
}

static bool date_holds(int64_t modified, int64_t date, enum http_if_modified_since since)
{
    switch (since) {
    case HTTP_IF_MODIFIED_EXACT:
        return modified == date;
    case HTTP_IF_MODIFIED_BEFORE:
        return modified <= date;
    case HTTP_IF_MODIFIED_OFF:
        break;
    }
    return false;
}

static bool is_not_modified(const struct http_request *request,
                            const struct http_validators *validators,
                            enum http_if_modified_since how)
{
    struct slice match = field(request, HTTP_FIELD_IF_NONE_MATCH);
    struct slice since = field(request, HTTP_FIELD_IF_MODIFIED_SINCE);
    int64_t date;

    if (match.at != NULL)
        return list_has(match, validators->etag, true);
    return since.at != NULL && http_date_parse(since, &date) &&
           date_holds(validators->modified, date, how);
}

enum http_condition http_conditional_check(const struct http_request *request,
                                           const struct http_validators *validators,
                                           enum http_if_modified_since since)
{
    if (precondition_fails(request, validators))
        return HTTP_CONDITION_FAILED;
    return is_not_modified(request, validators, since) ? HTTP_CONDITION_NOT_MODIFIED
                                                       : HTTP_CONDITION_SEND;
}

bool http_conditional_range(const struct http_request *request,
                            const struct http_validators *validators)
{
    struct slice value = field(request, HTTP_FIELD_IF_RANGE);
    int64_t date;

    if (value.at == NULL || slice_equal(value, validators->etag))
        return true;
    return http_date_parse(value, &date) && validators->modified == date;
}
