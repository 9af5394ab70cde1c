#pragma once

#include <stddef.h>

/* Memory for what nobody else may read. */

enum secret_level {
    SECRET_UNREADABLE, /* memfd_secret(2): not even root and the kernel's own helpers see it */
    SECRET_LOCKED,     /* never on swap, never in a core */
    SECRET_PLAIN,      /* never in a core */
};

/* `size` bytes of zeros, in no child's memory after a fork: the best that this machine and its
 * limits (RLIMIT_MEMLOCK) give. NULL with errno. For the process's whole life. */
void *secret_memory_map(size_t size, enum secret_level *level) __attribute__((warn_unused_result));
