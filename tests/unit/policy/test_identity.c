/* Structure of personal numbers, tax codes and household numbers. */
#include "epp/base/rng.h"
#include "policy/identity.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>

static bool tax(const char *s, bool *dependent)
{
	return identity_tax_code(str_c(s), dependent);
}

static void personal_number_has_twelve_digits(void **state)
{
	(void)state;
	assert_true(identity_is_personal(STR("068208000001")));
	assert_false(identity_is_personal(STR("06820800000")));
	assert_false(identity_is_personal(STR("0682080000011")));
	assert_false(identity_is_personal(STR("06820800000a")));
	assert_false(identity_is_personal(STR("06820800000 ")));
	assert_false(identity_is_personal(STR_NONE));
	assert_true(identity_is_legacy(STR("123456789")));
	assert_false(identity_is_legacy(STR("12345678x")));
}

static void personal_number_tells_place_century_sex_and_year(void **state)
{
	static const struct {
		const char *id;
		int place, century, year;
		enum policy_gender gender;
	} cases[] = {
	    {"068099000001", 68, 1900, 1999, POLICY_MALE}, {"001185000001", 1, 1900, 1985, POLICY_FEMALE},
	    {"079200000001", 79, 2000, 2000, POLICY_MALE}, {"295308000001", 295, 2000, 2008, POLICY_FEMALE},
	    {"096401000001", 96, 2100, 2101, POLICY_MALE}, {"096999000001", 96, 2300, 2399, POLICY_FEMALE},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct str id = str_c(cases[i].id);
		assert_int_equal(identity_place(id), cases[i].place);
		assert_int_equal(identity_century(id), cases[i].century);
		assert_int_equal(identity_year(id), cases[i].year);
		assert_int_equal(identity_gender(id), cases[i].gender);
	}
}

static void tax_code_check_digit(void **state)
{
	bool dependent = true;
	(void)state;
	assert_true(tax("0199999014", &dependent));
	assert_false(dependent);
	assert_false(tax("0199999015", &dependent));
	assert_true(tax("0199999060", &dependent));
	assert_false(tax("0000000000", &dependent)); /* remainder 0 is never issued */
	assert_false(tax("019999901", &dependent));
	assert_false(tax("019999901x", &dependent));
	assert_false(tax("", &dependent));
}

static void tax_code_of_a_dependent_unit(void **state)
{
	bool dependent = false;
	(void)state;
	assert_true(tax("0199999014-001", &dependent));
	assert_true(dependent);
	assert_true(tax("0199999014999", &dependent));
	assert_true(dependent);
	assert_false(tax("0199999014-000", &dependent));
	assert_false(tax("0199999014000", &dependent));
	assert_false(tax("0199999014-01x", &dependent));
	assert_false(tax("0199999014.001", &dependent));
	assert_false(tax("0199999015-001", &dependent));
	assert_false(tax("0000000000000", &dependent)); /* thirteen zeros stand for "none" */
}

/* One wrong digit never passes: every weight differs from every other and from zero modulo 11. */
static void tax_code_detects_every_single_slip(void **state)
{
	bool dependent;
	(void)state;
	for (size_t at = 0; at < 10; at++)
		for (char digit = '0'; digit <= '9'; digit++) {
			char code[] = "0199999014";
			if (code[at] == digit)
				continue;
			code[at] = digit;
			assert_false(tax(code, &dependent));
		}
}

