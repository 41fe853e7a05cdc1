/* The market's registry, and the life of the scheduler's process. */
#include "tests/proof/market.h"

#include "daemon/sched/sched_int.h"
#include "epp/base/alloc.h"
#include "epp/base/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SETTLE_MS 5000

/* What the registry does instead of answering well; positive: that code. */
enum say { SAY_WELL = 0, SAY_LOST = -1, SAY_LOST_DONE = -2, SAY_NOT_SENT = -3 };

void market_wrong(struct market *m, const char *fmt, ...)
{
	va_list ap;
	if (m->why[0])
		return;
	va_start(ap, fmt);
	vsnprintf(m->why, sizeof m->why, fmt, ap);
	va_end(ap);
}

/* ---- the registry ------------------------------------------------------------------------------------------------------------ */

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
	return p->slots - p->count;
}

static void carry_out(struct market *m, uint32_t index)
{
	struct proof_item *i = &m->h.items[index];
	if (i->done != PROOF_NEVER)
		market_wrong(m, "item %u was carried out twice", index + 1);
	i->done = market_now(m);
}

/* What <info> shows; nothing when the name is not there. */
static void show(struct market *m, const struct proof_item *i, struct epp_result *result,
                 struct epp_response *r)
{
	static const struct str login = {"gateway", 7};
	date_t day = date_make(2026, 12, 1);
	bool done = i->done != PROOF_NEVER, create = i->lane == LANE_CREATE;
	struct epp_domain_inf *d = &r->data.domain;
	if (create && !done) {
		result->code = 2303;
		return;
	}
	r->data.kind = EPP_RES_DOMAIN_INF;
	d->c.cl_id = login;
	d->c.cr_date.at = create ? m->clock.wall(&m->clock) : INSTANT_NONE;
	d->ex_date.at = instant_of_date(done ? date_add_years(day, 1, false) : day, HANOI_OFFSET_S);
}

static void end_flight(struct market *m, const struct flight *f)
{
	struct epp_result result = {.code = f->say > 0 ? f->say : 1000, .msg = STR("words")};
	struct epp_response r = {
	    .kind = EPP_KIND_RESPONSE, .results = &result, .result_count = 1, .trid = {STR(""), STR("SV")}};
	struct proof_item *i = &m->h.items[f->item];
	struct epp_chk_item check = {.reason = STR("taken")};
	instant_ms_t now = m->clock.wall(&m->clock);
	if (f->letter == 't' && (f->say == SAY_WELL || f->say == SAY_LOST_DONE)) {
		carry_out(m, f->item);
		r.data.kind = i->lane == LANE_CREATE ? EPP_RES_DOMAIN_CRE : EPP_RES_DOMAIN_REN;
		r.data.cre = (struct epp_cre){.cr_date = {.at = now}, .ex_date = {.at = now}};
	} else if (f->letter == 'q' && f->say == SAY_WELL) {
		show(m, i, &result, &r);
	} else if (f->letter == 'k' && f->say == SAY_WELL) {
		check.avail = i->done == PROOF_NEVER;
		r.data.kind = EPP_RES_DOMAIN_CHK;
		r.data.chk = (struct epp_chk){&check, 1};
	}
	if (f->say >= 0)
		f->cmd->done(f->cmd, SESSION_ANSWERED, &r, NULL);
	else
		f->cmd->done(f->cmd, f->say == SAY_NOT_SENT ? SESSION_NOT_SENT : SESSION_UNKNOWN, NULL,
		             "the connection broke");
}

static void on_answers(struct loop_timer *t)
{
	struct market *m = CONTAINER_OF(t, struct market, pool.answer);
	struct pool *p = &m->pool;
	while (p->count && p->flights[p->first].at_ms <= market_now(m)) {
		struct flight f = p->flights[p->first];
		p->first = (p->first + 1) % p->slots;
		p->count--;
		end_flight(m, &f);
	}
	if (p->count && !loop_timer_is_set(t))
		loop_timer_set(m->loop, t, p->flights[p->first].at_ms - market_now(m));
	sched_on_room(m->account);
}

