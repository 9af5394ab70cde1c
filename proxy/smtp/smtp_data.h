#pragma once

#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where a message ends that comes behind DATA. Pure. Only CRLF.CRLF ends it: whoever else may take
 * a bare LF or CR for a line end, frontd does not, and does not hand such bytes to somebody who
 * might (SMTP smuggling, CVE-2023-51764 and its kin). */

enum smtp_data_state {
    SMTP_DATA_LINE_START, /* also the start of all: "." CRLF is an empty message */
    SMTP_DATA_TEXT,
    SMTP_DATA_CR,
    SMTP_DATA_DOT, /* '.' at the start of a line */
    SMTP_DATA_DOT_CR,
};

struct smtp_data {
    enum smtp_data_state state;
    bool is_poisoned; /* a bare CR, bare LF or NUL was seen: only the end is looked for now */
};

enum smtp_data_result {
    SMTP_DATA_MORE,     /* all of the input belongs to the message */
    SMTP_DATA_END,      /* *used bytes belong to it, CRLF.CRLF included */
    SMTP_DATA_POISONED, /* given once: a bare CR, bare LF or NUL at byte *used - 1 */
};

/* Starts a message: all zero. */
void smtp_data_start(struct smtp_data *data);

/* Goes on with the next bytes. The message is handed on as it is, dots included. */
enum smtp_data_result smtp_data_scan(struct smtp_data *data, struct slice input, size_t *used);
