/*
 * SQLite on files that fail and crash as told. The memory store is the judge: it is given exactly what SQLite has
 * answered with OK, and must say the same at any time and after any crash.
 */
#include "epp/base/alloc.h"
#include "daemon/store/store_domains.h"
#include "daemon/store/store_figures.h"
#include "daemon/store/store_message.h"
#include "daemon/store/store_send.h"
#include "epp/base/check.h"
#include "epp/base/rng.h"
#include "tests/harness/simvfs.h"
#include "tests/harness/store_contract.h"
#include "tests/harness/store_play.h"

#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#define NOW PLAY_START

static struct decider *decider;

/* ---- the contract -------------------------------------------------------------------------------------------------------- */

static void *set_up(void)
{
	return simvfs_new(NULL, 1);
}

static void tear_down(void *env)
{
	simvfs_free(env);
}

static struct store_backend *open_store(void *env)
{
	struct store_backend *b = NULL;
	struct errmsg e = {""};
	if (store_sqlite_open("vnepp.db", simvfs_name(env), &b, &e))
		fail_msg("%s", e.text);
	return b;
}

static void crash(void *env, struct store_backend *b)
{
	simvfs_power_off(env);
	b->ops->close(b);
	simvfs_crash(env, SIMVFS_LOSE_ALL);
}

/* ---- a story --------------------------------------------------------------------------------------------------------------- */

/* Numbers are given in the same way by every store: partners 1 and 2, account 3. */
static enum err do_register(struct store_backend *b)
{
	const char *partners[] = {"an", "binh"}, *accounts[] = {"r/one"};
	uint32_t ids[2];
	struct store_register p = {.op = {.type = STORE_REGISTER}, .names = partners, .ids = ids, .count = 2};
	struct store_register a = {
	    .op = {.type = STORE_REGISTER}, .is_account = true, .names = accounts, .ids = ids, .count = 1};
	struct store_op *ops[] = {&p.op, &a.op};
	b->ops->run(b, ops, 2);
	assert_int_equal(p.op.err == ERR_DISK, a.op.err == ERR_DISK);
	return p.op.err;
}

static enum err do_recover(struct store_backend *b)
{
	struct store_recover r = {.now = NOW};
	return play(b, &r.op, STORE_RECOVER);
}

static const struct quota quotas[] = {
    {.name = "names", .period = QUOTA_MONTH, .limit = {.max = 40}},
    {.name = "grants", .zone = "id.vn", .period = QUOTA_DAY, .grants = true, .limit = {.max = 9}}};

static struct store_batch_chunk chunk_op(struct arena *a, batch_id_t batch, uint32_t partner,
                                         const struct play_line *l, size_t n)
{
	struct store_batch_chunk c = {.op = {.type = STORE_BATCH_CHUNK},
	                              .batch = batch,
	                              .partner = partner,
	                              .decider = decider,
	                              .quotas = quotas,
	                              .quota_count = ARRAY_LEN(quotas),
	                              .now = NOW,
	                              .lines = arena_calloc(a, n, sizeof *c.lines),
	                              .count = n};
	for (size_t i = 0; i < n; i++)
		c.lines[i] = play_line(a, &l[i], (uint32_t)i + 1);
	return c;
}

