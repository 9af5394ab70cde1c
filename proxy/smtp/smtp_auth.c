#include "smtp/smtp_auth.h"

#include "base/arena.h"
#include "base/base64.h"
#include "base/chars.h"
#include "relay/worker.h"
#include "smtp/smtp_pending.h"
#include "smtp/smtp_session.h"

#include <stdlib.h>
#include <time.h>

/* Enough to see what a bot has to say, and an end to it. */
#define ATTEMPTS_MAX 10
#define SHOWN_MAX    128

enum mechanism {
    PLAIN,
    LOGIN,
    CRAM_MD5,
};

struct smtp_auth {
    enum mechanism mechanism;
    bool has_user;
    size_t user_len;
    char user[SHOWN_MAX + 1]; /* one more, to see that it was longer */
};

static const struct {
    const char *name, *logged; /* nginx logs LOGIN as plain, and its log readers know it so */
    const char *challenge;     /* the first one */
} mechanisms[] = {
    [PLAIN] = {"PLAIN",    "plain",    "334 \r\n"                            },
    [LOGIN] = {"LOGIN",    "plain",    "334 VXNlcm5hbWU6\r\n"                },
 /* The challenge is the same for all: nobody is let in by it. */
    [CRAM_MD5] = {"CRAM-MD5", "cram-md5", "334 PDE4OTYuNjk3MTcwOTUyQG1haWw+\r\n"},
};

/* The line of the log. */

static void write_escaped(struct text *text, struct slice bytes)
{
    static const char digits[] = "0123456789ABCDEF";
    struct slice shown = slice_part(bytes, 0, SHOWN_MAX);

    for (size_t i = 0; i < shown.len; i++) {
        unsigned char byte = (unsigned char)shown.at[i];

        if (byte > ' ' && byte < 0x7f && strchr("<>&\"'[]%\\", byte) == NULL) {
            text_byte(text, (char)byte);
        } else {
            text_byte(text, '%');
            text_byte(text, digits[byte >> 4]);
            text_byte(text, digits[byte & 15]);
        }
    }
    if (bytes.len > shown.len)
        text_add(text, SLICE("%E2%80%A6")); /* an ellipsis: it was longer */
}

static void write_time(struct text *text, uint64_t wall_us)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    time_t seconds = (time_t)(wall_us / 1000000);
    struct tm tm;

    gmtime_r(&seconds, &tm);
    text_pad(text, (uint64_t)tm.tm_mday, 2);
    text_byte(text, '/');
    text_add(text, (struct slice){months + 3 * tm.tm_mon, 3});
    text_byte(text, '/');
    text_number(text, (uint64_t)tm.tm_year + 1900);
    text_byte(text, ':');
    text_pad(text, (uint64_t)tm.tm_hour, 2);
    text_byte(text, ':');
    text_pad(text, (uint64_t)tm.tm_min, 2);
    text_byte(text, ':');
    text_pad(text, (uint64_t)tm.tm_sec, 2);
    text_add(text, SLICE(" +0000"));
}

void smtp_auth_write_line(struct text *text, uint64_t wall_us, struct slice method,
                          struct slice user, struct slice password, struct slice address)
{
    write_time(text, wall_us);
    text_add(text, SLICE(" smtp auth "));
    text_add(text, method);
    text_add(text, SLICE(" ["));
    write_escaped(text, user);
    text_add(text, SLICE("] ["));
    write_escaped(text, password);
    text_add(text, SLICE("] from "));
    text_add(text, address);
    text_byte(text, '\n');
}

/* The dialogue. */

void smtp_auth_end(struct smtp_session *smtp)
{
    if (smtp->auth == NULL)
        return;
    explicit_bzero(smtp->auth, sizeof *smtp->auth);
    free(smtp->auth);
    smtp->auth = NULL;
}

static void give_up(struct smtp_session *smtp, const char *reply)
{
    smtp_auth_end(smtp);
    smtp_session_enter(smtp, SMTP_STATE_COMMAND);
    smtp_session_refuse(smtp, reply);
}

/* Somebody has told all: it is written down, and the answer takes its time. */
static void finish(struct smtp_session *smtp, struct slice user, struct slice password)
{
    char memory[2048];
    struct text line = text_in(memory, sizeof memory);
    struct address_print address = address_print(&smtp->session->address);

    smtp_auth_write_line(&line, loop_wall_us(smtp->session->worker->loop),
                         slice_of(mechanisms[smtp->auth->mechanism].logged), user, password,
                         slice_of(address.text));
    smtp_server_write_log(smtp->server, smtp->server->auth_log, text_slice(&line));
    explicit_bzero(memory, sizeof memory);
    smtp->auths++;
    smtp_auth_end(smtp);
    smtp_session_enter(smtp, SMTP_STATE_AUTH_DELAY);
}

