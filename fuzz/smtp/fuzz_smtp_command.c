#include "base/ensure.h"
#include "smtp/smtp_parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whatever is written for the backend is one line that parses again to the same. */
static void check_envelope(struct slice argument, struct slice label)
{
    struct smtp_envelope envelope, again;
    char memory[SMTP_LINE_MAX + 64];
    struct text text = text_in(memory, sizeof memory);
    struct slice line;
    size_t used;

    if (!smtp_parse_envelope(argument, label, &envelope))
        return;
    smtp_envelope_write(&envelope, label, SLICE("AUTH"), &text);
    ensure(!text.overflow);
    ensure(smtp_parse_line(text_slice(&text), sizeof memory, &line, &used) == SMTP_LINE_OK);
    ensure(used == text.len);
    ensure(smtp_parse_envelope(line, label, &again));
    ensure(slice_equal(again.path, envelope.path));
}

static void check_command(struct slice line)
{
    struct smtp_command command = smtp_parse_command(line);
    uint64_t chunk;
    bool is_last;

    (void)smtp_parse_foreign(line);
    (void)smtp_parse_is_greeting_name(command.argument);
    (void)smtp_parse_is_text(command.argument);
    check_envelope(command.argument, SLICE("FROM:"));
    check_envelope(command.argument, SLICE("TO:"));
    if (smtp_parse_chunk(command.argument, &chunk, &is_last))
        ensure(chunk <= INT64_MAX);
}

/* However much has arrived: MORE until the result is there, and then that one. */
static void check_prefixes(struct slice input, enum smtp_line result, size_t used)
{
    for (size_t len = 0; len < used; len++) {
        struct slice line;
        size_t short_used;

        ensure(smtp_parse_line(slice_part(input, 0, len), SMTP_LINE_MAX, &line, &short_used) ==
               SMTP_LINE_MORE);
    }
    ensure(result != SMTP_LINE_MORE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice input = {(const char *)data, size};

    (void)smtp_parse_is_tls(input);
    for (;;) {
        struct slice line;
        size_t used = 0;
        enum smtp_line result = smtp_parse_line(input, SMTP_LINE_MAX, &line, &used);

        if (result == SMTP_LINE_MORE || result == SMTP_LINE_TOO_LONG)
            return 0;
        ensure(used > 0 && used <= input.len);
        if (used <= 256)
            check_prefixes(input, result, used);
        if (result == SMTP_LINE_OK)
            check_command(line);
        input = slice_from(input, used);
    }
}