/* A batch in one group; its grant and one of a bad operation in between. */
static enum err do_batch(struct store_backend *b)
{
	static const struct play_line l[] = {
	    {PLAY_GRANT, "r1", "n1.id.vn", 1, 3, 0, "VN1"},  {PLAY_GRANT, "r2", "n2.id.vn", 2, 3, 0, NULL},
	    {PLAY_PAID, "r3", "n3.com.vn", 3, 3, 0, NULL},   {PLAY_PAID, "r4", "n4.com.vn", 4, 3, 0, NULL},
	    {PLAY_WAITING, "r5", "n5.id.vn", 5, 3, 0, NULL}, {PLAY_PAID, "r6", "n6.com.vn", 6, 3, 1, NULL}};
	struct arena a = {0};
	struct store_batch_begin g = {
	    .op = {.type = STORE_BATCH_BEGIN}, .partner = 1, .idempotency_key = STR("key"), .now = NOW};
	struct store_batch_publish bad = {.op = {.type = STORE_BATCH_PUBLISH}, .batch = 99, .now = NOW};
	struct store_batch_chunk c = chunk_op(&a, 1, 1, l, ARRAY_LEN(l));
	struct store_batch_publish p = {.op = {.type = STORE_BATCH_PUBLISH}, .batch = 1, .now = NOW};
	struct store_op *ops[] = {&g.op, &bad.op, &c.op, &p.op};
	b->ops->run(b, ops, ARRAY_LEN(ops));
	for (size_t i = 0; i < ARRAY_LEN(ops); i++)
		assert_int_equal(ops[i]->err == ERR_DISK, p.op.err == ERR_DISK);
	assert_true(bad.op.err == ERR_DISK || bad.op.err == ERR_NOT_FOUND);
	arena_fini(&a);
	return p.op.err;
}

static enum err do_claim(struct store_backend *b)
{
	struct arena a = {0};
	struct store_claim c = {.queue = {3, 1, 0},
	                        .max = 3,
	                        .paid_max = UINT32_MAX,
	                        .decider = decider,
	                        .now = NOW,
	                        .arena = &a};
	enum err err = play(b, &c.op, STORE_CLAIM);
	arena_fini(&a);
	return err;
}

static struct store_step step(item_id_t item, uint64_t claim, enum item_state state)
{
	struct store_step s = {.item = item,
	                       .claim = claim,
	                       .leaves_claim = state != ITEM_UNKNOWN,
	                       .result = play_result(state, NOW),
	                       .not_before = NOW};
	s.result.created = NOW;
	s.result.expires = NOW + 365 * PLAY_DAY;
	s.name = state == ITEM_DONE ? STORE_NAME_CREATED : STORE_NAME_NONE;
	return s;
}

static enum err do_finish(struct store_backend *b)
{
	struct store_step s[] = {step(1, 1, ITEM_DONE), step(2, 1, ITEM_PENDING), step(3, 1, ITEM_QUEUED)};
	struct store_finish f = {.steps = s, .count = ARRAY_LEN(s), .now = NOW};
	snprintf(s[0].contact_created, sizeof s[0].contact_created, "VN1");
	return play(b, &f.op, STORE_FINISH);
}

static enum err do_message(struct store_backend *b)
{
	struct store_message m = {.account = 3,
	                          .id = STR("1"),
	                          .text = STR("words"),
	                          .at = NOW,
	                          .now = NOW,
	                          .is_pan = true,
	                          .domain = STR("n2.id.vn"),
	                          .expires = INSTANT_NONE};
	return play(b, &m.op, STORE_MESSAGE);
}

static enum err do_upload(struct store_backend *b)
{
	static const struct play_line l[] = {{PLAY_GRANT, "s1", "n7.id.vn", 7, 3, 0, NULL},
	                                     {PLAY_PAID, "r3", "n3.com.vn", 3, 3, 0, NULL}};
	struct arena a = {0};
	struct store_batch_begin g = {.op = {.type = STORE_BATCH_BEGIN}, .partner = 1, .now = NOW};
	struct store_batch_chunk c = chunk_op(&a, 2, 1, l, 2);
	struct store_op *ops[] = {&g.op, &c.op};
	b->ops->run(b, ops, 2);
	arena_fini(&a);
	return c.op.err;
}

static enum err do_abort(struct store_backend *b)
{
	struct store_batch_abort a = {.batch = 2};
	return play(b, &a.op, STORE_BATCH_ABORT);
}

static enum err do_figures(struct store_backend *b)
{
	int64_t values[] = {1, 2};
	struct store_history_add h = {
	    .op = {.type = STORE_HISTORY_ADD}, .at = NOW, .values = values, .count = 2};
	struct store_progress p = {.op = {.type = STORE_PROGRESS}};
	struct store_op *ops[] = {&h.op, &p.op};
	b->ops->run(b, ops, 2);
	return p.op.err;
}

