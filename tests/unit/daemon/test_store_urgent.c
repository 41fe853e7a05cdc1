/*
 * What becomes urgent goes ahead, in the memory store and in SQLite: renewals two days before the name expires, creates
 * two days before the grant's last day is over; first what is due first; nothing is sent twice for it.
 */
#include "daemon/job/lane.h"
#include "daemon/store/store_read.h"
#include "daemon/store/store_send.h"
#include "epp/base/rng.h"
#include "tests/harness/store_play.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

#define RENEW_DUE    1796058000000ll /* 2026-12-01T00:00:00+07:00, as PLAY_RENEW says */
#define RENEW_URGENT (RENEW_DUE - LANE_URGENT_MS)
#define GRANT_DUE    1798736400000ll /* 2027-01-01T00:00:00+07:00: the programme's last day is over */

struct fixture {
	struct store_backend *b;
	struct decider *decider;
	struct arena arena;
	uint32_t partner, account;
	unsigned refs;
};

static int set_up(struct fixture *f, struct store_backend *b)
{
	struct store_recover r = {.now = PLAY_START};
	*f = (struct fixture){.b = b, .decider = play_decider_new(0)};
	arena_init(&f->arena);
	f->partner = play_register(b, "anphat", false);
	f->account = play_register(b, "sim/anphat", true);
	return (int)play(b, &r.op, STORE_RECOVER);
}

static int set_up_memory(void **state)
{
	static struct fixture f;
	struct rng rng;
	*state = &f;
	rng_init_seed(&rng, 1);
	return set_up(&f, store_mem_new(&rng));
}

static int set_up_sqlite(void **state)
{
	static struct fixture f;
	struct store_backend *b;
	struct errmsg e;
	*state = &f;
	return store_sqlite_open(":memory:", NULL, &b, &e) ? -1 : set_up(&f, b);
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	f->b->ops->close(f->b);
	decider_unref(&f->decider);
	arena_fini(&f->arena);
	return 0;
}

/* A batch of lines of these kinds; their items. */
static batch_id_t admit(struct fixture *f, const enum play_kind *kinds, size_t n, instant_ms_t now,
                        item_id_t *items)
{
	struct store_batch_begin begin = {.partner = f->partner, .now = now};
	struct store_line lines[16];
	assert_int_equal(play(f->b, &begin.op, STORE_BATCH_BEGIN), OK);
	for (size_t i = 0; i < n; i++) {
		char ref[16], name[32];
		snprintf(ref, sizeof ref, "r%u", ++f->refs);
		snprintf(name, sizeof name, "ten%u.%s.vn", f->refs, kinds[i] == PLAY_GRANT ? "id" : "com");
		struct play_line l = {kinds[i],   ref,
		                      name,       kinds[i] == PLAY_RENEW ? 0 : f->refs,
		                      f->account, kinds[i] == PLAY_RENEW ? LANE_RENEW : LANE_CREATE,
		                      NULL};
		lines[i] = play_line(&f->arena, &l, (uint32_t)i + 1);
	}
	struct store_batch_chunk chunk = {.batch = begin.batch,
	                                  .partner = f->partner,
	                                  .decider = f->decider,
	                                  .now = now,
	                                  .lines = lines,
	                                  .count = n};
	struct store_batch_publish publish = {.batch = begin.batch, .now = now};
	assert_int_equal(play(f->b, &chunk.op, STORE_BATCH_CHUNK), OK);
	assert_int_equal(play(f->b, &publish.op, STORE_BATCH_PUBLISH), OK);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(lines[i].state, ITEM_QUEUED);
		items[i] = lines[i].item;
	}
	return begin.batch;
}

static uint32_t expedite(struct fixture *f, instant_ms_t now, uint32_t limit, bool *more)
{
	struct store_expedite x = {.now = now, .limit = limit};
	assert_int_equal(play(f->b, &x.op, STORE_EXPEDITE), OK);
	if (more)
		*more = x.more;
	return x.moved;
}

static struct store_claim claim(struct fixture *f, uint8_t lane, uint32_t max, instant_ms_t now)
{
	struct store_claim c = {.queue = {f->account, f->partner, lane},
	                        .max = max,
	                        .paid_max = UINT32_MAX,
	                        .decider = f->decider,
	                        .now = now,
	                        .arena = &f->arena};
	assert_int_equal(play(f->b, &c.op, STORE_CLAIM), OK);
	return c;
}

static void expect_claim(struct fixture *f, uint8_t lane, instant_ms_t now, const item_id_t *items, size_t n)
{
	struct store_claim c = claim(f, lane, 100, now);
	assert_int_equal(c.count, n);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(c.items[i].item, items[i]);
}

static instant_ms_t next_urgent(struct fixture *f, instant_ms_t now)
{
	struct store_queues q = {.now = now, .arena = &f->arena};
	assert_int_equal(play(f->b, &q.op, STORE_QUEUES), OK);
	return q.next_urgent;
}

