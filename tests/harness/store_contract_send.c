/* The contract suite of stores: queues, claims, outcomes, poll messages. */
#include "tests/harness/store_contract_int.h"
#include "daemon/store/store_domains.h"

#include <string.h>

/* ---- queues -------------------------------------------------------------------------------------------------------------------- */

static struct store_queues queues(struct contract *c)
{
	struct store_queues q = {.now = c->now, .arena = &c->a};
	assert_int_equal(play(c->b, &q.op, STORE_QUEUES), OK);
	return q;
}

static void queues_are_those_with_something_to_claim_now(void **state)
{
	CONTRACT_OF(c, state);
	assert_int_equal(queues(c).count, 0);
	assert_int_equal(queues(c).next_ready, INSTANT_NONE);
	struct play_line l[] = {{PLAY_PAID, "r1", "n1.com.vn", 0, c->account[1], 2, NULL},
	                        {PLAY_PAID, "r2", "n2.com.vn", 0, c->account[0], 1, NULL},
	                        {PLAY_PAID, "r3", "n3.com.vn", 0, c->account[0], 0, NULL},
	                        {PLAY_PAID, "r4", "n4.com.vn", 0, c->account[0], 1, NULL},
	                        {PLAY_WAITING, "r5", "n5.id.vn", 5, c->account[1], 0, NULL}};
	(void)contract_admit(c, 0, l, ARRAY_LEN(l));
	item_id_t second = contract_admit_many(c, 1, "b", 10, 1);
	struct store_queues q = queues(c);
	assert_int_equal(q.count, 4);
	for (size_t i = 0; i < q.count; i++)
		assert_true(q.keys[i].account != c->account[1] || q.keys[i].lane == 2);
	struct store_claim k = contract_claim(c, 1, 5);
	assert_int_equal(queues(c).count, 3);
	struct store_step s = contract_step(c, second, k.claim, ITEM_QUEUED);
	s.not_before = c->now + 5000;
	assert_int_equal(contract_finish(c, &s, 1), OK);
	assert_int_equal(queues(c).count, 3);
	assert_int_equal(queues(c).next_ready, c->now + 5000);
	assert_int_equal(contract_claim(c, 1, 5).count, 0);
	assert_int_equal(contract_row(c, second).not_before, c->now + 5000);
	assert_int_equal(contract_row(c, second - 1).not_before, INSTANT_NONE);
	c->now += 5000;
	assert_int_equal(queues(c).count, 4);
	assert_int_equal(queues(c).next_ready, INSTANT_NONE);
	assert_int_equal(contract_claim(c, 1, 5).count, 1);
	assert_int_equal(contract_row(c, second).not_before, INSTANT_NONE);
}

/* ---- claims -------------------------------------------------------------------------------------------------------------------- */

static void claims_take_the_oldest_first_and_so_many(void **state)
{
	CONTRACT_OF(c, state);
	item_id_t first = contract_admit_many(c, 0, "r", 0, 5);
	c->now += 1000;
	item_id_t later = contract_admit_many(c, 0, "s", 10, 3);
	(void)contract_admit_many(c, 1, "t", 20, 2);
	struct store_claim a = contract_claim(c, 0, 3), b = contract_claim(c, 0, 4),
	                   d = contract_claim(c, 0, 9);
	assert_true(a.count == 3 && b.count == 4 && d.count == 1);
	assert_true(a.more && b.more && !d.more);
	assert_true(a.claim < b.claim && b.claim < d.claim);
	for (uint32_t i = 0; i < 3; i++) {
		assert_int_equal(a.items[i].item, first + i);
		assert_int_equal(a.items[i].offset, i);
		assert_int_equal(a.items[i].attempt, 1);
		assert_int_equal(a.items[i].line, i + 1);
		assert_int_equal(a.items[i].partner, c->partner[0]);
		assert_int_equal(a.items[i].admitted, PLAY_START);
	}
	assert_int_equal(b.items[1].item, first + 4);
	assert_int_equal(b.items[2].item, later);
	assert_int_equal(b.items[2].offset, 2);
	assert_int_equal(b.items[2].admitted, PLAY_START + 1000);
	assert_int_equal(d.items[0].item, later + 2);
	assert_int_equal(contract_counts(c).items[ITEM_SENDING], 8);
	assert_true(str_eq(a.items[0].payload, contract_row(c, first).payload));
	struct store_claim none = contract_claim(c, 0, 9);
	assert_true(none.count == 0 && !none.more && none.claim == 0);
}

