#include "tls/tls_conf.h"

#include "base/ensure.h"
#include "base/number.h"
#include "tls/tls_conf_private.h"

#include <stddef.h>

#define TLS_CONTEXTS (CONF_HTTP | CONF_SERVER | CONF_MAIL | CONF_MAIL_SERVER)

/* In the order of enum tls_protocol's bits. SSLv2 and SSLv3 are there to be refused in words. */
static const char *const tls_protocol_words[] = {"TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3",
                                                 "SSLv2", "SSLv3",   NULL};

static bool is_cache(struct slice word)
{
    struct slice rest = word, name, size;
    uint64_t bytes;

    if (slice_equal(word, SLICE("off")) || slice_equal(word, SLICE("none")) ||
        slice_equal(word, SLICE("builtin")))
        return true;
    if (slice_starts(word, SLICE("builtin:")))
        return number_parse(slice_from(word, 8), UINT32_MAX, &bytes);
    if (!slice_equal(slice_cut(&rest, ':'), SLICE("shared")))
        return false;
    name = slice_cut(&rest, ':');
    size = rest;
    return name.len > 0 && number_parse_size(size, SIZE_MAX, &bytes);
}

static bool parse_session_cache(struct conf_reader *reader, const struct conf_directive *directive,
                                void *value)
{
    struct conf_word_list *list = value;

    for (size_t i = 0; i < directive->word_count; i++) {
        const struct conf_word *word = &directive->words[i];

        if (!is_cache(word->text))
            return conf_fail(reader, word->place, "invalid session cache `%.*s`",
                             (int)word->text.len, word->text.at);
    }
    *list = (struct conf_word_list){directive->words, directive->word_count};
    return true;
}

static const struct conf_type tls_conf_type_session_cache = {
    .name = "session cache",
    .parse = parse_session_cache,
};

static bool parse_ssl(struct conf_reader *reader, const struct conf_directive *directive,
                      void *value)
{
    struct conf_finding *finding;

    (void)value;
    if (slice_equal(directive->words[0].text, SLICE("off")))
        return true;
    finding = conf_report_add(reader->report, CONF_ERROR, directive->name.place,
                              "`ssl on` is not a directive any more");
    conf_finding_help(reader->report, finding, "write `listen 443 ssl;` (or 465, 993, 995)");
    conf_finding_help(reader->report, finding, "nginx dropped `ssl on` in 1.25.1");
    return false;
}

static const struct conf_type tls_conf_type_ssl = {
    .name = "off",
    .parse = parse_ssl,
};

static bool parse_early_data(struct conf_reader *reader, const struct conf_directive *directive,
                             void *value)
{
    struct conf_finding *finding;

    (void)value;
    if (slice_equal(directive->words[0].text, SLICE("off")))
        return true;
    finding = conf_report_add(reader->report, CONF_ERROR, directive->words[0].place,
                              "there is no early data");
    conf_finding_help(reader->report, finding,
                      "whoever records it can send it again: leave the directive out");
    return false;
}

static const struct conf_type tls_conf_type_early_data = {
    .name = "off",
    .parse = parse_early_data,
};

/* Commands that would read files, which workers cannot, or undo what other directives say. */
static const char *const refused_commands[] = {
    "Certificate",  "PrivateKey",   "ServerInfoFile", "ChainCAPath",
    "ChainCAFile",  "VerifyCAPath", "VerifyCAFile",   "ClientCAFile",
    "ClientCAPath", "DHParameters", "RequestCAFile",  "RequestCAPath",
    NULL,
};

static bool parse_command(struct conf_reader *reader, const struct conf_directive *directive,
                          void *value)
{
    const struct conf_word *name = &directive->words[0];

    for (size_t i = 0; refused_commands[i] != NULL; i++)
        if (slice_equal_fold(name->text, slice_of(refused_commands[i])))
            return conf_fail(reader, name->place, "`%.*s` has a directive of its own",
                             (int)name->text.len, name->text.at);
    return conf_type_directive_list.parse(reader, directive, value);
}

static const struct conf_type tls_conf_type_command = {
    .name = "command",
    .parse = parse_command,
};

static const char *const tls_verify_words[] = {"off", "on", "optional", "optional_no_ca", NULL};
static const struct conf_bounds tls_depths = {0, 100};

#define CONF_STRUCT struct tls_conf
static const struct conf_row tls_conf_rows[] = {
#include "conf/conf_rows.inc"
#include "tls/tls_conf.def"
};
#undef CONF_STRUCT

const struct conf_group tls_conf_group = {
    .name = "tls",
    .size = sizeof(struct tls_conf),
    .rows = tls_conf_rows,
    .row_count = sizeof tls_conf_rows / sizeof *tls_conf_rows,
    .check = tls_conf_check,
};

