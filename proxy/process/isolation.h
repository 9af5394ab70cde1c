#pragma once

#include "os/sandbox.h"

/* What `isolation required` asks of each process. */

#define ISOLATION_WHY_BYTES 400

/* False: less than level B, and `why` says so. */
bool isolation_is_enough(uint32_t reached, char why[ISOLATION_WHY_BYTES]);
