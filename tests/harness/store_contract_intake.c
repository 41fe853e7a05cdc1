/* The contract suite of stores: batches, lines, grants, cancelling, imports. */
#include "tests/harness/store_contract_int.h"
#include "daemon/store/store_domains.h"

#include <string.h>

/* ---- batches ------------------------------------------------------------------------------------------------------------------ */

static enum err begin(struct contract *c, size_t partner, const char *key, struct store_batch_begin *b)
{
	*b = (struct store_batch_begin){.partner = c->partner[partner],
	                                .idempotency_key = str_c(key),
	                                .now = c->now};
	return play(c->b, &b->op, STORE_BATCH_BEGIN);
}

static void a_key_is_used_once(void **state)
{
	CONTRACT_OF(c, state);
	struct store_batch_begin b;
	uint8_t hash[32];
	batch_id_t first = contract_begin(c, 0, "key");
	assert_int_equal(begin(c, 0, "key", &b), ERR_BUSY);
	assert_int_equal(b.batch, first);
	contract_publish(c, first);
	assert_int_equal(begin(c, 0, "key", &b), ERR_EXISTS);
	assert_int_equal(b.batch, first);
	memset(hash, (int)first, sizeof hash);
	assert_memory_equal(b.payload_hash, hash, sizeof hash);
	assert_int_equal(begin(c, 1, "key", &b), OK); /* another partner's own */
	assert_int_not_equal(b.batch, first);
	assert_int_equal(begin(c, 0, "other", &b), OK);
	(void)contract_restart(c);
	assert_int_equal(begin(c, 0, "key", &b), ERR_EXISTS);
	assert_int_equal(b.batch, first);
}

/* The references protect from doing anything twice for ever; a key only repeats the answer. */
static void a_key_is_kept_thirty_days(void **state)
{
	CONTRACT_OF(c, state);
	struct store_batch_begin b;
	batch_id_t first = contract_begin(c, 0, "key");
	contract_publish(c, first);
	c->now += STORE_KEY_KEPT_MS - 1;
	assert_int_equal(begin(c, 0, "key", &b), ERR_EXISTS);
	assert_int_equal(b.batch, first);
	c->now++;
	assert_int_equal(begin(c, 0, "key", &b), OK);
	assert_int_not_equal(b.batch, first);
	assert_int_equal(begin(c, 0, "key", &b), ERR_BUSY);
	struct store_get_batch g = {.batch = first, .partner = c->partner[0]};
	assert_int_equal(play(c->b, &g.op, STORE_GET_BATCH), OK);
	/* However long an upload takes: its key is its own. */
	c->now += 2 * STORE_KEY_KEPT_MS;
	assert_int_equal(begin(c, 0, "key", &b), ERR_BUSY);
}

static void without_a_key_every_submission_is_another(void **state)
{
	CONTRACT_OF(c, state);
	batch_id_t a = contract_begin(c, 0, NULL), b = contract_begin(c, 0, "");
	assert_int_not_equal(a, b);
	contract_publish(c, a);
	contract_publish(c, b);
}

static void an_aborted_batch_leaves_nothing(void **state)
{
	CONTRACT_OF(c, state);
	struct play_line l[] = {{PLAY_GRANT, "r1", "n1.id.vn", 1, c->account[0], 0, NULL},
	                        {PLAY_PAID, "r2", "n2.com.vn", 0, c->account[0], 0, NULL}};
	struct store_line out[2];
	batch_id_t batch = contract_begin(c, 0, "key");
	contract_chunk(c, 0, batch, l, 2, 1, NULL);
	struct store_batch_abort a = {.batch = batch};
	assert_int_equal(play(c->b, &a.op, STORE_BATCH_ABORT), OK);
	assert_int_equal(contract_counts(c).grants, 0);
	assert_int_equal(contract_counts(c).items[ITEM_QUEUED], 0);
	assert_int_equal(play(c->b, &a.op, STORE_BATCH_ABORT), ERR_NOT_FOUND);
	batch_id_t again = contract_begin(c, 0, "key");
	assert_int_not_equal(again, batch); /* a number of a batch is never given again */
	contract_chunk(c, 0, again, l, 2, 1, out);
	assert_int_equal(out[0].outcome, STORE_LINE_NEW);
	assert_int_equal(out[0].state, ITEM_QUEUED);
	assert_int_equal(out[1].outcome, STORE_LINE_NEW);
}

