/* The contract, continued: the departments' lists, and what waits for them. */
#include "daemon/store/store_list.h"
#include "epp/base/check.h"
#include "tests/harness/store_contract_int.h"

#define FOUNDED date_make(2026, 5, 1)

#define CODE(n) play_tax_code(n)

/* A new enterprise that shows no paper. */
static struct store_line enterprise(struct contract *c, const char *ref, const char *code,
                                    const char *attested)
{
	struct play_line l = {PLAY_LISTED, ref, arena_printf(&c->a, "%s.biz.vn", ref).ptr, 0, c->account[0],
	                      0,           NULL};
	struct store_line line = play_line(&c->a, &l, 1);
	struct item_request *req = (struct item_request *)line.request;
	req->applicant.tax_code = str_c(code);
	req->evidence[0] = (struct item_evidence){STR("registrar_attested"), STR("x"), STR("K-1"),
	                                          str_c(attested), date_make(2026, 11, 18)};
	req->evidence_count = attested != NULL;
	play_line_encode(&c->a, &line);
	return line;
}

static struct store_line admit(struct contract *c, struct store_line line)
{
	contract_admit_line(c, &line);
	return line;
}

static struct store_line admit_bare(struct contract *c, const char *ref, const char *code)
{
	return admit(c, enterprise(c, ref, code, NULL));
}

static uint64_t begin(struct contract *c)
{
	struct store_list_begin b = {.kind = STORE_LIST_ENTERPRISES,
	                             .type = STR("finance_department_list"),
	                             .issuer = STR("Sở Tài chính"),
	                             .file = STR("list.csv"),
	                             .by = STR("lan"),
	                             .date = date_make(2026, 11, 1),
	                             .now = c->now};
	assert_int_equal(play(c->b, &b.op, STORE_LIST_BEGIN), OK);
	assert_true(b.list > 0);
	return b.list;
}

static struct store_list_row row_of(struct contract *c, const char *code, uint32_t line, date_t on)
{
	struct store_list_row r = {.line = line, .on = on};
	assert_true(decide_list_key(c->decider, APPLICANT_ENTERPRISE, str_c(code), r.key));
	return r;
}

static struct store_list_rows add(struct contract *c, uint64_t list, const char *code, uint32_t line,
                                  date_t on)
{
	struct store_list_row row = row_of(c, code, line, on);
	struct store_list_rows r = {.list = list, .rows = &row, .count = 1};
	assert_int_equal(play(c->b, &r.op, STORE_LIST_ROWS), OK);
	return r;
}

static uint64_t publish(struct contract *c, uint64_t list)
{
	struct store_list_publish p = {.list = list, .hash = {7}};
	assert_int_equal(play(c->b, &p.op, STORE_LIST_PUBLISH), OK);
	return p.rows;
}

/* A list with one row, in force. */
static uint64_t listed(struct contract *c, const char *code, date_t on)
{
	uint64_t list = begin(c);
	(void)add(c, list, code, 2, on);
	assert_int_equal(publish(c, list), 1);
	return list;
}

static struct store_list_decide decide_all(struct contract *c)
{
	struct store_list_decide all = {.count = 0}, d = {.more = true};
	do {
		d.again = (struct store_again){.decider = c->decider, .now = c->now};
		assert_int_equal(play(c->b, &d.op, STORE_LIST_DECIDE), OK);
		all.count += d.count;
		all.queued += d.queued;
		if (d.list)
			all.decided = d.decided;
	} while (d.list);
	return all;
}

static struct store_list_decide preview(struct contract *c, uint64_t list)
{
	struct store_list_decide d = {
	    .preview = true, .list = list, .again = {.decider = c->decider, .now = c->now}, .arena = &c->a};
	assert_int_equal(play(c->b, &d.op, STORE_LIST_DECIDE), OK);
	return d;
}

static struct store_get_lists lists(struct contract *c)
{
	struct store_get_lists g = {.arena = &c->a};
	assert_int_equal(play(c->b, &g.op, STORE_GET_LISTS), OK);
	return g;
}

static bool says(struct str text, const char *what)
{
	return text.len && memmem(text.ptr, text.len, what, strlen(what));
}

