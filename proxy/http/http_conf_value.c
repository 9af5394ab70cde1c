#include "base/address.h"
#include "base/chars.h"
#include "base/number.h"
#include "dns/dns.h"
#include "http/http_conf.h"
#include "http/http_conf_types.h"

#include <stdarg.h>
#include <stdio.h>

/* The values of http {} that are more than a word, and what their parsers share. */

bool http_conf_refuse(struct conf_reader *reader, struct conf_place place, const char *help,
                      const char *format, ...)
{
    char message[512];
    va_list arguments;
    struct conf_finding *finding;

    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    finding = conf_report_add(reader->report, CONF_ERROR, place, "%s", message);
    conf_finding_help(reader->report, finding, "%s", help);
    return false;
}

bool http_conf_template(struct conf_reader *reader, struct slice text, struct conf_place place,
                        struct http_template *compiled)
{
    struct http_template_error error;
    struct conf_finding *finding;

    if (http_template_compile(text, &reader->conf->arena, compiled, &error))
        return true;
    if (error.variable.len == 0)
        return conf_fail(reader, place, "%s", error.words);
    finding = conf_report_add(reader->report, CONF_ERROR, place, "unknown variable `$%.*s`",
                              HTTP_SHOW(error.variable));
    if (error.suggestion != NULL)
        conf_finding_help(reader->report, finding, "did you mean `$%s`?", error.suggestion);
    return false;
}

/* A list has room for a power of two. */
void *http_conf_append(struct conf_reader *reader, void **items, size_t *count, size_t size)
{
    if ((*count & (*count - 1)) == 0) {
        char *grown = arena_zero(&reader->conf->arena, (*count == 0 ? 1 : 2 * *count) * size);

        if (*count > 0)
            memcpy(grown, *items, *count * size);
        *items = grown;
    }
    return (char *)*items + (*count)++ * size;
}

/* return */