static void a_claim_is_of_one_account_and_lane(void **state)
{
	CONTRACT_OF(c, state);
	struct play_line l[] = {{PLAY_PAID, "r1", "n1.com.vn", 0, c->account[0], 0, NULL},
	                        {PLAY_PAID, "r2", "n2.com.vn", 0, c->account[1], 0, NULL},
	                        {PLAY_PAID, "r3", "n3.com.vn", 0, c->account[0], 1, NULL},
	                        {PLAY_PAID, "r4", "n4.com.vn", 0, c->account[0], 0, NULL}};
	item_id_t first = contract_admit(c, 0, l, ARRAY_LEN(l));
	struct store_claim k = contract_claim(c, 0, 9);
	assert_int_equal(k.count, 2);
	assert_int_equal(k.items[0].item, first);
	assert_int_equal(k.items[1].item, first + 3);
	assert_int_equal(k.items[1].offset, 1);
	contract_assert_state(c, first + 1, ITEM_QUEUED);
	contract_assert_state(c, first + 2, ITEM_QUEUED);
}

static void what_is_sent_again_comes_first(void **state)
{
	CONTRACT_OF(c, state);
	item_id_t first = contract_admit_many(c, 0, "r", 0, 6);
	struct store_claim k = contract_claim(c, 0, 3);
	struct store_step s[3];
	for (size_t i = 0; i < 3; i++) {
		s[i] = contract_step(c, first + i, k.claim, ITEM_QUEUED);
		s[i].not_before = c->now - (instant_ms_t)i; /* the last is due first */
	}
	assert_int_equal(contract_finish(c, s, 3), OK);
	struct store_claim again = contract_claim(c, 0, 2), rest = contract_claim(c, 0, 9);
	assert_int_equal(again.count, 2);
	assert_int_equal(again.items[0].item, first + 2);
	assert_int_equal(again.items[1].item, first + 1);
	assert_true(again.more);
	assert_int_equal(rest.count, 4);
	assert_int_equal(rest.items[0].item, first);
	assert_int_equal(rest.items[1].item, first + 3);
}

static void attempts_are_counted_when_something_was_sent(void **state)
{
	CONTRACT_OF(c, state);
	item_id_t item = contract_admit_many(c, 0, "r", 0, 1);
	static const bool not_sent[] = {true, false, true, false};
	static const int want[] = {1, 2, 2, 3};
	struct store_claim k = contract_claim(c, 0, 1);
	for (size_t i = 0; i < ARRAY_LEN(want); i++) {
		struct store_step s = contract_step(c, item, k.claim, ITEM_QUEUED);
		s.result.attempt = k.items[0].attempt;
		s.not_sent = not_sent[i];
		assert_int_equal(contract_finish(c, &s, 1), OK);
		k = contract_claim(c, 0, 1);
		assert_int_equal(k.count, 1);
		assert_int_equal(k.items[0].attempt, want[i]);
	}
}

static void contacts_are_known_to_their_account(void **state)
{
	CONTRACT_OF(c, state);
	struct play_line l[] = {{PLAY_PAID, "r1", "n1.com.vn", 0, c->account[0], 0, "VN1"},
	                        {PLAY_PAID, "r2", "n2.com.vn", 0, c->account[0], 0, "VN1"},
	                        {PLAY_PAID, "r3", "n3.com.vn", 0, c->account[0], 0, NULL},
	                        {PLAY_PAID, "r4", "n4.com.vn", 0, c->account[1], 0, "VN1"}};
	item_id_t first = contract_admit(c, 0, l, ARRAY_LEN(l));
	struct store_claim k = contract_claim(c, 0, 1);
	assert_string_equal(k.items[0].contact_id, "VN1");
	assert_false(k.items[0].contact_known);
	struct store_step s = contract_step(c, first, k.claim, ITEM_QUEUED);
	strcpy(s.contact_created, "VN1");
	assert_int_equal(contract_finish(c, &s, 1), OK);
	(void)contract_restart(c);
	k = contract_claim(c, 0, 9);
	assert_int_equal(k.count, 3);
	assert_true(k.items[0].contact_known && k.items[1].contact_known);
	assert_string_equal(k.items[2].contact_id, "");
	assert_false(k.items[2].contact_known);
	struct store_claim other = {.queue = {c->account[1], c->partner[0], 0},
	                            .max = 9,
	                            .paid_max = UINT32_MAX,
	                            .decider = c->decider,
	                            .now = c->now,
	                            .arena = &c->a};
	assert_int_equal(play(c->b, &other.op, STORE_CLAIM), OK);
	assert_int_equal(other.count, 1);
	assert_false(other.items[0].contact_known);
}

