/* The contract suite of stores: reading, and figures over time. */
#include "tests/harness/store_contract_int.h"

#include <string.h>

/* ---- batches and lines --------------------------------------------------------------------------------------------------------- */

static struct store_get_batch batch_info(struct contract *c, batch_id_t batch)
{
	struct store_get_batch g = {.batch = batch};
	assert_int_equal(play(c->b, &g.op, STORE_GET_BATCH), OK);
	return g;
}

static void a_batch_counts_its_lines_by_state(void **state)
{
	CONTRACT_OF(c, state);
	struct play_line l[] = {{PLAY_PAID, "r1", "n1.com.vn", 0, c->account[0], 0, NULL},
	                        {PLAY_PAID, "r2", "n2.com.vn", 0, c->account[0], 0, NULL},
	                        {PLAY_REFUSED, "r3", "n3.id.vn", 0, c->account[0], 0, NULL}};
	item_id_t first = contract_admit(c, 0, l, 3);
	struct store_get_batch g = batch_info(c, 1);
	assert_true(g.info.batch == 1 && g.info.partner == c->partner[0] && g.info.created == c->now);
	assert_true(g.info.lines == 3 && g.info.items == 3);
	assert_true(g.info.counts[ITEM_QUEUED] == 2 && g.info.counts[ITEM_REFUSED] == 1);
	uint64_t version = g.info.version;
	assert_int_equal(batch_info(c, 1).info.version, version);
	struct store_claim k = contract_claim(c, 0, 1);
	g = batch_info(c, 1);
	assert_true(g.info.counts[ITEM_QUEUED] == 1 && g.info.counts[ITEM_SENDING] == 1);
	assert_true(g.info.version > version);
	version = g.info.version;
	contract_end(c, first, k.claim, ITEM_DONE);
	g = batch_info(c, 1);
	assert_true(g.info.counts[ITEM_DONE] == 1 && g.info.counts[ITEM_SENDING] == 0);
	assert_true(g.info.version > version);
	g = (struct store_get_batch){.batch = 1, .partner = c->partner[1]};
	assert_int_equal(play(c->b, &g.op, STORE_GET_BATCH), ERR_NOT_FOUND);
	g.partner = c->partner[0];
	assert_int_equal(play(c->b, &g.op, STORE_GET_BATCH), OK);
	g.batch = 2;
	assert_int_equal(play(c->b, &g.op, STORE_GET_BATCH), ERR_NOT_FOUND);
}

static void a_repeated_line_shows_its_older_item(void **state)
{
	CONTRACT_OF(c, state);
	struct play_line l[] = {{PLAY_PAID, "r1", "n1.com.vn", 0, c->account[0], 0, NULL},
	                        {PLAY_PAID, "r2", "n2.com.vn", 0, c->account[0], 0, NULL},
	                        {PLAY_PAID, "r3", "n3.com.vn", 0, c->account[0], 0, NULL}};
	struct play_line again[] = {l[2], l[0], {PLAY_PAID, "r4", "n4.com.vn", 0, c->account[0], 0, NULL}};
	struct store_line out[3];
	item_id_t first = contract_admit(c, 0, l, 3);
	batch_id_t batch = contract_begin(c, 0, NULL);
	contract_chunk(c, 0, batch, again, 3, 1, out);
	contract_publish(c, batch);
	struct store_get_batch g = batch_info(c, batch);
	assert_true(g.info.lines == 3 && g.info.items == 1 && g.info.counts[ITEM_QUEUED] == 3);
	struct store_claim k = contract_claim(c, 0, 1);
	contract_end(c, first, k.claim, ITEM_DONE);
	uint64_t version = g.info.version;
	g = batch_info(c, batch);
	assert_true(g.info.counts[ITEM_QUEUED] == 2 && g.info.counts[ITEM_DONE] == 1);
	assert_int_not_equal(g.info.version, version);
	struct store_get_items i = {.batch = batch, .limit = 10, .arena = &c->a};
	assert_int_equal(play(c->b, &i.op, STORE_GET_ITEMS), OK);
	assert_int_equal(i.count, 3);
	assert_true(i.rows[0].item == first + 2 && i.rows[0].line == 1 && i.rows[0].batch == 1);
	assert_true(i.rows[1].item == first && i.rows[1].line == 2 && i.rows[1].state == ITEM_DONE);
	assert_true(i.rows[2].item == out[2].item && i.rows[2].line == 3 && i.rows[2].batch == batch);
	assert_int_equal(contract_counts(c).items[ITEM_DONE], 1); /* items, not lines */
	assert_int_equal(contract_claim(c, 0, 9).count, 3);       /* and sent once */
}