static void a_published_batch_takes_nothing_more(void **state)
{
	CONTRACT_OF(c, state);
	batch_id_t batch = contract_begin(c, 0, NULL);
	contract_publish(c, batch);
	struct play_line l = {PLAY_PAID, "r1", "n1.com.vn", 0, c->account[0], 0, NULL};
	struct store_line line = play_line(&c->a, &l, 1);
	struct store_batch_chunk k = contract_chunk_of(c, 0, batch, &line, 1);
	assert_int_equal(play(c->b, &k.op, STORE_BATCH_CHUNK), ERR_NOT_FOUND);
	struct store_batch_publish p = {.batch = batch, .now = c->now};
	assert_int_equal(play(c->b, &p.op, STORE_BATCH_PUBLISH), ERR_NOT_FOUND);
	struct store_batch_abort a = {.batch = batch};
	assert_int_equal(play(c->b, &a.op, STORE_BATCH_ABORT), ERR_NOT_FOUND);
	k.batch = p.batch = a.batch = 777;
	assert_int_equal(play(c->b, &k.op, STORE_BATCH_CHUNK), ERR_NOT_FOUND);
	assert_int_equal(play(c->b, &p.op, STORE_BATCH_PUBLISH), ERR_NOT_FOUND);
	assert_int_equal(play(c->b, &a.op, STORE_BATCH_ABORT), ERR_NOT_FOUND);
}

static void what_is_not_published_cannot_be_seen(void **state)
{
	CONTRACT_OF(c, state);
	struct play_line l = {PLAY_PAID, "r1", "n1.com.vn", 0, c->account[0], 0, NULL};
	struct store_line out;
	batch_id_t batch = contract_begin(c, 0, NULL);
	contract_chunk(c, 0, batch, &l, 1, 1, &out);
	struct store_get_batch g = {.batch = batch};
	assert_int_equal(play(c->b, &g.op, STORE_GET_BATCH), ERR_NOT_FOUND);
	struct store_get_items i = {.batch = batch, .limit = 5, .arena = &c->a};
	assert_int_equal(play(c->b, &i.op, STORE_GET_ITEMS), ERR_NOT_FOUND);
	struct store_get_item one = {.item = out.item, .arena = &c->a};
	assert_int_equal(play(c->b, &one.op, STORE_GET_ITEM), ERR_NOT_FOUND);
	one = (struct store_get_item){.partner = c->partner[0], .ref = STR("r1"), .arena = &c->a};
	assert_int_equal(play(c->b, &one.op, STORE_GET_ITEM), ERR_NOT_FOUND);
	struct store_batch_cancel x = {.batch = batch, .partner = c->partner[0], .now = c->now};
	assert_int_equal(play(c->b, &x.op, STORE_BATCH_CANCEL), ERR_NOT_FOUND);
	struct store_queues q = {.now = c->now, .arena = &c->a};
	assert_int_equal(play(c->b, &q.op, STORE_QUEUES), OK);
	assert_int_equal(q.count, 0);
	assert_int_equal(contract_claim(c, 0, 5).count, 0);
	assert_int_equal(contract_counts(c).batches, 0);
	contract_publish(c, batch);
	assert_int_equal(contract_counts(c).batches, 1);
	assert_int_equal(contract_claim(c, 0, 5).count, 1);
}

/* ---- lines -------------------------------------------------------------------------------------------------------------------- */

