#include "smtp/smtp_data.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

void smtp_data_start(struct smtp_data *data)
{
    *data = (struct smtp_data){SMTP_DATA_LINE_START, false};
}

/* One byte through the automaton. Sets *bad when the byte shows that a line end was bare, or is a
 * NUL. Returns true when it ends the message. */
static bool step(struct smtp_data *data, char byte, bool *bad)
{
    bool after_cr = data->state == SMTP_DATA_CR || data->state == SMTP_DATA_DOT_CR;
    enum smtp_data_state from = data->state;

    *bad = byte == '\0' || after_cr != (byte == '\n');
    if (byte == '\n' && after_cr)
        data->state = SMTP_DATA_LINE_START;
    else if (byte == '\r')
        data->state = from == SMTP_DATA_DOT ? SMTP_DATA_DOT_CR : SMTP_DATA_CR;
    else if (byte == '.' && from == SMTP_DATA_LINE_START)
        data->state = SMTP_DATA_DOT;
    else
        data->state = SMTP_DATA_TEXT;
    return byte == '\n' && from == SMTP_DATA_DOT_CR;
}

#define BLOCK 64

#ifdef __SSE2__
/* A bit for each of the 64 bytes from `at` on that is `byte`. */
static uint64_t matches(const char *at, char byte)
{
    const __m128i wanted = _mm_set1_epi8(byte);
    uint64_t bits = 0;

    for (int i = 0; i < 4; i++) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)(at + 16 * i));

        bits |= (uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, wanted)) << (16 * i);
    }
    return bits;
}

/* Skips whole blocks in which every CR is followed by LF, every LF follows a CR, no line begins
 * with a dot and no byte is NUL; that is nearly all there is. Returns the number of bytes skipped.
 */
static size_t skip_plain_blocks(struct smtp_data *data, struct slice input)
{
    uint64_t after_cr = data->state == SMTP_DATA_CR;
    uint64_t after_lf = data->state == SMTP_DATA_LINE_START;
    size_t done = 0;

    if (data->is_poisoned || data->state == SMTP_DATA_DOT || data->state == SMTP_DATA_DOT_CR)
        return 0;
    for (; input.len - done >= BLOCK; done += BLOCK) {
        uint64_t cr = matches(input.at + done, '\r');
        uint64_t lf = matches(input.at + done, '\n');
        uint64_t line_start = lf << 1 | after_lf;

        if (lf != (cr << 1 | after_cr) || (line_start & matches(input.at + done, '.')) != 0 ||
            matches(input.at + done, '\0') != 0)
            break;
        after_cr = cr >> 63;
        after_lf = lf >> 63;
    }
    if (done > 0)
        data->state = after_cr ? SMTP_DATA_CR : after_lf ? SMTP_DATA_LINE_START : SMTP_DATA_TEXT;
    return done;
}
#else

static size_t skip_plain_blocks(struct smtp_data *data, struct slice input)
{
    (void)data, (void)input;
    return 0;
}
#endif

enum smtp_data_result smtp_data_scan(struct smtp_data *data, struct slice input, size_t *used)
{
    size_t i = 0;

    while (i < input.len) {
        size_t slow_end;

        i += skip_plain_blocks(data, slice_from(input, i));
        slow_end = input.len - i > BLOCK ? i + BLOCK : input.len;
        while (i < slow_end) {
            bool bad;
            bool ended = step(data, input.at[i++], &bad);

            if (ended || (bad && !data->is_poisoned)) {
                *used = i;
                data->is_poisoned = data->is_poisoned || bad;
                return ended ? SMTP_DATA_END : SMTP_DATA_POISONED;
            }
        }
    }
    *used = input.len;
    return SMTP_DATA_MORE;
}
