/*
 * What the tests of the scheduler share: a scheduler on the SQLite store in memory, partners who admit items, and
 * pools with a registry of a few lines behind them, all under a virtual clock. Included once by each test program.
 */
#ifndef VNEPP_TESTS_SCHED_WORLD_H
#define VNEPP_TESTS_SCHED_WORLD_H

#include "tests/harness/citizen.h"
#include "daemon/store/store_domains.h"
#include "daemon/store/store_figures.h"
#include "tests/unit/daemon/sched_registry.h"

/* ---- the disk ------------------------------------------------------------------------------------------------------------------ */

static void disk_back(struct loop_task *t)
{
	struct disk *d = CONTAINER_OF(t, struct disk, back);
	struct store_op *op = d->first;
	d->first = d->last = NULL;
	while (op) {
		struct store_op *next = op->next;
		op->done(op);
		op = next;
	}
}

static void disk_submit(struct store_executor *x, struct store_op *op)
{
	struct disk *d = CONTAINER_OF(x, struct disk, x);
	if (op->type == STORE_CLAIM) {
		struct store_claim *c = CONTAINER_OF(op, struct store_claim, op);
		d->claims++;
		d->most_claimed = c->max > d->most_claimed ? c->max : d->most_claimed;
	}
	if (!d->full || !d->full(d->w, op)) {
		d->behind->submit(d->behind, op);
		return;
	}
	d->failed++;
	op->err = err_set(&op->errmsg, ERR_DISK, "no space left on device");
	op->next = NULL;
	*(d->last ? &d->last->next : &d->first) = op;
	d->last = op;
	d->back.run = disk_back;
	loop_defer(&d->w->v.loop, &d->back);
}

static size_t disk_pending(const struct store_executor *x)
{
	const struct disk *d = CONTAINER_OF(x, struct disk, x);
	return d->behind->pending(d->behind);
}

/* ---- partners ---------------------------------------------------------------------------------------------------------------------- */

struct line {
	enum item_op op;
	const char *name;
	int flags;
};
enum {
	LINE_CONTACT = 1,
	LINE_URGENT = 2,
	LINE_DAMAGED = 4,
	LINE_UNBUILDABLE = 8,
	LINE_SAME_PERSON = 16,
	LINE_BULK = 32,
	LINE_HELD = 64 /* it waits for a person */
};

static struct item_request request_of(const struct line *l, struct str ref, struct str number)
{
	struct item_request r = {.op = l->op,
	                         .ref = ref,
	                         .domain = str_c(l->name),
	                         .domain_u = str_c(l->name),
	                         .period = 1,
	                         .admin = l->flags & LINE_UNBUILDABLE ? STR("an identifier that is too long")
	                                                              : STR_NONE,
	                         .cur_exp_date = l->op == ITEM_RENEW ? date_make(2026, 12, 1) : DATE_NONE,
	                         .if_not_free = ITEM_CHARGE,
	                         .max_fee_vnd = 100000000,
	                         .applicant = citizen_of_number(number)};
	citizen_confirmed(&r);
	return r;
}

static void fill_line(struct world *w, struct store_line *s, const struct line *l, uint32_t n, size_t account,
                      struct arena *a)
{
	static unsigned counter;
	struct buf payload;
	struct item_request *r = arena_calloc(a, 1, sizeof *r);
	counter++;
	*r = request_of(l, arena_printf(a, "r-%u", counter),
	                arena_printf(a, "068206%06u", l->flags & LINE_SAME_PERSON ? 999999 : counter));
	buf_init(&payload, ITEM_PAYLOAD_MAX);
	item_encode(r, &payload);
	*s = (struct store_line){.line = n + 1,
	                         .account = w->accounts[account],
	                         .lane = l->flags & LINE_URGENT ? LANE_URGENT
	                                 : l->flags & LINE_BULK ? LANE_BULK
	                                                        : lane_of_op(l->op),
	                         .request = r,
	                         .payload = l->flags & LINE_DAMAGED ? STR("no such thing")
	                                                            : arena_str(a, buf_str(&payload))};
	if (l->flags & LINE_CONTACT)
		decide_contact_id(w->decider, s->account, r, s->contact_id);
	buf_fini(&payload);
}

