#pragma once

struct backend_memory;
struct backend_pool;

/* Kept beside the idle connections: one of each a worker. */
struct backend_memory *backend_pool_memory(struct backend_pool *pool);
