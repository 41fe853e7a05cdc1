/*
 * What the tests of the scheduler share: a scheduler on the SQLite store in memory, partners who admit items, and
 * pools with a registry of a few lines behind them, all under a virtual clock. Included once by each test program.
 *
 * The pools watch the promise on every send: no second transform of a name before the first is settled.
 */
#ifndef VNEPP_TESTS_SCHED_WORLD_H
#define VNEPP_TESTS_SCHED_WORLD_H

#include "daemon/job/lane.h"
#include "daemon/sched/sched_int.h"
#include "daemon/store/store_domains.h"
#include "daemon/store/store_figures.h"
#include "epp/base/alloc.h"
#include "epp/base/check.h"
#include "epp/base/rng.h"
#include "policy/policy.h"
#include "tests/harness/log_capture.h"
#include "tests/harness/vloop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#define START_MS   1795140000000ll /* 2026-11-20T09:00:00+07:00 */
#define SETTLE_MS  5000
#define ACCOUNTS   2
#define PARTNERS   4
#define LATENCY_MS 20
#define HANOI_S    (7 * 3600)

/* What the registry does with a command instead of answering it well. Positive: that code, and nothing happens. */
enum say {
	SAY_WELL = 0,
	SAY_LOST_DONE = -1, /* carried out, the answer is lost */
	SAY_LOST = -2,      /* not carried out */
	SAY_NEVER = -3,     /* no answer until world_release() */
	SAY_NOT_SENT = -4,  /* the session broke before the bytes left */
};

struct entry {
	char name[80];
	size_t account;
	instant_ms_t created, expires;
	char registrant[20];
	unsigned creates, renews; /* carried out */
	item_id_t outstanding;    /* a transform of this item has left and its outcome may not be known */
};

struct sent {
	uint64_t at_ms;
	item_id_t item;
	uint32_t partner;
	size_t account;
	char letter;
	int say; /* what the registry does with it */
	char cltrid[EPP_TRID_MAX + 1];
};

struct world;

struct flight {
	struct list_node node;
	struct pool *pool;
	struct session_command *cmd;
	struct loop_timer timer;
	int say;
};

/* Stands in for the session layer's pool. */
struct pool {
	struct world *w;
	size_t index;
	uint32_t slots; /* 0: no session is ready */
	struct list flights;
	struct sched_account *account;
	struct limits limits;
	uint32_t most; /* in flight at a time */
};

/* An executor in front of the real one, whose disk can fill up. */
struct disk {
	struct store_executor x;
	struct store_executor *behind;
	struct world *w;
	/* NULL: works. True: this operation fails. */
	bool (*full)(struct world *w, const struct store_op *op);
	struct store_op *first, *last; /* failed, to be given back */
	struct loop_task back;
	size_t failed, claims, pending;
	uint32_t most_claimed;
};

struct world {
	struct vloop v;
	struct store_backend *backend;
	struct disk disk;
	struct log_capture log;
	struct decider *decider;
	struct sched *sched;
	struct pool pools[ACCOUNTS];
	uint32_t accounts[ACCOUNTS], partners[PARTNERS], epoch;
	struct map names; /* struct entry, owned */
	int (*say)(struct world *w, const struct sched_job *j, char letter);
	/* A command that is of no job: true. NULL: there are none. */
	bool (*other)(struct world *w, struct pool *p, struct session_command *c, struct str frame);
	struct sent *sent; /* owned */
	size_t sent_count, transforms;
	unsigned refs, stopped, store_calls;
	bool store_failing, settled;
	struct rng rng;
	uint64_t full_from_ms, full_until_ms;
	enum store_op_type full_type;
	size_t full_count;
};

/* ---- the registry -------------------------------------------------------------------------------------------------------- */

static struct sched_job *job_of_cmd(struct session_command *c)
{
	return CONTAINER_OF(c, struct sched_job, cmd);
}

static struct entry *entry_of(struct world *w, struct str name)
{
	struct entry *e = map_get(&w->names, name);
	if (e)
		return e;
	e = xcalloc(1, sizeof *e);
	e->created = e->expires = INSTANT_NONE;
	INVARIANT(str_copy(e->name, sizeof e->name, name));
	INVARIANT(!map_put(&w->names, name, e));
	return e;
}

static struct epp_result world_result;
static struct epp_chk_item world_chk;

static struct epp_response code_only(int code)
{
	world_result = (struct epp_result){.code = code, .msg = STR("words")};
	return (struct epp_response){.kind = EPP_KIND_RESPONSE,
	                             .results = &world_result,
	                             .result_count = 1,
	                             .trid = {STR(""), STR("SV")}};
}