static void a_listed_subject_needs_no_paper(void **state)
{
	CONTRACT_OF(c, state);
	uint64_t list = listed(c, CODE(0), FOUNDED);
	struct store_line in = admit_bare(c, "e1", CODE(0)), out = admit_bare(c, "e2", CODE(1));
	assert_int_equal(in.state, ITEM_QUEUED);
	assert_int_equal(out.state, ITEM_WAITING);
	struct store_row row = contract_row(c, in.item);
	assert_true(says(row.decision_item, "\"list\":{\"list\":1,\"line\":2,\"date\":\"2026-11-01\","
	                                    "\"result\":\"confirmed\"}"));
	assert_int_equal(list, 1);
}

static void what_is_coming_does_not_count(void **state)
{
	CONTRACT_OF(c, state);
	uint64_t list = begin(c);
	(void)add(c, list, CODE(0), 2, FOUNDED);
	assert_int_equal(admit_bare(c, "e1", CODE(0)).state, ITEM_WAITING);
	assert_int_equal(lists(c).count, 0);
	struct store_list_drop d = {.list = list};
	assert_int_equal(play(c->b, &d.op, STORE_LIST_DROP), OK);
	assert_false(d.more);
	assert_int_equal(play(c->b, &d.op, STORE_LIST_DROP), ERR_NOT_FOUND);
	struct store_list_publish p = {.list = list};
	assert_int_equal(play(c->b, &p.op, STORE_LIST_PUBLISH), ERR_NOT_FOUND);
	/* Nor does it after a crash: it is gone. */
	list = begin(c);
	(void)add(c, list, CODE(0), 2, FOUNDED);
	(void)contract_restart(c);
	p.list = list;
	assert_int_equal(play(c->b, &p.op, STORE_LIST_PUBLISH), ERR_NOT_FOUND);
	assert_int_equal(admit_bare(c, "e2", CODE(0)).state, ITEM_WAITING);
	/* What somebody began and left is removed by the next one. */
	list = begin(c);
	c->now += STORE_LIST_LEFT_MS;
	(void)begin(c);
	p.list = list;
	assert_int_equal(play(c->b, &p.op, STORE_LIST_PUBLISH), ERR_NOT_FOUND);
}

static void an_import_decides_what_waited(void **state)
{
	CONTRACT_OF(c, state);
	struct store_line a = admit_bare(c, "e1", CODE(0)), b = admit_bare(c, "e2", CODE(1));
	(void)listed(c, CODE(0), FOUNDED);
	contract_assert_state(c, a.item, ITEM_WAITING); /* page by page, afterwards */
	assert_true(lists(c).lists[0].deciding);
	struct store_list_decide d = decide_all(c);
	assert_int_equal(d.count, 1);
	assert_int_equal(d.queued, 1);
	assert_int_equal(d.decided, 1);
	contract_assert_state(c, a.item, ITEM_QUEUED);
	contract_assert_state(c, b.item, ITEM_WAITING);
	assert_false(lists(c).lists[0].deciding);
	assert_int_equal(decide_all(c).count, 0);
	struct store_claim k = contract_claim(c, 0, 9);
	assert_true(k.count == 1 && k.held == 0 && k.items[0].item == a.item);
}

/* Where the work stood is kept. */
static void an_import_is_carried_on_after_a_crash(void **state)
{
	CONTRACT_OF(c, state);
	struct store_line a = admit_bare(c, "e1", CODE(0));
	(void)listed(c, CODE(0), FOUNDED);
	(void)contract_restart(c);
	assert_true(lists(c).lists[0].deciding);
	assert_int_equal(decide_all(c).count, 1);
	contract_assert_state(c, a.item, ITEM_QUEUED);
}

static void a_list_that_contradicts_goes_to_a_person(void **state)
{
	CONTRACT_OF(c, state);
	(void)listed(c, CODE(0), date_make(2019, 5, 1));
	struct store_line a = admit(c, enterprise(c, "e1", CODE(0), "confirmed"));
	assert_int_equal(a.state, ITEM_REVIEW);
	assert_string_equal(a.reason, "EVIDENCE_CONTRADICTED");
	/* A newer list that says otherwise takes its place. */
	(void)listed(c, CODE(0), FOUNDED);
	assert_int_equal(decide_all(c).queued, 1);
	contract_assert_state(c, a.item, ITEM_QUEUED);
}

