#pragma once

#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A part of an open file that is read bit by bit, where no socket takes it directly. */
struct http_file_piece {
    int fd;
    uint64_t at, left;
};

/* How much one turn of the loop may read: others want to be served too. */
#define HTTP_FILE_PIECE_READ  (32u << 10)
#define HTTP_FILE_PIECE_READS 8

/* The next bytes, in `memory` (HTTP_FILE_PIECE_READ bytes). False: the file is
 * shorter than it was or cannot be read. */
bool http_file_piece_read(struct http_file_piece *piece, char *memory, struct slice *bytes)
    __attribute__((warn_unused_result));
