#include "protocol_list.h"

#include "http/http.h"
#include "smtp/smtp.h"

#include <stddef.h>

const struct protocol *const protocol_list[] = {
    &http_protocol,
    &smtp_protocol,
    NULL,
};
