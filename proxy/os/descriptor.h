#pragma once

#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>

/* Descriptors as things to hand to other processes: sealed memory files, and descriptors that
 * travel with a message over a Unix socket. */

/* A memory file that holds `bytes` and can never change again; `name` is for /proc. -1 on failure
 * (errno). Close-on-exec. */
int descriptor_seal(const char *name, struct slice bytes) __attribute__((warn_unused_result));

/* Maps a sealed memory file for reading. False if it is none or not sealed: its maker could still
 * change or shorten it. */
bool descriptor_map(int fd, struct slice *bytes) __attribute__((warn_unused_result));
void descriptor_unmap(struct slice bytes);

/* A memory file of `len` zero bytes that this process, and nobody else, can write: through *memory,
 * for good. -1 on failure (errno); close-on-exec. And how whoever gets it reads it. */
int descriptor_share(const char *name, size_t len, void **memory)
    __attribute__((warn_unused_result));
const void *descriptor_map_shared(int fd, size_t len) __attribute__((warn_unused_result));

/* The same, and whoever gets it can write it, too, but not shorten it. */
int descriptor_share_all(const char *name, size_t len, void **memory)
    __attribute__((warn_unused_result));
void *descriptor_map_shared_all(int fd, size_t len) __attribute__((warn_unused_result));

enum descriptor_result {
    DESCRIPTOR_OK,
    DESCRIPTOR_WAIT,   /* nothing there, or no room: would block */
    DESCRIPTOR_ENDED,  /* the other end is closed */
    DESCRIPTOR_BROKEN, /* cut datagram, more than one descriptor, or an error */
};

/* Sends one datagram without waiting; `fd` -1: no descriptor goes with it. */
enum descriptor_result descriptor_send(int socket, struct slice bytes, int fd)
    __attribute__((warn_unused_result));

/* Receives one datagram without waiting. OK: *len bytes are in `buffer`, *fd is the caller's
 * (close-on-exec) or -1. Otherwise no descriptor is left open. */
enum descriptor_result descriptor_receive(int socket, char *buffer, size_t capacity, size_t *len,
                                          int *fd) __attribute__((warn_unused_result));

/* A pair of connected SOCK_SEQPACKET sockets, non-blocking, close-on-exec. */
bool descriptor_pair(int pair[2]) __attribute__((warn_unused_result));