static void every_line_is_decided_and_told(void **state)
{
	static const enum item_state want[PLAY__COUNT] = {
	    [PLAY_PAID] = ITEM_QUEUED,   [PLAY_GRANT] = ITEM_QUEUED,    [PLAY_WAITING] = ITEM_WAITING,
	    [PLAY_REVIEW] = ITEM_REVIEW, [PLAY_REFUSED] = ITEM_REFUSED, [PLAY_RENEW] = ITEM_QUEUED,
	    [PLAY_LISTED] = ITEM_WAITING};
	CONTRACT_OF(c, state);
	struct play_line l[PLAY__COUNT];
	struct store_line out[PLAY__COUNT];
	for (int i = 0; i < PLAY__COUNT; i++)
		l[i] = (struct play_line){.kind = (enum play_kind)i,
		                          .ref = arena_printf(&c->a, "r%d", i).ptr,
		                          .name = arena_printf(&c->a, "n%d.%s.vn", i,
		                                               i == PLAY_PAID || i == PLAY_RENEW ? "com"
		                                               : i == PLAY_LISTED                ? "biz"
		                                                                                 : "id")
		                                      .ptr,
		                          .person = (unsigned)i,
		                          .account = c->account[0]};
	batch_id_t batch = contract_begin(c, 0, NULL);
	contract_chunk(c, 0, batch, l, PLAY__COUNT, 1, out);
	contract_publish(c, batch);
	for (int i = 0; i < PLAY__COUNT; i++) {
		assert_string_equal(item_state_name(out[i].state), item_state_name(want[i]));
		struct store_row row = contract_row(c, out[i].item);
		assert_int_equal(row.state, want[i]);
		assert_string_equal(row.intake_reason, out[i].reason);
		assert_true((row.intake_fault != FAULT_NONE) == (want[i] != ITEM_QUEUED));
		assert_true((row.result.needs.len > 0) == (want[i] == ITEM_WAITING));
		assert_true(row.decision_common.len > 0 && row.decision_item.len > 0);
		assert_int_equal(row.result.at, INSTANT_NONE);
		assert_true(str_eq(row.payload, out[i].payload));
		contract_assert_str(row.ref, l[i].ref);
		contract_assert_str(row.domain, l[i].name);
		assert_int_equal(row.op, i == PLAY_RENEW ? ITEM_RENEW : ITEM_CREATE);
		assert_int_equal(row.line, i + 1);
		assert_int_equal(row.account, c->account[0]);
		assert_int_equal(row.partner, c->partner[0]);
		assert_int_equal(row.admitted, c->now);
	}
}

static void a_known_reference_is_not_a_new_item(void **state)
{
	CONTRACT_OF(c, state);
	struct play_line old[] = {{PLAY_PAID, "r1", "n1.com.vn", 0, c->account[0], 0, NULL},
	                          {PLAY_REFUSED, "r2", "n2.id.vn", 3, c->account[0], 0, NULL}};
	struct play_line other = {PLAY_PAID, "r1", "n9.com.vn", 0, c->account[0], 0, NULL};
	struct play_line fresh = {PLAY_PAID, "r3", "n3.com.vn", 0, c->account[0], 0, NULL};
	struct play_line lines[] = {old[0], other, old[1], fresh, fresh};
	struct store_line out[ARRAY_LEN(lines)];
	item_id_t first = contract_admit(c, 0, old, 2);
	batch_id_t batch = contract_begin(c, 0, NULL);
	contract_chunk(c, 0, batch, lines, ARRAY_LEN(lines), 1, out);
	assert_int_equal(out[0].outcome, STORE_LINE_SAME);
	assert_int_equal(out[0].item, first);
	assert_int_equal(out[0].state, ITEM_QUEUED);
	assert_int_equal(out[1].outcome, STORE_LINE_CONFLICT);
	assert_int_equal(out[2].outcome, STORE_LINE_SAME);
	assert_int_equal(out[2].item, first + 1);
	assert_int_equal(out[2].state, ITEM_REFUSED);
	assert_string_equal(out[2].reason, "AGE_UNDER_18");
	assert_int_equal(out[3].outcome, STORE_LINE_NEW);
	assert_int_equal(out[4].outcome, STORE_LINE_TWICE); /* of this very upload */
	/* Another upload meanwhile, of this partner and of another. */
	batch_id_t second = contract_begin(c, 0, NULL), foreign = contract_begin(c, 1, NULL);
	contract_chunk(c, 0, second, &fresh, 1, 1, out);
	assert_int_equal(out[0].outcome, STORE_LINE_BUSY);
	contract_chunk(c, 1, foreign, &fresh, 1, 1, out);
	assert_int_equal(out[0].outcome, STORE_LINE_NEW);
	contract_publish(c, batch);
	contract_chunk(c, 0, second, &fresh, 1, 2, out);
	assert_int_equal(out[0].outcome, STORE_LINE_SAME);
	/* What has become of it since is what is told. */
	struct store_claim k = contract_claim(c, 0, 9);
	contract_end(c, first, k.claim, ITEM_DONE);
	batch_id_t third = contract_begin(c, 0, NULL);
	contract_chunk(c, 0, third, old, 1, 1, out);
	assert_int_equal(out[0].outcome, STORE_LINE_SAME);
	assert_int_equal(out[0].state, ITEM_DONE);
}

