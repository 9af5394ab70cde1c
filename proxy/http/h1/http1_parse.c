#include "http/h1/http1_parse.h"

#include "base/chars.h"
#include "base/number.h"
#include "http/message/http_request.h"
#include "http/message/http_uri.h"

/* reference/http.md 4.1-6; backends are given more room for cookies and policies. A head has to be
 * longer than allowed before a stream stops reading because so much is waiting (64 KiB). */
const struct http1_limits http1_request_limits = {.line = 8192, .field = 8192, .head = 32768};
const struct http1_limits http1_response_limits = {.line = 8192, .field = 16384, .head = 63u << 10};

#define EMPTY_LINES_MAX        2

#define CONNECTION_OPTIONS_MAX 64

/* Finding the end. */

static enum http_refusal check_length(const struct http1_limits *limits,
                                      const struct http1_scan *scan, size_t line_end)
{
    bool is_first = scan->line == scan->start;

    if (line_end - scan->line > (is_first ? limits->line : limits->field))
        return is_first ? HTTP_REFUSED_LINE_TOO_LONG : HTTP_REFUSED_FIELD_TOO_LONG;
    if (line_end - scan->start > limits->head)
        return HTTP_REFUSED_HEAD_TOO_LONG;
    return HTTP_ACCEPTED;
}

/* A line without its CRLF is input[scan->line, end); the next one begins at `next`. */
static enum http1_result take_line(const struct http1_limits *limits, struct http1_scan *scan,
                                   size_t end, size_t next, enum http_refusal *refusal)
{
    *refusal = check_length(limits, scan, end);
    if (*refusal != HTTP_ACCEPTED)
        return HTTP1_REFUSED;
    scan->at = (uint32_t)next;
    if (end == scan->line && scan->line > scan->start)
        return HTTP1_DONE;
    if (end == scan->line) {
        scan->start = (uint32_t)next;
        *refusal = HTTP_REFUSED_EMPTY_LINES;
        if (++scan->empty_lines > EMPTY_LINES_MAX)
            return HTTP1_REFUSED;
    } else if (scan->line > scan->start) {
        *refusal = HTTP_REFUSED_FIELD_COUNT;
        if (++scan->fields > HTTP_FIELDS_MAX)
            return HTTP1_REFUSED;
    }
    scan->line = (uint32_t)next;
    return HTTP1_MORE;
}

static enum http1_result scan_rest(struct slice input, const struct http1_limits *limits,
                                   struct http1_scan *scan, enum http_refusal *refusal)
{
    *refusal = check_length(limits, scan, input.len);
    if (*refusal != HTTP_ACCEPTED)
        return HTTP1_REFUSED;
    scan->at = (uint32_t)input.len;
    return HTTP1_MORE;
}

enum http1_result http1_scan_head(struct slice input, const struct http1_limits *limits,
                                  struct http1_scan *scan, enum http_refusal *refusal)
{
    while (scan->at < input.len) {
        size_t newline = slice_find(slice_from(input, scan->at), '\n');
        enum http1_result result;

        /* Another protocol on this port: no need to wait for a line. */
        if (scan->line == scan->start && scan->at == scan->line &&
            !chars_is(input.at[scan->at], CHARS_TOKEN) && input.at[scan->at] != '\r' &&
            input.at[scan->at] != '\n') {
            *refusal = HTTP_REFUSED_METHOD;
            return HTTP1_REFUSED;
        }
        if (newline == SLICE_NOT_FOUND)
            return scan_rest(input, limits, scan, refusal);
        newline += scan->at;
        if (newline == scan->line || input.at[newline - 1] != '\r') {
            *refusal = HTTP_REFUSED_BARE_LF;
            return HTTP1_REFUSED;
        }
        result = take_line(limits, scan, newline - 1, newline + 1, refusal);
        if (result != HTTP1_MORE)
            return result;
    }
    return HTTP1_MORE;
}

bool http1_is_versionless(struct slice input, const struct http1_scan *scan)
{
    struct slice line = slice_part(input, scan->start, scan->line - scan->start);
    size_t at = line.len;

    if (line.len == 0 || scan->fields > 0 || input.len > scan->line)
        return false;
    while (at > 0 && line.at[at - 1] != ' ')
        at--;
    return !slice_starts(slice_from(line, at), SLICE("HTTP/"));
}

