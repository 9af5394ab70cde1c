#include "http/conf/http_conf_lint.h"
#include "http/conf/http_conf_types.h"
#include "http/files/http_files_conf.h"
#include "http/message/http_encoding.h"
#include "http/output/http_output_conf.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* A large tree is looked at in part: this is a hint, and nobody wants to wait for it. */
#define ENTRIES_MAX 20000
#define DEPTH_MAX   12

struct search {
    const struct http_precompressed *stored;
    struct arena *arena;
    size_t entries, stale;
    struct slice example; /* its name, below the directory */
};

static bool is_older(const struct stat *packed, const struct stat *plain)
{
    return S_ISREG(packed->st_mode) && S_ISREG(plain->st_mode) &&
           packed->st_mtim.tv_sec < plain->st_mtim.tv_sec;
}

/* `name` may be a packed one: is what it was made of newer? */
static void look_at(struct search *search, int directory, struct slice way, struct slice name)
{
    for (size_t i = 0; i < search->stored->count; i++) {
        struct slice extension = search->stored->items[i]->extension;
        struct stat packed, plain;

        if (name.len <= extension.len || !slice_ends(name, extension))
            continue;
        if (fstatat(directory, name.at, &packed, AT_SYMLINK_NOFOLLOW) < 0 ||
            fstatat(directory,
                    arena_keep(search->arena, slice_part(name, 0, name.len - extension.len)).at,
                    &plain, AT_SYMLINK_NOFOLLOW) < 0 ||
            !is_older(&packed, &plain))
            continue;
        if (search->stale++ == 0)
            search->example =
                arena_format(search->arena, "%.*s%.*s", HTTP_SHOW(way), HTTP_SHOW(name));
    }
}

static void search_in(struct search *search, int fd, struct slice way, unsigned depth)
{
    DIR *directory = fdopendir(fd);
    const struct dirent *entry;

    if (directory == NULL) {
        close(fd);
        return;
    }
    while ((entry = readdir(directory)) != NULL && search->entries++ < ENTRIES_MAX) {
        int inside;

        if (entry->d_name[0] == '.')
            continue;
        look_at(search, fd, way, slice_of(entry->d_name));
        if (depth == DEPTH_MAX || (entry->d_type != DT_DIR && entry->d_type != DT_UNKNOWN))
            continue;
        inside = openat(fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (inside >= 0)
            search_in(search, inside,
                      arena_format(search->arena, "%.*s%s/", HTTP_SHOW(way), entry->d_name),
                      depth + 1);
    }
    closedir(directory);
}

static bool sends_packed(const struct http_location *location)
{
    return location->output != NULL && location->output->stored.count > 0 &&
           !http_location_proxies(location) && location->files->place.text.len > 0 &&
           !location->files->place.has_variables;
}

/* Was the directory looked at for the block around this one? */
static bool is_known(const struct http_lint *lint, const struct http_location *location)
{
    const struct http_location *outer =
        location->parent != NULL ? location->parent : lint->server->own;

    return location != lint->server->own && sends_packed(outer) &&
           slice_equal(outer->files->place.text, location->files->place.text);
}

void http_conf_lint_packed(const struct http_lint *lint, const struct http_location *location)
{
    const struct http_place *place = &location->files->place;
    struct search search = {.arena = &lint->reader->report->arena};
    int fd;

    if (!sends_packed(location) || is_known(lint, location))
        return;
    search.stored = &location->output->stored;
    fd = open(arena_keep(search.arena, place->text).at, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    search_in(&search, fd, SLICE(""), 0);
    if (search.stale > 0)
        conf_finding_help(
            lint->reader->report,
            conf_report_add(lint->reader->report, CONF_WARNING,
                            http_conf_place_of_files(location->scope),
                            "packed files are older than what they were made of: %.*s%s",
                            HTTP_SHOW(search.example), search.stale > 1 ? " and others" : ""),
            "pack them again: what is sent depends on what the client takes");
}
