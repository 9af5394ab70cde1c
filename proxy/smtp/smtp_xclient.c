#include "smtp/smtp_xclient.h"

#include "base/chars.h"

static const struct attribute {
    const char *name;
    enum smtp_xclient_attribute bit;
} attributes[] = {
    {"ADDR",         SMTP_XCLIENT_ADDR        },
    {"NAME",         SMTP_XCLIENT_NAME        },
    {"REVERSE_NAME", SMTP_XCLIENT_REVERSE_NAME},
    {"PORT",         SMTP_XCLIENT_PORT        },
    {"DESTADDR",     SMTP_XCLIENT_DESTADDR    },
    {"DESTPORT",     SMTP_XCLIENT_DESTPORT    },
};

#define ATTRIBUTE_COUNT (sizeof attributes / sizeof attributes[0])

uint32_t smtp_xclient_announced(struct slice words)
{
    uint32_t announced = 0;

    while (words.len > 0) {
        struct slice word = slice_cut(&words, ' ');

        for (size_t i = 0; i < ATTRIBUTE_COUNT; i++) {
            if (slice_equal_fold(word, slice_of(attributes[i].name)))
                announced |= attributes[i].bit;
        }
    }
    return announced;
}

/* xtext, RFC 3461 4: '+', '=' and all that is not visible ASCII as +HH. */
static void write_xtext(struct text *text, struct slice value)
{
    static const char digits[] = "0123456789ABCDEF";

    for (size_t i = 0; i < value.len; i++) {
        unsigned char byte = (unsigned char)value.at[i];

        if (byte > ' ' && byte < 0x7f && byte != '+' && byte != '=') {
            text_byte(text, (char)byte);
        } else {
            text_byte(text, '+');
            text_byte(text, digits[byte >> 4]);
            text_byte(text, digits[byte & 15]);
        }
    }
}

/* What DNS gave may be anything: only what Postfix's valid_hostname would take is a name. */
static bool is_host_name(struct slice name)
{
    return name.len > 0 && name.len <= 255 && chars_all(name, CHARS_HOST) &&
           name.at[name.len - 1] != '.' && name.at[0] != '.' && name.at[0] != '-' &&
           name.at[name.len - 1] != '-';
}

static void write_address(struct text *text, const struct address *address, bool is_known)
{
    struct address_print print = address_print(address);

    if (!is_known || address->family == 0) {
        text_add(text, SLICE("[UNAVAILABLE]"));
        return;
    }
    if (address->family == AF_INET6)
        text_add(text, SLICE("IPV6:"));
    write_xtext(text, slice_of(print.text));
}

/* REVERSE_NAME is what the PTR says, NAME only what the forward lookup confirms. */
static void write_name(struct text *text, const struct smtp_identity *identity, bool is_reverse)
{
    enum smtp_name_state state = identity->name_state;

    if (!identity->is_vouched || !(state == SMTP_NAME_UNKNOWN_NOW || is_host_name(identity->name)))
        state = SMTP_NAME_NONE;
    if (state == SMTP_NAME_CONFIRMED || (state == SMTP_NAME_UNCONFIRMED && is_reverse))
        write_xtext(text, identity->name);
    else if (state == SMTP_NAME_UNKNOWN_NOW)
        text_add(text, SLICE("[TEMPUNAVAIL]"));
    else
        text_add(text, SLICE("[UNAVAILABLE]"));
}

static void write_value(struct text *text, const struct smtp_identity *identity,
                        enum smtp_xclient_attribute attribute)
{
    switch (attribute) {
    case SMTP_XCLIENT_ADDR:
        write_address(text, &identity->address, identity->is_vouched);
        return;
    case SMTP_XCLIENT_NAME:
        write_name(text, identity, false);
        return;
    case SMTP_XCLIENT_REVERSE_NAME:
        write_name(text, identity, true);
        return;
    case SMTP_XCLIENT_PORT:
        text_number(text, identity->address.port);
        return;
    case SMTP_XCLIENT_DESTADDR:
        write_address(text, &identity->local, true);
        return;
    case SMTP_XCLIENT_DESTPORT:
        text_number(text, identity->local.port);
        return;
    }
}

static void write_line(const struct smtp_identity *identity, uint32_t wanted, struct text *text)
{
    text_add(text, SLICE("XCLIENT"));
    for (size_t i = 0; i < ATTRIBUTE_COUNT; i++) {
        if ((wanted & attributes[i].bit) == 0)
            continue;
        text_byte(text, ' ');
        text_add(text, slice_of(attributes[i].name));
        text_byte(text, '=');
        write_value(text, identity, attributes[i].bit);
    }
    text_add(text, SLICE("\r\n"));
}

bool smtp_xclient_write(const struct smtp_identity *identity, uint32_t announced, struct text *text)
{
    char memory[SMTP_XCLIENT_LINE_MAX];
    struct text line = text_in(memory, sizeof memory);
    uint32_t needed = SMTP_XCLIENT_ADDR | SMTP_XCLIENT_NAME;

    if ((announced & needed) != needed)
        return false;
    write_line(identity, announced, &line);
    if (line.overflow) {
        /* Only two long names do that, and then NAME is known: Postfix takes it for both. */
        line = text_in(memory, sizeof memory);
        write_line(identity, announced & ~(uint32_t)SMTP_XCLIENT_REVERSE_NAME, &line);
    }
    text_add(text, text_slice(&line));
    return true;
}
