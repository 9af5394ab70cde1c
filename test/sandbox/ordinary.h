#pragma once

/* What libraries do without being told to, one thing a call (the names are those of the table in
 * ordinary.c): a sandbox that kills for it kills frontd on the day when it happens. Negative: it
 * did not work, or there is no such thing. `directory` is open and may be read. */
long ordinary_do(const char *name, int directory);
