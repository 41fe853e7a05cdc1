/*
 * Messages to their receivers.
 *
 * Happy path: the next one that is due ─▶ signed and sent ─▶ 2xx: it leaves the queue. Of one item there is never
 * more than one on its way, the earliest; each receiver has its own slots, so that a slow one holds up nobody else.
 * Failure modes: any other answer, or none: the message waits, longer each time; several in a row: the receiver as a
 * whole waits, and everything is tried at once when it is back. 410: it is switched off until somebody switches it
 * on; so is one that has taken nothing for as long as a message is kept. A message that a receiver refuses for so
 * long, while it takes others, is given up. The outcome cannot be stored: it is kept and stored later, nothing else
 * is sent meanwhile.
 */
#include "daemon/webhook/webhook_int.h"
#include "epp/base/check.h"

#define SIGNATURES_MAX 1024
#define GONE           410

/* ---- what came back ------------------------------------------------------------------------------------------------------------- */

static bool is_delivered(const struct webhook_reply *r)
{
	return r->status >= 200 && r->status < 300;
}

static void release(struct webhook_slot *s)
{
	arena_fini(&s->arena);
	s->state = WEBHOOK_SLOT_FREE;
}

static enum err delivered(struct webhook_run *w, struct webhook_slot *s, struct errmsg *e)
{
	struct webhook_receiver *r = s->receiver;
	int64_t now = w->clock.wall(&w->clock);
	enum err err = webhook_queue_done(w->queue, r->config->partner, &s->delivery, now, e);
	if (!err && webhook_pace_is_failing(&r->pace))
		err = webhook_queue_hurry(w->queue, r->config->partner, e);
	if (err)
		return err;
	r->waiting--;
	if (webhook_pace_fine(&r->pace))
		LOG(w->log, LOG_NOTICE, "webhook.answers", "the receiver takes messages again",
		    F_C("partner", r->config->partner), F_I64("waiting", r->waiting));
	r->delivered_ms = now;
	LOG(w->log, LOG_INFO, "webhook.delivered", "the receiver has it", F_C("partner", r->config->partner),
	    F_C("webhook", s->delivery.id), F_I64("status", s->reply.status),
	    F_I64("attempt", s->delivery.attempts + 1), F_U64("took_ms", s->reply.took_ms));
	return OK;
}

static enum err switch_off(struct webhook_run *w, struct webhook_slot *s, const char *why, struct errmsg *e)
{
	struct webhook_receiver *r = s->receiver;
	if (r->off) /* another one that was under way has said so */
		return OK;
	enum err err =
	    webhook_queue_switch_off(w->queue, r->config->partner, w->clock.wall(&w->clock), why, e);
	if (err)
		return err;
	r->off = true;
	LOG(w->log, LOG_ERROR, "webhook.disabled", why, F_C("partner", r->config->partner),
	    F_C("webhook", s->delivery.id), F_I64("waiting", r->waiting));
	return OK;
}

static enum err give_up(struct webhook_run *w, struct webhook_slot *s, struct errmsg *e)
{
	struct webhook_receiver *r = s->receiver;
	enum err err = webhook_queue_done(w->queue, r->config->partner, &s->delivery, 0, e);
	if (err)
		return err;
	r->waiting--;
	LOG(w->log, LOG_ERROR, "webhook.given_up", s->reply.trouble, F_C("partner", r->config->partner),
	    F_C("webhook", s->delivery.id), F_I64("status", s->reply.status),
	    F_I64("attempt", s->delivery.attempts + 1));
	return OK;
}

