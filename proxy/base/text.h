#pragma once

#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

/* Text being written into memory of a fixed size. What does not fit is dropped and `overflow` is
 * set: check it once at the end instead of after every piece. */
struct text {
    char *at;
    size_t len, capacity;
    bool overflow;
};

static inline struct text text_in(char *memory, size_t capacity)
{
    return (struct text){memory, 0, capacity, false};
}

static inline struct slice text_slice(const struct text *text)
{
    return (struct slice){text->at, text->len};
}

void text_add(struct text *text, struct slice s);
void text_byte(struct text *text, char byte);
void text_number(struct text *text, uint64_t number);
void text_hex(struct text *text, uint64_t number); /* lower case, no prefix, no padding */
void text_pad(struct text *text, uint64_t number, unsigned digits); /* with leading zeros */

/* Peer bytes made safe for a line of a log: printable ASCII as it is; '"', '\\', control and
 * non-ASCII bytes as \xHH (nginx's default escape, so its log readers agree). */
void text_escape(struct text *text, struct slice s);

/* Length of the UTF-8 character at the start of `s`; 0 if it is not well formed or `s` is empty. */
size_t text_utf8_length(struct slice s);

/* Peer bytes inside a JSON string: \" \\ \n \r \t \b \f \u00HH; bytes that are not valid UTF-8
 * become U+FFFD, so the line is always valid JSON. */
void text_json(struct text *text, struct slice s);
