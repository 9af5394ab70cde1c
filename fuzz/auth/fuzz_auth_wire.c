/* What a worker that was taken over may send to frontd-auth, and the other way round. */
#include "auth/auth_wire.h"
#include "base/ensure.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice body = {(const char *)data, size};
    struct auth_question question;
    struct auth_answer answer;
    char again[AUTH_QUESTION_MAX];

    if (auth_question_read(body, &question)) {
        ensure(question.user.len <= AUTH_USER_MAX && question.password.len <= AUTH_WORD_MAX);
        ensure(auth_question_write(&question, again) == size);
        ensure(memcmp(again, data, size) == 0);
    }
    if (auth_answer_read(body, &answer))
        ensure(answer.verdict < AUTH_LOST && answer.error >= 0);
    return 0;
}
