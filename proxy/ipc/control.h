#pragma once

#include "base/slice.h"
#include "net/loop.h"

#include <stdbool.h>

/* The control socket of a running frontd: a Unix stream socket (mode 0600) that root and the
 * daemon's own user may use. One line in, lines of text out, the last of them "ok" or "error: …",
 * then the end. */
struct control;
struct control_client;

#define CONTROL_LINE_MAX 64

enum control_command {
    CONTROL_RELOAD,
    CONTROL_REOPEN,
    CONTROL_QUIT,
    CONTROL_STOP,
    CONTROL_STATUS,
    CONTROL_COMMAND_COUNT
};

/* The word of a command; and the command of a word, false if there is none. */
const char *control_command_name(enum control_command command);
bool control_command_parse(struct slice word, enum control_command *command)
    __attribute__((warn_unused_result));

enum control_open {
    CONTROL_OPEN,
    CONTROL_BUSY,   /* another frontd answers there */
    CONTROL_FAILED, /* errno says why */
};

/* Makes the socket at `path` (the directory must exist); a dead one left there is replaced.
 * `command` comes from the loop; it must lead to control_finish for that client, at once or later.
 */
enum control_open control_open(struct control **control, struct loop *loop, const char *path,
                               void (*command)(void *owner, struct control_client *client,
                                               enum control_command command),
                               void *owner);
void control_close(struct control **control); /* removes the file; clients that wait are dropped */

/* One line of the answer (without a newline). Text beyond 64 KiB in all is dropped. */
void control_say(struct control_client *client, struct slice line);

/* The last line: "ok", or "error: " and why. The client must not be used any more. */
void control_finish(struct control_client *client, const char *error);
