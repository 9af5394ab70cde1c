#pragma once

#include "process/configuration.h"

/* For `frontd -t`: a warning if frontd would refuse to start on a machine like this one. */
void check_isolation(struct configuration *configuration);
