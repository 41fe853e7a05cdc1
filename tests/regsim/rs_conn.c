/*
 * A connection: frames in, answers out.
 *
 * Happy path: bytes arrive, each whole frame is executed at once, its answer is put behind the answers that wait, and
 * what is due is sent in one piece when the bytes are used up; the rest by a timer.
 *
 * Failure modes: a bad frame header, a hang-up by command or fault, a deadline: what waits before it is still sent,
 * then `close`; nothing that arrives afterwards is looked at. regsim_conn_closed() at any time frees everything.
 */
#include "epp/base/alloc.h"
#include "epp/base/check.h"
#include "tests/regsim/rs_int.h"
#include "tests/regsim/rs_reply.h"

#include <stdio.h>
#include <stdlib.h>

#define HEADER        4
#define FRAME_MIN     5            /* header and one byte */
#define OUT_MAX       (256u << 20) /* a window of answers of any size that a test could want */
#define MERGE_MS      50           /* a held-back answer waits no longer for company */
#define HELD_AT_LEAST 16

enum after { AFTER_NOTHING, AFTER_CLOSE, AFTER_ABORT };

/* Bytes of `out` that leave together. */
struct held {
	uint64_t due_ms;
	size_t len;
	enum after after;
	bool split, merge;
};

struct regsim_conn {
	struct list_node node; /* sim.conns */
	struct regsim *sim;    /* borrowed */
	struct regsim_conn_events ev;
	void *arg;
	char *subject; /* owned */
	struct rs_session session;
	struct buf in, out;
	struct held *held; /* owned; a ring */
	size_t first, count, cap;
	struct loop_timer out_timer, deadline;
	uint64_t opened_ms, active_ms;
	bool deaf;   /* a hang-up is on its way: input is dropped */
	bool closed; /* `close` was called */
};

/* Read fresh: bytes may come after a long wait, between two turns, when the loop's own time is still the old one. */
static uint64_t now_of(const struct regsim_conn *c)
{
	struct clock *clock = c->sim->loop->clock;
	return clock->mono_us(clock) / 1000;
}

static struct held *held_at(struct regsim_conn *c, size_t i)
{
	return &c->held[(c->first + i) & (c->cap - 1)];
}

static struct held *held_push(struct regsim_conn *c)
{
	if (c->count == c->cap) {
		size_t cap = c->cap ? c->cap * 2 : HELD_AT_LEAST;
		struct held *ring = xcalloc(cap, sizeof *ring);
		for (size_t i = 0; i < c->count; i++)
			ring[i] = *held_at(c, i);
		free(c->held);
		c->held = ring;
		c->first = 0;
		c->cap = cap;
	}
	struct held *h = held_at(c, c->count++);
	*h = (struct held){0};
	return h;
}

static void held_pop(struct regsim_conn *c)
{
	c->first = (c->first + 1) & (c->cap - 1);
	c->count--;
}

static void hang_up(struct regsim_conn *c, bool abort)
{
	if (c->closed)
		return;
	c->closed = c->deaf = true;
	loop_timer_cancel(c->sim->loop, &c->out_timer);
	loop_timer_cancel(c->sim->loop, &c->deadline);
	rs_session_leave(c->sim, &c->session);
	c->ev.close(c->arg, abort);
}

static void send_out(struct regsim_conn *c, size_t n)
{
	if (n == 0)
		return;
	c->ev.send(c->arg, str_make(buf_data(&c->out), n));
	buf_consume(&c->out, n);
}

static void wait_until(struct regsim_conn *c, uint64_t at_ms)
{
	uint64_t turn = loop_now(c->sim->loop); /* what the timer counts from */
	loop_timer_set(c->sim->loop, &c->out_timer, at_ms > turn ? at_ms - turn : 0);
}

/* True: the first one was joined to the next, or needs no company any more; false: it waits. */
static bool merge_first(struct regsim_conn *c)
{
	struct held *h = held_at(c, 0);
	if (c->count > 1) {
		held_at(c, 1)->len += h->len;
		held_pop(c);
	} else if (now_of(c) >= h->due_ms + MERGE_MS) {
		h->merge = false;
	} else {
		wait_until(c, h->due_ms + MERGE_MS);
		return false;
	}
	return true;
}

/* Sends what is due. */
static void pump(struct regsim_conn *c)
{
	size_t ready = 0;
	while (!c->closed && c->count) {
		struct held *h = held_at(c, 0);
		if (h->due_ms > now_of(c)) {
			wait_until(c, h->due_ms);
			break;
		}
		if (h->merge) {
			if (!merge_first(c))
				break;
			continue;
		}
		if (h->split && h->len > 1) {
			send_out(c, ready);
			send_out(c, 1);
			h->len--;
			return wait_until(c, 0);
		}
		ready += h->len;
		enum after after = h->after;
		held_pop(c);
		if (after != AFTER_NOTHING) {
			send_out(c, ready);
			return hang_up(c, after == AFTER_ABORT);
		}
	}
	send_out(c, ready);
}

