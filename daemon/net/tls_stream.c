/*
 * TLS over a stream. OpenSSL works on a wire of ours (tls_wire.h): what it writes is appended to the lower stream's out
 * buffer, what it reads comes from the view that the lower stream delivers.
 *
 * Happy path: the lower stream opens -> handshake, fed by on_data -> verified, core_open -> the same bytes may already
 * hold application data, so reading goes on at once. Writing: at the end of the turn all plaintext is encrypted into
 * few large records; while the lower queue is high it stays here. Closing: plaintext out, close_notify, then the lower
 * stream is closed; its on_closed is our end.
 * A server's handshakes may take turns (tls_turns.h): then what comes waits in `in`, the step is made in another thread,
 * and the loop takes what came of it. Nothing is made for a peer that says nothing. While it is away, what comes waits in
 * `late`; a stream that ends meanwhile is closed at once, and only its memory waits for the thread. Who sends a whole file
 * behind its last word of the handshake is held: the lower stream is paused until that word has been looked at.
 * Failures: handshake or record errors end the stream; an alert for the peer still leaves (the lower stream is closed,
 * not aborted). The lower stream's end without close_notify is on_eof(not clean). A deadline limits the handshake.
 * Paused: ciphertext that came already waits in `in`, the lower stream is paused.
 */
#include "daemon/net/tls_stream.h"
#include "certs/tls_ctx.h"
#include "daemon/net/stream_core.h"
#include "daemon/net/tls_handshake.h"
#include "daemon/net/tls_turns.h"
#include "daemon/net/tls_wire.h"
#include "epp/base/alloc.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>

#define RECORD_BYTES 16384 /* the most that one record holds */
/* More than the lower stream delivers at once (64 KiB), so that it is never reached. */
#define IN_MAX     (1u << 20)
#define HELD_BYTES (256u << 10) /* of ciphertext that waits for a turn: no more is read */
#define KEEP_BYTES (16u << 10)

struct tls_stream {
	struct stream_core core;
	struct stream *lower; /* owned; NULL when gone */
	struct tls_ctx *ctx;  /* a reference */
	SSL *ssl; /* owned; NULL before the first step of the handshake, and when it could not be made */
	char *server_name;               /* owned; a client's, until the handshake is done */
	struct tls_handshake *handshake; /* owned; while a step is waited for */
	struct tls_turns *turns;         /* a reference, or NULL */
	struct tls_turn turn;            /* away: handshake, wire and `in` are not ours */
	struct tls_wire wire; /* feeds what is not read yet: of the view being delivered, or of `in` */
	struct buf in;        /* ciphertext that waits: for its turn, or while we are paused */
	struct buf late;      /* what came while `in` was away */
	struct loop_timer handshake_deadline;
	uint64_t handshake_ms; /* from the lower stream's opening; 0: the first deadline is for both */
	bool lower_open, lower_ended, verified, goodbye_said;
	bool held;      /* the lower stream is paused: much waits for a turn */
	bool polite;    /* an alert is on its way to the peer */
	bool forgotten; /* closed while it was away: freed when it is back */
	struct stream_peer peer;
};

static struct tls_stream *tls_of(const struct stream_core *c)
{
	return CONTAINER_OF(c, struct tls_stream, core);
}

/* ---- the handshake ---- */

/* The session, to call OpenSSL with on the loop's thread. */
static SSL *session(struct tls_stream *t)
{
	t->wire.said = t->lower ? stream_out(t->lower) : NULL;
	ERR_clear_error();
	return t->ssl;
}

static void fail_with(struct tls_stream *t, enum err why, const char *text)
{
	t->polite = true;
	if (t->lower)
		stream_flush(t->lower);
	core_end(&t->core, why, text);
}

static void fail(struct tls_stream *t)
{
	struct errmsg m = {""};
	enum err why = tls_ctx_failure(t->ssl, &m);
	fail_with(t, why, m.text);
}

static void handshake_done(struct tls_stream *t, const struct tls_handshake *h)
{
	loop_timer_cancel(t->core.loop, &t->handshake_deadline);
	t->peer.tls = true;
	snprintf(t->peer.tls_version, sizeof t->peer.tls_version, "%s", SSL_get_version(t->ssl));
	tls_handshake_names(h, &t->peer);
	t->verified = true;
	core_open(&t->core);
}

