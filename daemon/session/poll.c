/*
 * The poll-queue worker.
 *
 * Happy path: IDLE ─▶ ASKING (1301) ─▶ STORING (the owner commits it) ─▶ ACKING ─▶ ASKING … until 1300 ─▶ IDLE.
 *
 * Failure modes: no room or the ceiling is used up: tried again shortly. The session is lost while asking or
 * acknowledging: nothing is lost, the message comes again and the store knows it by its id. Storing fails: the message
 * is left at the registry and asked for again after the interval. Any other code: the interval passes first.
 */
#include "daemon/session/poll.h"
#include "daemon/core/ceiling.h"
#include "daemon/session/pool.h"
#include "epp/base/check.h"
#include "epp/command.h"

#include <stdio.h>

#define RETRY_MS 50 /* no room in any window: far below what anybody would notice */

static struct poll *self_of(struct session_command *c)
{
	return CONTAINER_OF(c, struct poll, cmd);
}

static void rest(struct poll *p, uint64_t ms)
{
	p->state = POLL_IDLE;
	loop_timer_set(p->loop, &p->timer, ms);
}

static enum err build(struct session_command *c, struct buf *out, struct errmsg *e)
{
	struct poll *p = self_of(c);
	struct epp_cmd cmd = {.cltrid = str_c(c->cltrid)};
	if (p->state == POLL_ACKING)
		return epp_build_poll_ack(out, &cmd, str_c(p->id), e);
	return epp_build_poll_req(out, &cmd, e);
}

static void ask(struct poll *p, enum poll_state as);

static void asked(struct poll *p, const struct epp_response *r)
{
	int code = epp_response_code(r);
	p->wanted = false;
	if (code != 1301 || !r->msgq.present) {
		rest(p, p->interval_ms);
		return;
	}
	if (!str_copy(p->id, sizeof p->id, r->msgq.id) || p->id[0] == '\0') {
		rest(p, p->interval_ms);
		return;
	}
	p->state = POLL_STORING;
	p->messages++;
	p->on_message(p->arg, r);
}

static void done(struct session_command *c, enum session_outcome outcome, const struct epp_response *r,
                 const char *text)
{
	struct poll *p = self_of(c);
	(void)text; /* the session says why it ended */
	if (outcome != SESSION_ANSWERED) {
		rest(p, RETRY_MS);
		p->wanted = true;
	} else if (p->state == POLL_ASKING) {
		asked(p, r);
	} else {
		p->wanted = false;
		ask(p, POLL_ASKING);
	}
}

static void ask(struct poll *p, enum poll_state as)
{
	struct errmsg e;
	if (pool_room(p->pool) == 0 || !ceiling_take(p->ceiling, loop_now(p->loop))) {
		p->wanted = true;
		p->state = as == POLL_ACKING ? POLL_ACKING : POLL_IDLE; /* an acknowledgement is owed */
		loop_timer_set(p->loop, &p->timer, RETRY_MS);
		return;
	}
	p->state = as;
	p->cmd = (struct session_command){.build = build, .done = done};
	snprintf(p->cmd.cltrid, sizeof p->cmd.cltrid, "%s-p%llx", p->trid_prefix,
	         (unsigned long long)p->counter++);
	loop_timer_cancel(p->loop, &p->timer);
	if (pool_send(p->pool, &p->cmd, &e))
		rest(p, p->interval_ms); /* cannot be built: the id has a character that XML lacks */
}

static void on_timer(struct loop_timer *t)
{
	struct poll *p = CONTAINER_OF(t, struct poll, timer);
	ask(p, p->state == POLL_ACKING ? POLL_ACKING : POLL_ASKING);
}

void poll_start(struct poll *p)
{
	p->timer.fire = on_timer;
	rest(p, p->interval_ms);
}

void poll_stop(struct poll *p)
{
	loop_timer_cancel(p->loop, &p->timer);
}

void poll_wake(struct poll *p)
{
	p->wanted = true;
	if (p->state == POLL_IDLE)
		loop_timer_set(p->loop, &p->timer, 0);
}

void poll_on_room(struct poll *p)
{
	if (p->wanted && p->state == POLL_IDLE)
		loop_timer_set(p->loop, &p->timer, 0);
}

void poll_stored(struct poll *p, bool stored)
{
	REQUIRE(p->state == POLL_STORING);
	if (stored)
		ask(p, POLL_ACKING);
	else
		rest(p, p->interval_ms);
}