static enum err try_again(struct webhook_run *w, struct webhook_slot *s, struct errmsg *e)
{
	struct webhook_receiver *r = s->receiver;
	const struct webhook_patience p = {w->config->retry_first_ms, w->config->retry_longest_ms};
	int64_t now = w->clock.wall(&w->clock);
	uint64_t mono = webhook_run_now(w);
	uint64_t wait = webhook_pace_wait(s->delivery.attempts + 1, s->reply.retry_after_ms, &p, &w->rng);
	enum err err = webhook_queue_again(w->queue, r->config->partner, &s->delivery, now,
	                                   now + (int64_t)wait, s->reply.trouble, e);
	if (err)
		return err;
	webhook_pace_failed(&r->pace, mono, s->reply.retry_after_ms, &p, &w->rng);
	LOG(w->log, LOG_WARNING, "webhook.failed", s->reply.trouble, F_C("partner", r->config->partner),
	    F_C("webhook", s->delivery.id), F_I64("status", s->reply.status),
	    F_I64("attempt", s->delivery.attempts + 1), F_U64("again_in_ms", wait),
	    F_U64("took_ms", s->reply.took_ms));
	return OK;
}

static enum err settle(struct webhook_run *w, struct webhook_slot *s, struct errmsg *e)
{
	const struct webhook_delivery *d = &s->delivery;
	const struct webhook_receiver *r = s->receiver;
	int64_t kept = w->clock.wall(&w->clock) - (int64_t)w->config->give_up_ms;
	if (is_delivered(&s->reply))
		return delivered(w, s, e);
	if (s->reply.status == GONE)
		return switch_off(w, s, "the receiver answers 410: it wants no more messages", e);
	if (!d->first_ms || d->first_ms > kept)
		return try_again(w, s, e);
	if (r->delivered_ms >= d->first_ms)
		return give_up(w, s, e);
	return switch_off(w, s, "the receiver has taken nothing for as long as messages are tried", e);
}

static void settle_all(struct webhook_run *w, struct webhook_receiver *r)
{
	struct errmsg e;
	for (size_t i = 0; i < ARRAY_LEN(r->slots); i++) {
		struct webhook_slot *s = &r->slots[i];
		if (s->state != WEBHOOK_SLOT_BACK)
			continue;
		if (settle(w, s, &e)) {
			webhook_run_stuck(w, &e);
			return;
		}
		release(s);
		r->look_ms = 0;
	}
}

/* ---- sending --------------------------------------------------------------------------------------------------------------------- */

static void send_one(struct webhook_run *w, struct webhook_slot *s)
{
	const struct config_webhook_receiver *c = s->receiver->config;
	int64_t timestamp_s = w->clock.wall(&w->clock) / 1000;
	struct buf signature;
	buf_init(&signature, SIGNATURES_MAX);
	webhook_sign(&signature, c->secrets, c->secret_count, s->delivery.id, timestamp_s, s->delivery.body);
	INVARIANT(buf_ok(&signature));
	struct webhook_letter l = {.url = c->url,
	                           .ca_file = c->ca_file,
	                           .id = s->delivery.id,
	                           .signature = buf_cstr(&signature),
	                           .timestamp_s = timestamp_s,
	                           .body = s->delivery.body,
	                           .timeout_ms = w->config->timeout_ms,
	                           .internal = c->internal};
	webhook_poster_send(w->poster, &l, s);
	s->state = WEBHOOK_SLOT_SENT;
	buf_fini(&signature);
}

/* What is under way, and the first free slot; NULL: there is none. */
static struct webhook_slot *look_at_slots(struct webhook_receiver *r, int64_t *busy, size_t *count)
{
	struct webhook_slot *free_one = NULL;
	*count = 0;
	for (size_t i = 0; i < ARRAY_LEN(r->slots); i++) {
		struct webhook_slot *s = &r->slots[i];
		if (s->state != WEBHOOK_SLOT_FREE)
			busy[(*count)++] = s->delivery.seq;
		else if (!free_one)
			free_one = s;
	}
	return free_one;
}

