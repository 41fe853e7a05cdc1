/* libuv under the loop: the turn runs in a prepare handle, so everything that I/O callbacks armed is done before
 * libuv waits. */
#include "daemon/core/loop_uv.h"
#include "epp/base/check.h"

#include <signal.h>
#include <stdio.h>

static struct loop_uv *self_of(void *handle)
{
	return ((uv_handle_t *)handle)->data;
}

static void on_wake(uv_async_t *h)
{
	(void)h; /* waking is all: the turn takes the messages */
}

static void on_timer(uv_timer_t *h)
{
	(void)h; /* the turn fires what is due */
}

static void on_idle(uv_idle_t *h)
{
	(void)h; /* being active is its only job */
}

static void on_prepare(uv_prepare_t *h)
{
	struct loop_uv *l = self_of(h);
	loop_turn(&l->loop);
	if (l->stopping) {
		uv_stop(&l->uv);
		return;
	}
	l->loop.stale = true; /* libuv may wait long before its callbacks come */
	uint64_t next = loop_next_deadline(&l->loop);
	uv_timer_stop(&l->timer);
	if (next != 0) {
		uv_idle_stop(&l->idle);
		if (next == LOOP_NEVER)
			return;
		uv_update_time(&l->uv);
		uint64_t now = l->loop.clock->mono_us(l->loop.clock) / 1000;
		uv_timer_start(&l->timer, on_timer, next > now ? next - now : 0, 0);
	} else {
		uv_idle_start(&l->idle, on_idle);
	}
}

static void wake(struct loop *l)
{
	uv_async_send(&CONTAINER_OF(l, struct loop_uv, loop)->async);
}

void loop_uv_init(struct loop_uv *l, struct clock *clock)
{
	*l = (struct loop_uv){0};
	/* A peer that has gone is an error code of a write, not the end of the process. */
	signal(SIGPIPE, SIG_IGN);
	loop_init(&l->loop, clock);
	INVARIANT(uv_loop_init(&l->uv) == 0);
	INVARIANT(uv_async_init(&l->uv, &l->async, on_wake) == 0);
	INVARIANT(uv_timer_init(&l->uv, &l->timer) == 0);
	INVARIANT(uv_prepare_init(&l->uv, &l->prepare) == 0);
	INVARIANT(uv_idle_init(&l->uv, &l->idle) == 0);
	l->async.data = l->timer.data = l->prepare.data = l->idle.data = l;
	INVARIANT(uv_prepare_start(&l->prepare, on_prepare) == 0);
	l->loop.wake = wake;
}

static void on_signal(uv_signal_t *h, int signum)
{
	struct loop_uv *l = self_of(h);
	l->on_signal(l->signal_arg, signum);
}

void loop_uv_signals(struct loop_uv *l, const int *signums, int count, void (*cb)(void *arg, int signum),
                     void *arg)
{
	REQUIRE(count <= (int)ARRAY_LEN(l->signals) && l->signal_count == 0);
	l->on_signal = cb;
	l->signal_arg = arg;
	for (int i = 0; i < count; i++) {
		INVARIANT(uv_signal_init(&l->uv, &l->signals[i]) == 0);
		l->signals[i].data = l;
		INVARIANT(uv_signal_start(&l->signals[i], on_signal, signums[i]) == 0);
	}
	l->signal_count = count;
}

void loop_uv_run(struct loop_uv *l)
{
	while (!l->stopping)
		uv_run(&l->uv, UV_RUN_DEFAULT);
}

void loop_uv_stop(struct loop_uv *l)
{
	l->stopping = true;
	wake(&l->loop);
}

/* A completion may post one more (a retry that is refused, a close): three turns are one more than the longest chain. */
#define SETTLE_TURNS 3

void loop_uv_settle(struct loop_uv *l)
{
	for (int i = 0; i < SETTLE_TURNS; i++)
		uv_run(&l->uv, UV_RUN_NOWAIT);
}

static void report_left_open(uv_handle_t *h, void *left)
{
	if (uv_is_closing(h))
		return;
	fprintf(stderr, "loop: handle left open: %s\n", uv_handle_type_name(h->type));
	*(bool *)left = true;
}

void loop_uv_fini(struct loop_uv *l)
{
	bool left = false;
	uv_close((uv_handle_t *)&l->async, NULL);
	uv_close((uv_handle_t *)&l->timer, NULL);
	uv_close((uv_handle_t *)&l->prepare, NULL);
	uv_close((uv_handle_t *)&l->idle, NULL);
	for (int i = 0; i < l->signal_count; i++)
		uv_close((uv_handle_t *)&l->signals[i], NULL);
	uv_walk(&l->uv, report_left_open,
	        &left); /* before running: an open handle would keep it running for ever */
	INVARIANT(!left);
	uv_run(&l->uv, UV_RUN_DEFAULT);
	INVARIANT(uv_loop_close(&l->uv) == 0);
	loop_fini(&l->loop);
}

enum err loop_uv_err(int code)
{
	switch (code) {
	case 0: return OK;
	case UV_ECANCELED: return ERR_CANCELED;
	case UV_ETIMEDOUT: return ERR_TIMEOUT;
	case UV_EOF: return ERR_PEER_EOF;
	case UV_ECONNRESET:
	case UV_EPIPE:
	case UV_ECONNABORTED: return ERR_TRUNCATED;
	case UV_ECONNREFUSED:
	case UV_EHOSTUNREACH:
	case UV_ENETUNREACH:
	case UV_EADDRNOTAVAIL: return ERR_CONNECT;
	case UV_EAI_NONAME:
	case UV_EAI_AGAIN:
	case UV_EAI_FAIL:
	case UV_EAI_NODATA: return ERR_RESOLVE;
	case UV_EADDRINUSE: return ERR_BUSY;
	case UV_EACCES:
	case UV_EPERM: return ERR_DENIED;
	case UV_ENOENT: return ERR_NOT_FOUND;
	case UV_EMFILE:
	case UV_ENFILE: return ERR_FULL;
	default: return ERR_IO;
	}
}
