#include "process/certificates.h"

#include "base/ensure.h"
#include "os/descriptor.h"
#include "os/spawn.h"
#include "process/configuration.h"
#include "tls/tls_conf.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static struct conf_stamp stamp_of(const struct conf_source *source)
{
    return source == NULL ? (struct conf_stamp){0} : source->stamp;
}

static struct certificate_stamps stamps_of(const struct conf_sources *sources,
                                           const struct tls_pair *files)
{
    return (struct certificate_stamps){
        .certificate = stamp_of(conf_sources_find(sources, files->certificate)),
        .key = stamp_of(conf_sources_find_secret(sources, files->key)),
        .passphrases = stamp_of(conf_sources_find_passphrases(sources, files->passphrases)),
    };
}

static bool is_authorities(const struct tls_pair *files)
{
    return files->key.len == 0;
}

static struct certificate_stamps look_at_files(const struct tls_pair *files)
{
    struct certificate_stamps stamps = {0};

    conf_stamp_look(files->certificate, &stamps.certificate);
    if (!is_authorities(files))
        conf_stamp_look(files->key, &stamps.key);
    if (files->passphrases.len > 0)
        conf_stamp_look(files->passphrases, &stamps.passphrases);
    return stamps;
}

static bool are_equal(const struct certificate_stamps *a, const struct certificate_stamps *b)
{
    return conf_stamp_equal(&a->certificate, &b->certificate) &&
           conf_stamp_equal(&a->key, &b->key) && conf_stamp_equal(&a->passphrases, &b->passphrases);
}

void certificates_init(struct certificates *certificates, const struct configuration *configuration)
{
    struct tls_pair *pairs;

    arena_init(&certificates->arena, ARENA_UNLIMITED);
    certificates->allows_old = tls_conf_allows_old(&configuration->conf);
    pairs = tls_pairs_of(&configuration->conf, &certificates->arena, &certificates->count);
    certificates->list =
        arena_zero(&certificates->arena, (certificates->count + 1) * sizeof *certificates->list);
    for (size_t i = 0; i < certificates->count; i++) {
        struct certificate *one = &certificates->list[i];

        one->files = pairs[i];
        one->seen = one->in_use = stamps_of(&configuration->sources, &one->files);
    }
}

static void forget_why(struct certificate *one)
{
    free((char *)(uintptr_t)one->why.at);
    one->why = SLICE_NONE;
}

void certificates_deinit(struct certificates *certificates)
{
    for (size_t i = 0; i < certificates->count; i++)
        forget_why(&certificates->list[i]);
    arena_deinit(&certificates->arena);
}

/* Looking */

/* What was refused without a change may be good now: "not valid yet". */
#define TRY_AGAIN_MS ((uint64_t)10 * 60 * 1000)

static bool is_due(const struct certificate *one, uint64_t now_ms,
                   const struct certificates_patience *patience)
{
    bool was_tried = are_equal(&one->seen, &one->tried) && now_ms - one->tried_at < TRY_AGAIN_MS;

    return !are_equal(&one->seen, &one->in_use) && !was_tried &&
           now_ms - one->seen_at >= patience->quiet_ms;
}

static enum certificates_look look_at(struct certificate *one, uint64_t now_ms,
                                      const struct certificates_patience *patience)
{
    struct certificate_stamps now = look_at_files(&one->files);

    if (!are_equal(&now, &one->seen)) {
        one->seen = now;
        one->seen_at = now_ms;
    }
    if (are_equal(&now, &one->in_use)) { /* or again */
        forget_why(one);
        return CERTIFICATES_SAME;
    }
    if (is_due(one, now_ms, patience))
        return CERTIFICATES_DUE;
    return are_equal(&now, &one->tried) ? CERTIFICATES_SAME : CERTIFICATES_CHANGING;
}

enum certificates_look certificates_look(struct certificates *certificates, uint64_t now_ms,
                                         const struct certificates_patience *patience)
{
    enum certificates_look look = CERTIFICATES_SAME;

    for (size_t i = 0; i < certificates->count; i++) {
        enum certificates_look one = look_at(&certificates->list[i], now_ms, patience);

        look = one > look ? one : look;
    }
    return look;
}

