#include "base/ensure.h"
#include "base/text.h"
#include "tls/tls_check.h"
#include "tls/tls_conf_private.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <time.h>

#define DAY_S     86400
#define NEAR_END  (14 * DAY_S) /* or a third of its life, if that is less */
#define LIST_MOST 64           /* names of a directory looked at for a suggestion */

/* One ssl_certificate with its ssl_certificate_key. */
struct pair {
    struct tls_conf_file certificate, key;
    struct tls_certificate_facts facts;
};

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

/* The names in the directory of `path`: sorted by nothing, as the disk has them. */
struct directory {
    const char *names[LIST_MOST + 1];
    size_t count;
};

static void list_directory(struct slice directory, struct arena *arena, struct directory *list)
{
    DIR *handle = opendir(arena_keep(arena, directory).at);
    const struct dirent *entry;

    list->count = 0;
    while (handle != NULL && list->count < LIST_MOST && (entry = readdir(handle)) != NULL)
        if (entry->d_name[0] != '.')
            list->names[list->count++] = arena_keep(arena, slice_of(entry->d_name)).at;
    list->names[list->count] = NULL;
    if (handle != NULL)
        closedir(handle);
}

static struct slice join_names(const struct directory *list, struct arena *arena)
{
    char *memory = arena_alloc(arena, 240);
    struct text text = text_in(memory, 200);

    for (size_t i = 0; i < list->count && !text.overflow; i++) {
        size_t before = text.len;

        text_add(&text, i > 0 ? SLICE(", ") : SLICE_NONE);
        text_add(&text, slice_of(list->names[i]));
        if (text.overflow)
            text.len = before;
    }
    if (text.overflow)
        text = (struct text){memory, text.len, 240, false}, text_add(&text, SLICE(", …"));
    return text_slice(&text);
}

static void help_missing(struct conf_reader *reader, struct conf_finding *finding,
                         struct slice path)
{
    struct arena *arena = &reader->report->arena;
    size_t slash = slice_find_last(path, '/');
    struct slice directory =
        slice_part(path, 0, slash == SLICE_NOT_FOUND || slash == 0 ? 1 : slash);
    struct directory list;
    struct slice names;
    const char *nearest;

    list_directory(directory, arena, &list);
    if (list.count == 0)
        return;
    names = join_names(&list, arena);
    conf_finding_help(reader->report, finding, "%.*s holds: %.*s", (int)directory.len, directory.at,
                      (int)names.len, names.at);
    nearest = conf_nearest(slice_from(path, slash + 1), list.names);
    if (nearest != NULL)
        conf_finding_help(reader->report, finding, "did you mean %.*s/%s?", (int)directory.len,
                          directory.at, nearest);
}

static bool fail_file(struct conf_reader *reader, const struct tls_conf_file *file,
                      const char *what)
{
    bool is_missing = file->source->error == ENOENT;
    struct conf_finding *finding = conf_report_add(
        reader->report, CONF_ERROR, file->word->place, "%s file %s: %.*s", what,
        is_missing ? "does not exist" : "cannot be read", (int)file->path.len, file->path.at);

    finding->label =
        arena_keep(&reader->report->arena,
                   is_missing ? SLICE("no such file") : slice_of(strerror(file->source->error)));
    if (is_missing && reader->checks_disk)
        help_missing(reader, finding, file->path);
    return false;
}

static bool fail_content(struct conf_reader *reader, const struct tls_conf_file *file,
                         const char *what, struct slice why)
{
    struct conf_finding *finding =
        conf_report_add(reader->report, CONF_ERROR, file->word->place, "%s cannot be used: %.*s",
                        what, (int)file->path.len, file->path.at);

    finding->label = arena_keep(&reader->report->arena, why);
    return false;
}

static struct slice join_slices(const struct slice *names, size_t count, struct arena *arena)
{
    char *memory = arena_alloc(arena, 204);
    struct text text = text_in(memory, 200);