void smtp_auth_refuse(struct smtp_session *smtp)
{
    smtp_session_enter(smtp, SMTP_STATE_COMMAND);
    if (smtp->auths >= ATTEMPTS_MAX)
        smtp_session_end(smtp, "421 4.7.0 Too many attempts to log in\r\n", CLOSE_CLIENT_ERRORS);
    else
        smtp_pending_reply(smtp, "535 5.7.0 try again with a different username and password\r\n");
}

bool smtp_auth_split_plain(struct slice message, struct slice *user, struct slice *password)
{
    struct slice rest = message;
    struct slice name, secret;

    (void)slice_cut(&rest, '\0'); /* whom to act as */
    if (rest.at == NULL)
        return false;
    name = slice_cut(&rest, '\0');
    secret = rest;
    if (rest.at == NULL || slice_find(secret, '\0') != SLICE_NOT_FOUND)
        return false;
    *user = name;
    *password = secret;
    return true;
}

static void take_plain(struct smtp_session *smtp, struct slice message)
{
    struct slice user, password;

    if (smtp_auth_split_plain(message, &user, &password))
        finish(smtp, user, password);
    else
        give_up(smtp, "501 5.5.2 This is not what PLAIN looks like\r\n");
}

static void take_login(struct smtp_session *smtp, struct slice message)
{
    struct smtp_auth *auth = smtp->auth;

    if (auth->has_user) {
        finish(smtp, (struct slice){auth->user, auth->user_len}, message);
        return;
    }
    auth->has_user = true;
    auth->user_len = message.len < sizeof auth->user ? message.len : sizeof auth->user;
    if (auth->user_len > 0)
        memcpy(auth->user, message.at, auth->user_len);
    smtp_pending_reply(smtp, "334 UGFzc3dvcmQ6\r\n");
}

/* "user digest", RFC 2195. */
static void take_cram_md5(struct smtp_session *smtp, struct slice message)
{
    size_t blank = slice_find_last(message, ' ');

    if (blank == SLICE_NOT_FOUND)
        give_up(smtp, "501 5.5.2 This is not what CRAM-MD5 looks like\r\n");
    else
        finish(smtp, slice_part(message, 0, blank), slice_from(message, blank + 1));
}

static void take_message(struct smtp_session *smtp, struct slice message)
{
    switch (smtp->auth->mechanism) {
    case PLAIN:
        take_plain(smtp, message);
        return;
    case LOGIN:
        take_login(smtp, message);
        return;
    case CRAM_MD5:
        take_cram_md5(smtp, message);
        return;
    }
}

void smtp_auth_line(struct smtp_session *smtp, struct slice line)
{
    char message[SMTP_AUTH_LINE_MAX];
    size_t len;

    if (slice_equal(line, SLICE("*"))) {
        give_up(smtp, "501 5.7.0 Cancelled\r\n");
    } else if (!base64_decode(line, message, sizeof message, &len)) {
        give_up(smtp, "501 5.5.2 This is not base64\r\n");
    } else {
        take_message(smtp, (struct slice){message, len});
        explicit_bzero(message, len);
    }
}

static bool find_mechanism(struct slice name, enum mechanism *mechanism)
{
    for (size_t i = 0; i < sizeof mechanisms / sizeof mechanisms[0]; i++) {
        if (slice_equal_fold(name, slice_of(mechanisms[i].name))) {
            *mechanism = (enum mechanism)i;
            return true;
        }
    }
    return false;
}

void smtp_auth_start(struct smtp_session *smtp, struct slice argument)
{
    struct slice rest = argument;
    struct slice name = slice_cut(&rest, ' ');
    enum mechanism mechanism;

    if (!find_mechanism(name, &mechanism)) {
        smtp_session_refuse(smtp, name.len == 0 ? "501 5.5.4 Syntax: AUTH mechanism\r\n"
                                                : "504 5.5.4 Mechanism not supported\r\n");
        return;
    }
    if (mechanism == CRAM_MD5 && rest.at != NULL) {
        smtp_session_refuse(smtp, "501 5.7.0 This mechanism begins with a challenge\r\n");
        return;
    }
    smtp_auth_end(smtp);
    smtp->auth = memory_zero(sizeof *smtp->auth);
    smtp->auth->mechanism = mechanism;
    smtp_session_enter(smtp, SMTP_STATE_AUTH);
    rest = slice_trim(rest);
    if (rest.len == 0)
        smtp_pending_reply(smtp, mechanisms[mechanism].challenge);
    else
        smtp_auth_line(smtp, slice_equal(rest, SLICE("=")) ? SLICE("") : rest);
}