static void on_out_timer(struct loop_timer *t)
{
	pump(CONTAINER_OF(t, struct regsim_conn, out_timer));
}

/* What was appended to `out` since it held `before` bytes becomes one piece. */
static struct held *hold(struct regsim_conn *c, size_t before, uint64_t delay_ms)
{
	uint64_t due = now_of(c) + delay_ms;
	uint64_t last = c->count ? held_at(c, c->count - 1)->due_ms : 0;
	struct held *h = held_push(c);
	h->due_ms = due > last ? due : last;
	h->len = buf_len(&c->out) - before;
	return h;
}

static struct held *hold_frame(struct regsim_conn *c, struct str body, uint64_t delay_ms)
{
	size_t before = buf_len(&c->out);
	size_t n = body.len + HEADER;
	const unsigned char header[HEADER] = {(unsigned char)(n >> 24), (unsigned char)(n >> 16),
	                                      (unsigned char)(n >> 8), (unsigned char)n};
	buf_append(&c->out, header, HEADER);
	buf_add(&c->out, body);
	return hold(c, before, delay_ms);
}

static void hold_hang_up(struct regsim_conn *c, enum after after, uint64_t delay_ms)
{
	hold(c, buf_len(&c->out), delay_ms)->after = after;
	c->deaf = true;
}

static void hold_text(struct regsim_conn *c, struct str text, uint64_t delay_ms)
{
	size_t before = buf_len(&c->out);
	buf_add(&c->out, text);
	hold(c, before, delay_ms);
}

/* ---- deadlines ---- */

static uint64_t earlier(uint64_t a, uint64_t from, uint32_t ms)
{
	return ms && from + ms < a ? from + ms : a;
}

static uint64_t deadline_at(const struct regsim_conn *c)
{
	const struct regsim_options *o = &c->sim->o;
	uint64_t at = LOOP_NEVER;
	if (!c->session.account)
		at = earlier(at, c->opened_ms, o->login_timeout_ms);
	at = earlier(at, c->active_ms, o->idle_timeout_ms);
	return earlier(at, c->opened_ms, o->max_age_ms);
}

/* Activity only moves a deadline away, so the timer is left alone until it fires or a log-in changes the rules. */
static void arm_deadline(struct regsim_conn *c)
{
	uint64_t at = deadline_at(c), turn = loop_now(c->sim->loop);
	if (at == LOOP_NEVER)
		loop_timer_cancel(c->sim->loop, &c->deadline);
	else
		loop_timer_set(c->sim->loop, &c->deadline, at > turn ? at - turn : 0);
}

static void on_deadline(struct loop_timer *t)
{
	struct regsim_conn *c = CONTAINER_OF(t, struct regsim_conn, deadline);
	if (deadline_at(c) > now_of(c))
		return arm_deadline(c);
	c->sim->stats.timeouts++;
	hang_up(c, false);
}

/* ---- commands ---- */

/* Answers for which nothing is done; false: `fault` is not one of them. */
static bool strike_before(struct regsim_conn *c, struct rs_exec *x, enum regsim_fault fault, int64_t arg,
                          struct str frame, uint64_t delay)
{
	int code = fault == REGSIM_FAULT_FAIL_2400    ? 2400
	           : fault == REGSIM_FAULT_CLOSE_2502 ? 2502
	           : fault == REGSIM_FAULT_CLOSE_2500 ? 2500
	           : fault == REGSIM_FAULT_CLOSE_1500 ? 1500
	                                              : 0;
	if (code) {
		rs_exec_refuse(x, code, fault);
		hold_frame(c, buf_str(x->out), delay);
		if (code != 2400)
			hold_hang_up(c, AFTER_CLOSE, delay);
		return true;
	}
	switch (fault) {
	case REGSIM_FAULT_LATE_COMMIT:
	case REGSIM_FAULT_SILENT_LATE: rs_late_start(c->sim, &c->session, frame, (uint64_t)arg, fault); break;
	case REGSIM_FAULT_CLOSE_BEFORE_COMMIT:
	case REGSIM_FAULT_QUOTA_CLOSE:
	case REGSIM_FAULT_NO_ANSWER_LOST: rs_exec_lost(x, fault); break;
	default: return false;
	}
	if (fault == REGSIM_FAULT_QUOTA_CLOSE)
		hold_hang_up(c, AFTER_ABORT, delay);
	else if (fault == REGSIM_FAULT_CLOSE_BEFORE_COMMIT || fault == REGSIM_FAULT_LATE_COMMIT)
		hold_hang_up(c, AFTER_CLOSE, delay);
	return true;
}

