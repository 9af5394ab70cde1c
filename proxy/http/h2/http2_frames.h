#pragma once

#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

/* Finds the heads of frames (RFC 9113 4.1) in what a client sends, so that they can be counted
 * whatever becomes of them. Pure. */

struct http2_frame {
    uint32_t length;
    uint8_t type, flags;
};

struct http2_frames {
    uint32_t skip; /* bytes until the next head begins */
    uint8_t have;  /* of `head` */
    uint8_t head[9];
};

/* `skip`: bytes before the first frame (the preface). */
void http2_frames_init(struct http2_frames *frames, uint32_t skip);

/* Takes bytes from the front of *input until a head is complete; false: there is none in it. */
bool http2_frames_next(struct http2_frames *frames, struct slice *input, struct http2_frame *frame);
