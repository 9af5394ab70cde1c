#pragma once

#include "base/slice.h"
#include "base/text.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

/* An IPv4 or IPv6 address with a port. IPv4 is kept as what it is, never as ::ffff:a.b.c.d: that
 * becomes IPv4 whether it comes from a socket or from text. */
struct address {
    uint8_t bytes[16]; /* network order; IPv4 uses the first four */
    uint16_t port;     /* host order */
    uint8_t family;    /* AF_INET or AF_INET6; 0: no address */
};

#define ADDRESS_TEXT_MAX 64 /* "[ipv6]:port" fits */

bool address_parse(struct slice text, struct address *address); /* host only; [v6] or v6 or v4 */
void address_text(const struct address *address, struct text *text); /* host without brackets */
void address_port_text(const struct address *address, struct text *text); /* host:port, [v6]:port */

/* Returned by value, for use in a log line: address_print(&a).text. */
struct address_print {
    char text[ADDRESS_TEXT_MAX];
};
struct address_print address_print(const struct address *address); /* host */
struct address_print address_port_print(const struct address *address);

bool address_equal(const struct address *a, const struct address *b); /* port included */
bool address_same_host(const struct address *a, const struct address *b);
bool address_is_any(const struct address *address); /* 0.0.0.0 or :: */

/* Loopback, RFC 1918, RFC 4193 (ULA), link-local: never a stranger from the Internet. */
bool address_is_private(const struct address *address);

socklen_t address_to_socket(const struct address *address, struct sockaddr_storage *socket_address);
void address_from_socket(const struct sockaddr *socket_address, struct address *address);
