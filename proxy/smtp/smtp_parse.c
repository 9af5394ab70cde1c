#include "smtp/smtp_parse.h"

#include "base/chars.h"
#include "base/number.h"

#include <string.h>

enum smtp_line smtp_parse_line(struct slice input, size_t limit, struct slice *line, size_t *used)
{
    size_t end = slice_find(slice_part(input, 0, limit), '\n');
    struct slice text;

    if (end == SLICE_NOT_FOUND)
        return input.len < limit ? SMTP_LINE_MORE : SMTP_LINE_TOO_LONG;
    *used = end + 1;
    text = slice_part(input, 0, end);
    *line = text;
    if (end == 0 || input.at[end - 1] != '\r')
        return SMTP_LINE_BARE_NEWLINE;
    text.len--;
    *line = text;
    if (slice_find(text, '\r') != SLICE_NOT_FOUND)
        return SMTP_LINE_BARE_RETURN;
    if (slice_find(text, '\0') != SLICE_NOT_FOUND)
        return SMTP_LINE_NUL;
    return SMTP_LINE_OK;
}

struct smtp_command smtp_parse_command(struct slice line)
{
    struct smtp_command command;

    line = slice_trim(line);
    command.verb = slice_cut(&line, ' ');
    command.argument = slice_trim(line);
    return command;
}

enum smtp_foreign smtp_parse_foreign(struct slice line)
{
    static const char *const methods[] = {
        "GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "CONNECT", "TRACE", "PATCH", "PRI",
    };
    struct slice rest = line;
    struct slice word = slice_cut(&rest, ' ');

    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
        if (slice_equal_fold(word, slice_of(methods[i])))
            return SMTP_FOREIGN_HTTP;
    }
    return slice_find(word, ':') != SLICE_NOT_FOUND ? SMTP_FOREIGN_HEADER : SMTP_FOREIGN_NONE;
}

bool smtp_parse_is_tls(struct slice input)
{
    return input.len > 0 && input.at[0] == 0x16; /* a handshake record, RFC 8446 5.1 */
}

/* Length of the quoted string at the start of `s`, quotes included; 0: it does not end. */
static size_t quoted_length(struct slice s)
{
    for (size_t i = 1; i < s.len; i++) {
        if (s.at[i] == '"')
            return i + 1;
        if (s.at[i] == '\\')
            i++;
    }
    return 0;
}

/* Length of the path up to its '>', which may also stand in a quoted string; SLICE_NOT_FOUND if it
 * has no end or holds what no path has. */
static size_t path_length(struct slice s)
{
    size_t i = 0;

    while (i < s.len && s.at[i] != '>') {
        if (s.at[i] == '"') {
            size_t quoted = quoted_length(slice_from(s, i));

            if (quoted == 0)
                return SLICE_NOT_FOUND;
            i += quoted;
        } else if (s.at[i] == ' ' || s.at[i] == '<' || s.at[i] == '\\') {
            return SLICE_NOT_FOUND;
        } else {
            i++;
        }
    }
    return i < s.len ? i : SLICE_NOT_FOUND;
}

static bool is_plain_address(struct slice word)
{
    for (size_t i = 0; i < word.len; i++) {
        if (!chars_is(word.at[i], CHARS_ATEXT) && strchr("@.", word.at[i]) == NULL)
            return false;
    }
    return word.len > 0;
}

/* Takes the path from the front of *rest. */
static bool take_path(struct slice *rest, struct slice *path)
{
    size_t len;

    if (rest->len == 0 || rest->at[0] != '<') {
        *path = slice_cut(rest, ' ');
        return is_plain_address(*path);
    }
    len = path_length(slice_from(*rest, 1));
    if (len == SLICE_NOT_FOUND)
        return false;
    *path = slice_part(*rest, 1, len);
    *rest = slice_from(*rest, len + 2);
    return rest->len == 0 || rest->at[0] == ' ';
}

/* esmtp-keyword, RFC 5321 4.1.2. */
static bool is_keyword(struct slice s)
{
    if (s.len == 0 || s.len > 64 || s.at[0] == '-')
        return false;
    for (size_t i = 0; i < s.len; i++) {
        if (!chars_is(s.at[i], CHARS_ALPHA | CHARS_DIGIT) && s.at[i] != '-')
            return false;
    }
    return true;
}

static bool take_parameter(struct slice word, struct smtp_parameter *parameter)
{
    parameter->keyword = slice_cut(&word, '=');
    parameter->value = word;
    return is_keyword(parameter->keyword) && (word.at == NULL || word.len > 0) &&
           slice_find(word, '=') == SLICE_NOT_FOUND;
}

bool smtp_parse_envelope(struct slice argument, struct slice label, struct smtp_envelope *envelope)
{
    struct slice rest = argument;

    envelope->parameter_count = 0;
    if (!slice_starts_fold(rest, label))
        return false;
    for (size_t i = 0; i < rest.len; i++) {
        if (chars_is(rest.at[i], CHARS_CONTROL))
            return false;
    }
    rest = slice_trim(slice_from(rest, label.len));
    if (!take_path(&rest, &envelope->path))
        return false;
    for (rest = slice_trim(rest); rest.len > 0; rest = slice_trim(rest)) {
        struct slice word = slice_cut(&rest, ' ');

        if (envelope->parameter_count == SMTP_PARAMETERS_MAX ||
            !take_parameter(word, &envelope->parameters[envelope->parameter_count++]))
            return false;
    }
    return true;
}

const struct smtp_parameter *smtp_envelope_find(const struct smtp_envelope *envelope,
                                                struct slice keyword)
{
    for (size_t i = 0; i < envelope->parameter_count; i++) {
        if (slice_equal_fold(envelope->parameters[i].keyword, keyword))
            return &envelope->parameters[i];
    }
    return NULL;
}

void smtp_envelope_write(const struct smtp_envelope *envelope, struct slice command,
                         struct slice without, struct text *text)
{
    text_add(text, command);
    text_byte(text, '<');
    text_add(text, envelope->path);
    text_byte(text, '>');
    for (size_t i = 0; i < envelope->parameter_count; i++) {
        const struct smtp_parameter *parameter = &envelope->parameters[i];

        if (slice_equal_fold(parameter->keyword, without))
            continue;
        text_byte(text, ' ');
        text_add(text, parameter->keyword);
        if (parameter->value.at != NULL) {
            text_byte(text, '=');
            text_add(text, parameter->value);
        }
    }
    text_add(text, SLICE("\r\n"));
}

bool smtp_parse_chunk(struct slice argument, uint64_t *size, bool *is_last)
{
    struct slice rest = argument;
    struct slice digits = slice_cut(&rest, ' ');
    uint64_t number;

    if (rest.at != NULL && !slice_equal_fold(rest, SLICE("LAST")))
        return false;
    if (!number_parse(digits, INT64_MAX, &number))
        return false;
    *size = number;
    *is_last = rest.at != NULL;
    return true;
}

bool smtp_parse_is_greeting_name(struct slice name)
{
    for (size_t i = 0; i < name.len; i++) {
        if (name.at[i] <= ' ' || name.at[i] >= 0x7f)
            return false;
    }
    return name.len > 0 && name.len <= 255;
}

bool smtp_parse_is_text(struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (chars_is(text.at[i], CHARS_CONTROL))
            return false;
    }
    return text.len > 0 && text.len <= 512;
}