/* False: there is nothing more to send for now. */
static bool send_next(struct webhook_run *w, struct webhook_receiver *r, uint64_t now)
{
	int64_t busy[CONFIG_WEBHOOK_PARALLEL_MAX];
	size_t count;
	struct errmsg e;
	struct webhook_slot *s = look_at_slots(r, busy, &count);
	if (!s || count >= webhook_pace_room(&r->pace, now, w->config->parallel))
		return false;
	s->receiver = r;
	arena_init(&s->arena);
	enum err err = webhook_queue_next(w->queue, r->config->partner, w->clock.wall(&w->clock), busy, count,
	                                  &s->arena, &s->delivery, &e);
	if (!err) {
		send_one(w, s);
		return true;
	}
	arena_fini(&s->arena);
	if (err != ERR_NOT_FOUND)
		webhook_run_stuck(w, &e);
	return false;
}

/* Milliseconds until something that waits now may be sent, at most WEBHOOK_TICK_MS. */
static uint64_t until_due(struct webhook_run *w, const struct webhook_receiver *r)
{
	int64_t due, now = w->clock.wall(&w->clock);
	struct errmsg e;
	if (webhook_queue_due(w->queue, r->config->partner, now, &due, &e)) {
		webhook_run_stuck(w, &e);
		return WEBHOOK_TICK_MS;
	}
	return due && due - now < WEBHOOK_TICK_MS ? (uint64_t)(due - now) : WEBHOOK_TICK_MS;
}

static void send_due(struct webhook_run *w, struct webhook_receiver *r, uint64_t now)
{
	if (r->off || now < r->look_ms)
		return;
	while (send_next(w, r, now))
		;
	r->look_ms = now + until_due(w, r);
	if (r->pace.not_before_ms > now && r->pace.not_before_ms < r->look_ms)
		r->look_ms = r->pace.not_before_ms;
}

void webhook_deliver_turn(struct webhook_run *w)
{
	struct webhook_reply reply;
	uint64_t now = webhook_run_now(w);
	while (webhook_poster_next(w->poster, &reply)) {
		struct webhook_slot *s = reply.owner;
		s->reply = reply;
		s->state = WEBHOOK_SLOT_BACK;
	}
	for (size_t i = 0; i < w->config->count && !webhook_run_is_stuck(w); i++) {
		settle_all(w, &w->receivers[i]);
		if (!w->halting && !webhook_run_is_stuck(w))
			send_due(w, &w->receivers[i], now);
	}
}

/* ---- beginning ------------------------------------------------------------------------------------------------------------------- */

static enum err load_one(struct webhook_run *w, struct webhook_receiver *r, struct errmsg *e)
{
	struct arena a;
	struct webhook_fortune f;
	struct str cursor;
	arena_init(&a);
	enum err err = webhook_queue_count(w->queue, r->config->partner, &r->waiting, e);
	if (!err)
		err = webhook_queue_cursor(w->queue, r->config->partner, &a, &cursor, e);
	if (!err && !str_copy(r->cursor, sizeof r->cursor, cursor))
		err = err_set(e, ERR_CORRUPT, "the database: the cursor of '%s' is none", r->config->partner);
	if (!err)
		err = webhook_queue_fortune(w->queue, r->config->partner, r->config->url, &a, &f, e);
	if (!err) {
		if (r->off && !f.off_ms)
			LOG(w->log, LOG_NOTICE, "webhook.enabled", "the receiver is tried again",
			    F_C("partner", r->config->partner), F_I64("waiting", r->waiting));
		if (r->off != (f.off_ms != 0))
			r->pace = (struct webhook_pace){0};
		r->off = f.off_ms != 0;
		r->delivered_ms = f.delivered_ms;
		r->look_ms = 0;
	}
	arena_fini(&a);
	return err;
}

enum err webhook_deliver_load(struct webhook_run *w, struct errmsg *e)
{
	enum err err = OK;
	for (size_t i = 0; i < w->config->count && !err; i++)
		err = load_one(w, &w->receivers[i], e);
	return err;
}

size_t webhook_deliver_under_way(const struct webhook_run *w)
{
	size_t n = 0;
	for (size_t i = 0; i < w->config->count; i++)
		for (size_t k = 0; k < ARRAY_LEN(w->receivers[i].slots); k++)
			n += w->receivers[i].slots[k].state != WEBHOOK_SLOT_FREE;
	return n;
}
