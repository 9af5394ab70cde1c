#include "smtp/smtp_conf_types.h"

#include "base/chars.h"
#include "base/number.h"
#include "smtp/smtp_conf.h"

#include <stdarg.h>
#include <stdio.h>

#define SHOW(slice) (int)(slice).len, (slice).at

bool smtp_conf_refuse(struct conf_reader *reader, struct conf_place place, const char *help,
                      const char *format, ...)
{
    char message[512];
    va_list list;
    struct conf_finding *finding;

    va_start(list, format);
    vsnprintf(message, sizeof message, format, list);
    va_end(list);
    finding = conf_report_add(reader->report, CONF_ERROR, place, "%s", message);
    conf_finding_help(reader->report, finding, "%s", help);
    return false;
}

/* Room for one more element of `size` bytes, cleared, in a list in the configuration's arena, which
 * has room for a power of two. */
static void *append(struct conf_reader *reader, void *items, size_t count, size_t size)
{
    char *grown;

    if ((count & (count - 1)) != 0)
        return items;
    grown = arena_zero(&reader->conf->arena, (count == 0 ? 1 : 2 * count) * size);
    if (count > 0)
        memcpy(grown, items, count * size);
    return grown;
}

/* Cuts "host:port" at the last colon that is not inside brackets. */
static bool cut_port(struct slice text, struct slice *host, uint16_t *port)
{
    size_t colon = slice_find_last(text, ':');
    size_t bracket = slice_find_last(text, ']');
    uint64_t number;

    if (colon == SLICE_NOT_FOUND || (bracket != SLICE_NOT_FOUND && colon < bracket) ||
        !number_parse(slice_from(text, colon + 1), 65535, &number) || number == 0)
        return false;
    *host = slice_part(text, 0, colon);
    *port = (uint16_t)number;
    return true;
}

static bool is_bare_ipv6(struct slice host)
{
    return host.len > 0 && host.at[0] != '[' && slice_find(host, ':') != SLICE_NOT_FOUND;
}

/* listen */

static bool parse_listen_address(struct conf_reader *reader, const struct conf_word *word,
                                 struct address *address)
{
    struct slice host = SLICE("0.0.0.0");
    struct slice text = word->text;
    uint64_t number;
    uint16_t port;

    if (slice_starts(text, SLICE("unix:")))
        return smtp_conf_refuse(reader, word->place, "listen on 127.0.0.1 instead",
                                "listening on a UNIX socket is not possible");
    if (number_parse(text, 65535, &number) && number > 0)
        port = (uint16_t)number;
    else if (!cut_port(text, &host, &port))
        return smtp_conf_refuse(reader, word->place, "write `25`, `192.0.2.1:25` or `[::]:25`",
                                "`%.*s` has no port from 1 to 65535", SHOW(text));
    if (slice_equal(host, SLICE("*")))
        host = SLICE("0.0.0.0");
    if (slice_equal(host, SLICE("localhost")))
        host = SLICE("127.0.0.1");
    if (is_bare_ipv6(host) || !address_parse(host, address))
        return smtp_conf_refuse(reader, word->place, "write `25`, `192.0.2.1:25` or `[::]:25`",
                                "`%.*s` is no address", SHOW(text));
    address->port = port;
    return true;
}

static bool parse_listen_word(struct conf_reader *reader, const struct conf_word *word,
                              struct smtp_listen *listen)
{
    static const char *const words[] = {
        "ssl", "bind", "backlog=", "rcvbuf=", "sndbuf=", "ipv6only=on", "so_keepalive=", NULL};

    if (slice_equal(word->text, SLICE("proxy_protocol")))
        return smtp_conf_refuse(reader, word->place, "leave it out",
                                "the PROXY protocol comes later");
    for (size_t i = 0; words[i] != NULL; i++) {
        struct slice name = slice_of(words[i]);
        bool takes_value = name.at[name.len - 1] == '=';

        if (takes_value ? slice_starts(word->text, name) : slice_equal(word->text, name)) {
            listen->ssl = listen->ssl || i == 0;
            return true;
        }
    }
    return conf_fail_choice(reader, word, "parameter", words);
}

static bool parse_listen(struct conf_reader *reader, const struct conf_directive *directive,
                         void *value)
{
    struct smtp_listens *listens = value;
    struct smtp_listen listen = {.place = directive->words[0].place};

    if (!parse_listen_address(reader, &directive->words[0], &listen.address))
        return false;
    for (size_t i = 1; i < directive->word_count; i++) {
        if (!parse_listen_word(reader, &directive->words[i], &listen))
            return false;
    }
    listens->items = append(reader, listens->items, listens->count, sizeof listen);
    listens->items[listens->count++] = listen;
    return true;
}

