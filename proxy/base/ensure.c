#include "base/ensure.h"

#include <stdio.h>
#include <stdlib.h>

void ensure_failed(const char *file, int line, const char *expression)
{
    fprintf(stderr, "frontd: %s:%d: broken invariant: %s\n", file, line, expression);
    abort();
}
