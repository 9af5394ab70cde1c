/* The fields of a conditional request, one a line in this order: If-Match, If-None-Match,
 * If-Modified-Since, If-Unmodified-Since, If-Range. */
#include "base/ensure.h"
#include "http/message/http_conditional.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum http_field_id ids[] = {
        HTTP_FIELD_IF_MATCH,          HTTP_FIELD_IF_NONE_MATCH,
        HTTP_FIELD_IF_MODIFIED_SINCE, HTTP_FIELD_IF_UNMODIFIED_SINCE,
        HTTP_FIELD_IF_RANGE,
    };
    const struct http_validators validators = {SLICE("\"2ebc98a1-3\""), 784111777};
    struct slice rest = {(const char *)data, size};
    struct http_field fields[sizeof ids / sizeof ids[0]];
    struct http_request request = {.fields = fields};
    enum http_condition condition;

    while (rest.len > 0 && request.field_count < sizeof ids / sizeof ids[0]) {
        fields[request.field_count] =
            (struct http_field){.id = ids[request.field_count], .value = slice_cut(&rest, '\n')};
        request.field_count++;
    }
    condition = http_conditional_check(&request, &validators, HTTP_IF_MODIFIED_EXACT);
    ensure(condition == HTTP_CONDITION_SEND || condition == HTTP_CONDITION_NOT_MODIFIED ||
           condition == HTTP_CONDITION_FAILED);
    (void)http_conditional_range(&request, &validators);
    return 0;
}
