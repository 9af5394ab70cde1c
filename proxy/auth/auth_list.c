#include "auth/auth_list.h"

#include "base/arena.h"

size_t auth_list_index(struct auth_list *list, struct slice path, struct conf_place place)
{
    for (size_t i = 0; i < list->count; i++)
        if (slice_equal(list->files[i].path, path))
            return i;
    list->files = memory_grow(list->files, (list->count + 1) * sizeof *list->files);
    list->files[list->count] = (struct auth_list_file){path, place};
    return list->count++;
}

size_t auth_list_bytes(const struct auth_list *list)
{
    size_t bytes = 0;

    for (size_t i = 0; i < list->count; i++)
        bytes += list->files[i].path.len + 1;
    return bytes;
}

void auth_list_write(const struct auth_list *list, char *out)
{
    for (size_t i = 0; i < list->count; i++) {
        memcpy(out, list->files[i].path.at, list->files[i].path.len);
        out += list->files[i].path.len;
        *out++ = '\0';
    }
}

void auth_list_read(struct auth_list *list, struct slice text)
{
    while (text.len > 0)
        auth_list_index(list, slice_cut(&text, '\0'), (struct conf_place){0});
}
