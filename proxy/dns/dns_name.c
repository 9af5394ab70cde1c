#include "dns/dns_name.h"

#include "base/chars.h"
#include "dns/dns.h"

/* RFC 1035 2.3.4; 255 counts the wire's length bytes, so this is what Postfix takes, not less. */
#define NAME_MAX_LEN  255
#define LABEL_MAX_LEN 63

bool dns_name_valid(struct slice name)
{
    if (name.len == 0 || name.len > NAME_MAX_LEN || !chars_all(name, CHARS_HOST))
        return false;
    for (struct slice rest = name; rest.at != NULL;) {
        struct slice label = slice_cut(&rest, '.');

        if (label.len == 0 || label.len > LABEL_MAX_LEN)
            return false;
    }
    return true;
}

static bool hyphens_inside(struct slice label)
{
    return label.at[0] != '-' && label.at[label.len - 1] != '-';
}

bool dns_name_is_host(struct slice name)
{
    bool numeric = true;

    if (!dns_name_valid(name))
        return false;
    for (struct slice rest = name; rest.at != NULL;) {
        struct slice label = slice_cut(&rest, '.');

        if (!hyphens_inside(label))
            return false;
        numeric = numeric && chars_all(label, CHARS_DIGIT);
    }
    return !numeric;
}
