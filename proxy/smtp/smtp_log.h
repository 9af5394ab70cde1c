#pragma once

#include "base/slice.h"
#include "relay/protocol.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a mail session leaves behind: one line of JSON in the access log. */

struct smtp_session;

struct smtp_log {
    uint32_t mails, recipients, refused; /* messages taken; RCPT accepted and refused */
    bool has_starttls;
    char queue[160]; /* "4F2A1C03","4G…": queue ids as a piece of JSON; what does not fit is left
                        out */
    size_t queue_len;
    char reply[160]; /* the backend's last word on a message */
    size_t reply_len;
    char target[64]; /* the backend that was used, "host:port" */
    size_t target_len;
};

void smtp_log_reply(struct smtp_log *log, unsigned code, struct slice text);
void smtp_log_queue_id(struct smtp_log *log, struct slice id);
void smtp_log_target(struct smtp_log *log, struct slice target);

/* The line, when the session ends; its client stream must still be there. */
void smtp_log_session(const struct smtp_session *smtp, enum close_reason reason);
