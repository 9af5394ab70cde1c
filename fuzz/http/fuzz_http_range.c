/* A Range field in any bytes, for files of several sizes: what comes out lies inside the file. */
#include "base/ensure.h"
#include "http/message/http_range.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(struct slice value, uint64_t size)
{
    struct http_ranges ranges;
    uint64_t total = 0;

    if (http_range_parse(value, size, &ranges) != HTTP_RANGE_PARTIAL)
        return;
    ensure(ranges.count > 0 && ranges.count <= HTTP_RANGES_MAX);
    for (size_t i = 0; i < ranges.count; i++) {
        ensure(ranges.items[i].first < ranges.items[i].end && ranges.items[i].end <= size);
        total += ranges.items[i].end - ranges.items[i].first;
    }
    ensure(total == ranges.total && total <= size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint64_t sizes[] = {0, 1, 100, 1 << 20, INT64_MAX};
    struct slice value = {(const char *)data, size};

    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        check(value, sizes[i]);
    return 0;
}
