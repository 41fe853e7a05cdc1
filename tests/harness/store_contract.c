/* The contract suite of stores: the fixture, start-up, groups, reading connections. */
#include "epp/base/alloc.h"
#include "daemon/store/store_domains.h"
#include "epp/trid.h"
#include "tests/harness/store_contract_int.h"

#include <stdlib.h>
#include <string.h>

static const struct store_kit *kit;
static struct decider *deciders[2];

/* ---- the fixture ---------------------------------------------------------------------------------------------------------- */

static struct store_recover recover(struct contract *c)
{
	struct store_recover r = {.now = c->now};
	assert_int_equal(play(c->b, &r.op, STORE_RECOVER), OK);
	c->epoch = r.epoch;
	return r;
}

int contract_set_up(void **state)
{
	struct contract *c = xcalloc(1, sizeof *c);
	c->kit = kit;
	c->env = kit->set_up();
	c->b = kit->open(c->env);
	c->decider = deciders[0];
	c->other = deciders[1];
	c->now = PLAY_START;
	c->account[0] = play_register(c->b, "reg/one", true);
	c->account[1] = play_register(c->b, "reg/two", true);
	c->partner[0] = play_register(c->b, "an", false);
	c->partner[1] = play_register(c->b, "binh", false);
	(void)recover(c);
	*state = c;
	return 0;
}

int contract_tear_down(void **state)
{
	struct contract *c = *state;
	c->b->ops->close(c->b);
	kit->tear_down(c->env);
	arena_fini(&c->a);
	free(c);
	return 0;
}

struct store_recover contract_restart(struct contract *c)
{
	kit->crash(c->env, c->b);
	c->b = kit->open(c->env);
	return recover(c);
}

batch_id_t contract_begin(struct contract *c, size_t partner, const char *key)
{
	struct store_batch_begin b = {.partner = c->partner[partner],
	                              .idempotency_key = str_c(key),
	                              .now = c->now,
	                              .trace = CONTRACT_TRACE};
	assert_int_equal(play(c->b, &b.op, STORE_BATCH_BEGIN), OK);
	assert_true(b.batch > 0);
	return b.batch;
}

struct store_batch_chunk contract_chunk_of(struct contract *c, size_t partner, batch_id_t batch,
                                           struct store_line *lines, size_t n)
{
	return (struct store_batch_chunk){.batch = batch,
	                                  .partner = c->partner[partner],
	                                  .decider = c->decider,
	                                  .quotas = c->quotas,
	                                  .quota_count = c->quota_count,
	                                  .now = c->now,
	                                  .lines = lines,
	                                  .count = n};
}

void contract_chunk(struct contract *c, size_t partner, batch_id_t batch, const struct play_line *lines,
                    size_t n, uint32_t first, struct store_line *out)
{
	struct store_line own[LINES_MAX], *l = out ? out : own;
	struct store_batch_chunk k = contract_chunk_of(c, partner, batch, l, n);
	assert_true(n <= LINES_MAX);
	for (size_t i = 0; i < n; i++)
		l[i] = play_line(&c->a, &lines[i], first + (uint32_t)i);
	assert_int_equal(play(c->b, &k.op, STORE_BATCH_CHUNK), OK);
	for (size_t i = 0; i < n && !out; i++)
		assert_int_equal(l[i].outcome, STORE_LINE_NEW);
}

void contract_publish(struct contract *c, batch_id_t batch)
{
	struct store_batch_publish p = {.batch = batch, .now = c->now};
	memset(p.payload_hash, (int)batch, sizeof p.payload_hash);
	assert_int_equal(play(c->b, &p.op, STORE_BATCH_PUBLISH), OK);
}

void contract_admit_line(struct contract *c, struct store_line *line)
{
	batch_id_t batch = contract_begin(c, 0, NULL);
	struct store_batch_chunk k = contract_chunk_of(c, 0, batch, line, 1);
	assert_int_equal(play(c->b, &k.op, STORE_BATCH_CHUNK), OK);
	assert_int_equal(line->outcome, STORE_LINE_NEW);
	contract_publish(c, batch);
}

item_id_t contract_admit(struct contract *c, size_t partner, const struct play_line *lines, size_t n)
{
	struct store_line out[LINES_MAX];
	batch_id_t batch = contract_begin(c, partner, NULL);
	contract_chunk(c, partner, batch, lines, n, 1, out);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(out[i].outcome, STORE_LINE_NEW);
		assert_int_equal(out[i].item, out[0].item + i);
	}
	contract_publish(c, batch);
	return out[0].item;
}

