#pragma once

#include "process/configuration.h"

/* What `frontd -t` finds wrong with the password files: warnings in the configuration's report. Not
 * done by a frontd that serves: there only frontd-auth opens them. */
void check_passwords(struct configuration *configuration);