/* Taking it apart. */

/* The next line of a head that http1_scan_head has found, without CRLF. */
static struct slice next_line(struct slice *rest)
{
    struct slice line = slice_cut(rest, '\n');

    if (line.len > 0 && line.at[line.len - 1] == '\r')
        line.len--;
    return line;
}

static enum http_refusal value_refusal(char byte)
{
    return byte == '\r' ? HTTP_REFUSED_BARE_CR : HTTP_REFUSED_FIELD_VALUE;
}

static enum http_refusal parse_value(struct slice value, struct http_field *field)
{
    for (size_t i = 0; i < value.len; i++)
        if (!chars_is(value.at[i], CHARS_FIELD))
            return value_refusal(value.at[i]);
    field->value = slice_trim(value);
    if (field->value.len == 0)
        field->value = SLICE(""); /* there, but empty: not the same as missing in a log */
    return HTTP_ACCEPTED;
}

static enum http_refusal parse_field(struct slice line, bool allow_blank_before_colon,
                                     struct http_field *field)
{
    size_t name_len = 0, colon;

    if (line.at[0] == ' ' || line.at[0] == '\t')
        return HTTP_REFUSED_FIELD_FOLDED;
    while (name_len < line.len && chars_is(line.at[name_len], CHARS_TOKEN))
        name_len++;
    colon = name_len;
    while (allow_blank_before_colon && colon < line.len &&
           (line.at[colon] == ' ' || line.at[colon] == '\t'))
        colon++;
    if (colon == line.len)
        return HTTP_REFUSED_FIELD_COLON;
    if (name_len == 0 || line.at[colon] != ':')
        return line.at[colon] == '\r' ? HTTP_REFUSED_BARE_CR : HTTP_REFUSED_FIELD_NAME;
    field->name = slice_part(line, 0, name_len);
    field->id = http_field_lookup(field->name);
    return parse_value(slice_from(line, colon + 1), field);
}

struct fields {
    struct http_field list[HTTP_FIELDS_MAX];
    size_t count;
};

/* `request`: NULL for a response. */
static enum http_refusal parse_fields(struct slice rest, struct http_request *request,
                                      struct fields *fields)
{
    struct slice line = next_line(&rest);
    enum http_refusal refusal;

    for (; line.len > 0; line = next_line(&rest)) {
        if (fields->count == HTTP_FIELDS_MAX)
            return HTTP_REFUSED_FIELD_COUNT;
        refusal = parse_field(line, request == NULL, &fields->list[fields->count]);
        if (refusal != HTTP_ACCEPTED)
            return refusal;
        if (request != NULL && slice_find(fields->list[fields->count].name, '_') != SLICE_NOT_FOUND)
            request->has_underscores = true;
        fields->count++;
    }
    return HTTP_ACCEPTED;
}

static struct http_field *keep_fields(struct arena *arena, const struct fields *fields)
{
    size_t size = fields->count * sizeof fields->list[0];
    struct http_field *kept = arena_alloc(arena, size + 1);

    if (kept != NULL && size > 0)
        memcpy(kept, fields->list, size);
    return kept;
}

/* "HTTP/1.x" */
static enum http_refusal parse_version(struct slice version, uint8_t *minor)
{
    if (version.len != 8 || !slice_starts(version, SLICE("HTTP/")) ||
        !chars_is(version.at[5], CHARS_DIGIT) || version.at[6] != '.' ||
        !chars_is(version.at[7], CHARS_DIGIT) || version.at[5] == '0')
        return HTTP_REFUSED_VERSION;
    if (version.at[5] != '1')
        return HTTP_REFUSED_VERSION_UNKNOWN;
    *minor = version.at[7] == '0' ? 0 : 1;
    return HTTP_ACCEPTED;
}

static enum http_refusal parse_request_line(struct slice line, struct http_request *request)
{
    struct slice rest = line;
    enum http_refusal refusal;

