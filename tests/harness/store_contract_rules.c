/* The contract, continued: rule sets and what became of them. */
#include "epp/base/check.h"
#include "policy/policy.h"
#include "tests/harness/store_contract_int.h"

static struct store_rules_keep keep_of(struct contract *c, const char *revision, const char *text)
{
	return (struct store_rules_keep){.revision = str_c(revision), .text = str_c(text), .now = c->now};
}

static enum err keep(struct contract *c, const char *revision, const char *text, bool *added)
{
	struct store_rules_keep k = keep_of(c, revision, text);
	enum err err = play(c->b, &k.op, STORE_RULES_KEEP);
	*added = k.added;
	return err;
}

static struct store_rules_row kept(struct contract *c, const char *revision)
{
	struct store_get_rules g = {.revision = str_c(revision), .arena = &c->a};
	assert_int_equal(play(c->b, &g.op, STORE_GET_RULES), OK);
	assert_int_equal(g.count, 1);
	return g.rows[0];
}

static struct store_get_rules_steps steps(struct contract *c, uint32_t limit)
{
	struct store_get_rules_steps g = {.limit = limit, .arena = &c->a};
	assert_int_equal(play(c->b, &g.op, STORE_GET_RULES_STEPS), OK);
	return g;
}

static void rule_sets_are_kept_as_they_were_first_seen(void **state)
{
	CONTRACT_OF(c, state);
	bool added;
	assert_int_equal(keep(c, "sha256:aa", "{\"zones\":[]}\n", &added), OK);
	assert_true(added);
	c->now += 1000;
	assert_int_equal(keep(c, "sha256:bb", "{}", &added), OK);
	assert_int_equal(keep(c, "sha256:aa", "another text", &added), OK);
	assert_false(added);
	(void)contract_restart(c);
	contract_assert_str(kept(c, "sha256:aa").text, "{\"zones\":[]}\n");
	assert_int_equal(kept(c, "sha256:aa").first_seen, c->now - 1000);
	struct store_get_rules g = {.limit = 1, .arena = &c->a};
	assert_int_equal(play(c->b, &g.op, STORE_GET_RULES), OK);
	assert_int_equal(g.count, 1);
	assert_true(g.more);
	contract_assert_str(g.rows[0].revision, "sha256:bb");
	assert_int_equal(g.rows[0].text.len, 0);
	g.limit = 2;
	assert_int_equal(play(c->b, &g.op, STORE_GET_RULES), OK);
	assert_int_equal(g.count, 2);
	assert_false(g.more);
	contract_assert_str(g.rows[1].revision, "sha256:aa");
}

/* What is kept can be decided with again: the real rule set comes back to its own revision. */
static void a_kept_rule_set_loads_to_its_revision(void **state)
{
	CONTRACT_OF(c, state);
	bool added;
	struct diag d;
	const struct policy_ruleset *r = decider_rules(c->decider);
	const char *revision = policy_revision(r);
	assert_int_equal(keep(c, revision, policy_canonical(r).ptr, &added), OK);
	struct policy_text text = {revision, kept(c, revision).text};
	diag_init(&d);
	struct policy_ruleset *again = policy_load_texts(&text, 1, &d);
	assert_non_null(again);
	assert_string_equal(policy_revision(again), revision);
	policy_unref(&again);
	diag_fini(&d);
}

static void a_revision_that_nobody_kept_is_not_found(void **state)
{
	CONTRACT_OF(c, state);
	bool added;
	struct store_get_rules g = {.revision = STR("sha256:cc"), .arena = &c->a};
	assert_int_equal(play(c->b, &g.op, STORE_GET_RULES), ERR_NOT_FOUND);
	/* Nothing of it happens, neither its step nor its setting. */
	struct store_rules_step step = {.step = STR("staged"), .revision = STR("sha256:cc"), .at = c->now};
	struct store_rules_keep k = keep_of(c, "sha256:cc", "");
	k.steps = &step;
	k.step_count = 1;
	k.setting = "policy";
	k.setting_value = STR("{}");
	assert_int_equal(play(c->b, &k.op, STORE_RULES_KEEP), ERR_NOT_FOUND);
	assert_int_equal(steps(c, 5).count, 0);
	struct store_setting s = {.name = "policy", .arena = &c->a};
	assert_int_equal(play(c->b, &s.op, STORE_SETTING), OK);
	contract_assert_str(s.value, "");
	assert_int_equal(keep(c, "sha256:cc", "{}", &added), OK);
	assert_int_equal(play(c->b, &k.op, STORE_RULES_KEEP), OK);
	assert_false(k.added);
	assert_int_equal(steps(c, 5).count, 1);
}

static void steps_of_rule_sets_are_told_newest_first(void **state)
{
	CONTRACT_OF(c, state);
	struct store_rules_step two[] = {
	    {STR("staged"), STR("sha256:aa"), STR("An"), STR("an"), STR(""), c->now},
	    {STR("activated"), STR("sha256:aa"), STR("Bình"), STR("binh"), STR("507/QĐ"), c->now + 1}};
	struct store_rules_keep k = keep_of(c, "", "");
	k.steps = two;
	k.step_count = 2;
	k.setting = "policy";
	k.setting_value = STR("{\"active\":1}");
	assert_int_equal(play(c->b, &k.op, STORE_RULES_KEEP), OK);
	assert_false(k.added);
	(void)contract_restart(c);
	struct store_get_rules_steps g = steps(c, 5);
	assert_int_equal(g.count, 2);
	assert_false(g.more);
	contract_assert_str(g.rows[0].step, "activated");
	contract_assert_str(g.rows[0].revision, "sha256:aa");
	contract_assert_str(g.rows[0].person, "Bình");
	contract_assert_str(g.rows[0].login, "binh");
	contract_assert_str(g.rows[0].why, "507/QĐ");
	assert_int_equal(g.rows[0].at, c->now + 1);
	contract_assert_str(g.rows[1].step, "staged");
	contract_assert_str(g.rows[1].why, "");
	assert_true(steps(c, 1).more);
	struct store_setting s = {.name = "policy", .arena = &c->a};
	assert_int_equal(play(c->b, &s.op, STORE_SETTING), OK);
	contract_assert_str(s.value, "{\"active\":1}");
}

const struct CMUnitTest contract_rules_tests[] = {CONTRACT_TEST(rule_sets_are_kept_as_they_were_first_seen),
                                                  CONTRACT_TEST(a_kept_rule_set_loads_to_its_revision),
                                                  CONTRACT_TEST(a_revision_that_nobody_kept_is_not_found),
                                                  CONTRACT_TEST(steps_of_rule_sets_are_told_newest_first),
                                                  CONTRACT_TESTS_END};
