#pragma once

#include "net/loop.h"

#include <stdint.h>

/* The backend of the fuzz targets: believes nothing of what frontd sends, and answers by a table.
 */

/* Takes the descriptor over: a connection that frontd has kept, or one that it makes. */
void backend_serve(struct loop *loop, int fd, unsigned script);

/* How many connections are open. Each event of one counts as activity. */
extern unsigned backend_count, backend_activity;