    request->line = line;
    if (slice_find(line, '\r') != SLICE_NOT_FOUND)
        return HTTP_REFUSED_BARE_CR;
    request->method_text = slice_cut(&rest, ' ');
    request->target = slice_cut(&rest, ' ');
    refusal = http_request_check_method(request);
    if (refusal != HTTP_ACCEPTED)
        return refusal;
    if (rest.at == NULL || request->target.len == 0)
        return HTTP_REFUSED_REQUEST_LINE;
    return parse_version(rest, &request->minor);
}

/* RFC 9112 6.3 and reference/http.md 4.3, requests. */

static size_t count_fields(const struct fields *fields, enum http_field_id id)
{
    return http_fields_count(fields->list, fields->count, id);
}

/* Every field is looked up among these options, so there may not be many. */
static enum http_refusal check_options(const struct fields *fields)
{
    size_t options = 0;

    for (size_t i = 0; i < fields->count; i++) {
        struct slice rest = fields->list[i].value;

        if (fields->list[i].id != HTTP_FIELD_CONNECTION)
            continue;
        for (; rest.at != NULL; slice_cut(&rest, ','))
            if (++options > CONNECTION_OPTIONS_MAX)
                return HTTP_REFUSED_OPTION_COUNT;
    }
    return HTTP_ACCEPTED;
}

static enum http_refusal check_coding(struct slice coding)
{
    if (coding.len == 0)
        return HTTP_REFUSED_CODING_EMPTY;
    if (slice_find(coding, ',') != SLICE_NOT_FOUND)
        return HTTP_REFUSED_CODING_TWICE;
    return slice_equal_fold(coding, SLICE("chunked")) ? HTTP_ACCEPTED : HTTP_REFUSED_CODING_UNKNOWN;
}

static enum http_refusal request_framing(const struct fields *fields, struct http_request *request)
{
    size_t codings = count_fields(fields, HTTP_FIELD_TRANSFER_ENCODING);

    if (codings > 0 && count_fields(fields, HTTP_FIELD_CONTENT_LENGTH) > 0)
        return HTTP_REFUSED_LENGTH_AND_CODING;
    if (codings > 0) {
        if (request->minor == 0)
            return HTTP_REFUSED_CODING_OLD;
        if (codings > 1)
            return HTTP_REFUSED_CODING_TWICE;
        request->framing = HTTP_CHUNKED;
        return check_coding(
            http_field_value(fields->list, fields->count, HTTP_FIELD_TRANSFER_ENCODING));
    }
    return http_request_check_length(fields->list, fields->count, request);
}

static bool keeps_alive(const struct http_field *fields, size_t count, uint8_t minor)
{
    if (http_fields_have_token(fields, count, HTTP_FIELD_CONNECTION, SLICE("close")))
        return false;
    return minor >= 1 ||
           http_fields_have_token(fields, count, HTTP_FIELD_CONNECTION, SLICE("keep-alive"));
}

static void read_connection(const struct fields *fields, struct http_request *request)
{
    request->keep_alive = keeps_alive(fields->list, fields->count, request->minor);
    request->expects_continue =
        request->minor >= 1 && http_fields_have_token(fields->list, fields->count,
                                                      HTTP_FIELD_EXPECT, SLICE("100-continue"));
    request->wants_upgrade = http_request_is_websocket(fields->list, fields->count, request);
}

/* Of a head with a bad field the ones before it still tell whose error page is meant. */
static void find_server(const struct fields *fields, struct arena *arena,
                        struct http_request *request)
{
    if (http_request_check_host(fields->list, fields->count, arena, request) != HTTP_ACCEPTED)
        request->host = SLICE_NONE;
}

enum http_refusal http1_parse_request(struct slice head, struct arena *arena,
                                      struct http_request *request)
{
    struct fields fields;
    enum http_refusal refusal;

    fields.count = 0;
    refusal = parse_request_line(next_line(&head), request);
    if (refusal != HTTP_ACCEPTED)
        return refusal;
    if (request->method == HTTP_CONNECT)
        return HTTP_REFUSED_CONNECT;
    refusal = parse_fields(head, request, &fields);
    request->fields = keep_fields(arena, &fields);
    if (request->fields == NULL)
        return HTTP_REFUSED_MEMORY;
    request->field_count = fields.count;
    if (refusal != HTTP_ACCEPTED) {
        find_server(&fields, arena, request);
        return refusal;
    }
    refusal = http_uri_parse_target(arena, request);
    if (refusal == HTTP_ACCEPTED)
        refusal = http_request_check_host(fields.list, fields.count, arena, request);
    if (refusal == HTTP_ACCEPTED)
        refusal = http_request_check_once(fields.list, fields.count);
    if (refusal == HTTP_ACCEPTED)
        refusal = request_framing(&fields, request);
    if (refusal == HTTP_ACCEPTED)
        refusal = check_options(&fields);
    if (refusal == HTTP_ACCEPTED)
        read_connection(&fields, request);
    return refusal;
}

