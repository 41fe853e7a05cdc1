/*
 * The registry of the scheduler's tests, of a few lines, behind pools that stand in for the session layer's; and the world
 * in which they are. A part of sched_world.h.
 *
 * The pools watch the promise on every send: no second transform of a name before the first is settled.
 */
#ifndef VNEPP_TESTS_SCHED_REGISTRY_H
#define VNEPP_TESTS_SCHED_REGISTRY_H

#include "daemon/job/lane.h"
#include "daemon/sched/sched_int.h"
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

/* ---- what it does with transforms ------------------------------------------------------------------------------------------ */

/* A way of answering; each names what it looks at. */
#define SAY(name) \
	static int name(UNUSED struct world *w, UNUSED const struct sched_job *j, UNUSED char letter)

UNUSED SAY(say_never)
{
	return letter == 't' ? SAY_NEVER : SAY_WELL;
}

UNUSED SAY(say_lose_every)
{
	return letter == 't' ? SAY_LOST : SAY_WELL;
}

UNUSED SAY(say_lost_done)
{
	return letter == 't' ? SAY_LOST_DONE : SAY_WELL;
}

UNUSED SAY(say_pending)
{
	return letter == 't' && w->transforms == 1 ? 1001 : SAY_WELL;
}

#endif
