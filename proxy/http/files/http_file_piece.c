#include "http/files/http_file_piece.h"

#include <errno.h>
#include <unistd.h>

bool http_file_piece_read(struct http_file_piece *piece, char *memory, struct slice *bytes)
{
    size_t wanted = piece->left < HTTP_FILE_PIECE_READ ? (size_t)piece->left : HTTP_FILE_PIECE_READ;
    ssize_t got;

    do
        got = pread(piece->fd, memory, wanted, (off_t)piece->at);
    while (got < 0 && errno == EINTR);
    if (got <= 0)
        return false;
    piece->at += (uint64_t)got;
    piece->left -= (uint64_t)got;
    *bytes = (struct slice){memory, (size_t)got};
    return true;
}