static int say_of(struct market *m, char letter)
{
	static const int says[] = {2400, SAY_LOST, SAY_LOST_DONE, SAY_NOT_SENT, 2502};
	if (m->trouble == 0 || rng_below(&m->rng, 1000) >= m->trouble)
		return SAY_WELL;
	m->troubled = true;
	int say = says[rng_below(&m->rng, ARRAY_LEN(says))];
	return letter != 't' && say == SAY_LOST_DONE ? SAY_LOST : say;
}

static enum proof_class class_of(const struct proof_item *i, char letter)
{
	switch (letter) {
	case 'k': return PROOF_CHECK;
	case 'c': return PROOF_CONTACT;
	case 't': return i->lane == LANE_RENEW ? PROOF_RENEW : PROOF_CREATE;
	default: return PROOF_INFO;
	}
}

static void record(struct market *m, uint32_t index, char letter)
{
	struct proof_history *h = &m->h;
	struct proof_item *i = &h->items[index];
	enum proof_class class = class_of(i, letter);
	if (h->send_count == h->send_cap) {
		h->send_cap = h->send_cap ? 2 * h->send_cap : 4096;
		h->sends = xrealloc(h->sends, h->send_cap, sizeof *h->sends);
	}
	h->sends[h->send_count++] =
	    (struct proof_send){.at = market_now(m),
	                        .item = index,
	                        .limit = m->limits.all.limit,
	                        .class_limit = m->class_limits[class],
	                        .class = (uint8_t) class,
	                        .look = letter == 'q',
	                        .follows = letter == 'q' || (letter == 't' && i->contact)};
	if (letter == 't' && i->sent == PROOF_NEVER)
		i->sent = market_now(m);
}

enum err pool_send(struct pool *p, struct session_command *c, struct errmsg *e)
{
	struct market *m = CONTAINER_OF(p, struct market, pool);
	const struct sched_job *j = CONTAINER_OF(c, struct sched_job, cmd);
	uint32_t index = (uint32_t)j->item - 1;
	char letter = job_step_letter(&j->job);
	(void)e; /* nothing is built: what a frame looks like makes no difference here */
	INVARIANT(p->count < p->slots);
	record(m, index, letter);
	p->flights[(p->first + p->count++) % p->slots] =
	    (struct flight){c, market_now(m) + p->latency_ms, index, say_of(m, letter), letter};
	if (!loop_timer_is_set(&p->answer))
		loop_timer_set(m->loop, &p->answer, p->latency_ms);
	return OK;
}

/* ---- life --------------------------------------------------------------------------------------------------------------------- */

static uint64_t mono_us(struct clock *c)
{
	return CONTAINER_OF(c, struct market, clock)->now_us;
}

static instant_ms_t wall(struct clock *c)
{
	return market_wall_of(market_now(CONTAINER_OF(c, struct market, clock))) + c->shift_ms;
}

static struct decider *no_decider(void *arg)
{
	(void)arg; /* the store here decides nothing again */
	return NULL;
}

static uint32_t weight(void *arg, uint32_t partner)
{
	return ((struct market *)arg)->h.weights[partner - 1];
}

static void on_store(void *arg, bool failing)
{
	market_wrong(arg, "the store %s", failing ? "fails" : "works again");
}

static void on_stopped(void *arg)
{
	((struct market *)arg)->stopped = true;
}

void market_set_limit(struct market *m, uint32_t limit, const uint32_t of[PROOF_CLASSES])
{
	const struct limit limits[LIMIT_CLASS__COUNT] = {[LIMIT_CHECK] = {.max = of[PROOF_CHECK]},
	                                                 [LIMIT_INFO] = {.max = of[PROOF_INFO]},
	                                                 [LIMIT_CONTACT] = {.max = of[PROOF_CONTACT]},
	                                                 [LIMIT_CREATE] = {.max = of[PROOF_CREATE]},
	                                                 [LIMIT_RENEW] = {.max = of[PROOF_RENEW]}};
	memcpy(m->class_limits, of, sizeof m->class_limits);
	limits_set(&m->limits, (struct limit){.max = limit}, limits, m->now_us);
}

