#include "auth/auth_wire.h"

#include "base/ensure.h"

_Static_assert(sizeof(struct auth_rate) == 8, "two numbers");

/* Numbers in the machine's own byte order: both ends are the same machine. */

size_t auth_question_write(const struct auth_question *question, char out[AUTH_QUESTION_MAX])
{
    uint16_t lengths[2] = {(uint16_t)question->user.len, (uint16_t)question->password.len};
    uint32_t family = question->client.family;
    char *at = out + AUTH_QUESTION_HEAD;

    ensure(question->user.len <= AUTH_USER_MAX && question->password.len <= AUTH_WORD_MAX);
    memcpy(out, &question->id, 8);
    memcpy(out + 8, &question->file, 4);
    memcpy(out + 12, &question->remember_ms, 4);
    memcpy(out + 16, lengths, 4);
    memcpy(out + 20, &question->rate, 8);
    memcpy(out + 28, &family, 4);
    memcpy(out + 32, question->client.bytes, 16);
    if (lengths[0] > 0)
        memcpy(at, question->user.at, lengths[0]);
    if (lengths[1] > 0)
        memcpy(at + lengths[0], question->password.at, lengths[1]);
    return AUTH_QUESTION_HEAD + (size_t)lengths[0] + lengths[1];
}

/* 0: a client without an address */
static bool is_family(uint32_t family)
{
    return family == 0 || family == AF_INET || family == AF_INET6;
}

bool auth_question_read(struct slice body, struct auth_question *question)
{
    uint16_t lengths[2];
    uint32_t family;

    if (body.len < AUTH_QUESTION_HEAD)
        return false;
    memcpy(&question->id, body.at, 8);
    memcpy(&question->file, body.at + 8, 4);
    memcpy(&question->remember_ms, body.at + 12, 4);
    memcpy(lengths, body.at + 16, 4);
    memcpy(&question->rate, body.at + 20, 8);
    memcpy(&family, body.at + 28, 4);
    memcpy(question->client.bytes, body.at + 32, 16);
    if (!auth_rate_is_sound(&question->rate) || !is_family(family))
        return false;
    question->client.family = (uint8_t)family;
    question->client.port = 0;
    if (lengths[0] > AUTH_USER_MAX || lengths[1] > AUTH_WORD_MAX ||
        body.len != AUTH_QUESTION_HEAD + (size_t)lengths[0] + lengths[1])
        return false;
    question->user = slice_part(body, AUTH_QUESTION_HEAD, lengths[0]);
    question->password = slice_part(body, AUTH_QUESTION_HEAD + (size_t)lengths[0], lengths[1]);
    return true;
}

void auth_answer_write(const struct auth_answer *answer, char out[AUTH_ANSWER_BYTES])
{
    uint32_t numbers[3] = {(uint32_t)answer->verdict, (uint32_t)answer->error, answer->wait_s};

    memcpy(out, &answer->id, 8);
    memcpy(out + 8, numbers, 12);
}

bool auth_answer_read(struct slice body, struct auth_answer *answer)
{
    uint32_t numbers[3];

    if (body.len != AUTH_ANSWER_BYTES)
        return false;
    memcpy(&answer->id, body.at, 8);
    memcpy(numbers, body.at + 8, 12);
    if (numbers[0] >= AUTH_LOST || numbers[1] > INT32_MAX)
        return false;
    answer->verdict = (enum auth_verdict)numbers[0];
    answer->error = (int)numbers[1];
    answer->wait_s = numbers[2];
    return true;
}
