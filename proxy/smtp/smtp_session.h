#pragma once

#include "base/slice.h"
#include "dns/dns.h"
#include "net/loop.h"
#include "relay/protocol.h"
#include "relay/session.h"
#include "smtp/smtp_auth.h"
#include "smtp/smtp_backend.h"
#include "smtp/smtp_data.h"
#include "smtp/smtp_log.h"
#include "smtp/smtp_parse.h"
#include "smtp/smtp_service.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One client's mail session: its states, beginning and end. What it reads is in smtp_input.c, each
 * verb's own part in smtp_commands.c, the order of the replies in smtp_pending.c, its backend in
 * smtp_upstream.c, the bytes of a message in smtp_body.c, how it parts in smtp_goodbye.c. */

enum smtp_state {
    SMTP_STATE_DELAY,         /* before the greeting */
    SMTP_STATE_COMMAND,       /* takes commands; replies to earlier ones may be outstanding */
    SMTP_STATE_TLS,           /* handshake behind STARTTLS */
    SMTP_STATE_AUTH,          /* answers to 334 */
    SMTP_STATE_AUTH_DELAY,    /* the 535 takes its time */
    SMTP_STATE_NAMING,        /* waits for the client's name before a backend is opened */
    SMTP_STATE_OPENING,       /* waits for the backend */
    SMTP_STATE_DATA_REPLY,    /* DATA is sent, 354 has not come */
    SMTP_STATE_DATA,          /* a message up to CRLF.CRLF */
    SMTP_STATE_DATA_SWALLOW,  /* the same, dropped */
    SMTP_STATE_CHUNK,         /* bytes behind BDAT */
    SMTP_STATE_CHUNK_SWALLOW, /* the same, dropped */
    SMTP_STATE_FINAL,         /* all of a message is sent: the backend decides */
    SMTP_STATE_CLOSED,
    SMTP_STATE_COUNT
};

enum smtp_verb_flag {
    SMTP_NEEDS_HELLO = 1 << 0,
    SMTP_NEEDS_MAIL = 1 << 1,
    SMTP_NOT_IN_MAIL = 1 << 2,
    SMTP_ENDS_GROUP = 1 << 3, /* RFC 2920 3.1: nothing may be sent before the reply */
    SMTP_WAITS = 1 << 4,      /* is looked at when all earlier replies are there */
    SMTP_BEFORE_TLS = 1 << 5, /* allowed in the clear with `starttls only` */
    SMTP_NO_ARGUMENT = 1 << 6,
    SMTP_STARTS_TLS = 1 << 7, /* bytes behind it were sent in the clear to be taken as secure */
};

enum smtp_step {
    SMTP_STEP_DONE,  /* the command line is dealt with */
    SMTP_STEP_LATER, /* it stays in the input, and comes again when the state is COMMAND */
};

struct smtp_session;
struct smtp_queue;

struct smtp_verb {
    const char *name;
    enum smtp_step (*on_command)(struct smtp_session *smtp, const struct smtp_verb *verb,
                                 struct slice argument);
    void (*on_reply)(struct smtp_session *smtp, const struct smtp_reply *reply);
    uint32_t flags; /* enum smtp_verb_flag */
};

extern const struct smtp_verb smtp_verbs[];
extern const size_t smtp_verb_count;

enum smtp_hello {
    SMTP_HELLO_NONE,
    SMTP_HELLO_HELO,
    SMTP_HELLO_EHLO,
};

struct smtp_session {
    struct session *session;
    const struct smtp_service *service;
    struct smtp_server *server;
    struct smtp_backend *backend;
    struct smtp_queue *queue; /* see smtp_pending.h */
    struct smtp_auth *auth;   /* while an AUTH dialogue is under way */
    struct loop_task task;    /* goes on with the input after something else happened */
    struct dns_lookup *lookup;
    struct slice client_name; /* from DNS, memory of its own */
    enum smtp_name_state name_state;
    enum smtp_state state;
    enum smtp_hello hello;
    char hello_name[256];
    size_t hello_len;
    uint32_t errors, auths;
    uint32_t recipients; /* accepted, of the message under way */
    bool in_mail;        /* MAIL went to the backend and was not refused so far */
    bool is_mail_broken; /* a chunk was refused: only RSET helps */
    bool has_chunks;     /* the message began with BDAT: DATA is out of place */
    bool has_partial;    /* half a line is waiting, since the deadline was set for it */
    bool has_said_goodbye;
    struct smtp_data data;
    uint64_t chunk_left;
    bool is_last_chunk;
    const char *swallow_reply; /* after SWALLOW states */
    uint64_t body_started_ms, body_bytes;
    uint64_t message_bytes; /* sent to the backend, of the message under way */
    struct smtp_log log;
};

/* For those. */

/* THE way to change the state: checks the change against a table and sets what is waited for. */
void smtp_session_enter(struct smtp_session *smtp, enum smtp_state state);

/* Sets the deadline that belongs to the state once more: something has happened. */
void smtp_session_set_deadline(struct smtp_session *smtp);

/* smtp_pending_reply to what should not have been said; too many of these end the session. */
void smtp_session_refuse(struct smtp_session *smtp, const char *reply);

/* Last words (NULL: none) and the end. */
void smtp_session_end(struct smtp_session *smtp, const char *reply, enum close_reason reason);

/* Passes the backend's reply on to the client. */
void smtp_session_pass(struct smtp_session *smtp, const struct smtp_reply *reply);

/* A reply that does not answer what was asked: ends the session. */
void smtp_session_break(struct smtp_session *smtp, const struct smtp_reply *reply);

/* Forgets everything but the connection itself (RFC 3207 4.2). */
void smtp_session_forget(struct smtp_session *smtp);

/* Nothing of a transaction is left. */
void smtp_session_end_mail(struct smtp_session *smtp);

/* Goes on with what is in the input, after the current callback. */
void smtp_session_continue(struct smtp_session *smtp);

/* The largest message, of what is announced to this client; 0: no limit known. */
uint64_t smtp_session_size_limit(const struct smtp_session *smtp);
