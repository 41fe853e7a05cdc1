/* The contract, continued: rule sets and what became of them. */
#include "epp/base/check.h"
#include "daemon/job/record.h"
#include "daemon/store/store_rules.h"
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

/* ---- records ---- */

static struct store_get_records records(struct contract *c, item_id_t after, uint32_t limit)
{
	struct store_get_records g = {.after = after, .limit = limit, .arena = &c->a};
	assert_int_equal(play(c->b, &g.op, STORE_GET_RECORDS), OK);
	return g;
}

/* The record gives the decision's members again, byte by byte, under the rules that it names. */
static void assert_gives_again(const struct store_record *r, const struct decider *d)
{
	struct record record;
	struct policy_decision p;
	struct buf out;
	size_t common;
	buf_init(&out, 1 << 20);
	assert_int_equal(record_decode(r->record, &record), OK);
	record_decide(decider_rules(d), &record, &out, &common, &p);
	assert_int_equal(common, r->common.len);
	assert_int_equal(buf_len(&out), r->common.len + r->detail.len);
	assert_memory_equal(buf_data(&out), r->common.ptr, common);
	assert_memory_equal(buf_data(&out) + common, r->detail.ptr, r->detail.len);
	buf_fini(&out);
}

static void every_decision_is_recorded_with_its_facts(void **state)
{
	CONTRACT_OF(c, state);
	item_id_t first = contract_admit_many(c, 0, "r", 1, 3);
	batch_id_t open = contract_begin(c, 0, NULL); /* what is not published yet is nobody's decision */
	struct play_line line = {
	    .kind = PLAY_PAID, .ref = "open", .name = "open.com.vn", .account = c->account[0]};
	contract_chunk(c, 0, open, &line, 1, 1, NULL);
	(void)contract_restart(c);
	struct store_get_records g = records(c, 0, 2);
	assert_int_equal(g.count, 2);
	assert_true(g.more);
	assert_int_equal(g.after, first + 1);
	for (size_t i = 0; i < g.count; i++) {
		assert_int_equal(g.rows[i].item, first + i);
		assert_int_equal(g.rows[i].seq, 0);
		assert_gives_again(&g.rows[i], c->decider);
	}
	contract_assert_str(g.rows[0].ref, "r1");
	g = records(c, g.after, 2);
	assert_int_equal(g.count, 1);
	assert_false(g.more);
	assert_int_equal(records(c, g.after, 2).count, 0);
}

static void a_later_decision_is_recorded_beside_the_first(void **state)
{
	CONTRACT_OF(c, state);
	struct decider *was = c->decider;
	item_id_t first = contract_admit_many(c, 0, "s", 1, 1);
	c->now += 24 * 3600 * 1000;
	c->decider = c->other; /* another day, other rules */
	(void)contract_claim(c, 0, 1);
	struct store_get_records g = records(c, first - 1, 1);
	assert_int_equal(g.count, 2);
	assert_int_equal(g.rows[0].seq, 0);
	assert_true(g.rows[1].seq > 0);
	assert_gives_again(&g.rows[0], was);
	assert_gives_again(&g.rows[1], c->other);
	assert_true(str_starts(g.rows[0].common, STR("\"stage\":\"admission\"")));
	assert_true(str_starts(g.rows[1].common, STR("\"stage\":\"sending\"")));
	c->decider = was;
}

/* ---- the secret key ---- */

static struct decider *decider_of(const struct decide_keys *keys)
{
	struct diag d;
	diag_init(&d);
	struct policy_ruleset *rules = policy_load_dir("policy/rules", NULL, &d);
	assert_non_null(rules);
	diag_fini(&d);
	return decider_new_keys(rules, keys);
}

/* What became of one more line of this person: a grant takes the key, the next one must not. */
static enum item_state ask_for_grant(struct contract *c, struct decider *d, const char *ref, unsigned person)
{
	struct play_line line = {.kind = PLAY_GRANT,
	                         .ref = ref,
	                         .name = arena_printf(&c->a, "%s.id.vn", ref).ptr,
	                         .person = person,
	                         .account = c->account[0]};
	struct decider *was = c->decider;
	c->decider = d;
	item_id_t item = contract_admit(c, 0, &line, 1);
	c->decider = was;
	return contract_row(c, item).state;
}

static void another_key_keeps_one_grant_per_subject(void **state)
{
	CONTRACT_OF(c, state);
	struct store_recover before = contract_restart(c);
	struct decider *old = decider_of(&before.keys);
	assert_int_equal(ask_for_grant(c, old, "a1", 1), ITEM_QUEUED);
	assert_int_equal(ask_for_grant(c, old, "a2", 1), ITEM_REFUSED);
	for (uint32_t keys = 2; keys <= DECIDE_KEYS_MAX; keys++) {
		struct store_rekey r = {.keys = 0};
		assert_int_equal(play(c->b, &r.op, STORE_REKEY), OK);
		assert_int_equal(r.keys, keys);
		assert_true(r.hashes >= 1);
	}
	struct store_rekey r = {.keys = 0};
	assert_int_equal(play(c->b, &r.op, STORE_REKEY), ERR_FULL);
	struct store_recover after = contract_restart(c);
	assert_int_equal(after.keys.count, DECIDE_KEYS_MAX);
	assert_memory_equal(before.keys.key[0], after.keys.key[0], 32);
	assert_memory_not_equal(after.keys.key[0], after.keys.key[1], 32);
	struct decider *now = decider_of(&after.keys);
	assert_int_equal(ask_for_grant(c, now, "b1", 1), ITEM_REFUSED); /* the grant is from before */
	assert_int_equal(ask_for_grant(c, now, "b2", 2), ITEM_QUEUED);
	assert_int_equal(ask_for_grant(c, now, "b3", 2), ITEM_REFUSED);
	/* an item of before gives its grant back, too */
	struct store_batch_cancel cancel = {.batch = 1, .partner = c->partner[0], .now = c->now};
	assert_int_equal(play(c->b, &cancel.op, STORE_BATCH_CANCEL), OK);
	assert_int_equal(cancel.cancelled, 1);
	assert_int_equal(ask_for_grant(c, now, "b4", 1), ITEM_QUEUED);
	decider_unref(&old);
	decider_unref(&now);
}

const struct CMUnitTest contract_rules_tests[] = {CONTRACT_TEST(another_key_keeps_one_grant_per_subject),
                                                  CONTRACT_TEST(every_decision_is_recorded_with_its_facts),
                                                  CONTRACT_TEST(
                                                      a_later_decision_is_recorded_beside_the_first),
                                                  CONTRACT_TEST(rule_sets_are_kept_as_they_were_first_seen),
                                                  CONTRACT_TEST(a_kept_rule_set_loads_to_its_revision),
                                                  CONTRACT_TEST(a_revision_that_nobody_kept_is_not_found),
                                                  CONTRACT_TEST(steps_of_rule_sets_are_told_newest_first),
                                                  CONTRACT_TESTS_END};
