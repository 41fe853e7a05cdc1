/* The hash map, against a plain array through many random steps. */
#include "epp/base/map.h"
#include "epp/base/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>

static int values[1000];

static void keys_are_bytes(void **state)
{
	struct map m;
	char key[] = "key";
	(void)state;
	map_init(&m);
	assert_null(map_get(&m, STR("key")));
	assert_null(map_del(&m, STR("key")));
	assert_null(map_put(&m, str_make(key, 3), &values[0]));
	key[0] = 'x'; /* the map has its own copy */
	assert_ptr_equal(map_get(&m, STR("key")), &values[0]);
	assert_null(map_get(&m, STR("ke")));
	assert_null(map_get(&m, STR("key\0")));
	assert_null(map_put(&m, STR_NONE, &values[1]));
	assert_ptr_equal(map_get(&m, STR("")), &values[1]);
	assert_null(map_put(&m, STR("a\0b"), &values[2]));
	assert_null(map_get(&m, STR("a")));
	assert_ptr_equal(map_get(&m, STR("a\0b")), &values[2]);
	assert_int_equal(m.count, 3);
	map_fini(&m);
	assert_null(map_get(&m, STR("key")));
}

static void putting_again_replaces(void **state)
{
	struct map m;
	(void)state;
	map_init(&m);
	assert_null(map_put(&m, STR("a"), &values[0]));
	assert_ptr_equal(map_put(&m, STR("a"), &values[1]), &values[0]);
	assert_int_equal(m.count, 1);
	assert_ptr_equal(map_del(&m, STR("a")), &values[1]);
	assert_null(map_get(&m, STR("a")));
	assert_null(map_del(&m, STR("a")));
	assert_int_equal(m.count, 0);
	map_fini(&m);
}

static void random_steps_agree_with_an_array(void **state)
{
	struct map m;
	struct rng rng;
	const int *want[1000] = {0};
	(void)state;
	map_init(&m);
	rng_init_seed(&rng, 11);
	for (int i = 0; i < 100000; i++) {
		char text[16];
		size_t k = rng_below(&rng, ARRAY_LEN(want));
		struct str key = str_make(text, (size_t)snprintf(text, sizeof text, "k%zu", k));
		if (rng_below(&rng, 3) == 0) {
			assert_ptr_equal(map_del(&m, key), want[k]);
			want[k] = NULL;
		} else if (rng_below(&rng, 2) == 0) {
			int *value = &values[rng_below(&rng, ARRAY_LEN(values))];
			assert_ptr_equal(map_put(&m, key, value), want[k]);
			want[k] = value;
		}
		assert_ptr_equal(map_get(&m, key), want[k]);
	}
	size_t count = 0;
	for (size_t k = 0; k < ARRAY_LEN(want); k++)
		count += want[k] != NULL;
	assert_int_equal(m.count, count);
	map_fini(&m);
}

static void a_walk_meets_everything_once(void **state)
{
	struct map m;
	bool met[100] = {false};
	size_t at = 0, count = 0;
	struct str key;
	void *value;
	(void)state;
	map_init(&m);
	assert_false(map_next(&m, &at, &key, &value));
	for (size_t i = 0; i < ARRAY_LEN(met); i++) {
		char text[16];
		size_t n = (size_t)snprintf(text, sizeof text, "%zu", i);
		assert_null(map_put(&m, str_make(text, n), &values[i]));
	}
	for (at = 0; map_next(&m, &at, &key, &value); count++) {
		uint64_t i;
		assert_true(str_to_u64(key, &i));
		assert_ptr_equal(value, &values[i]);
		assert_false(met[i]);
		met[i] = true;
	}
	assert_int_equal(count, ARRAY_LEN(met));
	map_fini(&m);
}

static void hashes_depend_on_every_byte(void **state)
{
	char text[40] = {0};
	(void)state;
	for (size_t len = 0; len <= sizeof text; len++) {
		uint64_t h = map_hash(str_make(text, len));
		assert_true(h == map_hash(str_make(text, len)));
		for (size_t i = 0; i < len; i++) {
			text[i] = 1;
			assert_true(h != map_hash(str_make(text, len)));
			text[i] = 0;
		}
		if (len > 0)
			assert_true(h != map_hash(str_make(text, len - 1)));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(keys_are_bytes),
	    cmocka_unit_test(putting_again_replaces),
	    cmocka_unit_test(random_steps_agree_with_an_array),
	    cmocka_unit_test(a_walk_meets_everything_once),
	    cmocka_unit_test(hashes_depend_on_every_byte),
	};
	return cmocka_run_group_tests_name("map", tests, NULL, NULL);
}
