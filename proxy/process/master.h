#pragma once

#include "process/configuration.h"
#include "process/program.h"

/* The master: binds, opens logs, starts and watches the workers, answers signals and the control
 * socket. It reads nothing that comes from the network. */

/* Runs until it is told to end; returns the exit status. Takes over `configuration` (from the heap,
 * good). `started`: a descriptor to write one byte to once all workers serve, -1: nobody waits.
 * What goes wrong before that is said on standard error. */
int master_run(const struct program *program, struct configuration *configuration, int started);
