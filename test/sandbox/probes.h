#pragma once

/* What somebody could try who has taken a process over, one try a call: ptrace, kill, execve … (the
 * names are those of the table in probes.c). Negative: it was refused, errno says how; EINVAL:
 * there is no such try. `directory` is open and may be read. */
long probe_try(const char *name, int directory, const char *argument);
