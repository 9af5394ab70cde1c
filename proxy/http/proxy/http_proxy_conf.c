#include "http/proxy/http_proxy_conf.h"

#include "base/address.h"
#include "base/chars.h"
#include "base/number.h"
#include "dns/dns.h"
#include "http/conf/http_conf.h"
#include "http/conf/http_conf_types.h"
#include "http/proxy/http_proxy_tls.h"
#include "http/proxy/http_proxy_types.h"

/* proxy_pass */

static bool is_backend_host(struct slice host)
{
    struct address address;

    return address_parse(host, &address) || dns_name_valid(host);
}

bool http_conf_authority(struct slice authority, uint16_t port, struct backend_target *target)
{
    size_t bracket = slice_find_last(authority, ']');
    size_t colon = slice_find_last(authority, ':');
    uint64_t number = port;

    if (colon != SLICE_NOT_FOUND && (bracket == SLICE_NOT_FOUND || colon > bracket)) {
        if (!number_parse(slice_from(authority, colon + 1), 65535, &number) || number == 0)
            return false;
        authority = slice_part(authority, 0, colon);
    }
    if (slice_starts(authority, SLICE("[")) && slice_ends(authority, SLICE("]")))
        authority = slice_part(authority, 1, authority.len - 2);
    *target = (struct backend_target){.host = authority, .port = (uint16_t)number};
    return is_backend_host(authority);
}

static bool has_port(struct slice authority)
{
    size_t bracket = slice_find_last(authority, ']');
    size_t colon = slice_find_last(authority, ':');

    return colon != SLICE_NOT_FOUND && (bracket == SLICE_NOT_FOUND || colon > bracket);
}

const char *http_proxy_parse_url(struct slice url, struct http_proxy_pass *pass)
{
    struct slice rest;
    size_t len = 0;

    pass->is_tls = slice_starts_fold(url, SLICE("https://"));
    if (!pass->is_tls && !slice_starts_fold(url, SLICE("http://")))
        return "does not begin with http:// or https://";
    rest = slice_from(url, pass->is_tls ? 8 : 7);
    while (len < rest.len && rest.at[len] != '/' && rest.at[len] != '?')
        len++;
    pass->authority = slice_part(rest, 0, len);
    pass->uri = slice_from(rest, len);
    pass->has_uri = pass->uri.len > 0;
    pass->has_port = has_port(pass->authority);
    if (!http_conf_authority(pass->authority, pass->is_tls ? 443 : 80, &pass->target))
        return "has no host with a port";
    return NULL;
}

struct refused_beginning {
    const char *beginning, *message, *help;
};

static const struct refused_beginning refused_backends[] = {
    {"http://unix:",  "backends on UNIX sockets are not supported",
     "let the backend listen on 127.0.0.1"                                                },
    {"https://unix:", "backends on UNIX sockets are not supported",
     "let the backend listen on 127.0.0.1"                                                },
    {"grpc://",       "frontd speaks HTTP/1.1 to backends",         "use http://host:port"},
};

static bool check_backend_url(struct conf_reader *reader, const struct conf_word *word)
{
    for (size_t i = 0; i < sizeof refused_backends / sizeof refused_backends[0]; i++) {
        const struct refused_beginning *row = &refused_backends[i];

        if (slice_starts_fold(word->text, slice_of(row->beginning)))
            return http_conf_refuse(reader, word->place, row->help, "%s", row->message);
    }
    return true;
}

/* "http://$name:3000/x" goes to port 3000 whatever $name says; "http://$name" may say a port. */
static uint16_t find_constant_port(struct slice text)
{
    size_t colon = slice_find(text, ':');
    struct slice rest = colon == SLICE_NOT_FOUND ? SLICE_NONE : slice_from(text, colon + 3);
    uint64_t port = 0;

    if (!slice_starts(slice_from(text, colon), SLICE("://")))
        return 0;
    rest = slice_cut(&rest, '/');
    colon = slice_find_last(rest, ':');
    if (colon == SLICE_NOT_FOUND || !number_parse(slice_from(rest, colon + 1), 65535, &port))
        return 0;
    return (uint16_t)port;
}

/* `proxy_pass http://$name:$port;`: nothing is known before there is a request. */
static bool parse_variable_pass(struct conf_reader *reader, const struct conf_word *word,
                                struct http_proxy_pass *pass)
{
    if (!http_conf_template(reader, word->text, word->place, &pass->text))
        return false;
    pass->has_variables = true;
    pass->constant_port = find_constant_port(word->text);
    if (slice_starts(word->text, SLICE("$")) || slice_starts_fold(word->text, SLICE("http://")) ||
        slice_starts_fold(word->text, SLICE("https://")))
        return true;
    return http_conf_refuse(reader, word->place, "write `proxy_pass http://$host:port;`",
                            "`%.*s` does not begin with http:// or a variable",
                            HTTP_SHOW(word->text));
}

static bool parse_constant_pass(struct conf_reader *reader, const struct conf_word *word,
                                struct http_proxy_pass *pass)
{
    const char *wrong = http_proxy_parse_url(word->text, pass);

