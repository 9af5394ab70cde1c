#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a run of load comes to. Printed as one JSON object, for the driver. */
struct tally {
    uint64_t started_ns;
    uint64_t done;       /* units that came to their good end */
    uint64_t failed;     /* units that did not */
    uint64_t refused;    /* of those: the connection did not come about */
    uint64_t cut;        /* of those: closed before the answer was complete */
    uint64_t wrong;      /* of those: an answer, but not the right one */
    uint64_t bytes;      /* of content */
    uint64_t handshakes; /* TLS */
    uint64_t resumed;    /* of those */
    uint32_t *latencies; /* microseconds, of each unit done */
    size_t latency_capacity;
};

void tally_start(struct tally *tally);
void tally_done(struct tally *tally, uint64_t unit_started_ns);
void tally_print(struct tally *tally);
