#pragma once

#include "base/slice.h"
#include "base/text.h"
#include "smtp/smtp_reply.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What EHLO answers: learnt from the backend, filtered, and told to the client. Pure. */

#define SMTP_CAPABILITIES_MAX 1024

struct smtp_capabilities {
    bool is_known; /* learnt or given; otherwise only what is safe is told */
    bool pipelining, chunking;
    bool has_xclient; /* what follows is about frontd and the backend only */
    uint32_t xclient; /* enum smtp_xclient_attribute bits */
    bool has_size;    /* SIZE is told */
    uint64_t size;    /* largest message; 0: no limit named */
    size_t len;
    char lines[SMTP_CAPABILITIES_MAX]; /* those that are passed on, SIZE left out, each ended by LF
                                        */
};

/* From a backend's answer to EHLO. Lines that are not passed on to clients (STARTTLS, AUTH, XCLIENT
 * and every other private extension) are left out; see the table in the .c file. */
void smtp_capabilities_learn(struct smtp_capabilities *capabilities,
                             const struct smtp_reply *reply);

/* Takes over one line, from a backend or from the configuration. */
void smtp_capabilities_start(struct smtp_capabilities *capabilities);
void smtp_capabilities_add(struct smtp_capabilities *capabilities, struct slice line);

/* Writes the whole answer to EHLO: `name` is frontd's, STARTTLS is added if wanted. */
void smtp_capabilities_write(const struct smtp_capabilities *capabilities, struct slice name,
                             bool offers_starttls, struct text *text);

/* SIZE, for the answer and for MAIL: the smaller one of two that are set. */
uint64_t smtp_capabilities_smaller(uint64_t a, uint64_t b);