const struct certificate *certificates_to_say(struct certificates *certificates, uint64_t now_ms,
                                              const struct certificates_patience *patience)
{
    for (size_t i = 0; i < certificates->count; i++) {
        struct certificate *one = &certificates->list[i];

        if (one->why.len > 0 && !one->is_said && now_ms - one->seen_at >= patience->grace_ms) {
            one->is_said = true;
            return one;
        }
    }
    return NULL;
}

/* Loading */

static void keep_why(struct certificate *one, struct slice why)
{
    char *text;

    if (slice_equal(why, one->why))
        return; /* still: said once is enough */
    forget_why(one);
    text = memory_alloc(why.len + 1);
    memcpy(text, why.at, why.len);
    one->why = (struct slice){text, why.len};
    one->is_said = false;
}

static void refuse(struct certificate *one, struct slice why, uint64_t now_ms)
{
    if (!are_equal(&one->seen, &one->tried))
        forget_why(one); /* other files: another matter, even if the words are the same */
    keep_why(one, why);
    one->tried = one->seen;
    one->tried_at = now_ms;
}

/* What is being put together. */
struct loading {
    struct conf_sources now;  /* what is on disk */
    struct conf_sources next; /* what is in use, and from there on what will be */
    struct certificate_set *set;
    struct arena arena;
    bool differs;
};

static uint32_t number_of(const struct conf_sources *sources, struct slice key)
{
    const struct conf_source *source = conf_sources_find_secret(sources, key);
    uint32_t number;

    ensure(source != NULL && conf_sources_secret_number(source->text, &number));
    return number;
}

static void take_file(struct loading *loading, size_t place, const struct conf_source *source)
{
    struct certificate_set *set = loading->set;

    ensure(place < set->file_count);
    close(set->files[place]);
    set->files[place] = fcntl(source->fd, F_DUPFD_CLOEXEC, SPAWN_FIRST_DESCRIPTOR);
}

/* A key that is encrypted anew comes with its certificate even if that is the same: else a key
 * holder that has to be replaced would have the one without the other. */
static void take_passphrases(struct loading *loading, const struct tls_pair *files)
{
    const struct conf_source *now =
        conf_sources_find_passphrases(&loading->now, files->passphrases);
    const struct conf_source *place =
        conf_sources_find_passphrases(&loading->next, files->passphrases);

    if (files->passphrases.len == 0)
        return;
    ensure(now != NULL && place != NULL);
    take_file(loading, conf_sources_place(&loading->next, place), now);
    loading->differs = true;
}

static void take_key(struct loading *loading, const struct tls_pair *files)
{
    const struct conf_source *key = conf_sources_find_secret(&loading->now, files->key);

    ensure(key != NULL);
    take_file(loading, number_of(&loading->next, files->key), key);
    take_passphrases(loading, files);
}

static void take(struct loading *loading, const struct tls_pair *files)
{
    const struct conf_source *certificate = conf_sources_find(&loading->now, files->certificate);
    const struct conf_source *before = conf_sources_find(&loading->next, files->certificate);

    ensure(certificate != NULL && before != NULL);
    loading->differs = loading->differs || !slice_equal(before->text, certificate->text);
    ensure(conf_sources_replace(&loading->next, files->certificate, certificate->text));
    if (!is_authorities(files))
        take_key(loading, files);
}

/* A certificate that has none of the names of the one before is another site's, copied to the wrong
 * place. */
static bool is_for_the_same(struct loading *loading, const struct tls_pair *files,
                            const struct tls_certificate_facts *facts)
{
    const struct conf_source *source = conf_sources_find(&loading->next, files->certificate);
    struct tls_certificate_facts before;
    struct slice why;

    if (source == NULL || !tls_check_certificate(source->text, &loading->arena, &before, &why))
        return true;
    for (size_t i = 0; i < before.name_count; i++)
        if (tls_certificate_covers(facts, before.names[i]))
            return true;
    return before.name_count == 0;
}

