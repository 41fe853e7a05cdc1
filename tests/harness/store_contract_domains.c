/* The contract, continued: names that end soon. */
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

const struct CMUnitTest contract_domains_tests[] = {CONTRACT_TEST(names_end_in_order), CONTRACT_TESTS_END};