/* ---- grants ------------------------------------------------------------------------------------------------------------------ */

static void one_grant_per_subject_in_the_order_of_lines(void **state)
{
	CONTRACT_OF(c, state);
	struct play_line l[] = {{PLAY_GRANT, "r1", "n1.id.vn", 1, c->account[0], 0, NULL},
	                        {PLAY_GRANT, "r2", "n2.id.vn", 1, c->account[0], 0, NULL},
	                        {PLAY_GRANT, "r3", "n3.id.vn", 2, c->account[0], 0, NULL},
	                        {PLAY_WAITING, "r4", "n4.id.vn", 3, c->account[0], 0, NULL}};
	struct store_line out[4];
	contract_chunk(c, 0, contract_begin(c, 0, NULL), l, 4, 1, out);
	assert_int_equal(out[0].state, ITEM_QUEUED);
	assert_int_equal(out[1].state, ITEM_REFUSED);
	assert_string_equal(out[1].reason, "ONE_PER_SUBJECT");
	assert_int_equal(out[2].state, ITEM_QUEUED);
	assert_int_equal(contract_counts(c).grants, 2); /* who waits reserves nothing */
	/* Across partners, and before the first is published. */
	struct play_line other = {PLAY_GRANT, "r1", "n5.id.vn", 2, c->account[0], 0, NULL};
	contract_chunk(c, 1, contract_begin(c, 1, NULL), &other, 1, 1, out);
	assert_int_equal(out[0].state, ITEM_REFUSED);
}

/* Whether person 1 can have a grant now. */
static bool grant_is_free(struct contract *c)
{
	static unsigned counter;
	struct play_line l = {.kind = PLAY_GRANT,
	                      .ref = arena_printf(&c->a, "probe%u", ++counter).ptr,
	                      .name = "n30.id.vn",
	                      .person = 1,
	                      .account = c->account[0]};
	struct store_line out;
	batch_id_t batch = contract_begin(c, 1, NULL);
	contract_chunk(c, 1, batch, &l, 1, 1, &out);
	struct store_batch_abort a = {.batch = batch};
	assert_int_equal(play(c->b, &a.op, STORE_BATCH_ABORT), OK);
	return out.state == ITEM_QUEUED;
}

static void a_grant_goes_back_when_its_item_ends_without_success(void **state)
{
	static const struct {
		enum item_state end;
		enum store_grant_effect effect;
		bool free;
	} cases[] = {{ITEM_FAILED, STORE_GRANT_RELEASE, true},
	             {ITEM_FAILED, STORE_GRANT_KEEP, true}, /* a failure never keeps it */
	             {ITEM_DONE, STORE_GRANT_KEEP, false},
	             {ITEM_PENDING, STORE_GRANT_KEEP, false},
	             {ITEM_UNKNOWN, STORE_GRANT_KEEP, false},
	             {ITEM_NEEDS_HUMAN, STORE_GRANT_KEEP, false},
	             {ITEM_NEEDS_HUMAN, STORE_GRANT_RELEASE, true},
	             {ITEM_QUEUED, STORE_GRANT_KEEP, false}};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		void *again;
		assert_int_equal(contract_set_up(&again), 0);
		struct contract *c = again;
		struct play_line l = {PLAY_GRANT, "r1", "n1.id.vn", 1, c->account[0], 0, NULL};
		item_id_t item = contract_admit(c, 0, &l, 1);
		assert_false(grant_is_free(c));
		struct store_claim k = contract_claim(c, 0, 1);
		assert_false(grant_is_free(c));
		struct store_step s = contract_step(c, item, k.claim, cases[i].end);
		s.grant = cases[i].effect;
		assert_int_equal(contract_finish(c, &s, 1), OK);
		if (grant_is_free(c) != cases[i].free)
			fail_msg("%s, effect %d", item_state_name(cases[i].end), (int)cases[i].effect);
		(void)contract_restart(c);
		assert_int_equal(grant_is_free(c), cases[i].free);
		contract_tear_down(&again);
	}
	(void)state;
}

