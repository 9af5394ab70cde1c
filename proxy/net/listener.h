#pragma once

#include "base/address.h"
#include "net/loop.h"

#include <stdint.h>

/* A listening socket that the master bound and this process accepts from. */
struct listener;

/* Accepts until stopped; at most 64 connections a turn. Out of descriptors: pauses for 100 ms and
 * calls `exhausted` once. `accepted` owns the fd: non-blocking, close-on-exec, TCP_NODELAY set. */
struct listener *listener_start(struct loop *loop, int fd,
                                void (*accepted)(void *owner, int fd, const struct address *client),
                                void (*exhausted)(void *owner, int error), void *owner);

/* Stops accepting and closes this process's descriptor; what is queued in the kernel stays for the
 * other processes that hold the socket. */
void listener_stop(struct listener **listener);
