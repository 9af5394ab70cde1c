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

    return (struct tls_conf_file){word, path, conf_sources_file(conf->sources, path, &at)};
}

struct tls_conf_file tls_conf_key_file(const struct conf *conf,
                                       const struct conf_directive_list *list, size_t index,
                                       struct arena *arena)
{
    const struct conf_word *word = &list->directives[index]->words[0];
    struct slice path = conf_absolute(arena, conf_directory(conf), word->text);
    uint32_t at;

    return (struct tls_conf_file){word, path, conf_sources_secret(conf->sources, path, &at)};
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

bool tls_conf_server(const struct conf *conf, const struct tls_conf *tls, struct arena *arena,
                     struct tls_server *out)
{
    const struct slice *certificates, *keys;

    if (!tls_conf_has_certificate(tls) ||
        tls->ssl_certificate.count != tls->ssl_certificate_key.count ||
        !fill_texts(conf, &tls->ssl_certificate, tls_conf_file, arena, &certificates) ||
        !fill_texts(conf, &tls->ssl_certificate_key, tls_conf_key_file, arena, &keys))
        return false;
    out->certificates = certificates;
    out->keys = keys;
    out->pair_count = tls->ssl_certificate.count;
    out->protocols = tls->ssl_protocols;
    out->ciphers = tls->ssl_ciphers;
    out->server_preference = tls->ssl_prefer_server_ciphers;
    out->session_timeout_s = tls->ssl_session_timeout / 1000;
    out->session_tickets = tls->ssl_session_tickets;
    return true;
}