static void handshake_begin(struct tls_stream *t)
{
	t->handshake = xmalloc(sizeof *t->handshake);
	tls_handshake_init(t->handshake);
	t->handshake->ctx = t->ctx;
	t->handshake->server_name = t->server_name;
	t->handshake->wire = &t->wire;
	t->handshake->ssl = t->ssl;
}

static void handshake_drop(struct tls_stream *t)
{
	if (!t->handshake)
		return;
	t->ssl = t->handshake->ssl;
	tls_handshake_fini(t->handshake);
	free(t->handshake);
	t->handshake = NULL;
}

/* A step was made: what it said leaves, then what it means. */
static void handshake_take(struct tls_stream *t)
{
	struct tls_handshake *h = t->handshake;
	t->ssl = h->ssl;
	if (t->lower)
		stream_write(t->lower, buf_str(&h->said));
	if (h->why != OK)
		fail_with(t, h->why, h->text.text);
	else if (h->done)
		handshake_done(t, h);
	handshake_drop(t);
}

static bool is_shaking(const struct tls_stream *t)
{
	return !t->verified && t->lower_open && t->core.state == STREAM_OPENING;
}

/* ---- the pump: four steps ---- */

static void step_handshake(struct tls_stream *t)
{
	if (!is_shaking(t) || t->turns)
		return;
	handshake_begin(t);
	tls_handshake_step(t->handshake);
	handshake_take(t);
}

static void step_read(struct tls_stream *t)
{
	char plain[RECORD_BYTES];
	while (t->verified && core_reads(&t->core) && (t->wire.feed.len || SSL_pending(t->ssl))) {
		int n = SSL_read(session(t), plain, sizeof plain);
		if (n > 0) {
			core_data(&t->core, str_make(plain, (size_t)n));
			continue;
		}
		int e = SSL_get_error(t->ssl, n);
		if (e == SSL_ERROR_ZERO_RETURN) {
			t->wire.feed = STR_NONE; /* nothing counts after close_notify */
			core_eof(&t->core, true);
		} else if (e != SSL_ERROR_WANT_READ) {
			fail(t);
		}
		if (t->lower)
			stream_flush(t->lower); /* a key update is answered */
		return;
	}
}

static void step_write(struct tls_stream *t)
{
	struct buf *out = &t->core.out;
	bool wrote = false;
	while (t->verified && t->lower && buf_len(out) && stream_queued(t->lower) < STREAM_HIGH_WATER) {
		size_t n = buf_len(out) < RECORD_BYTES ? buf_len(out) : RECORD_BYTES;
		int r = SSL_write(session(t), buf_data(out), (int)n);
		wrote = true;
		if (r > 0) {
			buf_consume(out, (size_t)r);
		} else if (SSL_get_error(t->ssl, r) == SSL_ERROR_WANT_READ) {
			break; /* the same bytes again, when something has come */
		} else {
			fail(t);
			return;
		}
	}
	if (!wrote)
		return;
	stream_flush(t->lower);
	if (buf_len(out) == 0)
		buf_reset(out, KEEP_BYTES);
	core_drained(&t->core);
}

static void step_close(struct tls_stream *t)
{
	if (t->core.state != STREAM_CLOSING || t->goodbye_said || buf_len(&t->core.out))
		return;
	t->goodbye_said = true;
	if (SSL_shutdown(session(t)) < 0)
		ERR_clear_error(); /* it could not be said; the lower stream tells how that ended */
	if (t->lower) {
		stream_flush(t->lower);
		stream_close(t->lower);
		loop_timer_cancel(t->core.loop, &t->core.deadline); /* it has its own */
	}
}

/* The end of the lower stream, when all that came before it has been read. */
static void step_truncated(struct tls_stream *t)
{
	if (!t->lower_ended || t->wire.feed.len)
		return;
	if (t->core.state == STREAM_OPENING)
		core_end(&t->core, ERR_PEER_EOF, "the peer closed the connection during the TLS handshake");
	else if (core_reads(&t->core))
		core_eof(&t->core, false);
}

