/* A printed decision read back. */
#include "policy/printed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static const char members[] = "\"outcome\":\"grant\",\"grant\":null,\"reasons\":[\"OK\",\"B\"],\"flags\":[],"
                              "\"needs\":[],\"waiver\":\"a\\\"b\\\\c,}"
                              "\\u0001\",\"attribution\":{\"plan\":\"p:1\",\"in\":{\"deep\":\"x\"}},"
                              "\"cites\":[{\"document\":\"d\",\"outcome\":\"no\"}],"
                              "\"free_years\":2,\"fee\":{\"levy\":0,\"none\":null}";

static void values_are_found_by_path(void **state)
{
	static const struct {
		const char *path, *value;
	} rows[] = {
	    {"outcome", "grant"},
	    {"grant", ""},
	    {"reasons", "OK"},
	    {"flags", ""},
	    {"waiver", "a\"b\\c,}\x01"},
	    {"attribution.plan", "p:1"},
	    {"attribution.in.deep", "x"},
	    {"attribution.deep", ""},
	    {"attribution", ""},
	    {"cites", ""},
	    {"free_years", "2"},
	    {"fee.levy", "0"},
	    {"fee.none", ""},
	    {"document", ""},
	    {"free_years.more", ""},
	    {"", ""},
	};
	struct arena arena;
	(void)state;
	arena_init(&arena);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct str v = policy_printed_get(str_c(members), str_c(rows[i].path), &arena);
		if (!str_eq_c(v, rows[i].value))
			fail_msg("%s: '%.*s'", rows[i].path, STR_ARG(v));
	}
	arena_fini(&arena);
}

/* Cut off anywhere: something or nothing, never beyond its end. */
static void what_is_broken_is_nothing(void **state)
{
	struct arena arena;
	(void)state;
	arena_init(&arena);
	for (size_t n = 0; n < sizeof members; n++) {
		char *cut = arena_alloc(&arena, n + 1);
		memcpy(cut, members, n);
		struct str s = str_make(cut, n);
		assert_true(policy_printed_get(s, STR("fee.levy"), &arena).len <= 1);
		(void)policy_printed_get(s, STR("waiver"), &arena);
	}
	assert_int_equal(policy_printed_get(STR("no json"), STR("no"), &arena).len, 0);
	assert_int_equal(policy_printed_get(STR_NONE, STR("no"), &arena).len, 0);
	arena_fini(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(values_are_found_by_path),
	    cmocka_unit_test(what_is_broken_is_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
