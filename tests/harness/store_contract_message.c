/* The contract, continued: poll messages. */
#include "epp/base/check.h"
#include "daemon/store/store_domains.h"
#include "daemon/store/store_message.h"
#include "tests/harness/store_contract_int.h"

static struct store_get_domain domain(struct contract *c, const char *name)
{
	struct store_get_domain g = {.domain = str_c(name)};
	assert_int_equal(play(c->b, &g.op, STORE_GET_DOMAIN), OK);
	return g;
}

static struct store_message message(struct contract *c, const char *id, bool approved)
{
	return (struct store_message){.account = c->account[0],
	                              .id = str_c(id),
	                              .text = STR("Pending action is over."),
	                              .body = STR("epp response"),
	                              .at = c->now,
	                              .now = c->now + 10,
	                              .is_pan = true,
	                              .pan_approved = approved,
	                              .domain = STR("n1.id.vn"),
	                              .expires = INSTANT_NONE};
}

/* An item whose create is pending. `expires`: what the answer with 1001 said. */
static item_id_t pending_item(struct contract *c, instant_ms_t expires)
{
	struct play_line l = {PLAY_GRANT, "r1", "n1.id.vn", 1, c->account[0], 0, NULL};
	item_id_t item = contract_admit(c, 0, &l, 1);
	struct store_claim k = contract_claim(c, 0, 1);
	struct store_step s = contract_step(c, item, k.claim, ITEM_PENDING);
	s.result.code = 1001;
	s.result.created = expires == INSTANT_NONE ? INSTANT_NONE : c->now;
	s.result.expires = expires;
	s.result.sv_trid = STR("SV-7");
	assert_int_equal(contract_finish(c, &s, 1), OK);
	return item;
}

static void a_message_is_stored_once(void **state)
{
	CONTRACT_OF(c, state);
	struct store_message m = message(c, "1", true);
	m.is_pan = false;
	m.domain = STR_NONE;
	m.attention = STR("it is not understood");
	assert_int_equal(play(c->b, &m.op, STORE_MESSAGE), OK);
	assert_false(m.duplicate);
	assert_int_equal(contract_counts(c).messages_waiting, 1);
	(void)contract_restart(c);
	assert_int_equal(play(c->b, &m.op, STORE_MESSAGE), OK);
	assert_true(m.duplicate);
	assert_int_equal(contract_counts(c).messages_waiting, 1);
	m.at++; /* registries use a number again after a while */
	assert_int_equal(play(c->b, &m.op, STORE_MESSAGE), OK);
	assert_false(m.duplicate);
	m.account = c->account[1];
	assert_int_equal(play(c->b, &m.op, STORE_MESSAGE), OK);
	assert_false(m.duplicate);
	m.id = STR("2");
	m.attention = STR_NONE;
	assert_int_equal(play(c->b, &m.op, STORE_MESSAGE), OK);
	assert_int_equal(contract_counts(c).messages_waiting, 3);
}

static void an_approval_settles_the_pending_item(void **state)
{
	CONTRACT_OF(c, state);
	item_id_t item = pending_item(c, c->now + 365 * PLAY_DAY);
	struct store_message m = message(c, "1", true);
	m.account = c->account[1]; /* of another account: none of its items */
	assert_int_equal(play(c->b, &m.op, STORE_MESSAGE), OK);
	assert_int_equal(m.settled, 0);
	m.account = c->account[0];
	m.domain = STR("n2.id.vn");
	m.id = STR("2");
	assert_int_equal(play(c->b, &m.op, STORE_MESSAGE), OK);
	assert_int_equal(m.settled, 0);
	contract_assert_state(c, item, ITEM_PENDING);
	m.domain = STR("n1.id.vn");
	m.id = STR("3");
	assert_int_equal(play(c->b, &m.op, STORE_MESSAGE), OK);
	assert_int_equal(m.settled, item);
	assert_false(m.look || m.duplicate);
	struct store_row row = contract_row(c, item);
	assert_int_equal(row.state, ITEM_DONE);
	contract_assert_str(row.result.reason, "CREATED");
	contract_assert_str(row.result.message, "Pending action is over.");
	contract_assert_str(row.result.sv_trid, "SV-7");
	assert_int_equal(row.result.expires, c->now + 365 * PLAY_DAY);
	assert_int_equal(row.result.at, c->now + 10);
	assert_int_equal(domain(c, "n1.id.vn").partner, c->partner[0]);
	assert_int_equal(contract_counts(c).grants, 1);
	assert_int_equal(play(c->b, &m.op, STORE_MESSAGE), OK);
	assert_true(m.duplicate && m.settled == 0);
	m.id = STR("4"); /* nothing is pending any more */
	assert_int_equal(play(c->b, &m.op, STORE_MESSAGE), OK);
	assert_int_equal(m.settled, 0);
}

