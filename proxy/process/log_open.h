#pragma once

#include "base/slice.h"

/* Opens a log file for appending, making it (0644) if it is not there. -1 with errno. */
int log_open(struct slice path) __attribute__((warn_unused_result));
