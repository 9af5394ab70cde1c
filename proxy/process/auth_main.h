#pragma once

/* `frontd-auth`: the only process that opens password files. It has no socket but its channels: one
 * to the master, one to each worker. Runs as the workers' user, so that what that user may not read
 * stays unread, as in nginx; the files are opened by path each time they have changed, because a
 * file renamed into place or a turned link has to count. Returns the exit status. */
int auth_main(int count, const char *const *words);