/* One published batch. The ids of its items, in order, when `ids` is given. */
static void admit(struct world *w, size_t partner, size_t account, const struct line *lines, size_t n,
                  item_id_t *ids)
{
	struct arena a = {0};
	instant_ms_t now = loop_wall(&w->v.loop);
	struct store_batch_begin b = {.partner = w->partners[partner], .now = now};
	op_run(w, &b.op, STORE_BATCH_BEGIN);
	assert_int_equal(b.op.err, OK);
	for (size_t at = 0; at < n; at += STORE_CHUNK_MAX) {
		size_t k = n - at < STORE_CHUNK_MAX ? n - at : STORE_CHUNK_MAX;
		struct store_batch_chunk c = {.batch = b.batch,
		                              .partner = w->partners[partner],
		                              .decider = w->decider,
		                              .now = now,
		                              .lines = arena_calloc(&a, k, sizeof *c.lines),
		                              .count = k};
		for (size_t i = 0; i < k; i++)
			fill_line(w, &c.lines[i], &lines[at + i], (uint32_t)(at + i), account, &a);
		op_run(w, &c.op, STORE_BATCH_CHUNK);
		assert_int_equal(c.op.err, OK);
		for (size_t i = 0; i < k; i++) {
			if ((c.lines[i].state != ITEM_QUEUED) != ((lines[at + i].flags & LINE_HELD) != 0))
				fail_msg("%s: admitted as %s %s", lines[at + i].name,
				         item_state_name(c.lines[i].state), c.lines[i].reason);
			if (ids)
				ids[at + i] = c.lines[i].item;
		}
	}
	struct store_batch_publish p = {.batch = b.batch, .now = now};
	op_run(w, &p.op, STORE_BATCH_PUBLISH);
	assert_int_equal(p.op.err, OK);
	arena_fini(&a);
	if (w->sched)
		sched_kick(w->sched);
}

static UNUSED item_id_t admit_one(struct world *w, size_t partner, size_t account, enum item_op op,
                                  const char *name, int flags)
{
	item_id_t id;
	admit(w, partner, account, &(struct line){op, name, flags}, 1, &id);
	return id;
}

/* `n` creates of names of their own. */
/* What most tests are about. */
static UNUSED item_id_t admit_x(struct world *w)
{
	return admit_one(w, 0, 0, ITEM_CREATE, "x.id.vn", 0);
}

static UNUSED void admit_many(struct world *w, size_t partner, size_t account, const char *prefix, size_t n)
{
	struct line *lines = xcalloc(n, sizeof *lines);
	char(*names)[40] = xcalloc(n, sizeof *names);
	for (size_t i = 0; i < n; i++) {
		snprintf(names[i], sizeof names[i], "%s%zu.id.vn", prefix, i);
		lines[i] = (struct line){ITEM_CREATE, names[i], 0};
	}
	admit(w, partner, account, lines, n, NULL);
	free(names);
	free(lines);
}

/* A name that is there since last year and can be renewed. */
static UNUSED void have_name(struct world *w, const char *name, size_t partner, size_t account)
{
	struct entry *e = entry_of(w, str_c(name));
	*e = (struct entry){.account = account,
	                    .created = instant_of_date(date_make(2025, 12, 1), HANOI_S),
	                    .expires = instant_of_date(date_make(2026, 12, 1), HANOI_S)};
	INVARIANT(str_copy(e->name, sizeof e->name, str_c(name)));
	struct store_import_row row = {.domain = str_c(name),
	                               .partner = w->partners[partner],
	                               .account = w->accounts[account],
	                               .created = e->created,
	                               .expires = e->expires,
	                               .grant_from = DATE_NONE};
	struct store_import i = {.rows = &row, .count = 1};
	op_run(w, &i.op, STORE_IMPORT);
	assert_int_equal(i.op.err, OK);
}

/* ---- the scheduler's life ---------------------------------------------------------------------------------------------------------- */

static struct decider *give_decider(void *arg)
{
	return decider_ref(((struct world *)arg)->decider);
}

static void on_store(void *arg, bool failing)
{
	struct world *w = arg;
	assert_true(w->store_failing != failing);
	w->store_failing = failing;
	w->store_calls++;
}

