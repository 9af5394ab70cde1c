#include "conf/conf_sources.h"

#include "base/ensure.h"
#include "base/number.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define FILE_MAX_BYTES ((size_t)8 << 20)

void conf_sources_init(struct conf_sources *sources, bool from_disk)
{
    *sources = (struct conf_sources){.from_disk = from_disk, .helper = -1};
    arena_init(&sources->arena, ARENA_UNLIMITED);
}

void conf_sources_end_helper(struct conf_sources *sources)
{
    if (sources->helper < 0)
        return;
    close(sources->helper);
    sources->helper = -1;
    while (waitpid(sources->helper_pid, NULL, 0) < 0 && errno == EINTR)
        ;
}

void conf_sources_deinit(struct conf_sources *sources)
{
    conf_sources_end_helper(sources);
    for (size_t i = 0; i < sources->count; i++)
        if (sources->list[i]->fd >= 0)
            close(sources->list[i]->fd);
    free(sources->list);
    conf_sources_index_deinit(&sources->index);
    arena_deinit(&sources->arena);
    conf_sources_init(sources, sources->from_disk);
}

enum kind {
    KIND_FILE,
    KIND_LISTING,
    KIND_SECRET,
    KIND_PASSPHRASES,
};

static enum kind kind_of(const struct conf_source *source)
{
    if (source->is_listing)
        return KIND_LISTING;
    if (source->is_passphrases)
        return KIND_PASSPHRASES;
    return source->is_secret ? KIND_SECRET : KIND_FILE;
}

static uint64_t hash_at(const void *owner, uint32_t place)
{
    const struct conf_source *source = ((const struct conf_sources *)owner)->list[place];

    return conf_sources_index_hash(source->name, kind_of(source));
}

static struct conf_source *add(struct conf_sources *sources, struct slice name, enum kind kind,
                               uint32_t *index)
{
    struct conf_source *source = arena_zero(&sources->arena, sizeof *source);

    if (sources->count == sources->capacity) {
        sources->capacity = sources->capacity == 0 ? 16 : sources->capacity * 2;
        sources->list = memory_grow(sources->list, sources->capacity * sizeof *sources->list);
    }
    source->name = arena_keep(&sources->arena, name);
    source->is_listing = kind == KIND_LISTING;
    source->is_secret = kind == KIND_SECRET;
    source->is_passphrases = kind == KIND_PASSPHRASES;
    source->fd = -1;
    *index = (uint32_t)sources->count;
    sources->list[sources->count++] = source;
    sources->counts.keys += source->is_secret;
    sources->counts.passphrases += source->is_passphrases;
    conf_sources_index_add(&sources->index, *index, hash_at, sources);
    return source;
}

static struct conf_source *find(const struct conf_sources *sources, struct slice name,
                                enum kind kind, uint32_t *index)
{
    uint64_t hash = conf_sources_index_hash(name, kind);
    size_t step = 0;

    while (conf_sources_index_next(&sources->index, hash, &step, index)) {
        struct conf_source *source = sources->list[*index];

        if (kind_of(source) == kind && slice_equal(source->name, name))
            return source;
    }
    return NULL;
}

/* 0, or why what `fd` leads to is not read. */
static int refusal(int fd, size_t most, struct conf_stamp *stamp)
{
    struct stat status;

    if (fstat(fd, &status) != 0)
        return errno;
    conf_stamp_from(&status, stamp);
    if (S_ISDIR(status.st_mode))
        return EISDIR;
    if (!S_ISREG(status.st_mode))
        return EINVAL;
    return (uint64_t)status.st_size > most ? EFBIG : 0;
}

/* Everything up to the end of the file, which may grow or shrink meanwhile. */
static int read_all(int fd, char *memory, size_t capacity, size_t *len)
{
    *len = 0;
    while (*len < capacity) {
        ssize_t got = read(fd, memory + *len, capacity - *len);

        if (got == 0)
            return 0;
        if (got < 0 && errno != EINTR)
            return errno;
        if (got > 0)
            *len += (size_t)got;
    }
    return EFBIG;
}

/* Private keys in a file of certificates stay in no process that reads it as such. */
static void hide_keys(char *memory, size_t len)
{
    static const char begin[] = "PRIVATE KEY-----", end[] = "-----END";
    char *at = memory, *stop = memory + len, *last;

    while ((at = memmem(at, (size_t)(stop - at), begin, sizeof begin - 1)) != NULL) {
        at += sizeof begin - 1;
        last = memmem(at, (size_t)(stop - at), end, sizeof end - 1);
        for (last = last == NULL ? stop : last; at < last; at++)
            if (*at != '\n' && *at != '\r')
                *at = 'A';
        while (at < stop && *at != '\n') /* behind the line of its end */
            at++;
    }
}

