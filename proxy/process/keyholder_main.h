#pragma once

/* `frontd-keyholder`: holds the private keys and signs with them. Started by the master only
 * (keyholder_arguments.h). */
int keyholder_main(int count, const char *const *words);
