#pragma once

#include "base/slice.h"
#include "base/text.h"
#include "http/conf/http_conf.h"

/* A variable's value as a log line has it (reference/http.md 1.9). Missing (at == NULL): "-", under
 * json nothing. */
void http_log_escape(struct text *line, struct slice value, enum http_escape escape);
