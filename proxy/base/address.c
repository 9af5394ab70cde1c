#include "base/address.h"

#include "base/ensure.h"

#include <arpa/inet.h>

static size_t address_size(const struct address *address)
{
    return address->family == AF_INET ? 4 : 16;
}

/* ::ffff:a.b.c.d becomes what it stands for. */
static void unmap(struct address *address)
{
    static const uint8_t prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

    if (address->family != AF_INET6 || memcmp(address->bytes, prefix, sizeof prefix) != 0)
        return;
    address->family = AF_INET;
    memmove(address->bytes, address->bytes + sizeof prefix, 4);
    memset(address->bytes + 4, 0, sizeof address->bytes - 4);
}

bool address_parse(struct slice text, struct address *address)
{
    struct address parsed = {.port = address->port};
    char host[INET6_ADDRSTRLEN];

    if (text.len >= 2 && text.at[0] == '[' && text.at[text.len - 1] == ']')
        text = slice_part(text, 1, text.len - 2);
    else if (slice_find(text, ':') == SLICE_NOT_FOUND)
        parsed.family = AF_INET;
    if (parsed.family == 0)
        parsed.family = AF_INET6;
    if (text.len == 0 || text.len >= sizeof host)
        return false;
    memcpy(host, text.at, text.len);
    host[text.len] = '\0';
    if (strlen(host) != text.len || inet_pton(parsed.family, host, parsed.bytes) != 1)
        return false;
    unmap(&parsed);
    *address = parsed;
    return true;
}

void address_text(const struct address *address, struct text *text)
{
    char host[INET6_ADDRSTRLEN];

    if (address->family == 0) {
        text_add(text, SLICE("unknown"));
        return;
    }
    ensure(inet_ntop(address->family, address->bytes, host, sizeof host) != NULL);
    text_add(text, slice_of(host));
}

void address_port_text(const struct address *address, struct text *text)
{
    if (address->family == AF_INET6)
        text_byte(text, '[');
    address_text(address, text);
    if (address->family == AF_INET6)
        text_byte(text, ']');
    text_byte(text, ':');
    text_number(text, address->port);
}

struct address_print address_print(const struct address *address)
{
    struct address_print print;
    struct text text = text_in(print.text, sizeof print.text - 1);

    address_text(address, &text);
    print.text[text.len] = '\0';
    return print;
}

struct address_print address_port_print(const struct address *address)
{
    struct address_print print;
    struct text text = text_in(print.text, sizeof print.text - 1);

    address_port_text(address, &text);
    print.text[text.len] = '\0';
    return print;
}

bool address_same_host(const struct address *a, const struct address *b)
{
    return a->family == b->family && memcmp(a->bytes, b->bytes, address_size(a)) == 0;
}

bool address_equal(const struct address *a, const struct address *b)
{
    return a->port == b->port && address_same_host(a, b);
}

bool address_is_any(const struct address *address)
{
    static const uint8_t zero[16];

    return memcmp(address->bytes, zero, address_size(address)) == 0;
}

bool address_is_private(const struct address *address)
{
    const uint8_t *b = address->bytes;

    if (address->family == AF_INET)
        return b[0] == 127 || b[0] == 10 || (b[0] == 172 && (b[1] & 0xf0) == 16) ||
               (b[0] == 192 && b[1] == 168) || (b[0] == 169 && b[1] == 254) || b[0] == 0;
    if ((b[0] & 0xfe) == 0xfc || (b[0] == 0xfe && (b[1] & 0xc0) == 0x80))
        return true;
    return IN6_IS_ADDR_LOOPBACK((const struct in6_addr *)(const void *)b) ||
           address_is_any(address);
}

socklen_t address_to_socket(const struct address *address, struct sockaddr_storage *socket_address)
{
    memset(socket_address, 0, sizeof *socket_address);
    if (address->family == AF_INET) {
        struct sockaddr_in *in = (struct sockaddr_in *)socket_address;

        in->sin_family = AF_INET;
        in->sin_port = htons(address->port);
        memcpy(&in->sin_addr, address->bytes, 4);
        return sizeof *in;
    }
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)socket_address;

    in6->sin6_family = AF_INET6;
    in6->sin6_port = htons(address->port);
    memcpy(&in6->sin6_addr, address->bytes, 16);
    return sizeof *in6;
}

void address_from_socket(const struct sockaddr *socket_address, struct address *address)
{
    *address = (struct address){0};
    if (socket_address->sa_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)(const void *)socket_address;

        address->family = AF_INET;
        address->port = ntohs(in->sin_port);
        memcpy(address->bytes, &in->sin_addr, 4);
    } else if (socket_address->sa_family == AF_INET6) {
        const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)(const void *)socket_address;

        address->family = AF_INET6;
        address->port = ntohs(in6->sin6_port);
        memcpy(address->bytes, &in6->sin6_addr, 16);
        unmap(address);
    }
}
