/*
 * Streams in memory. Each end has a list of packets that are on their way to it, in order, each with the moment of its
 * arrival; a timer stands on the first. Everything that can happen to an end is a packet: data, the end of the peer's
 * sending, a reset, the connection being made or refused.
 *
 * Happy path of a connection: CONNECT arrives at the listener (on a timer of the dialling end), which makes the other
 * end; OPENED arrives at both; DATA; FIN.
 * Failures: no listener: FAILED after a round trip; a crash or a fault: RESET.
 */
#include "tests/harness/mem_stream.h"
#include "daemon/net/stream_core.h"
#include "epp/base/alloc.h"
#include "epp/base/check.h"
#include "epp/base/rng.h"

#include <stdio.h>
#include <stdlib.h>

#define WINDOW          (256u << 10)
#define PIECES_PER_TURN 256 /* so that splitting into bytes does not starve others */

enum kind { CONNECT, OPENED, FAILED, DATA, FIN, RESET };

struct packet {
	struct list_node node;
	enum kind kind;
	uint64_t at_ms;
	enum err why;     /* FAILED */
	const char *text; /* FAILED, RESET; static */
	size_t off, len;
	char bytes[];
};

struct mem_end {
	struct stream_core core;
	struct mem_net *net;
	struct mem_end *other; /* NULL: not there yet, or gone */
	struct list_node node;
	struct list coming; /* packets to this end */
	size_t coming_bytes;
	struct loop_timer timer; /* arrival of the first */
	unsigned epoch;          /* counts resets, which empty `coming` */
	bool stalled;            /* nothing arrives here */
	bool fin_sent;
	uint64_t sent, cut_at; /* bytes delivered to the peer; where to break, 0: nowhere */
	uint64_t mark;         /* the tap's */
	char node_name[32];
	struct mem_target *target; /* while dialling */
	struct stream_peer peer;
};

struct mem_target {
	char host[256];
	uint16_t port;
	uint64_t timeout_ms;
	struct stream_peer identity;
};

struct mem_listener {
	struct list_node node;
	char node_name[32], host[256];
	uint16_t port;
	void (*on_stream)(void *arg, struct stream *s);
	void *arg;
};

struct mem_net {
	struct loop *loop;
	struct mem_opts opts;
	struct rng rng;
	struct list ends, listeners;
	mem_tap_cb tap; /* NULL: nobody looks */
	void *tap_arg;
};

static struct mem_end *end_of(struct stream_core *c)
{
	return CONTAINER_OF(c, struct mem_end, core);
}

static struct mem_end *end_of_stream(struct stream *s)
{
	return end_of(core_of(s));
}

/* ---- packets ---- */

static void arm(struct mem_end *e)
{
	if (list_empty(&e->coming) || e->stalled) {
		loop_timer_cancel(e->net->loop, &e->timer);
		return;
	}
	const struct packet *p = LIST_ITEM(e->coming.first, struct packet, node);
	bool waits = e->core.state == STREAM_OPEN && e->core.paused && (p->kind == DATA || p->kind == FIN);
	if (waits) {
		loop_timer_cancel(e->net->loop, &e->timer);
		return;
	}
	uint64_t now = loop_now(e->net->loop);
	loop_timer_set(e->net->loop, &e->timer, p->at_ms > now ? p->at_ms - now : 0);
}

static struct packet *send_to(struct mem_end *e, enum kind kind, struct str bytes, uint64_t delay_ms)
{
	struct packet *p = xmalloc(sizeof *p + bytes.len);
	*p = (struct packet){.kind = kind, .len = bytes.len};
	if (bytes.len)
		memcpy(p->bytes, bytes.ptr, bytes.len);
	if (delay_ms && e->net->opts.jitter_ms)
		delay_ms += rng_below(&e->net->rng, e->net->opts.jitter_ms + 1);
	p->at_ms = loop_now(e->net->loop) + delay_ms;
	if (e->coming.last) {
		const struct packet *last = LIST_ITEM(e->coming.last, struct packet, node);
		p->at_ms = p->at_ms < last->at_ms ? last->at_ms : p->at_ms;
	}
	list_push(&e->coming, &p->node);
	e->coming_bytes += bytes.len;
	if (e->coming.count == 1)
		arm(e);
	return p;
}

static void drop_coming(struct mem_end *e)
{
	struct list_node *n;
	while ((n = list_pop(&e->coming)))
		free(LIST_ITEM(n, struct packet, node));
	e->coming_bytes = 0;
	e->epoch++;
	loop_timer_cancel(e->net->loop, &e->timer);
}

static uint64_t latency(const struct mem_end *e)
{
	return e->net->opts.latency_ms;
}

