/* The contract, continued: what waits for evidence or for a person, and what ends the waiting. */
#include "daemon/store/store_held.h"
#include "epp/base/check.h"
#include "tests/harness/store_contract_int.h"

static const struct item_evidence ekyc = {{""
                                           "ekyc",
                                           sizeof("ekyc") - 1},
                                          {""
                                           "x",
                                           sizeof("x") - 1},
                                          {""
                                           "K-9",
                                           sizeof("K-9") - 1},
                                          {""
                                           "confirmed",
                                           sizeof("confirmed") - 1},
                                          DATE_NONE};

static item_id_t admit_kind(struct contract *c, enum play_kind kind, const char *ref, unsigned person)
{
	struct play_line l = {kind, ref, arena_printf(&c->a, "%s.id.vn", ref).ptr, person, c->account[0],
	                      0,    NULL};
	return contract_admit(c, 0, &l, 1);
}

static enum err decide_as(struct contract *c, struct store_decide *d)
{
	d->again = (struct store_again){
	    .decider = c->decider, .quotas = c->quotas, .quota_count = c->quota_count, .now = c->now};
	d->by = STR("lan");
	return play(c->b, &d->op, STORE_DECIDE);
}

static enum err add(struct contract *c, item_id_t item, const struct item_evidence *e,
                    struct store_decide *out)
{
	*out = (struct store_decide){
	    .how = STORE_DECIDE_EVIDENCE, .item = item, .evidence = e, .evidence_count = 1};
	return decide_as(c, out);
}

static enum err person(struct contract *c, item_id_t item, enum store_decide_how how,
                       struct store_decide *out)
{
	*out = (struct store_decide){.how = how, .item = item, .why = STR("seen in the office")};
	return decide_as(c, out);
}

static struct store_get_held held(struct contract *c, enum item_state state, uint32_t limit)
{
	struct store_get_held g = {.state = state, .limit = limit, .arena = &c->a};
	assert_int_equal(play(c->b, &g.op, STORE_GET_HELD), OK);
	return g;
}

static struct store_get_notes notes(struct contract *c, item_id_t item)
{
	struct store_get_notes g = {.item = item, .arena = &c->a};
	assert_int_equal(play(c->b, &g.op, STORE_GET_NOTES), OK);
	return g;
}

static void evidence_decides_what_waited_for_it(void **state)
{
	CONTRACT_OF(c, state);
	struct store_decide d;
	item_id_t item = admit_kind(c, PLAY_WAITING, "w1", 1);
	assert_int_equal(held(c, ITEM_WAITING, 9).count, 1);
	assert_int_equal(contract_counts(c).grants, 0);
	assert_int_equal(add(c, item, &ekyc, &d), OK);
	assert_int_equal(d.before, ITEM_WAITING);
	assert_int_equal(d.state, ITEM_QUEUED);
	assert_false(d.repeated);
	assert_string_equal(d.reason, "OK");
	assert_int_equal(contract_counts(c).grants, 1);
	assert_int_equal(held(c, ITEM_WAITING, 9).count, 0);
	(void)contract_restart(c);
	contract_assert_state(c, item, ITEM_QUEUED);
	struct store_claim k = contract_claim(c, 0, 9);
	assert_int_equal(k.count, 1);
	assert_int_equal(k.items[0].attempt, 1);
	/* What is sent has the evidence, too: a registry may want to be told. */
	struct item_request req;
	assert_int_equal(item_decode(k.items[0].payload, &req), OK);
	assert_int_equal(req.evidence_count, 1);
	contract_assert_str(req.evidence[0].reference, "K-9");
	struct store_get_notes n = notes(c, item);
	assert_int_equal(n.count, 1);
	assert_int_equal(n.notes[0].kind, STORE_NOTE_EVIDENCE);
	contract_assert_str(n.notes[0].by, "lan");
	contract_assert_str(n.notes[0].evidence.type, "ekyc");
}

static int add_said(struct contract *c, item_id_t item, const struct item_request *said,
                    struct store_decide *d)
{
	*d = (struct store_decide){.how = STORE_DECIDE_EVIDENCE,
	                           .partner = c->partner[0],
	                           .item = item,
	                           .added = said,
	                           .by = STR("lan"),
	                           .again = {.decider = c->decider, .now = c->now}};
	return play(c->b, &d->op, STORE_DECIDE);
}

