#include "http/files/http_types.h"

#include "base/chars.h"

#include <stdint.h>

#define LEAST_SLOTS 32

/* For a configuration without `types`. */
static const struct {
    const char *extension, *type;
} usual[] = {
    {"html",        "text/html"                },
    {"htm",         "text/html"                },
    {"css",         "text/css"                 },
    {"js",          "application/javascript"   },
    {"mjs",         "application/javascript"   },
    {"json",        "application/json"         },
    {"xml",         "text/xml"                 },
    {"txt",         "text/plain"               },
    {"gif",         "image/gif"                },
    {"jpeg",        "image/jpeg"               },
    {"jpg",         "image/jpeg"               },
    {"png",         "image/png"                },
    {"svg",         "image/svg+xml"            },
    {"webp",        "image/webp"               },
    {"avif",        "image/avif"               },
    {"ico",         "image/x-icon"             },
    {"woff",        "font/woff"                },
    {"woff2",       "font/woff2"               },
    {"wasm",        "application/wasm"         },
    {"pdf",         "application/pdf"          },
    {"zip",         "application/zip"          },
    {"gz",          "application/gzip"         },
    {"mp3",         "audio/mpeg"               },
    {"mp4",         "video/mp4"                },
    {"webm",        "video/webm"               },
    {"webmanifest", "application/manifest+json"},
};

static struct slice find_usual(struct slice extension)
{
    for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++)
        if (slice_equal_fold(extension, slice_of(usual[i].extension)))
            return slice_of(usual[i].type);
    return SLICE_NONE;
}

/* FNV-1a over the lower-case bytes. */
static size_t hash_of(struct slice extension)
{
    uint32_t hash = 2166136261u;

    for (size_t i = 0; i < extension.len; i++)
        hash = (hash ^ (unsigned char)chars_lower(extension.at[i])) * 16777619u;
    return hash;
}

static struct http_type_entry *slot_of(const struct http_types *types, struct slice extension)
{
    size_t mask = types->slot_count - 1;
    size_t at = hash_of(extension) & mask;

    while (types->slots[at].extension.at != NULL &&
           !slice_equal_fold(types->slots[at].extension, extension))
        at = (at + 1) & mask;
    return &types->slots[at];
}

/* Always at least half of the slots are free, so that a search ends. */
static void grow(struct http_types *types, struct arena *arena)
{
    struct http_types larger = {.slot_count =
                                    types->slot_count == 0 ? LEAST_SLOTS : types->slot_count * 2};

    larger.slots = arena_zero(arena, larger.slot_count * sizeof *larger.slots);
    larger.count = types->count;
    for (size_t i = 0; i < types->slot_count; i++)
        if (types->slots[i].extension.at != NULL)
            *slot_of(&larger, types->slots[i].extension) = types->slots[i];
    *types = larger;
}

void http_types_init(struct http_types *types, struct arena *arena)
{
    if (types->slot_count == 0)
        grow(types, arena);
}

bool http_types_add(struct http_types *types, struct arena *arena, struct slice extension,
                    struct slice type)
{
    struct http_type_entry *slot;
    bool is_new;

    if ((types->count + 1) * 2 > types->slot_count)
        grow(types, arena);
    slot = slot_of(types, extension);
    is_new = slot->extension.at == NULL;
    if (is_new)
        types->count++;
    *slot = (struct http_type_entry){extension, type};
    return is_new;
}

struct slice http_types_find(const struct http_types *types, struct slice path)
{
    size_t slash = slice_find_last(path, '/');
    struct slice file = slash == SLICE_NOT_FOUND ? path : slice_from(path, slash + 1);
    size_t dot = slice_find_last(file, '.');
    struct slice extension = dot == SLICE_NOT_FOUND ? SLICE_NONE : slice_from(file, dot + 1);

    if (extension.len == 0)
        return SLICE_NONE;
    if (types->slot_count == 0)
        return find_usual(extension);
    return slot_of(types, extension)->type;
}
