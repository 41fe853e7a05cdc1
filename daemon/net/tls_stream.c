/*
 * TLS over a stream. OpenSSL works on a BIO of ours: what it writes is appended to the lower stream's out buffer, what
 * it reads comes from the view that the lower stream delivers.
 *
 * Happy path: the lower stream opens -> handshake, fed by on_data -> verified, core_open -> the same bytes may already
 * hold application data, so reading goes on at once. Writing: at the end of the turn all plaintext is encrypted into
 * few large records; while the lower queue is high it stays here. Closing: plaintext out, close_notify, then the lower
 * stream is closed; its on_closed is our end.
 * A server's handshakes may take turns (tls_turns): then what comes waits in `in` until it is this one's turn; nothing is
 * made for a peer that says nothing.
 * Failures: handshake or record errors end the stream; an alert for the peer still leaves (the lower stream is closed,
 * not aborted). The lower stream's end without close_notify is on_eof(not clean). A deadline limits the handshake.
 * Paused: ciphertext that came already waits in `in`, the lower stream is paused.
 */
#include "daemon/net/tls_stream.h"
#include "certs/tls_ctx.h"
#include "daemon/net/stream_core.h"
#include "epp/base/alloc.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>

#define RECORD_BYTES 16384 /* the most that one record holds */
/* More than the lower stream delivers at once (64 KiB), so that it is never reached. */
#define IN_MAX     (1u << 20)
#define KEEP_BYTES (16u << 10)

struct tls_stream {
	struct stream_core core;
	struct stream *lower; /* owned; NULL when gone */
	struct tls_ctx *ctx;  /* a reference */
	SSL *ssl; /* owned; NULL before the first step of the handshake, and when it could not be made */
	char *server_name;       /* owned; a client's, until `ssl` is made */
	struct tls_turns *turns; /* borrowed, or NULL */
	struct list_node turn;   /* in turns->waiting */
	struct str feed;         /* ciphertext not read yet: the view being delivered, or what `in` holds */
	struct buf in;           /* ciphertext that waits while we are paused */
	struct loop_timer handshake_deadline;
	uint64_t handshake_ms; /* from the lower stream's opening; 0: the first deadline is for both */
	bool lower_open, lower_ended, verified, goodbye_said;
	bool polite; /* an alert is on its way to the peer */
	struct stream_peer peer;
};

static struct tls_stream *tls_of(const struct stream_core *c)
{
	return CONTAINER_OF(c, struct tls_stream, core);
}

/* ---- the BIO ---- */

static int bio_write(BIO *b, const char *data, int len)
{
	struct tls_stream *t = BIO_get_data(b);
	BIO_clear_retry_flags(b);
	if (!t->lower || len <= 0)
		return -1;
	buf_append(stream_out(t->lower), data, (size_t)len);
	return len;
}

static int bio_read(BIO *b, char *out, int len)
{
	struct tls_stream *t = BIO_get_data(b);
	BIO_clear_retry_flags(b);
	if (t->feed.len == 0) {
		BIO_set_retry_read(b);
		return -1;
	}
	size_t n = t->feed.len < (size_t)len ? t->feed.len : (size_t)len;
	memcpy(out, t->feed.ptr, n);
	t->feed = str_make(t->feed.ptr + n, t->feed.len - n);
	return (int)n;
}

static long bio_ctrl(BIO *b, int cmd, long num, void *ptr)
{
	(void)b;
	(void)num;
	(void)ptr;
	return cmd == BIO_CTRL_FLUSH;
}

static BIO_METHOD *method;
static CRYPTO_ONCE method_once = CRYPTO_ONCE_STATIC_INIT;

static void make_method(void)
{
	method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "stream");
	INVARIANT(method);
	BIO_meth_set_write(method, bio_write);
	BIO_meth_set_read(method, bio_read);
	BIO_meth_set_ctrl(method, bio_ctrl);
}

static void attach_bio(struct tls_stream *t)
{
	INVARIANT(CRYPTO_THREAD_run_once(&method_once, make_method) == 1);
	BIO *b = BIO_new(method);
	INVARIANT(b);
	BIO_set_data(b, t);
	BIO_set_init(b, 1);
	SSL_set_bio(t->ssl, b, b);
}