static enum item_state state_of(struct fixture *f, item_id_t item)
{
	struct store_get_item g = {.item = item, .arena = &f->arena};
	assert_int_equal(play(f->b, &g.op, STORE_GET_ITEM), OK);
	return g.row.state;
}

static void a_renewal_becomes_urgent_to_the_millisecond(void **state)
{
	struct fixture *f = *state;
	static const enum play_kind kinds[] = {PLAY_PAID, PLAY_RENEW, PLAY_RENEW};
	item_id_t items[3];
	admit(f, kinds, 3, PLAY_START, items);
	assert_int_equal(next_urgent(f, PLAY_START), RENEW_URGENT);
	assert_int_equal(expedite(f, RENEW_URGENT - 1, 100, NULL), 0);
	expect_claim(f, LANE_URGENT, RENEW_URGENT - 1, NULL, 0);
	assert_int_equal(expedite(f, RENEW_URGENT, 100, NULL), 2);
	assert_int_equal(expedite(f, RENEW_URGENT, 100, NULL), 0);
	assert_int_equal(next_urgent(f, RENEW_URGENT), INSTANT_NONE);
	assert_int_equal(state_of(f, items[1]), ITEM_QUEUED);
	expect_claim(f, LANE_RENEW, RENEW_URGENT, NULL, 0);
	expect_claim(f, LANE_URGENT, RENEW_URGENT, &items[1], 2);
	assert_int_equal(state_of(f, items[1]), ITEM_SENDING);
	expect_claim(f, LANE_URGENT, RENEW_URGENT, NULL, 0);
	expect_claim(f, LANE_CREATE, RENEW_URGENT, &items[0], 1);
}

static void what_is_due_first_goes_first(void **state)
{
	struct fixture *f = *state;
	static const enum play_kind grants[] = {PLAY_GRANT, PLAY_GRANT}, renewal[] = {PLAY_RENEW};
	item_id_t g[2], r[1];
	instant_ms_t now = GRANT_DUE - LANE_URGENT_MS;
	admit(f, grants, 2, PLAY_START, g);
	admit(f, renewal, 1, PLAY_START, r);
	assert_int_equal(next_urgent(f, PLAY_START), RENEW_URGENT);
	assert_int_equal(expedite(f, now, 100, NULL), 3);
	const item_id_t wanted[] = {r[0], g[0], g[1]};
	expect_claim(f, LANE_URGENT, now, wanted, 3);
}

static void what_comes_late_is_urgent_at_once(void **state)
{
	struct fixture *f = *state;
	static const enum play_kind kinds[] = {PLAY_RENEW, PLAY_PAID};
	item_id_t items[2];
	admit(f, kinds, 2, RENEW_URGENT + 1000, items);
	assert_int_equal(next_urgent(f, RENEW_URGENT + 1000), RENEW_URGENT);
	assert_int_equal(expedite(f, RENEW_URGENT + 1000, 100, NULL), 1);
	expect_claim(f, LANE_URGENT, RENEW_URGENT + 1000, &items[0], 1);
	expect_claim(f, LANE_CREATE, RENEW_URGENT + 1000, &items[1], 1);
}

/* Neither when it came nor that it was sent before makes a later deadline go first. */
static void late_or_again_the_deadline_counts(void **state)
{
	struct fixture *f = *state;
	static const enum play_kind grants[] = {PLAY_GRANT, PLAY_GRANT}, renewal[] = {PLAY_RENEW};
	item_id_t g[2], r[1];
	instant_ms_t now = GRANT_DUE - LANE_URGENT_MS;
	admit(f, grants, 2, PLAY_START, g);
	assert_int_equal(expedite(f, now, 100, NULL), 2);
	admit(f, renewal, 1, now, r);
	assert_int_equal(expedite(f, now, 100, NULL), 1);
	struct store_claim c = claim(f, LANE_URGENT, 1, now);
	assert_int_equal(c.count, 1);
	assert_int_equal(c.items[0].item, r[0]);
	struct store_step step = {.item = r[0],
	                          .claim = c.claim,
	                          .leaves_claim = true,
	                          .result = play_result(ITEM_QUEUED, now),
	                          .not_before = now + 1000};
	struct store_finish finish = {.steps = &step, .count = 1, .now = now};
	assert_int_equal(play(f->b, &finish.op, STORE_FINISH), OK);
	const item_id_t wanted[] = {r[0], g[0], g[1]};
	expect_claim(f, LANE_URGENT, now + 1000, wanted, 3);
}