static void what_is_no_longer_free_is_held(void **state)
{
	CONTRACT_OF(c, state);
	struct play_line l[] = {{PLAY_PAID, "r1", "n1.com.vn", 0, c->account[0], 0, NULL},
	                        {PLAY_GRANT, "r2", "n2.id.vn", 2, c->account[0], 0, NULL},
	                        {PLAY_GRANT, "r3", "n3.id.vn", 3, c->account[0], 0, NULL},
	                        {PLAY_PAID, "r4", "n4.com.vn", 0, c->account[0], 0, NULL}};
	item_id_t first = contract_admit(c, 0, l, ARRAY_LEN(l));
	c->now = PLAY_LATE;
	struct store_claim k = contract_claim(c, 0, 9);
	assert_int_equal(k.count, 2);
	assert_int_equal(k.held, 2);
	assert_false(k.more);
	assert_int_equal(k.items[1].item, first + 3);
	assert_int_equal(k.items[1].offset, 1);
	assert_int_equal(contract_counts(c).grants, 0);
	struct store_row row = contract_row(c, first + 1);
	assert_int_equal(row.state, ITEM_REVIEW);
	assert_int_equal(row.result.fault, FAULT_GATEWAY);
	assert_true(row.result.reason.len > 0);
	assert_non_null(
	    memmem(row.decision_common.ptr, row.decision_common.len, "\"stage\":\"sending\"", 17));
	assert_string_equal(row.intake_reason, "OK");
	contract_assert_state(c, first + 3, ITEM_SENDING);
	/* Nothing but held ones: no claim at all. */
	c->now = PLAY_START;
	struct play_line more = {PLAY_GRANT, "r5", "n5.id.vn", 5, c->account[0], 0, NULL};
	(void)contract_admit(c, 0, &more, 1);
	c->now = PLAY_LATE;
	k = contract_claim(c, 0, 9);
	assert_true(k.count == 0 && k.held == 1 && k.claim == 0 && !k.more);
}

/* What is held makes room: a full page of it does not hide what is behind. */
static void held_items_do_not_end_a_claim(void **state)
{
	CONTRACT_OF(c, state);
	struct play_line l[6];
	for (unsigned i = 0; i < 6; i++)
		l[i] =
		    (struct play_line){.kind = i < 4 ? PLAY_GRANT : PLAY_PAID,
		                       .ref = arena_printf(&c->a, "r%u", i).ptr,
		                       .name = arena_printf(&c->a, "n%u.%s.vn", i, i < 4 ? "id" : "com").ptr,
		                       .person = i,
		                       .account = c->account[0]};
	item_id_t first = contract_admit(c, 0, l, 6);
	struct store_claim k = contract_claim(c, 0, 6);
	struct store_step s[6];
	for (size_t i = 0; i < 6; i++)
		s[i] = contract_step(c, first + i, k.claim, ITEM_QUEUED);
	assert_int_equal(contract_finish(c, s, 6), OK);
	c->now = PLAY_LATE;
	k = contract_claim(c, 0, 2);
	assert_int_equal(k.held, 4);
	assert_int_equal(k.count, 2);
	assert_int_equal(k.items[0].item, first + 4);
	assert_int_equal(contract_counts(c).items[ITEM_REVIEW], 4);
}

static void under_another_revision_it_is_decided_again(void **state)
{
	CONTRACT_OF(c, state);
	struct play_line l[] = {{PLAY_GRANT, "r1", "n1.id.vn", 1, c->account[0], 0, NULL},
	                        {PLAY_GRANT, "r2", "n2.id.vn", 2, c->account[0], 0, NULL}};
	item_id_t first = contract_admit(c, 0, l, 2);
	struct store_claim k = contract_claim(c, 0, 1);
	contract_assert_str(contract_row(c, k.items[0].item).result.reason, "");
	c->decider = c->other;
	k = contract_claim(c, 0, 1);
	assert_true(k.count == 1 && k.held == 0);
	struct store_row row = contract_row(c, first + 1);
	assert_int_equal(row.state, ITEM_SENDING);
	const char *revision = decider_revision(c->other);
	assert_non_null(memmem(row.decision_common.ptr, row.decision_common.len, revision, strlen(revision)));
	assert_int_equal(contract_counts(c).grants, 2); /* its own grant does not count against it */
	assert_int_equal(contract_restart(c).unknown, 2);
}