static void pages_follow_each_other(void **state)
{
	CONTRACT_OF(c, state);
	item_id_t first = contract_admit_many(c, 0, "r", 0, 10);
	struct store_claim k = contract_claim(c, 0, 10);
	for (item_id_t i = 0; i < 10; i += 3)
		contract_end(c, first + i, k.claim, ITEM_DONE);
	uint32_t after = 0, seen = 0;
	bool more = true;
	while (more) {
		struct store_get_items g = {
		    .batch = 1, .partner = c->partner[0], .after_line = after, .limit = 4, .arena = &c->a};
		assert_int_equal(play(c->b, &g.op, STORE_GET_ITEMS), OK);
		for (size_t i = 0; i < g.count; i++)
			assert_int_equal(g.rows[i].line, ++seen);
		more = g.more;
		assert_int_equal(g.count, more ? 4 : 2);
		after = g.rows[g.count - 1].line;
	}
	assert_int_equal(seen, 10);
	/* One state: full pages of it. */
	struct store_get_items d = {
	    .batch = 1, .limit = 3, .by_state = true, .state = ITEM_DONE, .arena = &c->a};
	assert_int_equal(play(c->b, &d.op, STORE_GET_ITEMS), OK);
	assert_true(d.count == 3 && d.more);
	assert_true(d.rows[0].line == 1 && d.rows[1].line == 4 && d.rows[2].line == 7);
	d.after_line = 7;
	assert_int_equal(play(c->b, &d.op, STORE_GET_ITEMS), OK);
	assert_true(d.count == 1 && !d.more && d.rows[0].line == 10);
	d.after_line = 10;
	assert_int_equal(play(c->b, &d.op, STORE_GET_ITEMS), OK);
	assert_true(d.count == 0 && !d.more);
	d = (struct store_get_items){.batch = 1, .partner = c->partner[1], .limit = 3, .arena = &c->a};
	assert_int_equal(play(c->b, &d.op, STORE_GET_ITEMS), ERR_NOT_FOUND);
	d = (struct store_get_items){.batch = 5, .limit = 3, .arena = &c->a};
	assert_int_equal(play(c->b, &d.op, STORE_GET_ITEMS), ERR_NOT_FOUND);
}

static void an_item_is_found_by_number_or_reference(void **state)
{
	CONTRACT_OF(c, state);
	item_id_t first = contract_admit_many(c, 0, "r", 0, 2);
	struct store_get_item g = {.item = first + 1, .partner = c->partner[0], .arena = &c->a};
	assert_int_equal(play(c->b, &g.op, STORE_GET_ITEM), OK);
	assert_int_equal(g.row.payload.len, 0); /* not asked for */
	contract_assert_str(g.row.ref, "r1");
	g.partner = c->partner[1];
	assert_int_equal(play(c->b, &g.op, STORE_GET_ITEM), ERR_NOT_FOUND);
	g = (struct store_get_item){.partner = c->partner[0], .ref = STR("r1"), .arena = &c->a};
	assert_int_equal(play(c->b, &g.op, STORE_GET_ITEM), OK);
	assert_int_equal(g.row.item, first + 1);
	g.partner = c->partner[1];
	assert_int_equal(play(c->b, &g.op, STORE_GET_ITEM), ERR_NOT_FOUND);
	g = (struct store_get_item){.item = 999, .arena = &c->a};
	assert_int_equal(play(c->b, &g.op, STORE_GET_ITEM), ERR_NOT_FOUND);
	g = (struct store_get_item){.partner = c->partner[0], .ref = STR("zz"), .arena = &c->a};
	assert_int_equal(play(c->b, &g.op, STORE_GET_ITEM), ERR_NOT_FOUND);
}

static void open_items_are_those_nobody_knows_the_end_of(void **state)
{
	static const enum item_state ends[] = {ITEM_DONE,   ITEM_UNKNOWN,     ITEM_FAILED, ITEM_PENDING,
	                                       ITEM_QUEUED, ITEM_NEEDS_HUMAN, ITEM_UNKNOWN};
	CONTRACT_OF(c, state);
	item_id_t first = contract_admit_many(c, 0, "r", 0, ARRAY_LEN(ends));
	struct store_claim k = contract_claim(c, 0, ARRAY_LEN(ends));
	for (size_t i = 0; i < ARRAY_LEN(ends); i++)
		contract_end(c, first + i, k.claim, ends[i]);
	contract_end(c, first + 6, k.claim, ITEM_RECONCILING);
	struct store_get_open g = {.limit = 3, .arena = &c->a};
	assert_int_equal(play(c->b, &g.op, STORE_GET_OPEN), OK);
	assert_true(g.count == 3 && g.more);
	assert_true(g.rows[0].item == first + 1 && g.rows[1].item == first + 3 &&
	            g.rows[2].item == first + 5);
	assert_true(g.rows[0].payload.len > 0);
	assert_int_equal(g.rows[0].state, ITEM_UNKNOWN);
	g.after = first + 5;
	assert_int_equal(play(c->b, &g.op, STORE_GET_OPEN), OK);
	assert_true(g.count == 1 && !g.more && g.rows[0].item == first + 6);
	contract_end(c, first + 6, k.claim, ITEM_DONE);
	contract_end(c, first + 1, k.claim, ITEM_QUEUED);
	g.after = 0;
	assert_int_equal(play(c->b, &g.op, STORE_GET_OPEN), OK);
	assert_true(g.count == 2 && !g.more);
}