/* A declared fact that the rules ask for, and the sex: given later, once, and for good. */
static void facts_that_were_left_out_decide_it(void **state)
{
	CONTRACT_OF(c, state);
	struct decider *was = c->decider;
	c->decider = play_decider_choosing("small-enterprises", "condition");
	struct play_line l = {PLAY_LISTED, "f1", "moi.biz.vn", 1, c->account[0], 0, NULL};
	item_id_t item = contract_admit(c, 0, &l, 1);
	struct item_evidence db = {STR("national_enterprise_db"), STR("x"), STR("N-1"), STR("confirmed"),
	                           date_make(2026, 11, 18)};
	struct store_decide d;
	assert_int_equal(add(c, item, &db, &d), OK);
	assert_int_equal(d.state, ITEM_WAITING); /* its size is still missing */
	struct item_request said = {.fact_count = 1, .facts = {{STR("enterprise_size"), STR("small")}}};
	assert_int_equal(add_said(c, item, &said, &d), OK);
	assert_int_equal(d.state, ITEM_QUEUED);
	assert_false(d.repeated);
	(void)contract_restart(c);
	assert_int_equal(add_said(c, item, &said, &d), OK);
	assert_true(d.repeated);
	said.facts[0].value = STR("large");
	assert_int_equal(add_said(c, item, &said, &d), ERR_EXISTS);
	struct store_claim k = contract_claim(c, 0, 9);
	assert_int_equal(k.count, 1);
	struct item_request req;
	assert_int_equal(item_decode(k.items[0].payload, &req), OK);
	contract_assert_str(req.facts[0].value, "small");
	decider_unref(&c->decider);
	c->decider = was;
}

/* Repeated, it changes nothing, wherever the item stands; what is new comes too late. */
static void the_same_evidence_changes_nothing(void **state)
{
	CONTRACT_OF(c, state);
	struct store_decide d;
	item_id_t item = admit_kind(c, PLAY_WAITING, "w1", 1);
	struct item_evidence other = ekyc;
	other.reference = STR("K-10");
	assert_int_equal(add(c, item, &ekyc, &d), OK);
	assert_int_equal(add(c, item, &ekyc, &d), OK);
	assert_true(d.repeated);
	assert_int_equal(d.state, ITEM_QUEUED);
	assert_int_equal(notes(c, item).count, 1);
	assert_int_equal(add(c, item, &other, &d), ERR_CONFLICT);
	assert_int_equal(d.before, ITEM_QUEUED);
	assert_int_equal(notes(c, item).count, 1);
	assert_int_equal(contract_claim(c, 0, 9).count, 1);
}

static void evidence_has_an_owner_and_an_end(void **state)
{
	CONTRACT_OF(c, state);
	item_id_t item = admit_kind(c, PLAY_WAITING, "w1", 1);
	struct item_evidence many[ITEM_EVIDENCE_MAX];
	struct store_decide d = {.how = STORE_DECIDE_EVIDENCE,
	                         .partner = c->partner[1],
	                         .ref = STR("w1"),
	                         .evidence = &ekyc,
	                         .evidence_count = 1};
	assert_int_equal(decide_as(c, &d), ERR_NOT_FOUND); /* another partner's */
	d.item = item;
	assert_int_equal(decide_as(c, &d), ERR_NOT_FOUND);
	d = (struct store_decide){.partner = c->partner[0], .ref = STR("w2")};
	assert_int_equal(decide_as(c, &d), ERR_NOT_FOUND);
	for (unsigned i = 0; i < ARRAY_LEN(many); i++) {
		many[i] = ekyc;
		many[i].type = STR("other");
		many[i].reference = arena_printf(&c->a, "K-%u", i);
	}
	d = (struct store_decide){
	    .partner = c->partner[0], .ref = STR("w1"), .evidence = many, .evidence_count = ARRAY_LEN(many)};
	assert_int_equal(decide_as(c, &d), OK);
	assert_int_equal(d.state, ITEM_WAITING);
	assert_int_equal(notes(c, item).count, ITEM_EVIDENCE_MAX);
	assert_int_equal(add(c, item, &ekyc, &d), ERR_TOO_LONG);
	assert_int_equal(notes(c, item).count, ITEM_EVIDENCE_MAX);
	contract_assert_state(c, item, ITEM_WAITING);
}

