#pragma once

#include "relay/shared_zone.h"

#include <stdbool.h>
#include <stdint.h>

/* The master's end of what workers share (relay/shared_zone.h): made once, kept over reloads. */

/* Opens each of `wanted`: the one that is kept if name, size and lanes are the same, else a new
 * one. False with errno. */
bool zone_files_open(struct shared_zones *kept, struct shared_zones *wanted)
    __attribute__((warn_unused_result));

/* Lets go of what is kept and is not in `wanted`, the list in force. */
void zone_files_trim(struct shared_zones *kept, const struct shared_zones *wanted);

/* A worker is no more. */
void zone_files_reaped(const struct shared_zones *kept, uint32_t process);

void zone_files_free(struct shared_zones *kept);