static void send_reset(struct mem_end *to, const char *text, uint64_t delay_ms)
{
	struct packet *p = send_to(to, RESET, STR_NONE, delay_ms);
	p->text = text;
}

/* ---- sending ---- */

static size_t window(const struct mem_end *e)
{
	return e->net->opts.window_bytes ? e->net->opts.window_bytes : WINDOW;
}

static void tell(struct mem_end *e, struct str bytes)
{
	if (e->net->tap && bytes.len)
		e->net->tap(e->net->tap_arg, e->node_name, e->other ? e->other->node_name : "", &e->mark,
		            bytes);
}

/* Bytes to a peer that is gone vanish; an open end learns of it by a reset. */
static void send_into_void(struct mem_end *e)
{
	if (buf_len(&e->core.out) == 0)
		return;
	tell(e, buf_str(&e->core.out));
	buf_clear(&e->core.out);
	if (e->core.state == STREAM_OPEN)
		send_reset(e, "connection reset by peer", 2 * latency(e));
}

static void pump(struct stream_core *c)
{
	struct mem_end *e = end_of(c), *to = e->other;
	if (c->state != STREAM_OPEN && c->state != STREAM_CLOSING)
		return;
	if (e->fin_sent)
		buf_clear(&c->out);
	else if (!to)
		send_into_void(e);
	else if (to->coming_bytes < window(e) && buf_len(&c->out)) {
		size_t room = window(e) - to->coming_bytes;
		size_t n = buf_len(&c->out) < room ? buf_len(&c->out) : room;
		tell(e, str_make(buf_data(&c->out), n));
		send_to(to, DATA, str_make(buf_data(&c->out), n), latency(e));
		buf_consume(&c->out, n);
	}
	core_drained(c);
	if (c->state == STREAM_CLOSING && buf_len(&c->out) == 0)
		core_end(c, OK, "closed");
	else if (c->state == STREAM_OPEN)
		arm(e);
}

/* ---- arrival ---- */

static void refuse(struct mem_end *e, enum err why, const char *text, uint64_t delay_ms)
{
	struct packet *p = send_to(e, FAILED, STR_NONE, delay_ms);
	p->why = why;
	p->text = text;
}

static struct mem_end *end_new(struct mem_net *n, const char *node_name);

static struct mem_listener *find_listener(const struct mem_net *n, const char *host, uint16_t port)
{
	list_for_each (at, &n->listeners) {
		struct mem_listener *l = LIST_ITEM(at, struct mem_listener, node);
		if (l->port == port && strcmp(l->host, host) == 0)
			return l;
	}
	return NULL;
}

static void couple(struct mem_end *a, struct mem_end *b)
{
	a->other = b;
	b->other = a;
}

/* The dialling end's request has reached the other side. */
static void connect_arrived(struct mem_end *e)
{
	struct mem_target *t = e->target;
	struct mem_listener *l = find_listener(e->net, t->host, t->port);
	if (!l) {
		refuse(e, ERR_CONNECT, "connection refused", latency(e));
	} else if (!l->on_stream) {
		uint64_t spent = latency(e);
		refuse(e, ERR_TIMEOUT, "timed out while connecting",
		       t->timeout_ms > spent ? t->timeout_ms - spent : 0);
	} else {
		struct mem_end *s = end_new(e->net, l->node_name);
		s->peer = t->identity;
		couple(e, s);
		send_to(s, OPENED, STR_NONE, 0);
		send_to(e, OPENED, STR_NONE, latency(e));
		l->on_stream(l->arg, &s->core.base);
	}
	free(t);
	e->target = NULL;
}

static void break_both(struct mem_end *e, const char *text)
{
	struct mem_end *pair[] = {e, e->other};
	for (size_t i = 0; i < ARRAY_LEN(pair); i++) {
		if (!pair[i])
			continue;
		drop_coming(pair[i]);
		pair[i]->stalled = false;
		send_reset(pair[i], text, 0);
	}
	if (e->other)
		e->other->other = NULL;
	e->other = NULL;
}

static size_t piece_len(struct mem_end *e, const struct packet *p)
{
	size_t left = p->len - p->off, max = e->net->opts.piece_max;
	if (max == 0)
		return left;
	size_t n = max == 1 ? 1 : 1 + (size_t)rng_below(&e->net->rng, max);
	return n < left ? n : left;
}