static bool check_one(struct loading *loading, const struct tls_pair *files, bool allows_old,
                      struct slice *file, struct slice *why)
{
    struct tls_certificate_facts facts;

    *file = files->certificate;
    if (is_authorities(files))
        return tls_authorities_check(&loading->now, files->certificate, &loading->arena, why);
    if (!tls_pair_check(&loading->now, files, allows_old, &loading->arena, &facts, file, why))
        return false;
    *file = files->certificate;
    *why = SLICE("it has none of the names that the one in use has; `frontd -s reload` takes it "
                 "all the same");
    return is_for_the_same(loading, files, &facts);
}

static void load_one(struct loading *loading, struct certificate *one, bool allows_old,
                     uint64_t now_ms)
{
    struct slice file, why;

    if (!check_one(loading, &one->files, allows_old, &file, &why)) {
        refuse(one,
               arena_format(&loading->arena, "%.*s: %.*s", (int)file.len, file.at, (int)why.len,
                            why.at),
               now_ms);
        return;
    }
    forget_why(one);
    one->loaded = stamps_of(&loading->now, &one->files);
    one->is_loaded = true;
    take(loading, &one->files);
}

static bool begin(struct loading *loading, int snapshot, const int *files, size_t file_count)
{
    struct certificate_set *set = loading->set;
    struct slice bytes;
    bool is_good;

    if (!descriptor_map(snapshot, &bytes))
        return false;
    is_good = conf_sources_read(&loading->next, bytes);
    descriptor_unmap(bytes);
    *set = (struct certificate_set){-1, memory_alloc((file_count + 1) * sizeof *files), file_count};
    for (size_t i = 0; i < file_count; i++)
        set->files[i] = fcntl(files[i], F_DUPFD_CLOEXEC, SPAWN_FIRST_DESCRIPTOR);
    return is_good;
}

static bool has_all(const struct certificate_set *set)
{
    for (size_t i = 0; i < set->file_count; i++)
        if (set->files[i] < 0)
            return false;
    return set->snapshot >= 0;
}

void certificate_set_close(struct certificate_set *set)
{
    for (size_t i = 0; i < set->file_count; i++)
        if (set->files[i] >= 0)
            close(set->files[i]);
    free(set->files);
    if (set->snapshot >= 0)
        close(set->snapshot);
    *set = (struct certificate_set){.snapshot = -1};
}

static void load_due(struct certificates *certificates, uint64_t now_ms,
                     const struct certificates_patience *patience, struct loading *loading)
{
    for (size_t i = 0; i < certificates->count; i++)
        if (is_due(&certificates->list[i], now_ms, patience))
            load_one(loading, &certificates->list[i], certificates->allows_old, now_ms);
    conf_sources_end_helper(&loading->now);
    if (loading->differs)
        loading->set->snapshot = descriptor_seal(
            "frontd-configuration", conf_sources_write(&loading->next, &loading->arena));
}

bool certificates_load(struct certificates *certificates, uint64_t now_ms,
                       const struct certificates_patience *patience, int snapshot, const int *files,
                       size_t file_count, struct certificate_set *set)
{
    struct loading loading = {.set = set};

    *set = (struct certificate_set){.snapshot = -1};
    conf_sources_init(&loading.now, true);
    conf_sources_init(&loading.next, false);
    arena_init(&loading.arena, ARENA_UNLIMITED);
    for (size_t i = 0; i < certificates->count; i++)
        certificates->list[i].is_loaded = false;
    if (begin(&loading, snapshot, files, file_count))
        load_due(certificates, now_ms, patience, &loading);
    conf_sources_deinit(&loading.now);
    conf_sources_deinit(&loading.next);
    arena_deinit(&loading.arena);
    if (has_all(set))
        return true;
    if (!loading.differs)
        certificates_took(certificates); /* the same bytes in other files */
    certificate_set_close(set);
    return false;
}

void certificates_name_loaded(const struct certificates *certificates, struct text *out)
{
    for (size_t i = 0; i < certificates->count; i++) {
        if (!certificates->list[i].is_loaded)
            continue;
        if (out->len > 0)
            text_add(out, SLICE(", "));
        text_add(out, certificates->list[i].files.certificate);
    }
}