/* ---- figures ------------------------------------------------------------------------------------------------------------------- */

static void depths_say_what_waits_since_when(void **state)
{
	CONTRACT_OF(c, state);
	(void)contract_admit_many(c, 0, "r", 0, 5);
	c->now += 1000;
	(void)contract_admit_many(c, 0, "s", 10, 2);
	item_id_t other = contract_admit_many(c, 1, "t", 20, 2);
	struct store_claim k = contract_claim(c, 1, 2);
	struct store_step s = contract_step(c, other, k.claim, ITEM_QUEUED);
	s.not_before = c->now + 9999; /* waits, too */
	assert_int_equal(contract_finish(c, &s, 1), OK);
	struct store_get_depths g = {.arena = &c->a};
	assert_int_equal(play(c->b, &g.op, STORE_GET_DEPTHS), OK);
	assert_int_equal(g.count, 2);
	assert_int_equal(g.items[ITEM_QUEUED], 8);
	assert_int_equal(g.items[ITEM_SENDING], 1);
	size_t mine = g.depths[0].queue.partner == c->partner[0] ? 0 : 1;
	assert_true(g.depths[mine].items == 7 && g.depths[mine].oldest == PLAY_START);
	assert_true(g.depths[1 - mine].items == 1 && g.depths[1 - mine].oldest == PLAY_START + 1000);
}

static void history_is_kept_at_falling_resolution(void **state)
{
	CONTRACT_OF(c, state);
	instant_ms_t at = PLAY_START - PLAY_START % 21600000;
	const int64_t values[][2] = {{5, INT64_MIN}, {7, -3}, {1, -9}};
	const instant_ms_t times[] = {at + 1, at + 9999, at + 10000};
	for (size_t i = 0; i < 3; i++) {
		struct store_history_add h = {.at = times[i], .values = values[i], .count = 2};
		assert_int_equal(play(c->b, &h.op, STORE_HISTORY_ADD), OK);
	}
	(void)contract_restart(c);
	struct store_get_history g = {.step_s = 10, .arena = &c->a};
	assert_int_equal(play(c->b, &g.op, STORE_GET_HISTORY), OK);
	assert_int_equal(g.count, 4);
	assert_true(g.points[0].series == 0 && g.points[0].at == at && g.points[0].count == 2);
	assert_true(g.points[0].sum == 12 && g.points[0].high == 7);
	assert_true(g.points[1].at == at + 10000 && g.points[1].sum == 1);
	assert_true(g.points[2].series == 1 && g.points[2].count == 1 && g.points[2].high == -3);
	g.step_s = 21600;
	assert_int_equal(play(c->b, &g.op, STORE_GET_HISTORY), OK);
	assert_int_equal(g.count, 2);
	assert_true(g.points[0].count == 3 && g.points[0].sum == 13 && g.points[1].high == -3);
	g.from = at + 1;
	assert_int_equal(play(c->b, &g.op, STORE_GET_HISTORY), OK);
	assert_int_equal(g.count, 0);
	/* Past its reach a point goes, but from its own step and series only. */
	struct store_history_add late = {.at = at + 4 * 3600000, .values = values[0], .count = 2};
	assert_int_equal(play(c->b, &late.op, STORE_HISTORY_ADD), OK);
	g = (struct store_get_history){.step_s = 10, .arena = &c->a};
	assert_int_equal(play(c->b, &g.op, STORE_GET_HISTORY), OK);
	assert_int_equal(g.count, 3);
	assert_true(g.points[0].series == 0 && g.points[0].at == at + 4 * 3600000);
	g.step_s = 60;
	assert_int_equal(play(c->b, &g.op, STORE_GET_HISTORY), OK);
	assert_int_equal(g.count, 3);
}

