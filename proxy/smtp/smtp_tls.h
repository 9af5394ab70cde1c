#pragma once

#include <stddef.h>

struct arena;
struct conf;
struct listen;
struct tls_server;

/* protocol->tls_servers of mail. */
size_t smtp_tls_servers(const struct conf *conf, const struct listen *listen, struct arena *arena,
                        struct tls_server *servers);
