#pragma once

#include "relay/protocol.h"

/* HTTP as the worker sees it. */
extern const struct protocol http_protocol;