/* The free years begin on the day of the decision that was in force when it was sent. */
static void the_ledger_has_the_free_years_of_the_last_decision(void **state)
{
	CONTRACT_OF(c, state);
	struct play_line l = {PLAY_GRANT, "r1", "n1.id.vn", 1, c->account[0], 0, NULL};
	item_id_t item = contract_admit(c, 0, &l, 1);
	c->now += 3 * PLAY_DAY;
	struct store_claim k = contract_claim(c, 0, 1);
	assert_int_equal(k.count, 1);
	(void)contract_restart(c);
	contract_end(c, item, 0, ITEM_RECONCILING);
	struct store_step s = contract_step(c, item, 0, ITEM_DONE);
	s.name = STORE_NAME_CREATED;
	s.result.created = c->now;
	s.result.expires = c->now + 365 * PLAY_DAY;
	assert_int_equal(contract_finish(c, &s, 1), OK);
	struct store_get_domain g = {.domain = STR("n1.id.vn")};
	assert_int_equal(play(c->b, &g.op, STORE_GET_DOMAIN), OK);
	assert_int_equal(g.grant_from, date_make(2026, 11, 23));
}

/* ---- outcomes ------------------------------------------------------------------------------------------------------------------ */

static void every_outcome_is_recorded(void **state)
{
	static const enum item_state ends[] = {ITEM_DONE,    ITEM_FAILED, ITEM_PENDING,
	                                       ITEM_UNKNOWN, ITEM_QUEUED, ITEM_NEEDS_HUMAN};
	CONTRACT_OF(c, state);
	item_id_t first = contract_admit_many(c, 0, "r", 0, ARRAY_LEN(ends));
	struct store_claim k = contract_claim(c, 0, ARRAY_LEN(ends));
	c->now += 777;
	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		struct store_step s = contract_step(c, first + i, k.claim, ends[i]);
		s.result.attempt = 4;
		s.result.code = 2306;
		s.result.fault = FAULT_REGISTRY;
		s.result.retryable = true;
		s.result.reason = STR("A_REASON");
		s.result.message = STR("lời của sổ đăng ký");
		s.result.needs = STR("evidence");
		s.result.created = 1;
		s.result.expires = 2;
		s.result.cl_trid = STR("CL-1");
		s.result.sv_trid = STR("SV-1");
		s.result.charged_vnd = 50000;
		assert_int_equal(contract_finish(c, &s, 1), OK);
		(void)contract_restart(c);
		struct store_row row = contract_row(c, first + i);
		const struct item_result *r = &row.result;
		assert_string_equal(item_state_name(row.state), item_state_name(ends[i]));
		assert_int_equal(r->state, ends[i]);
		assert_true(r->attempt == 4 && r->code == 2306 && r->fault == FAULT_REGISTRY && r->retryable);
		contract_assert_str(r->reason, "A_REASON");
		contract_assert_str(r->message, "lời của sổ đăng ký");
		contract_assert_str(r->needs, "evidence");
		contract_assert_str(r->cl_trid, "CL-1");
		contract_assert_str(r->sv_trid, "SV-1");
		assert_true(r->created == 1 && r->expires == 2 && r->charged_vnd == 50000 && r->at == c->now);
		if (i + 1 < ARRAY_LEN(ends)) { /* the others were in doubt with the restart: clear that up */
			for (size_t n = i + 1; n < ARRAY_LEN(ends); n++)
				contract_end(c, first + n, 0, ITEM_RECONCILING);
		}
		k.claim = 0;
	}
	struct store_get_counts n = contract_counts(c);
	for (size_t i = 0; i < ARRAY_LEN(ends); i++)
		assert_int_equal(n.items[ends[i]], 1);
	assert_int_equal(n.items[ITEM_SENDING], 0);
}