/* Delivers the next piece of `p`, which has been taken off the list; puts the rest back. */
static void data_arrived(struct mem_end *e, struct packet *p)
{
	struct mem_end *from = e->other;
	unsigned epoch = e->epoch;
	size_t n = piece_len(e, p);
	bool cut = from && from->cut_at && from->sent + n >= from->cut_at;
	if (cut)
		n = (size_t)(from->cut_at - from->sent);
	e->coming_bytes -= n;
	if (from) {
		from->sent += n;
		if (buf_len(&from->core.out) && from->core.state <= STREAM_CLOSING)
			loop_at_turn_end(e->net->loop, &from->core.hook);
	}
	if (n)
		core_data(&e->core, str_make(p->bytes + p->off, n));
	p->off += n;
	if (e->epoch == epoch && p->off < p->len)
		list_push_front(&e->coming, &p->node);
	else
		free(p);
	if (cut && e->epoch == epoch)
		break_both(e, "connection reset by peer");
}

static void handle(struct mem_end *e, struct packet *p)
{
	switch (p->kind) {
	case CONNECT: connect_arrived(e); break;
	case OPENED: core_open(&e->core); break;
	case FAILED: core_end(&e->core, p->why, p->text); break;
	case FIN: core_eof(&e->core, true); break;
	case RESET:
		core_eof(&e->core, false);
		core_end(&e->core, ERR_TRUNCATED, p->text);
		break;
	case DATA: data_arrived(e, p); return;
	}
	free(p);
}

static bool may_handle(const struct mem_end *e)
{
	if (list_empty(&e->coming) || e->stalled || e->core.state == STREAM_ENDED)
		return false;
	const struct packet *p = LIST_ITEM(e->coming.first, struct packet, node);
	bool reading = e->core.state != STREAM_OPEN || !e->core.paused || (p->kind != DATA && p->kind != FIN);
	return reading && p->at_ms <= loop_now(e->net->loop);
}

static void fire_timer(struct loop_timer *t)
{
	struct mem_end *e = CONTAINER_OF(t, struct mem_end, timer);
	for (int i = 0; i < PIECES_PER_TURN && may_handle(e); i++)
		handle(e, LIST_ITEM(list_pop(&e->coming), struct packet, node));
	if (e->core.state != STREAM_ENDED)
		arm(e);
}

/* ---- the end of an end ---- */

static void set_reading(struct stream_core *c, bool on)
{
	(void)on; /* the state of the core says whether packets wait */
	arm(end_of(c));
}

static void leave(struct mem_end *e, enum kind farewell)
{
	if (e->other) {
		if (farewell == RESET)
			send_reset(e->other, "connection reset by peer", latency(e));
		else if (!e->fin_sent)
			send_to(e->other, FIN, STR_NONE, latency(e));
		e->other->other = NULL;
		e->other = NULL;
	}
	drop_coming(e);
}

static void release(struct stream_core *c)
{
	leave(end_of(c), c->why == OK ? FIN : RESET);
	core_gone(c);
}

static void destroy(struct stream_core *c)
{
	struct mem_end *e = end_of(c);
	list_remove(&e->node);
	free(e->target);
	free(e);
}

static const struct stream_peer *peer(const struct stream_core *c)
{
	return &CONTAINER_OF(c, const struct mem_end, core)->peer;
}

static const struct stream_impl impl = {
    .pump = pump, .set_reading = set_reading, .release = release, .destroy = destroy, .peer = peer};

static struct mem_end *end_new(struct mem_net *n, const char *node_name)
{
	struct mem_end *e = xcalloc(1, sizeof *e);
	core_init(&e->core, n->loop, &impl);
	e->net = n;
	e->timer.fire = fire_timer;
	snprintf(e->peer.address, sizeof e->peer.address, "memory");
	snprintf(e->node_name, sizeof e->node_name, "%s", node_name);
	list_push(&n->ends, &e->node);
	return e;
}

/* ---- the net ---- */

struct mem_net *mem_net_new(struct loop *loop, const struct mem_opts *opts, uint64_t seed)
{
	struct mem_net *n = xcalloc(1, sizeof *n);
	n->loop = loop;
	if (opts)
		n->opts = *opts;
	rng_init_seed(&n->rng, seed);
	return n;
}

void mem_net_free(struct mem_net *n)
{
	REQUIRE(list_empty(&n->ends));
	struct list_node *at;
	while ((at = list_pop(&n->listeners)))
		free(LIST_ITEM(at, struct mem_listener, node));
	free(n);
}

void mem_net_set_opts(struct mem_net *n, const struct mem_opts *opts)
{
	n->opts = *opts;
}

void mem_net_tap(struct mem_net *n, mem_tap_cb tap, void *arg)
{
	n->tap = tap;
	n->tap_arg = arg;
}

size_t mem_net_open(const struct mem_net *n)
{
	return n->ends.count;
}