/* At most so many steps of what can wait; true when nothing was left. */
static bool tidy(struct contract *c, int steps)
{
	struct store_tidy t = {.more = true};
	for (; steps > 0 && t.more; steps--)
		assert_int_equal(play(c->b, &t.op, STORE_TIDY), OK);
	return !t.more;
}

#define TIDY_ALL 100

/* The same grants, released, kept and dropped, with the store tidied after so many of the things that happen. */
static void tidying_changes_nothing_that_anybody_sees(void **state)
{
	(void)state;
	for (int when = 0; when < 5; when++) {
		void *again;
		assert_int_equal(contract_set_up(&again), 0);
		struct contract *c = again;
		struct play_line l[] = {{PLAY_GRANT, "r1", "n1.id.vn", 1, c->account[0], 0, NULL},
		                        {PLAY_GRANT, "r2", "n2.id.vn", 2, c->account[0], 0, NULL},
		                        {PLAY_GRANT, "r3", "n3.id.vn", 3, c->account[0], 0, NULL}};
		struct store_line out[3];
		assert_true(when != 0 || tidy(c, TIDY_ALL));
		assert_true(grant_is_free(c));
		item_id_t first = contract_admit(c, 0, l, 2);
		assert_true(when != 1 || tidy(c, TIDY_ALL));
		assert_false(grant_is_free(c));
		batch_id_t open = contract_begin(c, 0, NULL);
		contract_chunk(c, 0, open, &l[2], 1, 1, out);
		assert_int_equal(contract_counts(c).grants, 3);
		assert_true(when != 2 || tidy(c, TIDY_ALL));
		assert_int_equal(contract_counts(c).grants, 3);
		struct store_batch_abort a = {.batch = open};
		assert_int_equal(play(c->b, &a.op, STORE_BATCH_ABORT), OK);
		assert_int_equal(contract_counts(c).grants, 2);
		(void)tidy(c, when == 3 ? 1 : 0); /* begun, and no more */
		struct store_claim k = contract_claim(c, 0, 2);
		contract_end(c, first, k.claim, ITEM_FAILED);
		contract_end(c, first + 1, k.claim, ITEM_DONE);
		assert_true(when != 4 || tidy(c, TIDY_ALL));
		assert_true(grant_is_free(c));
		(void)contract_restart(c);
		assert_true(when % 2 == 0 || tidy(c, TIDY_ALL));
		assert_true(grant_is_free(c));
		assert_int_equal(contract_counts(c).grants, 1);
		l[0].ref = "r4";
		l[1].ref = "r5";
		contract_chunk(c, 0, contract_begin(c, 0, NULL), l, 3, 1, out);
		assert_int_equal(out[0].state, ITEM_QUEUED);
		assert_int_equal(out[1].state, ITEM_REFUSED);
		contract_tear_down(&again);
	}
}