/* ---- the pump: four steps ---- */

static void fail(struct tls_stream *t, const char *doing)
{
	struct errmsg m = {""};
	enum err why = tls_ctx_failure(t->ssl, &m);
	if (doing)
		why = err_wrap(&m, why, "%s", doing);
	t->polite = true;
	if (t->lower)
		stream_flush(t->lower);
	core_end(&t->core, why, m.text);
}

static void copy_names(struct tls_stream *t)
{
	X509 *cert = SSL_get1_peer_certificate(t->ssl);
	if (!cert)
		return;
	struct cert_info ci;
	cert_info_read(&ci, cert);
	X509_free(cert);
	_Static_assert(sizeof t->peer.san_dns == sizeof ci.san_dns &&
	                   sizeof t->peer.san_uri == sizeof ci.san_uri,
	               "the names fit");
	memcpy(t->peer.subject, ci.subject, sizeof t->peer.subject);
	memcpy(t->peer.fingerprint, ci.fingerprint, sizeof t->peer.fingerprint);
	memcpy(t->peer.spki_pin, ci.spki_pin, sizeof t->peer.spki_pin);
	memcpy(t->peer.san_dns, ci.san_dns, sizeof ci.san_dns);
	memcpy(t->peer.san_uri, ci.san_uri, sizeof ci.san_uri);
	t->peer.not_after = ci.not_after;
}

static void handshake_done(struct tls_stream *t)
{
	loop_timer_cancel(t->core.loop, &t->handshake_deadline);
	t->peer.tls = true;
	snprintf(t->peer.tls_version, sizeof t->peer.tls_version, "%s", SSL_get_version(t->ssl));
	copy_names(t);
	t->verified = true;
	core_open(&t->core);
}

static bool make_session(struct tls_stream *t)
{
	struct errmsg m;
	enum err e = t->ssl ? OK : tls_ctx_session(t->ctx, t->server_name, &t->ssl, &m);
	if (e != OK)
		core_end(&t->core, e, m.text);
	else if (!SSL_get_rbio(t->ssl))
		attach_bio(t);
	return e == OK;
}

static void step_handshake(struct tls_stream *t)
{
	if (t->verified || !t->lower_open || t->core.state != STREAM_OPENING || !make_session(t))
		return;
	ERR_clear_error();
	int r = SSL_do_handshake(t->ssl);
	stream_flush(t->lower);
	if (r == 1)
		handshake_done(t);
	else if (SSL_get_error(t->ssl, r) != SSL_ERROR_WANT_READ)
		fail(t, "TLS handshake");
}

