#pragma once

#include <stdbool.h>
#include <stdint.h>

/* What the kernel knows of a TCP connection. */
struct tcp_facts {
    uint32_t round_trip, round_trip_variation; /* microseconds */
    uint32_t send_window;                      /* segments */
    uint32_t receive_space;                    /* bytes */
};

bool tcp_facts_of(int fd, struct tcp_facts *facts) __attribute__((warn_unused_result));
