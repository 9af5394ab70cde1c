#include "http/h2/http2_request.h"

#include "base/chars.h"
#include "base/number.h"
#include "base/text.h"
#include "http/message/http_request.h"
#include "http/message/http_uri.h"

/* The room for fields begins with this many and doubles. */
#define FIRST_FIELDS 24
/* What a field costs beyond its bytes (RFC 9113 6.5.2). */
#define FIELD_EXTRA 32

void http2_head_init(struct http2_head *head, struct arena *arena,
                     const struct http1_limits *limits)
{
    *head = (struct http2_head){.arena = arena, .limits = limits, .first_cookie = SIZE_MAX};
}

static void refuse(struct http2_head *head, enum http_refusal refusal)
{
    if (head->refusal == HTTP_ACCEPTED)
        head->refusal = refusal;
}

/* One field. */

static enum http_refusal check_name(struct slice name)
{
    if (name.len == 0)
        return HTTP_REFUSED_FIELD_NAME;
    for (size_t i = 0; i < name.len; i++) {
        if (!chars_is(name.at[i], CHARS_TOKEN))
            return HTTP_REFUSED_FIELD_NAME;
        if (name.at[i] >= 'A' && name.at[i] <= 'Z')
            return HTTP_REFUSED_FIELD_CASE;
    }
    return HTTP_ACCEPTED;
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t';
}

static enum http_refusal check_value(struct slice value)
{
    if (!chars_all(value, CHARS_FIELD))
        return HTTP_REFUSED_FIELD_VALUE;
    if (value.len > 0 && (is_blank(value.at[0]) || is_blank(value.at[value.len - 1])))
        return HTTP_REFUSED_FIELD_BLANK;
    return HTTP_ACCEPTED;
}

/* RFC 9113 8.2.2 */
static enum http_refusal check_connection(enum http_field_id id, struct slice value)
{
    switch ((int)id) {
    case HTTP_FIELD_CONNECTION:
    case HTTP_FIELD_KEEP_ALIVE:
    case HTTP_FIELD_PROXY_CONNECTION:
    case HTTP_FIELD_TRANSFER_ENCODING:
    case HTTP_FIELD_UPGRADE:
        return HTTP_REFUSED_FIELD_CONNECTION;
    case HTTP_FIELD_TE:
        return slice_equal_fold(value, SLICE("trailers")) ? HTTP_ACCEPTED
                                                          : HTTP_REFUSED_FIELD_CONNECTION;
    default:
        return HTTP_ACCEPTED;
    }
}

static enum http_refusal check_field(struct slice name, struct slice value, enum http_field_id id)
{
    enum http_refusal refusal = check_name(name);

    if (refusal == HTTP_ACCEPTED)
        refusal = check_value(value);
    if (refusal == HTTP_ACCEPTED)
        refusal = check_connection(id, value);
    return refusal;
}

enum http_refusal http2_field_check(struct slice name, struct slice value)
{
    if (slice_starts(name, SLICE(":")))
        return HTTP_REFUSED_PSEUDO_ORDER;
    return check_field(name, value, http_field_lookup(name));
}

/* Pseudo-header fields. */

static struct slice *pseudo_of(struct http2_head *head, struct slice name)
{
    const struct {
        struct slice name;
        struct slice *value;
    } known[] = {
        {SLICE(":method"),    &head->method   },
        {SLICE(":scheme"),    &head->scheme   },
        {SLICE(":path"),      &head->path     },
        {SLICE(":authority"), &head->authority},
        {SLICE(":protocol"),  &head->protocol },
    };

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (slice_equal(name, known[i].name))
            return known[i].value;
    return NULL;
}

static void add_pseudo(struct http2_head *head, struct slice name, struct slice value)
{
    struct slice *place = pseudo_of(head, name);
    enum http_refusal refusal = check_value(value);

    if (place == NULL)
        refuse(head, HTTP_REFUSED_PSEUDO_UNKNOWN);
    else if (head->has_regular)
        refuse(head, HTTP_REFUSED_PSEUDO_ORDER);
    else if (place->at != NULL)
        refuse(head, HTTP_REFUSED_PSEUDO_TWICE);
    else
        *place = arena_keep(head->arena, value);
    if (refusal != HTTP_ACCEPTED)
        refuse(head, refusal);
}

/* Regular fields. */

static bool make_room(struct http2_head *head)
{
    size_t room = head->room == 0 ? FIRST_FIELDS : head->room * 2;
    struct http_field *fields;

    if (head->count < head->room)
        return true;
    fields = arena_alloc(head->arena, room * sizeof *fields);
    if (fields == NULL)
        return false;
    if (head->count > 0)
        memcpy(fields, head->fields, head->count * sizeof *fields);
    head->fields = fields;
    head->room = room;
    return true;
}

static bool keep_field(struct http2_head *head, struct slice name, struct slice value,
                       enum http_field_id id)
{
    char *copy = arena_alloc(head->arena, name.len + value.len + 1);

