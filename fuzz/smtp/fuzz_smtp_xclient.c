#include "base/chars.h"
#include "base/ensure.h"
#include "smtp/smtp_xclient.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* xtext and no more: visible ASCII, '+' only before two upper-case hexadecimal digits. */
static void check_value(struct slice value)
{
    ensure(value.len > 0 && value.len <= 255);
    for (size_t i = 0; i < value.len; i++) {
        ensure(value.at[i] > ' ' && value.at[i] < 0x7f && value.at[i] != '=');
        if (value.at[i] == '+') {
            ensure(i + 2 < value.len && chars_is(value.at[i + 1], CHARS_HEX) &&
                   chars_is(value.at[i + 2], CHARS_HEX));
            ensure(value.at[i + 1] < 'a' && value.at[i + 2] < 'a');
        }
    }
}

static void check_line(struct slice line, uint32_t announced)
{
    uint32_t seen = 0;
    struct slice rest = line;

    ensure(line.len <= SMTP_XCLIENT_LINE_MAX && slice_ends(line, SLICE("\r\n")));
    ensure(slice_starts(line, SLICE("XCLIENT ADDR=")));
    rest.len -= 2;
    (void)slice_cut(&rest, ' ');
    while (rest.len > 0) {
        struct slice value = slice_cut(&rest, ' ');
        uint32_t bit = smtp_xclient_announced(slice_cut(&value, '='));

        ensure(bit != 0 && (bit & announced) != 0 && (bit & seen) == 0);
        seen |= bit;
        check_value(value);
    }
    ensure((seen & SMTP_XCLIENT_NAME) != 0);
}

/* Bytes: announced attributes, flags, two addresses with ports, then the name. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct smtp_identity identity = {0};
    char memory[1024];
    struct text text = text_in(memory, sizeof memory);
    uint32_t announced;

    if (size < 38)
        return 0;
    announced = data[0] & 0x3f;
    identity.is_vouched = (data[1] & 1) != 0;
    identity.address.family = (data[1] & 2) != 0 ? AF_INET6 : AF_INET;
    identity.local.family = (data[1] & 4) != 0 ? AF_INET6 : AF_INET;
    identity.name_state = (enum smtp_name_state)(data[1] >> 3 & 3);
    memcpy(identity.address.bytes, data + 2, 16);
    memcpy(identity.local.bytes, data + 18, 16);
    identity.address.port = (uint16_t)(data[34] << 8 | data[35]);
    identity.local.port = (uint16_t)(data[36] << 8 | data[37]);
    identity.name = (struct slice){(const char *)data + 38, size - 38};
    if (smtp_xclient_write(&identity, announced, &text))
        check_line(text_slice(&text), announced);
    else
        ensure(text.len == 0);
    return 0;
}
