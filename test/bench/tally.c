#include "tally.h"

#include "wire.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

void tally_start(struct tally *tally)
{
    *tally = (struct tally){.started_ns = wire_now()};
}

void tally_done(struct tally *tally, uint64_t unit_started_ns)
{
    if (tally->done == tally->latency_capacity) {
        tally->latency_capacity = tally->latency_capacity * 2 + 4096;
        tally->latencies =
            realloc(tally->latencies, tally->latency_capacity * sizeof *tally->latencies);
        if (tally->latencies == NULL)
            abort();
    }
    tally->latencies[tally->done++] = (uint32_t)((wire_now() - unit_started_ns) / 1000);
}

static int compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

static uint32_t percentile(const struct tally *tally, uint64_t percent)
{
    return tally->done > 0 ? tally->latencies[tally->done * percent / 100] : 0;
}

void tally_print(struct tally *tally)
{
    double seconds = (double)(wire_now() - tally->started_ns) / 1e9;

    if (tally->done > 0)
        qsort(tally->latencies, tally->done, sizeof *tally->latencies, compare);
    printf("{\"done\": %" PRIu64 ", \"failed\": %" PRIu64 ", \"refused\": %" PRIu64
           ", \"cut\": %" PRIu64 ", \"wrong\": %" PRIu64 ", \"bytes\": %" PRIu64
           ", \"handshakes\": %" PRIu64 ", \"resumed\": %" PRIu64
           ", \"seconds\": %.3f, \"p50_us\": %u, \"p99_us\": %u}\n",
           tally->done, tally->failed, tally->refused, tally->cut, tally->wrong, tally->bytes,
           tally->handshakes, tally->resumed, seconds, percentile(tally, 50),
           percentile(tally, 99));
    free(tally->latencies);
}
