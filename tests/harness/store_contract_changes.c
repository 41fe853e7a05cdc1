/* The contract, continued: the change feed has everything that became of a partner's items, once and in order. */
#include "daemon/store/store_changes.h"

#include "epp/base/check.h"
#include "tests/harness/store_contract_int.h"

static struct store_get_changes changes(struct contract *c, size_t partner, struct store_cursor after,
                                        uint32_t limit)
{
	struct store_get_changes g = {
	    .partner = c->partner[partner], .cursor = after, .limit = limit, .arena = &c->a};
	assert_int_equal(play(c->b, &g.op, STORE_GET_CHANGES), OK);
	return g;
}

/* "ref:state …" of all of them. */
static struct str told(struct contract *c, const struct store_get_changes *g)
{
	struct str s = STR_NONE;
	for (size_t i = 0; i < g->count; i++)
		s = arena_printf(&c->a, "%.*s%s%.*s:%s", STR_ARG(s), i ? " " : "", STR_ARG(g->rows[i].ref),
		                 item_state_name(g->rows[i].state));
	return s;
}

static void expect(struct contract *c, size_t partner, struct store_cursor after, const char *want)
{
	struct store_get_changes g = changes(c, partner, after, 100);
	contract_assert_str(told(c, &g), want);
	assert_false(g.more);
}

static const struct store_cursor beginning = {0, 0, 0};

static void the_feed_tells_intake_and_results_in_order(void **state)
{
	CONTRACT_OF(c, state);
	expect(c, 0, beginning, "");
	item_id_t first = contract_admit_many(c, 0, "a", 1, 2);
	struct store_claim k = contract_claim(c, 0, 2);
	contract_end(c, first + 1, k.claim, ITEM_DONE);
	(void)contract_admit_many(c, 0, "b", 3, 1);
	contract_end(c, first, k.claim, ITEM_FAILED);
	expect(c, 0, beginning, "a1:queued a2:queued a2:done b3:queued a1:failed");
	expect(c, 1, beginning, ""); /* another partner sees nothing of it */
	(void)contract_admit_many(c, 1, "z", 4, 1);
	expect(c, 1, beginning, "z4:queued");
	expect(c, 0, beginning, "a1:queued a2:queued a2:done b3:queued a1:failed");
	(void)contract_restart(c);
	expect(c, 0, beginning, "a1:queued a2:queued a2:done b3:queued a1:failed");
}

/* From every change, and with every size of page, the rest is the same. */
static void a_cursor_goes_on_where_it_was(void **state)
{
	CONTRACT_OF(c, state);
	item_id_t first = contract_admit_many(c, 0, "a", 1, 4);
	struct store_claim k = contract_claim(c, 0, 4);
	contract_end(c, first, k.claim, ITEM_DONE);
	(void)contract_admit_many(c, 1, "x", 20, 2);
	(void)contract_admit_many(c, 0, "b", 5, 3);
	contract_end(c, first + 1, k.claim, ITEM_PENDING);
	contract_end(c, first + 1, k.claim, ITEM_DONE);
	struct store_get_changes all = changes(c, 0, beginning, 100);
	assert_int_equal(all.count, 10);
	for (size_t at = 0; at <= all.count; at++) {
		for (uint32_t limit = 1; limit < 5; limit++) {
			struct store_cursor cursor = at ? all.rows[at - 1].cursor : beginning;
			size_t n = at;
			bool more = true;
			while (more) {
				char text[STORE_CURSOR_MAX];
				struct store_cursor again;
				struct store_get_changes g = changes(c, 0, cursor, limit);
				for (size_t i = 0; i < g.count; i++, n++) {
					assert_int_equal(g.rows[i].item, all.rows[n].item);
					assert_int_equal(g.rows[i].state, all.rows[n].state);
				}
				assert_true(
				    store_cursor_parse(str_c(store_cursor_format(text, &g.cursor)), &again));
				cursor = again;
				more = g.more;
			}
			assert_int_equal(n, all.count);
		}
	}
}

