#pragma once

#include "base/slice.h"
#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* AUTH as a trap: nobody can log in here, but everybody may try, and each try is written down. */

struct smtp_session;
struct smtp_auth;

/* "PLAIN", "PLAIN AGEAYg==", "LOGIN", "CRAM-MD5": starts the dialogue, or replies why not. */
void smtp_auth_start(struct smtp_session *smtp, struct slice argument);

/* One line of the client in the dialogue. */
void smtp_auth_line(struct smtp_session *smtp, struct slice line);

/* The delay before the refusal is over. */
void smtp_auth_refuse(struct smtp_session *smtp);

/* Wipes and frees what a dialogue has collected. */
void smtp_auth_end(struct smtp_session *smtp);

/* The line of the auth log, newline included, as logshow's login-attempts.sh reads it:
 *   22/Nov/2026:13:34:41 +0000 smtp auth plain [user] [pass] from 192.0.2.1
 * Nine fields with single spaces, whatever user and password are. */
void smtp_auth_write_line(struct text *text, uint64_t wall_us, struct slice method,
                          struct slice user, struct slice password, struct slice address);

/* Splits the decoded message of PLAIN, RFC 4616: [authzid] NUL user NUL password. */
bool smtp_auth_split_plain(struct slice message, struct slice *user, struct slice *password)
    __attribute__((warn_unused_result));