const struct conf_type smtp_type_listen = {"address", parse_listen};

/* proxy_pass */

static bool parse_target(struct conf_reader *reader, const struct conf_word *word,
                         struct smtp_target *target)
{
    struct slice text = word->text;
    struct slice host = text;

    if (slice_find(text, '/') != SLICE_NOT_FOUND)
        return smtp_conf_refuse(reader, word->place, "write `proxy_pass HOST:PORT;`",
                                "a mail backend is no URL");
    if (!cut_port(text, &host, &target->target.port) || host.len == 0 || is_bare_ipv6(host))
        return smtp_conf_refuse(reader, word->place, "write `mail.internal:25` or `[::1]:25`",
                                "`%.*s` is not host:port", SHOW(text));
    if (host.at[0] == '[')
        host = slice_part(host, 1, host.len - 2);
    target->target.host = host;
    target->text = text;
    target->place = word->place;
    return true;
}

static bool parse_targets(struct conf_reader *reader, const struct conf_directive *directive,
                          void *value)
{
    struct smtp_targets *targets = value;

    targets->items =
        arena_zero(&reader->conf->arena, directive->word_count * sizeof *targets->items);
    for (size_t i = 0; i < directive->word_count; i++) {
        if (!parse_target(reader, &directive->words[i], &targets->items[i]))
            return false;
    }
    targets->count = directive->word_count;
    return true;
}

const struct conf_type smtp_type_targets = {"host:port …", parse_targets};

/* trusted_sources */

static bool parse_networks(struct conf_reader *reader, const struct conf_directive *directive,
                           void *value)
{
    struct smtp_networks *networks = value;

    networks->items =
        arena_zero(&reader->conf->arena, directive->word_count * sizeof *networks->items);
    for (size_t i = 0; i < directive->word_count; i++) {
        const struct conf_word *word = &directive->words[i];

        if (!network_parse(word->text, &networks->items[i]))
            return smtp_conf_refuse(reader, word->place, "write `192.168.0.0/16` or `fd00::/8`",
                                    "`%.*s` is no network", SHOW(word->text));
    }
    networks->count = directive->word_count;
    return true;
}

const struct conf_type smtp_type_networks = {"network …", parse_networks};

/* protocol, smtp_auth */

static bool parse_protocol(struct conf_reader *reader, const struct conf_directive *directive,
                           void *value)
{
    const struct conf_word *word = &directive->words[0];

    *(conf_choice *)value = 0;
    if (slice_equal(word->text, SLICE("smtp")))
        return true;
    if (slice_equal(word->text, SLICE("imap")) || slice_equal(word->text, SLICE("pop3")))
        return smtp_conf_refuse(reader, word->place, "take this server out until then",
                                "`%.*s` comes later; frontd speaks SMTP", SHOW(word->text));
    return conf_fail_choice(reader, word, "protocol", (const char *const[]){"smtp", NULL});
}

const struct conf_type smtp_type_protocol = {"smtp", parse_protocol};

static bool parse_auth(struct conf_reader *reader, const struct conf_directive *directive,
                       void *value)
{
    *(conf_choice *)value = 0;
    if (directive->word_count == 1 && slice_equal(directive->words[0].text, SLICE("none")))
        return true;
    return smtp_conf_refuse(reader, directive->words[0].place,
                            "write `smtp_auth none;`: attempts are logged and refused",
                            "logging in comes later, so nobody could with `%.*s`",
                            SHOW(directive->words[0].text));
}

const struct conf_type smtp_type_auth = {"none", parse_auth};

/* access_log, auth_log: empty is off. */

static bool parse_log(struct conf_reader *reader, const struct conf_directive *directive,
                      void *value)
{
    struct slice text = directive->words[0].text;
    struct slice *path = value;

    *path = SLICE_NONE;
    if (slice_equal(text, SLICE("off")))
        return true;
    if (text.len == 0 || slice_starts(text, SLICE("syslog:")))
        return smtp_conf_refuse(reader, directive->words[0].place, "write the name of a file",
                                "this log goes to a file");
    *path = slice_equal(text, SLICE("stderr"))
                ? text
                : conf_absolute(&reader->conf->arena, reader->conf->prefix, text);
    return true;
}

const struct conf_type smtp_type_log = {"file | off", parse_log};

/* What frontd does not do. */

static bool parse_refused(struct conf_reader *reader, const struct conf_directive *directive,
                          void *value)
{
    (void)value;
    return smtp_conf_refuse(reader, directive->name.place, reader->row->type_data,
                            "`%s` is not supported", reader->row->name);
}

const struct conf_type smtp_type_refused = {"refused", parse_refused};
