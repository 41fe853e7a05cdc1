/* The contract, continued: lists of names that are kept back. */
#include "daemon/store/store_list.h"
#include "epp/base/check.h"
#include "tests/harness/store_contract_int.h"

static struct store_line admit(struct contract *c, const char *ref, const char *name)
{
	struct play_line l = {PLAY_GRANT, ref, name, 0, c->account[0], 0, NULL};
	struct store_line line = play_line(&c->a, &l, 1);
	contract_admit_line(c, &line);
	return line;
}

static uint64_t begin(struct contract *c, enum store_list_kind kind)
{
	struct store_list_begin b = {.kind = kind,
	                             .issuer = STR("VNNIC"),
	                             .file = STR("names.txt"),
	                             .by = STR("lan"),
	                             .date = date_make(2026, 11, 1),
	                             .now = c->now};
	assert_int_equal(play(c->b, &b.op, STORE_LIST_BEGIN), OK);
	return b.list;
}

static struct store_list_rows add(struct contract *c, uint64_t list, const char *name, uint32_t line)
{
	struct store_list_row row = {.line = line, .on = DATE_NONE};
	(strchr(name, '.') ? decide_name_key : decide_label_key)(c->decider, str_c(name), row.key);
	struct store_list_rows r = {.list = list, .rows = &row, .count = 1};
	assert_int_equal(play(c->b, &r.op, STORE_LIST_ROWS), OK);
	return r;
}

static enum err publish(struct contract *c, uint64_t list, uint64_t replaces)
{
	struct store_list_publish p = {.list = list,
	                               .replaces = replaces,
	                               .by = STR("an"),
	                               .why = STR("a new edition"),
	                               .now = c->now,
	                               .hash = {7}};
	return play(c->b, &p.op, STORE_LIST_PUBLISH);
}

static uint64_t listed(struct contract *c, enum store_list_kind kind, const char *name)
{
	uint64_t list = begin(c, kind);
	(void)add(c, list, name, 2);
	assert_int_equal(publish(c, list, 0), OK);
	return list;
}

static size_t decide_all(struct contract *c)
{
	struct store_list_decide d = {.more = true};
	size_t count = 0;
	do {
		d.again = (struct store_again){.decider = c->decider, .now = c->now};
		assert_int_equal(play(c->b, &d.op, STORE_LIST_DECIDE), OK);
		count += d.count;
	} while (d.list);
	return count;
}

static bool says(struct str text, const char *what)
{
	return text.len && memmem(text.ptr, text.len, what, strlen(what));
}

static void a_blocked_name_is_refused(void **state)
{
	CONTRACT_OF(c, state);
	(void)listed(c, STORE_LIST_BLOCKED, "bank.id.vn");
	struct store_line no = admit(c, "n1", "bank.id.vn"), yes = admit(c, "n2", "banker.id.vn");
	assert_int_equal(no.state, ITEM_REFUSED);
	assert_string_equal(no.reason, "NAME_BLOCKED");
	assert_true(says(contract_row(c, no.item).decision_item,
	                 "\"name_list\":{\"list\":1,\"line\":2,\"kind\":\"blocked\",\"match\":\"name\","
	                 "\"issuer\":\"VNNIC\",\"date\":\"2026-11-01\"}"));
	assert_int_equal(yes.state, ITEM_QUEUED);
	assert_false(says(contract_row(c, yes.item).decision_item, "name_list"));
}

static void a_label_is_kept_back_in_every_zone(void **state)
{
	CONTRACT_OF(c, state);
	(void)listed(c, STORE_LIST_BLOCKED, "bank");
	struct store_line no = admit(c, "n1", "bank.id.vn");
	assert_string_equal(no.reason, "NAME_BLOCKED");
	assert_true(says(contract_row(c, no.item).decision_item, "\"match\":\"label\""));
	assert_int_equal(admit(c, "n2", "mybank.id.vn").state, ITEM_QUEUED);
}

static void a_reserved_name_goes_to_a_person(void **state)
{
	CONTRACT_OF(c, state);
	(void)listed(c, STORE_LIST_RESERVED, "bank.id.vn");
	struct store_line a = admit(c, "n1", "bank.id.vn");
	assert_int_equal(a.state, ITEM_REVIEW);
	assert_string_equal(a.reason, "NAME_RESERVED");
	struct store_decide d = {.how = STORE_DECIDE_APPROVE,
	                         .item = a.item,
	                         .by = STR("lan"),
	                         .why = STR("it is the bank itself"),
	                         .again = {.decider = c->decider, .now = c->now}};
	assert_int_equal(play(c->b, &d.op, STORE_DECIDE), OK);
	assert_int_equal(d.state, ITEM_QUEUED);
	assert_int_equal(contract_claim(c, 0, 9).count, 1);
}

/* Two lists have it: what is blocked stays so. */
static void blocked_counts_more_than_reserved(void **state)
{
	CONTRACT_OF(c, state);
	uint64_t blocked = listed(c, STORE_LIST_BLOCKED, "bank");
	uint64_t reserved = begin(c, STORE_LIST_RESERVED);
	struct store_list_rows r = add(c, reserved, "bank.id.vn", 2);
	assert_int_equal(r.added, 1); /* this very name was in none */
	r = add(c, reserved, "bank", 3);
	assert_int_equal(r.changed, 1);
	assert_int_equal(publish(c, reserved, 0), OK);
	assert_string_equal(admit(c, "n1", "bank.id.vn").reason, "NAME_BLOCKED");
	struct store_get_named g = {.decider = c->decider, .name = STR("bank.id.vn"), .arena = &c->a};
	assert_int_equal(play(c->b, &g.op, STORE_GET_NAMED), OK);
	assert_int_equal(g.count, 3);
	assert_int_equal(g.rows[0].named.list, blocked);
	assert_true(g.rows[0].named.blocked && g.rows[0].named.label);
	assert_int_equal(g.rows[1].named.list, reserved);
	assert_int_equal(g.rows[1].named.line, 3);
	assert_false(g.rows[2].named.label);
	contract_assert_str(g.rows[2].named.issuer, "VNNIC");
	contract_assert_str(g.rows[2].file, "names.txt");
	contract_assert_str(g.rows[2].by, "lan");
	g.name = STR("bank"); /* the label alone */
	assert_int_equal(play(c->b, &g.op, STORE_GET_NAMED), OK);
	assert_int_equal(g.count, 2);
	g.name = STR("other.id.vn");
	assert_int_equal(play(c->b, &g.op, STORE_GET_NAMED), OK);
	assert_int_equal(g.count, 0);
}