/* The command is done and its answer is in x->out: what becomes of the answer. */
static void strike_after(struct regsim_conn *c, struct rs_exec *x, enum regsim_fault fault, int64_t arg,
                         uint64_t delay)
{
	struct str body = buf_str(x->out);
	struct held *h;
	switch (fault) {
	case REGSIM_FAULT_CLOSE_AFTER_COMMIT: return hold_hang_up(c, AFTER_CLOSE, delay);
	case REGSIM_FAULT_NO_ANSWER: return;
	case REGSIM_FAULT_GARBAGE: hold_frame(c, STR("\x01\xfe{\"not\": <xml>\xff"), delay); return;
	case REGSIM_FAULT_PLAIN_TEXT:
		hold_text(c, STR("Connection refused: your address is not on the list.\r\n"), delay);
		return hold_hang_up(c, AFTER_CLOSE, delay);
	case REGSIM_FAULT_DROP_IN_ANSWER:
		h = hold_frame(c, body, delay);
		h->after = AFTER_ABORT;
		if ((size_t)arg < h->len) {
			buf_truncate(&c->out, buf_len(&c->out) - (h->len - (size_t)arg));
			h->len = (size_t)arg;
		}
		c->deaf = true;
		return;
	default: break;
	}
	h = hold_frame(c, body, delay);
	h->merge = fault == REGSIM_FAULT_MERGE;
	h->split = fault == REGSIM_FAULT_SPLIT;
	if (x->hang_up)
		hold_hang_up(c, AFTER_CLOSE, delay);
}

/* Makes the answer a 2400 although the command was done. */
static void turn_into_2400(struct rs_exec *x)
{
	rs_reply_fail(x, 2400, "");
	rs_reply_end(x);
}

static bool over_rate(struct regsim_conn *c, struct rs_exec *x, uint64_t delay)
{
	if (!c->session.account || !rs_account_over_rate(c->sim, c->session.account))
		return false;
	c->sim->stats.over_rate++;
	if (c->sim->o.over_rate == REGSIM_OVER_SILENT) {
		rs_exec_lost(x, REGSIM_FAULT_NONE);
		hold_hang_up(c, AFTER_ABORT, delay);
		return true;
	}
	rs_exec_refuse(x, 2502, REGSIM_FAULT_NONE);
	hold_frame(c, buf_str(x->out), delay);
	hold_hang_up(c, AFTER_CLOSE, delay);
	return true;
}

/* Loud, whatever the test makes of the refusal: tests/run-tests.sh counts the lines of this file as failures. */
static void tell(const char *path, const char *why, struct str frame)
{
	FILE *f = path ? fopen(path, "ae") : NULL;
	if (!f)
		return;
	fprintf(f, "%s: %.*s\n", why, STR_ARG(frame));
	fclose(f);
}

static void validate(struct regsim *sim, struct str frame, struct rs_command *cmd)
{
	char why[160];
	if (!sim->xsd || cmd->code)
		return;
	if (rs_xsd_check(sim->xsd, frame, sim->o.ext_uris, sim->o.ext_uri_count, why, sizeof why))
		return;
	sim->stats.xsd_failed++;
	tell(sim->o.frames_log, why, frame);
	cmd->code = 2001;
	cmd->reason = arena_str(&sim->scratch, str_c(why));
}

static void greet(struct regsim_conn *c, uint64_t delay)
{
	buf_clear(&c->sim->answer);
	rs_session_greeting(c->sim, &c->sim->answer);
	hold_frame(c, buf_str(&c->sim->answer), delay);
}

static void on_frame(struct regsim_conn *c, struct str frame)
{
	struct regsim *sim = c->sim;
	struct rs_command cmd;
	int64_t arg;
	bool was_in = c->session.account;
	c->active_ms = now_of(c);
	arena_reset(&sim->scratch);
	rs_parser_read(sim->parser, &sim->scratch, frame, &cmd);
	validate(sim, frame, &cmd);
	if (cmd.op == REGSIM_OP_HELLO && !cmd.code)
		return greet(c, sim->o.delay_ms);
	struct str name = cmd.names.first ? cmd.names.first->text : STR_NONE;
	enum regsim_fault fault = rs_fault_choose(sim, cmd.op, cmd.kind, name, &arg);
	uint64_t delay = sim->o.delay_ms + (fault == REGSIM_FAULT_DELAY ? (uint64_t)arg : 0);
	struct rs_exec x = {
	    .sim = sim, .session = &c->session, .cmd = &cmd, .out = &sim->answer, .cltrid = cmd.cltrid};
	if (fault == REGSIM_FAULT_NO_CLTRID)
		x.cltrid = STR_NONE;
	if (fault == REGSIM_FAULT_WRONG_CLTRID)
		x.cltrid =
		    arena_printf(&sim->scratch, "X%.*s", (int)(cmd.cltrid.len < 60 ? cmd.cltrid.len : 60),
		                 cmd.cltrid.len ? cmd.cltrid.ptr : "");
	if (over_rate(c, &x, delay) || strike_before(c, &x, fault, arg, frame, delay))
		return;
	rs_exec_run(&x, fault, false);
	if (fault == REGSIM_FAULT_FAIL_2400_COMMITTED)
		turn_into_2400(&x);
	strike_after(c, &x, fault, arg, delay);
	if (!was_in && c->session.account)
		arm_deadline(c);
}