static void an_operation_of_many_steps_keeps_their_order(void **state)
{
	CONTRACT_OF(c, state);
	item_id_t item = contract_admit_many(c, 0, "r", 0, 1);
	struct store_claim k = contract_claim(c, 0, 1);
	struct store_step s[] = {contract_step(c, item, k.claim, ITEM_UNKNOWN),
	                         contract_step(c, item, k.claim, ITEM_RECONCILING),
	                         contract_step(c, item, k.claim, ITEM_DONE)};
	assert_int_equal(contract_finish(c, s, 3), OK);
	contract_assert_state(c, item, ITEM_DONE);
	struct store_get_counts n = contract_counts(c);
	assert_true(n.items[ITEM_DONE] == 1 && n.items[ITEM_UNKNOWN] == 0 && n.items[ITEM_SENDING] == 0);
	assert_int_equal(contract_restart(c).unknown, 0);
}

/* ---- names -------------------------------------------------------------------------------------------------------------------- */

/* Creates or renews a name by an item of its own; its number. `created`, `expires`: what the registry says. */
static item_id_t make_name(struct contract *c, size_t partner, const char *ref, enum play_kind kind,
                           instant_ms_t created, instant_ms_t expires)
{
	struct play_line l = {kind, ref, kind == PLAY_GRANT ? "n1.id.vn" : "n1.com.vn", 1, c->account[0],
	                      0,    NULL};
	item_id_t item = contract_admit(c, partner, &l, 1);
	struct store_claim k = contract_claim(c, partner, 1);
	assert_int_equal(k.count, 1);
	assert_int_equal(k.items[0].item, item);
	struct store_step s = contract_step(c, item, k.claim, ITEM_DONE);
	s.name = kind == PLAY_RENEW ? STORE_NAME_RENEWED : STORE_NAME_CREATED;
	s.result.created = created;
	s.result.expires = expires;
	assert_int_equal(contract_finish(c, &s, 1), OK);
	return item;
}

static struct store_get_domain domain(struct contract *c, const char *name)
{
	struct store_get_domain g = {.domain = str_c(name)};
	assert_int_equal(play(c->b, &g.op, STORE_GET_DOMAIN), OK);
	return g;
}

static void a_created_name_is_its_partners(void **state)
{
	CONTRACT_OF(c, state);
	struct store_get_domain none = {.domain = STR("n1.id.vn")};
	assert_int_equal(play(c->b, &none.op, STORE_GET_DOMAIN), ERR_NOT_FOUND);
	item_id_t item = make_name(c, 1, "r1", PLAY_GRANT, c->now, c->now + 365 * PLAY_DAY);
	contract_assert_state(c, item, ITEM_DONE);
	struct store_get_domain g = domain(c, "n1.id.vn");
	assert_int_equal(g.partner, c->partner[1]);
	assert_int_equal(g.account, c->account[0]);
	assert_int_equal(g.created, c->now);
	assert_int_equal(g.expires, c->now + 365 * PLAY_DAY);
	assert_int_equal(g.grant_from, date_make(2026, 11, 20));
	assert_int_equal(g.free_until,
	                 date_make(2028, 11, 20)); /* two years, however many were ordered first */
	assert_int_equal(contract_counts(c).domains, 1);
}

static void a_renewal_moves_the_expiry(void **state)
{
	CONTRACT_OF(c, state);
	(void)make_name(c, 0, "r1", PLAY_PAID, c->now, c->now + 100 * PLAY_DAY);
	item_id_t item = make_name(c, 0, "r2", PLAY_RENEW, INSTANT_NONE, c->now + 465 * PLAY_DAY);
	contract_assert_state(c, item, ITEM_DONE);
	assert_int_equal(domain(c, "n1.com.vn").created, c->now);
	assert_int_equal(domain(c, "n1.com.vn").expires, c->now + 465 * PLAY_DAY);
	assert_int_equal(domain(c, "n1.com.vn").partner, c->partner[0]);
}

