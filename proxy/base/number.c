#include "base/number.h"

#include "base/chars.h"

bool number_parse(struct slice s, uint64_t max, uint64_t *result)
{
    uint64_t value = 0;

    if (s.len == 0)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        if (!chars_is(s.at[i], CHARS_DIGIT))
            return false;
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, (uint64_t)(s.at[i] - '0'), &value))
            return false;
    }
    if (value > max)
        return false;
    *result = value;
    return true;
}

bool number_parse_hex(struct slice s, uint64_t max, uint64_t *result)
{
    uint64_t value = 0;

    if (s.len == 0)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        int digit = chars_hex_value(s.at[i]);

        if (digit < 0 || value > UINT64_MAX >> 4)
            return false;
        value = value << 4 | (uint64_t)digit;
    }
    if (value > max)
        return false;
    *result = value;
    return true;
}

bool number_parse_size(struct slice s, uint64_t max, uint64_t *bytes)
{
    static const char letters[] = "kmg";
    unsigned shift = 0;
    uint64_t value;

    if (s.len == 0)
        return false;
    for (unsigned i = 0; i < 3; i++) {
        if (chars_lower(s.at[s.len - 1]) == letters[i]) {
            shift = (i + 1) * 10;
            s.len--;
            break;
        }
    }
    if (!number_parse(s, max >> shift, &value))
        return false;
    *bytes = value << shift;
    return true;
}

struct unit {
    struct slice name;
    uint64_t milliseconds;
};

#define SECOND ((uint64_t)1000)
#define DAY    (86400 * SECOND)

/* Largest first, which is also the order in which they may stand. */
static const struct unit units[] = {
    {{"y", 1},  365 * DAY    },
    {{"M", 1},  30 * DAY     },
    {{"w", 1},  7 * DAY      },
    {{"d", 1},  DAY          },
    {{"h", 1},  3600 * SECOND},
    {{"m", 1},  60 * SECOND  },
    {{"s", 1},  SECOND       },
    {{"ms", 2}, 1            },
};

#define UNIT_COUNT  (sizeof units / sizeof units[0])
#define UNIT_SECOND 6

static size_t span(struct slice s, enum chars_class class)
{
    size_t len = 0;

    while (len < s.len && chars_is(s.at[len], class))
        len++;
    return len;
}

/* Index of the unit `name`; UNIT_COUNT when there is none. No name at all means seconds. */
static size_t unit_index(struct slice name)
{
    if (name.len == 0)
        return UNIT_SECOND;
    for (size_t i = 0; i < UNIT_COUNT; i++)
        if (slice_equal(units[i].name, name))
            return i;
    return UNIT_COUNT;
}

bool number_parse_duration(struct slice s, uint64_t max_ms, uint64_t *milliseconds)
{
    uint64_t total = 0;
    size_t next_unit = 0;

    if (s.len == 0)
        return false;
    while (s.len > 0) {
        struct slice digits = slice_part(s, 0, span(s, CHARS_DIGIT));
        struct slice name = slice_from(s, digits.len);
        uint64_t value;
        size_t unit;

        name.len = span(name, CHARS_ALPHA);
        unit = unit_index(name);
        if (unit < next_unit || unit == UNIT_COUNT || !number_parse(digits, UINT64_MAX, &value) ||
            __builtin_mul_overflow(value, units[unit].milliseconds, &value) ||
            __builtin_add_overflow(total, value, &total))
            return false;
        next_unit = unit + 1;
        s = slice_from(s, digits.len + name.len);
        while (s.len > 1 && s.at[0] == ' ')
            s = slice_from(s, 1);
    }
    if (total > max_ms)
        return false;
    *milliseconds = total;
    return true;
}
