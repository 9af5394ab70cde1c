#include "relay/log_files.h"

#include "relay/log_buffer.h"

#include <fcntl.h>
#include <stdlib.h>
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
        (struct log_file){path, slice_equal(path, SLICE("stderr")) ? STDERR_FILENO : -1, NULL};
    return i;
}

void log_files_keep_back(struct log_files *files, size_t index,
                         const struct log_buffering *buffering, struct loop *loop)
{
    struct log_file *file = &files->files[index];

    if (file->buffer == NULL && buffering->bytes > 0)
        file->buffer = log_buffer_new(loop, &file->fd, buffering);
}

int log_file_replace(const struct log_file *file, int fd)
{
    if (file->buffer != NULL)
        log_buffer_flush(file->buffer);
    if (dup3(fd, file->fd, O_CLOEXEC) < 0)
        return -1;
    if (file->buffer != NULL)
        log_buffer_reopened(file->buffer);
    return 0;
}

void log_files_free(struct log_files *files)
{
    for (size_t i = 0; i < files->count; i++)
        if (files->files[i].buffer != NULL)
            log_buffer_free(files->files[i].buffer);
    free(files->files);
    *files = (struct log_files){0};
}

/* A full disk must not stop the service, and there is nobody left to tell. */
void log_file_write(const struct log_file *file, struct slice line)
{
    if (file->buffer != NULL)
        log_buffer_add(file->buffer, line);
    else if (file->fd >= 0 && write(file->fd, line.at, line.len) < 0)
        return;
}
