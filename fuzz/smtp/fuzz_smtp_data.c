#include "base/ensure.h"
#include "smtp/smtp_data.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct outcome {
    size_t end, poisoned;
};

static struct outcome run(struct slice input, size_t step)
{
    struct smtp_data scanner;
    struct outcome outcome = {0, 0};
    size_t at = 0;

    smtp_data_start(&scanner);
    while (at < input.len) {
        struct slice piece = slice_part(input, at, step);
        size_t used = 0;
        enum smtp_data_result result = smtp_data_scan(&scanner, piece, &used);

        ensure(used > 0 && used <= piece.len);
        at += used;
        if (result == SMTP_DATA_POISONED) {
            ensure(outcome.poisoned == 0);
            outcome.poisoned = at;
        }
        if (result == SMTP_DATA_END) {
            outcome.end = at;
            return outcome;
        }
    }
    return outcome;
}

/* The end by its definition, and nothing bare before the poisoned notice. */
static void check(struct slice input, struct outcome outcome)
{
    size_t clean = outcome.poisoned > 0 ? outcome.poisoned - 1
                   : outcome.end > 0    ? outcome.end
                                        : input.len;

    if (outcome.end > 0) {
        ensure(outcome.end == 3 ||
               slice_equal(slice_part(input, outcome.end - 5, 5), SLICE("\r\n.\r\n")));
        ensure(slice_equal(slice_part(input, outcome.end - 3, 3), SLICE(".\r\n")));
    }
    for (size_t i = 0; i < clean; i++) {
        ensure(input.at[i] != '\0');
        ensure(input.at[i] != '\n' || (i > 0 && input.at[i - 1] == '\r'));
        ensure(input.at[i] != '\r' || i + 1 >= clean || input.at[i + 1] == '\n');
    }
}

/* The first byte says how the rest is cut into pieces. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice input;
    struct outcome whole, pieces;

    if (size == 0)
        return 0;
    input = (struct slice){(const char *)data + 1, size - 1};
    whole = run(input, input.len);
    pieces = run(input, (size_t)data[0] + 1);
    ensure(whole.end == pieces.end && whole.poisoned == pieces.poisoned);
    check(input, whole);
    return 0;
}
