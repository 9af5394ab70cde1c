#include "base/ensure.h"
#include "smtp/smtp_reply.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_lines(const struct smtp_reply *reply)
{
    struct slice rest = reply->lines;
    struct slice text;
    size_t count = 0;

    while (smtp_reply_next(&rest, &text))
        count++;
    ensure(rest.len == 0);
    ensure(count >= 1 && count <= SMTP_REPLY_LINES_MAX);
    ensure(reply->code >= 200 && reply->code <= 599);
    ensure(smtp_reply_queue_id(reply).len <= 32);
    (void)smtp_reply_first(reply);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice input = {(const char *)data, size};
    struct smtp_reply reply, again;
    size_t used, used_again;

    while (smtp_reply_parse(input, &reply, &used) == SMTP_REPLY_OK) {
        ensure(used <= input.len);
        check_lines(&reply);
        ensure(smtp_reply_parse(slice_part(input, 0, used), &again, &used_again) == SMTP_REPLY_OK);
        ensure(used_again == used);
        if (used <= 256) {
            for (size_t len = 0; len < used; len++)
                ensure(smtp_reply_parse(slice_part(input, 0, len), &again, &used_again) ==
                       SMTP_REPLY_MORE);
        }
        input = slice_from(input, used);
    }
    return 0;
}
