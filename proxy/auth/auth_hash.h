#pragma once

#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>

/* What stands behind a name in a password file: htpasswd's hashes, crypt(3)'s, and Dovecot's
 * {SCHEME} prefixes. Taken apart here without computing anything. */

enum auth_scheme {
#define AUTH_SCHEME(name, way, weak, words) AUTH_##name,
#include "auth/auth_schemes.def"
#undef AUTH_SCHEME
    AUTH_SCHEME_COUNT
};

/* How a scheme is verified. */
enum auth_way {
    AUTH_BY_NOTHING, /* no password fits */
    AUTH_BY_CRYPT,   /* crypt(3) */
    AUTH_BY_APR1,
    AUTH_BY_PLAIN,
    AUTH_BY_DIGEST, /* of password and salt */
};

#define AUTH_DIGEST_MAX 64 /* SHA-512 */
#define AUTH_SALT_MAX   64
#define AUTH_HASH_MAX   384 /* CRYPT_OUTPUT_SIZE: longer is no hash */

struct auth_hash {
    enum auth_scheme scheme;
    struct slice text; /* CRYPT, APR1: all of it; PLAIN: the password */
    size_t digest_len; /* DIGEST */
    size_t salt_len;
    char bytes[AUTH_DIGEST_MAX + AUTH_SALT_MAX]; /* DIGEST: digest, then salt */
};

/* `field`: what stands between the name's colon and the next one. What is no hash we know becomes
 * AUTH_UNKNOWN. `text` points into `field`. */
struct auth_hash auth_hash_parse(struct slice field);

enum auth_way auth_scheme_way(enum auth_scheme scheme);
const char *auth_scheme_words(enum auth_scheme scheme);
bool auth_scheme_is_weak(enum auth_scheme scheme);