static void an_approval_without_dates_must_be_looked_up(void **state)
{
	CONTRACT_OF(c, state);
	item_id_t item = pending_item(c, INSTANT_NONE);
	struct store_message m = message(c, "1", true);
	assert_int_equal(play(c->b, &m.op, STORE_MESSAGE), OK);
	assert_int_equal(m.settled, item);
	assert_true(m.look);
	contract_assert_state(c, item, ITEM_RECONCILING);
	struct store_get_domain g = {.domain = STR("n1.id.vn")};
	assert_int_equal(play(c->b, &g.op, STORE_GET_DOMAIN), ERR_NOT_FOUND);
	assert_int_equal(contract_counts(c).grants, 1);
}

/* In doubt after a crash, it looks, and sees what another item waits for. */
static void what_pends_for_another_item_is_not_its_own(void **state)
{
	CONTRACT_OF(c, state);
	struct play_line l[] = {{PLAY_GRANT, "r1", "n1.id.vn", 1, c->account[0], 0, NULL},
	                        {PLAY_GRANT, "r2", "n1.id.vn", 2, c->account[0], 0, NULL}};
	item_id_t first = contract_admit(c, 0, l, 2);
	struct store_claim k = contract_claim(c, 0, 2);
	struct store_step s = contract_step(c, first + 1, k.claim, ITEM_PENDING);
	s.result.code = 1001;
	assert_int_equal(contract_finish(c, &s, 1), OK);
	(void)contract_restart(c);
	contract_end(c, first, 0, ITEM_RECONCILING);
	contract_end(c, first, 0, ITEM_PENDING);
	contract_assert_state(c, first, ITEM_FAILED);
	contract_assert_str(contract_row(c, first).result.reason, "NAME_TAKEN");
	assert_int_equal(contract_counts(c).grants, 1);
	struct store_message m = message(c, "1", true);
	assert_int_equal(play(c->b, &m.op, STORE_MESSAGE), OK);
	assert_int_equal(m.settled, first + 1);
}

static void a_denial_ends_the_pending_item(void **state)
{
	CONTRACT_OF(c, state);
	item_id_t item = pending_item(c, c->now + 365 * PLAY_DAY);
	struct store_message m = message(c, "1", false);
	assert_int_equal(play(c->b, &m.op, STORE_MESSAGE), OK);
	assert_int_equal(m.settled, item);
	assert_false(m.look);
	struct store_row row = contract_row(c, item);
	assert_int_equal(row.state, ITEM_FAILED);
	assert_int_equal(row.result.fault, FAULT_REGISTRY);
	contract_assert_str(row.result.reason, "REFUSED_LATER");
	assert_int_equal(contract_counts(c).grants, 0);
	assert_int_equal(contract_counts(c).domains, 0);
}

static struct store_get_messages messages(struct contract *c, bool waiting, uint64_t one)
{
	struct store_get_messages g = {.message = one, .waiting = waiting, .limit = 10, .arena = &c->a};
	assert_int_equal(play(c->b, &g.op, STORE_GET_MESSAGES), OK);
	return g;
}

/* About a name of this item's, which is created. */
static struct store_message about_created(struct contract *c, const char *id)
{
	struct play_line l = {PLAY_GRANT, "r1", "n1.id.vn", 1, c->account[0], 0, NULL};
	item_id_t item = contract_admit(c, 0, &l, 1);
	struct store_claim k = contract_claim(c, 0, 1);
	struct store_step s = contract_step(c, item, k.claim, ITEM_DONE);
	s.name = STORE_NAME_CREATED;
	s.result.created = c->now;
	s.result.expires = c->now + 365 * PLAY_DAY;
	assert_int_equal(contract_finish(c, &s, 1), OK);
	struct store_message m = message(c, id, false);
	m.is_pan = false;
	return m;
}

static void a_name_that_is_gone_belongs_to_nobody(void **state)
{
	CONTRACT_OF(c, state);
	struct store_message m = about_created(c, "1");
	m.gone = true;
	m.account = c->account[1]; /* not this account's name */
	assert_int_equal(play(c->b, &m.op, STORE_MESSAGE), OK);
	assert_false(m.known);
	assert_int_equal(domain(c, "n1.id.vn").partner, c->partner[0]);
	m.account = c->account[0];
	assert_int_equal(play(c->b, &m.op, STORE_MESSAGE), OK);
	assert_true(m.known && !m.waits);
	assert_int_equal(domain(c, "n1.id.vn").partner, 0);
	m.id = STR("2");
	assert_int_equal(play(c->b, &m.op, STORE_MESSAGE), OK);
	assert_false(m.known);
	assert_int_equal(contract_counts(c).grants, 1); /* the free years were had */
}