/* <info> seems to confirm what in truth an earlier item has done. */
static void what_another_item_has_made_is_not_made_twice(void **state)
{
	CONTRACT_OF(c, state);
	instant_ms_t expires = c->now + 100 * PLAY_DAY, renewed = expires + 365 * PLAY_DAY;
	item_id_t first = make_name(c, 0, "r1", PLAY_PAID, c->now, expires);
	item_id_t second = make_name(c, 1, "r2", PLAY_PAID, c->now, expires);
	contract_assert_state(c, first, ITEM_DONE);
	contract_assert_state(c, second, ITEM_FAILED);
	contract_assert_str(contract_row(c, second).result.reason, "NAME_TAKEN");
	assert_int_equal(contract_row(c, second).result.fault, FAULT_PARTNER);
	assert_int_equal(domain(c, "n1.com.vn").partner, c->partner[0]);
	item_id_t third = make_name(c, 0, "r3", PLAY_RENEW, INSTANT_NONE, renewed);
	item_id_t fourth = make_name(c, 0, "r4", PLAY_RENEW, INSTANT_NONE, renewed);
	contract_assert_state(c, third, ITEM_DONE);
	contract_assert_state(c, fourth, ITEM_FAILED);
	contract_assert_str(contract_row(c, fourth).result.reason, "CUR_EXP_DATE");
	/* The same item may say it twice. */
	struct store_step s = contract_step(c, third, 0, ITEM_DONE);
	s.name = STORE_NAME_RENEWED;
	s.result.expires = renewed;
	assert_int_equal(contract_finish(c, &s, 1), OK);
	contract_assert_state(c, third, ITEM_DONE);
	s = contract_step(c, first, 0, ITEM_DONE);
	s.name = STORE_NAME_CREATED;
	s.result.created = c->now;
	s.result.expires = renewed;
	assert_int_equal(contract_finish(c, &s, 1), OK);
	contract_assert_state(c, first, ITEM_DONE);
	/* It was deleted meanwhile, and registered anew. */
	item_id_t fifth = make_name(c, 1, "r5", PLAY_PAID, c->now + PLAY_DAY, renewed + PLAY_DAY);
	contract_assert_state(c, fifth, ITEM_DONE);
	assert_int_equal(domain(c, "n1.com.vn").partner, c->partner[1]);
}

/* … then the order of admission, over batches, too; what is never due comes last. */
static void the_earliest_deadline_goes_first(void **state)
{
	CONTRACT_OF(c, state);
	struct play_line one[] = {{PLAY_PAID, "a1", "a1.com.vn", 0, c->account[0], 0, NULL},
	                          {PLAY_RENEW, "a2", "a2.com.vn", 9, c->account[0], 0, NULL},
	                          {PLAY_RENEW, "a3", "a3.com.vn", 3, c->account[0], 0, NULL},
	                          {PLAY_RENEW, "a4", "a4.com.vn", 9, c->account[0], 0, NULL}};
	struct play_line two[] = {{PLAY_RENEW, "b1", "b1.com.vn", 3, c->account[0], 0, NULL},
	                          {PLAY_PAID, "b2", "b2.com.vn", 0, c->account[0], 0, NULL},
	                          {PLAY_RENEW, "b3", "b3.com.vn", 1, c->account[0], 0, NULL}};
	item_id_t a = contract_admit(c, 0, one, ARRAY_LEN(one)),
	          b = contract_admit(c, 0, two, ARRAY_LEN(two));
	const item_id_t want[] = {b + 2, a + 2, b, a + 1, a + 3, a, b + 1};
	size_t got = 0;
	while (got < ARRAY_LEN(want)) {
		struct store_claim k = contract_claim(c, 0, 2);
		assert_true(k.count > 0);
		for (size_t i = 0; i < k.count; i++)
			assert_int_equal(k.items[i].item, want[got++]);
	}
	assert_int_equal(contract_claim(c, 0, 2).count, 0);
}

const struct CMUnitTest contract_send_tests[] = {CONTRACT_TEST(queues_are_those_with_something_to_claim_now),
                                                 CONTRACT_TEST(claims_take_the_oldest_first_and_so_many),
                                                 CONTRACT_TEST(the_earliest_deadline_goes_first),
                                                 CONTRACT_TEST(a_claim_is_of_one_account_and_lane),
                                                 CONTRACT_TEST(what_is_sent_again_comes_first),
                                                 CONTRACT_TEST(attempts_are_counted_when_something_was_sent),
                                                 CONTRACT_TEST(contacts_are_known_to_their_account),
                                                 CONTRACT_TEST(what_is_no_longer_free_is_held),
                                                 CONTRACT_TEST(held_items_do_not_end_a_claim),
                                                 CONTRACT_TEST(under_another_revision_it_is_decided_again),
                                                 CONTRACT_TEST(
                                                     the_ledger_has_the_free_years_of_the_last_decision),
                                                 CONTRACT_TEST(every_outcome_is_recorded),
                                                 CONTRACT_TEST(an_operation_of_many_steps_keeps_their_order),
                                                 CONTRACT_TEST(a_created_name_is_its_partners),
                                                 CONTRACT_TEST(a_renewal_moves_the_expiry),
                                                 CONTRACT_TEST(what_another_item_has_made_is_not_made_twice),
                                                 CONTRACT_TESTS_END};