/* One grant per subject, also when both waited. */
static void the_second_one_that_waited_gets_nothing(void **state)
{
	CONTRACT_OF(c, state);
	struct store_decide d;
	item_id_t a = admit_kind(c, PLAY_WAITING, "w1", 1), b = admit_kind(c, PLAY_WAITING, "w2", 1);
	assert_int_equal(add(c, b, &ekyc, &d), OK);
	assert_int_equal(d.state, ITEM_QUEUED);
	assert_int_equal(add(c, a, &ekyc, &d), OK);
	assert_int_equal(d.state, ITEM_REFUSED);
	assert_string_equal(d.reason, "ONE_PER_SUBJECT");
	assert_int_equal(contract_counts(c).grants, 1);
}

static void a_person_approves(void **state)
{
	CONTRACT_OF(c, state);
	struct store_decide d;
	item_id_t item = admit_kind(c, PLAY_REVIEW, "v1", 1);
	struct store_get_held g = held(c, ITEM_REVIEW, 9);
	assert_int_equal(g.count, 1);
	assert_int_equal(g.rows[0].item, item);
	assert_int_equal(g.since[0], PLAY_START);
	assert_int_equal(person(c, item, STORE_DECIDE_APPROVE, &d), OK);
	assert_int_equal(d.state, ITEM_QUEUED);
	struct store_row row = contract_row(c, item);
	assert_non_null(memmem(row.decision_common.ptr, row.decision_common.len, "APPROVED_BY_PERSON", 18));
	struct store_get_notes n = notes(c, item);
	assert_int_equal(n.count, 1);
	assert_int_equal(n.notes[0].kind, STORE_NOTE_APPROVED);
	contract_assert_str(n.notes[0].by, "lan");
	contract_assert_str(n.notes[0].why, "seen in the office");
	assert_int_equal(n.notes[0].at, PLAY_START);
	/* It holds when it is decided again at sending, days later. */
	c->now += 3 * PLAY_DAY;
	struct store_claim k = contract_claim(c, 0, 9);
	assert_true(k.count == 1 && k.held == 0);
	assert_int_equal(person(c, item, STORE_DECIDE_APPROVE, &d), ERR_CONFLICT);
	assert_int_equal(d.before, ITEM_SENDING);
}

static void a_person_refuses(void **state)
{
	CONTRACT_OF(c, state);
	struct store_decide d;
	item_id_t item = admit_kind(c, PLAY_REVIEW, "v1", 1), waits = admit_kind(c, PLAY_WAITING, "w1", 2);
	assert_int_equal(person(c, item, STORE_DECIDE_REFUSE, &d), OK);
	struct store_row row = contract_row(c, item);
	assert_int_equal(row.state, ITEM_REFUSED);
	assert_int_equal(row.result.fault, FAULT_POLICY);
	contract_assert_str(row.result.reason, "REVIEW_REFUSED");
	contract_assert_str(row.result.message, "seen in the office");
	assert_int_equal(held(c, ITEM_REVIEW, 9).count, 0);
	assert_int_equal(person(c, item, STORE_DECIDE_REFUSE, &d), ERR_CONFLICT);
	/* What the partner must add is no person's to decide. */
	assert_int_equal(person(c, waits, STORE_DECIDE_APPROVE, &d), ERR_CONFLICT);
	contract_assert_state(c, waits, ITEM_WAITING);
}

/* Its grant was another's meanwhile: an approval does not make two of one. */
static void an_approval_still_counts_grants(void **state)
{
	CONTRACT_OF(c, state);
	struct store_decide d;
	item_id_t item = admit_kind(c, PLAY_REVIEW, "v1", 1);
	(void)admit_kind(c, PLAY_GRANT, "g1", 1);
	assert_int_equal(person(c, item, STORE_DECIDE_APPROVE, &d), OK);
	assert_int_equal(d.state, ITEM_REFUSED);
	assert_string_equal(d.reason, "ONE_PER_SUBJECT");
}