/* How many bytes at the front were used up. */
static size_t frames_in(struct regsim_conn *c, struct str bytes)
{
	size_t at = 0;
	while (!c->deaf && bytes.len - at >= HEADER) {
		const unsigned char *p = (const unsigned char *)bytes.ptr + at;
		size_t len = (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | (size_t)p[3];
		size_t max = c->session.account ? c->sim->o.max_frame_bytes : c->sim->o.max_frame_early_bytes;
		if (len < FRAME_MIN || len > max) {
			c->sim->stats.frames_bad++;
			hold_hang_up(c, AFTER_CLOSE, 0);
			break;
		}
		if (bytes.len - at < len)
			break;
		on_frame(c, str_make(bytes.ptr + at + HEADER, len - HEADER));
		at += len;
	}
	return at;
}

void regsim_conn_data(struct regsim_conn *c, struct str bytes)
{
	if (c->deaf)
		return;
	if (buf_len(&c->in) == 0) {
		size_t used = frames_in(c, bytes);
		buf_append(&c->in, bytes.ptr + used, bytes.len - used);
	} else {
		buf_add(&c->in, bytes);
		size_t used = buf_ok(&c->in) ? frames_in(c, buf_str(&c->in)) : 0;
		buf_consume(&c->in, used);
	}
	if (!buf_ok(&c->in) || !buf_ok(&c->out))
		return hang_up(c, true);
	pump(c);
}

/* Called with nothing held. */
static void start(struct regsim_conn *c)
{
	int64_t arg;
	const struct regsim_options *o = &c->sim->o;
	enum regsim_fault f = rs_fault_choose(c->sim, REGSIM_OP_CONNECT, REGSIM_KIND_NONE, STR_NONE, &arg);
	bool full = o->max_connections && c->sim->stats.connections_now > o->max_connections;
	c->sim->stats.connections_refused += full;
	if (full || f == REGSIM_FAULT_GREETING_CLOSE)
		hold_hang_up(c, AFTER_CLOSE, 0);
	else if (f == REGSIM_FAULT_PLAIN_TEXT) {
		hold_text(c, STR("Connection refused: your address is not on the list.\r\n"), 0);
		hold_hang_up(c, AFTER_CLOSE, 0);
	} else
		greet(c, f == REGSIM_FAULT_GREETING_DELAY ? (uint64_t)arg : 0);
	wait_until(c, held_at(c, 0)->due_ms);
	arm_deadline(c);
}

struct regsim_conn *regsim_conn_open(struct regsim *sim, const struct regsim_conn_events *ev, void *arg,
                                     const char *subject)
{
	struct regsim_conn *c = xcalloc(1, sizeof *c);
	c->sim = sim;
	c->ev = *ev;
	c->arg = arg;
	c->subject = xstrdup(subject);
	c->session.subject = c->subject;
	buf_init(&c->in,
	         (size_t)sim->o.max_frame_bytes * 2 + (16u << 20)); /* a frame and what one read may bring */
	buf_init(&c->out, OUT_MAX);
	c->out_timer.fire = on_out_timer;
	c->deadline.fire = on_deadline;
	c->opened_ms = c->active_ms = now_of(c);
	list_push(&sim->conns, &c->node);
	sim->stats.connections++;
	sim->stats.connections_now++;
	start(c);
	return c;
}

void regsim_conn_closed(struct regsim_conn *c)
{
	struct regsim *sim = c->sim;
	loop_timer_cancel(sim->loop, &c->out_timer);
	loop_timer_cancel(sim->loop, &c->deadline);
	rs_session_leave(sim, &c->session);
	list_remove(&c->node);
	sim->stats.connections_now--;
	buf_fini(&c->in);
	buf_fini(&c->out);
	free(c->held);
	free(c->subject);
	free(c);
}

void rs_conn_drop_all(struct regsim *sim)
{
	list_for_each (n, &sim->conns)
		hang_up(LIST_ITEM(n, struct regsim_conn, node), true);
}
