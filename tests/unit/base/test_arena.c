/* The arena: alignment, blocks of all sizes, resetting. */
#include "epp/base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdint.h>

static void pieces_are_aligned_and_apart(void **state)
{
	struct arena a;
	char *last = NULL;
	(void)state;
	arena_init(&a);
	for (size_t size = 0; size < 300; size++) {
		char *p = arena_alloc(&a, size);
		assert_int_equal((uintptr_t)p % 16, 0);
		assert_ptr_not_equal(p, last);
		memset(p, (int)size, size);
		last = p;
	}
	arena_fini(&a);
	arena_fini(&a);
}

/* The oldest block is not the one to keep, and it is not the newest either. */
static void a_reset_gives_a_large_first_block_back(void **state)
{
	struct arena a;
	(void)state;
	arena_init(&a);
	for (int round = 0; round < 3; round++) {
		memset(arena_alloc(&a, 100000), round, 100000);
		for (int i = 0; i < 50; i++)
			memset(arena_alloc(&a, 1000), i, 1000);
		arena_reset(&a);
		assert_int_equal(a.used, 0);
	}
	arena_fini(&a);
}

static void zeroed_elements(void **state)
{
	struct arena a;
	(void)state;
	arena_init(&a);
	memset(arena_alloc(&a, 4000), 0xff, 4000);
	arena_reset(&a);
	const unsigned char *p = arena_calloc(&a, 1000, 4);
	for (size_t i = 0; i < 4000; i++)
		assert_int_equal(p[i], 0);
	arena_fini(&a);
}

static void texts_are_copied_with_their_end(void **state)
{
	struct arena a;
	char text[] = "hello";
	(void)state;
	arena_init(&a);
	struct str s = arena_str(&a, str_make(text, 4));
	text[0] = 'x';
	assert_string_equal(s.ptr, "hell");
	assert_int_equal(s.len, 4);
	assert_string_equal(arena_str(&a, STR_NONE).ptr, "");
	s = arena_printf(&a, "%s %d", "one", 2);
	assert_string_equal(s.ptr, "one 2");
	assert_int_equal(s.len, 5);
	arena_fini(&a);
}

static void large_pieces_get_their_own_block(void **state)
{
	struct arena a;
	(void)state;
	arena_init(&a);
	char *small = arena_alloc(&a, 10);
	memset(small, 1, 10);
	memset(arena_alloc(&a, 1 << 20), 2, 1 << 20);
	memset(arena_alloc(&a, 10), 3, 10);
	assert_int_equal(small[9], 1);
	assert_true(a.used >= (1 << 20) + 20);
	arena_fini(&a);
}

static void a_reset_keeps_one_small_block(void **state)
{
	struct arena a;
	(void)state;
	arena_init(&a);
	arena_reset(&a);
	void *first = arena_alloc(&a, 100);
	assert_non_null(arena_alloc(&a, 1 << 20));
	arena_reset(&a);
	assert_int_equal(a.used, 0);
	assert_ptr_equal(arena_alloc(&a, 100), first);
	arena_fini(&a);
	/* nor is a large first block kept for ever */
	assert_non_null(arena_alloc(&a, 1 << 20));
	arena_reset(&a);
	assert_null(a.head);
	memset(arena_alloc(&a, 100), 1, 100);
	arena_fini(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(pieces_are_aligned_and_apart),
	    cmocka_unit_test(zeroed_elements),
	    cmocka_unit_test(texts_are_copied_with_their_end),
	    cmocka_unit_test(large_pieces_get_their_own_block),
	    cmocka_unit_test(a_reset_keeps_one_small_block),
	    cmocka_unit_test(a_reset_gives_a_large_first_block_back),
	};
	return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}