static void read_side(struct tls_stream *t)
{
	step_handshake(t);
	step_read(t);
	step_truncated(t);
}

/* What was not read now is kept; `in` may be where `feed` points to. */
static void keep_rest(struct tls_stream *t)
{
	size_t had = buf_len(&t->in);
	if (t->core.state >= STREAM_CLOSING || t->wire.feed.len == 0)
		buf_reset(&t->in, 0);
	else if (had)
		buf_consume(&t->in, had - t->wire.feed.len);
	else
		buf_add(&t->in, t->wire.feed);
	t->wire.feed = STR_NONE;
}

static void pump(struct stream_core *c)
{
	struct tls_stream *t = tls_of(c);
	if (c->state == STREAM_ENDED)
		return;
	t->wire.feed = buf_str(&t->in);
	read_side(t);
	keep_rest(t);
	step_write(t);
	step_close(t);
}

/* ---- turns ---- */

static void take_turn(struct tls_stream *t)
{
	if (!t->handshake)
		handshake_begin(t);
	tls_turns_take(t->turns, &t->turn);
}

/* In another thread. */
static void turn_work(struct tls_turn *turn)
{
	struct tls_stream *t = CONTAINER_OF(turn, struct tls_stream, turn);
	t->wire.feed = buf_str(&t->in);
	tls_handshake_step(t->handshake);
}

static void hold(struct tls_stream *t)
{
	if (t->held || !t->lower || buf_len(&t->in) + buf_len(&t->late) < HELD_BYTES)
		return;
	t->held = true;
	stream_pause(t->lower);
}

static void let_go(struct tls_stream *t)
{
	if (!t->held)
		return;
	t->held = false;
	if (t->lower && !t->core.paused)
		stream_resume(t->lower);
}

static void free_stream(struct tls_stream *t);

static void turn_back(struct tls_turn *turn)
{
	struct tls_stream *t = CONTAINER_OF(turn, struct tls_stream, turn);
	if (t->forgotten) {
		free_stream(t);
		return;
	}
	if (t->core.state != STREAM_OPENING)
		return;
	keep_rest(t);
	buf_add(&t->in, buf_str(&t->late));
	buf_reset(&t->late, 0);
	handshake_take(t);
	t->wire.feed = buf_str(&t->in);
	read_side(t);
	keep_rest(t);
	if (is_shaking(t) && buf_len(&t->in))
		take_turn(t);
	else
		let_go(t);
}

/* ---- the lower stream's events ---- */

static void on_lower_open(void *arg)
{
	struct tls_stream *t = arg;
	t->lower_open = true;
	if (t->handshake_ms)
		loop_timer_set(t->core.loop, &t->handshake_deadline, t->handshake_ms);
	memcpy(t->peer.address, stream_peer(t->lower)->address, sizeof t->peer.address);
	step_handshake(t); /* who takes turns is a server, and has nothing to say before its client has */
}

static void read_data(struct tls_stream *t, struct str data)
{
	t->wire.feed = data;
	if (buf_len(&t->in)) {
		buf_add(&t->in, data);
		t->wire.feed = buf_str(&t->in);
	}
	read_side(t);
	keep_rest(t);
}

static void on_lower_data(void *arg, struct str data)
{
	struct tls_stream *t = arg;
	if (t->core.state >= STREAM_CLOSING)
		return;
	if (t->turn.away) {
		buf_add(&t->late, data);
	} else if (t->turns && is_shaking(t)) {
		buf_add(&t->in, data);
		take_turn(t);
	} else {
		read_data(t, data);
	}
	if (t->turns && !t->verified)
		hold(t);
	if (!buf_ok(t->turn.away ? &t->late : &t->in))
		core_end(&t->core, ERR_FULL, "the lower stream delivers while it is paused");
}

static void on_lower_drain(void *arg)
{
	struct tls_stream *t = arg;
	if (t->core.state == STREAM_OPEN || t->core.state == STREAM_CLOSING)
		loop_at_turn_end(t->core.loop, &t->core.hook);
	core_drained(&t->core);
}