static void a_batch_has_its_own_changes(void **state)
{
	CONTRACT_OF(c, state);
	item_id_t first = contract_admit_many(c, 0, "a", 1, 2), second = contract_admit_many(c, 0, "b", 3, 2);
	struct store_claim k = contract_claim(c, 0, 4);
	contract_end(c, first, k.claim, ITEM_DONE);
	contract_end(c, second, k.claim, ITEM_DONE);
	struct store_get_changes g = {.partner = c->partner[0],
	                              .batch = contract_row(c, second).batch,
	                              .from = STORE_CHANGES_BATCH,
	                              .limit = 100,
	                              .arena = &c->a};
	assert_int_equal(play(c->b, &g.op, STORE_GET_CHANGES), OK);
	contract_assert_str(told(c, &g), "b3:queued b4:queued b3:done");
	g.from = STORE_CHANGES_CURSOR;
	assert_int_equal(play(c->b, &g.op, STORE_GET_CHANGES), OK);
	assert_int_equal(g.count, 0);
	contract_end(c, first + 1, k.claim, ITEM_FAILED);
	contract_end(c, second + 1, k.claim, ITEM_FAILED);
	assert_int_equal(play(c->b, &g.op, STORE_GET_CHANGES), OK);
	contract_assert_str(told(c, &g), "b4:failed");
	g.partner = c->partner[1];
	assert_int_equal(play(c->b, &g.op, STORE_GET_CHANGES), ERR_NOT_FOUND);
	g.partner = c->partner[0];
	g.batch = contract_begin(c, 0, NULL); /* still coming in */
	assert_int_equal(play(c->b, &g.op, STORE_GET_CHANGES), ERR_NOT_FOUND);
}

static void now_is_behind_everything(void **state)
{
	CONTRACT_OF(c, state);
	struct store_get_changes g = {
	    .partner = c->partner[0], .from = STORE_CHANGES_NOW, .limit = 100, .arena = &c->a};
	assert_int_equal(play(c->b, &g.op, STORE_GET_CHANGES), OK); /* an empty store */
	item_id_t first = contract_admit_many(c, 0, "a", 1, 2);
	expect(c, 0, g.cursor, "a1:queued a2:queued");
	assert_int_equal(play(c->b, &g.op, STORE_GET_CHANGES), OK);
	assert_int_equal(g.count, 0);
	struct store_claim k = contract_claim(c, 0, 1);
	contract_end(c, first, k.claim, ITEM_DONE);
	expect(c, 0, g.cursor, "a1:done");
}

/* Each change that `g` finds has the cursor that it has in `all`. */
static void same_cursors(const struct store_get_changes *g, const struct store_get_changes *all, size_t first)
{
	for (size_t i = 0, k = first; i < g->count; i++) {
		char a[STORE_CURSOR_MAX], b[STORE_CURSOR_MAX];
		while (k < all->count &&
		       (all->rows[k].item != g->rows[i].item || all->rows[k].state != g->rows[i].state))
			k++;
		assert_true(k < all->count);
		(void)store_cursor_format(a, &g->rows[i].cursor);
		(void)store_cursor_format(b, &all->rows[k].cursor);
		assert_string_equal(a, b);
	}
}

/* Another partner's batches and results come in between. */
static void a_change_has_one_cursor_for_ever(void **state)
{
	CONTRACT_OF(c, state);
	struct store_get_changes now[5];
	size_t n = 0;
	item_id_t others = contract_admit_many(c, 1, "x", 20, 4), mine = 0;
	struct store_claim theirs = contract_claim(c, 1, 4), k = {0};
	for (size_t i = 0; i < ARRAY_LEN(now); i++) {
		now[i] = (struct store_get_changes){
		    .partner = c->partner[0], .from = STORE_CHANGES_NOW, .limit = 100, .arena = &c->a};
		assert_int_equal(play(c->b, &now[i].op, STORE_GET_CHANGES), OK);
		assert_int_equal(now[i].count, 0);
		if (i == 1)
			mine = contract_admit_many(c, 0, "a", 1, 2);
		if (i == 2)
			k = contract_claim(c, 0, 2);
		if (i >= 2 && i < 4)
			contract_end(c, mine + i - 2, k.claim, ITEM_DONE);
		if (i < 4)
			contract_end(c, others + i, theirs.claim, ITEM_DONE);
		if (i == 3)
			(void)contract_admit_many(c, 0, "b", 5, 2);
	}
	struct store_get_changes all = changes(c, 0, beginning, 100);
	contract_assert_str(told(c, &all), "a1:queued a2:queued a1:done a2:done b5:queued b6:queued");
	for (size_t i = 0; i < ARRAY_LEN(now); i++) {
		struct store_get_changes g = changes(c, 0, now[i].cursor, 100);
		n += g.count;
		same_cursors(&g, &all, all.count - g.count);
	}
	assert_int_equal(n, 6 + 6 + 4 + 3 + 0);
	struct store_get_changes one = {.partner = c->partner[0],
	                                .batch = contract_row(c, mine).batch,
	                                .from = STORE_CHANGES_BATCH,
	                                .limit = 100,
	                                .arena = &c->a};
	assert_int_equal(play(c->b, &one.op, STORE_GET_CHANGES), OK);
	assert_int_equal(one.count, 4);
	same_cursors(&one, &all, 0);
}