/* What a person has looked at was another doubt. */
static void an_approval_is_of_what_was_seen(void **state)
{
	CONTRACT_OF(c, state);
	struct store_line a = admit(c, enterprise(c, "e1", CODE(0), "unconfirmed"));
	assert_int_equal(a.state, ITEM_REVIEW);
	assert_string_equal(a.reason, "EVIDENCE_UNCONFIRMED");
	struct store_decide d = {.how = STORE_DECIDE_APPROVE,
	                         .item = a.item,
	                         .by = STR("lan"),
	                         .why = STR("seen\nin the office"),
	                         .again = {.decider = c->decider, .now = c->now}};
	assert_int_equal(play(c->b, &d.op, STORE_DECIDE), OK);
	assert_int_equal(d.state, ITEM_QUEUED);
	struct store_get_notes n = {.item = a.item, .arena = &c->a};
	assert_int_equal(play(c->b, &n.op, STORE_GET_NOTES), OK);
	contract_assert_str(n.notes[0].codes, "EVIDENCE_UNCONFIRMED");
	contract_assert_str(n.notes[0].why, "seen\nin the office");
	(void)listed(c, CODE(0), date_make(2019, 5, 1));
	struct store_claim k = contract_claim(c, 0, 9);
	assert_true(k.count == 0 && k.held == 1);
	contract_assert_str(contract_row(c, a.item).result.reason, "EVIDENCE_CONTRADICTED");
	/* Now that has been seen, too. */
	assert_int_equal(play(c->b, &d.op, STORE_DECIDE), OK);
	assert_int_equal(d.state, ITEM_QUEUED);
	assert_int_equal(contract_claim(c, 0, 9).count, 1);
}

static void an_undone_list_counts_no_more(void **state)
{
	CONTRACT_OF(c, state);
	uint64_t list = listed(c, CODE(0), FOUNDED);
	struct store_line a = admit_bare(c, "e1", CODE(0));
	assert_int_equal(a.state, ITEM_QUEUED);
	struct store_list_undo u = {
	    .list = list, .by = STR("binh"), .why = STR("the wrong file"), .now = c->now + 5};
	assert_int_equal(play(c->b, &u.op, STORE_LIST_UNDO), OK);
	assert_int_equal(play(c->b, &u.op, STORE_LIST_UNDO), ERR_CONFLICT);
	/* What is queued is decided again before it is sent: nothing leaves on the strength of it. */
	struct store_claim k = contract_claim(c, 0, 9);
	assert_true(k.count == 0 && k.held == 1);
	contract_assert_state(c, a.item, ITEM_REVIEW);
	assert_int_equal(contract_counts(c).grants, 0);
	assert_int_equal(admit_bare(c, "e2", CODE(0)).state, ITEM_WAITING);
	struct store_get_lists g = lists(c);
	assert_int_equal(g.count, 1);
	assert_int_equal(g.lists[0].state, STORE_LIST_UNDONE);
	contract_assert_str(g.lists[0].undone_by, "binh");
	contract_assert_str(g.lists[0].undone_why, "the wrong file");
	assert_int_equal(g.lists[0].undone_at, c->now + 5);
	/* It was held for want of the list: the list's return lets it go. */
	(void)listed(c, CODE(0), FOUNDED);
	(void)decide_all(c);
	contract_assert_state(c, a.item, ITEM_QUEUED);
}

static void undoing_decides_what_waits_again(void **state)
{
	CONTRACT_OF(c, state);
	uint64_t list = listed(c, CODE(0), date_make(2019, 5, 1));
	struct store_line a = admit(c, enterprise(c, "e1", CODE(0), "confirmed"));
	assert_int_equal(a.state, ITEM_REVIEW);
	(void)decide_all(c);
	struct store_list_undo u = {.list = list, .by = STR("binh"), .why = STR("x"), .now = c->now};
	assert_int_equal(play(c->b, &u.op, STORE_LIST_UNDO), OK);
	assert_int_equal(decide_all(c).queued, 1);
	contract_assert_state(c, a.item, ITEM_QUEUED);
}