static bool is_redirect_code(uint64_t status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

static bool looks_like_url(struct slice text)
{
    return slice_starts(text, SLICE("http://")) || slice_starts(text, SLICE("https://")) ||
           slice_starts(text, SLICE("$scheme"));
}

static bool parse_return_code(struct conf_reader *reader, const struct conf_word *word,
                              uint64_t *status)
{
    if (number_parse(word->text, 999, status) && *status >= 200)
        return true;
    return http_conf_refuse(reader, word->place,
                            "write `return 404;`, `return 200 text;` or `return 301 https://…;`",
                            "`%.*s` is no status code", HTTP_SHOW(word->text));
}

/* The first `return` of a block is the one that answers; later ones are only checked. */
static bool parse_return(struct conf_reader *reader, const struct conf_directive *directive,
                         void *value)
{
    const struct conf_word *words = directive->words;
    bool only_url = directive->word_count == 1 && looks_like_url(words[0].text);
    const struct conf_word *text = directive->word_count == 2 ? &words[1]
                                   : only_url                 ? &words[0]
                                                              : NULL;
    struct http_return result = {.present = true};
    struct http_return *stored = value;
    uint64_t status = 302;

    if (!only_url && !parse_return_code(reader, &words[0], &status))
        return false;
    if (text != NULL && !http_conf_template(reader, text->text, text->place, &result.text))
        return false;
    result.status = (uint16_t)status;
    result.is_redirect = is_redirect_code(status);
    result.has_text = text != NULL;
    if (!stored->present)
        *stored = result;
    return true;
}

const struct conf_type http_type_return = {"answer", parse_return};

/* proxy_pass */

static bool is_backend_host(struct slice host)
{
    struct address address;

    return address_parse(host, &address) || dns_name_valid(host);
}

/* "host", "host:port", "[v6]", "[v6]:port". */
static bool parse_backend(struct slice authority, struct backend_target *target)
{
    size_t bracket = slice_find_last(authority, ']');
    size_t colon = slice_find_last(authority, ':');
    uint64_t port = 80;

    if (colon != SLICE_NOT_FOUND && (bracket == SLICE_NOT_FOUND || colon > bracket)) {
        if (!number_parse(slice_from(authority, colon + 1), 65535, &port) || port == 0)
            return false;
        authority = slice_part(authority, 0, colon);
    }
    if (slice_starts(authority, SLICE("[")) && slice_ends(authority, SLICE("]")))
        authority = slice_part(authority, 1, authority.len - 2);
    *target = (struct backend_target){.host = authority, .port = (uint16_t)port};
    return is_backend_host(authority);
}

struct refused_beginning {
    const char *beginning, *message, *help;
};

static const struct refused_beginning refused_backends[] = {
    {"https://",     "TLS to backends is not supported yet",
     "use http:// inside the machine or a private network"                               },
    {"http://unix:", "backends on UNIX sockets are not supported",
     "let the backend listen on 127.0.0.1"                                               },
    {"grpc://",      "frontd speaks HTTP/1.1 to backends",         "use http://host:port"},
};

static bool check_backend_url(struct conf_reader *reader, const struct conf_word *word)
{
    for (size_t i = 0; i < sizeof refused_backends / sizeof refused_backends[0]; i++) {
        const struct refused_beginning *row = &refused_backends[i];

        if (slice_starts_fold(word->text, slice_of(row->beginning)))
            return http_conf_refuse(reader, word->place, row->help, "%s", row->message);
    }
    if (slice_find(word->text, '$') != SLICE_NOT_FOUND)
        return http_conf_refuse(reader, word->place,
                                "write the backend's name; it is resolved at run time anyway",
                                "variables in `proxy_pass` come later");
    if (!slice_starts_fold(word->text, SLICE("http://")))
        return http_conf_refuse(reader, word->place, "write `proxy_pass http://host:port;`",
                                "`%.*s` does not begin with http://", HTTP_SHOW(word->text));
    return true;
}

static bool parse_proxy_pass(struct conf_reader *reader, const struct conf_directive *directive,
                             void *value)
{
    const struct conf_word *word = &directive->words[0];
    struct http_proxy_pass pass = {.present = true, .place = word->place};
    struct slice rest = slice_from(word->text, sizeof "http://" - 1);
    size_t len = 0;

    if (!check_backend_url(reader, word))
        return false;
    while (len < rest.len && rest.at[len] != '/' && rest.at[len] != '?')
        len++;
    pass.authority = slice_part(rest, 0, len);
    pass.uri = slice_from(rest, len);
    pass.has_uri = pass.uri.len > 0;
    if (!parse_backend(pass.authority, &pass.target))
        return http_conf_refuse(reader, word->place, "write `proxy_pass http://host:port;`",
                                "`%.*s` is no host with a port", HTTP_SHOW(pass.authority));
    *(struct http_proxy_pass *)value = pass;
    return true;
}

const struct conf_type http_type_proxy_pass = {"backend", parse_proxy_pass};

/* proxy_set_header */

/* Fields that say where a message ends; they follow from the message. */
static bool is_framing(struct slice name)
{
    return slice_equal_fold(name, SLICE("content-length")) ||
           slice_equal_fold(name, SLICE("transfer-encoding")) ||
           slice_equal_fold(name, SLICE("trailer")) || slice_equal_fold(name, SLICE("te"));
}

static bool parse_set_header(struct conf_reader *reader, const struct conf_directive *directive,
                             void *value)
{
    struct http_set_headers *headers = value;
    const struct conf_word *name = &directive->words[0], *text = &directive->words[1];
    struct http_set_header header = {.name = name->text, .id = HTTP_FIELD_OTHER};

    if (name->text.len == 0 || !chars_all(name->text, CHARS_TOKEN))
        return conf_fail(reader, name->place, "`%.*s` is no name of a header field",
                         HTTP_SHOW(name->text));
    if (is_framing(name->text))
        return http_conf_refuse(reader, name->place, "leave it out",
                                "frontd says itself how long a body is");
    if (!http_conf_template(reader, text->text, text->place, &header.value))
        return false;
    header.id = http_field_lookup(name->text);
    *(struct http_set_header *)http_conf_append(reader, (void **)&headers->items, &headers->count,
                                                sizeof header) = header;
    return true;
}

const struct conf_type http_type_set_header = {"header field", parse_set_header};

/* keepalive_timeout */

static bool parse_time(struct conf_reader *reader, const struct conf_word *word, uint64_t *ms)
{
    if (number_parse_duration(word->text, UINT32_MAX, ms))
        return true;
    return http_conf_refuse(reader, word->place, "write 75s, 5m, 1h 30m", "`%.*s` is no time",
                            HTTP_SHOW(word->text));
}

static bool parse_keepalive(struct conf_reader *reader, const struct conf_directive *directive,
                            void *value)
{
    uint64_t timeout, field = 0;

    if (!parse_time(reader, &directive->words[0], &timeout))
        return false;
    if (directive->word_count > 1 && !parse_time(reader, &directive->words[1], &field))
        return false;
    *(struct http_keepalive *)value =
        (struct http_keepalive){(uint32_t)timeout, (uint32_t)(field / 1000)};
    return true;
}

const struct conf_type http_type_keepalive = {"time", parse_keepalive};

/* index */

static bool parse_index(struct conf_reader *reader, const struct conf_directive *directive,
                        void *value)
{
    struct conf_word_list *list = value;

    for (size_t i = 0; i < directive->word_count; i++) {
        const struct conf_word *word = &directive->words[i];

        if (word->text.len == 0 || slice_starts(word->text, SLICE("/")) ||
            slice_find(word->text, '$') != SLICE_NOT_FOUND)
            return http_conf_refuse(reader, word->place, "name a file: index.html",
                                    "variables and absolute paths in `index` come later");
        *(struct conf_word *)http_conf_append(reader, (void **)&list->words, &list->count,
                                              sizeof *word) = *word;
    }
    return true;
}

const struct conf_type http_type_index = {"file", parse_index};

/* types */

static bool add_type(struct conf_reader *reader, const struct conf_directive *line,
                     struct http_types *types)
{
    if (line->is_block || line->word_count == 0)
        return http_conf_refuse(reader, line->name.place, "write `text/html html htm;`",
                                "a line of `types` is a type and its extensions");
    for (size_t i = 0; i < line->word_count; i++)
        http_types_add(types, &reader->conf->arena, line->words[i].text, line->name.text);
    return true;
}

static bool parse_types(struct conf_reader *reader, const struct conf_directive *directive,
                        void *value)
{
    bool good = true;

    http_types_init(value, &reader->conf->arena);
    for (const struct conf_directive *line = directive->first_child; line != NULL;
         line = line->next)
        good = add_type(reader, line, value) && good;
    return good;
}

const struct conf_type http_type_types = {"types", parse_types};

/* Directives that frontd does not know to do. */

static bool parse_refused(struct conf_reader *reader, const struct conf_directive *directive,
                          void *value)
{
    (void)value;
    return http_conf_refuse(reader, directive->name.place, reader->row->type_data,
                            "`%s` is not supported", reader->row->name);
}

const struct conf_type http_type_refused = {"refused", parse_refused};