    if (copy == NULL || !make_room(head))
        return false;
    memcpy(copy, name.at, name.len);
    if (value.len > 0)
        memcpy(copy + name.len, value.at, value.len);
    head->fields[head->count++] = (struct http_field){
        .name = {copy,            name.len },
          .value = {copy + name.len, value.len},
          .id = id
    };
    return true;
}

static void note_crumb(struct http2_head *head, struct slice value)
{
    if (head->first_cookie == SIZE_MAX)
        head->first_cookie = head->count;
    head->crumbs++;
    head->crumbs_len += value.len + 2;
}

static void add_regular(struct http2_head *head, struct slice name, struct slice value)
{
    enum http_field_id id = http_field_lookup(name);
    enum http_refusal refusal = check_field(name, value, id);

    head->has_regular = true;
    if (slice_find(name, '_') != SLICE_NOT_FOUND)
        head->has_underscores = true;
    if (refusal != HTTP_ACCEPTED)
        refuse(head, refusal);
    else if (head->count == HTTP_FIELDS_MAX)
        refuse(head, HTTP_REFUSED_FIELD_COUNT);
    else if (id == HTTP_FIELD_COOKIE)
        note_crumb(head, value);
    if (head->refusal == HTTP_ACCEPTED && !keep_field(head, name, value, id))
        refuse(head, HTTP_REFUSED_MEMORY);
}

void http2_head_add(struct http2_head *head, struct slice name, struct slice value)
{
    bool is_path = slice_equal(name, SLICE(":path"));
    size_t len = name.len + value.len;

    head->list_len += len + FIELD_EXTRA;
    if (len > (is_path ? head->limits->line : head->limits->field))
        refuse(head, is_path ? HTTP_REFUSED_LINE_TOO_LONG : HTTP_REFUSED_FIELD_TOO_LONG);
    else if (head->list_len > head->limits->head)
        refuse(head, HTTP_REFUSED_HEAD_TOO_LONG);
    else if (slice_starts(name, SLICE(":")))
        add_pseudo(head, name, value);
    else if (head->refusal == HTTP_ACCEPTED)
        add_regular(head, name, value);
}

/* The whole. */

/* RFC 9113 8.2.3: crumbs become one field again. */
static enum http_refusal join_cookies(struct http2_head *head)
{
    struct text joined;
    size_t kept = 0;

    if (head->crumbs < 2)
        return HTTP_ACCEPTED;
    joined = text_in(arena_alloc(head->arena, head->crumbs_len), head->crumbs_len);
    if (joined.at == NULL)
        return HTTP_REFUSED_MEMORY;
    for (size_t i = 0; i < head->count; i++) {
        const struct http_field *field = &head->fields[i];

        if (field->id != HTTP_FIELD_COOKIE || i == head->first_cookie)
            head->fields[kept++] = *field;
        if (field->id != HTTP_FIELD_COOKIE || field->value.len == 0)
            continue;
        if (joined.len > 0)
            text_add(&joined, SLICE("; "));
        text_add(&joined, field->value);
    }
    head->count = kept;
    head->fields[head->first_cookie].value = text_slice(&joined);
    return HTTP_ACCEPTED;
}

/* For logs, as nginx writes it. */
static void write_line(const struct http2_head *head, struct http_request *request)
{
    size_t capacity = head->method.len + head->path.len + sizeof "  HTTP/2.0";
    struct text line = text_in(arena_alloc(head->arena, capacity), capacity);

    if (line.at == NULL)
        return;
    text_add(&line, head->method);
    text_byte(&line, ' ');
    text_add(&line, head->path);
    text_add(&line, SLICE(" HTTP/2.0"));
    request->line = text_slice(&line);
}

/* Extended CONNECT asks for what HTTP/1 asks for with GET and Upgrade (RFC 8441 5). */
static enum http_refusal take_protocol(const struct http2_head *head, bool ends,
                                       struct http_request *request)
{
    if (head->protocol.at == NULL)
        return request->method == HTTP_CONNECT ? HTTP_REFUSED_CONNECT : HTTP_ACCEPTED;
    if (request->method != HTTP_CONNECT)
        return HTTP_REFUSED_PSEUDO_UNKNOWN;
    if (!slice_equal(head->protocol, SLICE("websocket")))
        return HTTP_REFUSED_PROTOCOL;
    if (ends)
        return HTTP_REFUSED_LENGTH_DIFFERS;
    request->method = HTTP_GET;
    request->method_text = SLICE("GET");
    request->wants_upgrade = true;
    return HTTP_ACCEPTED;
}

/* Of what is refused: whether it is HEAD decides what its answer is. */
static void take_words(const struct http2_head *head, struct http_request *request)
{
    request->target = head->path;
    request->method_text = head->method;
    if (http_request_check_method(request) != HTTP_ACCEPTED)
        request->method_text = SLICE_NONE;
}

