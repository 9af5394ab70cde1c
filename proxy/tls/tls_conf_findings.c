#include "base/text.h"
#include "tls/tls_conf_private.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <time.h>

#define LIST_MOST 64  /* names of a directory looked at for a suggestion */
#define JOIN_MOST 200 /* bytes of names shown in one line */

static struct slice join(const struct slice *names, size_t count, struct arena *arena)
{
    static const struct slice more = {", …", sizeof ", …" - 1};
    char *memory = arena_alloc(arena, JOIN_MOST + more.len);
    struct text text = text_in(memory, JOIN_MOST);
    size_t whole = 0;

    for (size_t i = 0; i < count && !text.overflow; i++) {
        text_add(&text, i > 0 ? SLICE(", ") : SLICE_NONE);
        text_escape(&text, names[i]);
        if (!text.overflow)
            whole = text.len;
    }
    if (text.overflow) {
        text = (struct text){memory, whole, JOIN_MOST + more.len, false};
        text_add(&text, more);
    }
    return text_slice(&text);
}

/* The names in the directory of `path`: sorted by nothing, as the disk has them. */
struct directory {
    const char *names[LIST_MOST + 1]; /* ended by NULL */
    struct slice slices[LIST_MOST];   /* the same */
    size_t count;
};

static void list_directory(struct slice directory, struct arena *arena, struct directory *list)
{
    DIR *handle = opendir(arena_keep(arena, directory).at);
    const struct dirent *entry;

    list->count = 0;
    while (handle != NULL && list->count < LIST_MOST && (entry = readdir(handle)) != NULL)
        if (entry->d_name[0] != '.') {
            struct slice name = arena_keep(arena, slice_of(entry->d_name));

            list->slices[list->count] = name;
            list->names[list->count++] = name.at;
        }
    list->names[list->count] = NULL;
    if (handle != NULL)
        closedir(handle);
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
    names = join(list.slices, list.count, arena);
    conf_finding_help(reader->report, finding, "%.*s holds: %.*s", (int)directory.len, directory.at,
                      (int)names.len, names.at);
    nearest = conf_nearest(slice_from(path, slash + 1), list.names);
    if (nearest != NULL)
        conf_finding_help(reader->report, finding, "did you mean %.*s/%s?", (int)directory.len,
                          directory.at, nearest);
}

bool tls_conf_fail_file(struct conf_reader *reader, const struct tls_conf_file *file,
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

bool tls_conf_fail_content(struct conf_reader *reader, const struct tls_conf_file *file,
                           const char *what, struct slice why)
{
    struct conf_finding *finding =
        conf_report_add(reader->report, CONF_ERROR, file->word->place, "%s cannot be used: %.*s",
                        what, (int)file->path.len, file->path.at);

    finding->label = arena_keep(&reader->report->arena, why);
    return false;
}

bool tls_conf_fail_mismatch(struct conf_reader *reader, const struct tls_conf_pair *pair,
                            struct slice key_fingerprint)
{
    struct arena *arena = &reader->report->arena;
    struct slice names = join(pair->facts.names, pair->facts.name_count, arena);
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

void tls_conf_warn_of_name(struct conf_reader *reader, const struct conf_word *name,
                           const struct tls_conf_file *file,
                           const struct tls_certificate_facts *facts)
{
    struct arena *arena = &reader->report->arena;
    struct slice names = join(facts->names, facts->name_count, arena);
    struct conf_finding *finding =
        conf_report_add(reader->report, CONF_WARNING, name->place,
                        "certificate does not cover %.*s", (int)name->text.len, name->text.at);

    finding->label = SLICE("clients will refuse this name");
    finding->other = file->word->place;
    finding->other_label = arena_format(arena, "its names: %.*s", (int)names.len, names.at);
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

struct conf_finding *tls_conf_warn_of_dates(struct conf_reader *reader,
                                            const struct tls_conf_pair *pair, const char *what,
                                            int64_t days, const char *ago)
{
    struct arena *arena = &reader->report->arena;
    const struct tls_certificate_facts *facts = &pair->facts;
    struct slice from = date_text(facts->not_before, arena);
    struct slice until = date_text(facts->not_after, arena);
    struct conf_finding *finding =
        conf_report_add(reader->report, CONF_WARNING, pair->certificate.word->place,
                        "%s %lld day%s%s", what, (long long)days, days == 1 ? "" : "s", ago);

    finding->label =
        arena_format(arena, "valid %.*s to %.*s, issuer %.*s", (int)from.len, from.at,
                     (int)until.len, until.at, (int)facts->issuer.len, facts->issuer.at);
    return finding;
}

void tls_conf_warn_expired(struct conf_reader *reader, const struct tls_conf_pair *pair,
                           int64_t days)
{
    struct conf_finding *finding =
        tls_conf_warn_of_dates(reader, pair, "certificate expired", days, " ago");

    conf_finding_help(reader->report, finding,
                      "browsers refuse it, most mail servers still deliver");
}
