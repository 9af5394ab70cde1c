#include "base/ensure.h"
#include "tls/tls_names.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The body of a server_name extension, and the choice of a server by what it holds. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const configured[] = {"a.example", "*.a.example", ".b.example", "shop.*"};
    const struct slice extension = {(const char *)data, size};
    char memory[TLS_NAME_MAX];
    struct slice name = SLICE_NONE, known;
    enum tls_name_result result = tls_name_parse(extension, memory, &name);
    struct tls_names names;
    struct arena arena;
    size_t server = 0;

    ensure((result == TLS_NAME_OK) == (name.len > 0));
    if (result != TLS_NAME_OK)
        return 0;
    ensure(name.len <= TLS_NAME_MAX && name.len + 5 <= size);
    arena_init(&arena, ARENA_UNLIMITED);
    tls_names_init(&names, 4, &arena);
    for (size_t i = 0; i < 4; i++)
        tls_names_add(&names, slice_of(configured[i]), i, &arena);
    tls_names_sort(&names);
    if (tls_names_find(&names, name, &server, &known)) {
        ensure(server < 4);
        ensure(known.len == 0 || slice_equal(known, name));
    }
    arena_deinit(&arena);
    return 0;
}