static enum err do_import(struct store_backend *b)
{
	struct store_import_row row = {.domain = STR("n9.id.vn"),
	                               .partner = 2,
	                               .account = 3,
	                               .created = NOW,
	                               .expires = NOW,
	                               .grant_from = date_make(2026, 1, 1),
	                               .subject = {.count = 1}};
	struct store_import i = {.rows = &row, .count = 1};
	return play(b, &i.op, STORE_IMPORT);
}

static enum err do_cancel(struct store_backend *b)
{
	struct store_batch_cancel c = {.batch = 1, .partner = 1, .now = NOW};
	return play(b, &c.op, STORE_BATCH_CANCEL);
}

/* The second claim holds what the first one put back. */
static enum err do_end(struct store_backend *b)
{
	struct store_step s = step(3, 2, ITEM_UNKNOWN);
	struct store_finish f = {.steps = &s, .count = 1, .now = NOW};
	return play(b, &f.op, STORE_FINISH);
}

typedef enum err (*act_fn)(struct store_backend *b);
static const act_fn story[] = {do_register, do_recover, do_batch,  do_claim,  do_finish,
                               do_message,  do_upload,  do_claim,  do_abort,  do_figures,
                               do_import,   do_end,     do_cancel, do_recover};

/* ---- judging ---------------------------------------------------------------------------------------------------------------- */

static struct store_backend *model_new(size_t acts)
{
	struct rng rng;
	rng_init_seed(&rng, 1);
	struct store_backend *m = store_mem_new(&rng);
	for (size_t i = 0; i < acts; i++)
		(void)story[i](m); /* as in SQLite: not all go well after a crash */
	return m;
}

static bool says_the_same(struct store_backend *a, struct store_backend *b)
{
	struct buf x, y;
	play_dump(a, NOW, &x);
	play_dump(b, NOW, &y);
	bool same = str_eq(buf_str(&x), buf_str(&y));
	buf_fini(&x);
	buf_fini(&y);
	return same;
}

struct fault_case {
	enum simvfs_call call;
	int rc;
	const char *name;
	bool for_ever;
};

static const struct fault_case fault_cases[] = {
    {SIMVFS_WRITE, SQLITE_FULL, "a full disk", false},
    {SIMVFS_WRITE, SQLITE_FULL, "a disk that stays full", true},
    {SIMVFS_WRITE, SQLITE_IOERR_WRITE, "a write", false},
    {SIMVFS_SYNC, SQLITE_IOERR_FSYNC, "a sync", false},
    {SIMVFS_SYNC, SQLITE_IOERR_FSYNC, "every sync", true},
    {SIMVFS_TRUNCATE, SQLITE_IOERR_TRUNCATE, "a truncate", false},
    {SIMVFS_READ, SQLITE_IOERR_READ, "a read", false},
    {SIMVFS_OPEN, SQLITE_CANTOPEN, "an open", false},
    {SIMVFS_DELETE, SQLITE_IOERR_DELETE, "a delete", false},
};

static void set_fault(struct simvfs *v, const struct fault_case *f, uint64_t n)
{
	if (f->for_ever)
		simvfs_fail_from(v, f->call, n, f->rc);
	else
		simvfs_fail(v, f->call, n, f->rc);
}

