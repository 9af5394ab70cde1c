#pragma once

#include "base/slice.h"

#include <stdbool.h>

/* Whether a client may be called by this name: dns_name_valid, no label begins or ends with '-',
 * not digits and dots only. That is what Postfix takes as XCLIENT NAME (anything else costs the
 * session a 501); and a PTR that spells the client's own address must not confirm itself. */
bool dns_name_is_host(struct slice name);
