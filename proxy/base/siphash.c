#include "base/siphash.h"

struct state {
    uint64_t a, b, c, d;
};

static uint64_t rotate(uint64_t word, unsigned by)
{
    return word << by | word >> (64 - by);
}

static void round_once(struct state *s)
{
    s->a += s->b;
    s->b = rotate(s->b, 13) ^ s->a;
    s->a = rotate(s->a, 32);
    s->c += s->d;
    s->d = rotate(s->d, 16) ^ s->c;
    s->a += s->d;
    s->d = rotate(s->d, 21) ^ s->a;
    s->c += s->b;
    s->b = rotate(s->b, 17) ^ s->c;
    s->c = rotate(s->c, 32);
}

static void take_word(struct state *s, uint64_t word)
{
    s->d ^= word;
    round_once(s);
    round_once(s);
    s->a ^= word;
}

/* Up to eight bytes, the first one lowest. */
static uint64_t word_of(struct slice bytes)
{
    uint64_t word = 0;

    for (size_t i = 0; i < bytes.len && i < 8; i++)
        word |= (uint64_t)(unsigned char)bytes.at[i] << 8 * i;
    return word;
}

uint64_t siphash(const uint64_t key[2], struct slice bytes)
{
    struct state s = {key[0] ^ 0x736f6d6570736575, key[1] ^ 0x646f72616e646f6d,
                      key[0] ^ 0x6c7967656e657261, key[1] ^ 0x7465646279746573};
    uint64_t last = (uint64_t)bytes.len << 56;

    while (bytes.len >= 8) {
        take_word(&s, word_of(bytes));
        bytes = slice_from(bytes, 8);
    }
    take_word(&s, last | word_of(bytes));
    s.c ^= 0xff;
    for (int i = 0; i < 4; i++)
        round_once(&s);
    return s.a ^ s.b ^ s.c ^ s.d;
}
