#include "http/message/http_forwarded.h"

#include "base/number.h"

bool networks_have(const struct networks *networks, const struct address *address)
{
    for (size_t i = 0; i < networks->count; i++)
        if (network_has(&networks->items[i], address))
            return true;
    return false;
}

/* "192.0.2.1", "192.0.2.1:80", "2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:80". Without a port:
 * 0. */
static bool parse_with_port(struct slice text, struct address *address)
{
    struct address parsed = {0};
    size_t colon = slice_find_last(text, ':');
    uint64_t port;

    if (address_parse(text, &parsed)) {
        *address = parsed;
        return true;
    }
    if (colon == SLICE_NOT_FOUND || !number_parse(slice_from(text, colon + 1), 65535, &port) ||
        !address_parse(slice_part(text, 0, colon), &parsed) ||
        (parsed.family == AF_INET6 && text.at[0] != '['))
        return false;
    parsed.port = (uint16_t)port;
    *address = parsed;
    return true;
}

static bool separates(char byte)
{
    return byte == ' ' || byte == ',' || byte == '\t';
}

/* Takes the last element off the list; false if there is none. */
static bool take_last(struct slice *list, struct slice *last)
{
    size_t start;

    while (list->len > 0 && separates(list->at[list->len - 1]))
        list->len--;
    start = list->len;
    while (start > 0 && !separates(list->at[start - 1]))
        start--;
    *last = slice_from(*list, start);
    list->len = start;
    return last->len > 0;
}

bool http_forwarded_client(struct slice list, const struct networks *trusted, bool recursive,
                           struct address *address, bool *stopped)
{
    bool changed = false;
    struct slice last;

    *stopped = false;
    while (take_last(&list, &last)) {
        if (!networks_have(trusted, address) || !parse_with_port(last, address)) {
            *stopped = true;
            return changed;
        }
        changed = true;
        if (!recursive) {
            *stopped = true;
            return changed;
        }
    }
    return changed;
}

bool http_forwarded_for(const struct http_field *fields, size_t count,
                        const struct networks *trusted, bool recursive, struct address *address)
{
    bool changed = false, stopped = false;

    for (size_t i = count; i > 0 && !stopped; i--)
        if (fields[i - 1].id == HTTP_FIELD_X_FORWARDED_FOR &&
            http_forwarded_client(fields[i - 1].value, trusted, recursive, address, &stopped))
            changed = true;
    return changed;
}
