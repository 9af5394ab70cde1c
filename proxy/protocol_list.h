#pragma once

#include "relay/protocol.h"
#include "relay/protocol_conf.h"

/* The protocols frontd speaks; NULL-terminated, both in the same order. The master links the second
 * list only, and with it no protocol's network code. */
extern const struct protocol *const protocol_list[];
extern const struct protocol_conf *const protocol_conf_list[];
