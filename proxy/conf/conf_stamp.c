#include "conf/conf_stamp.h"

#include <sys/stat.h>

static int64_t nanoseconds(struct timespec time)
{
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

void conf_stamp_from(const struct stat *status, struct conf_stamp *stamp)
{
    *stamp = (struct conf_stamp){
        .device = status->st_dev,
        .inode = status->st_ino,
        .size = (uint64_t)status->st_size,
        .modified_ns = nanoseconds(status->st_mtim),
        .changed_ns = nanoseconds(status->st_ctim),
    };
}

void conf_stamp_look(struct slice path, struct conf_stamp *stamp)
{
    struct stat status;

    if (stat(path.at, &status) == 0)
        conf_stamp_from(&status, stamp);
    else
        *stamp = (struct conf_stamp){0};
}

bool conf_stamp_equal(const struct conf_stamp *a, const struct conf_stamp *b)
{
    return a->device == b->device && a->inode == b->inode && a->size == b->size &&
           a->modified_ns == b->modified_ns && a->changed_ns == b->changed_ns;
}