static void what_the_registry_renews_expires_later_never_sooner(void **state)
{
	CONTRACT_OF(c, state);
	struct store_message m = about_created(c, "1");
	m.expires = c->now + 300 * PLAY_DAY;
	assert_int_equal(play(c->b, &m.op, STORE_MESSAGE), OK);
	assert_true(m.known);
	assert_int_equal(domain(c, "n1.id.vn").expires, c->now + 365 * PLAY_DAY);
	m.id = STR("2");
	m.expires = c->now + 730 * PLAY_DAY;
	assert_int_equal(play(c->b, &m.op, STORE_MESSAGE), OK);
	assert_int_equal(domain(c, "n1.id.vn").expires, c->now + 730 * PLAY_DAY);
}

static void a_setting_is_written_with_its_message(void **state)
{
	CONTRACT_OF(c, state);
	struct store_setting get = {.name = "pauses", .arena = &c->a};
	struct store_message m = message(c, "1", true);
	m.is_pan = false;
	m.setting = "pauses";
	m.setting_value = STR("[1]");
	assert_int_equal(play(c->b, &m.op, STORE_MESSAGE), OK);
	assert_int_equal(play(c->b, &get.op, STORE_SETTING), OK);
	contract_assert_str(get.value, "[1]");
	m.setting_value = STR("[2]"); /* the same message again */
	assert_int_equal(play(c->b, &m.op, STORE_MESSAGE), OK);
	get.value = STR_NONE;
	assert_int_equal(play(c->b, &get.op, STORE_SETTING), OK);
	contract_assert_str(get.value, "[1]");
}

static void people_find_what_waits_for_them_and_say_when_it_is_done(void **state)
{
	CONTRACT_OF(c, state);
	item_id_t item = pending_item(c, c->now + 365 * PLAY_DAY);
	struct store_message m = message(c, "1", true);
	m.kind = STR("pending");
	assert_int_equal(play(c->b, &m.op, STORE_MESSAGE), OK);
	assert_false(m.waits);
	m.id = STR("2"); /* nothing waits for it any more */
	assert_int_equal(play(c->b, &m.op, STORE_MESSAGE), OK);
	assert_true(m.waits);
	struct store_get_messages all = messages(c, false, 0), waiting = messages(c, true, 0);
	assert_true(all.count == 2 && waiting.count == 1 && !all.more);
	contract_assert_str(all.rows[0].id, "2"); /* newest first */
	assert_int_equal(all.rows[1].item, item);
	contract_assert_str(all.rows[1].kind, "pending");
	assert_int_equal(all.rows[0].body.len, 0);
	uint64_t number = waiting.rows[0].message;
	contract_assert_str(messages(c, false, number).rows[0].body, "epp response");
	assert_true(strstr(waiting.rows[0].attention.ptr, "no item") != NULL);
	struct store_message_done d = {.message = number, .why = STR("known"), .now = c->now + 99};
	assert_int_equal(play(c->b, &d.op, STORE_MESSAGE_DONE), OK);
	assert_int_equal(messages(c, true, 0).count, 0);
	struct store_message_row row = messages(c, false, number).rows[0];
	contract_assert_str(row.done_why, "known");
	assert_int_equal(row.done_at, c->now + 99);
	assert_int_equal(play(c->b, &d.op, STORE_MESSAGE_DONE), ERR_NOT_FOUND); /* it was done */
	struct store_get_messages none = {.message = 999, .arena = &c->a};
	assert_int_equal(play(c->b, &none.op, STORE_GET_MESSAGES), ERR_NOT_FOUND);
}

const struct CMUnitTest contract_message_tests[] = {
    CONTRACT_TEST(a_message_is_stored_once),
    CONTRACT_TEST(an_approval_settles_the_pending_item),
    CONTRACT_TEST(an_approval_without_dates_must_be_looked_up),
    CONTRACT_TEST(what_pends_for_another_item_is_not_its_own),
    CONTRACT_TEST(a_denial_ends_the_pending_item),
    CONTRACT_TEST(a_name_that_is_gone_belongs_to_nobody),
    CONTRACT_TEST(what_the_registry_renews_expires_later_never_sooner),
    CONTRACT_TEST(a_setting_is_written_with_its_message),
    CONTRACT_TEST(people_find_what_waits_for_them_and_say_when_it_is_done),
    CONTRACT_TESTS_END};
