#include "auth/auth_apr1.h"

#include "auth/auth_digest.h"
#include "base/text.h"

/* The algorithm is Poul-Henning Kamp's MD5 crypt of FreeBSD with another magic word. */

#define MAGIC      "$apr1$"
#define SALT_MAX   8
#define ROUNDS     1000
#define MD5_BYTES  16
#define PIECES_MAX 96 /* enough for the bits and the sixteens of a long password */

struct pieces {
    struct slice list[PIECES_MAX];
    size_t count;
};

static void add(struct pieces *pieces, struct slice piece)
{
    if (pieces->count < PIECES_MAX)
        pieces->list[pieces->count++] = piece;
}

static bool compute(const struct pieces *pieces, char out[AUTH_DIGEST_BYTES_MAX])
{
    return pieces->count < PIECES_MAX &&
           auth_digest(AUTH_DIGEST_MD5, pieces->list, pieces->count, out) == MD5_BYTES;
}

static bool begin(struct slice password, struct slice salt, char out[AUTH_DIGEST_BYTES_MAX])
{
    char alternate[AUTH_DIGEST_BYTES_MAX];
    struct pieces pieces = {.count = 0};

    add(&pieces, password);
    add(&pieces, salt);
    add(&pieces, password);
    if (!compute(&pieces, alternate))
        return false;
    pieces.count = 0;
    add(&pieces, password);
    add(&pieces, SLICE(MAGIC));
    add(&pieces, salt);
    for (size_t left = password.len; left > 0; left -= left < MD5_BYTES ? left : MD5_BYTES)
        add(&pieces, (struct slice){alternate, left < MD5_BYTES ? left : MD5_BYTES});
    for (size_t bits = password.len; bits > 0; bits >>= 1)
        add(&pieces, (bits & 1) != 0 ? SLICE("\0") : slice_part(password, 0, 1));
    return compute(&pieces, out);
}

static bool stretch(struct slice password, struct slice salt, char bytes[AUTH_DIGEST_BYTES_MAX])
{
    struct slice so_far = {bytes, MD5_BYTES};

    for (unsigned i = 0; i < ROUNDS; i++) {
        struct pieces pieces = {.count = 0};

        add(&pieces, (i & 1) != 0 ? password : so_far);
        if (i % 3 != 0)
            add(&pieces, salt);
        if (i % 7 != 0)
            add(&pieces, password);
        add(&pieces, (i & 1) != 0 ? so_far : password);
        if (!compute(&pieces, bytes))
            return false;
    }
    return true;
}

static void add_digits(struct text *text, const char *bytes, const int places[3], int digits)
{
    static const char alphabet[] =
        "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    uint32_t number = 0;

    for (int i = 0; i < 3; i++)
        number = number << 8 | (places[i] < 0 ? 0 : (unsigned char)bytes[places[i]]);
    for (; digits > 0; digits--) {
        text_byte(text, alphabet[number & 63]);
        number >>= 6;
    }
}

bool auth_apr1(struct slice password, struct slice setting, char out[AUTH_APR1_BYTES], size_t *len)
{
    static const int places[5][3] = {
        {0, 6,  12},
        {1, 7,  13},
        {2, 8,  14},
        {3, 9,  15},
        {4, 10, 5 },
    };
    static const int last[3] = {-1, -1, 11};
    struct slice rest = slice_from(setting, sizeof MAGIC - 1);
    struct slice salt = slice_part(slice_cut(&rest, '$'), 0, SALT_MAX);
    struct text text = text_in(out, AUTH_APR1_BYTES);
    char bytes[AUTH_DIGEST_BYTES_MAX];

    if (!begin(password, salt, bytes) || !stretch(password, salt, bytes))
        return false;
    text_add(&text, SLICE(MAGIC));
    text_add(&text, salt);
    text_byte(&text, '$');
    for (size_t i = 0; i < 5; i++)
        add_digits(&text, bytes, places[i], 4);
    add_digits(&text, bytes, last, 2);
    *len = text.len;
    return !text.overflow;
}
