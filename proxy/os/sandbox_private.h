#pragma once

#include "base/sanitized.h"
#include "os/sandbox.h"

#define SANDBOX_IS_SANITIZED BUILD_IS_SANITIZED

/* sandbox_files.c: the ABI that is in force from now on; 0: none. */
unsigned sandbox_files_enter(const struct sandbox_grants *grants);
unsigned sandbox_files_available(void);

/* sandbox_calls.c. `lists`: it may list directories. False: the kernel does not take it. */
bool sandbox_calls_enter(enum sandbox_role role, bool lists);
bool sandbox_calls_available(void);
