#include "process/auth_grants.h"

#include "base/arena.h"

#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool has(const struct auth_grants *grants, const struct stat *wanted)
{
    for (size_t i = 0; i < grants->count; i++) {
        struct stat status;

        if (fstat(grants->directories[i], &status) == 0 && status.st_dev == wanted->st_dev &&
            status.st_ino == wanted->st_ino)
            return true;
    }
    return false;
}

static void add(struct auth_grants *grants, const char *path)
{
    int fd = open(path, O_PATH | O_CLOEXEC);
    struct stat status;

    if (fd < 0)
        return;
    if (fstat(fd, &status) != 0 || has(grants, &status)) {
        close(fd);
        return;
    }
    grants->directories =
        memory_grow(grants->directories, (grants->count + 1) * sizeof *grants->directories);
    grants->directories[grants->count++] = fd;
}

/* A file directly below / is granted alone: the directory would be everything. */
static void add_directory(struct auth_grants *grants, const char *path)
{
    char directory[PATH_MAX];
    const char *slash = strrchr(path, '/');

    if (slash == NULL || slash == path || slash - path >= PATH_MAX) {
        add(grants, path);
        return;
    }
    snprintf(directory, sizeof directory, "%.*s", (int)(slash - path), path);
    add(grants, directory);
}

struct auth_grants auth_grants_open(const struct auth_list *list)
{
    struct auth_grants grants = {0};

    for (size_t i = 0; i < list->count; i++) {
        char path[PATH_MAX], real[PATH_MAX];
        struct slice name = list->files[i].path;

        if (name.len >= sizeof path)
            continue;
        snprintf(path, sizeof path, "%.*s", (int)name.len, name.at);
        add_directory(&grants, path);
        if (realpath(path, real) != NULL)
            add_directory(&grants, real);
    }
    return grants;
}

void auth_grants_close(struct auth_grants *grants)
{
    for (size_t i = 0; i < grants->count; i++)
        close(grants->directories[i]);
    free(grants->directories);
    *grants = (struct auth_grants){0};
}