void certificates_took(struct certificates *certificates)
{
    for (size_t i = 0; i < certificates->count; i++) {
        struct certificate *one = &certificates->list[i];

        if (one->is_loaded)
            one->in_use = one->loaded;
        one->is_loaded = false;
    }
}

void certificates_failed(struct certificates *certificates)
{
    for (size_t i = 0; i < certificates->count; i++)
        certificates->list[i].is_loaded = false;
}

/* Describing */

#define DESCRIBED_MAX 100

static struct slice describe_end(struct arena *arena, int64_t not_after)
{
    time_t end = (time_t)not_after;
    int64_t days = (not_after - (int64_t)time(NULL)) / 86400;
    char date[32] = "";
    struct tm parts;

    if (gmtime_r(&end, &parts) != NULL)
        strftime(date, sizeof date, "%Y-%m-%d %H:%M:%S", &parts);
    return days < 0 ? arena_format(arena, "EXPIRED %s UTC", date)
                    : arena_format(arena, "good until %s UTC (%lld days)", date, (long long)days);
}

static struct slice describe(const struct certificate *one, const struct conf_source *source,
                             struct arena *arena)
{
    struct tls_certificate_facts facts;
    struct slice why, end, name;

    if (is_authorities(&one->files))
        return arena_format(arena, "authorities of clients: %.*s", (int)one->files.certificate.len,
                            one->files.certificate.at);
    if (source == NULL || !tls_check_certificate(source->text, arena, &facts, &why))
        return one->files.certificate;
    end = describe_end(arena, facts.not_after);
    name = facts.name_count > 0 ? facts.names[0] : SLICE("without a name");
    return arena_format(arena, "certificate %.*s: %.*s%s, %.*s", (int)one->files.certificate.len,
                        one->files.certificate.at, (int)name.len, name.at,
                        facts.name_count > 1 ? " and others" : "", (int)end.len, end.at);
}

static void read_snapshot(const struct certificates *certificates, int snapshot,
                          struct conf_sources *sources)
{
    struct slice bytes;

    conf_sources_init(sources, false);
    if (certificates->count > 0 && descriptor_map(snapshot, &bytes)) {
        (void)!conf_sources_read(sources, bytes);
        descriptor_unmap(bytes);
    }
}

void certificates_each(const struct certificates *certificates, int snapshot,
                       void (*each)(void *owner, const struct certificate *one,
                                    const struct tls_certificate_facts *facts),
                       void *owner)
{
    struct tls_certificate_facts facts;
    struct conf_sources sources;
    struct arena arena;
    struct slice why;

    arena_init(&arena, ARENA_UNLIMITED);
    read_snapshot(certificates, snapshot, &sources);
    for (size_t i = 0; i < certificates->count; i++) {
        const struct certificate *one = &certificates->list[i];
        const struct conf_source *source = conf_sources_find(&sources, one->files.certificate);

        if (source != NULL && !is_authorities(&one->files) &&
            tls_check_certificate(source->text, &arena, &facts, &why))
            each(owner, one, &facts);
    }
    arena_deinit(&arena);
    conf_sources_deinit(&sources);
}

void certificates_describe(const struct certificates *certificates, int snapshot,
                           void (*say)(void *owner, struct slice line), void *owner)
{
    size_t count = certificates->count < DESCRIBED_MAX ? certificates->count : DESCRIBED_MAX;
    struct conf_sources sources;
    struct arena arena;

    arena_init(&arena, ARENA_UNLIMITED);
    read_snapshot(certificates, snapshot, &sources);
    for (size_t i = 0; i < count; i++) {
        const struct certificate *one = &certificates->list[i];

        say(owner, describe(one, conf_sources_find(&sources, one->files.certificate), &arena));
        if (one->why.len > 0)
            say(owner, arena_format(&arena, "  refused: %.*s", (int)one->why.len, one->why.at));
    }
    if (count < certificates->count)
        say(owner, arena_format(&arena, "and %zu certificates more", certificates->count - count));
    arena_deinit(&arena);
    conf_sources_deinit(&sources);
}