item_id_t contract_admit_many(struct contract *c, size_t partner, const char *prefix, unsigned from,
                              unsigned n)
{
	struct play_line lines[LINES_MAX];
	assert_true(n <= LINES_MAX);
	for (unsigned i = 0; i < n; i++)
		lines[i] = (struct play_line){.kind = PLAY_PAID,
		                              .ref = arena_printf(&c->a, "%s%u", prefix, from + i).ptr,
		                              .name = arena_printf(&c->a, "n%u.com.vn", from + i).ptr,
		                              .account = c->account[0]};
	return contract_admit(c, partner, lines, n);
}

struct store_claim contract_claim(struct contract *c, size_t partner, uint32_t max)
{
	struct store_claim k = {.queue = {c->account[0], c->partner[partner], 0},
	                        .max = max,
	                        .paid_max = UINT32_MAX,
	                        .decider = c->decider,
	                        .now = c->now,
	                        .arena = &c->a};
	assert_int_equal(play(c->b, &k.op, STORE_CLAIM), OK);
	assert_true((k.claim != 0) == (k.count > 0) && k.count <= max);
	return k;
}

struct store_step contract_step(struct contract *c, item_id_t item, uint64_t claim, enum item_state state)
{
	return (struct store_step){.item = item,
	                           .claim = claim,
	                           .leaves_claim = state != ITEM_UNKNOWN && state != ITEM_RECONCILING,
	                           .result = play_result(state, c->now),
	                           .not_before = c->now};
}

enum err contract_finish(struct contract *c, struct store_step *steps, size_t n)
{
	struct store_finish f = {.steps = steps, .count = n, .now = c->now};
	return play(c->b, &f.op, STORE_FINISH);
}

void contract_end(struct contract *c, item_id_t item, uint64_t claim, enum item_state state)
{
	struct store_step s = contract_step(c, item, claim, state);
	assert_int_equal(contract_finish(c, &s, 1), OK);
}

struct store_row contract_row(struct contract *c, item_id_t item)
{
	struct store_get_item g = {.item = item, .want_payload = true, .arena = &c->a};
	assert_int_equal(play(c->b, &g.op, STORE_GET_ITEM), OK);
	return g.row;
}

void contract_assert_state(struct contract *c, item_id_t item, enum item_state state)
{
	assert_string_equal(item_state_name(contract_row(c, item).state), item_state_name(state));
}

struct store_get_counts contract_counts(struct contract *c)
{
	struct store_get_counts g = {0};
	assert_int_equal(play(c->b, &g.op, STORE_GET_COUNTS), OK);
	return g;
}

void contract_assert_str(struct str got, const char *want)
{
	if (!str_eq_c(got, want))
		fail_msg("'%.*s' is not '%s'", STR_ARG(got), want);
}

/* ---- start-up ---------------------------------------------------------------------------------------------------------------- */

static void numbers_are_given_once_and_kept(void **state)
{
	CONTRACT_OF(c, state);
	const char *names[] = {"an", "chi", "reg/one", "an", "chi"};
	uint32_t ids[ARRAY_LEN(names)], again[ARRAY_LEN(names)];
	struct store_register r = {.names = names, .ids = ids, .count = ARRAY_LEN(names)};
	assert_int_equal(play(c->b, &r.op, STORE_REGISTER), OK);
	assert_int_equal(ids[0], c->partner[0]);
	assert_int_equal(ids[3], ids[0]);
	assert_int_equal(ids[4], ids[1]);
	assert_true(ids[1] > 0 && ids[1] != ids[0]);
	assert_int_not_equal(ids[2], c->account[0]); /* a partner of an account's name is another */
	(void)contract_restart(c);
	r.ids = again;
	assert_int_equal(play(c->b, &r.op, STORE_REGISTER), OK);
	assert_memory_equal(ids, again, sizeof ids);
	assert_int_equal(play_register(c->b, "reg/one", true), c->account[0]);
}

