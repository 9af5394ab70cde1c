#include "http/conf/http_conf.h"
#include "protocol_list.h"
#include "smtp/smtp_conf.h"

#include <stddef.h>

const struct protocol_conf *const protocol_conf_list[] = {
    &http_protocol_conf,
    &smtp_protocol_conf,
    NULL,
};
