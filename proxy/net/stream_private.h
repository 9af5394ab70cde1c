#pragma once

#include "net/stream.h"

/* Between stream.c and linger.c. */

struct loop *stream_loop(const struct stream *stream);
void stream_flush_now(struct stream *stream);
void stream_finish_now(struct stream *stream);    /* nothing may be queued */
void stream_want_received(struct stream *stream); /* `received` or `failed` follows from the loop */
