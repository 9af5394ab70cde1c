#pragma once

#include "base/slice.h"
#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a client says, one command line at a time. Pure: bytes in, slices of them out. What goes to
 * the backend is written anew from what was parsed, so that both ends always mean the same. */

/* RFC 5321 4.5.3.1.4 has 512 and lets extensions add; RFC 4954 4 has 12288 for AUTH. */
#define SMTP_LINE_MAX       2048
#define SMTP_AUTH_LINE_MAX  12288
#define SMTP_PARAMETERS_MAX 16

enum smtp_line {
    SMTP_LINE_OK,
    SMTP_LINE_MORE,
    SMTP_LINE_BARE_NEWLINE, /* ended by LF without CR: never repaired, see RFC 5321 2.3.8 */
    SMTP_LINE_BARE_RETURN,  /* a CR inside */
    SMTP_LINE_NUL,
    SMTP_LINE_TOO_LONG, /* no line end in the first `limit` bytes */
};

/* Cuts the first line off `input`. For every result but MORE and TOO_LONG *used is its length with
 * the line end, and *line what stands before it. */
enum smtp_line smtp_parse_line(struct slice input, size_t limit, struct slice *line, size_t *used);

struct smtp_command {
    struct slice verb;     /* up to the first blank, as written */
    struct slice argument; /* without blanks around it */
};

struct smtp_command smtp_parse_command(struct slice line);

/* What is no SMTP at all: it is dropped, because a browser can be made to send an SMTP session as
 * the body of a POST. */
enum smtp_foreign {
    SMTP_FOREIGN_NONE,
    SMTP_FOREIGN_HTTP,   /* a request line */
    SMTP_FOREIGN_HEADER, /* "Label: …" */
};

enum smtp_foreign smtp_parse_foreign(struct slice line);

/* Is this the start of a TLS ClientHello? One byte is enough to know. */
bool smtp_parse_is_tls(struct slice input);

struct smtp_parameter {
    struct slice keyword;
    struct slice value; /* at == NULL: none */
};

/* The argument of MAIL or RCPT. */
struct smtp_envelope {
    struct slice path; /* what stands between '<' and '>'; empty for <> */
    struct smtp_parameter parameters[SMTP_PARAMETERS_MAX];
    size_t parameter_count;
};

/* `label` is "FROM:" or "TO:". An address without angle brackets is taken when it could not mean
 * anything else. False: a syntax error. */
bool smtp_parse_envelope(struct slice argument, struct slice label, struct smtp_envelope *envelope)
    __attribute__((warn_unused_result));

/* The parameter `keyword` (in either case), or NULL. */
const struct smtp_parameter *smtp_envelope_find(const struct smtp_envelope *envelope,
                                                struct slice keyword);

/* "MAIL FROM:<path> KEY=value" and CRLF; a parameter named `without` is left out. */
void smtp_envelope_write(const struct smtp_envelope *envelope, struct slice command,
                         struct slice without, struct text *text);

/* "n" or "n LAST", RFC 3030; nothing else, since what follows is n bytes that are no commands. */
bool smtp_parse_chunk(struct slice argument, uint64_t *size, bool *is_last)
    __attribute__((warn_unused_result));

/* A name that a client may give itself: 1 to 255 visible ASCII bytes. */
bool smtp_parse_is_greeting_name(struct slice name);

/* Text of VRFY and EXPN: 1 to 512 bytes, no control characters. */
bool smtp_parse_is_text(struct slice text);
