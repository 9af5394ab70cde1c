#include "base/chars.h"
#include "base/ensure.h"
#include "smtp/smtp_capabilities.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_line(struct slice line, bool is_first)
{
    static const char *const never[] = {"AUTH", "XCLIENT", "XFORWARD", "ETRN", "REQUIRETLS"};
    struct slice keyword = slice_cut(&line, ' ');

    if (is_first)
        return;
    ensure(chars_all(slice_part(keyword, 0, 1), CHARS_ALPHA | CHARS_DIGIT));
    for (size_t i = 0; i < sizeof never / sizeof never[0]; i++)
        ensure(!slice_equal_fold(keyword, slice_of(never[i])));
}

/* Whatever a backend announces, the client gets one well-formed reply without the private parts. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice input = {(const char *)data, size};
    struct smtp_capabilities capabilities;
    struct smtp_reply reply, answer;
    char memory[2048];
    struct text text = text_in(memory, sizeof memory);
    struct slice rest, line;
    bool is_first = true;
    size_t used;

    if (smtp_reply_parse(input, &reply, &used) != SMTP_REPLY_OK)
        return 0;
    smtp_capabilities_learn(&capabilities, &reply);
    smtp_capabilities_write(&capabilities, SLICE("edge.example"), true, &text);
    ensure(!text.overflow);
    if (smtp_reply_parse(text_slice(&text), &answer, &used) == SMTP_REPLY_TOO_LONG)
        return 0;
    ensure(smtp_reply_parse(text_slice(&text), &answer, &used) == SMTP_REPLY_OK);
    ensure(used == text.len && answer.code == 250);
    ensure(slice_equal(smtp_reply_last(&answer), SLICE("STARTTLS")));
    rest = answer.lines;
    for (; smtp_reply_next(&rest, &line); is_first = false)
        check_line(line, is_first);
    return 0;
}