static void every_start_has_its_epoch_and_the_key_is_kept(void **state)
{
	CONTRACT_OF(c, state);
	uint32_t epoch = c->epoch;
	const struct decide_keys nothing = {.count = 1};
	struct store_recover first = contract_restart(c), second = contract_restart(c), third = recover(c);
	assert_true(epoch > 0 && first.epoch > epoch && second.epoch > first.epoch);
	assert_true(third.epoch > second.epoch);
	assert_int_equal(first.keys.count, 1);
	assert_memory_equal(&first.keys, &second.keys, sizeof first.keys);
	assert_memory_equal(&first.keys, &third.keys, sizeof first.keys);
	assert_memory_not_equal(&first.keys, &nothing, sizeof nothing);
	assert_int_equal(second.orphans + second.unknown, 0);
}

static void uploads_that_never_ended_are_removed(void **state)
{
	CONTRACT_OF(c, state);
	struct play_line l = {PLAY_GRANT, "r1", "n1.id.vn", 7, c->account[0], 0, NULL};
	contract_chunk(c, 0, contract_begin(c, 0, "key"), &l, 1, 1, NULL);
	(void)contract_begin(c, 1, NULL);
	assert_int_equal(contract_counts(c).grants, 1);
	struct store_recover r = contract_restart(c);
	assert_int_equal(r.orphans, 2);
	assert_int_equal(contract_counts(c).grants, 0);
	assert_int_equal(contract_counts(c).items[ITEM_QUEUED], 0);
	/* Key, reference and grant are free again. */
	struct store_line out;
	batch_id_t batch = contract_begin(c, 0, "key");
	contract_chunk(c, 0, batch, &l, 1, 1, &out);
	assert_int_equal(out.outcome, STORE_LINE_NEW);
	assert_int_equal(out.state, ITEM_QUEUED);
	assert_int_equal(recover(c).orphans, 1);
}

static void what_was_being_sent_is_in_doubt_after_a_crash(void **state)
{
	CONTRACT_OF(c, state);
	char want[EPP_TRID_MAX + 1];
	item_id_t first = contract_admit_many(c, 0, "r", 0, 6);
	uint32_t epoch = c->epoch;
	struct store_claim k = contract_claim(c, 0, 5);
	contract_end(c, first, k.claim, ITEM_DONE);
	contract_end(c, first + 1, k.claim, ITEM_PENDING);
	contract_end(c, first + 2, k.claim, ITEM_QUEUED); /* not sent after all */
	struct store_recover r = contract_restart(c);
	assert_int_equal(r.unknown, 2);
	contract_assert_state(c, first, ITEM_DONE);
	contract_assert_state(c, first + 1, ITEM_PENDING);
	contract_assert_state(c, first + 2, ITEM_QUEUED);
	contract_assert_state(c, first + 5, ITEM_QUEUED);
	for (uint32_t i = 3; i < 5; i++) {
		struct store_row row = contract_row(c, first + i);
		struct epp_trid t = {epoch, k.claim, i, 't', CONTRACT_TRACE};
		(void)epp_trid_format(want, &t);
		assert_int_equal(row.state, ITEM_UNKNOWN);
		contract_assert_str(row.result.cl_trid, want);
		contract_assert_str(row.result.reason, "OUTCOME_UNKNOWN");
		assert_int_equal(row.result.attempt, 1);
	}
	assert_int_equal(contract_restart(c).unknown, 0); /* once */
	assert_int_equal(contract_counts(c).items[ITEM_UNKNOWN], 2);
}

/* It was put back and claimed again, while another item keeps its first claim open. */
static void doubt_names_the_command_that_was_sent_last(void **state)
{
	CONTRACT_OF(c, state);
	char want[EPP_TRID_MAX + 1];
	item_id_t first = contract_admit_many(c, 0, "r", 0, 2);
	struct store_claim k = contract_claim(c, 0, 2);
	contract_end(c, first + 1, k.claim, ITEM_QUEUED);
	struct store_claim again = contract_claim(c, 0, 2);
	assert_int_equal(again.count, 1);
	assert_int_equal(again.items[0].trace, CONTRACT_TRACE);
	struct epp_trid t = {c->epoch, again.claim, 0, 't', CONTRACT_TRACE};
	assert_int_equal(contract_restart(c).unknown, 2);
	(void)epp_trid_format(want, &t);
	struct store_row row = contract_row(c, first + 1);
	contract_assert_str(row.result.cl_trid, want);
	assert_int_equal(row.result.attempt, 2);
}

