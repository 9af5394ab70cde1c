#include "relay/log_files.h"

#include <unistd.h>

size_t log_files_index(struct log_files *files, struct slice path)
{
    size_t i = 0;

    while (i < files->count && !slice_equal(files->files[i].path, path))
        i++;
    if (i < files->count)
        return i;
    if (files->count == files->capacity) {
        files->capacity = files->capacity == 0 ? 8 : files->capacity * 2;
        files->files = memory_grow(files->files, files->capacity * sizeof *files->files);
    }
    files->files[files->count++] =
        (struct log_file){path, slice_equal(path, SLICE("stderr")) ? STDERR_FILENO : -1};
    return i;
}

/* A full disk must not stop the service, and there is nobody left to tell. */
void log_file_write(const struct log_file *file, struct slice line)
{
    if (file->fd >= 0 && write(file->fd, line.at, line.len) < 0)
        return;
}
