#include "http/message/http_uri.h"

#include "base/chars.h"
#include "base/number.h"

/* The longest name that DNS has (RFC 1035 3.1), and a port. */
#define AUTHORITY_MAX (255 + sizeof ":65535" - 1)

/* The byte at `*at`, an escape decoded; *at moves behind it. */
static enum http_refusal next_byte(struct slice path, size_t *at, char *byte)
{
    int high, low;

    *byte = path.at[*at];
    if (*byte != '%') {
        (*at)++;
        return HTTP_ACCEPTED;
    }
    if (path.len - *at < 3)
        return HTTP_REFUSED_TARGET_ESCAPE;
    high = chars_hex_value(path.at[*at + 1]);
    low = chars_hex_value(path.at[*at + 2]);
    if (high < 0 || low < 0)
        return HTTP_REFUSED_TARGET_ESCAPE;
    *byte = (char)(high * 16 + low);
    if (chars_is(*byte, CHARS_CONTROL))
        return HTTP_REFUSED_TARGET_ESCAPE;
    *at += 3;
    return HTTP_ACCEPTED;
}

/* `normal` ends in '/' or in a last segment that is complete: resolves that segment if it is "." or
 * "..". `start`: where the path begins in `normal`. */
static enum http_refusal close_segment(struct text *normal, size_t start)
{
    struct slice done = slice_from(text_slice(normal), start);
    size_t slash = slice_find_last(done, '/');
    struct slice segment = slice_from(done, slash + 1);
    size_t parent;

    if (slice_equal(segment, SLICE("."))) {
        normal->len -= 1;
    } else if (slice_equal(segment, SLICE(".."))) {
        parent = slice_find_last(slice_part(done, 0, slash), '/');
        if (parent == SLICE_NOT_FOUND)
            return HTTP_REFUSED_TARGET_ABOVE_ROOT;
        normal->len = start + parent + 1;
    }
    return HTTP_ACCEPTED;
}

static enum http_refusal normalise_bytes(struct slice path, bool merges, struct text *normal)
{
    size_t at = 1, start = normal->len, len;
    enum http_refusal refusal;
    char byte;

    text_byte(normal, '/');
    while (at < path.len) {
        refusal = next_byte(path, &at, &byte);
        if (refusal != HTTP_ACCEPTED)
            return refusal;
        if (byte == '/') {
            len = normal->len;
            refusal = close_segment(normal, start);
            if (refusal != HTTP_ACCEPTED)
                return refusal;
            if (normal->len != len || (merges && normal->at[normal->len - 1] == '/'))
                continue;
        }
        text_byte(normal, byte);
        if (normal->overflow)
            return HTTP_REFUSED_MEMORY;
    }
    return close_segment(normal, start);
}

/* Nothing in it that normalising would change: the usual case. */
static bool is_normal(struct slice path)
{
    for (size_t i = 0; i < path.len; i++) {
        if (path.at[i] == '%')
            return false;
        if (path.at[i] == '/' && i + 1 < path.len &&
            (path.at[i + 1] == '/' || path.at[i + 1] == '.'))
            return false;
    }
    return true;
}

enum http_refusal http_uri_normalise(struct slice path, struct text *normal)
{
    if (path.len == 0 || path.at[0] != '/')
        return HTTP_REFUSED_TARGET_FORM;
    if (is_normal(path)) {
        text_add(normal, path);
        return normal->overflow ? HTTP_REFUSED_MEMORY : HTTP_ACCEPTED;
    }
    return normalise_bytes(path, true, normal);
}

static bool port_valid(struct slice port)
{
    uint64_t number;

    return port.len == 0 || number_parse(port, 65535, &number);
}

/* "[…]": what RFC 3986 calls IP-literal, addresses only. */
static bool literal_valid(struct slice literal)
{
    for (size_t i = 0; i < literal.len; i++)
        if (!chars_is(literal.at[i], CHARS_HEX) && literal.at[i] != ':' && literal.at[i] != '.')
            return false;
    return slice_find(literal, ':') != SLICE_NOT_FOUND;
}

static bool name_valid(struct slice name)
{
    if (name.len == 0 || name.at[0] == '.' || !chars_all(name, CHARS_HOST))
        return false;
    for (size_t i = 1; i < name.len; i++)
        if (name.at[i] == '.' && name.at[i - 1] == '.')
            return false;
    return true;
}

static bool parse_literal_authority(struct slice authority, struct slice *host)
{
    size_t end = slice_find(authority, ']');
    struct slice after;

    if (end == SLICE_NOT_FOUND || !literal_valid(slice_part(authority, 1, end - 1)))
        return false;
    after = slice_from(authority, end + 1);
    if (after.len > 0 && (after.at[0] != ':' || !port_valid(slice_from(after, 1))))
        return false;
    *host = slice_part(authority, 0, end + 1);
    return true;
}

bool http_uri_parse_authority(struct slice authority, struct slice *host)
{
    struct slice name, port = authority;

    if (authority.len > AUTHORITY_MAX)
        return false;
    if (authority.len > 0 && authority.at[0] == '[')
        return parse_literal_authority(authority, host);
    name = slice_cut(&port, ':');
    if (!name_valid(name) || !port_valid(port))
        return false;
    if (name.at[name.len - 1] == '.')
        name.len--;
    *host = name;
    return true;
}