/* The story with the n-th call failing; every act is tried until it goes well. False: nothing has failed. */
static bool play_with_fault(const struct fault_case *f, uint64_t n)
{
	struct simvfs *v = simvfs_new(NULL, n);
	struct store_backend *b = open_store(v), *m = model_new(0);
	set_fault(v, f, n);
	for (size_t i = 0; i < ARRAY_LEN(story); i++) {
		enum err err;
		for (int tries = 0; (err = story[i](b)) == ERR_DISK; tries++) {
			if (f->for_ever && tries == 0)
				continue; /* it stays as it is */
			simvfs_heal(v);
			if (!says_the_same(b, m))
				fail_msg("%s, %llu: act %zu failed, and left a trace", f->name,
				         (unsigned long long)n, i);
			if (tries == 3)
				fail_msg("%s, %llu: act %zu never goes well", f->name, (unsigned long long)n,
				         i);
		}
		assert_int_equal(err, story[i](m));
	}
	bool failed = simvfs_faults(v) > 0;
	simvfs_heal(v);
	if (!says_the_same(b, m))
		fail_msg("%s, %llu: not as answered", f->name, (unsigned long long)n);
	crash(v, b);
	b = open_store(v);
	if (!says_the_same(b, m))
		fail_msg("%s, %llu: not as answered, after a crash", f->name, (unsigned long long)n);
	b->ops->close(b);
	m->ops->close(m);
	simvfs_free(v);
	return failed;
}

static void an_operation_that_failed_has_not_happened_and_the_store_goes_on(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(fault_cases); i++) {
		uint64_t n = 1;
		while (play_with_fault(&fault_cases[i], n))
			n++;
	}
}

/* ---- opening ---------------------------------------------------------------------------------------------------------------- */

static void opening_fails_as_a_whole_and_can_be_tried_again(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(fault_cases); i++) {
		bool failed = true;
		for (uint64_t n = 1; failed; n++) {
			struct simvfs *v = simvfs_new(NULL, n);
			struct store_backend *b = NULL;
			struct errmsg e = {""};
			set_fault(v, &fault_cases[i], n);
			enum err err = store_sqlite_open("vnepp.db", simvfs_name(v), &b, &e);
			failed = simvfs_faults(v) > 0;
			assert_true(err == OK || (failed && err == ERR_DISK && e.text[0]));
			if (n % 2)
				simvfs_heal(v);
			if (err) {
				simvfs_power_off(v);
				simvfs_crash(v, n % 4 < 2 ? SIMVFS_LOSE_SOME : SIMVFS_LOSE_NONE);
				b = open_store(v);
			}
			simvfs_heal(v);
			struct store_backend *m = model_new(3);
			for (size_t k = 0; k < 3; k++)
				assert_int_equal(story[k](b), OK);
			assert_true(says_the_same(b, m));
			m->ops->close(m);
			b->ops->close(b);
			simvfs_free(v);
		}
	}
}

/* ---- crashes ---------------------------------------------------------------------------------------------------------------- */

static struct store_recover recovered(struct store_backend *b)
{
	struct store_recover r = {.now = NOW};
	assert_int_equal(play(b, &r.op, STORE_RECOVER), OK);
	return r;
}

/* What was answered is there, and perhaps the act in which the power went. The model that says the same, both after a
 * start; NULL: none. */
static struct store_backend *model_after_crash(struct store_backend *b, size_t done, size_t *there)
{
	struct store_recover r = recovered(b);
	for (*there = done; *there <= done + 1 && *there <= ARRAY_LEN(story); ++*there) {
		struct store_backend *m = model_new(*there);
		struct store_recover q = recovered(m);
		if (q.epoch == r.epoch && q.orphans == r.orphans && q.unknown == r.unknown &&
		    says_the_same(b, m))
			return m;
		m->ops->close(m);
	}
	return NULL;
}

