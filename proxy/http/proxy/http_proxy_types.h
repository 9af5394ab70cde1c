#pragma once

#include "conf/conf_block.h"

/* The kinds of values that only http_proxy.def has, where they are more than a few lines. */

extern const struct conf_type http_type_resolver; /* http_resolver_conf.c */
