/* A pool and its owner, for tests of the pool and the poll worker. After session_play.h; included once. */
#ifndef VNEPP_TESTS_POOL_PLAY_H
#define VNEPP_TESTS_POOL_PLAY_H

#include "daemon/session/pool.h"
#include "tests/unit/daemon/session_play.h"

#define POLL_MS        60000
#define BACKOFF_MS     1000
#define BACKOFF_MAX_MS 60000

struct pond {
	struct play w;
	struct pool *p;
	struct rng rng;
	unsigned rooms, drained, messages;
	char last_message[64];
	bool store_at_once; /* on_message: the store commits in the next turn */
	struct loop_task stored;
	struct cmd m[256];
};

static void pond_room(void *arg)
{
	struct pond *d = arg;
	assert_false(d->w.calling);
	d->rooms++;
}

static void pond_stored(struct loop_task *t)
{
	struct pond *d = CONTAINER_OF(t, struct pond, stored);
	pool_message_stored(d->p, true);
}

static void pond_message(void *arg, const struct epp_response *r)
{
	struct pond *d = arg;
	assert_false(d->w.calling);
	d->messages++;
	snprintf(d->last_message, sizeof d->last_message, "%.*s", STR_ARG(r->msgq.id));
	if (d->store_at_once)
		loop_defer(&d->w.v.loop, &d->stored);
}

static void pond_drained(void *arg)
{
	struct pond *d = arg;
	assert_false(d->w.calling);
	assert_int_equal(d->drained++, 0);
}

static const struct pool_endpoint both[] = {{"registry", 700}, {"registry", 701}};

static struct pool_config pond_config(struct pond *d, uint32_t sessions, size_t endpoints)
{
	struct session_config c = play_session_config(&d->w);
	c.parser = NULL;
	c.host = NULL;
	return (struct pool_config){
	    .session = c,
	    .endpoints = both,
	    .endpoint_count = endpoints,
	    .sessions = sessions,
	    .backoff_min_ms = BACKOFF_MS,
	    .backoff_max_ms = BACKOFF_MAX_MS,
	    .poll_ms = POLL_MS,
	    .rng = &d->rng,
	    .epoch = 3,
	};
}

/* Nothing is started. */
static struct pond *pond_open_with(uint32_t sessions, size_t endpoints, void (*change)(struct pool_config *c))
{
	static const struct pool_events ev = {.on_room = pond_room,
	                                      .on_message = pond_message,
	                                      .on_drained = pond_drained};
	struct pond *d = xcalloc(1, sizeof *d);
	play_open(&d->w);
	d->w.manners.other = SILENT;
	d->store_at_once = true;
	d->stored.run = pond_stored;
	rng_init_seed(&d->rng, 11);
	log_capture_expect(&d->w.log, "session.closed");
	struct pool_config c = pond_config(d, sessions, endpoints);
	if (change)
		change(&c);
	d->p = pool_new(&c, &ev, d);
	for (unsigned i = 0; i < ARRAY_LEN(d->m); i++)
		cmd_init(&d->m[i], &d->w, i);
	return d;
}

static UNUSED struct pond *pond_open(uint32_t sessions, size_t endpoints)
{
	return pond_open_with(sessions, endpoints, NULL);
}

static struct pool_stats stats_of(const struct pond *d)
{
	struct pool_stats s;
	pool_stats(d->p, &s);
	return s;
}

static UNUSED void pond_start(struct pond *d)
{
	PLAY_CALL(&d->w, pool_start(d->p));
}

static bool is_full(void *arg)
{
	struct pond *d = arg;
	struct pool_stats s = stats_of(d);
	return s.ready == s.wanted;
}

/* All wanted sessions are ready. */
static UNUSED void pond_fill(struct pond *d, uint64_t within_ms)
{
	assert_true(vloop_run_until(&d->w.v, is_full, d, within_ms));
}

/* The registry has one endpoint, which listens. */
static UNUSED struct pond *pond_listening(uint32_t sessions)
{
	struct pond *d = pond_open(sessions, 1);
	play_listen(&d->w, 700, true);
	return d;
}

/* … and all sessions are open. */
static UNUSED struct pond *pond_full(uint32_t sessions)
{
	struct pond *d = pond_listening(sessions);
	pond_start(d);
	pond_fill(d, 1000);
	return d;
}

/* … and the polls that follow a log-in are over. */
static UNUSED struct pond *pond_idle(uint32_t sessions)
{
	struct pond *d = pond_full(sessions);
	vloop_run_for(&d->w.v, 1000);
	return d;
}

static UNUSED void pond_send(struct pond *d, unsigned i)
{
	struct errmsg e;
	cmd_init(&d->m[i], &d->w, i);
	assert_true(pool_room(d->p) > 0);
	PLAY_CALL(&d->w, assert_int_equal(pool_send(d->p, &d->m[i].c, &e), OK));
}

static bool is_drained(void *arg)
{
	return ((struct pond *)arg)->drained > 0;
}

static void pond_close(struct pond *d)
{
	if (!d->drained) {
		PLAY_CALL(&d->w, pool_drain(d->p));
		PLAY_CALL(&d->w, pool_abort(d->p));
		assert_true(vloop_run_until(&d->w.v, is_drained, d, HOUR_MS));
	}
	loop_cancel_task(&d->stored);
	pool_free(d->p);
	play_close(&d->w);
	free(d);
}

#endif
