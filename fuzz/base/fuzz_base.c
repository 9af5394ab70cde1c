#include "base/address.h"
#include "base/base64.h"
#include "base/ensure.h"
#include "base/number.h"
#include "base/text.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* Everything of base that reads bytes of others: what it takes it must write back, and what it
 * escapes must be safe. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_numbers(struct slice s)
{
    char written[32];
    struct text text = text_in(written, sizeof written);
    uint64_t number, same;

    if (number_parse(s, UINT64_MAX, &number)) {
        text_number(&text, number);
        ensure(number_parse(text_slice(&text), number, &same) && same == number);
        ensure(number_parse_size(s, UINT64_MAX, &same) && same == number);
    }
    text = text_in(written, sizeof written);
    if (number_parse_hex(s, UINT64_MAX, &number)) {
        text_hex(&text, number);
        ensure(number_parse_hex(text_slice(&text), number, &same) && same == number);
    }
    if (number_parse_duration(s, 1000, &number))
        ensure(number <= 1000);
}

static void check_address(struct slice s)
{
    struct address address = {.port = 25}, same = {.port = 25};
    struct sockaddr_storage storage;

    if (!address_parse(s, &address))
        return;
    ensure(address_parse(slice_of(address_print(&address).text), &same));
    ensure(address_equal(&address, &same));
    address_to_socket(&address, &storage);
    address_from_socket((struct sockaddr *)&storage, &same);
    ensure(address_equal(&address, &same));
}

static void check_base64(struct slice s)
{
    char *out = malloc(s.len + 4), *again = malloc(s.len + 4);
    size_t len, again_len;

    if (base64_decode(s, out, s.len, &len)) {
        ensure(base64_encode((struct slice){out, len}, again, s.len, &again_len));
        ensure(slice_equal((struct slice){again, again_len}, s));
    }
    free(again);
    free(out);
}

static void check_escapes(struct slice s)
{
    size_t capacity = 6 * s.len;
    char *out = malloc(capacity + 1);
    struct text text = text_in(out, capacity);

    text_escape(&text, s);
    ensure(!text.overflow);
    for (size_t i = 0; i < text.len; i++)
        ensure(out[i] >= 0x20 && out[i] < 0x7f && out[i] != '"');
    text = text_in(out, capacity);
    text_json(&text, s);
    ensure(!text.overflow);
    for (struct slice rest = text_slice(&text); rest.len > 0;
         rest = slice_from(rest, text_utf8_length(rest)))
        ensure(text_utf8_length(rest) > 0 && (unsigned char)rest.at[0] >= 0x20);
    free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice s = {(const char *)data, size};

    check_numbers(s);
    check_address(s);
    check_base64(s);
    check_escapes(s);
    return 0;
}