static void on_lower_eof(void *arg, bool clean)
{
	struct tls_stream *t = arg;
	(void)clean; /* without close_notify it never is; after it nothing is new */
	t->lower_ended = true;
	if (t->turn.away)
		return; /* looked at when it is back */
	t->wire.feed = buf_str(&t->in);
	step_truncated(t);
	t->wire.feed = STR_NONE;
}

static void on_lower_closed(void *arg, enum err why, const char *text)
{
	struct tls_stream *t = arg;
	bool released = t->core.state == STREAM_ENDED && !list_in(&t->core.task.node);
	t->lower = NULL;
	if (released) {
		core_gone(&t->core);
		return;
	}
	bool opening = t->core.state == STREAM_OPENING && t->lower_open;
	char with[200];
	snprintf(with, sizeof with, "TLS handshake: %s", text);
	core_end(&t->core, why == OK && !t->goodbye_said ? ERR_CLOSED : why, opening ? with : text);
}

static const struct stream_events lower_events = {.on_open = on_lower_open,
                                                  .on_data = on_lower_data,
                                                  .on_drain = on_lower_drain,
                                                  .on_eof = on_lower_eof,
                                                  .on_closed = on_lower_closed};

/* ---- what the core asks ---- */

static size_t in_flight(const struct stream_core *c)
{
	const struct tls_stream *t = tls_of(c);
	return t->lower ? stream_queued(t->lower) : 0;
}

static void set_reading(struct stream_core *c, bool on)
{
	struct tls_stream *t = tls_of(c);
	if (!t->lower)
		return;
	if (on)
		stream_resume(t->lower);
	else
		stream_pause(t->lower);
}

static void release(struct stream_core *c)
{
	struct tls_stream *t = tls_of(c);
	loop_timer_cancel(c->loop, &t->handshake_deadline);
	tls_turn_leave(&t->turn);
	if (!t->lower)
		core_gone(c);
	else if (t->polite)
		stream_close(t->lower);
	else
		stream_abort(t->lower);
}

static void free_stream(struct tls_stream *t)
{
	handshake_drop(t);
	SSL_free(t->ssl);
	free(t->server_name);
	tls_ctx_unref(&t->ctx);
	tls_turns_unref(&t->turns);
	buf_fini(&t->in);
	buf_fini(&t->late);
	free(t);
}

static void destroy(struct stream_core *c)
{
	struct tls_stream *t = tls_of(c);
	if (t->turn.away)
		t->forgotten = true;
	else
		free_stream(t);
}

static const struct stream_peer *peer(const struct stream_core *c)
{
	return &tls_of(c)->peer;
}

static const struct stream_impl impl = {.pump = pump,
                                        .in_flight = in_flight,
                                        .set_reading = set_reading,
                                        .release = release,
                                        .destroy = destroy,
                                        .peer = peer};

static void handshake_late(struct loop_timer *timer)
{
	struct tls_stream *t = CONTAINER_OF(timer, struct tls_stream, handshake_deadline);
	core_end(&t->core, ERR_TIMEOUT,
	         t->lower_open ? "timed out in the TLS handshake" : "timed out while connecting");
}

void tls_stream_take_turns(struct stream *s, struct tls_turns *t)
{
	tls_of(core_of(s))->turns = tls_turns_ref(t);
}

void tls_stream_set_handshake(struct stream *s, uint64_t handshake_ms)
{
	tls_of(core_of(s))->handshake_ms = handshake_ms;
}

struct stream *tls_stream_new(struct loop *loop, struct stream *lower, struct tls_ctx *ctx,
                              const char *server_name, uint64_t handshake_ms)
{
	struct tls_stream *t = xcalloc(1, sizeof *t);
	core_init(&t->core, loop, &impl);
	buf_init(&t->in, IN_MAX);
	buf_init(&t->late, IN_MAX);
	t->turn = (struct tls_turn){.work = turn_work, .back = turn_back};
	t->ctx = tls_ctx_ref(ctx);
	t->lower = lower;
	stream_listen(lower, &lower_events, t);
	t->handshake_deadline.fire = handshake_late;
	loop_timer_set(loop, &t->handshake_deadline, handshake_ms);
	t->server_name = server_name ? xstrdup(server_name) : NULL;
	return &t->core.base;
}