static void a_preview_changes_nothing(void **state)
{
	CONTRACT_OF(c, state);
	struct store_line a = admit_bare(c, "e1", CODE(0));
	(void)admit_bare(c, "e2", CODE(1));
	(void)listed(c, CODE(2), FOUNDED);
	(void)listed(c, CODE(3), date_make(2026, 3, 3));
	(void)decide_all(c);
	uint64_t list = begin(c);
	assert_int_equal(add(c, list, CODE(0), 2, FOUNDED).added, 1);
	assert_int_equal(add(c, list, CODE(2), 3, FOUNDED).repeated, 1);
	assert_int_equal(add(c, list, CODE(3), 4, FOUNDED).changed, 1);
	struct store_list_decide d = preview(c, list);
	assert_int_equal(d.count, 1);
	assert_false(d.more);
	assert_int_equal(d.items[0].row.item, a.item);
	assert_int_equal(d.items[0].row.state, ITEM_WAITING);
	assert_int_equal(d.items[0].then, ITEM_QUEUED);
	assert_string_equal(d.items[0].reason, "OK");
	contract_assert_state(c, a.item, ITEM_WAITING);
	assert_int_equal(contract_counts(c).grants, 0);
	assert_int_equal(admit_bare(c, "e3", CODE(0)).state, ITEM_WAITING);
	struct store_list_drop x = {.list = list};
	assert_int_equal(play(c->b, &x.op, STORE_LIST_DROP), OK);
	assert_int_equal(decide_all(c).count, 0);
}

static void lists_are_told_newest_first(void **state)
{
	CONTRACT_OF(c, state);
	(void)listed(c, CODE(0), FOUNDED);
	(void)listed(c, CODE(1), DATE_NONE);
	(void)contract_restart(c);
	struct store_get_lists g = lists(c);
	assert_int_equal(g.count, 2);
	assert_int_equal(g.lists[0].list, 2);
	assert_int_equal(g.lists[1].list, 1);
	contract_assert_str(g.lists[1].issuer, "Sở Tài chính");
	contract_assert_str(g.lists[1].file, "list.csv");
	contract_assert_str(g.lists[1].by, "lan");
	contract_assert_str(g.lists[1].type, "finance_department_list");
	assert_int_equal(g.lists[1].date, date_make(2026, 11, 1));
	assert_int_equal(g.lists[1].at, PLAY_START);
	assert_int_equal(g.lists[1].rows, 1);
	assert_int_equal(g.lists[1].hash[0], 7);
	assert_int_equal(g.lists[1].kind, STORE_LIST_ENTERPRISES);
	assert_int_equal(g.lists[1].state, STORE_LIST_IN_FORCE);
	assert_int_equal(admit_bare(c, "e1", CODE(1)).state, ITEM_QUEUED); /* in force after a restart, too */
}

/* More waits than one operation looks at. */
static void much_that_waits_is_decided_in_pages(void **state)
{
	CONTRACT_OF(c, state);
	enum { MANY = STORE_LIST_PAGE_MAX + 20 };
	for (unsigned i = 0; i < MANY; i++)
		(void)admit_bare(c, arena_printf(&c->a, "e%u", i).ptr, CODE(i % 2));
	(void)listed(c, CODE(0), FOUNDED);
	struct store_list_decide d = decide_all(c);
	assert_int_equal(d.count, MANY / 2);
	assert_int_equal(d.decided, MANY / 2);
	assert_int_equal(d.queued, 1); /* one grant per subject */
	assert_int_equal(contract_counts(c).items[ITEM_REFUSED], MANY / 2 - 1);
	assert_int_equal(contract_counts(c).items[ITEM_WAITING], MANY - MANY / 2);
}

const struct CMUnitTest contract_list_tests[] = {CONTRACT_TEST(a_listed_subject_needs_no_paper),
                                                 CONTRACT_TEST(what_is_coming_does_not_count),
                                                 CONTRACT_TEST(an_import_decides_what_waited),
                                                 CONTRACT_TEST(an_import_is_carried_on_after_a_crash),
                                                 CONTRACT_TEST(a_list_that_contradicts_goes_to_a_person),
                                                 CONTRACT_TEST(an_approval_is_of_what_was_seen),
                                                 CONTRACT_TEST(an_undone_list_counts_no_more),
                                                 CONTRACT_TEST(undoing_decides_what_waits_again),
                                                 CONTRACT_TEST(a_preview_changes_nothing),
                                                 CONTRACT_TEST(lists_are_told_newest_first),
                                                 CONTRACT_TEST(much_that_waits_is_decided_in_pages),
                                                 CONTRACT_TESTS_END};