/* The power goes at the n-th call. False: the story was over before. */
static bool play_with_crash(enum simvfs_call call, uint64_t n, enum simvfs_loss loss, bool cut_twice)
{
	struct simvfs *v = simvfs_new(NULL, n * 31 + call);
	struct store_backend *b = open_store(v);
	size_t done = 0;
	uint64_t before = simvfs_faults(v);
	simvfs_cut_power(v, call, n);
	while (done < ARRAY_LEN(story) && story[done](b) != ERR_DISK)
		done++;
	bool hit = simvfs_faults(v) > before;
	simvfs_power_off(v);
	b->ops->close(b);
	simvfs_crash(v, loss);
	if (cut_twice) { /* and again, while it is being opened */
		struct errmsg e;
		simvfs_cut_power(v, SIMVFS_WRITE, 1 + n % 3);
		if (store_sqlite_open("vnepp.db", simvfs_name(v), &b, &e) == OK) {
			simvfs_power_off(v);
			b->ops->close(b);
		}
		simvfs_power_off(v);
		simvfs_crash(v, loss);
	}
	b = open_store(v);
	size_t there;
	struct store_backend *m = model_after_crash(b, done, &there);
	if (!m)
		fail_msg("crash at %d, %llu: neither %zu acts nor one more", (int)call, (unsigned long long)n,
		         done);
	for (size_t i = there; i < ARRAY_LEN(story); i++)
		assert_int_equal(story[i](b), story[i](m));
	if (!says_the_same(b, m))
		fail_msg("crash at %d, %llu: it does not go on as it should", (int)call,
		         (unsigned long long)n);
	m->ops->close(m);
	b->ops->close(b);
	simvfs_free(v);
	return hit;
}

static void a_crash_at_any_moment_loses_nothing_that_was_answered(void **state)
{
	static const enum simvfs_call calls[] = {SIMVFS_WRITE, SIMVFS_SYNC, SIMVFS_TRUNCATE, SIMVFS_DELETE};
	static const enum simvfs_loss losses[] = {SIMVFS_LOSE_ALL, SIMVFS_LOSE_SOME, SIMVFS_LOSE_NONE};
	(void)state;
	for (size_t c = 0; c < ARRAY_LEN(calls); c++)
		for (size_t l = 0; l < ARRAY_LEN(losses); l++)
			for (uint64_t n = 1; play_with_crash(calls[c], n, losses[l], n % 2); n++) {
			}
}

/*
 * A sync fails and the process dies: the next one reads from the kernel what never reached the disk. When it builds upon
 * that and the power goes, nothing may be missing.
 */
static bool play_with_lost_pages(uint64_t n)
{
	struct simvfs *v = simvfs_new(NULL, n);
	struct store_backend *b = open_store(v);
	size_t done = 0, there;
	simvfs_fail_from(v, SIMVFS_SYNC, n, SQLITE_IOERR_FSYNC);
	while (done < ARRAY_LEN(story) && story[done](b) != ERR_DISK)
		done++;
	bool hit = simvfs_faults(v) > 0;
	simvfs_power_off(v);
	b->ops->close(b);
	simvfs_crash(v, SIMVFS_LOSE_NONE);
	b = open_store(v);
	struct store_backend *m = model_after_crash(b, done, &there);
	assert_non_null(m);
	for (size_t i = there; i < ARRAY_LEN(story); i++)
		assert_int_equal(story[i](b), story[i](m));
	crash(v, b);
	b = open_store(v);
	if (!says_the_same(b, m))
		fail_msg("sync %llu: what followed is lost", (unsigned long long)n);
	m->ops->close(m);
	b->ops->close(b);
	simvfs_free(v);
	return hit;
}

static void what_follows_a_failed_sync_and_a_crash_is_not_lost(void **state)
{
	(void)state;
	for (uint64_t n = 1; play_with_lost_pages(n); n++) {
	}
}

int main(void)
{
	static const struct store_kit kit = {.name = "store in SQLite on simulated files",
	                                     .set_up = set_up,
	                                     .tear_down = tear_down,
	                                     .open = open_store,
	                                     .crash = crash};
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_operation_that_failed_has_not_happened_and_the_store_goes_on),
	    cmocka_unit_test(opening_fails_as_a_whole_and_can_be_tried_again),
	    cmocka_unit_test(a_crash_at_any_moment_loses_nothing_that_was_answered),
	    cmocka_unit_test(what_follows_a_failed_sync_and_a_crash_is_not_lost),
	};
	int failed = store_contract_run(&kit);
	decider = play_decider_new(0);
	failed += cmocka_run_group_tests_name("faults and crashes", tests, NULL, NULL);
	decider_unref(&decider);
	return failed;
}
