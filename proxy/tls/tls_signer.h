#pragma once

#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>

/* The key holder's side: private keys, and signatures with them. Nothing here does I/O. */
struct tls_signer;

/* OpenSSL's memory from now on. False if OpenSSL has memory already: nothing of it may have been
 * called before. */
bool tls_signer_use_memory(void *(*allocate)(size_t size, const char *file, int line),
                           void *(*resize)(void *memory, size_t size, const char *file, int line),
                           void (*release)(void *memory, const char *file, int line))
    __attribute__((warn_unused_result));

/* `allows_old`: SHA-1 signatures, for TLS 1.0 and 1.1. */
struct tls_signer *tls_signer_new(size_t capacity, bool allows_old);
void tls_signer_free(struct tls_signer *signer);

/* The next key, numbered from 0. NULL on success, else words, and there is no such key.
 * `passphrases`: see tls_key_read. The caller wipes both texts. */
const char *tls_signer_add(struct tls_signer *signer, struct slice pem, struct slice passphrases)
    __attribute__((warn_unused_result));

/* Has `pem` to be tried with pass phrases? */
bool tls_signer_is_encrypted(struct slice pem);

/* What one thread needs to sign for one channel. The signer must live longer, and gets no key any
 * more. */
struct tls_signing;
struct tls_signing *tls_signing_new(const struct tls_signer *signer);
void tls_signing_free(struct tls_signing *signing);

/* Answers one datagram: returns the answer's length in `out` (TLS_SIGN_ANSWER_MAX bytes); 0: it is
 * malformed, and its sender loses the channel. allowed[key]: may this channel use that key?
 * `too_many`: its sender has asked too often, and gets no signature. */
size_t tls_signing_answer(struct tls_signing *signing, const bool *allowed, bool too_many,
                          struct slice datagram, char *out);