    for (size_t i = 0; i < count; i++) {
        text_add(&text, i > 0 ? SLICE(", ") : SLICE_NONE);
        text_escape(&text, names[i]);
    }
    return text_slice(&text);
}

static bool fail_mismatch(struct conf_reader *reader, const struct pair *pair,
                          struct slice key_fingerprint)
{
    struct arena *arena = &reader->report->arena;
    struct slice names = join_slices(pair->facts.names, pair->facts.name_count, arena);
    struct conf_finding *finding =
        conf_report_add(reader->report, CONF_ERROR, pair->key.word->place,
                        "key and certificate do not belong together");

    finding->label =
        arena_format(arena, "public key %.*s", (int)key_fingerprint.len, key_fingerprint.at);
    finding->other = pair->certificate.word->place;
    finding->other_label =
        arena_format(arena, "public key %.*s, names: %.*s", (int)pair->facts.fingerprint.len,
                     pair->facts.fingerprint.at, (int)names.len, names.at);
    conf_finding_help(reader->report, finding,
                      "was one of them replaced and the other not? Is a copy still under way?");
    return false;
}

static struct slice date_text(int64_t seconds, struct arena *arena)
{
    char text[32] = "";
    struct tm parts;
    time_t time = (time_t)seconds;

    if (gmtime_r(&time, &parts) != NULL)
        strftime(text, sizeof text, "%e %b %Y", &parts);
    return arena_keep(arena, slice_trim(slice_of(text)));
}

static void warn_of_dates(struct conf_reader *reader, const struct pair *pair, const char *what,
                          int64_t days)
{
    struct arena *arena = &reader->report->arena;
    const struct tls_certificate_facts *facts = &pair->facts;
    struct slice from = date_text(facts->not_before, arena);
    struct slice until = date_text(facts->not_after, arena);
    struct conf_finding *finding =
        conf_report_add(reader->report, CONF_WARNING, pair->certificate.word->place,
                        "certificate %s %lld day%s", what, (long long)days, days == 1 ? "" : "s");

    if (strcmp(what, "expired") == 0) {
        finding->message = arena_format(arena, "certificate expired %lld day%s ago",
                                        (long long)days, days == 1 ? "" : "s");
        conf_finding_help(reader->report, finding,
                          "browsers refuse it, most mail servers still deliver");
    }
    finding->label =
        arena_format(arena, "valid %.*s to %.*s, issuer %.*s", (int)from.len, from.at,
                     (int)until.len, until.at, (int)facts->issuer.len, facts->issuer.at);
}

static void check_dates(struct conf_reader *reader, const struct pair *pair, int64_t now)
{
    int64_t life = pair->facts.not_after - pair->facts.not_before;
    int64_t left = pair->facts.not_after - now;
    int64_t near = life / 3 < NEAR_END ? life / 3 : NEAR_END;

    if (left < 0)
        warn_of_dates(reader, pair, "expired", -left / DAY_S);
    else if (now < pair->facts.not_before)
        warn_of_dates(reader, pair, "is not valid yet: it begins in",
                      (pair->facts.not_before - now + DAY_S - 1) / DAY_S);
    else if (left < near)
        warn_of_dates(reader, pair, "expires in", left / DAY_S);
}

