#include "smtp/smtp_capabilities.h"

#include "base/chars.h"
#include "base/number.h"
#include "smtp/smtp_xclient.h"

/* Not passed on: what frontd does itself, what only it may use, and verbs that it refuses. Every
 * X… extension is private to the backend and its trusted peers as well. */
static const char *const dropped[] = {
    "STARTTLS", "AUTH", "ETRN", "REQUIRETLS", "BURL",  "ATRN",
    "TURN",     "SEND", "SAML", "SOML",       "PROXY",
};

static bool is_dropped(struct slice keyword)
{
    if (slice_starts_fold(keyword, SLICE("X")) || slice_starts_fold(keyword, SLICE("AUTH=")))
        return true;
    for (size_t i = 0; i < sizeof dropped / sizeof dropped[0]; i++) {
        if (slice_equal_fold(keyword, slice_of(dropped[i])))
            return true;
    }
    return false;
}

/* A line that a client could take for what it is not is not passed on. */
static bool is_printable(struct slice line)
{
    for (size_t i = 0; i < line.len; i++) {
        if (line.at[i] < ' ' || line.at[i] > '~')
            return false;
    }
    return line.len > 0 && chars_is(line.at[0], CHARS_ALPHA | CHARS_DIGIT);
}

static void keep_line(struct smtp_capabilities *capabilities, struct slice line)
{
    struct text text = {capabilities->lines, capabilities->len, sizeof capabilities->lines, false};

    if (line.len + 1 > text.capacity - text.len)
        return;
    text_add(&text, line);
    text_byte(&text, '\n');
    capabilities->len = text.len;
}

void smtp_capabilities_start(struct smtp_capabilities *capabilities)
{
    memset(capabilities, 0, offsetof(struct smtp_capabilities, lines));
    capabilities->is_known = true;
}

void smtp_capabilities_add(struct smtp_capabilities *capabilities, struct slice line)
{
    struct slice rest = slice_trim(line);
    struct slice trimmed = rest;
    struct slice keyword = slice_cut(&rest, ' ');

    if (!is_printable(trimmed))
        return;
    if (slice_equal_fold(keyword, SLICE("XCLIENT"))) {
        capabilities->has_xclient = true;
        capabilities->xclient = smtp_xclient_announced(rest);
    }
    if (slice_equal_fold(keyword, SLICE("SIZE"))) {
        capabilities->has_size = true;
        if (!number_parse(slice_trim(rest), UINT64_MAX, &capabilities->size))
            capabilities->size = 0;
        return;
    }
    if (slice_equal_fold(keyword, SLICE("PIPELINING")))
        capabilities->pipelining = true;
    if (slice_equal_fold(keyword, SLICE("CHUNKING")))
        capabilities->chunking = true;
    if (!is_dropped(keyword))
        keep_line(capabilities, trimmed);
}

void smtp_capabilities_learn(struct smtp_capabilities *capabilities, const struct smtp_reply *reply)
{
    struct slice rest = reply->lines;
    struct slice line;

    smtp_capabilities_start(capabilities);
    if (!smtp_reply_next(&rest, &line)) /* the first line is the backend's name */
        return;
    while (smtp_reply_next(&rest, &line))
        smtp_capabilities_add(capabilities, line);
}

/* One line; `previous` is held back because only the last line has a blank behind its code. */
static void write_line(struct text *text, struct slice previous, bool is_last)
{
    text_add(text, is_last ? SLICE("250 ") : SLICE("250-"));
    text_add(text, previous);
    text_add(text, SLICE("\r\n"));
}

void smtp_capabilities_write(const struct smtp_capabilities *capabilities, struct slice name,
                             bool offers_starttls, struct text *text)
{
    struct slice rest = {capabilities->lines, capabilities->len};
    char size_memory[32];
    struct text size = text_in(size_memory, sizeof size_memory);
    struct slice previous = name;

    if (!capabilities->is_known)
        rest = SLICE("PIPELINING\n"); /* frontd pipelines whatever the backend can do */
    if (capabilities->is_known && capabilities->has_size) {
        text_add(&size, SLICE("SIZE"));
        if (capabilities->size > 0) {
            text_byte(&size, ' ');
            text_number(&size, capabilities->size);
        }
        write_line(text, previous, false);
        previous = text_slice(&size);
    }
    while (rest.len > 0) {
        write_line(text, previous, false);
        previous = slice_cut(&rest, '\n');
    }
    if (offers_starttls) {
        write_line(text, previous, false);
        previous = SLICE("STARTTLS");
    }
    write_line(text, previous, true);
}

uint64_t smtp_capabilities_smaller(uint64_t a, uint64_t b)
{
    if (a == 0 || b == 0)
        return a + b;
    return a < b ? a : b;
}
