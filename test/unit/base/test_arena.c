#include "base/arena.h"

#include <setjmp.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void pieces_are_aligned_and_apart(void **state)
{
    struct arena arena;
    char *last = NULL;

    (void)state;
    arena_init(&arena, ARENA_UNLIMITED);
    assert_null(arena.chunk); /* holds nothing yet */
    for (size_t size = 1; size < 3000; size += 7) {
        char *piece = arena_alloc(&arena, size);

        assert_non_null(piece);
        assert_int_equal((uintptr_t)piece % alignof(max_align_t), 0);
        assert_ptr_not_equal(piece, last);
        memset(piece, 0xee, size); /* the address sanitizer looks on */
        last = piece;
    }
    arena_deinit(&arena);
    assert_null(arena.chunk);
    assert_int_equal(arena.taken, 0);
}

static void a_piece_may_be_larger_than_a_chunk(void **state)
{
    struct arena arena;
    char *large;

    (void)state;
    arena_init(&arena, ARENA_UNLIMITED);
    large = arena_alloc(&arena, 100000);
    memset(large, 1, 100000);
    assert_non_null(arena_alloc(&arena, 10));
    arena_deinit(&arena);
}

static void the_ceiling_holds(void **state)
{
    struct arena arena;

    (void)state;
    arena_init(&arena, 1024);
    assert_non_null(arena_alloc(&arena, 1000));
    assert_non_null(arena_alloc(&arena, 16));
    assert_null(arena_alloc(&arena, 1));
    assert_null(arena_zero(&arena, 1));
    assert_null(arena_keep(&arena, SLICE("x")).at);
    assert_null(arena_format(&arena, "%d", 1).at);
    assert_null(arena_alloc(&arena, SIZE_MAX));
    assert_int_equal(arena.taken, 1024);
    arena_deinit(&arena);
    assert_non_null(arena_alloc(&arena, 1024)); /* used again, with the same ceiling */
    assert_null(arena_alloc(&arena, 1));
    arena_deinit(&arena);
}

static void zero_clears_memory_used_before(void **state)
{
    struct arena arena;
    char *piece;

    (void)state;
    arena_init(&arena, ARENA_UNLIMITED);
    piece = arena_alloc(&arena, 64);
    memset(piece, 0xff, 64);
    arena_deinit(&arena);
    piece = arena_zero(&arena, 64);
    for (size_t i = 0; i < 64; i++)
        assert_int_equal(piece[i], 0);
    arena_deinit(&arena);
}

static void kept_text_ends_with_a_nul(void **state)
{
    struct arena arena;
    struct slice kept;

    (void)state;
    arena_init(&arena, ARENA_UNLIMITED);
    kept = arena_keep(&arena, (struct slice){"abcd", 2});
    assert_int_equal(kept.len, 2);
    assert_string_equal(kept.at, "ab");
    kept = arena_keep(&arena, SLICE_NONE);
    assert_int_equal(kept.len, 0);
    assert_string_equal(kept.at, "");
    kept = arena_format(&arena, "%s-%d", "x", 7);
    assert_true(slice_equal(kept, SLICE("x-7")));
    arena_deinit(&arena);
}

static void recycling_keeps_one_chunk(void **state)
{
    struct arena arena;
    void *first;

    (void)state;
    arena_init(&arena, 10000);
    first = arena_alloc(&arena, 100);
    arena_recycle(&arena);
    assert_int_equal(arena.taken, 0);
    assert_ptr_equal(arena_alloc(&arena, 3900), first);
    assert_non_null(arena_alloc(&arena, 3900)); /* a second chunk */
    arena_recycle(&arena);
    assert_null(arena.chunk);
    assert_non_null(arena_alloc(&arena, 9000)); /* a chunk of its own size */
    arena_recycle(&arena);
    assert_null(arena.chunk);
    assert_null(arena_alloc(&arena, 10001)); /* the ceiling is still there */
    arena_deinit(&arena);
}

static void nothing_is_a_place_too(void **state)
{
    struct arena arena;

    (void)state;
    arena_init(&arena, 1000);
    assert_non_null(arena_alloc(&arena, 0));
    arena_deinit(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_a_place_too),
        cmocka_unit_test(pieces_are_aligned_and_apart),
        cmocka_unit_test(a_piece_may_be_larger_than_a_chunk),
        cmocka_unit_test(the_ceiling_holds),
        cmocka_unit_test(zero_clears_memory_used_before),
        cmocka_unit_test(kept_text_ends_with_a_nul),
        cmocka_unit_test(recycling_keeps_one_chunk),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