static void a_limit_leaves_the_rest_for_the_next_time(void **state)
{
	struct fixture *f = *state;
	static const enum play_kind kinds[] = {PLAY_RENEW, PLAY_RENEW, PLAY_RENEW};
	item_id_t items[3];
	bool more;
	admit(f, kinds, 3, PLAY_START, items);
	assert_int_equal(expedite(f, RENEW_URGENT, 2, &more), 2);
	assert_true(more);
	assert_int_equal(next_urgent(f, RENEW_URGENT), RENEW_URGENT);
	expect_claim(f, LANE_RENEW, RENEW_URGENT, &items[2], 1);
	(void)expedite(f, RENEW_URGENT, 2, &more);
	assert_false(more);
	expect_claim(f, LANE_URGENT, RENEW_URGENT, items, 2);
}

static void what_was_claimed_before_is_not_moved(void **state)
{
	struct fixture *f = *state;
	static const enum play_kind kinds[] = {PLAY_RENEW, PLAY_RENEW};
	item_id_t items[2];
	admit(f, kinds, 2, PLAY_START, items);
	struct store_claim c = claim(f, LANE_RENEW, 1, RENEW_URGENT - 1000);
	assert_int_equal(c.count, 1);
	assert_int_equal(expedite(f, RENEW_URGENT, 100, NULL), 1);
	expect_claim(f, LANE_URGENT, RENEW_URGENT, &items[1], 1);
	assert_int_equal(expedite(f, RENEW_URGENT, 100, NULL), 0);
}

static void what_is_sent_again_stays_urgent(void **state)
{
	struct fixture *f = *state;
	static const enum play_kind kinds[] = {PLAY_RENEW};
	item_id_t items[1];
	admit(f, kinds, 1, PLAY_START, items);
	struct store_claim c = claim(f, LANE_RENEW, 1, PLAY_START);
	struct store_step step = {.item = items[0],
	                          .claim = c.claim,
	                          .leaves_claim = true,
	                          .result = play_result(ITEM_QUEUED, RENEW_URGENT),
	                          .not_before = RENEW_URGENT + 1000};
	struct store_finish finish = {.steps = &step, .count = 1, .now = RENEW_URGENT};
	assert_int_equal(play(f->b, &finish.op, STORE_FINISH), OK);
	expect_claim(f, LANE_RENEW, RENEW_URGENT + 1000, NULL, 0);
	expect_claim(f, LANE_URGENT, RENEW_URGENT + 1000, items, 1);
}

static void cancelling_knows_what_is_being_sent(void **state)
{
	struct fixture *f = *state;
	static const enum play_kind kinds[] = {PLAY_RENEW, PLAY_RENEW, PLAY_PAID};
	item_id_t items[3];
	batch_id_t batch = admit(f, kinds, 3, PLAY_START, items);
	assert_int_equal(expedite(f, RENEW_URGENT, 100, NULL), 2);
	struct store_claim c = claim(f, LANE_URGENT, 1, RENEW_URGENT);
	assert_int_equal(c.count, 1);
	struct store_batch_cancel cancel = {.batch = batch, .partner = f->partner, .now = RENEW_URGENT};
	assert_int_equal(play(f->b, &cancel.op, STORE_BATCH_CANCEL), OK);
	assert_int_equal(cancel.cancelled, 2);
	assert_int_equal(cancel.too_late, 1);
	assert_int_equal(state_of(f, c.items[0].item), ITEM_SENDING);
	assert_int_equal(state_of(f, items[1]), ITEM_CANCELLED);
	expect_claim(f, LANE_URGENT, RENEW_URGENT, NULL, 0);
}

static void a_crash_leaves_it_in_doubt_once(void **state)
{
	struct fixture *f = *state;
	static const enum play_kind kinds[] = {PLAY_RENEW, PLAY_RENEW};
	item_id_t items[2];
	admit(f, kinds, 2, PLAY_START, items);
	assert_int_equal(expedite(f, RENEW_URGENT, 100, NULL), 2);
	assert_int_equal(claim(f, LANE_URGENT, 1, RENEW_URGENT).count, 1);
	struct store_recover r = {.now = RENEW_URGENT};
	assert_int_equal(play(f->b, &r.op, STORE_RECOVER), OK);
	assert_int_equal(r.unknown, 1);
	assert_int_equal(state_of(f, items[0]), ITEM_UNKNOWN);
	assert_int_equal(state_of(f, items[1]), ITEM_QUEUED);
	expect_claim(f, LANE_URGENT, RENEW_URGENT, &items[1], 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define BOTH(name)                                                 \
	{#name " (memory)", name, set_up_memory, tear_down, NULL}, \
	    {#name " (SQLite)", name, set_up_sqlite, tear_down, NULL}
	    BOTH(a_renewal_becomes_urgent_to_the_millisecond),
	    BOTH(what_is_due_first_goes_first),
	    BOTH(what_comes_late_is_urgent_at_once),
	    BOTH(late_or_again_the_deadline_counts),
	    BOTH(a_limit_leaves_the_rest_for_the_next_time),
	    BOTH(what_was_claimed_before_is_not_moved),
	    BOTH(what_is_sent_again_stays_urgent),
	    BOTH(cancelling_knows_what_is_being_sent),
	    BOTH(a_crash_leaves_it_in_doubt_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
