/* The contract, continued: names that end soon. */
#include "daemon/store/store_changes.h"
#include "daemon/store/store_domains.h"

#include "epp/base/check.h"
#include "tests/harness/store_contract_int.h"

/* Days from now on: expires, and first paid day (the grant began two years before it); DATE_NONE: paid. */
static void import_name(struct contract *c, size_t partner, const char *name, int expires, date_t free_until)
{
	date_t today = date_of_instant(c->now, HANOI_OFFSET_S);
	struct store_import_row row = {.domain = str_c(name),
	                               .partner = c->partner[partner],
	                               .account = c->account[0],
	                               .created = c->now - 2000 * PLAY_DAY,
	                               .expires = c->now + expires * PLAY_DAY,
	                               .grant_from = DATE_NONE};
	if (free_until != DATE_NONE)
		row.grant_from = date_add_years(today + free_until, -2, false);
	struct store_import i = {.rows = &row, .count = 1};
	assert_int_equal(play(c->b, &i.op, STORE_IMPORT), OK);
}

/* "name:what …" */
static struct str ending(struct contract *c, size_t partner, int days, uint32_t limit)
{
	struct store_get_domains g = {.partner = c->partner[partner],
	                              .after = c->now,
	                              .before = c->now + days * PLAY_DAY,
	                              .limit = limit,
	                              .arena = &c->a};
	struct str s = STR_NONE;
	do {
		assert_int_equal(play(c->b, &g.op, STORE_GET_DOMAINS), OK);
		for (size_t i = 0; i < g.count; i++) {
			const struct store_domain_row *r = &g.rows[i];
			s = arena_printf(&c->a, "%.*s%s%.*s:%s", STR_ARG(s), s.len ? " " : "",
			                 STR_ARG(r->domain),
			                 r->what == STORE_ENDING_COSTS ? "costs" : "expires");
			g.after = r->at;
			g.after_name = r->domain;
		}
	} while (g.more);
	return s;
}

static void names_end_in_order(void **state)
{
	CONTRACT_OF(c, state);
	import_name(c, 0, "b.com.vn", 5, DATE_NONE);
	import_name(c, 0, "a.com.vn", 5, DATE_NONE);
	import_name(c, 0, "gone.com.vn", -1, DATE_NONE);
	import_name(c, 0, "free.id.vn", 10, 10);  /* its free years end with it */
	import_name(c, 0, "later.id.vn", 400, 3); /* … and here before it does */
	import_name(c, 0, "far.com.vn", 40, DATE_NONE);
	import_name(c, 1, "theirs.com.vn", 5, DATE_NONE);
	for (uint32_t limit = 1; limit < 7; limit++) {
		contract_assert_str(ending(c, 0, 30, limit),
		                    "later.id.vn:costs a.com.vn:expires b.com.vn:expires free.id.vn:expires");
		contract_assert_str(ending(c, 1, 30, limit), "theirs.com.vn:expires");
	}
	contract_assert_str(ending(c, 0, 3, 9), "later.id.vn:costs");
	contract_assert_str(ending(c, 0, 2, 9), "");
}

/* ---- notices ------------------------------------------------------------------------------------------------------------- */

/* Told now, when names are told of `days` ahead, in pages of `limit`. */
static uint32_t notify(struct contract *c, int days, uint32_t limit)
{
	date_t today = date_of_instant(c->now, HANOI_OFFSET_S);
	struct store_notify n = {.from = today - 30, .until = today + days, .now = c->now, .limit = limit};
	uint32_t told = 0;
	do {
		assert_int_equal(play(c->b, &n.op, STORE_NOTIFY), OK);
		told += n.told;
	} while (n.more);
	return told;
}

/* The partner's feed: "name@days" of a notice, else the reference. */
static struct str feed(struct contract *c, size_t partner)
{
	date_t today = date_of_instant(c->now, HANOI_OFFSET_S);
	struct str s = STR_NONE;
	struct store_get_changes g = {.partner = c->partner[partner], .limit = 2, .arena = &c->a};
	do {
		assert_int_equal(play(c->b, &g.op, STORE_GET_CHANGES), OK);
		for (size_t i = 0; i < g.count; i++) {
			const struct store_change *r = &g.rows[i];
			s = r->notice ? arena_printf(&c->a, "%.*s%s%.*s@%d", STR_ARG(s), s.len ? " " : "",
			                             STR_ARG(r->domain), r->on - today)
			              : arena_printf(&c->a, "%.*s%s%.*s", STR_ARG(s), s.len ? " " : "",
			                             STR_ARG(r->ref));
		}
	} while (g.more);
	return s;
}

