#pragma once

#include "dns/dns.h"

/* dns_check_names with servers of one's choice. */
enum dns_status dns_check_names_at(const struct dns_options *options, const struct slice *names,
                                   size_t count, enum dns_status *statuses);
