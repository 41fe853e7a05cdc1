/*
 * The poll-queue worker.
 *
 * Happy path: IDLE ─▶ (WAITING) ─▶ ASKING (1301) ─▶ STORING (the owner commits it) ─▶ (WAITING) ─▶ ACKING ─▶ ASKING …
 * until 1300 ─▶ IDLE. A commit comes before its acknowledgement.
 *
 * Failure modes
 *  - No room in any window: waits until there is; the ceiling is used up: claims the next place.
 *  - The session is lost while asking or acknowledging: nothing is lost, the message comes again and the store knows it
 *    by its id.
 *  - Storing fails, the question or the acknowledgement is refused, the message has no id that could be acknowledged,
 *    or the one just acknowledged comes again: the interval passes first, whatever other responses say meanwhile.
 */
#include "daemon/session/poll.h"
#include "daemon/session/pool.h"
#include "epp/base/check.h"
#include "epp/command.h"
#include "epp/rescode.h"

#include <stdio.h>

/* After a lost question, and after "no messages" when other responses say that there are some. */
#define SOON_MS 1000

static struct poll *self_of(struct session_command *c)
{
	return CONTAINER_OF(c, struct poll, cmd);
}

static void rest(struct poll *p, uint64_t ms, uint64_t quiet_ms)
{
	p->state = POLL_IDLE;
	p->ack_due = false;
	p->quiet_until_ms = loop_now(p->loop) + quiet_ms;
	if (!p->stopped)
		loop_timer_set(p->loop, &p->timer, ms);
}

/* Something is wrong with it that asking again at once would not mend. */
static void leave_it(struct poll *p, const char *text, int code, struct str id)
{
	LOG(p->log, LOG_WARNING, "poll.left", text, F_C("registry", p->registry), F_C("account", p->account),
	    F_I64("code", code), F_STR("message_id", id));
	rest(p, p->interval_ms, p->interval_ms);
}

static enum err build(struct session_command *c, struct buf *out, struct errmsg *e)
{
	struct poll *p = self_of(c);
	struct epp_cmd cmd = {.cltrid = str_c(c->cltrid), .ext = p->ext.list, .ext_count = p->ext.count};
	if (p->ack_due)
		return epp_build_poll_ack(out, &cmd, str_c(p->id), e);
	return epp_build_poll_req(out, &cmd, e);
}

static void go_on(struct poll *p);

static void asked(struct poll *p, const struct epp_response *r)
{
	int code = epp_response_code(r);
	struct str id = r->msgq.id;
	if (code == 1300) {
		rest(p, p->interval_ms, SOON_MS < p->interval_ms ? SOON_MS : p->interval_ms);
	} else if (code != 1301) {
		leave_it(p, "the registry does not answer what is in its queue", code, STR_NONE);
	} else if (!r->msgq.present || str_empty(id) || !str_copy(p->id, sizeof p->id, id)) {
		leave_it(p, "a message without an id that could be acknowledged", code, id);
	} else if (str_eq_c(id, p->acked)) {
		p->acked[0] =
		    '\0'; /* the next time it is stored (which changes nothing) and acknowledged again */
		leave_it(p, "a message that was acknowledged came again", code, id);
	} else {
		p->state = POLL_STORING;
		p->messages++;
		p->on_message(p->arg, r);
	}
}

static void acked(struct poll *p, const struct epp_response *r)
{
	int code = epp_response_code(r);
	if (!epp_rescode_ok(code)) {
		leave_it(p, "the acknowledgement was refused", code, str_c(p->id));
		return;
	}
	memcpy(p->acked, p->id, sizeof p->acked);
	p->ack_due = false;
	go_on(p);
}

static void done(struct session_command *c, enum session_outcome outcome, const struct epp_response *r,
                 const char *text)
{
	struct poll *p = self_of(c);
	(void)text; /* the session says why it ended */
	/* 1500, 25xx, 2002 and 2200 are about the session rather than an answer. */
	if (outcome != SESSION_ANSWERED || epp_rescode_find(epp_response_code(r))->flags & EPP_RC_DISCARD)
		rest(p, SOON_MS, 0);
	else if (p->state == POLL_ACKING)
		acked(p, r);
	else
		asked(p, r);
}

static void send(struct poll *p)
{
	struct errmsg e;
	p->state = p->ack_due ? POLL_ACKING : POLL_ASKING;
	p->cmd = (struct session_command){.build = build, .done = done, .class = LIMIT_NO_CLASS};
	snprintf(p->cmd.cltrid, sizeof p->cmd.cltrid, "%s-p%llx", p->trid_prefix,
	         (unsigned long long)p->counter++);
	loop_timer_cancel(p->loop, &p->timer);
	if (pool_send(p->pool, &p->cmd, &e))
		leave_it(p, e.text, 0, str_c(p->id));
}

/* Asks, or acknowledges what is due, as soon as there is room and the ceiling allows. */
static void go_on(struct poll *p)
{
	uint64_t now_us = loop_now_us(p->loop);
	loop_timer_cancel(p->loop, &p->timer);
	p->state = p->stopped ? POLL_IDLE : POLL_WAITING;
	if (p->stopped)
		return;
	if (pool_room(p->pool) == 0)
		ceiling_unclaim(&p->limits->all, &p->claim);
	else if (ceiling_take_first(&p->limits->all, &p->claim, now_us))
		send(p);
	else
		loop_timer_set_us(p->loop, &p->timer, ceiling_claim_wait_us(&p->limits->all, now_us));
}

static void on_timer(struct loop_timer *t)
{
	go_on(CONTAINER_OF(t, struct poll, timer));
}

void poll_init(struct poll *p, struct pool *pool, const struct pool_config *c,
               void (*on_message)(void *arg, const struct epp_response *r), void *arg,
               const char *trid_prefix)
{
	*p = (struct poll){.pool = pool,
	                   .loop = c->session.loop,
	                   .limits = c->session.limits,
	                   .log = c->session.log,
	                   .registry = c->session.registry,
	                   .ext = c->session.poll_ext,
	                   .account = c->session.account,
	                   .stopped = true,
	                   .interval_ms = c->poll_ms,
	                   .on_message = on_message,
	                   .arg = arg,
	                   .trid_prefix = trid_prefix};
	p->timer.fire = on_timer;
}

void poll_start(struct poll *p)
{
	p->stopped = false;
	rest(p, p->interval_ms, 0);
}

void poll_stop(struct poll *p)
{
	p->stopped = true;
	loop_timer_cancel(p->loop, &p->timer);
	ceiling_unclaim(&p->limits->all, &p->claim);
}

void poll_wake(struct poll *p)
{
	uint64_t now = loop_now(p->loop);
	if (p->stopped)
		return;
	if (p->state == POLL_IDLE)
		loop_timer_set(p->loop, &p->timer, p->quiet_until_ms > now ? p->quiet_until_ms - now : 0);
	else
		poll_on_room(p);
}

void poll_on_room(struct poll *p)
{
	if (!p->stopped && p->state == POLL_WAITING && !loop_timer_is_set(&p->timer))
		loop_timer_set(p->loop, &p->timer, 0);
}

void poll_stored(struct poll *p, bool stored)
{
	REQUIRE(p->state == POLL_STORING);
	p->ack_due = stored;
	if (stored)
		go_on(p);
	else
		rest(p, p->interval_ms, p->interval_ms);
}
