/* Comparing rule sets: so many rules that their ways of deciding cannot be told one by one. */
#include "tests/unit/policy/diff_oracle.h"
#include "tests/unit/policy/shipped.h"

enum { MANY = 90, MANY_FACTS = 10 };

/* The shipped rules and MANY of their own; `changed`: some of them with another limit or outcome. */
static struct policy_ruleset *load_many(bool changed)
{
	static const char *const kinds[] = {"reject", "no_grant", "review"};
	struct shipped s;
	struct buf more;
	assert_true(shipped_init(&s));
	buf_init(&more, 1 << 20);
	buf_lit(&more, "facts:\n");
	for (int i = 0; i < MANY_FACTS; i++)
		buf_printf(&more,
		           "  - {id: fact_%d, type: number, min: 0, max: 1000, vi: \"dữ kiện %d\", en: "
		           "\"fact %d\"}\n",
		           i, i, i);
	buf_lit(&more, "checks:\n");
	for (int i = 0; i < MANY; i++) {
		bool other = changed && i % 18 == 7;
		buf_printf(
		    &more,
		    "  - id: more-%d\n    when: {op: [create]}\n    require: {fact: fact_%d, max: %d}\n"
		    "    otherwise: {outcome: %s, reason: MORE_%d}\n    cite: [QD-6]\n",
		    i, i % MANY_FACTS, 10 + i + (other ? 3 : 0), kinds[(i + (other && i % 36 == 7)) % 3], i);
	}
	buf_lit(&more, "reasons:\n");
	for (int i = 0; i < MANY; i++)
		buf_printf(&more, "  - {id: MORE_%d, vi: \"lý do %d\", en: \"reason %d\"}\n", i, i, i);
	shipped_add(&s, "more.yaml", buf_str(&more));
	struct policy_ruleset *r = shipped_load_good(&s);
	buf_fini(&more);
	shipped_fini(&s);
	return r;
}

/* Facts about the limits, and the others so that a few rules speak: decisions list 16 reasons at most. */
static void random_many(struct rng *g, struct application *a, struct policy_given given[MANY_FACTS],
                        char texts[MANY_FACTS][8])
{
	random_application(g, a);
	for (int i = 0; i < MANY_FACTS; i++) {
		unsigned value = pick(g, 4) ? pick(g, 11) : 5 + pick(g, 20);
		if (pick(g, MANY_FACTS) == 0)
			value = pick(g, 110);
		snprintf(texts[i], sizeof texts[0], "%u", value);
		given[i].value = str_c(texts[i]);
	}
	static const char *const names[MANY_FACTS] = {"fact_0", "fact_1", "fact_2", "fact_3", "fact_4",
	                                              "fact_5", "fact_6", "fact_7", "fact_8", "fact_9"};
	for (int i = 0; i < MANY_FACTS; i++)
		given[i].name = str_c(names[i]);
	a->facts.given = given;
	a->facts.given_count = pick(g, 8) ? MANY_FACTS : pick(g, MANY_FACTS);
}

static bool is_cut(const struct policy_ruleset *r, const struct policy_facts *f)
{
	struct policy_decision p;
	policy_decide(r, f, &p);
	return p.reason_count == POLICY_REASONS_MAX || p.cite_count == POLICY_CITES_MAX;
}

/* Too many ways of deciding to tell them one by one: regions as a whole, and still exactly those. */
static void many_rules_are_compared_as_well(void **state)
{
	struct rng g;
	struct buf out;
	struct policy_ruleset *a = load_many(false), *b = load_many(true);
	struct policy_diff *d = policy_diff_new(a, b);
	size_t changed = 0;
	(void)state;
	rng_init_seed(&g, 11);
	buf_init(&out, 64 << 20);
	policy_diff_print(d, POLICY_TEXT, POLICY_EN, &out);
	assert_true(policy_diff_is_complete(d));
	assert_says(buf_cstr(&out), "as other rules decide as well");
	assert_witnesses(d, a, b);
	for (int i = 0; i < 20000; i++) {
		struct application x = {.facts = POLICY_FACTS_NONE};
		struct policy_given given[MANY_FACTS];
		char texts[MANY_FACTS][8];
		random_many(&g, &x, given, texts);
		if (is_cut(a, &x.facts) || is_cut(b, &x.facts))
			continue;
		bool differs = changes(a, b, &x.facts), covered = policy_diff_covers(d, &x.facts);
		changed += differs;
		if (differs != covered)
			fail_msg("application %d: %s", i,
			         differs ? "a change is not found" : "no change where one is said");
	}
	assert_true(changed > 100);
	buf_fini(&out);
	policy_diff_free(&d);
	policy_unref(&a);
	policy_unref(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(many_rules_are_compared_as_well),
	};
	return cmocka_run_group_tests_name("diff_many", tests, NULL, NULL);
}