void market_init(struct market *m, uint64_t seed, uint32_t slots, uint64_t latency_ms, uint32_t limit)
{
	static const struct limit none[LIMIT_CLASS__COUNT];
	*m = (struct market){.now_us = (PROOF_START_MS * 1000ull),
	                     .clock = {.mono_us = mono_us, .wall = wall}};
	rng_init_seed(&m->rng, seed);
	market_store_init(m);
	m->pool = (struct pool){.slots = slots, .latency_ms = latency_ms, .answer = {.fire = on_answers}};
	m->pool.flights = xcalloc(slots, sizeof *m->pool.flights);
	m->h.slots = slots;
	m->h.ahead = 2 * slots;
	for (size_t i = 0; i < PROOF_PARTNERS; i++)
		m->h.weights[i] = 1;
	limits_init(&m->limits, (struct limit){.max = limit}, none, m->now_us);
}

void market_boot(struct market *m)
{
	const struct job_registry facts = {.login = {"gateway", 7},
	                                   .date_offset_s = HANOI_OFFSET_S,
	                                   .settle_ms = SETTLE_MS,
	                                   .check_first = m->check_first};
	static const struct limit none[LIMIT_CLASS__COUNT];
	uint32_t limit = m->limits.all.limit;
	limits_fini(&m->limits);
	limits_init(&m->limits, (struct limit){0}, none, m->now_us);
	market_set_limit(m, limit, m->class_limits);
	m->loop = xcalloc(1, sizeof *m->loop);
	loop_init(m->loop, &m->clock);
	struct sched_config c = {.loop = m->loop,
	                         .writer = &m->store,
	                         .epoch = ++m->epoch,
	                         .decider = no_decider,
	                         .weight = weight,
	                         .on_store = on_store,
	                         .on_stopped = on_stopped,
	                         .arg = m};
	m->stopped = m->troubled = false;
	m->sched = sched_new(&c);
	m->account = sched_add_account(m->sched, MARKET_ACCOUNT, "reg", "one", &m->limits);
	sched_set_account(m->account, &m->pool, &facts);
	sched_start(m->sched);
}

/* What the process held goes with it, memory and all: it is a crash. */
void market_crash(struct market *m)
{
	m->pool.answer = (struct loop_timer){.fire = on_answers};
	for (; m->pool.count; m->pool.count--) {
		const struct flight *f = &m->pool.flights[m->pool.first];
		if (f->letter == 't' && rng_below(&m->rng, 2))
			carry_out(m, f->item);
		m->pool.first = (m->pool.first + 1) % m->pool.slots;
	}
	market_store_crash(m, true);
}

static void step(struct market *m, uint64_t end_ms)
{
	loop_turn(m->loop);
	uint64_t next = loop_next_deadline(m->loop);
	next = next > end_ms ? end_ms : next;
	if (next > market_now(m))
		m->now_us = next * 1000;
}

void market_stop(struct market *m)
{
	uint64_t limit = market_now(m) + 600000;
	sched_stop(m->sched);
	while (!m->stopped && market_now(m) < limit)
		step(m, limit);
	if (!m->stopped) {
		market_wrong(m, "it does not stop");
		return;
	}
	sched_free(m->sched);
	loop_timer_cancel(m->loop, &m->give_back);
	loop_timer_cancel(m->loop, &m->pool.answer);
	loop_fini(m->loop);
	free(m->loop);
	market_store_crash(m, false);
}

void market_kick(struct market *m)
{
	sched_kick(m->sched);
}

/* A million items wait in the store: what is here is what can soon be sent. */
static void judge_memory(struct market *m)
{
	struct sched_stats s;
	sched_stats(m->sched, &s);
	if (s.ready > (LANE__COUNT + 1) * m->h.ahead)
		market_wrong(m, "%llu jobs wait in memory for their turn, of %u that may be claimed ahead",
		             (unsigned long long)s.ready, m->h.ahead);
}

void market_run_for(struct market *m, uint64_t ms)
{
	uint64_t end = market_now(m) + ms;
	while (market_now(m) < end)
		step(m, end);
	judge_memory(m);
}

void market_run_none(struct market *m, uint64_t ms)
{
	m->now_us += ms * 1000;
}

void market_fini(struct market *m)
{
	limits_fini(&m->limits);
	market_store_fini(m);
	free(m->pool.flights);
	free(m->h.items);
	free(m->h.sends);
	free(m->h.stretches);
}