static void only_its_holder_gives_a_grant_back(void **state)
{
	CONTRACT_OF(c, state);
	struct play_line l[] = {{PLAY_GRANT, "r1", "n1.id.vn", 1, c->account[0], 0, NULL},
	                        {PLAY_PAID, "r2", "n2.com.vn", 1, c->account[0], 0, NULL}};
	item_id_t first = contract_admit(c, 0, l, 2);
	struct store_claim k = contract_claim(c, 0, 2);
	struct store_step s = contract_step(c, first + 1, k.claim, ITEM_FAILED);
	s.grant = STORE_GRANT_RELEASE;
	assert_int_equal(contract_finish(c, &s, 1), OK);
	assert_false(grant_is_free(c));
	/* Given back once, and then another's. */
	contract_end(c, first, k.claim, ITEM_FAILED);
	struct play_line next = {PLAY_GRANT, "r3", "n3.id.vn", 1, c->account[0], 0, NULL};
	(void)contract_admit(c, 0, &next, 1);
	contract_end(c, first, 0, ITEM_FAILED);
	assert_false(grant_is_free(c));
	assert_int_equal(contract_counts(c).grants, 1);
}

/* ---- cancelling ---------------------------------------------------------------------------------------------------------------- */

static void what_was_not_sent_can_be_cancelled(void **state)
{
	CONTRACT_OF(c, state);
	struct play_line l[] = {{PLAY_GRANT, "r1", "n1.id.vn", 1, c->account[0], 0, NULL},
	                        {PLAY_PAID, "r2", "n2.com.vn", 0, c->account[0], 0, NULL},
	                        {PLAY_PAID, "r3", "n3.com.vn", 0, c->account[0], 0, NULL},
	                        {PLAY_WAITING, "r4", "n4.id.vn", 4, c->account[0], 0, NULL},
	                        {PLAY_REVIEW, "r5", "n5.id.vn", 5, c->account[0], 0, NULL},
	                        {PLAY_REFUSED, "r6", "n6.id.vn", 6, c->account[0], 0, NULL},
	                        {PLAY_GRANT, "r7", "n7.id.vn", 7, c->account[0], 0, NULL}};
	item_id_t first = contract_admit(c, 0, l, ARRAY_LEN(l));
	item_id_t other = contract_admit_many(c, 0, "o", 20, 1);
	struct store_claim k = contract_claim(c, 0, 3); /* what is due goes first: r1, r7, r2 */
	contract_end(c, first, k.claim, ITEM_QUEUED);   /* waits again */
	contract_end(c, first + 1, k.claim, ITEM_DONE);
	struct store_batch_cancel x = {.batch = 1, .partner = c->partner[1], .now = c->now + 5};
	assert_int_equal(play(c->b, &x.op, STORE_BATCH_CANCEL), ERR_NOT_FOUND); /* not theirs */
	x.partner = c->partner[0];
	assert_int_equal(play(c->b, &x.op, STORE_BATCH_CANCEL), OK);
	assert_int_equal(x.cancelled, 4);
	assert_int_equal(x.lines, ARRAY_LEN(l));
	assert_int_equal(x.too_late, 2);
	assert_int_equal(x.left[ITEM_DONE], 1);
	assert_int_equal(x.left[ITEM_SENDING], 1);
	assert_int_equal(x.over, 1);
	assert_int_equal(x.left[ITEM_REFUSED], 1);
	assert_int_equal(x.repeated, 0);
	static const enum item_state want[] = {ITEM_CANCELLED, ITEM_DONE,    ITEM_CANCELLED, ITEM_CANCELLED,
	                                       ITEM_CANCELLED, ITEM_REFUSED, ITEM_SENDING};
	for (size_t i = 0; i < ARRAY_LEN(want); i++)
		contract_assert_state(c, first + i, want[i]);
	contract_assert_state(c, other, ITEM_QUEUED);
	contract_assert_str(contract_row(c, first).result.reason, "CANCELLED");
	assert_int_equal(contract_row(c, first).result.at, c->now + 5);
	assert_true(grant_is_free(c));
	assert_int_equal(contract_counts(c).grants, 1); /* of what is being sent */
	/* What was in flight goes on; nothing of the batch is claimed any more. */
	contract_end(c, first + 6, k.claim, ITEM_DONE);
	struct store_claim rest = contract_claim(c, 0, 9);
	assert_int_equal(rest.count, 1);
	assert_int_equal(rest.items[0].item, other);
	assert_int_equal(play(c->b, &x.op, STORE_BATCH_CANCEL), OK);
	assert_int_equal(x.cancelled, 0);
	assert_int_equal(x.too_late, 2);
	assert_int_equal(x.left[ITEM_DONE], 2);
	assert_int_equal(x.over, 5);
	assert_int_equal(x.left[ITEM_CANCELLED], 4);
	x.batch = 99;
	assert_int_equal(play(c->b, &x.op, STORE_BATCH_CANCEL), ERR_NOT_FOUND);
}

