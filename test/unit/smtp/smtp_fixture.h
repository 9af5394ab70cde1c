#pragma once

#include "smtp/smtp.h"
#include "smtp/smtp_service.h"
#include "support/fake_session.h"

/* A mail server with one session on it, for the tests of sessions. The backend is played by the
 * test; the logs are files in memory. */

struct fixture {
    struct worker worker;
    struct log_files files;
    struct smtp_conf conf;
    struct smtp_server server;
    struct smtp_server *servers[1];
    struct smtp_service service;
    struct listen listen;
    struct smtp_target targets[2];
    struct smtp_capabilities known[2];
    struct conf_word name;
    struct fake *fake;
};

#define FIXTURE_XCLIENT "XCLIENT NAME ADDR PROTO HELO REVERSE_NAME PORT LOGIN DESTADDR DESTPORT"
#define FIXTURE_EHLO                                                                               \
    "250-mx.internal\r\n250-PIPELINING\r\n250-SIZE 1000\r\n250-ETRN\r\n250-STARTTLS\r\n"           \
    "250-AUTH PLAIN\r\n250-" FIXTURE_XCLIENT "\r\n250-8BITMIME\r\n250 CHUNKING\r\n"

/* What is usual: one backend, STARTTLS offered, nothing known yet. Change it before the start. */
void fixture_init(struct fixture *fixture);
void fixture_start(struct fixture *fixture, const char *client);
void fixture_stop(struct fixture *fixture); /* session and all */

/* The client's bytes, then exactly this to it and to the backend. */
void says(struct fixture *fixture, const char *bytes, const char *client_hears);
void backend_says(struct fixture *fixture, const char *bytes, const char *client_hears);
void backend_hears(struct fixture *fixture, const char *bytes);

/* The greeting and an EHLO. */
void fixture_greet(struct fixture *fixture);
/* From a greeted client to a backend that waits for MAIL's reply; no words for the client yet. */
void fixture_send_mail(struct fixture *fixture, const char *mail);
/* MAIL and RCPT are accepted. */
void fixture_open_mail(struct fixture *fixture);

/* The last words, and why. */
void ends(struct fixture *fixture, const char *client_hears, enum close_reason reason);

enum fixture_log { FIXTURE_ACCESS_LOG, FIXTURE_AUTH_LOG };
const char *fixture_log(struct fixture *fixture, enum fixture_log log);
