#include "smtp/smtp_reply.h"

#include "base/chars.h"

static bool is_text(struct slice s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (chars_is(s.at[i], CHARS_CONTROL) && s.at[i] != '\t')
            return false;
    }
    return true;
}

/* The code of a line without its line end; 0 if it has none. */
static unsigned line_code(struct slice line)
{
    if (line.len < 3 || line.at[0] < '2' || line.at[0] > '5' ||
        !chars_is(line.at[1], CHARS_DIGIT) || !chars_is(line.at[2], CHARS_DIGIT))
        return 0;
    if (line.len > 3 && line.at[3] != ' ' && line.at[3] != '-')
        return 0;
    return (unsigned)(line.at[0] - '0') * 100 + (unsigned)(line.at[1] - '0') * 10 +
           (unsigned)(line.at[2] - '0');
}

/* Cuts a line with its CRLF from the front of *rest; *line is what stands before that. */
static enum smtp_reply_result cut_line(struct slice *rest, struct slice *line)
{
    size_t end = slice_find(slice_part(*rest, 0, SMTP_REPLY_LINE_MAX), '\n');

    if (end == SLICE_NOT_FOUND)
        return rest->len < SMTP_REPLY_LINE_MAX ? SMTP_REPLY_MORE : SMTP_REPLY_TOO_LONG;
    if (end == 0 || rest->at[end - 1] != '\r')
        return SMTP_REPLY_BAD_TEXT;
    *line = slice_part(*rest, 0, end - 1);
    *rest = slice_from(*rest, end + 1);
    return SMTP_REPLY_OK;
}

enum smtp_reply_result smtp_reply_parse(struct slice input, struct smtp_reply *reply, size_t *used)
{
    struct slice rest = input;
    unsigned first_code = 0;

    for (size_t lines = 0; lines < SMTP_REPLY_LINES_MAX; lines++) {
        struct slice line;
        enum smtp_reply_result result = cut_line(&rest, &line);
        unsigned code;

        if (result != SMTP_REPLY_OK)
            return result;
        code = line_code(line);
        if (code == 0)
            return SMTP_REPLY_BAD_CODE;
        if (first_code == 0)
            first_code = code;
        if (code != first_code)
            return SMTP_REPLY_MIXED_CODE;
        if (!is_text(line))
            return SMTP_REPLY_BAD_TEXT;
        if (line.len == 3 || line.at[3] == ' ') {
            *used = input.len - rest.len;
            reply->code = code;
            reply->lines = slice_part(input, 0, *used);
            return SMTP_REPLY_OK;
        }
    }
    return SMTP_REPLY_TOO_LONG;
}

const char *smtp_reply_result_words(enum smtp_reply_result result)
{
    switch (result) {
    case SMTP_REPLY_OK:
        return "a good reply";
    case SMTP_REPLY_MORE:
        return "an incomplete reply";
    case SMTP_REPLY_BAD_CODE:
        return "a reply without a code from 200 to 599";
    case SMTP_REPLY_MIXED_CODE:
        return "a reply with different codes on its lines";
    case SMTP_REPLY_BAD_TEXT:
        return "a reply with control characters";
    case SMTP_REPLY_TOO_LONG:
        return "a reply with a line over 512 bytes or over 100 lines";
    }
    return "";
}

bool smtp_reply_next(struct slice *rest, struct slice *text)
{
    struct slice line;

    if (cut_line(rest, &line) != SMTP_REPLY_OK)
        return false;
    *text = slice_from(line, 4);
    return true;
}

struct slice smtp_reply_first(const struct smtp_reply *reply)
{
    struct slice rest = reply->lines;
    struct slice text = SLICE_NONE;

    return smtp_reply_next(&rest, &text) ? text : SLICE_NONE;
}

struct slice smtp_reply_last(const struct smtp_reply *reply)
{
    struct slice rest = reply->lines;
    struct slice text = SLICE_NONE;

    while (smtp_reply_next(&rest, &text))
        ;
    return text;
}

struct slice smtp_reply_queue_id(const struct smtp_reply *reply)
{
    const struct slice words = SLICE("queued as ");
    struct slice rest = smtp_reply_last(reply);

    while (rest.len > words.len && !slice_starts(rest, words))
        rest = slice_from(rest, 1);
    rest = slice_from(rest, words.len);
    rest = slice_cut(&rest, ' ');
    if (rest.len > 32 || !chars_all(rest, CHARS_ALPHA | CHARS_DIGIT))
        return SLICE_NONE;
    return rest;
}