static int read_text(struct conf_sources *sources, int fd, struct conf_source *source)
{
    int error = refusal(fd, FILE_MAX_BYTES, &source->stamp);
    char *memory;
    size_t len;

    if (error != 0)
        return error;
    memory = memory_alloc(FILE_MAX_BYTES + 1);
    error = read_all(fd, memory, FILE_MAX_BYTES + 1, &len);
    hide_keys(memory, len);
    if (error == 0)
        source->text = arena_keep(&sources->arena, (struct slice){memory, len});
    free(memory);
    return error;
}

/* 0 and *fd, or errno. */
static int open_file(const struct conf_sources *sources, const struct conf_source *source, int *fd)
{
    if (!sources->from_disk || slice_find(source->name, '\0') != SLICE_NOT_FOUND)
        return ENOENT;
    /* O_NONBLOCK: a FIFO must not hold us up; refusal() turns it away. */
    *fd = open(source->name.at, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    return *fd < 0 ? errno : 0;
}

static int read_file(struct conf_sources *sources, struct conf_source *source)
{
    int fd, error = open_file(sources, source, &fd);

    if (error != 0)
        return error;
    error = read_text(sources, fd, source);
    close(fd);
    return error;
}

static int open_secret(struct conf_sources *sources, struct conf_source *source)
{
    int error = open_file(sources, source, &source->fd);

    return error != 0 ? error : refusal(source->fd, CONF_SECRET_MAX_BYTES, &source->stamp);
}

const struct conf_source *conf_sources_file(struct conf_sources *sources, struct slice path,
                                            uint32_t *index)
{
    struct conf_source *source = find(sources, path, KIND_FILE, index);

    if (source == NULL) {
        source = add(sources, path, KIND_FILE, index);
        source->error = read_file(sources, source);
    }
    return source;
}

#define SECRET "<secret "

const struct conf_source *conf_sources_secret(struct conf_sources *sources, struct slice path,
                                              uint32_t *index)
{
    struct conf_source *source = find(sources, path, KIND_SECRET, index);
    unsigned number;

    if (source != NULL)
        return source;
    number = (unsigned)sources->counts.keys;
    source = add(sources, path, KIND_SECRET, index);
    source->text = arena_format(&sources->arena, SECRET "%u>", number);
    source->error = open_secret(sources, source);
    return source;
}

const struct conf_source *conf_sources_passphrases(struct conf_sources *sources, struct slice path,
                                                   uint32_t *index)
{
    struct conf_source *source = find(sources, path, KIND_PASSPHRASES, index);

    if (source == NULL) {
        source = add(sources, path, KIND_PASSPHRASES, index);
        source->error = open_secret(sources, source);
    }
    return source;
}

size_t conf_sources_place(const struct conf_sources *sources, const struct conf_source *source)
{
    size_t place = source->is_passphrases ? sources->counts.keys : 0;

    for (size_t i = 0; sources->list[i] != source; i++)
        place +=
            source->is_passphrases ? sources->list[i]->is_passphrases : sources->list[i]->is_secret;
    return place;
}

bool conf_sources_secret_number(struct slice text, uint32_t *number)
{
    struct slice rest = slice_from(text, sizeof SECRET - 1);
    uint64_t value;

    if (!slice_starts(text, SLICE(SECRET)) || !slice_ends(rest, SLICE(">")) ||
        !number_parse(slice_part(rest, 0, rest.len - 1), UINT16_MAX, &value))
        return false;
    *number = (uint32_t)value;
    return true;
}

const struct conf_source *conf_sources_find(const struct conf_sources *sources, struct slice name)
{
    uint32_t index;

    return find(sources, name, KIND_FILE, &index);
}

const struct conf_source *conf_sources_find_secret(const struct conf_sources *sources,
                                                   struct slice path)
{
    uint32_t index;

    return find(sources, path, KIND_SECRET, &index);
}

const struct conf_source *conf_sources_find_passphrases(const struct conf_sources *sources,
                                                        struct slice path)
{
    uint32_t index;

    return find(sources, path, KIND_PASSPHRASES, &index);
}

bool conf_sources_replace(struct conf_sources *sources, struct slice path, struct slice text)
{
    uint32_t index;
    struct conf_source *source = find(sources, path, KIND_FILE, &index);

    if (source != NULL)
        source->text = arena_keep(&sources->arena, text);
    return source != NULL;
}

static int compare_paths(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static struct slice join_paths(struct arena *arena, char **paths, size_t count)
{
    struct slice joined = SLICE_NONE;
    char *out;

    for (size_t i = 0; i < count; i++)
        joined.len += strlen(paths[i]) + 1;
    out = arena_alloc(arena, joined.len);
    joined.at = out;
    for (size_t i = 0; i < count; i++)
        out = stpcpy(out, paths[i]) + 1;
    return joined;
}

static int list_paths(struct conf_sources *sources, struct conf_source *source)
{
    glob_t found;
    int result;

    if (!sources->from_disk || slice_find(source->name, '\0') != SLICE_NOT_FOUND)
        return ENOENT;
    result = glob(source->name.at, GLOB_NOSORT, NULL, &found);
    if (result == 0) {
        /* Not glob's order: that depends on the locale. */
        qsort(found.gl_pathv, found.gl_pathc, sizeof *found.gl_pathv, compare_paths);
        source->text = join_paths(&sources->arena, found.gl_pathv, found.gl_pathc);
    }
    globfree(&found);
    return result == 0 || result == GLOB_NOMATCH ? 0 : EIO;
}

const struct conf_source *conf_sources_glob(struct conf_sources *sources, struct slice pattern,
                                            uint32_t *index)
{
    struct conf_source *source = find(sources, pattern, KIND_LISTING, index);

    if (source == NULL) {
        source = add(sources, pattern, KIND_LISTING, index);
        source->error = list_paths(sources, source);
    }
    return source;
}

uint32_t conf_sources_text(struct conf_sources *sources, struct slice name, struct slice text)
{
    struct conf_source *source;
    uint32_t index;

    source = find(sources, name, KIND_FILE, &index);
    if (source != NULL && slice_equal(source->text, text))
        return index;
    source = add(sources, name, KIND_FILE, &index);
    source->text = arena_keep(&sources->arena, text);
    return index;
}

/* The run of bytes: this head, and for each source a source_head, its name and its text. Read by
 * another process of the same machine and build, so numbers are as they stand in memory. */
struct run_head {
    char magic[16];
    uint64_t count;
};

struct source_head {
    uint64_t name_len, text_len;
    int32_t error;
    uint32_t is_listing, is_configuration;
    uint32_t secret; /* 1: a key, 2: pass phrases */
};

static const char run_magic[sizeof((struct run_head *)0)->magic] = "frontd sources 1";

static char *put(char *out, const void *bytes, size_t len)
{
    if (len > 0)
        memcpy(out, bytes, len);
    return out + len;
}

static char *put_source(char *out, const struct conf_source *source)
{
    struct source_head head = {
        .name_len = source->name.len,
        .text_len = source->text.len,
        .error = source->error,
        .is_listing = source->is_listing,
        .is_configuration = source->is_configuration,
        .secret = source->is_passphrases ? 2 : source->is_secret,
    };

    out = put(out, &head, sizeof head);
    out = put(out, source->name.at, source->name.len);
    return put(out, source->text.at, source->text.len);
}

struct slice conf_sources_write(const struct conf_sources *sources, struct arena *arena)
{
    struct run_head head = {.count = sources->count};
    size_t len = sizeof head;
    char *out, *next;

    for (size_t i = 0; i < sources->count; i++)
        len += sizeof(struct source_head) + sources->list[i]->name.len + sources->list[i]->text.len;
    out = arena_alloc(arena, len);
    ensure(out != NULL);
    memcpy(head.magic, run_magic, sizeof head.magic);
    next = put(out, &head, sizeof head);
    for (size_t i = 0; i < sources->count; i++)
        next = put_source(next, sources->list[i]);
    ensure(next == out + len);
    return (struct slice){out, len};
}

static bool take(struct slice *bytes, size_t len, struct slice *taken)
{
    if (len > bytes->len)
        return false;
    *taken = slice_part(*bytes, 0, len);
    *bytes = slice_from(*bytes, len);
    return true;
}

static bool take_struct(struct slice *bytes, void *out, size_t len)
{
    struct slice taken;

    if (!take(bytes, len, &taken))
        return false;
    memcpy(out, taken.at, len);
    return true;
}

static enum kind kind_in(const struct source_head *head)
{
    if (head->is_listing)
        return KIND_LISTING;
    if (head->secret == 2)
        return KIND_PASSPHRASES;
    return head->secret == 1 ? KIND_SECRET : KIND_FILE;
}

static bool take_source(struct conf_sources *sources, struct slice *bytes)
{
    struct source_head head;
    struct slice name, text;
    struct conf_source *source;
    uint32_t index;

    if (!take_struct(bytes, &head, sizeof head) || head.is_listing > 1 ||
        head.is_configuration > 1 || head.secret > 2 || (head.secret > 0 && head.is_listing) ||
        !take(bytes, head.name_len, &name) || !take(bytes, head.text_len, &text))
        return false;
    if (head.secret == 2 && text.len > 0)
        return false;
    if (head.secret == 1 && !conf_sources_secret_number(text, &index))
        return false;
    if (head.is_listing && text.len > 0 && text.at[text.len - 1] != '\0')
        return false;
    source = add(sources, name, kind_in(&head), &index);
    source->text = arena_keep(&sources->arena, text);
    source->error = head.error;
    source->is_configuration = head.is_configuration;
    return true;
}

static bool take_all(struct conf_sources *sources, struct slice bytes)
{
    struct run_head head;

    if (!take_struct(&bytes, &head, sizeof head) ||
        memcmp(head.magic, run_magic, sizeof head.magic) != 0)
        return false;
    for (uint64_t i = 0; i < head.count; i++)
        if (!take_source(sources, &bytes))
            return false;
    return bytes.len == 0;
}

bool conf_sources_read(struct conf_sources *sources, struct slice bytes)
{
    ensure(sources->count == 0);
    if (take_all(sources, bytes))
        return true;
    conf_sources_deinit(sources);
    return false;
}