/* Responses. */

/* "HTTP/1.x 200 reason"; the reason and the blank before it may be missing. */
static enum http_refusal parse_status_line(struct slice line, struct http_response *response)
{
    struct slice code = slice_part(line, 9, 3);
    uint64_t status;

    if (parse_version(slice_part(line, 0, 8), &response->minor) != HTTP_ACCEPTED || line.len < 12 ||
        line.at[8] != ' ' || (line.len > 12 && line.at[12] != ' ') ||
        !number_parse(code, 599, &status) || status < 100)
        return HTTP_REFUSED_STATUS_LINE;
    response->status = (uint16_t)status;
    response->reason = slice_from(line, 13);
    return chars_all(response->reason, CHARS_FIELD) ? HTTP_ACCEPTED : HTTP_REFUSED_STATUS_LINE;
}

/* Several Content-Length that agree are one (RFC 9112 6.3). */
static enum http_refusal response_length(const struct fields *fields,
                                         struct http_response *response)
{
    uint64_t length;
    bool found = false;

    for (size_t i = 0; i < fields->count; i++) {
        if (fields->list[i].id != HTTP_FIELD_CONTENT_LENGTH)
            continue;
        if (!http_length_parse(fields->list[i].value, &length))
            return HTTP_REFUSED_LENGTH_INVALID;
        if (found && length != response->content_length)
            return HTTP_REFUSED_LENGTH_TWICE;
        response->content_length = length;
        found = true;
    }
    response->framing = found ? HTTP_LENGTH : HTTP_TO_CLOSE;
    return HTTP_ACCEPTED;
}

/* reference/http.md 4.5 */
static enum http_refusal response_framing(const struct fields *fields, bool to_head,
                                          struct http_response *response)
{
    size_t codings = count_fields(fields, HTTP_FIELD_TRANSFER_ENCODING);
    enum http_refusal refusal = response_length(fields, response);

    if (refusal != HTTP_ACCEPTED)
        return refusal;
    if (codings > 0) {
        if (codings > 1)
            return HTTP_REFUSED_CODING_TWICE;
        refusal = check_coding(
            http_field_value(fields->list, fields->count, HTTP_FIELD_TRANSFER_ENCODING));
        if (refusal != HTTP_ACCEPTED)
            return refusal;
        if (response->framing == HTTP_LENGTH || response->minor == 0)
            response->keep_alive = false;
        response->framing = HTTP_CHUNKED;
    }
    if (to_head || !http_status_has_body(response->status))
        response->framing = HTTP_NO_BODY;
    if (response->framing == HTTP_TO_CLOSE)
        response->keep_alive = false;
    return HTTP_ACCEPTED;
}

enum http_refusal http1_parse_response(struct slice head, bool to_head, struct arena *arena,
                                       struct http_response *response)
{
    struct fields fields;
    enum http_refusal refusal;

    fields.count = 0;
    refusal = parse_status_line(next_line(&head), response);
    if (refusal != HTTP_ACCEPTED)
        return refusal;
    refusal = parse_fields(head, NULL, &fields);
    if (refusal != HTTP_ACCEPTED)
        return refusal;
    refusal = check_options(&fields);
    if (refusal != HTTP_ACCEPTED)
        return refusal;
    response->keep_alive = keeps_alive(fields.list, fields.count, response->minor);
    refusal = response_framing(&fields, to_head, response);
    if (refusal != HTTP_ACCEPTED)
        return refusal;
    response->fields = keep_fields(arena, &fields);
    response->field_count = fields.count;
    return response->fields == NULL ? HTTP_REFUSED_MEMORY : HTTP_ACCEPTED;
}
