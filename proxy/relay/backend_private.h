#pragma once

struct backend_memory;
struct backend_pool;
struct backend_drain;

/* Kept beside the idle connections: one of each a worker. */
struct backend_memory *backend_pool_memory(struct backend_pool *pool);

/* The list of answers that are read for nobody, which ends with the pool. */
struct backend_drain **backend_pool_drains(struct backend_pool *pool);
void backend_drain_end_all(struct backend_drain **drains);