/* Lines that were handed in once more are the earlier batch's: it alone cancels them. */
static void a_repeated_line_is_cancelled_with_its_first_batch(void **state)
{
	CONTRACT_OF(c, state);
	struct play_line both[] = {{PLAY_PAID, "r1", "n1.com.vn", 0, c->account[0], 0, NULL},
	                           {PLAY_PAID, "r2", "n2.com.vn", 0, c->account[0], 0, NULL}};
	item_id_t first = contract_admit(c, 0, both, 1);
	struct store_line out[2];
	batch_id_t again = contract_begin(c, 0, NULL);
	contract_chunk(c, 0, again, both, 2, 1, out);
	assert_int_equal(out[0].outcome, STORE_LINE_SAME);
	assert_int_equal(out[1].outcome, STORE_LINE_NEW);
	contract_publish(c, again);
	struct store_batch_cancel x = {.batch = again, .partner = c->partner[0], .now = c->now};
	assert_int_equal(play(c->b, &x.op, STORE_BATCH_CANCEL), OK);
	assert_int_equal(x.lines, 2);
	assert_int_equal(x.cancelled, 1);
	assert_int_equal(x.repeated, 1);
	assert_int_equal(x.too_late + x.over, 0);
	contract_assert_state(c, first, ITEM_QUEUED);
	x.batch = 1;
	assert_int_equal(play(c->b, &x.op, STORE_BATCH_CANCEL), OK);
	assert_int_equal(x.cancelled, 1);
	contract_assert_state(c, first, ITEM_CANCELLED);
}

/* ---- quotas -------------------------------------------------------------------------------------------------------------------- */

static void no_more_lines_wait_than_may(void **state)
{
	CONTRACT_OF(c, state);
	(void)contract_admit_many(c, 0, "r", 0, 4);
	struct store_batch_begin b = {.partner = c->partner[0], .now = c->now, .room.queued.max = 4};
	assert_int_equal(play(c->b, &b.op, STORE_BATCH_BEGIN), ERR_FULL);
	assert_int_equal(b.room.waiting, 4);
	b.room.queued.max = 5;
	assert_int_equal(play(c->b, &b.op, STORE_BATCH_BEGIN), OK);
	struct play_line l[] = {{PLAY_PAID, "s1", "n11.com.vn", 0, c->account[0], 0, NULL},
	                        {PLAY_PAID, "s2", "n12.com.vn", 0, c->account[0], 0, NULL},
	                        {PLAY_REFUSED, "s3", "n13.id.vn", 0, c->account[0], 0, NULL}};
	contract_chunk(c, 0, b.batch, l, 3, 1, NULL);
	struct store_batch_publish p = {.batch = b.batch, .now = c->now, .room.queued.max = 5};
	assert_int_equal(play(c->b, &p.op, STORE_BATCH_PUBLISH), ERR_FULL);
	assert_int_equal(p.room.waiting, 4);
	assert_int_equal(p.room.adding, 2);
	(void)contract_claim(c, 0, 1); /* what is being sent waits no more */
	assert_int_equal(play(c->b, &p.op, STORE_BATCH_PUBLISH), OK);
	/* A known key is answered before the room is asked for; others have room of their own. */
	b = (struct store_batch_begin){.partner = c->partner[1], .now = c->now, .room.queued.max = 1};
	assert_int_equal(play(c->b, &b.op, STORE_BATCH_BEGIN), OK);
}

/* ---- imports ------------------------------------------------------------------------------------------------------------------ */

