/*
 * Comparing rule sets: random pairs of small ones against brute force. The oracle decides invented applications under
 * both sets and compares; the comparison must say "changes" for exactly those that do.
 *
 * DIFF_PAIRS: how many pairs (100; `make sim` takes 1,000); DIFF_SEED: the first.
 */
#include "policy/cases.h"
#include "tests/unit/policy/diff_oracle.h"
#include "tests/unit/policy/diff_rules.h"

#define APPLICATIONS 200 /* of each pair */

static void tell(uint64_t seed, const struct rules *a, const struct rules *b, struct policy_diff *d,
                 const struct policy_facts *f, const char *what)
{
	struct buf out;
	buf_init(&out, 64 << 20);
	write_rules(a, &out);
	buf_lit(&out, "\n========\n");
	write_rules(b, &out);
	buf_lit(&out, "\n========\n");
	policy_facts_print(f, &out);
	buf_lit(&out, "\n========\n");
	policy_diff_print(d, POLICY_TEXT, POLICY_EN, &out);
	FILE *file = getenv("DIFF_TELL") ? fopen(getenv("DIFF_TELL"), "w") : NULL;
	if (file) {
		(void)fwrite(buf_data(&out), 1, buf_len(&out), file); /* for whoever looks into it */
		fclose(file);
	}
	buf_fini(&out);
	fail_msg("pair %llu: %s (DIFF_TELL=FILE writes the rules and the application)",
	         (unsigned long long)seed, what);
}

static size_t run_pair(uint64_t seed, size_t *changed)
{
	struct rng g;
	struct rules ra, rb;
	rng_init_seed(&g, seed);
	random_rules(&g, &ra);
	rb = ra;
	for (unsigned n = 1 + pick(&g, 3); n > 0; n--)
		change_rules(&g, &rb);
	struct policy_ruleset *a = rules_load(&ra), *b = rules_load(&rb);
	struct policy_diff *d = policy_diff_new(a, b);
	size_t regions = policy_diff_regions(d);
	for (size_t i = 0; i < regions; i++) {
		const struct policy_facts *f = policy_diff_witness(d, i);
		if (!changes(a, b, f))
			tell(seed, &ra, &rb, d, f, "a witness does not change");
		if (!policy_diff_covers(d, f))
			tell(seed, &ra, &rb, d, f, "a witness is outside of its region");
	}
	for (int i = 0; i < APPLICATIONS; i++) {
		struct application x = {.facts = POLICY_FACTS_NONE};
		random_application(&g, &x);
		bool differs = changes(a, b, &x.facts), covered = policy_diff_covers(d, &x.facts);
		*changed += differs;
		if (differs != covered)
			tell(seed, &ra, &rb, d, &x.facts,
			     differs ? "a change is not found" : "no change where one is said");
	}
	assert_true(policy_diff_is_complete(d));
	policy_diff_free(&d);
	assert_null(d);
	policy_unref(&a);
	policy_unref(&b);
	return regions;
}

static void brute_force_agrees(void **state)
{
	const char *pairs = getenv("DIFF_PAIRS"), *first = getenv("DIFF_SEED");
	size_t count = pairs ? (size_t)atoi(pairs) : 100, regions = 0, changed = 0,
	       from = first ? (size_t)atoi(first) : 1;
	(void)state;
	for (size_t i = 0; i < count; i++)
		regions += run_pair(from + i, &changed);
	print_message("%zu pairs, %zu regions, %zu of %zu applications decided differently\n", count, regions,
	              changed, count * APPLICATIONS);
	if (count >= 50) { /* it has looked at something */
		assert_true(regions > count);
		assert_true(changed > count * APPLICATIONS / 50);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(brute_force_agrees)};
	return cmocka_run_group_tests_name("diff", tests, NULL, NULL);
}
