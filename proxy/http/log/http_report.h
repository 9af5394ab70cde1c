#pragma once

#include "base/log.h"
#include "http/http_exchange.h"

/* A line about a request for the error log: the words, then client, server, request, host and
 * referrer, byte for byte as nginx writes them, since fail2ban's filters read them. */
void http_report(struct http_exchange *exchange, enum log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
