#include "tls/tls_conf_private.h"
#include "tls/tls_internal.h"

#include <time.h>

#define DAY_S 86400

static const struct conf_directive *find_directive(const struct conf_scope *scope, const char *name)
{
    const struct conf_directive *directive = NULL;

    for (; scope != NULL && directive == NULL; scope = scope->parent)
        directive = conf_directive_of(scope, name);
    return directive;
}

static struct conf_place place_of(const struct conf_scope *scope, const char *name)
{
    const struct conf_directive *directive = find_directive(scope, name);

    return directive == NULL ? (struct conf_place){0} : directive->words[0].place;
}

static void check_dates(struct conf_reader *reader, const struct tls_conf_pair *pair, int64_t now)
{
    int64_t left = pair->facts.not_after - now;
    int64_t change;
    enum tls_certificate_end end = tls_certificate_end(&pair->facts, now, &change);

    if (end == TLS_CERTIFICATE_OVER)
        tls_conf_warn_expired(reader, pair, -left / DAY_S);
    else if (now < pair->facts.not_before)
        tls_conf_warn_of_dates(reader, pair, "certificate is not valid yet: it begins in",
                               (pair->facts.not_before - now + DAY_S - 1) / DAY_S, "");
    else if (end == TLS_CERTIFICATE_NEAR)
        tls_conf_warn_of_dates(reader, pair, "certificate expires in", left / DAY_S, "");
}

struct tls_conf_known *tls_conf_known(const struct conf *conf, const struct tls_conf_file *file)
{
    struct conf_source *source = conf->sources->list[file->index];
    struct arena *arena = &conf->sources->arena;
    struct tls_conf_known *known = source->notes;

    if (known == NULL) {
        known = arena_zero(arena, sizeof *known);
        known->is_good = tls_check_certificate(source->text, arena, &known->facts, &known->why);
        source->notes = known;
    }
    return known;
}

static bool check_pair(struct conf_reader *reader, struct tls_conf_pair *pair)
{
    struct arena *arena = &reader->report->arena;
    struct tls_conf_known *known = tls_conf_known(reader->conf, &pair->certificate);
    struct slice fingerprint = SLICE_NONE, why = SLICE_NONE;
    bool is_good = true;

    pair->facts = known->facts;
    if (pair->certificate.source->error != 0)
        is_good = tls_conf_fail_file(reader, &pair->certificate, "certificate");
    else if (!known->is_good)
        is_good = tls_conf_fail_content(reader, &pair->certificate, "certificate", known->why);
    if (pair->key.source->error != 0)
        return tls_conf_fail_file(reader, &pair->key, "key");
    if (!is_good)
        return false;
    if (pair->key.source->fd < 0)
        return true; /* a worker: its master has checked it, and it has no key */
    if ((known->key != pair->key.source || known->passphrases != pair->passphrases) &&
        !tls_check_key_apart(
            reader->conf->sources, pair->certificate.source->text, pair->key.source->fd,
            pair->passphrases == NULL ? -1 : pair->passphrases->fd, arena, &fingerprint, &why))
        return fingerprint.len > 0 ? tls_conf_fail_mismatch(reader, pair, fingerprint)
                                   : tls_conf_fail_content(reader, &pair->key, "key", why);
    known->key = pair->key.source;
    known->passphrases = pair->passphrases;
    if (reader->checks_disk)
        check_dates(reader, pair, (int64_t)time(NULL));
    return true;
}

static bool fail_count(struct conf_reader *reader, const struct conf_scope *scope,
                       const struct tls_conf *tls)
{
    bool wants_key = tls->ssl_certificate.count > tls->ssl_certificate_key.count;
    const char *given = wants_key ? "ssl_certificate" : "ssl_certificate_key";
    const char *missing = wants_key ? "ssl_certificate_key" : "ssl_certificate";
    struct conf_finding *finding =
        conf_report_add(reader->report, CONF_ERROR, place_of(scope, given), "no `%s` for this `%s`",
                        missing, given);

    finding->label =
        arena_format(&reader->report->arena, "%zu of these, %zu of the other",
                     wants_key ? tls->ssl_certificate.count : tls->ssl_certificate_key.count,
                     wants_key ? tls->ssl_certificate_key.count : tls->ssl_certificate.count);
    conf_finding_help(reader->report, finding,
                      "each certificate needs its key, in the same order; a block that gives one "
                      "of the lists replaces that list");
    return false;
}

