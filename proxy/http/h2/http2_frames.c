#include "http/h2/http2_frames.h"

#include <string.h>

void http2_frames_init(struct http2_frames *frames, uint32_t skip)
{
    *frames = (struct http2_frames){.skip = skip};
}

static uint32_t take(struct slice *input, uint32_t most)
{
    uint32_t len = input->len < most ? (uint32_t)input->len : most;

    *input = (struct slice){input->at + len, input->len - len};
    return len;
}

bool http2_frames_next(struct http2_frames *frames, struct slice *input, struct http2_frame *frame)
{
    const uint8_t *head = frames->head;
    const char *from;
    uint32_t len;

    if (input->len == 0)
        return false;
    frames->skip -= take(input, frames->skip);
    from = input->at;
    len = take(input, (uint32_t)sizeof frames->head - frames->have);
    memcpy(frames->head + frames->have, from, len);
    frames->have = (uint8_t)(frames->have + len);
    if (frames->have < sizeof frames->head)
        return false;
    *frame = (struct http2_frame){
        .length = (uint32_t)head[0] << 16 | (uint32_t)head[1] << 8 | head[2],
        .type = head[3],
        .flags = head[4],
    };
    frames->skip = frame->length;
    frames->have = 0;
    return true;
}
