#pragma once

#include "process/command_line.h"
#include "process/program.h"

/* `frontd -t` and `-T`: reads and checks the configuration and says what is wrong with it, or what
 * it will do. Opens no socket, writes no file. Returns the exit status. */
int check_run(const struct program *program, const struct command_line *line);
