#pragma once

#include "base/address.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Addresses that could not be connected to a short while ago. The newest few; forgetting one costs
 * no more than a try. */

#define BACKEND_MEMORY_SIZE 32
#define BACKEND_MEMORY_MS   10000

struct backend_memory {
    struct {
        struct address address;
        uint64_t until; /* loop_now; 0: free */
    } failed[BACKEND_MEMORY_SIZE];
    size_t next;
};

void backend_memory_failed(struct backend_memory *memory, const struct address *address,
                           uint64_t now);
void backend_memory_worked(struct backend_memory *memory, const struct address *address);

/* Moves those that failed behind the others; otherwise the order stays. */
void backend_memory_sort(const struct backend_memory *memory, struct address *addresses,
                         size_t count, uint64_t now);
