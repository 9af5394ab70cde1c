#include "http/proxy/http_attempts.h"

#include <stddef.h>

void http_attempts_add(struct http_attempts *attempts, struct http_attempt *attempt)
{
    *(attempts->last == NULL ? &attempts->first : &attempts->last->next) = attempt;
    attempts->last = attempt;
}