static void what_is_coming_does_not_count(void **state)
{
	CONTRACT_OF(c, state);
	uint64_t list = begin(c, STORE_LIST_BLOCKED);
	(void)add(c, list, "bank.id.vn", 2);
	assert_int_equal(admit(c, "n1", "bank.id.vn").state, ITEM_QUEUED);
	(void)contract_restart(c);
	assert_int_equal(publish(c, list, 0), ERR_NOT_FOUND);
	assert_int_equal(admit(c, "n2", "bank.id.vn").state, ITEM_REFUSED); /* the subject has its name */
}

/* In the queue when the list came: nothing leaves. */
static void what_is_queued_does_not_leave(void **state)
{
	CONTRACT_OF(c, state);
	struct store_line a = admit(c, "n1", "bank.id.vn");
	assert_int_equal(a.state, ITEM_QUEUED);
	uint64_t list = listed(c, STORE_LIST_BLOCKED, "bank.id.vn");
	struct store_claim k = contract_claim(c, 0, 9);
	assert_true(k.count == 0 && k.held == 1);
	contract_assert_state(c, a.item, ITEM_REVIEW);
	contract_assert_str(contract_row(c, a.item).result.reason, "NAME_BLOCKED");
	/* Undone, it goes on. */
	struct store_list_undo u = {.list = list, .by = STR("an"), .why = STR("x"), .now = c->now};
	assert_int_equal(play(c->b, &u.op, STORE_LIST_UNDO), OK);
	assert_int_equal(decide_all(c), 1);
	contract_assert_state(c, a.item, ITEM_QUEUED);
	assert_int_equal(contract_claim(c, 0, 9).count, 1);
}

static void what_waits_is_decided_again(void **state)
{
	CONTRACT_OF(c, state);
	uint64_t reserved = listed(c, STORE_LIST_RESERVED, "bank");
	struct store_line a = admit(c, "n1", "bank.id.vn");
	assert_int_equal(decide_all(c), 1);
	contract_assert_state(c, a.item, ITEM_REVIEW);
	uint64_t list = begin(c, STORE_LIST_BLOCKED);
	(void)add(c, list, "bank.id.vn", 2);
	struct store_list_decide p = {
	    .preview = true, .list = list, .again = {.decider = c->decider, .now = c->now}, .arena = &c->a};
	assert_int_equal(play(c->b, &p.op, STORE_LIST_DECIDE), OK);
	assert_int_equal(p.count, 1);
	assert_int_equal(p.items[0].then, ITEM_REFUSED);
	assert_string_equal(p.items[0].reason, "NAME_BLOCKED");
	contract_assert_state(c, a.item, ITEM_REVIEW);
	assert_int_equal(publish(c, list, reserved), ERR_CONFLICT); /* of another kind */
	assert_int_equal(publish(c, list, list), ERR_NOT_FOUND);    /* it is not in force */
	(void)contract_restart(c);
	assert_int_equal(decide_all(c), 0);
	contract_assert_state(c, a.item, ITEM_REVIEW);
}

static void an_edition_replaces_another(void **state)
{
	CONTRACT_OF(c, state);
	uint64_t old = listed(c, STORE_LIST_RESERVED, "bank.id.vn");
	struct store_line a = admit(c, "n1", "bank.id.vn");
	assert_int_equal(a.state, ITEM_REVIEW);
	uint64_t fresh = begin(c, STORE_LIST_RESERVED);
	(void)add(c, fresh, "school.id.vn", 2);
	assert_int_equal(publish(c, fresh, old), OK);
	(void)contract_restart(c);
	assert_int_equal(decide_all(c), 1);
	contract_assert_state(c, a.item, ITEM_QUEUED);
	struct store_get_lists g = {.arena = &c->a};
	assert_int_equal(play(c->b, &g.op, STORE_GET_LISTS), OK);
	assert_int_equal(g.count, 2);
	assert_int_equal(g.lists[1].state, STORE_LIST_UNDONE);
	contract_assert_str(g.lists[1].undone_by, "an");
	contract_assert_str(g.lists[1].undone_why, "a new edition");
	assert_int_equal(g.lists[0].kind, STORE_LIST_RESERVED);
	assert_int_equal(g.lists[0].state, STORE_LIST_IN_FORCE);
}

const struct CMUnitTest contract_names_tests[] = {CONTRACT_TEST(a_blocked_name_is_refused),
                                                  CONTRACT_TEST(a_label_is_kept_back_in_every_zone),
                                                  CONTRACT_TEST(a_reserved_name_goes_to_a_person),
                                                  CONTRACT_TEST(blocked_counts_more_than_reserved),
                                                  CONTRACT_TEST(what_is_coming_does_not_count),
                                                  CONTRACT_TEST(what_is_queued_does_not_leave),
                                                  CONTRACT_TEST(what_waits_is_decided_again),
                                                  CONTRACT_TEST(an_edition_replaces_another),
                                                  CONTRACT_TESTS_END};