static void a_cursor_ahead_of_everything_is_refused(void **state)
{
	CONTRACT_OF(c, state);
	static const struct store_cursor ahead[] = {
	    {2, 1, STORE_CURSOR_ALL}, {1, 2, STORE_CURSOR_ALL}, {900, 0, STORE_CURSOR_ALL}, {0, 900, 7}};
	item_id_t first = contract_admit_many(c, 0, "a", 1, 1);
	struct store_claim k = contract_claim(c, 0, 1);
	contract_end(c, first, k.claim, ITEM_DONE);
	for (size_t i = 0; i < ARRAY_LEN(ahead); i++) {
		struct store_get_changes g = {
		    .partner = c->partner[0], .cursor = ahead[i], .limit = 10, .arena = &c->a};
		assert_int_equal(play(c->b, &g.op, STORE_GET_CHANGES), ERR_RANGE);
		assert_int_equal(g.count, 0);
	}
	expect(c, 0, (struct store_cursor){1, 1, STORE_CURSOR_ALL}, "");
	expect(c, 1, (struct store_cursor){1, 1, STORE_CURSOR_ALL}, ""); /* as `now` was told once */
}

static void a_dropped_batch_is_not_told(void **state)
{
	CONTRACT_OF(c, state);
	struct play_line l = {.kind = PLAY_PAID, .ref = "x", .name = "x.com.vn", .account = c->account[0]};
	batch_id_t batch = contract_begin(c, 0, NULL);
	contract_chunk(c, 0, batch, &l, 1, 1, NULL);
	expect(c, 0, beginning, "");
	struct store_batch_abort a = {.batch = batch};
	assert_int_equal(play(c->b, &a.op, STORE_BATCH_ABORT), OK);
	expect(c, 0, beginning, "");
	(void)contract_admit(c, 0, &l, 1);
	expect(c, 0, beginning, "x:queued");
}

static void cursors_are_read_strictly(void **state)
{
	static const char *const good[] = {"0-0", "12-3", "12-3-77", "0-1-0"};
	static const char *const bad[] = {"",
	                                  "12",
	                                  "12-",
	                                  "-3",
	                                  "12-3-",
	                                  "12-3-x",
	                                  "1-0-5",
	                                  "1-2-3-4",
	                                  " 1-2",
	                                  "1 -2",
	                                  "now",
	                                  "1-2-4294967295",
	                                  "99999999999999999999-1",
	                                  "1-9223372036854775808"};
	char text[STORE_CURSOR_MAX];
	struct store_cursor cursor;
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		assert_true(store_cursor_parse(str_c(good[i]), &cursor));
		assert_string_equal(store_cursor_format(text, &cursor), good[i]);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (store_cursor_parse(str_c(bad[i]), &cursor))
			fail_msg("'%s' was taken", bad[i]);
}

const struct CMUnitTest contract_changes_tests[] = {CONTRACT_TEST(the_feed_tells_intake_and_results_in_order),
                                                    CONTRACT_TEST(a_cursor_goes_on_where_it_was),
                                                    CONTRACT_TEST(a_batch_has_its_own_changes),
                                                    CONTRACT_TEST(now_is_behind_everything),
                                                    CONTRACT_TEST(a_change_has_one_cursor_for_ever),
                                                    CONTRACT_TEST(a_cursor_ahead_of_everything_is_refused),
                                                    CONTRACT_TEST(a_change_has_one_cursor_for_ever),
                                                    CONTRACT_TEST(a_cursor_ahead_of_everything_is_refused),
                                                    CONTRACT_TEST(a_dropped_batch_is_not_told),
                                                    CONTRACT_TEST(cursors_are_read_strictly),
                                                    CONTRACT_TESTS_END};