static void names_from_before_are_taken_over(void **state)
{
	CONTRACT_OF(c, state);
	struct store_import_row rows[] = {{.domain = STR("n1.id.vn"),
	                                   .partner = c->partner[0],
	                                   .account = c->account[1],
	                                   .created = 1000,
	                                   .expires = 2000,
	                                   .grant_from = date_make(2025, 12, 1),
	                                   .subject = {.count = 1, .keys = "key"}},
	                                  {.domain = STR("n2.com.vn"),
	                                   .partner = c->partner[1],
	                                   .account = c->account[0],
	                                   .created = 1000,
	                                   .expires = 2000,
	                                   .grant_from = DATE_NONE,
	                                   .subject = {.count = 1}}};
	struct store_import i = {.rows = rows, .count = 2};
	assert_int_equal(play(c->b, &i.op, STORE_IMPORT), OK);
	assert_int_equal(i.added, 2);
	assert_int_equal(i.replaced, 0);
	assert_int_equal(contract_counts(c).grants, 1); /* a paid name has used no grant */
	assert_int_equal(play(c->b, &i.op, STORE_IMPORT), OK);
	assert_int_equal(i.added, 0);
	assert_int_equal(i.replaced, 2);
	(void)contract_restart(c);
	struct store_get_domain g = {.domain = STR("n1.id.vn")};
	assert_int_equal(play(c->b, &g.op, STORE_GET_DOMAIN), OK);
	assert_int_equal(g.partner, c->partner[0]);
	assert_int_equal(g.account, c->account[1]);
	assert_int_equal(g.created, 1000);
	assert_int_equal(g.expires, 2000);
	assert_int_equal(g.grant_from, date_make(2025, 12, 1));
	assert_int_equal(g.free_until, date_make(2027, 12, 1));
	g.domain = STR("n2.com.vn");
	assert_int_equal(play(c->b, &g.op, STORE_GET_DOMAIN), OK);
	assert_int_equal(g.grant_from, DATE_NONE);
	assert_int_equal(g.free_until, DATE_NONE);
}

static void anothers_name_is_not_renewed(void **state)
{
	CONTRACT_OF(c, state);
	struct store_import_row row = {.domain = STR("n1.com.vn"),
	                               .partner = c->partner[0],
	                               .account = c->account[0],
	                               .created = c->now,
	                               .expires = c->now,
	                               .grant_from = DATE_NONE};
	struct store_import i = {.rows = &row, .count = 1};
	assert_int_equal(play(c->b, &i.op, STORE_IMPORT), OK);
	struct play_line l = {PLAY_RENEW, "r1", "n1.com.vn", 0, c->account[0], 0, NULL};
	struct store_line out;
	contract_chunk(c, 1, contract_begin(c, 1, NULL), &l, 1, 1, &out);
	assert_int_equal(out.state, ITEM_REFUSED);
	assert_string_equal(out.reason, "NOT_YOURS");
	contract_chunk(c, 0, contract_begin(c, 0, NULL), &l, 1, 1, &out);
	assert_int_equal(out.state, ITEM_QUEUED);
}

const struct CMUnitTest contract_intake_tests[] = {
    CONTRACT_TEST(a_key_is_used_once),
    CONTRACT_TEST(a_key_is_kept_thirty_days),
    CONTRACT_TEST(without_a_key_every_submission_is_another),
    CONTRACT_TEST(an_aborted_batch_leaves_nothing),
    CONTRACT_TEST(a_published_batch_takes_nothing_more),
    CONTRACT_TEST(what_is_not_published_cannot_be_seen),
    CONTRACT_TEST(every_line_is_decided_and_told),
    CONTRACT_TEST(a_known_reference_is_not_a_new_item),
    CONTRACT_TEST(one_grant_per_subject_in_the_order_of_lines),
    cmocka_unit_test(a_grant_goes_back_when_its_item_ends_without_success),
    cmocka_unit_test(tidying_changes_nothing_that_anybody_sees),
    CONTRACT_TEST(only_its_holder_gives_a_grant_back),
    CONTRACT_TEST(what_was_not_sent_can_be_cancelled),
    CONTRACT_TEST(a_repeated_line_is_cancelled_with_its_first_batch),
    CONTRACT_TEST(no_more_lines_wait_than_may),
    CONTRACT_TEST(names_from_before_are_taken_over),
    CONTRACT_TEST(anothers_name_is_not_renewed),
    CONTRACT_TESTS_END};
