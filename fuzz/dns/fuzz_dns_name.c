/* Names from PTR records, as c-ares gives them: what is let through holds only what Postfix and our
 * logs can bear. */
#include "base/ensure.h"
#include "dns/dns.h"
#include "dns/dns_name.h"

static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice name = {(const char *)data, size};
    struct address address = {0};
    size_t label = 0;

    if (!dns_name_valid(name)) {
        ensure(!dns_name_is_host(name));
        return 0;
    }
    ensure(size >= 1 && size <= 255);
    ensure(data[0] != '.' && data[size - 1] != '.');
    for (size_t i = 0; i < size; i++) {
        ensure(data[i] != '\0' && strchr(allowed, data[i]) != NULL);
        ensure(data[i] != '.' || label > 0);
        label = data[i] == '.' ? 0 : label + 1;
        ensure(label <= 63);
    }
    ensure(!dns_name_is_host(name) || !address_parse(name, &address));
    return 0;
}
