#pragma once

/* What is refused, and how: one row each in http_rules.def. */
enum http_refusal {
    HTTP_ACCEPTED,
#define HTTP_RULE(name, status, words) HTTP_REFUSED_##name,
#include "http/message/http_rules.def"
#undef HTTP_RULE
};

unsigned http_refusal_status(enum http_refusal refusal);   /* 200 for HTTP_ACCEPTED */
const char *http_refusal_words(enum http_refusal refusal); /* for a log line */
