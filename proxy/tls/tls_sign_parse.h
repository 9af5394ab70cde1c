#pragma once

#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a worker may ask of the key holder, and what may be signed at all (reference/tls-keys.md
 * 3.2). Pure. On the wire, one datagram each, numbers as they stand in memory:
 *   request  u32 id | u16 key | u16 scheme | u16 len | u16 0 | text[len]
 *   answer   u32 id | u16 status | u16 len | signature[len] */

#define TLS_SIGN_HEAD_BYTES   12
#define TLS_SIGN_TEXT_MAX     512
#define TLS_SIGN_REQUEST_MAX  (TLS_SIGN_HEAD_BYTES + TLS_SIGN_TEXT_MAX)
#define TLS_SIGN_ANSWER_BYTES 8
#define TLS_SIGNATURE_MAX     2048 /* RSA of 16384 bits */
#define TLS_SIGN_ANSWER_MAX   (TLS_SIGN_ANSWER_BYTES + TLS_SIGNATURE_MAX)

enum tls_sign_status {
    TLS_SIGN_DONE,
    TLS_SIGN_REFUSED,     /* the scheme does not fit the key or the text */
    TLS_SIGN_UNKNOWN_KEY, /* no such key, or not for this channel */
    TLS_SIGN_TOO_MANY,
};

enum tls_key_kind {
    TLS_KEY_P256,
    TLS_KEY_P384,
    TLS_KEY_RSA,
};

/* TLS 1.0 and 1.1 sign MD5 and SHA-1 together and have no code point for it: a private one. */
#define TLS_SCHEME_RSA_MD5_SHA1 0xfe01

/* One row of the table of signature schemes (RFC 8446 4.2.3). */
struct tls_scheme {
    uint16_t code;
    bool is_rsa, is_pss;
    bool in_1_3;                   /* TLS 1.3 may use it */
    bool is_old;                   /* SHA-1: only where the configuration asks for TLS 1.0 or 1.1 */
    enum tls_key_kind kind_in_1_3; /* there the curve is part of the scheme */
    const char *digest;            /* OpenSSL's name */
};

/* NULL: no such scheme. */
const struct tls_scheme *tls_scheme_find(uint16_t code);

struct tls_sign_request {
    uint32_t id;
    uint16_t key, scheme;
    bool is_1_3;       /* a server's CertificateVerify; else ServerKeyExchange parameters */
    struct slice text; /* inside the datagram */
};

/* False: no request, or a text that no TLS server signs. Who sends that is not our worker any more.
 */
bool tls_sign_parse(struct slice datagram, struct tls_sign_request *request)
    __attribute__((warn_unused_result));

/* May this request be signed with a key of this kind? NULL: no. */
const struct tls_scheme *tls_sign_scheme(const struct tls_sign_request *request,
                                         enum tls_key_kind kind, bool allows_old);

/* The head of a request, and that of an answer. */
void tls_sign_write_request(char head[TLS_SIGN_HEAD_BYTES], uint32_t id, uint16_t key,
                            uint16_t scheme, size_t len);
void tls_sign_write_answer(char head[TLS_SIGN_ANSWER_BYTES], uint32_t id,
                           enum tls_sign_status status, size_t len);

/* False: it is no answer to request `id`. */
bool tls_sign_parse_answer(struct slice datagram, uint32_t id, uint16_t *status,
                           struct slice *signature) __attribute__((warn_unused_result));
