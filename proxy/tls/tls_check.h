#pragma once

#include "base/arena.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

struct conf_sources;

/* Looks at certificates and keys as `frontd -t` needs it; no connection involved. */

struct tls_certificate_facts {
    struct slice *names; /* subjectAltName DNS names (else CN), lower case */
    size_t name_count;
    int64_t not_before, not_after; /* seconds since 1970 */
    struct slice issuer;           /* for people */
    struct slice fingerprint;      /* SHA-256 of the public key, "9b:1e:…:07" shortened */
    struct slice key_type;         /* "ECDSA P-256", "RSA 2048" */
};

/* False with words in *why when the PEM does not hold a usable chain. Results live in `arena`. */
bool tls_check_certificate(struct slice pem, struct arena *arena,
                           struct tls_certificate_facts *facts, struct slice *why);

/* Two weeks before its end, or when a third of its life is left if that is less, a certificate
 * should have been renewed. *change: when the answer will be another one (INT64_MAX: never). */
enum tls_certificate_end {
    TLS_CERTIFICATE_FAR,
    TLS_CERTIFICATE_NEAR,
    TLS_CERTIFICATE_OVER,
};
enum tls_certificate_end tls_certificate_end(const struct tls_certificate_facts *facts, int64_t now,
                                             int64_t *change);

/* Does the private key belong to the first certificate? False with words in *why; *key_fingerprint
 * is set when the key itself could be read. */
bool tls_check_key(struct slice certificate_pem, struct slice key_pem, struct arena *arena,
                   struct slice *key_fingerprint, struct slice *why);

/* The same for the key in the file `key_fd`, opened by what stands in `passphrases_fd` (-1:
 * nothing) if it is encrypted, without a byte of either in this process: the helper of `sources`, a
 * child of ours, reads them (it is started by the first call). */
bool tls_check_key_apart(struct conf_sources *sources, struct slice certificate_pem, int key_fd,
                         int passphrases_fd, struct arena *arena, struct slice *key_fingerprint,
                         struct slice *why);

/* `name` may begin with "*."; a certificate's wildcard covers one label. */
bool tls_certificate_covers(const struct tls_certificate_facts *facts, struct slice name);

/* NULL when OpenSSL takes the cipher list, else words. */
const char *tls_check_ciphers(struct slice ciphers);