static bool check_protocols(struct conf_reader *reader, const struct conf_scope *scope,
                            const struct tls_conf *tls)
{
    struct conf_finding *finding;

    if ((tls->ssl_protocols & ~(uint32_t)(TLS_PROTOCOL_1_0 | TLS_PROTOCOL_1_1 | TLS_PROTOCOL_1_2 |
                                          TLS_PROTOCOL_1_3)) == 0)
        return true;
    finding = conf_report_add(reader->report, CONF_ERROR, place_of(scope, "ssl_protocols"),
                              "SSLv2 and SSLv3 do not exist here");
    conf_finding_help(reader->report, finding, "both are broken; remove them from ssl_protocols");
    return false;
}

static bool check_ciphers(struct conf_reader *reader, const struct conf_scope *scope,
                          const struct tls_conf *tls)
{
    const char *words = tls->ssl_ciphers.len > 0 ? tls_check_ciphers(tls->ssl_ciphers) : NULL;
    struct conf_finding *finding;

    if (words == NULL)
        return true;
    finding = conf_report_add(reader->report, CONF_ERROR, place_of(scope, "ssl_ciphers"),
                              "ssl_ciphers: %s", words);
    conf_finding_help(reader->report, finding,
                      "leave it out for a good default; `openssl ciphers -v` lists the names");
    conf_finding_help(reader->report, finding, "TLS 1.3 has its own suites: all of them are on");
    return false;
}

/* The file that the directive `name` names. */
static bool fail_named(struct conf_reader *reader, const struct conf_scope *scope,
                       struct tls_conf_file *file, const char *name, const char *what)
{
    file->word = &find_directive(scope, name)->words[0];
    return tls_conf_fail_file(reader, file, what);
}

/* Asked of the sources here so that workers get them, too. */
static bool check_authorities(struct conf_reader *reader, const struct conf_scope *scope,
                              struct slice path, const char *name)
{
    struct tls_conf_file file = {.path = path};
    uint32_t at;

    if (path.len == 0)
        return true;
    file.source = conf_sources_file(reader->conf->sources, path, &at);
    return file.source->error == 0 || fail_named(reader, scope, &file, name, "authorities");
}

static bool check_passphrases(struct conf_reader *reader, const struct conf_scope *scope,
                              const struct tls_conf *tls)
{
    struct tls_conf_file file = {
        .path = tls->ssl_password_file,
        .source = tls_conf_passphrases(reader->conf, tls),
    };

    return file.source == NULL || file.source->error == 0 ||
           fail_named(reader, scope, &file, "ssl_password_file", "pass phrases");
}

static bool check_clients(struct conf_reader *reader, const struct conf_scope *scope,
                          const struct tls_conf *tls)
{
    struct conf_finding *finding;
    bool is_good =
        check_authorities(reader, scope, tls->ssl_client_certificate, "ssl_client_certificate");

    is_good =
        check_authorities(reader, scope, tls->ssl_trusted_certificate, "ssl_trusted_certificate") &&
        is_good;
    if (tls->ssl_verify_client == TLS_VERIFY_OFF || tls->ssl_verify_client == TLS_VERIFY_ANY ||
        tls->ssl_client_certificate.len > 0 || tls->ssl_trusted_certificate.len > 0)
        return is_good;
    finding = conf_report_add(reader->report, CONF_ERROR, place_of(scope, "ssl_verify_client"),
                              "nobody is known who signs certificates of clients");
    conf_finding_help(reader->report, finding, "add `ssl_client_certificate authorities.pem;`");
    return false;
}