static bool check_pair(struct conf_reader *reader, struct pair *pair)
{
    struct arena *arena = &reader->report->arena;
    struct slice fingerprint = SLICE_NONE, why = SLICE_NONE;
    bool is_good = true;

    if (pair->certificate.source->error != 0)
        is_good = fail_file(reader, &pair->certificate, "certificate");
    else if (!tls_check_certificate(pair->certificate.source->text, arena, &pair->facts, &why))
        is_good = fail_content(reader, &pair->certificate, "certificate", why);
    if (pair->key.source->error != 0)
        return fail_file(reader, &pair->key, "key");
    if (!is_good)
        return false;
    if (!tls_check_key(pair->certificate.source->text, pair->key.source->text, arena, &fingerprint,
                       &why))
        return fingerprint.len > 0 ? fail_mismatch(reader, pair, fingerprint)
                                   : fail_content(reader, &pair->key, "key", why);
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

/* What only OpenSSL knows: the whole of it, built as a worker will build it. */
static void check_by_building(struct conf_reader *reader, const struct tls_conf *tls)
{
    struct arena *arena = &reader->report->arena;
    struct tls_server server = {.service = "check"};
    struct tls_context *context;
    struct slice why = SLICE_NONE;
    struct tls_conf_file file = tls_conf_file(reader->conf, &tls->ssl_certificate, 0, arena);

    if (!tls_conf_server(reader->conf, tls, arena, &server))
        return;
    context = tls_context_new(&server, 1, arena, &why);
    if (context == NULL)
        fail_content(reader, &file, "certificate", why);
    tls_context_free(context);
}

static bool gives_tls(const struct conf_scope *scope)
{
    for (size_t i = 0; i < tls_conf_group.row_count; i++)
        if (conf_directive_of(scope, tls_conf_group.rows[i].name) != NULL)
            return true;
    return false;
}

/* Servers that only inherit are all the same: the first one is looked at for all of them. */
static bool is_seen(const struct conf_scope *scope)
{
    const struct conf_scope *other;

    if (gives_tls(scope))
        return false;
    for (other = scope->parent->first_child; other != scope; other = other->next)
        if (other->context == scope->context && !gives_tls(other))
            return true;
    return false;
}

void tls_conf_check(struct conf_reader *reader, const struct conf_scope *scope, void *values)
{
    const struct tls_conf *tls = values;
    struct arena *arena = &reader->report->arena;
    bool is_good;

    /* An outer block's lists may be completed by a server's: only servers are whole. */
    if ((scope->context != CONF_SERVER && scope->context != CONF_MAIL_SERVER) || is_seen(scope))
        return;
    is_good = check_protocols(reader, scope, tls);
    is_good = check_ciphers(reader, scope, tls) && is_good;
    if (tls->ssl_certificate.count != tls->ssl_certificate_key.count)
        is_good = fail_count(reader, scope, tls);
    for (size_t i = 0; i < tls->ssl_certificate.count && i < tls->ssl_certificate_key.count; i++) {
        struct pair pair = {
            .certificate = tls_conf_file(reader->conf, &tls->ssl_certificate, i, arena),
            .key = tls_conf_file(reader->conf, &tls->ssl_certificate_key, i, arena),
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

static void warn_of_name(struct conf_reader *reader, const struct conf_word *name,
                         const struct tls_conf_file *file,
                         const struct tls_certificate_facts *facts)
{
    struct arena *arena = &reader->report->arena;
    struct slice names = join_slices(facts->names, facts->name_count, arena);
    struct conf_finding *finding =
        conf_report_add(reader->report, CONF_WARNING, name->place,
                        "certificate does not cover %.*s", (int)name->text.len, name->text.at);

    finding->label = SLICE("clients will refuse this name");
    finding->other = file->word->place;
    finding->other_label = arena_format(arena, "its names: %.*s", (int)names.len, names.at);
}

void tls_conf_check_names(struct conf_reader *reader, const struct conf_scope *scope,
                          const struct tls_conf *tls, const struct conf_word *names, size_t count)
{
    struct arena *arena = &reader->report->arena;

    (void)scope;
    for (size_t i = 0; reader->checks_disk && i < tls->ssl_certificate.count; i++) {
        struct tls_conf_file file = tls_conf_file(reader->conf, &tls->ssl_certificate, i, arena);
        struct tls_certificate_facts facts;
        struct slice why;

        if (file.source->error != 0 ||
            !tls_check_certificate(file.source->text, arena, &facts, &why))
            continue;
        for (size_t j = 0; j < count; j++) {
            struct slice needed = needed_name(names[j].text);

            if (needed.len > 0 && !tls_certificate_covers(&facts, needed))
                warn_of_name(reader, &names[j], &file, &facts);
        }
    }
}