static void doubt_that_was_reported_stays_as_it_was(void **state)
{
	CONTRACT_OF(c, state);
	item_id_t first = contract_admit_many(c, 0, "r", 0, 2);
	struct store_claim k = contract_claim(c, 0, 2);
	struct store_step s = contract_step(c, first, k.claim, ITEM_UNKNOWN);
	s.result.cl_trid = STR("MINE-1");
	assert_int_equal(contract_finish(c, &s, 1), OK);
	contract_end(c, first + 1, k.claim, ITEM_UNKNOWN);
	contract_end(c, first + 1, k.claim, ITEM_RECONCILING);
	assert_int_equal(contract_restart(c).unknown, 0);
	contract_assert_str(contract_row(c, first).result.cl_trid, "MINE-1");
	contract_assert_state(c, first + 1, ITEM_RECONCILING);
}

/* ---- groups -------------------------------------------------------------------------------------------------------------------- */

static void a_bad_operation_does_not_spoil_its_group(void **state)
{
	CONTRACT_OF(c, state);
	item_id_t first = contract_admit_many(c, 0, "r", 0, 2);
	struct store_claim k = contract_claim(c, 0, 2);
	struct store_step good = contract_step(c, first, k.claim, ITEM_DONE);
	struct store_step bad[2] = {contract_step(c, first + 1, k.claim, ITEM_FAILED),
	                            contract_step(c, 9999, 0, ITEM_FAILED)};
	struct store_import_row row = {.domain = STR("n9.id.vn"),
	                               .partner = c->partner[0],
	                               .account = c->account[0],
	                               .created = c->now,
	                               .expires = c->now,
	                               .grant_from = DATE_NONE};
	struct store_batch_publish nothing = {.op = {.type = STORE_BATCH_PUBLISH}, .batch = 999};
	struct store_finish one = {.op = {.type = STORE_FINISH}, .steps = &good, .count = 1, .now = c->now};
	struct store_finish two = {.op = {.type = STORE_FINISH}, .steps = bad, .count = 2, .now = c->now};
	struct store_import names = {.op = {.type = STORE_IMPORT}, .rows = &row, .count = 1};
	struct store_op *ops[] = {&nothing.op, &one.op, &two.op, &names.op};
	c->b->ops->run(c->b, ops, ARRAY_LEN(ops));
	assert_int_equal(nothing.op.err, ERR_NOT_FOUND);
	assert_int_equal(one.op.err, OK);
	assert_int_equal(two.op.err, ERR_NOT_FOUND);
	assert_int_equal(names.op.err, OK);
	contract_assert_state(c, first, ITEM_DONE);
	contract_assert_state(c, first + 1, ITEM_SENDING);
	assert_int_equal(contract_counts(c).items[ITEM_SENDING], 1);
	assert_int_equal(contract_counts(c).domains, 1);
	assert_int_equal(contract_restart(c).unknown, 1);
	contract_assert_state(c, first, ITEM_DONE);
}

static void operations_of_a_group_see_each_other(void **state)
{
	CONTRACT_OF(c, state);
	struct play_line l = {PLAY_PAID, "r1", "n1.com.vn", 0, c->account[0], 0, NULL};
	struct store_line line = play_line(&c->a, &l, 1);
	batch_id_t batch = contract_begin(c, 0, NULL);
	struct store_batch_chunk k = contract_chunk_of(c, 0, batch, &line, 1);
	k.op.type = STORE_BATCH_CHUNK;
	struct store_batch_publish p = {.op = {.type = STORE_BATCH_PUBLISH}, .batch = batch, .now = c->now};
	struct store_claim m = {.op = {.type = STORE_CLAIM},
	                        .queue = {c->account[0], c->partner[0], 0},
	                        .max = 5,
	                        .paid_max = UINT32_MAX,
	                        .decider = c->decider,
	                        .now = c->now,
	                        .arena = &c->a};
	struct store_op *ops[] = {&k.op, &p.op, &m.op};
	c->b->ops->run(c->b, ops, ARRAY_LEN(ops));
	assert_int_equal(m.op.err, OK);
	assert_int_equal(m.count, 1);
	contract_assert_state(c, line.item, ITEM_SENDING);
}