static struct epp_response do_transform(struct pool *p, struct sched_job *j, struct entry *e)
{
	const struct item_request *r = &j->job.request;
	instant_ms_t now = loop_wall(&p->w->v.loop);
	struct epp_response a = code_only(1000);
	if (r->op == ITEM_CREATE) {
		if (e->created != INSTANT_NONE)
			return code_only(2302);
		e->created = now;
		e->expires =
		    instant_of_date(date_add_years(date_of_instant(now, HANOI_S), r->period, false), HANOI_S);
		e->account = p->index;
		snprintf(e->registrant, sizeof e->registrant, "%s",
		         j->job.contact_id[0] ? j->job.contact_id : "NONE");
		e->creates++;
		a.data.kind = EPP_RES_DOMAIN_CRE;
	} else {
		if (e->created == INSTANT_NONE)
			return code_only(2303);
		if (date_of_instant(e->expires, HANOI_S) != r->cur_exp_date)
			return code_only(2105);
		e->expires = instant_of_date(date_add_years(r->cur_exp_date, r->period, false), HANOI_S);
		e->renews++;
		a.data.kind = EPP_RES_DOMAIN_REN;
	}
	a.data.cre =
	    (struct epp_cre){.name = r->domain, .cr_date = {.at = e->created}, .ex_date = {.at = e->expires}};
	return a;
}

static struct epp_response do_look(const struct entry *e)
{
	struct epp_response a = code_only(e->created == INSTANT_NONE ? 2303 : 1000);
	if (e->created == INSTANT_NONE)
		return a;
	a.data.kind = EPP_RES_DOMAIN_INF;
	a.data.domain = (struct epp_domain_inf){.c = {.name = str_c(e->name),
	                                              .cl_id = e->account ? STR("gateway2") : STR("gateway1"),
	                                              .cr_date = {.at = e->created}},
	                                        .registrant = str_c(e->registrant),
	                                        .ex_date = {.at = e->expires}};
	return a;
}

static struct epp_response do_command(struct pool *p, struct sched_job *j)
{
	struct entry *e = entry_of(p->w, j->job.request.domain);
	struct epp_response a = code_only(1000);
	switch (j->job.phase) {
	case JOB_TRANSFORM: return do_transform(p, j, e);
	case JOB_LOOK: return do_look(e);
	case JOB_CHECK:
		world_chk = (struct epp_chk_item){str_c(e->name), e->created == INSTANT_NONE, STR("In use")};
		a.data = (struct epp_resdata){.kind = EPP_RES_DOMAIN_CHK, .chk = {&world_chk, 1}};
		return a;
	case JOB_CONTACT_LOOK:
		a.data.kind = EPP_RES_CONTACT_INF;
		a.data.contact.c.cl_id = p->index ? STR("gateway2") : STR("gateway1");
		return a;
	default: return a;
	}
}

/* Once a job is over without doubt the name is free, and the item may be sent again. */
static void forget_outstanding(struct world *w, const struct sched_job *j)
{
	struct entry *e = entry_of(w, j->job.request.domain);
	enum item_state s = j->job.result.state;
	if (e->outstanding == j->item && j->job.phase == JOB_OVER && s != ITEM_UNKNOWN && s != ITEM_PENDING)
		e->outstanding = 0;
}

static void flight_over(struct flight *f)
{
	struct pool *p = f->pool;
	struct session_command *cmd = f->cmd;
	struct sched_job *j = job_of_cmd(cmd);
	int say = f->say;
	list_remove(&f->node);
	free(f);
	if (say == SAY_WELL || say > 0) {
		struct epp_response r = say ? code_only(say) : do_command(p, j);
		cmd->done(cmd, SESSION_ANSWERED, &r, NULL);
	} else {
		if (say == SAY_LOST_DONE)
			(void)do_command(p, j);
		if (say == SAY_NOT_SENT && j->job.phase == JOB_TRANSFORM)
			entry_of(p->w, j->job.request.domain)->outstanding = 0;
		cmd->done(cmd, say == SAY_NOT_SENT ? SESSION_NOT_SENT : SESSION_UNKNOWN, NULL,
		          "the connection broke");
	}
	forget_outstanding(p->w, j); /* it lives until its end is stored */
	sched_on_room(p->account);
}

static void on_flight(struct loop_timer *t)
{
	flight_over(CONTAINER_OF(t, struct flight, timer));
}

/* Everything that has no answer gets its end. */
static UNUSED void world_release(struct world *w, int say)
{
	for (size_t i = 0; i < ACCOUNTS; i++) {
		list_for_each_safe (n, &w->pools[i].flights) {
			struct flight *f = LIST_ITEM(n, struct flight, node);
			if (loop_timer_is_set(&f->timer))
				continue;
			f->say = say;
			loop_timer_set(&w->v.loop, &f->timer, 1);
		}
	}
}

