#include "http/files/http_autoindex_text.h"

#include "base/arena.h"
#include "base/chars.h"
#include "base/text.h"
#include "http/message/http_date.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#define CRLF       "\r\n"
#define NAME_WIDTH 50

/* Every byte of a name becomes six at most (\u00XX), in a link and as text; the rest of a line is
 * less than this. */
#define LINE_MORE 240

int http_autoindex_compare(const void *a, const void *b)
{
    const struct http_autoindex_entry *left = a, *right = b;

    if (left->is_directory != right->is_directory)
        return left->is_directory ? -1 : 1;
    return slice_compare(left->name, right->name);
}

bool http_autoindex_is_callback(struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!chars_is(text.at[i], CHARS_ALPHA | CHARS_DIGIT) && text.at[i] != '_' &&
            text.at[i] != '.')
            return false;
    return true;
}

static void add_format(struct text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void add_format(struct text *text, const char *format, ...)
{
    char words[LINE_MORE];
    va_list list;

    va_start(list, format);
    vsnprintf(words, sizeof words, format, list);
    va_end(list);
    text_add(text, slice_of(words));
}

/* nginx's ngx_escape_html. */
static void add_html(struct text *text, struct slice s)
{
    for (size_t i = 0; i < s.len; i++) {
        switch (s.at[i]) {
        case '<':
            text_add(text, SLICE("&lt;"));
            break;
        case '>':
            text_add(text, SLICE("&gt;"));
            break;
        case '&':
            text_add(text, SLICE("&amp;"));
            break;
        case '"':
            text_add(text, SLICE("&quot;"));
            break;
        default:
            text_byte(text, s.at[i]);
        }
    }
}

/* RFC 3986's unreserved bytes stay. */
static void add_link(struct text *text, struct slice name)
{
    static const char digits[] = "0123456789ABCDEF";

    for (size_t i = 0; i < name.len; i++) {
        unsigned char byte = (unsigned char)name.at[i];

        if (chars_is(name.at[i], CHARS_ALPHA | CHARS_DIGIT) || strchr("-._~", byte) != NULL) {
            text_byte(text, name.at[i]);
        } else {
            text_byte(text, '%');
            text_byte(text, digits[byte >> 4]);
            text_byte(text, digits[byte & 15]);
        }
    }
}

/* The length of the character at the start of `s` as nginx reads UTF-8, which is laxer than
 * text_utf8_length: its columns are to be ours. 0: it is none. */
static size_t lax_length(struct slice s)
{
    static const struct {
        uint8_t from, mask;
        uint32_t above;
    } forms[] = {
        {0xf0, 0x07, 0xffff},
        {0xe0, 0x0f, 0x7ff },
        {0xc2, 0x1f, 0x7f  },
    };
    uint8_t first = (uint8_t)s.at[0];
    size_t form = 0, len;
    uint32_t number;

    if (first < 0x80)
        return 1;
    if (first < 0xc2 || first >= 0xf8)
        return 0;
    while (first < forms[form].from)
        form++;
    len = 4 - form;
    if (s.len < len)
        return 0;
    number = first & forms[form].mask;
    for (size_t i = 1; i < len; i++) {
        if ((uint8_t)s.at[i] < 0x80)
            return 0;
        number = number << 6 | ((uint8_t)s.at[i] & 0x3f);
    }
    return number > forms[form].above && number <= 0x10ffff ? len : 0;
}

/* How many columns the name takes: characters, if it is UTF-8 and so is the page; else bytes. */
static size_t columns_of(struct slice name, bool utf8)
{
    size_t count = 0, len;

    for (size_t at = 0; utf8 && at < name.len; at += len) {
        len = lax_length(slice_from(name, at));
        if (len == 0)
            return name.len;
        count++;
    }
    return utf8 ? count : name.len;
}

/* The bytes of the first `columns` of a name that has more. */
static size_t cut(struct slice name, size_t columns, bool by_bytes)
{
    size_t at = 0;

    if (by_bytes)
        return columns;
    for (size_t i = 0; i < columns; i++)
        at += lax_length(slice_from(name, at));
    return at;
}

static void add_name(struct text *text, const struct http_autoindex_entry *entry, bool utf8)
{
    size_t columns = columns_of(entry->name, utf8);

    if (columns > NAME_WIDTH) {
        size_t kept = cut(entry->name, NAME_WIDTH - 3, columns == entry->name.len);

        add_html(text, slice_part(entry->name, 0, kept));
        text_add(text, SLICE("..&gt;</a>"));
        return;
    }
    add_html(text, entry->name);
    if (entry->is_directory && columns < NAME_WIDTH) {
        text_byte(text, '/');
        columns++;
    }
    text_add(text, SLICE("</a>"));
    for (; columns < NAME_WIDTH; columns++)
        text_byte(text, ' ');
}

static void add_rounded(struct text *text, uint64_t size)
{
    static const struct {
        uint64_t from, unit;
        char letter;
    } scales[] = {
        {(1u << 30), 1u << 30, 'G'},
        {(1u << 20), 1u << 20, 'M'},
        {10000,      1u << 10, 'K'},
    };

    for (size_t i = 0; i < sizeof scales / sizeof scales[0]; i++) {
        if (size < scales[i].from)
            continue;
        size = size / scales[i].unit + (size % scales[i].unit > scales[i].unit / 2 - 1);
        add_format(text, "%6llu%c", (unsigned long long)size, scales[i].letter);
        return;
    }
    add_format(text, " %6llu", (unsigned long long)size);
}

static void add_time(struct text *text, const struct http_autoindex *index, int64_t modified)
{
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    time_t when = (time_t)modified;
    struct tm tm;

    if ((index->localtime ? localtime_r(&when, &tm) : gmtime_r(&when, &tm)) == NULL)
        return;
    add_format(text, " %02d-%s-%d %02d:%02d ", tm.tm_mday, months[tm.tm_mon], tm.tm_year + 1900,
               tm.tm_hour, tm.tm_min);
}

static void add_html_line(struct text *text, const struct http_autoindex *index,
                          const struct http_autoindex_entry *entry)
{
    text_add(text, SLICE("<a href=\""));
    add_link(text, entry->name);
    text_add(text, entry->is_directory ? SLICE("/\">") : SLICE("\">"));
    add_name(text, entry, index->utf8);
    add_time(text, index, entry->modified);
    if (entry->is_directory)
        add_format(text, "%*s", index->exact_size ? 19 : 7, "-");
    else if (index->exact_size)
        add_format(text, "%19llu", (unsigned long long)entry->size);
    else
        add_rounded(text, entry->size);
    text_add(text, SLICE(CRLF));
}

static void add_html_list(struct text *text, const struct http_autoindex *index)
{
    text_add(text, SLICE("<html>" CRLF "<head><title>Index of "));
    add_html(text, index->path);
    text_add(text, SLICE("</title></head>" CRLF "<body>" CRLF "<h1>Index of "));
    add_html(text, index->path);
    text_add(text, SLICE("</h1><hr><pre><a href=\"../\">../</a>" CRLF));
    for (size_t i = 0; i < index->count; i++)
        add_html_line(text, index, &index->entries[i]);
    text_add(text, SLICE("</pre><hr></body>" CRLF "</html>" CRLF));
}

static const char *kind_of(const struct http_autoindex_entry *entry)
{
    return entry->is_directory ? "directory" : entry->is_file ? "file" : "other";
}

static void add_json_list(struct text *text, const struct http_autoindex *index)
{
    text_add(text, SLICE("[" CRLF));
    for (size_t i = 0; i < index->count; i++) {
        const struct http_autoindex_entry *entry = &index->entries[i];
        char date[HTTP_DATE_LEN];

        http_date_format(entry->modified, date);
        text_add(text, SLICE("{ \"name\":\""));
        text_json(text, entry->name);
        add_format(text, "\", \"type\":\"%s\", \"mtime\":\"%.*s\"", kind_of(entry), HTTP_DATE_LEN,
                   date);
        if (entry->is_file)
            add_format(text, ", \"size\":%llu", (unsigned long long)entry->size);
        text_add(text, i + 1 < index->count ? SLICE(" }," CRLF) : SLICE(" }" CRLF));
    }
    text_add(text, SLICE("]"));
}

static void add_jsonp_list(struct text *text, const struct http_autoindex *index)
{
    text_add(text, SLICE("/* callback */" CRLF));
    text_add(text, index->callback);
    text_byte(text, '(');
    add_json_list(text, index);
    text_add(text, SLICE(");"));
}

static void add_xml_list(struct text *text, const struct http_autoindex *index)
{
    text_add(text, SLICE("<?xml version=\"1.0\"?>" CRLF "<list>" CRLF));
    for (size_t i = 0; i < index->count; i++) {
        const struct http_autoindex_entry *entry = &index->entries[i];
        time_t when = (time_t)entry->modified;
        struct tm tm;

        if (gmtime_r(&when, &tm) == NULL)
            continue;
        add_format(text, "<%s mtime=\"%04d-%02d-%02dT%02d:%02d:%02dZ\"", kind_of(entry),
                   tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
        if (entry->is_file)
            add_format(text, " size=\"%llu\"", (unsigned long long)entry->size);
        text_byte(text, '>');
        add_html(text, entry->name);
        add_format(text, "</%s>" CRLF, kind_of(entry));
    }
    text_add(text, SLICE("</list>" CRLF));
}

struct slice http_autoindex_text(const struct http_autoindex *index)
{
    size_t capacity = 2 * 6 * index->path.len + index->callback.len + 2 * LINE_MORE;
    struct text text;

    for (size_t i = 0; i < index->count; i++)
        capacity += 2 * 6 * index->entries[i].name.len + LINE_MORE;
    text = text_in(memory_alloc(capacity), capacity);
    switch (index->format) {
    case HTTP_AUTOINDEX_HTML:
        add_html_list(&text, index);
        break;
    case HTTP_AUTOINDEX_XML:
        add_xml_list(&text, index);
        break;
    case HTTP_AUTOINDEX_JSON:
        add_json_list(&text, index);
        break;
    case HTTP_AUTOINDEX_JSONP:
        if (index->callback.len > 0)
            add_jsonp_list(&text, index);
        else
            add_json_list(&text, index);
        break;
    }
    return text_slice(&text);
}