static void a_reading_connection_reads_and_does_nothing_else(void **state)
{
	CONTRACT_OF(c, state);
	struct arena a = {0};
	if (!kit->open_reader)
		return; /* this back end has none */
	item_id_t item = contract_admit_many(c, 0, "r", 0, 3);
	struct store_backend *reader = kit->open_reader(c->env);
	struct store_get_item g = {.item = item, .arena = &a};
	assert_int_equal(play(reader, &g.op, STORE_GET_ITEM), OK);
	struct store_queues q = {.now = c->now, .arena = &a};
	assert_int_equal(play(reader, &q.op, STORE_QUEUES), OK);
	assert_int_equal(q.count, 1);
	struct store_batch_begin b = {.partner = c->partner[0], .now = c->now};
	assert_int_equal(play(reader, &b.op, STORE_BATCH_BEGIN), ERR_DENIED);
	struct store_recover r = {.now = c->now};
	assert_int_equal(play(reader, &r.op, STORE_RECOVER), ERR_DENIED);
	struct store_claim k = {
	    .max = 1, .paid_max = UINT32_MAX, .decider = c->decider, .now = c->now, .arena = &a};
	assert_int_equal(play(reader, &k.op, STORE_CLAIM), ERR_DENIED);
	struct store_progress p = {0};
	assert_int_equal(play(reader, &p.op, STORE_PROGRESS), ERR_DENIED);
	/* It sees what the writer does from then on. */
	(void)contract_admit_many(c, 0, "s", 10, 1);
	struct store_get_counts n = {0};
	assert_int_equal(play(reader, &n.op, STORE_GET_COUNTS), OK);
	assert_int_equal(n.batches, 2);
	reader->ops->close(reader);
	arena_fini(&a);
}

/* ---- the suite ------------------------------------------------------------------------------------------------------------------ */

static struct str setting(struct contract *c, const char *name, const char *value)
{
	struct store_setting s = {.name = name, .value = value ? str_c(value) : STR_NONE, .arena = &c->a};
	assert_int_equal(play(c->b, &s.op, STORE_SETTING), OK);
	return s.value;
}

static void settings_are_kept(void **state)
{
	struct contract *c = *state;
	contract_assert_str(setting(c, "pauses", NULL), "");
	(void)setting(c, "pauses", "[1]");
	(void)setting(c, "other", "x");
	contract_assert_str(setting(c, "pauses", NULL), "[1]");
	(void)setting(c, "pauses", "[]");
	(void)contract_restart(c);
	contract_assert_str(setting(c, "pauses", NULL), "[]");
	contract_assert_str(setting(c, "other", NULL), "x");
}

static const struct CMUnitTest tests_here[] = {CONTRACT_TEST(numbers_are_given_once_and_kept),
                                               CONTRACT_TEST(settings_are_kept),
                                               CONTRACT_TEST(every_start_has_its_epoch_and_the_key_is_kept),
                                               CONTRACT_TEST(uploads_that_never_ended_are_removed),
                                               CONTRACT_TEST(what_was_being_sent_is_in_doubt_after_a_crash),
                                               CONTRACT_TEST(doubt_names_the_command_that_was_sent_last),
                                               CONTRACT_TEST(doubt_that_was_reported_stays_as_it_was),
                                               CONTRACT_TEST(a_bad_operation_does_not_spoil_its_group),
                                               CONTRACT_TEST(operations_of_a_group_see_each_other),
                                               CONTRACT_TEST(
                                                   a_reading_connection_reads_and_does_nothing_else),
                                               CONTRACT_TESTS_END};

int store_contract_run(const struct store_kit *k)
{
	const struct CMUnitTest *const parts[] = {
	    tests_here,           contract_intake_tests,  contract_send_tests,    contract_park_tests,
	    contract_quota_tests, contract_message_tests, contract_rules_tests,   contract_held_tests,
	    contract_list_tests,  contract_names_tests,   contract_created_tests, contract_subject_tests,
	    contract_read_tests,  contract_preview_tests, contract_changes_tests, contract_domains_tests};
	struct CMUnitTest tests[256];
	size_t n = 0;
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		for (const struct CMUnitTest *t = parts[i]; t->name; t++) {
			INVARIANT(n < ARRAY_LEN(tests));
			tests[n++] = *t;
		}
	kit = k;
	for (unsigned i = 0; i < ARRAY_LEN(deciders); i++)
		deciders[i] = play_decider_new(i);
	int failed = _cmocka_run_group_tests(k->name, tests, n, NULL, NULL);
	for (unsigned i = 0; i < ARRAY_LEN(deciders); i++)
		decider_unref(&deciders[i]);
	return failed;
}
