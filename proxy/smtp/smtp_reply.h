#pragma once

#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>

/* What a backend answers. Pure. A backend is believed no more than its grammar: three digits, the
 * same on every line, RFC 5321 4.2. */

#define SMTP_REPLY_LINE_MAX  512
#define SMTP_REPLY_LINES_MAX 100
#define SMTP_REPLY_MAX       (SMTP_REPLY_LINE_MAX * SMTP_REPLY_LINES_MAX)

enum smtp_reply_result {
    SMTP_REPLY_OK,
    SMTP_REPLY_MORE,
    SMTP_REPLY_BAD_CODE, /* no code from 200 to 599, or something else than ' ' or '-' behind it */
    SMTP_REPLY_MIXED_CODE, /* the code changed between the lines */
    SMTP_REPLY_BAD_TEXT,   /* a control character, a bare CR or LF */
    SMTP_REPLY_TOO_LONG,   /* a line over 512 bytes, or over 100 lines */
};

struct smtp_reply {
    unsigned code;
    struct slice lines; /* all of it, as it came */
};

/* Parses one whole reply at the start of `input`; on OK *used is its length and the reply points
 * into the input. */
enum smtp_reply_result smtp_reply_parse(struct slice input, struct smtp_reply *reply, size_t *used);

const char *smtp_reply_result_words(enum smtp_reply_result result);

/* Takes the text of the next line (without code and CRLF) from *rest, which begins as
 * reply->lines. False at the end. */
bool smtp_reply_next(struct slice *rest, struct slice *text);

/* Text of the first (last) line. */
struct slice smtp_reply_first(const struct smtp_reply *reply);
struct slice smtp_reply_last(const struct smtp_reply *reply);

/* What stands behind "queued as " in the last line, up to the next blank: Postfix's queue id.
 * Letters and digits, 1 to 32; otherwise empty. */
struct slice smtp_reply_queue_id(const struct smtp_reply *reply);