/* ---- the pool's interface -------------------------------------------------------------------------------------------------- */

bool pool_offers(const struct pool *p, const char *uri)
{
	(void)p, (void)uri; /* nothing beyond the RFCs' core */
	return false;
}

uint32_t pool_slots(const struct pool *p)
{
	return p->slots;
}

uint32_t pool_room(const struct pool *p)
{
	return p->flights.count < p->slots ? p->slots - (uint32_t)p->flights.count : 0;
}

static void op_run(struct world *w, struct store_op *op, enum store_op_type type)
{
	op->type = type;
	op->err = OK;
	w->backend->ops->run(w->backend, &op, 1);
}

static enum item_state state_of(struct world *w, item_id_t item)
{
	struct arena a = {0};
	struct store_get_item g = {.item = item, .arena = &a};
	op_run(w, &g.op, STORE_GET_ITEM);
	enum item_state s = g.row.state;
	assert_int_equal(g.op.err, OK);
	arena_fini(&a);
	return s;
}

/* The promise: whatever was sent for this name before is settled, and on disk. */
static void watch_transform(struct world *w, const struct sched_job *j)
{
	struct entry *e = entry_of(w, j->job.request.domain);
	if (e->outstanding && e->outstanding != j->item) {
		enum item_state s = state_of(w, e->outstanding);
		if (s != ITEM_DONE && s != ITEM_FAILED)
			fail_msg("%s: a second transform while item %llu is %s", e->name,
			         (unsigned long long)e->outstanding, item_state_name(s));
	}
	if (state_of(w, j->item) != ITEM_SENDING)
		fail_msg("%s: sent while %s on disk", e->name, item_state_name(state_of(w, j->item)));
	e->outstanding = j->item;
	w->transforms++;
}

enum err pool_send(struct pool *p, struct session_command *c, struct errmsg *e)
{
	struct world *w = p->w;
	const struct sched_job *j = job_of_cmd(c);
	struct buf out;
	buf_init(&out, 1u << 16);
	enum err err = c->build(c, &out, e);
	if (pool_room(p) == 0)
		fail_msg("sent without room");
	bool other = !err && w->other && w->other(w, p, c, buf_str(&out));
	buf_fini(&out);
	if (err || other)
		return err;
	char letter = job_step_letter(&j->job);
	if (letter == 't')
		watch_transform(w, j);
	w->sent = xrealloc(w->sent, w->sent_count + 1, sizeof *w->sent);
	struct sent *s = &w->sent[w->sent_count++];
	*s = (struct sent){loop_now(&w->v.loop), j->item, j->partner, p->index, letter, SAY_WELL, ""};
	memcpy(s->cltrid, c->cltrid, sizeof s->cltrid);
	struct flight *f = xcalloc(1, sizeof *f);
	*f = (struct flight){.pool = p, .cmd = c, .timer = {.fire = on_flight}};
	f->say = w->say ? w->say(w, j, letter) : SAY_WELL;
	list_push(&p->flights, &f->node);
	if (p->flights.count > p->most)
		p->most = (uint32_t)p->flights.count;
	s->say = f->say;
	if (f->say != SAY_NEVER)
		loop_timer_set(&w->v.loop, &f->timer, LATENCY_MS);
	return OK;
}

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
	return (struct item_request){
	    .op = l->op,
	    .ref = ref,
	    .domain = str_c(l->name),
	    .domain_u = str_c(l->name),
	    .period = 1,
	    .admin = l->flags & LINE_UNBUILDABLE ? STR("an identifier that is too long") : STR_NONE,
	    .cur_exp_date = l->op == ITEM_RENEW ? date_make(2026, 12, 1) : DATE_NONE,
	    .if_not_free = ITEM_CHARGE,
	    .max_fee_vnd = 100000000,
	    .applicant = {.kind = APPLICANT_CITIZEN,
	                  .name = STR("Nguyễn Văn A"),
	                  .citizenship = STR("VN"),
	                  .id_number = number,
	                  .phone = STR("+84.912345678"),
	                  .email = STR("a@example.vn"),
	                  .gender = GENDER_MALE,
	                  .birth_date = date_make(2006, 5, 6),
	                  .founded_on = DATE_NONE,
	                  .registered_on = DATE_NONE,
	                  .address = {.street = STR("12 Hùng Vương"),
	                              .ward = STR("Xuân Hương"),
	                              .province = STR("68"),
	                              .province_list = STR("2025-07-01"),
	                              .country = STR("VN")}},
	    .evidence = {{STR("ekyc"), STR("x"), STR("K-1"), STR("confirmed"), date_make(2026, 11, 18)}},
	    .evidence_count = 1,
	};
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

#endif