static void on_sched_stopped(void *arg)
{
	((struct world *)arg)->stopped++;
}

/* A run of the daemon on what the store holds: a new epoch, what was being sent is UNKNOWN. */
static void run_begins(struct world *w)
{
	static const struct job_registry facts[ACCOUNTS] = {
	    {.login = {"gateway1", 8}, .date_offset_s = HANOI_S, .settle_ms = SETTLE_MS},
	    {.login = {"gateway2", 8}, .date_offset_s = HANOI_S, .settle_ms = SETTLE_MS}};
	static const char *const names[] = {"one", "two"};
	struct store_recover r = {.now = loop_wall(&w->v.loop)};
	op_run(w, &r.op, STORE_RECOVER);
	assert_int_equal(r.op.err, OK);
	w->epoch = r.epoch;
	struct sched_config c = {.loop = &w->v.loop,
	                         .writer = &w->disk.x,
	                         .log = &w->log.log,
	                         .epoch = r.epoch,
	                         .decider = give_decider,
	                         .on_store = on_store,
	                         .on_stopped = on_sched_stopped,
	                         .arg = w};
	w->sched = sched_new(&c);
	w->stopped = 0;
	w->store_failing = false;
	for (size_t i = 0; i < ACCOUNTS; i++) {
		w->pools[i].account =
		    sched_add_account(w->sched, w->accounts[i], "reg", names[i], &w->pools[i].limits);
		sched_set_account(w->pools[i].account, &w->pools[i], &facts[i]);
	}
}

static bool has_stopped(void *arg)
{
	return ((struct world *)arg)->stopped > 0;
}

static UNUSED void run_ends(struct world *w)
{
	if (!w->stopped)
		sched_stop(w->sched);
	assert_true(vloop_run_until(&w->v, has_stopped, w, 3600000));
	vloop_settle(&w->v);
	assert_int_equal(w->stopped, 1);
	sched_free(w->sched);
	w->sched = NULL;
}

static uint32_t registered(struct world *w, const char *name, bool account)
{
	uint32_t id = 0;
	struct store_register r = {.is_account = account, .names = &name, .ids = &id, .count = 1};
	op_run(w, &r.op, STORE_REGISTER);
	assert_int_equal(r.op.err, OK);
	return id;
}

static struct policy_ruleset *rules;

static const struct limit no_limits[LIMIT_CLASS__COUNT];

static struct world *world_new(void)
{
	static const uint8_t key[32] = "a key that only this test knows";
	static const char *const partner_names[PARTNERS] = {"an", "binh", "chi", "dung"};
	struct world *w = xcalloc(1, sizeof *w);
	struct errmsg e;
	vloop_init(&w->v, START_MS);
	log_capture_init(&w->log);
	log_capture_expect(&w->log,
	                   "pace.cut"); /* whatever the registry is made to do, sending slows down after it */
	map_init(&w->names);
	rng_init_seed(&w->rng, 1);
	assert_int_equal(store_sqlite_open(":memory:", NULL, &w->backend, &e), OK);
	w->disk = (struct disk){.x = {disk_submit, disk_pending},
	                        .behind = store_inline_new(&w->v.loop, w->backend, NULL),
	                        .w = w};
	w->decider = decider_new(policy_ref(rules), key);
	w->accounts[0] = registered(w, "reg/one", true);
	w->accounts[1] = registered(w, "reg/two", true);
	for (size_t i = 0; i < PARTNERS; i++)
		w->partners[i] = registered(w, partner_names[i], false);
	for (size_t i = 0; i < ACCOUNTS; i++) {
		w->pools[i] = (struct pool){.w = w, .index = i, .slots = 4};
		limits_init(&w->pools[i].limits, (struct limit){0}, no_limits, loop_now_us(&w->v.loop));
	}
	run_begins(w);
	return w;
}

static int world_set_up(void **state)
{
	*state = world_new();
	return 0;
}