static void household_numbers_have_three_forms(void **state)
{
	static const struct {
		const char *text;
		enum identity_household form;
	} cases[] = {
	    {"068203000011", IDENTITY_HOUSEHOLD_PERSONAL},
	    {"8000000000", IDENTITY_HOUSEHOLD_TAX},
	    {"8000000000001", IDENTITY_HOUSEHOLD_TAX},
	    {"8000000000-001", IDENTITY_HOUSEHOLD_TAX},
	    {"42A8001234", IDENTITY_HOUSEHOLD_OLD},
	    {"42a8001234", IDENTITY_HOUSEHOLD_OLD},
	    {"0000000000000", IDENTITY_HOUSEHOLD_NONE},
	    {"0000000000123", IDENTITY_HOUSEHOLD_NONE},
	    {"000000000000", IDENTITY_HOUSEHOLD_NONE},
	    {"4A28001234", IDENTITY_HOUSEHOLD_NONE},
	    {"42A800123x", IDENTITY_HOUSEHOLD_NONE},
	    {"42A8", IDENTITY_HOUSEHOLD_NONE},
	    {"", IDENTITY_HOUSEHOLD_NONE},
	    {"none", IDENTITY_HOUSEHOLD_NONE},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_int_equal(identity_household(str_c(cases[i].text)), cases[i].form);
}

static void normalized_numbers(void **state)
{
	char out[16];
	(void)state;
	assert_true(identity_normalize(STR("019 999-9014"), out, sizeof out));
	assert_string_equal(out, "0199999014");
	assert_true(identity_normalize(STR("42a8001234"), out, sizeof out));
	assert_string_equal(out, "42A8001234");
	assert_false(identity_normalize(STR("000-000"), out, sizeof out));
	assert_false(identity_normalize(STR("--"), out, sizeof out));
	assert_false(identity_normalize(STR("12345678901234567"), out, sizeof out));
}

/* Whatever is asked of a number is answered the same of its mask, and the mask has no digit of it but the first six. */
static void a_masked_number_answers_as_the_number_does(void **state)
{
	static const char *const odd[] = {"000000000000",
	                                  "000000000",
	                                  "0000000000",
	                                  "0000000000001",
	                                  "0100109106",
	                                  "0100109106001",
	                                  "0100109106-001",
	                                  "0100109106000",
	                                  "0100109107-12",
	                                  "9",
	                                  "41A8000123",
	                                  "41a800012345",
	                                  "A",
	                                  "0000000000-000"};
	struct rng g;
	(void)state;
	rng_init_seed(&g, 7);
	for (size_t i = 0; i < 200000; i++) {
		char text[16], room[IDENTITY_MASK_MAX];
		size_t len = 1 + rng_below(&g, 14);
		for (size_t k = 0; k < len; k++)
			text[k] = (char)(rng_below(&g, 3) ? '0' + (int)rng_below(&g, 10)
			                                  : "0001-A"[rng_below(&g, 6)]);
		struct str s = i < ARRAY_LEN(odd) ? str_c(odd[i]) : str_make(text, len);
		struct str m = identity_mask(s, room);
		bool a = false, b = false;
		assert_int_equal(identity_is_personal(s), identity_is_personal(m));
		assert_int_equal(identity_is_legacy(s), identity_is_legacy(m));
		assert_int_equal(identity_household(s), identity_household(m));
		bool valid = identity_tax_code(s, &a);
		assert_int_equal(valid, identity_tax_code(m, &b));
		assert_true(!valid || a == b);
		if (identity_is_personal(s)) {
			assert_memory_equal(s.ptr, m.ptr, 6);
			assert_true(memcmp(m.ptr + 6, "000001", 6) == 0 ||
			            memcmp(m.ptr, "000000000000", 12) == 0);
		}
	}
	assert_int_equal(identity_mask(STR_NONE, (char[IDENTITY_MASK_MAX]){0}).len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(personal_number_has_twelve_digits),
	    cmocka_unit_test(personal_number_tells_place_century_sex_and_year),
	    cmocka_unit_test(tax_code_check_digit),
	    cmocka_unit_test(tax_code_of_a_dependent_unit),
	    cmocka_unit_test(tax_code_detects_every_single_slip),
	    cmocka_unit_test(household_numbers_have_three_forms),
	    cmocka_unit_test(normalized_numbers),
	    cmocka_unit_test(a_masked_number_answers_as_the_number_does),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
