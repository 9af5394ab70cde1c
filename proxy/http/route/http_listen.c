#include "base/chars.h"
#include "base/number.h"
#include "http/conf/http_conf.h"
#include "http/conf/http_conf_types.h"

#include <arpa/inet.h>
#include <limits.h>
#include <unistd.h>

/* `listen` and `server_name`. */

enum parameter_kind {
    PARAMETER_SSL,
    PARAMETER_HTTP2,
    PARAMETER_DEFAULT,
    PARAMETER_UNUSED, /* the kernel's business; frontd has its own answer */
    PARAMETER_LATER,
};

struct parameter {
    const char *name; /* with '=' if a value follows */
    enum parameter_kind kind;
    const char *help; /* LATER: what to do */
};

static const struct parameter parameters[] = {
    {"ssl",            PARAMETER_SSL,     NULL                                                   },
    {"default_server", PARAMETER_DEFAULT, NULL                                                   },
    {"default",        PARAMETER_DEFAULT, NULL                                                   },
    {"backlog=",       PARAMETER_UNUSED,  NULL                                                   },
    {"bind",           PARAMETER_UNUSED,  NULL                                                   },
    {"deferred",       PARAMETER_UNUSED,  NULL                                                   },
    {"fastopen=",      PARAMETER_UNUSED,  NULL                                                   },
    {"ipv6only=on",    PARAMETER_UNUSED,  NULL                                                   },
    {"rcvbuf=",        PARAMETER_UNUSED,  NULL                                                   },
    {"reuseport",      PARAMETER_UNUSED,  NULL                                                   },
    {"sndbuf=",        PARAMETER_UNUSED,  NULL                                                   },
    {"so_keepalive=",  PARAMETER_UNUSED,  NULL                                                   },
    {"ipv6only=off",   PARAMETER_LATER,   "write a second `listen` with the IPv4 address instead"},
    {"http2",          PARAMETER_HTTP2,   NULL                                                   },
    {"quic",           PARAMETER_LATER,   "HTTP/3 comes later; leave it out"                     },
    {"proxy_protocol", PARAMETER_LATER,   "the PROXY protocol comes later; leave it out"         },
};

static const char *const parameter_names[] = {"ssl", "http2", "default_server", NULL};

/* "*" and nothing are every IPv4 address; names are not looked up. */
static bool parse_host(struct slice host, struct address *address)
{
    if (host.len == 0 || slice_equal(host, SLICE("*")))
        return address_parse(SLICE("0.0.0.0"), address);
    return address_parse(host, address);
}

/* Where the port begins in "host:port": behind the last colon that is not inside brackets. */
static size_t find_port(struct slice text)
{
    size_t colon = slice_find_last(text, ':');
    size_t bracket = slice_find_last(text, ']');

    if (colon == SLICE_NOT_FOUND || (bracket != SLICE_NOT_FOUND && colon < bracket))
        return SLICE_NOT_FOUND;
    return colon + 1;
}

static bool is_bare_ipv6(struct slice text)
{
    return text.len > 0 && text.at[0] != '[' && slice_find(text, ':') != slice_find_last(text, ':');
}

static bool parse_address(struct conf_reader *reader, const struct conf_word *word,
                          struct address *address)
{
    struct slice text = word->text;
    bool only_port = text.len > 0 && chars_all(text, CHARS_DIGIT);
    size_t port_at = only_port ? 0 : find_port(text);
    uint64_t port = 80;

    if (slice_starts(text, SLICE("unix:")))
        return http_conf_refuse(reader, word->place, "listen on 127.0.0.1 instead",
                                "listening on a UNIX socket is not possible");
    if (is_bare_ipv6(text))
        return http_conf_refuse(reader, word->place, "write `[::]:80`",
                                "an IPv6 address needs brackets");
    if (port_at != SLICE_NOT_FOUND &&
        (!number_parse(slice_from(text, port_at), 65535, &port) || port == 0))
        return conf_fail(reader, word->place, "a port is a number from 1 to 65535");
    if (only_port)
        text = SLICE_NONE;
    else if (port_at != SLICE_NOT_FOUND)
        text = slice_part(text, 0, port_at - 1);
    if (!parse_host(text, address))
        return http_conf_refuse(reader, word->place,
                                "write an address: `80`, `192.0.2.1:80`, `[::]:80`",
                                "`%.*s` is no address", HTTP_SHOW(word->text));
    address->port = (uint16_t)port;
    return true;
}

static const struct parameter *find_parameter(struct slice text)
{
    for (size_t i = 0; i < sizeof parameters / sizeof parameters[0]; i++) {
        struct slice name = slice_of(parameters[i].name);

        if (slice_equal(text, name) || (slice_ends(name, SLICE("=")) && slice_starts(text, name)))
            return &parameters[i];
    }
    return NULL;
}

static bool parse_parameter(struct conf_reader *reader, const struct conf_word *word,
                            struct http_listen *listen)
{
    const struct parameter *parameter = find_parameter(word->text);

