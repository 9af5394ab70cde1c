#include "process/paths.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* `path`, made absolute with `directory` (which ends in '/'). */
static bool absolute(char out[PATH_MAX], const char *directory, const char *path)
{
    int len = path[0] == '/' ? snprintf(out, PATH_MAX, "%s", path)
                             : snprintf(out, PATH_MAX, "%s%s", directory, path);

    return len < PATH_MAX;
}

static bool end_with_slash(char path[PATH_MAX])
{
    size_t len = strlen(path);

    if (path[len - 1] == '/')
        return true;
    if (len + 1 >= PATH_MAX)
        return false;
    path[len] = '/';
    path[len + 1] = '\0';
    return true;
}

static bool working_directory(char out[PATH_MAX])
{
    return getcwd(out, PATH_MAX) != NULL && end_with_slash(out);
}

bool paths_find(struct paths *paths, const struct paths_defaults *defaults,
                const struct command_line *line, const char *socket)
{
    char here[PATH_MAX];
    const char *base = here, *error_log = line->error_log;

    if (!working_directory(here) ||
        !absolute(paths->prefix, here, line->prefix != NULL ? line->prefix : defaults->prefix) ||
        !end_with_slash(paths->prefix))
        return false;
    if (line->prefix != NULL)
        base = paths->prefix;
    if (line->conf != NULL     ? !absolute(paths->conf, base, line->conf)
        : line->prefix != NULL ? !absolute(paths->conf, paths->prefix, "frontd.conf")
                               : !absolute(paths->conf, here, defaults->conf))
        return false;
    if (error_log == NULL || strcmp(error_log, "stderr") == 0)
        snprintf(paths->error_log, sizeof paths->error_log, "stderr");
    else if (!absolute(paths->error_log, base, error_log))
        return false;
    if (socket != NULL)
        return absolute(paths->control, here, socket);
    if (line->prefix != NULL)
        return absolute(paths->control, paths->prefix, "frontd.sock");
    return absolute(paths->control, here, defaults->control);
}
