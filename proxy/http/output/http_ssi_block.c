#include "http/output/http_ssi_private.h"

#include <stdlib.h>
#include <string.h>

/* block … endblock: a part of the page that is shown only where an include with stub= brings
 * nothing. It is kept as it stands; its commands run when it is shown. */

/* What all blocks of a page may hold. */
#define BLOCKS_MAX (64u << 10)

struct http_ssi_block {
    struct http_ssi_block *next;
    struct slice name;
    char *at;
    size_t len;
};

bool http_ssi_block_begin(struct http_ssi *ssi, struct slice name)
{
    struct arena *arena = &ssi->exchange->arena;
    struct http_ssi_block *block = arena_zero(arena, sizeof *block);

    if (block == NULL)
        return false;
    block->name = arena_keep(arena, name);
    if (block->name.at == NULL)
        return false;
    block->next = ssi->blocks;
    ssi->blocks = ssi->block = block;
    return true;
}

void http_ssi_block_end(struct http_ssi *ssi)
{
    ssi->block = NULL;
}

/* What finds no room is left out. */
void http_ssi_block_keep(struct http_ssi *ssi, struct slice text)
{
    struct http_ssi_block *block = ssi->block;

    if (text.len == 0 || text.len > BLOCKS_MAX - ssi->blocks_len)
        return;
    block->at = memory_grow(block->at, block->len + text.len);
    memcpy(block->at + block->len, text.at, text.len);
    block->len += text.len;
    ssi->blocks_len += text.len;
}

void http_ssi_block_keep_command(struct http_ssi *ssi)
{
    http_ssi_block_keep(ssi, SLICE("<!--#"));
    http_ssi_block_keep(ssi, http_ssi_parse_words(&ssi->parser));
    http_ssi_block_keep(ssi, SLICE("-->"));
}

bool http_ssi_block_find(const struct http_ssi *ssi, struct slice name, struct slice *text)
{
    bool found = false;

    for (const struct http_ssi_block *block = ssi->blocks; block != NULL; block = block->next)
        if (slice_equal(block->name, name)) { /* of several the one that stood first */
            *text = (struct slice){block->at, block->len};
            found = true;
        }
    return found;
}

void http_ssi_block_free(struct http_ssi *ssi)
{
    for (struct http_ssi_block *block = ssi->blocks; block != NULL; block = block->next)
        free(block->at);
    ssi->blocks = ssi->block = NULL;
}
