#pragma once

#include "auth/auth_rate.h"
#include "base/address.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

/* What workers and frontd-auth say to each other: the bodies of AUTH_ASK and AUTH_ANSWER. */

#define AUTH_USER_MAX 255
#define AUTH_WORD_MAX 511 /* of a password */

struct auth_question {
    uint64_t id;           /* comes back with the answer */
    uint32_t file;         /* place in struct auth_list */
    uint32_t remember_ms;  /* how long a success may be remembered; 0: not at all */
    struct auth_rate rate; /* of failures: auth_throttle.h */
    struct address client; /* its port is not told */
    struct slice user, password;
};

enum auth_verdict {
    AUTH_ACCEPTED,
    AUTH_REMEMBERED, /* accepted without computing a hash */
    AUTH_MISMATCH,
    AUTH_NOT_FOUND, /* no such user in the file */
    AUTH_NO_FILE,   /* it cannot be read: `error` */
    AUTH_THROTTLED, /* not verified, too many failed before: again after `wait_s` */
    AUTH_BUSY,      /* too many wait already */
    AUTH_LOST,      /* nobody answered; never on the wire */
};

struct auth_answer {
    uint64_t id;
    enum auth_verdict verdict;
    int error;       /* errno */
    uint32_t wait_s; /* seconds */
};

#define AUTH_QUESTION_HEAD 48
#define AUTH_QUESTION_MAX  (AUTH_QUESTION_HEAD + AUTH_USER_MAX + AUTH_WORD_MAX)
#define AUTH_ANSWER_BYTES  20

/* Returns the length. User and password must not be longer than the wire allows. */
size_t auth_question_write(const struct auth_question *question, char out[AUTH_QUESTION_MAX]);
bool auth_question_read(struct slice body, struct auth_question *question)
    __attribute__((warn_unused_result));

void auth_answer_write(const struct auth_answer *answer, char out[AUTH_ANSWER_BYTES]);
bool auth_answer_read(struct slice body, struct auth_answer *answer)
    __attribute__((warn_unused_result));
