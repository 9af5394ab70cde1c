#include "http/message/http_conditional.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define DATE    "Sun, 06 Nov 1994 08:49:37 GMT"
#define EARLIER "Sun, 06 Nov 1994 08:49:36 GMT"
#define LATER   "Sun, 06 Nov 1994 08:49:38 GMT"
#define TAG     "\"2ebc-64\""

static const struct http_validators validators = {
    {TAG, sizeof TAG - 1},
    784111777
};

#define SEND   HTTP_CONDITION_SEND
#define SAME   HTTP_CONDITION_NOT_MODIFIED
#define FAILED HTTP_CONDITION_FAILED

/* One or two fields of a request; text NULL: no second one. */
struct condition_case {
    enum http_field_id id;
    const char *text;
    enum http_field_id other_id;
    const char *other;
    enum http_condition result;
};

/* clang-format off */
static const struct condition_case cases[] = {
    {HTTP_FIELD_HOST, "x", HTTP_FIELD_OTHER, NULL, SEND},
    {HTTP_FIELD_IF_NONE_MATCH, TAG, HTTP_FIELD_OTHER, NULL, SAME},
    {HTTP_FIELD_IF_NONE_MATCH, "W/" TAG, HTTP_FIELD_OTHER, NULL, SAME},
    {HTTP_FIELD_IF_NONE_MATCH, "*", HTTP_FIELD_OTHER, NULL, SAME},
    {HTTP_FIELD_IF_NONE_MATCH, "\"a\", " TAG, HTTP_FIELD_OTHER, NULL, SAME},
    {HTTP_FIELD_IF_NONE_MATCH, "\"a\"," TAG ",\"b\"", HTTP_FIELD_OTHER, NULL, SAME},
    {HTTP_FIELD_IF_NONE_MATCH, "\"a,\", W/" TAG, HTTP_FIELD_OTHER, NULL, SAME},
    {HTTP_FIELD_IF_NONE_MATCH, "\"a\"", HTTP_FIELD_OTHER, NULL, SEND},
    {HTTP_FIELD_IF_NONE_MATCH, "2ebc-64", HTTP_FIELD_OTHER, NULL, SEND},
    {HTTP_FIELD_IF_NONE_MATCH, "\"2ebc-64", HTTP_FIELD_OTHER, NULL, SEND},
    {HTTP_FIELD_IF_NONE_MATCH, "", HTTP_FIELD_OTHER, NULL, SEND},
    {HTTP_FIELD_IF_MODIFIED_SINCE, DATE, HTTP_FIELD_OTHER, NULL, SAME},
    {HTTP_FIELD_IF_MODIFIED_SINCE, LATER, HTTP_FIELD_OTHER, NULL, SEND}, /* exact, as in nginx */
    {HTTP_FIELD_IF_MODIFIED_SINCE, EARLIER, HTTP_FIELD_OTHER, NULL, SEND},
    {HTTP_FIELD_IF_MODIFIED_SINCE, "yesterday", HTTP_FIELD_OTHER, NULL, SEND},
    {HTTP_FIELD_IF_NONE_MATCH, "\"a\"", HTTP_FIELD_IF_MODIFIED_SINCE, DATE, SEND},
    {HTTP_FIELD_IF_NONE_MATCH, TAG, HTTP_FIELD_IF_MODIFIED_SINCE, EARLIER, SAME},
    {HTTP_FIELD_IF_MATCH, TAG, HTTP_FIELD_OTHER, NULL, SEND},
    {HTTP_FIELD_IF_MATCH, "*", HTTP_FIELD_OTHER, NULL, SEND},
    {HTTP_FIELD_IF_MATCH, "W/" TAG, HTTP_FIELD_OTHER, NULL, FAILED},
    {HTTP_FIELD_IF_MATCH, "\"a\"", HTTP_FIELD_OTHER, NULL, FAILED},
    {HTTP_FIELD_IF_UNMODIFIED_SINCE, DATE, HTTP_FIELD_OTHER, NULL, SEND},
    {HTTP_FIELD_IF_UNMODIFIED_SINCE, LATER, HTTP_FIELD_OTHER, NULL, SEND},
    {HTTP_FIELD_IF_UNMODIFIED_SINCE, EARLIER, HTTP_FIELD_OTHER, NULL, FAILED},
    {HTTP_FIELD_IF_MATCH, TAG, HTTP_FIELD_IF_UNMODIFIED_SINCE, EARLIER, SEND},
    {HTTP_FIELD_IF_MATCH, "\"a\"", HTTP_FIELD_IF_NONE_MATCH, TAG, FAILED},
};
/* clang-format on */

static struct http_request request_with(struct http_field *fields, const struct condition_case *row)
{
    fields[0] = (struct http_field){.id = row->id, .value = slice_of(row->text)};
    if (row->other != NULL)
        fields[1] = (struct http_field){.id = row->other_id, .value = slice_of(row->other)};
    return (struct http_request){.fields = fields, .field_count = row->other != NULL ? 2 : 1};
}

static void decides_by_the_first_condition_that_counts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct http_field fields[2];
        struct http_request request = request_with(fields, &cases[i]);

        if (http_conditional_check(&request, &validators, HTTP_IF_MODIFIED_EXACT) !=
            cases[i].result)
            fail_msg("row %zu: %s", i, cases[i].text);
    }
}

static void takes_a_date_as_it_is_told_to(void **state)
{
    static const struct {
        const char *date;
        enum http_condition off, exact, before;
    } rows[] = {
        {EARLIER, SEND, SEND, SEND},
        {DATE,    SEND, SAME, SAME},
        {LATER,   SEND, SEND, SAME},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct http_field field = {.id = HTTP_FIELD_IF_MODIFIED_SINCE,
                                   .value = slice_of(rows[i].date)};
        struct http_request request = {.fields = &field, .field_count = 1};

        assert_int_equal(http_conditional_check(&request, &validators, HTTP_IF_MODIFIED_OFF),
                         rows[i].off);
        assert_int_equal(http_conditional_check(&request, &validators, HTTP_IF_MODIFIED_EXACT),
                         rows[i].exact);
        assert_int_equal(http_conditional_check(&request, &validators, HTTP_IF_MODIFIED_BEFORE),
                         rows[i].before);
    }
}

static void takes_a_range_only_of_the_same_representation(void **state)
{
    static const struct {
        const char *value;
        bool result;
    } rows[] = {
        {TAG,         true },
        {DATE,        true },
        {"W/" TAG,    false},
        {"\"other\"", false},
        {LATER,       false},
        {EARLIER,     false},
        {"",          false},
    };
    struct http_request without = {0};

    (void)state;
    assert_true(http_conditional_range(&without, &validators));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct http_field field = {.id = HTTP_FIELD_IF_RANGE, .value = slice_of(rows[i].value)};
        struct http_request request = {.fields = &field, .field_count = 1};

        assert_int_equal(http_conditional_range(&request, &validators), rows[i].result);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decides_by_the_first_condition_that_counts),
        cmocka_unit_test(takes_a_date_as_it_is_told_to),
        cmocka_unit_test(takes_a_range_only_of_the_same_representation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
