#include "http/message/http_message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static const struct {
    const char *name;
    enum http_field_id id;
} rows[] = {
#define HTTP_FIELD(id, text) {text, HTTP_FIELD_##id},
#include "http/message/http_fields.def"
#undef HTTP_FIELD
};

static void test_every_row_is_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (http_field_lookup(slice_of(rows[i].name)) != rows[i].id)
            fail_msg("%s is missing in fields_by_length", rows[i].name);
}

static void test_lookup(void **state)
{
    (void)state;
    assert_int_equal(http_field_lookup(SLICE("HoSt")), HTTP_FIELD_HOST);
    assert_int_equal(http_field_lookup(SLICE("Hosts")), HTTP_FIELD_OTHER);
    assert_int_equal(http_field_lookup(SLICE("")), HTTP_FIELD_OTHER);
    assert_int_equal(http_field_lookup(SLICE("a-name-that-is-longer-than-any-row")),
                     HTTP_FIELD_OTHER);
    assert_int_equal(http_method_lookup(SLICE("GET")), HTTP_GET);
    assert_int_equal(http_method_lookup(SLICE("get")), HTTP_OTHER);
    assert_int_equal(http_method_lookup(SLICE("PROPFIND")), HTTP_OTHER);
}

static void test_tokens(void **state)
{
    (void)state;
    assert_true(http_value_has_token(SLICE("close"), SLICE("close")));
    assert_true(http_value_has_token(SLICE("a, CLOSE ,b"), SLICE("close")));
    assert_false(http_value_has_token(SLICE("closed, not-close"), SLICE("close")));
    assert_false(http_value_has_token(SLICE(""), SLICE("close")));
}

static void test_reasons(void **state)
{
    (void)state;
    assert_true(slice_equal(http_reason(302), SLICE("Moved Temporarily")));
    assert_true(slice_equal(http_reason(405), SLICE("Not Allowed")));
    assert_true(slice_equal(http_reason(413), SLICE("Request Entity Too Large")));
    assert_true(slice_equal(http_reason(504), SLICE("Gateway Time-out")));
    assert_int_equal(http_reason(418).len, 0);
    assert_false(http_status_has_body(204));
    assert_false(http_status_has_body(304));
    assert_false(http_status_has_body(101));
    assert_true(http_status_has_body(200));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_row_is_found),
        cmocka_unit_test(test_lookup),
        cmocka_unit_test(test_tokens),
        cmocka_unit_test(test_reasons),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
