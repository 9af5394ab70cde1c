#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Borrowed bytes with a length; not NUL-terminated, may hold any byte. A slice is valid as long
 * as what it points into: see the function that returned it. {NULL, 0} is the empty slice. */
struct slice {
    const char *at;
    size_t len;
};

#define SLICE(literal) ((struct slice){"" literal, sizeof(literal) - 1})
#define SLICE_NONE     ((struct slice){NULL, 0})

/* The bytes of a C string without its NUL. For text that is ours (argv, errno words), not a
 * peer's. */
struct slice slice_of(const char *text);

/* Bytes [from, from + len), clipped to what there is. */
struct slice slice_part(struct slice s, size_t from, size_t len);

/* Everything from byte `from` on; empty when `from` is past the end. */
struct slice slice_from(struct slice s, size_t from);

bool slice_equal(struct slice a, struct slice b);
bool slice_equal_fold(struct slice a, struct slice b); /* ASCII letters match in either case */
int slice_compare(struct slice a, struct slice b);     /* like memcmp, shorter first on a tie */
bool slice_starts(struct slice s, struct slice prefix);
bool slice_starts_fold(struct slice s, struct slice prefix);
bool slice_ends(struct slice s, struct slice suffix);
bool slice_ends_fold(struct slice s, struct slice suffix);

#define SLICE_NOT_FOUND ((size_t)-1)

/* Position of the first (last) `byte`, or SLICE_NOT_FOUND. */
size_t slice_find(struct slice s, char byte);
size_t slice_find_last(struct slice s, char byte);

/* Cuts at the first `byte`: returns what is before it and leaves what is after it in *rest. Without
 * such a byte returns all of it and leaves *rest empty with at == NULL. */
struct slice slice_cut(struct slice *rest, char byte);

/* Without leading and trailing blanks and tabs. */
struct slice slice_trim(struct slice s);