static struct store_get_progress progress(struct contract *c)
{
	struct store_progress p = {.more = true};
	while (p.more)
		assert_int_equal(play(c->b, &p.op, STORE_PROGRESS), OK);
	struct store_get_progress g = {.from = date_make(2026, 11, 20),
	                               .to = date_make(2026, 11, 30),
	                               .arena = &c->a};
	assert_int_equal(play(c->b, &g.op, STORE_GET_PROGRESS), OK);
	return g;
}

static void names_are_counted_by_zone_and_province(void **state)
{
	CONTRACT_OF(c, state);
	struct play_line l[] = {{PLAY_GRANT, "r1", "n1.id.vn", 1, c->account[0], 0, NULL},
	                        {PLAY_GRANT, "r2", "n2.id.vn", 2, c->account[0], 0, NULL},
	                        {PLAY_PAID, "r3", "n3.com.vn", 3, c->account[0], 0, NULL},
	                        {PLAY_RENEW, "r4", "n4.com.vn", 4, c->account[0], 0, NULL},
	                        {PLAY_PAID, "r5", "n5.com.vn", 5, c->account[0], 0, NULL}};
	item_id_t first = contract_admit(c, 0, l, 5);
	assert_int_equal(progress(c).count, 0);
	struct store_claim k = contract_claim(c, 0, 5);
	for (item_id_t i = 0; i < 5; i++) {
		struct store_step s = contract_step(c, first + i, k.claim, i == 4 ? ITEM_FAILED : ITEM_DONE);
		s.name = i == 3 ? STORE_NAME_RENEWED : STORE_NAME_CREATED;
		s.result.created = c->now + (instant_ms_t)i;
		s.result.expires = c->now + PLAY_DAY;
		assert_int_equal(contract_finish(c, &s, 1), OK);
	}
	for (int i = 0; i < 2; i++) { /* each is counted once, also after a restart */
		struct store_get_progress g = progress(c);
		assert_int_equal(g.count, 2);
		contract_assert_str(g.rows[0].zone, "com.vn");
		assert_true(g.rows[0].names == 1 && g.rows[0].granted == 0);
		contract_assert_str(g.rows[1].zone, "id.vn");
		contract_assert_str(g.rows[1].province, "68@2025-07-01");
		assert_true(g.rows[1].names == 2 && g.rows[1].granted == 2);
		(void)contract_restart(c);
	}
	struct store_get_progress none = {.from = date_make(2026, 11, 21),
	                                  .to = date_make(2026, 11, 30),
	                                  .arena = &c->a};
	assert_int_equal(play(c->b, &none.op, STORE_GET_PROGRESS), OK);
	assert_int_equal(none.count, 0);
}

/* ---- all of it ------------------------------------------------------------------------------------------------------------------ */

static void after_a_crash_everything_says_the_same(void **state)
{
	CONTRACT_OF(c, state);
	struct play_line l[] = {{PLAY_GRANT, "r1", "n1.id.vn", 1, c->account[0], 0, "VN1"},
	                        {PLAY_WAITING, "r2", "n2.id.vn", 2, c->account[0], 0, NULL},
	                        {PLAY_PAID, "r3", "n3.com.vn", 3, c->account[1], 1, NULL},
	                        {PLAY_PAID, "r4", "n4.com.vn", 4, c->account[0], 0, NULL}};
	item_id_t first = contract_admit(c, 0, l, 4);
	struct store_claim k = contract_claim(c, 0, 5);
	struct store_step s = contract_step(c, first, k.claim, ITEM_DONE);
	s.name = STORE_NAME_CREATED;
	s.result.created = s.result.expires = c->now;
	assert_int_equal(contract_finish(c, &s, 1), OK);
	contract_end(c, first + 3, k.claim, ITEM_UNKNOWN);
	struct buf before, after;
	play_dump(c->b, c->now, &before);
	(void)contract_restart(c);
	play_dump(c->b, c->now, &after);
	assert_string_equal(buf_cstr(&before), buf_cstr(&after));
	buf_fini(&before);
	buf_fini(&after);
}

const struct CMUnitTest contract_read_tests[] = {CONTRACT_TEST(a_batch_counts_its_lines_by_state),
                                                 CONTRACT_TEST(a_repeated_line_shows_its_older_item),
                                                 CONTRACT_TEST(pages_follow_each_other),
                                                 CONTRACT_TEST(an_item_is_found_by_number_or_reference),
                                                 CONTRACT_TEST(open_items_are_those_nobody_knows_the_end_of),
                                                 CONTRACT_TEST(depths_say_what_waits_since_when),
                                                 CONTRACT_TEST(history_is_kept_at_falling_resolution),
                                                 CONTRACT_TEST(names_are_counted_by_zone_and_province),
                                                 CONTRACT_TEST(after_a_crash_everything_says_the_same),
                                                 CONTRACT_TESTS_END};