static void a_name_that_begins_to_cost_is_told_once(void **state)
{
	CONTRACT_OF(c, state);
	import_name(c, 0, "b.id.vn", 20, 20);
	import_name(c, 0, "a.id.vn", 20, 20);
	import_name(c, 0, "soon.id.vn", 5, 5);
	import_name(c, 0, "far.id.vn", 90, 90);
	import_name(c, 0, "paid.id.vn", 20, DATE_NONE);
	import_name(c, 0, "bought.id.vn", 400, 10); /* its third year is paid */
	import_name(c, 0, "ended.id.vn", -3, 10);
	import_name(c, 1, "theirs.id.vn", 7, 7);
	assert_int_equal(notify(c, 4, 9), 0);
	assert_int_equal(notify(c, 30, 1), 4);
	contract_assert_str(feed(c, 0), "soon.id.vn@5 a.id.vn@20 b.id.vn@20");
	contract_assert_str(feed(c, 1), "theirs.id.vn@7");
	assert_int_equal(notify(c, 30, 9), 0);
	(void)contract_restart(c);
	assert_int_equal(notify(c, 30, 9), 0);
	contract_assert_str(feed(c, 0), "soon.id.vn@5 a.id.vn@20 b.id.vn@20");
	/* More comes into sight: with time, or when the operator wants to tell earlier. */
	assert_int_equal(notify(c, 100, 9), 1);
	contract_assert_str(feed(c, 0), "soon.id.vn@5 a.id.vn@20 b.id.vn@20 far.id.vn@90");
}

static void a_name_is_told_of_again_to_another_owner(void **state)
{
	CONTRACT_OF(c, state);
	import_name(c, 0, "a.id.vn", 20, 20);
	assert_int_equal(notify(c, 30, 9), 1);
	import_name(c, 0, "a.id.vn", 20, 20); /* the same once more */
	assert_int_equal(notify(c, 30, 9), 0);
	import_name(c, 1, "a.id.vn", 20, 20);
	assert_int_equal(notify(c, 30, 9), 1);
	contract_assert_str(feed(c, 1), "a.id.vn@20");
	import_name(c, 1, "a.id.vn", 25, 25); /* its free years end on another day */
	assert_int_equal(notify(c, 30, 9), 1);
	contract_assert_str(feed(c, 1), "a.id.vn@20 a.id.vn@25");
}

/* Notices stand between the results, and change nothing about them. */
static void notices_are_in_order_with_changes(void **state)
{
	CONTRACT_OF(c, state);
	item_id_t first = contract_admit_many(c, 0, "r", 1, 2);
	struct store_claim k = contract_claim(c, 0, 2);
	contract_end(c, first, k.claim, ITEM_FAILED);
	import_name(c, 0, "a.id.vn", 20, 20);
	assert_int_equal(notify(c, 30, 9), 1);
	contract_end(c, first + 1, k.claim, ITEM_FAILED);
	contract_assert_str(feed(c, 0), "r1 r2 r1 a.id.vn@20 r2");
	contract_assert_state(c, first, ITEM_FAILED);
	struct store_get_item i = {.item = first, .arena = &c->a};
	assert_int_equal(play(c->b, &i.op, STORE_GET_ITEM), OK);
	struct store_get_changes g = {.partner = c->partner[0],
	                              .batch = i.row.batch,
	                              .from = STORE_CHANGES_BATCH,
	                              .limit = 100,
	                              .arena = &c->a};
	assert_int_equal(play(c->b, &g.op, STORE_GET_CHANGES), OK);
	assert_int_equal(g.count, 4); /* a batch's own */
	struct store_progress p = {.more = true};
	while (p.more)
		assert_int_equal(play(c->b, &p.op, STORE_PROGRESS), OK);
}

const struct CMUnitTest contract_domains_tests[] = {CONTRACT_TEST(names_end_in_order),
                                                    CONTRACT_TEST(a_name_that_begins_to_cost_is_told_once),
                                                    CONTRACT_TEST(a_name_is_told_of_again_to_another_owner),
                                                    CONTRACT_TEST(notices_are_in_order_with_changes),
                                                    CONTRACT_TESTS_END};
