/* A password file of any bytes: entries lie inside it, in order; the first of a name is found; the
 * dummy is somebody's hash. */
#include "auth/auth_file.h"
#include "base/ensure.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_inside(struct slice part, struct slice whole)
{
    return part.len == 0 || (part.at >= whole.at && part.at + part.len <= whole.at + whole.len);
}

static bool is_field(struct slice text)
{
    return slice_find(text, '\n') == SLICE_NOT_FOUND && slice_find(text, '\r') == SLICE_NOT_FOUND &&
           slice_find(text, ':') == SLICE_NOT_FOUND;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = {(const char *)data, size}, rest = text;
    struct auth_entry entry = {0}, found;
    struct slice dummy = auth_file_commonest(text);
    size_t line = 0, entries = 0;

    while (auth_file_next(&rest, &entry)) {
        ensure(entry.line > line);
        line = entry.line;
        ensure(is_inside(entry.user, text) && is_inside(entry.hash, text));
        ensure(is_field(entry.user) && is_field(entry.hash));
        if (entry.hash.at != NULL && entries++ < 50) {
            ensure(auth_file_find(text, entry.user, &found));
            ensure(found.line <= entry.line && slice_equal(found.user, entry.user));
        }
    }
    ensure(is_inside(dummy, text));
    ensure(dummy.len == 0 || auth_hash_parse(dummy).scheme != AUTH_UNKNOWN);
    return 0;
}
