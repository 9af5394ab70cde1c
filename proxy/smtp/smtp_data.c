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
/* 64 bytes, as the registers hold them. */
struct block {
    __m128i parts[4];
};

static inline __m128i load_part(const char *at)
{
    return _mm_loadu_si128((const __m128i *)(const void *)at);
}

static inline uint64_t part_matches(__m128i part, __m128i wanted)
{
    return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(part, wanted));
}

/* A bit for each byte of the block that is `byte`. Written out, since compilers unroll this loop
 * only when asked for more than -O2, and it is half the time. */
static inline uint64_t matches(const struct block *block, char byte)
{
    const __m128i wanted = _mm_set1_epi8(byte);

    return part_matches(block->parts[0], wanted) | part_matches(block->parts[1], wanted) << 16 |
           part_matches(block->parts[2], wanted) << 32 |
           part_matches(block->parts[3], wanted) << 48;
}

static bool has_nul(const struct block *block)
{
    __m128i least = _mm_min_epu8(_mm_min_epu8(block->parts[0], block->parts[1]),
                                 _mm_min_epu8(block->parts[2], block->parts[3]));

    return _mm_movemask_epi8(_mm_cmpeq_epi8(least, _mm_setzero_si128())) != 0;
}

/* Does one of the lines that start at these positions begin with a dot? There are one or two. */
static bool has_dot(const char *at, uint64_t line_starts)
{
    for (; line_starts != 0; line_starts &= line_starts - 1) {
        if (at[__builtin_ctzll(line_starts)] == '.')
            return true;
    }
    return false;
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
        const char *at = input.at + done;
        struct block block = {
            {load_part(at), load_part(at + 16), load_part(at + 32), load_part(at + 48)}
        };
        uint64_t cr = matches(&block, '\r');
        uint64_t lf = matches(&block, '\n');

        if (lf != (cr << 1 | after_cr) || has_nul(&block) || has_dot(at, lf << 1 | after_lf))
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
