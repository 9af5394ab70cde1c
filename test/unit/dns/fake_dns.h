#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A DNS server on 127.0.0.1 (UDP and TCP, the same port) that says what the test's rows say; in a
 * thread of its own, because what is tested runs the loop. */

enum fake_type { FAKE_A = 1, FAKE_CNAME = 5, FAKE_PTR = 12, FAKE_AAAA = 28 };

enum fake_how {
    FAKE_RAW,      /* `data` is the record's data as it goes over the wire */
    FAKE_NAME,     /* `data` is a name with dots */
    FAKE_TRUNCATE, /* the same as RAW, but over UDP only "truncated" is said */
    FAKE_SERVFAIL, /* no record: what happens when it is asked for */
    FAKE_REFUSED,
    FAKE_NO_NAME,
    FAKE_SILENT,
};

/* Several rows with the same name and type are one answer of several records, in their order. A
 * name without rows does not exist; one without a row of the type asked for has no such record. */
struct fake_record {
    const char *name;
    enum fake_type type;
    uint32_t ttl;
    const char *data;
    size_t len;
    enum fake_how how;
};

#define FAKE_BYTES(literal) literal, sizeof(literal) - 1

struct fake_dns;

struct fake_dns *fake_dns_start(const struct fake_record *records, size_t count);
void fake_dns_stop(struct fake_dns *fake);
const char *fake_dns_servers(const struct fake_dns *fake); /* for dns_options.servers */

/* From now on every question is answered so; FAKE_RAW: by the rows again. */
void fake_dns_all(struct fake_dns *fake, enum fake_how how);

/* Questions that came for `name` and `type`; NULL and 0: any. */
size_t fake_dns_asked(struct fake_dns *fake, const char *name, int type);
size_t fake_dns_asked_by_tcp(struct fake_dns *fake);
