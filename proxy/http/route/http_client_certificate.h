#pragma once

#include "http/http_exchange.h"

/* Over TLS: is the server that the handshake named another one than Host chose? */
bool http_is_misdirected(const struct http_exchange *exchange);

/* ssl_verify_client. True: the request was answered, because its server wants a certificate that
 * the client has not shown, or because the client chose another server in the handshake than with
 * Host (421, RFC 9110 15.5.20). Call it where exchange->server->verify is not off. */
bool http_client_certificate_refuses(struct http_exchange *exchange);