/* What only OpenSSL knows: the whole of it, built as a worker will build it. */
static void check_by_building(struct conf_reader *reader, const struct tls_conf *tls)
{
    struct arena *arena = &reader->report->arena;
    struct tls_server *server = arena_zero(arena, sizeof *server);
    struct tls_conf_file file = tls_conf_file(reader->conf, &tls->ssl_certificate, 0, arena);
    struct tls_conf_known *known = tls_conf_known(reader->conf, &file);
    struct tls_context *context;
    struct slice why = SLICE_NONE;

    server->service = "check";
    if (!tls_conf_server(reader->conf, tls, arena, server) ||
        (known->built != NULL && tls_context_is_alike(known->built, server)))
        return;
    context = tls_context_new(server, 1, arena, &why);
    if (context == NULL)
        tls_conf_fail_content(reader, &file, "certificate", why);
    else
        known->built = server;
    tls_context_free(context);
}

/* Servers that only inherit are all the same: the first one is looked at for all of them. */
static bool is_seen(const struct conf *conf, const struct conf_scope *scope)
{
    struct tls_conf *outer = conf_values(conf, scope->parent, &tls_conf_group);
    bool was_checked = outer->is_checked;

    if (conf_is_any_set(conf, scope, &tls_conf_group))
        return false;
    outer->is_checked = true;
    return was_checked;
}

void tls_conf_check(struct conf_reader *reader, const struct conf_scope *scope, void *values)
{
    const struct tls_conf *tls = values;
    struct arena *arena = &reader->report->arena;
    bool is_good;

    /* An outer block's lists may be completed by a server's: only servers are whole. */
    if ((scope->context != CONF_SERVER && scope->context != CONF_MAIL_SERVER) ||
        is_seen(reader->conf, scope))
        return;
    is_good = check_protocols(reader, scope, tls);
    is_good = check_ciphers(reader, scope, tls) && is_good;
    is_good = check_clients(reader, scope, tls) && is_good;
    is_good = check_passphrases(reader, scope, tls) && is_good;
    if (tls->ssl_certificate.count != tls->ssl_certificate_key.count)
        is_good = fail_count(reader, scope, tls);
    for (size_t i = 0; i < tls->ssl_certificate.count && i < tls->ssl_certificate_key.count; i++) {
        struct tls_conf_pair pair = {
            .certificate = tls_conf_file(reader->conf, &tls->ssl_certificate, i, arena),
            .key = tls_conf_key_file(reader->conf, &tls->ssl_certificate_key, i, arena),
            .passphrases = tls_conf_passphrases(reader->conf, tls),
        };

        is_good = check_pair(reader, &pair) && is_good;
    }
    if (is_good && reader->checks_disk && tls_conf_has_certificate(tls))
        check_by_building(reader, tls);
}

/* The name that a certificate must have for this word of server_name; empty: none. */
static struct slice needed_name(struct slice word)
{
    if (word.len == 0 || word.at[0] == '~' || slice_equal(word, SLICE("_")) ||
        slice_ends(word, SLICE(".*")) || slice_find(word, '$') != SLICE_NOT_FOUND)
        return SLICE_NONE;
    return word.at[0] == '.' ? slice_from(word, 1) : word;
}

void tls_conf_check_names(struct conf_reader *reader, const struct conf_scope *scope,
                          const struct tls_conf *tls, const struct conf_word *names, size_t count)
{
    struct arena *arena = &reader->report->arena;

    (void)scope;
    for (size_t i = 0; reader->checks_disk && i < tls->ssl_certificate.count; i++) {
        struct tls_conf_file file = tls_conf_file(reader->conf, &tls->ssl_certificate, i, arena);
        const struct tls_conf_known *known = tls_conf_known(reader->conf, &file);

        if (file.source->error != 0 || !known->is_good)
            continue;
        for (size_t j = 0; j < count; j++) {
            struct slice needed = needed_name(names[j].text);

            if (needed.len > 0 && !tls_certificate_covers(&known->facts, needed))
                tls_conf_warn_of_name(reader, &names[j], &file, &known->facts);
        }
    }
}
