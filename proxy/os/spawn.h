#pragma once

#include <stddef.h>
#include <sys/types.h>

/* The child's first descriptor: descriptors[0] becomes 3, and so on. */
#define SPAWN_FIRST_DESCRIPTOR 3

/* Starts the program open at `program` with the given arguments and descriptors. The child gets
 * these, /dev/null as 0 and 1, `error` as 2, and nothing else: default signals, no signal blocked,
 * `environment` (NULL-terminated, like arguments). -1 with errno if there is no process; an exec
 * that fails is an exit with status 127. */
pid_t spawn_program(int program, const char *const *arguments, const char *const *environment,
                    int error, const int *descriptors, size_t count)
    __attribute__((warn_unused_result));