/* Cuts raw_path at its '?' and normalises what is before. */
static enum http_refusal split_path(struct arena *arena, struct http_request *request)
{
    size_t question = slice_find(request->raw_path, '?');
    struct slice path = slice_part(request->raw_path, 0, question);
    struct text normal;
    enum http_refusal refusal;

    request->has_query = question != SLICE_NOT_FOUND;
    request->query = request->has_query ? slice_from(request->raw_path, question + 1) : SLICE_NONE;
    if (is_normal(path)) {
        request->path = path;
        return HTTP_ACCEPTED;
    }
    normal = text_in(arena_alloc(arena, path.len), path.len);
    if (normal.at == NULL)
        return HTTP_REFUSED_MEMORY;
    refusal = request->keeps_slashes ? normalise_bytes(path, false, &normal)
                                     : http_uri_normalise(path, &normal);
    if (refusal == HTTP_ACCEPTED)
        request->path = text_slice(&normal);
    return refusal;
}

static struct slice lower_case(struct arena *arena, struct slice s)
{
    char *copy = arena_alloc(arena, s.len + 1);

    for (size_t i = 0; copy != NULL && i < s.len; i++)
        copy[i] = chars_lower(s.at[i]);
    return (struct slice){copy, copy == NULL ? 0 : s.len};
}

static size_t find_path(struct slice after_scheme)
{
    size_t end = 0;

    while (end < after_scheme.len && after_scheme.at[end] != '/' && after_scheme.at[end] != '?')
        end++;
    return end;
}

static enum http_refusal parse_absolute(struct arena *arena, struct http_request *request)
{
    struct slice rest = request->target;
    struct slice host;
    size_t end;

    if (slice_starts_fold(rest, SLICE("http://")))
        rest = slice_from(rest, 7);
    else if (slice_starts_fold(rest, SLICE("https://")))
        rest = slice_from(rest, 8);
    else
        return HTTP_REFUSED_TARGET_SCHEME;
    end = find_path(rest);
    request->authority = slice_part(rest, 0, end);
    if (!http_uri_parse_authority(request->authority, &host))
        return HTTP_REFUSED_TARGET_AUTHORITY;
    request->host = lower_case(arena, host);
    if (request->host.at == NULL)
        return HTTP_REFUSED_MEMORY;
    request->raw_path = slice_from(rest, end);
    if (request->raw_path.len == 0)
        request->raw_path = SLICE("/");
    else if (request->raw_path.at[0] == '?')
        request->raw_path =
            arena_format(arena, "/%.*s", (int)request->raw_path.len, request->raw_path.at);
    return request->raw_path.at == NULL ? HTTP_REFUSED_MEMORY : split_path(arena, request);
}

enum http_refusal http_uri_parse_target(struct arena *arena, struct http_request *request)
{
    struct slice target = request->target;

    for (size_t i = 0; i < target.len; i++)
        if (!chars_is(target.at[i], CHARS_TARGET))
            return HTTP_REFUSED_TARGET_BYTE;
    if (target.len > 0 && target.at[0] == '/') {
        request->raw_path = target;
        return split_path(arena, request);
    }
    if (slice_equal(target, SLICE("*"))) {
        request->raw_path = request->path = target;
        return request->method == HTTP_OPTIONS ? HTTP_ACCEPTED : HTTP_REFUSED_TARGET_FORM;
    }
    if (slice_find(target, ':') == SLICE_NOT_FOUND)
        return HTTP_REFUSED_TARGET_FORM;
    return parse_absolute(arena, request);
}

static bool must_escape(char byte, const char *marks)
{
    return (unsigned char)byte <= ' ' || (unsigned char)byte >= 0x7f || strchr(marks, byte) != NULL;
}

/* Escapes what no URI may contain and what is in `marks`. */
static struct slice escape(struct arena *arena, struct slice text, const char *marks)
{
    static const char hex[] = "0123456789ABCDEF";
    size_t count = 0, len = 0;
    char *escaped;

    for (size_t i = 0; i < text.len; i++)
        count += must_escape(text.at[i], marks);
    if (count == 0)
        return text;
    escaped = arena_alloc(arena, text.len + 2 * count);
    if (escaped == NULL)
        return SLICE_NONE;
    for (size_t i = 0; i < text.len; i++) {
        if (must_escape(text.at[i], marks)) {
            escaped[len++] = '%';
            escaped[len++] = hex[(unsigned char)text.at[i] >> 4];
            escaped[len++] = hex[(unsigned char)text.at[i] & 15];
        } else {
            escaped[len++] = text.at[i];
        }
    }
    return (struct slice){escaped, len};
}

struct slice http_uri_escape(struct arena *arena, struct slice path)
{
    return escape(arena, path, "%?#\"<>\\^`{|}");
}

struct slice http_uri_escape_argument(struct arena *arena, struct slice text)
{
    return escape(arena, text, "%?#\"<>\\^`{|}&+;");
}

struct slice http_uri_escape_component(struct arena *arena, struct slice text)
{
    return escape(arena, text, "\"#%&+/:;<=>?[\\]^{}");
}