    if (parameter == NULL)
        return conf_fail_choice(reader, word, "parameter", parameter_names);
    switch (parameter->kind) {
    case PARAMETER_SSL:
        listen->ssl = true;
        break;
    case PARAMETER_HTTP2:
        listen->http2 = true;
        break;
    case PARAMETER_DEFAULT:
        listen->default_server = true;
        break;
    case PARAMETER_UNUSED:
        break;
    case PARAMETER_LATER:
        return http_conf_refuse(reader, word->place, parameter->help, "`%.*s` is not supported yet",
                                HTTP_SHOW(word->text));
    }
    return true;
}

static bool parse_listen(struct conf_reader *reader, const struct conf_directive *directive,
                         void *value)
{
    struct http_listens *listens = value;
    struct http_listen listen = {.text = directive->words[0].text,
                                 .place = directive->words[0].place};

    if (!parse_address(reader, &directive->words[0], &listen.address))
        return false;
    for (size_t i = 1; i < directive->word_count; i++)
        if (!parse_parameter(reader, &directive->words[i], &listen))
            return false;
    *(struct http_listen *)http_conf_append(reader, (void **)&listens->items, &listens->count,
                                            sizeof listen) = listen;
    return true;
}

const struct conf_type http_type_listen = {"address", parse_listen};

static struct slice lower(struct conf_reader *reader, struct slice text)
{
    char *copy = arena_alloc(&reader->conf->arena, text.len + 1);

    for (size_t i = 0; i < text.len; i++)
        copy[i] = chars_lower(text.at[i]);
    return (struct slice){copy, text.len};
}

static void add_name(struct conf_reader *reader, struct http_names *names, struct http_name name)
{
    *(struct http_name *)http_conf_append(reader, (void **)&names->items, &names->count,
                                          sizeof name) = name;
}

/* Everything about the star was taken away before. */
static bool is_plain_name(struct slice text)
{
    return slice_find(text, '*') == SLICE_NOT_FOUND && slice_find(text, '$') == SLICE_NOT_FOUND &&
           slice_find(text, '/') == SLICE_NOT_FOUND &&
           (slice_starts(text, SLICE("[")) || slice_find(text, ':') == SLICE_NOT_FOUND);
}

/* Hosts are in lower case, so that a pattern must not mind the case (nginx's rule). */
static bool add_pattern(struct conf_reader *reader, struct http_names *names,
                        const struct conf_word *word)
{
    struct http_name name = {
        .text = word->text, .written = word->text, .kind = HTTP_NAME_REGEX, .place = word->place};

    name.regex = http_conf_regex(reader, slice_from(word->text, 1), word->place, true);
    if (name.regex == NULL)
        return false;
    add_name(reader, names, name);
    return true;
}

/* `$hostname` alone is the name of the machine. */
static struct slice written_name(struct conf_reader *reader, struct slice text)
{
    char host[HOST_NAME_MAX + 1] = "";

    if (!slice_equal(text, SLICE("$hostname")) || gethostname(host, sizeof host - 1) != 0)
        return lower(reader, text);
    return lower(reader, slice_of(host));
}

static bool parse_name(struct conf_reader *reader, struct http_names *names,
                       const struct conf_word *word)
{
    struct http_name name = {.place = word->place, .written = written_name(reader, word->text)};
    struct slice text = name.written;

    if (slice_starts(text, SLICE("~")))
        return add_pattern(reader, names, word);
    if (slice_starts(text, SLICE("*."))) {
        name.kind = HTTP_NAME_LEADING_STAR;
        text = slice_from(text, 1);
    } else if (slice_starts(text, SLICE(".")) && text.len > 1) {
        name.kind = HTTP_NAME_LEADING_STAR;
        name.text = slice_from(text, 1);
        if (is_plain_name(name.text))
            add_name(reader, names,
                     (struct http_name){
                         .text = name.text, .written = name.written, .place = name.place});
    } else if (slice_ends(text, SLICE(".*")) && text.len > 2) {
        name.kind = HTTP_NAME_TRAILING_STAR;
        text.len--;
    }
    if (!is_plain_name(text) || slice_equal(text, SLICE(".")) ||
        (name.kind == HTTP_NAME_LEADING_STAR && text.len < 2))
        return http_conf_refuse(
            reader, word->place,
            "write `www.example.org`, `*.example.org`, `.example.org` or `www.*`",
            "`%.*s` is no server name", HTTP_SHOW(word->text));
    name.text = text;
    add_name(reader, names, name);
    return true;
}

static bool parse_server_name(struct conf_reader *reader, const struct conf_directive *directive,
                              void *value)
{
    for (size_t i = 0; i < directive->word_count; i++)
        if (!parse_name(reader, value, &directive->words[i]))
            return false;
    return true;
}

const struct conf_type http_type_server_name = {"name", parse_server_name};
