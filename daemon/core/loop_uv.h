/* The loop's libuv engine. Only core/ and net/ include this. */
#ifndef VNEPP_CORE_LOOP_UV_H
#define VNEPP_CORE_LOOP_UV_H

#include "daemon/core/loop.h"
#include "epp/base/err.h"

#include <uv.h>

struct loop_uv {
	struct loop loop;
	uv_loop_t uv;
	uv_async_t async;     /* wakes it from other threads */
	uv_timer_t timer;     /* the next deadline */
	uv_prepare_t prepare; /* runs the turn, before libuv waits */
	uv_idle_t idle;       /* keeps libuv from waiting while tasks are left */
	uv_signal_t signals[4];
	int signal_count;
	void (*on_signal)(void *arg, int signum);
	void *signal_arg;
	bool stopping;
};

/* `clock` is borrowed. From here on the process ignores SIGPIPE. */
void loop_uv_init(struct loop_uv *l, struct clock *clock);
/* Reports these signals (at most 4) to `on_signal`, on the loop's thread. */
void loop_uv_signals(struct loop_uv *l, const int *signums, int count,
                     void (*on_signal)(void *arg, int signum), void *arg);
/* Runs until loop_uv_stop(). */
void loop_uv_run(struct loop_uv *l);
void loop_uv_stop(struct loop_uv *l);
/* After it has stopped: a few turns without waiting, for completions that other threads have posted. */
void loop_uv_settle(struct loop_uv *l);
/* Closes the engine's handles. Every other handle must be closed by then; those that are not are named on stderr. */
void loop_uv_fini(struct loop_uv *l);

/* The libuv loop under `l`, which must be the one inside a struct loop_uv. */
static inline uv_loop_t *loop_uv_of(struct loop *l)
{
	return &CONTAINER_OF(l, struct loop_uv, loop)->uv;
}

/* The error enum's value for a libuv code (negative); ERR_IO for codes that nobody has mapped. */
enum err loop_uv_err(int uv_code);

#endif
