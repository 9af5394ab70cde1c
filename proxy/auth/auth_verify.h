#pragma once

#include "auth/auth_hash.h"
#include "base/slice.h"

#include <stdbool.h>

#define AUTH_PASSWORD_MAX 511 /* crypt(3): CRYPT_MAX_PASSPHRASE_SIZE with its NUL */

/* One computation of a hash: may take a second, so not for a loop. Comparisons take the same time
 * wherever the difference is. Safe in any thread. */
bool auth_verify(const struct auth_hash *hash, struct slice password);

/* Are they the same? In a time that depends on the lengths only. */
bool auth_equal(struct slice a, struct slice b);
