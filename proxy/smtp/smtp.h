#pragma once

#include "relay/protocol.h"

/* SMTP as the common code sees it. */
extern const struct protocol smtp_protocol;