static void reviews_expire_oldest_first(void **state)
{
	CONTRACT_OF(c, state);
	item_id_t a = admit_kind(c, PLAY_REVIEW, "v1", 1), w = admit_kind(c, PLAY_WAITING, "w1", 4);
	c->now += PLAY_DAY;
	item_id_t b = admit_kind(c, PLAY_REVIEW, "v2", 2), d = admit_kind(c, PLAY_REVIEW, "v3", 3);
	struct store_expire x = {.before = PLAY_START - 1, .now = c->now, .limit = 9};
	assert_int_equal(play(c->b, &x.op, STORE_EXPIRE), OK);
	assert_int_equal(x.expired, 0);
	assert_int_equal(x.next, PLAY_START);
	x.before = PLAY_START + PLAY_DAY;
	x.limit = 2;
	assert_int_equal(play(c->b, &x.op, STORE_EXPIRE), OK);
	assert_int_equal(x.expired, 2);
	assert_int_equal(x.next, PLAY_START + PLAY_DAY);
	contract_assert_state(c, a, ITEM_REFUSED);
	contract_assert_state(c, b, ITEM_REFUSED);
	contract_assert_state(c, d, ITEM_REVIEW);
	assert_int_equal(play(c->b, &x.op, STORE_EXPIRE), OK);
	assert_int_equal(x.expired, 1);
	assert_int_equal(x.next, INSTANT_NONE);
	contract_assert_state(c, w, ITEM_WAITING); /* what the partner must add has no end */
	contract_assert_str(contract_row(c, d).result.reason, "REVIEW_EXPIRED");
}

static void who_waits_is_told_page_by_page(void **state)
{
	CONTRACT_OF(c, state);
	item_id_t first = admit_kind(c, PLAY_REVIEW, "v0", 1);
	for (unsigned i = 1; i < 5; i++)
		(void)admit_kind(c, PLAY_REVIEW, arena_printf(&c->a, "v%u", i).ptr, 1 + i);
	/* An upload that is not finished shows nobody. */
	struct play_line l = {PLAY_REVIEW, "open", "open.id.vn", 9, c->account[0], 0, NULL};
	batch_id_t open = contract_begin(c, 0, NULL);
	contract_chunk(c, 0, open, &l, 1, 1, NULL);
	struct store_get_held g = held(c, ITEM_REVIEW, 3);
	assert_true(g.count == 3 && g.more);
	assert_int_equal(g.rows[0].item, first);
	g.after_since = g.since[2];
	g.after_item = g.rows[2].item;
	assert_int_equal(play(c->b, &g.op, STORE_GET_HELD), OK);
	assert_true(g.count == 2 && !g.more);
	assert_int_equal(g.rows[0].item, first + 3);
	struct store_batch_abort x = {.batch = open};
	assert_int_equal(play(c->b, &x.op, STORE_BATCH_ABORT), OK);
	assert_int_equal(held(c, ITEM_REVIEW, 9).count, 5);
}

/* It was free when it was admitted; the partner would pay, but was told otherwise. */
static void what_was_free_is_held_and_never_charged(void **state)
{
	CONTRACT_OF(c, state);
	struct play_line l = {PLAY_GRANT, "g1", "g1.id.vn", 1, c->account[0], 0, NULL};
	struct store_line line = play_line(&c->a, &l, 1);
	struct item_request *req = (struct item_request *)line.request;
	req->if_not_free = ITEM_CHARGE;
	req->max_fee_vnd = 100000000;
	play_line_encode(&c->a, &line);
	contract_admit_line(c, &line);
	assert_int_equal(line.state, ITEM_QUEUED);
	assert_int_equal(contract_counts(c).grants, 1);
	c->now = PLAY_LATE;
	struct store_claim claim = contract_claim(c, 0, 9);
	assert_true(claim.count == 0 && claim.held == 1);
	struct store_row row = contract_row(c, line.item);
	assert_int_equal(row.state, ITEM_REVIEW);
	assert_int_equal(row.result.fault, FAULT_GATEWAY);
	assert_int_equal(contract_counts(c).grants, 0);
	assert_int_equal(held(c, ITEM_REVIEW, 9).count, 1);
	/* A person may let it be paid: that is what the partner asked for when it is not free. */
	struct store_decide d;
	assert_int_equal(person(c, line.item, STORE_DECIDE_APPROVE, &d), OK);
	assert_int_equal(d.state, ITEM_QUEUED);
	claim = contract_claim(c, 0, 9);
	assert_int_equal(claim.count, 1);
	assert_true(claim.items[0].paid && claim.items[0].fee_vnd > 0);
}

