#include "base/ensure.h"
#include "conf/conf_sources.h"

#include <stddef.h>
#include <stdint.h>

/* The run of bytes a worker gets: what is taken must be written back the same. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice run = {(const char *)data, size};
    struct conf_sources sources;
    struct arena arena;

    arena_init(&arena, ARENA_UNLIMITED);
    conf_sources_init(&sources, false);
    if (conf_sources_read(&sources, run))
        ensure(slice_equal(conf_sources_write(&sources, &arena), run));
    else
        ensure(sources.count == 0);
    conf_sources_deinit(&sources);
    arena_deinit(&arena);
    return 0;
}
