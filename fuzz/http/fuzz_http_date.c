/* A date in any bytes: what is taken is written back as a date of the same second. */
#include "base/ensure.h"
#include "http/message/http_date.h"

#include <stddef.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[HTTP_DATE_LEN];
    int64_t seconds, again;

    if (!http_date_parse((struct slice){(const char *)data, size}, &seconds))
        return 0;
    ensure(seconds >= 0);
    http_date_format(seconds, text);
    ensure(http_date_parse((struct slice){text, sizeof text}, &again) && again == seconds);
    return 0;
}