    if (wrong == NULL)
        return true;
    return http_conf_refuse(reader, word->place, "write `proxy_pass http://host:port;`",
                            "`%.*s` %s", HTTP_SHOW(word->text), wrong);
}

static bool parse_proxy_pass(struct conf_reader *reader, const struct conf_directive *directive,
                             void *value)
{
    const struct conf_word *word = &directive->words[0];
    struct http_proxy_pass pass = {.present = true, .place = word->place};

    if (!check_backend_url(reader, word))
        return false;
    if (slice_find(word->text, '$') == SLICE_NOT_FOUND ? !parse_constant_pass(reader, word, &pass)
                                                       : !parse_variable_pass(reader, word, &pass))
        return false;
    *(struct http_proxy_pass *)value = pass;
    return true;
}

static const struct conf_type http_type_proxy_pass = {"backend", parse_proxy_pass};

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
    if (is_framing(name->text) && text->text.len == 0)
        return true; /* proxy_pass_request_body off leaves it out */
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

static const struct conf_type http_type_set_header = {"header field", parse_set_header};

/* One word that may hold variables. */
static bool parse_text(struct conf_reader *reader, const struct conf_directive *directive,
                       void *value)
{
    const struct conf_word *word = &directive->words[0];

    return http_conf_template(reader, word->text, word->place, value);
}

static const struct conf_type http_type_proxy_text = {"text", parse_text};

static bool parse_field_names(struct conf_reader *reader, const struct conf_directive *directive,
                              void *value)
{
    struct conf_word_list *list = value;
    const struct conf_word *word = &directive->words[0];

    if (word->text.len == 0 || !chars_all(word->text, CHARS_TOKEN))
        return conf_fail(reader, word->place, "`%.*s` is no name of a header field",
                         HTTP_SHOW(word->text));
    *(struct conf_word *)http_conf_append(reader, (void **)&list->words, &list->count,
                                          sizeof *word) = *word;
    return true;
}

static const struct conf_type http_type_field_names = {"header field", parse_field_names};

/* In the order of enum http_ignorable; the others matter to a cache. */
static const char *const ignorable_fields[] = {"X-Accel-Redirect",
                                               "X-Accel-Limit-Rate",
                                               "X-Accel-Expires",
                                               "X-Accel-Buffering",
                                               "X-Accel-Charset",
                                               "Expires",
                                               "Cache-Control",
                                               "Set-Cookie",
                                               "Vary",
                                               NULL};
/* In the order of enum tls_protocol's bits. */
static const char *const tls_protocol_words[] = {"TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3", NULL};
static const char *const forwarded_words[] = {"off", "auto", NULL};
static const char *const websocket_words[] = {"auto", "off", NULL};
static const char *const proxy_http_versions[] = {"1.0", "1.1", NULL};

/* In the order of enum http_proxy_fault. */
static const char *const proxy_faults[] = {
    "error",    "timeout",  "invalid_header", "http_500",       "http_502", "http_503", "http_504",
    "http_403", "http_404", "http_429",       "non_idempotent", "off",      "updating", NULL};

#define CONF_STRUCT struct http_proxy_conf
static const struct conf_row rows[] = {
#include "conf/conf_rows.inc"
#include "http/proxy/http_proxy.def"
};
#undef CONF_STRUCT

/* Where nobody knows what a URI part would take the place of. */
static bool has_no_path(const struct conf_reader *reader, const struct conf_scope *scope)
{
    const struct http_location *location = conf_values(reader->conf, scope, &http_location_group);

    return scope->context == CONF_LOCATION_IF || scope->context == CONF_LIMIT_EXCEPT ||
           location->match == HTTP_MATCH_REGEX || location->match == HTTP_MATCH_NAMED;
}

static void check(struct conf_reader *reader, const struct conf_scope *scope, void *values)
{
    const struct http_proxy_conf *proxy = values;

    http_proxy_tls_check(reader, scope, values);
    if (proxy->pass.has_uri && !proxy->pass.has_variables &&
        conf_is_set(reader->conf, scope, &http_proxy_group,
                    offsetof(struct http_proxy_conf, pass)) &&
        has_no_path(reader, scope))
        http_conf_refuse(reader, proxy->pass.place,
                         "leave the path out, and change it before with `rewrite … break`; with "
                         "variables the whole URI is what they say",
                         "`proxy_pass` has a path in a location given by a regular expression, a "
                         "named one, `if` or `limit_except`");
}

const struct conf_group http_proxy_group = {
    .name = "http_proxy",
    .size = sizeof(struct http_proxy_conf),
    .rows = rows,
    .row_count = sizeof rows / sizeof *rows,
    .check = check,
};

/* Blocks of any kind and depth: whatever holds a location's values holds these, too. */
void http_proxy_conf_link(struct conf_reader *reader, const struct conf_scope *scope)
{
    struct http_location *location = conf_values(reader->conf, scope, &http_location_group);

    if (location != NULL)
        location->proxy = conf_values(reader->conf, scope, &http_proxy_group);
    for (const struct conf_scope *inner = scope->first_child; inner != NULL; inner = inner->next)
        http_proxy_conf_link(reader, inner);
}