static int world_tear_down(void **state)
{
	struct world *w = *state;
	size_t at = 0;
	struct str name;
	void *value;
	if (w->sched) {
		w->say = NULL;
		w->disk.full = NULL;
		world_release(w, SAY_LOST);
		if (w->sched->started)
			run_ends(w);
		else
			sched_free(w->sched);
	}
	for (size_t i = 0; i < ACCOUNTS; i++) {
		assert_int_equal(w->pools[i].flights.count, 0);
		limits_fini(&w->pools[i].limits);
	}
	store_inline_free(w->disk.behind);
	w->backend->ops->close(w->backend);
	while (map_next(&w->names, &at, &name, &value))
		free(value);
	map_fini(&w->names);
	decider_unref(&w->decider);
	free(w->sent);
	assert_int_equal(log_capture_fini(&w->log), 0);
	vloop_fini(&w->v);
	free(w);
	return 0;
}

static int rules_load(void **state)
{
	struct diag d;
	(void)state;
	diag_init(&d);
	rules = policy_load_dir("policy/rules", NULL, &d);
	diag_fini(&d);
	return rules ? 0 : -1;
}

static int rules_drop(void **state)
{
	(void)state;
	policy_unref(&rules);
	return 0;
}

/* ---- what tests ask ----------------------------------------------------------------------------------------------------------------- */

static UNUSED uint64_t count_of(struct world *w, enum item_state s)
{
	struct store_get_counts c = {0};
	op_run(w, &c.op, STORE_GET_COUNTS);
	assert_int_equal(c.op.err, OK);
	return c.items[s];
}

static UNUSED void assert_state(struct world *w, item_id_t item, enum item_state s, const char *reason)
{
	struct arena a = {0};
	struct store_get_item g = {.item = item, .arena = &a};
	op_run(w, &g.op, STORE_GET_ITEM);
	assert_int_equal(g.op.err, OK);
	assert_string_equal(item_state_name(g.row.state), item_state_name(s));
	if (reason && !str_eq_c(g.row.result.reason, reason))
		fail_msg("reason %.*s, not %s", STR_ARG(g.row.result.reason), reason);
	arena_fini(&a);
}

static bool nothing_moves(void *arg)
{
	struct world *w = arg;
	struct store_get_counts c = {0};
	op_run(w, &c.op, STORE_GET_COUNTS);
	return c.items[ITEM_QUEUED] + c.items[ITEM_SENDING] + c.items[ITEM_UNKNOWN] +
	           c.items[ITEM_RECONCILING] ==
	       0;
}

/* Runs until every item rests or is pending. */
static UNUSED void run_to_rest(struct world *w, uint64_t max_ms)
{
	for (uint64_t ms = 0; !nothing_moves(w); ms += 100) {
		if (ms > max_ms)
			fail_msg("items still move: queued %llu sending %llu unknown %llu reconciling %llu",
			         (unsigned long long)count_of(w, ITEM_QUEUED),
			         (unsigned long long)count_of(w, ITEM_SENDING),
			         (unsigned long long)count_of(w, ITEM_UNKNOWN),
			         (unsigned long long)count_of(w, ITEM_RECONCILING));
		vloop_run_for(&w->v, 100);
	}
}

/* ---- what tests do ------------------------------------------------------------------------------------------------------------------ */

static UNUSED void start_with(struct world *w, int (*say)(struct world *, const struct sched_job *, char))
{
	w->say = say;
	sched_start(w->sched);
}

static UNUSED void start_again(struct world *w)
{
	run_begins(w);
	sched_start(w->sched);
}

/* The registry has this name from now on, whoever made it. */
static UNUSED void registry_makes(struct world *w, const char *name)
{
	struct entry *e = entry_of(w, str_c(name));
	e->created = loop_wall(&w->v.loop);
	e->expires = instant_of_date(date_make(2027, 11, 20), HANOI_S);
}

/* The registry's message on the x.id.vn that was pending, as the poll worker stores it. */
static UNUSED struct store_message registry_decides_x(struct world *w, bool approved)
{
	struct store_message m = {.account = w->accounts[0],
	                          .id = STR("79"),
	                          .at = loop_wall(&w->v.loop),
	                          .now = loop_wall(&w->v.loop),
	                          .is_pan = true,
	                          .pan_approved = approved,
	                          .domain = STR("x.id.vn"),
	                          .expires = INSTANT_NONE};
	op_run(w, &m.op, STORE_MESSAGE);
	return m;
}

#endif