static void step_read(struct tls_stream *t)
{
	char plain[RECORD_BYTES];
	while (t->verified && core_reads(&t->core) && (t->feed.len || SSL_pending(t->ssl))) {
		ERR_clear_error();
		int n = SSL_read(t->ssl, plain, sizeof plain);
		if (n > 0) {
			core_data(&t->core, str_make(plain, (size_t)n));
			continue;
		}
		int e = SSL_get_error(t->ssl, n);
		if (e == SSL_ERROR_ZERO_RETURN) {
			t->feed = STR_NONE; /* nothing counts after close_notify */
			core_eof(&t->core, true);
		} else if (e != SSL_ERROR_WANT_READ) {
			fail(t, NULL);
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
		ERR_clear_error();
		int r = SSL_write(t->ssl, buf_data(out), (int)n);
		wrote = true;
		if (r > 0) {
			buf_consume(out, (size_t)r);
		} else if (SSL_get_error(t->ssl, r) == SSL_ERROR_WANT_READ) {
			break; /* the same bytes again, when something has come */
		} else {
			fail(t, NULL);
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
	ERR_clear_error();
	if (SSL_shutdown(t->ssl) < 0)
		ERR_clear_error(); /* it could not be said; the lower stream tells how that ended */
	if (t->lower) {
		stream_flush(t->lower);
		stream_close(t->lower);
	}
}

/* The end of the lower stream, when all that came before it has been read. */
static void step_truncated(struct tls_stream *t)
{
	if (!t->lower_ended || t->feed.len)
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
	if (t->core.state >= STREAM_CLOSING || t->feed.len == 0)
		buf_reset(&t->in, 0);
	else if (had)
		buf_consume(&t->in, had - t->feed.len);
	else
		buf_add(&t->in, t->feed);
	t->feed = STR_NONE;
}

static void pump(struct stream_core *c)
{
	struct tls_stream *t = tls_of(c);
	if (c->state == STREAM_ENDED)
		return;
	t->feed = buf_str(&t->in);
	read_side(t);
	keep_rest(t);
	step_write(t);
	step_close(t);
}

/* ---- turns ---- */

static void take_turn(struct tls_stream *t)
{
	t->feed = buf_str(&t->in);
	read_side(t);
	keep_rest(t);
}

static void run_turns(struct loop_task *task)
{
	struct tls_turns *turns = CONTAINER_OF(task, struct tls_turns, task);
	struct clock *c = turns->loop->clock;
	uint64_t until = c->mono_us(c) + TLS_TURN_US;
	struct list_node *n;
	do {
		n = list_pop(&turns->waiting);
		if (n)
			take_turn(LIST_ITEM(n, struct tls_stream, turn));
	} while (n && c->mono_us(c) < until);
	if (turns->waiting.count)
		loop_defer(turns->loop, task);
}

void tls_turns_init(struct tls_turns *t, struct loop *loop)
{
	*t = (struct tls_turns){.loop = loop, .task = {.run = run_turns}};
}

void tls_turns_fini(struct tls_turns *t)
{
	REQUIRE(t->waiting.count == 0);
	loop_cancel_task(&t->task);
}

static bool waits_for_turn(struct tls_stream *t)
{
	if (!t->turns || t->verified || t->core.state != STREAM_OPENING)
		return false;
	if (!list_in(&t->turn))
		list_push(&t->turns->waiting, &t->turn);
	loop_defer(t->turns->loop, &t->turns->task);
	return true;
}

/* ---- the lower stream's events ---- */

static void on_lower_open(void *arg)
{
	struct tls_stream *t = arg;
	t->lower_open = true;
	if (t->handshake_ms)
		loop_timer_set(t->core.loop, &t->handshake_deadline, t->handshake_ms);
	memcpy(t->peer.address, stream_peer(t->lower)->address, sizeof t->peer.address);
	if (!t->turns) /* a server has nothing to say before its client has */
		step_handshake(t);
}

static void on_lower_data(void *arg, struct str data)
{
	struct tls_stream *t = arg;
	if (t->core.state >= STREAM_CLOSING)
		return;
	bool waits = waits_for_turn(t);
	t->feed = data;
	if (waits || buf_len(&t->in)) {
		buf_add(&t->in, data);
		t->feed = waits ? STR_NONE : buf_str(&t->in);
	}
	if (!waits) {
		read_side(t);
		keep_rest(t);
	}
	if (!buf_ok(&t->in))
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
	t->feed = buf_str(&t->in);
	step_truncated(t);
	t->feed = STR_NONE;
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
	if (list_in(&t->turn))
		list_remove(&t->turn);
	if (!t->lower)
		core_gone(c);
	else if (t->polite)
		stream_close(t->lower);
	else
		stream_abort(t->lower);
}

static void destroy(struct stream_core *c)
{
	struct tls_stream *t = tls_of(c);
	SSL_free(t->ssl);
	free(t->server_name);
	tls_ctx_unref(&t->ctx);
	buf_fini(&t->in);
	free(t);
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
	tls_of(core_of(s))->turns = t;
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
	t->ctx = tls_ctx_ref(ctx);
	t->lower = lower;
	stream_listen(lower, &lower_events, t);
	t->handshake_deadline.fire = handshake_late;
	loop_timer_set(loop, &t->handshake_deadline, handshake_ms);
	t->server_name = server_name ? xstrdup(server_name) : NULL;
	return &t->core.base;
}