static void quotas_follow_what_is_decided_later(void **state)
{
	static const struct quota quotas[] = {
	    {.name = "grants", .zone = "id.vn", .period = QUOTA_EVER, .grants = true, .limit = {.max = 1}}};
	CONTRACT_OF(c, state);
	struct store_decide d;
	c->quotas = quotas;
	c->quota_count = 1;
	item_id_t a = admit_kind(c, PLAY_WAITING, "w1", 1), b = admit_kind(c, PLAY_WAITING, "w2", 2);
	assert_int_equal(add(c, a, &ekyc, &d), OK);
	assert_int_equal(d.state, ITEM_QUEUED);
	assert_int_equal(add(c, b, &ekyc, &d), OK);
	assert_int_equal(d.state, ITEM_REFUSED);
	assert_string_equal(d.reason, "QUOTA_REACHED");
	struct store_get_used u = {.arena = &c->a};
	assert_int_equal(play(c->b, &u.op, STORE_GET_USED), OK);
	assert_int_equal(u.count, 2); /* and the partner's lines of the day */
	contract_assert_str(u.list[0].scope, "grants");
	assert_int_equal(u.list[0].used, 1);
	struct store_claim k = contract_claim(c, 0, 9);
	contract_end(c, a, k.claim, ITEM_FAILED);
	assert_int_equal(play(c->b, &u.op, STORE_GET_USED), OK);
	assert_int_equal(u.count, 1);
	assert_int_equal(contract_counts(c).grants, 0);
}

static struct store_get_unread unread(struct contract *c, item_id_t after, uint32_t limit)
{
	struct store_get_unread g = {.after = after, .limit = limit, .arena = &c->a};
	assert_int_equal(play(c->b, &g.op, STORE_GET_UNREAD), OK);
	return g;
}

/* Renewals of names that nobody here knows: a registry is asked, once. */
static void renewals_without_history_are_looked_up_once(void **state)
{
	CONTRACT_OF(c, state);
	item_id_t a = admit_kind(c, PLAY_RENEW, "old1", 1), b = admit_kind(c, PLAY_RENEW, "old2", 1);
	(void)admit_kind(c, PLAY_REVIEW, "v1", 2); /* a create has no history to look up */
	contract_assert_state(c, a, ITEM_REVIEW);
	struct store_get_unread g = unread(c, 0, 1);
	assert_true(g.count == 1 && g.more && g.rows[0].item == a && g.rows[0].payload.len > 0);
	g = unread(c, a, 1);
	assert_true(g.count == 1 && !g.more && g.rows[0].item == b);
	struct store_looked l = {
	    .item = a, .by = STR("reg/one"), .says = STR("sponsor gateway1"), .now = c->now + 7};
	assert_int_equal(play(c->b, &l.op, STORE_LOOKED), OK);
	assert_int_equal(play(c->b, &l.op, STORE_LOOKED), ERR_NOT_FOUND);
	(void)contract_restart(c);
	g = unread(c, 0, 9);
	assert_true(g.count == 1 && g.rows[0].item == b);
	contract_assert_state(c, a, ITEM_REVIEW);
	struct store_get_notes n = notes(c, a);
	assert_int_equal(n.count, 1);
	assert_int_equal(n.notes[0].kind, STORE_NOTE_REGISTRY);
	contract_assert_str(n.notes[0].by, "reg/one");
	contract_assert_str(n.notes[0].why, "sponsor gateway1");
	assert_int_equal(n.notes[0].at, c->now + 7);
	/* Decided meanwhile: there is nothing to look up any more. */
	struct store_decide d;
	assert_int_equal(person(c, b, STORE_DECIDE_REFUSE, &d), OK);
	assert_int_equal(unread(c, 0, 9).count, 0);
	l.item = b;
	assert_int_equal(play(c->b, &l.op, STORE_LOOKED), ERR_NOT_FOUND);
}

static enum err again(struct contract *c, item_id_t item, struct store_decide *out)
{
	*out = (struct store_decide){.how = STORE_DECIDE_RETRY, .item = item};
	return decide_as(c, out);
}