void mem_net_pair(struct mem_net *n, struct stream **a, struct stream **b)
{
	struct mem_end *x = end_new(n, ""), *y = end_new(n, "");
	couple(x, y);
	send_to(x, OPENED, STR_NONE, n->opts.latency_ms);
	send_to(y, OPENED, STR_NONE, n->opts.latency_ms);
	*a = &x->core.base;
	*b = &y->core.base;
}

void mem_net_listen(struct mem_net *n, const char *node, const char *host, uint16_t port,
                    void (*on_stream)(void *arg, struct stream *s), void *arg)
{
	REQUIRE(!find_listener(n, host, port));
	struct mem_listener *l = xcalloc(1, sizeof *l);
	*l = (struct mem_listener){.port = port, .on_stream = on_stream, .arg = arg};
	snprintf(l->node_name, sizeof l->node_name, "%s", node);
	snprintf(l->host, sizeof l->host, "%s", host);
	list_push(&n->listeners, &l->node);
}

static void listener_free(struct mem_listener *l)
{
	list_remove(&l->node);
	free(l);
}

void mem_net_unlisten(struct mem_net *n, const char *host, uint16_t port)
{
	struct mem_listener *l = find_listener(n, host, port);
	if (l)
		listener_free(l);
}

static struct stream *dial(struct dialer *d, const struct dial_target *target)
{
	struct mem_dialer *m = CONTAINER_OF(d, struct mem_dialer, dialer);
	struct mem_end *e = end_new(m->net, m->node);
	e->peer = m->server;
	e->target = xcalloc(1, sizeof *e->target);
	e->target->port = target->port;
	e->target->timeout_ms = target->timeout_ms;
	e->target->identity = m->identity;
	snprintf(e->target->host, sizeof e->target->host, "%s", target->host);
	send_to(e, CONNECT, STR_NONE, m->net->opts.latency_ms);
	return &e->core.base;
}

void mem_dialer_init(struct mem_dialer *d, struct mem_net *n, const char *node)
{
	*d = (struct mem_dialer){.dialer = {.dial = dial}, .net = n};
	snprintf(d->node, sizeof d->node, "%s", node);
	snprintf(d->identity.address, sizeof d->identity.address, "memory");
	snprintf(d->server.address, sizeof d->server.address, "memory");
}

/* Frees an end without any event: its process is no more. */
static void vanish(struct mem_end *e)
{
	leave(e, RESET);
	if (e->core.state != STREAM_ENDED)
		core_end(&e->core, ERR_CANCELED, NULL);
	e->core.base.ev = (struct stream_events){0};
	core_gone(&e->core);
}

void mem_net_crash(struct mem_net *n, const char *node)
{
	list_for_each_safe (at, &n->ends) {
		struct mem_end *e = LIST_ITEM(at, struct mem_end, node);
		if (strcmp(e->node_name, node) == 0)
			vanish(e);
	}
	list_for_each_safe (at, &n->listeners) {
		struct mem_listener *l = LIST_ITEM(at, struct mem_listener, node);
		if (strcmp(l->node_name, node) == 0)
			listener_free(l);
	}
}

void mem_net_queued(struct mem_net *n, const char *node, void (*each)(uint64_t *mark, size_t bytes))
{
	list_for_each (at, &n->ends) {
		struct mem_end *e = LIST_ITEM(at, struct mem_end, node);
		if (strcmp(e->node_name, node) == 0 && buf_len(&e->core.out))
			each(&e->mark, buf_len(&e->core.out));
	}
}

/* ---- faults ---- */

void mem_stream_reset(struct stream *s)
{
	break_both(end_of_stream(s), "connection reset by peer");
}

void mem_stream_reset_after(struct stream *s, uint64_t bytes)
{
	struct mem_end *e = end_of_stream(s);
	if (bytes == 0)
		mem_stream_reset(s);
	else
		e->cut_at = e->sent + bytes;
}

void mem_stream_half_close(struct stream *s)
{
	struct mem_end *e = end_of_stream(s);
	if (e->fin_sent)
		return;
	pump(&e->core);
	e->fin_sent = true;
	if (e->other)
		send_to(e->other, FIN, STR_NONE, latency(e));
}

void mem_stream_stall(struct stream *s, bool on)
{
	struct mem_end *to = end_of_stream(s)->other;
	if (!to)
		return;
	to->stalled = on;
	arm(to);
}

void mem_stream_set_peer(struct stream *s, const struct stream_peer *p)
{
	end_of_stream(s)->peer = *p;
}

uint64_t mem_stream_sent(const struct stream *s)
{
	return end_of_stream((struct stream *)s)->sent;
}