struct tls_conf_file tls_conf_file(const struct conf *conf, const struct conf_directive_list *list,
                                   size_t index, struct arena *arena)
{
    const struct conf_word *word = &list->directives[index]->words[0];
    struct slice path = conf_absolute(arena, conf_directory(conf), word->text);
    uint32_t at;
    const struct conf_source *source = conf_sources_file(conf->sources, path, &at);

    return (struct tls_conf_file){word, path, source, at};
}

struct tls_conf_file tls_conf_key_file(const struct conf *conf,
                                       const struct conf_directive_list *list, size_t index,
                                       struct arena *arena)
{
    const struct conf_word *word = &list->directives[index]->words[0];
    struct slice path = conf_absolute(arena, conf_directory(conf), word->text);
    uint32_t at;
    const struct conf_source *source = conf_sources_secret(conf->sources, path, &at);

    return (struct tls_conf_file){word, path, source, at};
}

const struct conf_source *tls_conf_passphrases(const struct conf *conf, const struct tls_conf *tls)
{
    uint32_t at;

    return tls->ssl_password_file.len == 0
               ? NULL
               : conf_sources_passphrases(conf->sources, tls->ssl_password_file, &at);
}

bool tls_conf_has_certificate(const struct tls_conf *tls)
{
    return tls->ssl_certificate.count > 0;
}

typedef struct tls_conf_file (*find_file)(const struct conf *conf,
                                          const struct conf_directive_list *list, size_t index,
                                          struct arena *arena);

static bool fill_texts(const struct conf *conf, const struct conf_directive_list *list,
                       find_file find, struct arena *arena, const struct slice **out)
{
    struct slice *texts = arena_alloc(arena, list->count * sizeof *texts);

    for (size_t i = 0; i < list->count; i++) {
        const struct conf_source *source = find(conf, list, i, arena).source;

        if (source->error != 0)
            return false;
        texts[i] = source->text;
    }
    *out = texts;
    return true;
}

static bool scope_allows_old(const struct conf *conf, const struct conf_scope *scope)
{
    const struct tls_conf *tls = conf_values(conf, scope, &tls_conf_group);

    if (tls != NULL && (tls->ssl_protocols & (TLS_PROTOCOL_1_0 | TLS_PROTOCOL_1_1)) != 0)
        return true;
    for (scope = scope->first_child; scope != NULL; scope = scope->next)
        if (scope_allows_old(conf, scope))
            return true;
    return false;
}

bool tls_conf_allows_old(const struct conf *conf)
{
    return scope_allows_old(conf, conf->main);
}

static bool fill_file(const struct conf *conf, struct slice path, struct slice *text)
{
    const struct conf_source *source;
    uint32_t at;

    *text = SLICE_NONE;
    if (path.len == 0)
        return true;
    source = conf_sources_file(conf->sources, path, &at);
    *text = source->text;
    return source->error == 0;
}

static void fill_commands(const struct tls_conf *tls, struct arena *arena, struct tls_server *out)
{
    const struct conf_directive_list *list = &tls->ssl_conf_command;
    struct tls_command *commands = arena_zero(arena, (list->count + 1) * sizeof *commands);

    for (size_t i = 0; i < list->count; i++) {
        const struct conf_word *words = list->directives[i]->words;

        commands[i].name = arena_keep(arena, words[0].text).at;
        commands[i].value = arena_keep(arena, words[1].text).at;
    }
    out->commands = commands;
    out->command_count = list->count;
}

bool tls_conf_server(const struct conf *conf, const struct tls_conf *tls, struct arena *arena,
                     struct tls_server *out)
{
    const struct slice *certificates, *keys;

    out->rejects = tls->ssl_reject_handshake;
    if ((!tls_conf_has_certificate(tls) && !out->rejects) ||
        tls->ssl_certificate.count != tls->ssl_certificate_key.count ||
        !fill_texts(conf, &tls->ssl_certificate, tls_conf_file, arena, &certificates) ||
        !fill_texts(conf, &tls->ssl_certificate_key, tls_conf_key_file, arena, &keys) ||
        !fill_file(conf, tls->ssl_client_certificate, &out->client_authorities) ||
        !fill_file(conf, tls->ssl_trusted_certificate, &out->trusted))
        return false;
    out->certificates = certificates;
    out->keys = keys;
    out->pair_count = tls->ssl_certificate.count;
    out->protocols = tls->ssl_protocols;
    out->ciphers = tls->ssl_ciphers;
    out->server_preference = tls->ssl_prefer_server_ciphers;
    out->session_timeout_s = tls->ssl_session_timeout / 1000;
    out->session_tickets = tls->ssl_session_tickets;
    if (!slice_equal(tls->ssl_ecdh_curve, SLICE("auto")))
        out->groups = tls->ssl_ecdh_curve;
    out->verify = (enum tls_verify)tls->ssl_verify_client;
    out->verify_depth = tls->ssl_verify_depth;
    fill_commands(tls, arena, out);
    return true;
}