static void a_failed_item_is_tried_again(void **state)
{
	CONTRACT_OF(c, state);
	struct store_decide d;
	item_id_t item = admit_kind(c, PLAY_GRANT, "g1", 1);
	assert_int_equal(again(c, item, &d), OK); /* it moves: nothing happens */
	assert_true(d.repeated && d.state == ITEM_QUEUED);
	struct store_claim k = contract_claim(c, 0, 9);
	contract_end(c, item, k.claim, ITEM_FAILED);
	assert_int_equal(contract_counts(c).grants, 0);
	assert_int_equal(again(c, item, &d), OK);
	assert_true(!d.repeated && d.before == ITEM_FAILED && d.state == ITEM_QUEUED);
	assert_int_equal(contract_counts(c).grants, 1);
	assert_int_equal(again(c, item, &d), OK);
	assert_true(d.repeated);
	assert_int_equal(contract_counts(c).items[ITEM_QUEUED], 1);
	(void)contract_restart(c);
	contract_assert_state(c, item, ITEM_QUEUED);
	k = contract_claim(c, 0, 9);
	assert_int_equal(k.count, 1);
	assert_int_equal(k.items[0].attempt, 2);
	assert_true(k.items[0].again);
	contract_end(c, item, k.claim, ITEM_DONE);
	assert_int_equal(again(c, item, &d), ERR_CONFLICT);
	assert_int_equal(d.before, ITEM_DONE);
	contract_assert_state(c, item, ITEM_DONE);
}

/* What stood in its way is gone: another has given the person's grant back. */
static void a_refused_item_is_decided_again(void **state)
{
	CONTRACT_OF(c, state);
	struct store_decide d;
	item_id_t first = admit_kind(c, PLAY_GRANT, "g1", 1), second = admit_kind(c, PLAY_GRANT, "g2", 1);
	contract_assert_state(c, second, ITEM_REFUSED);
	assert_int_equal(again(c, second, &d), OK);
	assert_true(!d.repeated && d.state == ITEM_REFUSED); /* nothing has changed */
	struct store_claim k = contract_claim(c, 0, 9);
	contract_end(c, first, k.claim, ITEM_FAILED);
	assert_int_equal(again(c, second, &d), OK);
	assert_int_equal(d.state, ITEM_QUEUED);
	assert_int_equal(again(c, first, &d), OK); /* now the other one has it */
	assert_int_equal(d.state, ITEM_REFUSED);
	k = contract_claim(c, 0, 9);
	assert_int_equal(k.count, 1);
	assert_int_equal(k.items[0].item, second);
	assert_int_equal(k.items[0].attempt, 1); /* nothing of it has been sent */
}

static void what_is_cancelled_or_foreign_is_not_tried_again(void **state)
{
	CONTRACT_OF(c, state);
	struct store_decide d;
	item_id_t item = admit_kind(c, PLAY_GRANT, "p1", 1);
	struct store_batch_cancel x = {.batch = contract_row(c, item).batch,
	                               .partner = c->partner[0],
	                               .now = c->now};
	assert_int_equal(play(c->b, &x.op, STORE_BATCH_CANCEL), OK);
	assert_int_equal(again(c, item, &d), ERR_CONFLICT);
	d = (struct store_decide){.how = STORE_DECIDE_RETRY, .partner = c->partner[1], .ref = STR("p1")};
	assert_int_equal(decide_as(c, &d), ERR_NOT_FOUND);
}

const struct CMUnitTest contract_held_tests[] = {CONTRACT_TEST(evidence_decides_what_waited_for_it),
                                                 CONTRACT_TEST(facts_that_were_left_out_decide_it),
                                                 CONTRACT_TEST(the_same_evidence_changes_nothing),
                                                 CONTRACT_TEST(evidence_has_an_owner_and_an_end),
                                                 CONTRACT_TEST(the_second_one_that_waited_gets_nothing),
                                                 CONTRACT_TEST(a_person_approves),
                                                 CONTRACT_TEST(a_person_refuses),
                                                 CONTRACT_TEST(an_approval_still_counts_grants),
                                                 CONTRACT_TEST(reviews_expire_oldest_first),
                                                 CONTRACT_TEST(who_waits_is_told_page_by_page),
                                                 CONTRACT_TEST(what_was_free_is_held_and_never_charged),
                                                 CONTRACT_TEST(quotas_follow_what_is_decided_later),
                                                 CONTRACT_TEST(renewals_without_history_are_looked_up_once),
                                                 CONTRACT_TEST(a_failed_item_is_tried_again),
                                                 CONTRACT_TEST(a_refused_item_is_decided_again),
                                                 CONTRACT_TEST(
                                                     what_is_cancelled_or_foreign_is_not_tried_again),
                                                 CONTRACT_TESTS_END};