/* RFC 9113 8.3.1. The scheme is looked at and not trusted: the connection's is what counts. */
static enum http_refusal take_pseudo(const struct http2_head *head, bool ends,
                                     struct http_request *request)
{
    enum http_refusal refusal;

    request->method_text = head->method;
    request->target = head->path;
    if (head->method.at == NULL || head->scheme.at == NULL || head->path.at == NULL) {
        if (slice_equal(head->method, SLICE("CONNECT")) && head->protocol.at == NULL)
            return HTTP_REFUSED_CONNECT;
        return HTTP_REFUSED_PSEUDO_MISSING;
    }
    refusal = http_request_check_method(request);
    if (refusal == HTTP_ACCEPTED)
        refusal = take_protocol(head, ends, request);
    if (refusal != HTTP_ACCEPTED)
        return refusal;
    if (!slice_equal_fold(head->scheme, SLICE("http")) &&
        !slice_equal_fold(head->scheme, SLICE("https")))
        return HTTP_REFUSED_TARGET_SCHEME;
    if (!slice_starts(head->path, SLICE("/")) && !slice_equal(head->path, SLICE("*")))
        return HTTP_REFUSED_TARGET_FORM;
    return http_uri_parse_target(head->arena, request);
}

/* The port behind a valid authority; that of the scheme is as good as none. */
static struct slice port_of(struct slice authority, struct slice scheme)
{
    size_t colon = slice_find_last(authority, ':');
    size_t bracket = slice_find_last(authority, ']');
    struct slice usual = slice_equal_fold(scheme, SLICE("https")) ? SLICE("443") : SLICE("80"),
                 port;

    if (colon == SLICE_NOT_FOUND || (bracket != SLICE_NOT_FOUND && colon < bracket))
        return SLICE_NONE;
    port = slice_from(authority, colon + 1);
    return slice_equal(port, usual) ? SLICE_NONE : port;
}

static bool names_same(const struct http2_head *head, struct slice host)
{
    struct slice ours, theirs;

    return http_uri_parse_authority(head->authority, &ours) &&
           http_uri_parse_authority(host, &theirs) && slice_equal_fold(ours, theirs) &&
           slice_equal(port_of(head->authority, head->scheme), port_of(host, head->scheme));
}

/* :authority is the Host that everything behind this knows; one beside it must say the same. */
static enum http_refusal take_authority(struct http2_head *head, struct http_request *request)
{
    struct slice host = http_field_value(head->fields, head->count, HTTP_FIELD_HOST);

    if (head->authority.at != NULL && host.at == NULL) {
        if (!make_room(head))
            return HTTP_REFUSED_MEMORY;
        head->fields[head->count++] = (struct http_field){
            .name = SLICE("host"), .value = head->authority, .id = HTTP_FIELD_HOST};
    } else if (head->authority.at != NULL && !names_same(head, host)) {
        return HTTP_REFUSED_HOST_DIFFERS;
    }
    return http_request_check_host(head->fields, head->count, head->arena, request);
}

static enum http_refusal take_framing(const struct http2_head *head, bool ends,
                                      struct http_request *request)
{
    bool has_length = http_fields_count(head->fields, head->count, HTTP_FIELD_CONTENT_LENGTH) > 0;
    enum http_refusal refusal = http_request_check_length(head->fields, head->count, request);

    if (refusal != HTTP_ACCEPTED)
        return refusal;
    if (request->wants_upgrade)
        request->framing = HTTP_NO_BODY;
    else if (ends && request->content_length > 0)
        return HTTP_REFUSED_LENGTH_DIFFERS;
    else if (!ends && !has_length)
        request->framing = HTTP_CHUNKED;
    return HTTP_ACCEPTED;
}

enum http_refusal http2_head_finish(struct http2_head *head, bool ends,
                                    struct http_request *request)
{
    enum http_refusal refusal = head->refusal;

    request->minor = 1;
    request->is_http2 = true;
    request->has_underscores = head->has_underscores;
    request->keep_alive = true;
    request->method = http_method_lookup(head->method); /* also of what is refused: HEAD */
    write_line(head, request);
    if (refusal == HTTP_ACCEPTED)
        refusal = take_pseudo(head, ends, request);
    else
        take_words(head, request);
    if (refusal == HTTP_ACCEPTED)
        refusal = join_cookies(head);
    if (refusal == HTTP_ACCEPTED)
        refusal = take_authority(head, request);
    if (refusal == HTTP_ACCEPTED)
        refusal = http_request_check_once(head->fields, head->count);
    request->fields = head->fields;
    request->field_count = head->count;
    if (refusal == HTTP_ACCEPTED)
        refusal = take_framing(head, ends, request);
    request->expects_continue =
        http_fields_have_token(head->fields, head->count, HTTP_FIELD_EXPECT, SLICE("100-continue"));
    return refusal;
}
