/* The store's thread: order, groups, every operation given back once on the loop's thread, stopping with work pending. */
#include "daemon/core/loop.h"
#include "daemon/store/store.h"
#include "epp/base/alloc.h"
#include "epp/base/check.h"
#include "epp/base/clock.h"
#include "epp/base/rng.h"

#include <setjmp.h>
#include <semaphore.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#define OPS_MAX   1000
#define GROUP_MAX 256 /* as in store_thread.c */
#define WAIT_S    20

/* A back end that writes down what it gets, and waits to be let go on. */
struct recorder {
	struct store_backend backend;
	sem_t entered, go; /* a group has come; it may be run */
	bool held;         /* set before the thread runs */
	struct store_op *seen[OPS_MAX];
	size_t seen_count, groups[OPS_MAX], group_count;
	pthread_t thread;
	char name[16];
	bool signals_blocked;
	unsigned closed;
};

struct world {
	struct loop loop;
	struct clock clock;
	sem_t wake;
	struct recorder recorder;
	struct store_executor *x;
	pthread_t thread;
	struct store_op ops[OPS_MAX];
	struct store_op *back[OPS_MAX];
	size_t back_count;
	unsigned again; /* operations that are handed in once more when they come back */
};

static struct world *world; /* the test's */

static void recorder_run(struct store_backend *b, struct store_op **ops, size_t count)
{
	struct recorder *r = CONTAINER_OF(b, struct recorder, backend);
	sigset_t now;
	if (r->held) {
		sem_post(&r->entered);
		sem_wait(&r->go);
	}
	pthread_sigmask(SIG_SETMASK, NULL, &now);
	r->signals_blocked = sigismember(&now, SIGTERM) && sigismember(&now, SIGHUP);
	r->thread = pthread_self();
	pthread_getname_np(pthread_self(), r->name, sizeof r->name);
	r->groups[r->group_count++] = count;
	for (size_t i = 0; i < count; i++) {
		r->seen[r->seen_count++] = ops[i];
		ops[i]->err = ERR_EXISTS; /* something that only the thread can have set */
	}
}

static void recorder_close(struct store_backend *b)
{
	CONTAINER_OF(b, struct recorder, backend)->closed++;
}

static void on_wake(struct loop *l)
{
	sem_post(&CONTAINER_OF(l, struct world, loop)->wake);
}

static int set_up(void **state)
{
	static const struct store_backend_ops ops = {recorder_run, recorder_close};
	struct world *w = xcalloc(1, sizeof *w);
	clock_init_system(&w->clock, 0);
	loop_init(&w->loop, &w->clock);
	w->loop.wake = on_wake;
	w->thread = pthread_self();
	w->recorder.backend.ops = &ops;
	assert_int_equal(sem_init(&w->wake, 0, 0), 0);
	assert_int_equal(sem_init(&w->recorder.entered, 0, 0), 0);
	assert_int_equal(sem_init(&w->recorder.go, 0, 0), 0);
	*state = world = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;
	loop_fini(&w->loop);
	sem_destroy(&w->wake);
	sem_destroy(&w->recorder.entered);
	sem_destroy(&w->recorder.go);
	free(w);
	return 0;
}

static void begin(struct world *w, bool held)
{
	w->recorder.held = held;
	w->x = store_thread_new(&w->loop, &w->recorder.backend, "test-store");
}

static void on_done(struct store_op *op)
{
	assert_true(pthread_equal(pthread_self(), world->thread));
	assert_int_equal(op->err, ERR_EXISTS);
	assert_true(world->back_count < OPS_MAX);
	world->back[world->back_count++] = op;
	if (world->again) {
		world->again--;
		world->x->submit(world->x, op);
	}
}

static void submit(struct world *w, size_t from, size_t n)
{
	for (size_t i = from; i < from + n; i++) {
		w->ops[i] = (struct store_op){.type = STORE_GET_COUNTS, .done = on_done};
		w->x->submit(w->x, &w->ops[i]);
	}
}

static void wait_on(sem_t *s)
{
	struct timespec until;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += WAIT_S;
	if (sem_timedwait(s, &until) != 0)
		fail_msg("nothing has come");
}

/* Turns the loop until so many came back. */
static void wait_for(struct world *w, size_t n)
{
	while (w->back_count < n) {
		wait_on(&w->wake);
		loop_turn(&w->loop);
	}
}

static void end(struct world *w)
{
	store_thread_stop(w->x);
	loop_turn(&w->loop);
	assert_int_equal(w->x->pending(w->x), 0);
	assert_int_equal(w->recorder.closed, 1);
	store_thread_free(w->x);
}

/* What was handed in came out in that order, once each. */
static void assert_in_order(const struct world *w, size_t n)
{
	assert_int_equal(w->recorder.seen_count, n);
	assert_int_equal(w->back_count, n);
	for (size_t i = 0; i < n; i++) {
		assert_ptr_equal(w->recorder.seen[i], &w->ops[i]);
		assert_ptr_equal(w->back[i], &w->ops[i]);
	}
}

static void what_has_gathered_is_one_group(void **state)
{
	struct world *w = *state;
	begin(w, true);
	submit(w, 0, 1);
	wait_on(&w->recorder.entered); /* the thread is in the first group */
	submit(w, 1, 700);
	assert_int_equal(w->x->pending(w->x), 701);
	loop_turn(&w->loop);
	assert_int_equal(w->back_count, 0);
	for (int i = 0; i < 4; i++)
		sem_post(&w->recorder.go);
	wait_for(w, 701);
	assert_in_order(w, 701);
	assert_int_equal(w->recorder.group_count, 4);
	assert_int_equal(w->recorder.groups[0], 1);
	assert_int_equal(w->recorder.groups[1], GROUP_MAX);
	assert_int_equal(w->recorder.groups[2], GROUP_MAX);
	assert_int_equal(w->recorder.groups[3], 700 - 2 * GROUP_MAX);
	end(w);
	assert_int_equal(w->back_count, 701);
}

static void it_has_a_thread_of_its_own_without_signals(void **state)
{
	struct world *w = *state;
	sigset_t before, after;
	pthread_sigmask(SIG_SETMASK, NULL, &before);
	begin(w, false);
	pthread_sigmask(SIG_SETMASK, NULL, &after);
	assert_int_equal(sigismember(&before, SIGTERM), sigismember(&after, SIGTERM));
	submit(w, 0, 1);
	wait_for(w, 1);
	assert_false(pthread_equal(w->recorder.thread, w->thread));
	assert_true(w->recorder.signals_blocked);
	assert_string_equal(w->recorder.name, "test-store");
	end(w);
}

static void an_operation_may_be_handed_in_again_from_its_done(void **state)
{
	struct world *w = *state;
	begin(w, false);
	w->again = 500;
	submit(w, 0, 3);
	wait_for(w, 503);
	assert_int_equal(w->recorder.seen_count, 503);
	end(w);
	assert_int_equal(w->back_count, 503);
}

static void nothing_is_given_back_within_submit(void **state)
{
	struct world *w = *state;
	begin(w, false);
	for (size_t i = 0; i < 200; i++) {
		submit(w, i, 1);
		assert_int_equal(w->back_count, 0);
	}
	assert_int_equal(w->x->pending(w->x), 200);
	wait_for(w, 200);
	assert_in_order(w, 200);
	assert_int_equal(w->x->pending(w->x), 0);
	end(w);
}

static void a_stop_finishes_what_was_handed_in(void **state)
{
	struct world *w = *state;
	begin(w, true);
	submit(w, 0, 1);
	wait_on(&w->recorder.entered);
	submit(w, 1, 600);
	for (int i = 0; i < 4; i++)
		sem_post(&w->recorder.go);
	store_thread_stop(w->x); /* waits for the thread, not for the loop */
	assert_int_equal(w->recorder.seen_count, 601);
	assert_int_equal(w->recorder.closed, 1);
	assert_int_equal(w->back_count, 0);
	assert_int_equal(w->x->pending(w->x), 601);
	loop_turn(&w->loop);
	assert_in_order(w, 601);
	assert_int_equal(w->x->pending(w->x), 0);
	store_thread_free(w->x);
}

static void a_stop_with_nothing_to_do(void **state)
{
	struct world *w = *state;
	begin(w, false);
	end(w);
	assert_int_equal(w->recorder.group_count, 0);
}

/* ---- with a real back end ---------------------------------------------------------------------------------------------------- */

struct naming {
	struct store_register r;
	char text[16];
	const char *name;
	uint32_t id;
};

static unsigned named;

static void on_named(struct store_op *op)
{
	assert_int_equal(op->err, OK);
	named++;
}

static void answers_belong_to_their_operations(void **state)
{
	struct world *w = *state;
	struct naming *all = xcalloc(OPS_MAX, sizeof *all);
	struct rng rng;
	rng_init_seed(&rng, 1);
	named = 0;
	w->x = store_thread_new(&w->loop, store_mem_new(&rng), "test-store");
	for (size_t i = 0; i < OPS_MAX; i++) {
		struct naming *n = &all[i];
		snprintf(n->text, sizeof n->text, "n%zu", i % 500);
		n->name = n->text;
		n->r = (struct store_register){.op = {.type = STORE_REGISTER, .done = on_named},
		                               .names = &n->name,
		                               .ids = &n->id,
		                               .count = 1};
		w->x->submit(w->x, &n->r.op);
	}
	while (named < OPS_MAX) {
		wait_on(&w->wake);
		loop_turn(&w->loop);
	}
	for (size_t i = 0; i < OPS_MAX; i++)
		assert_int_equal(all[i].id, i % 500 + 1);
	store_thread_stop(w->x);
	loop_turn(&w->loop);
	store_thread_free(w->x);
	free(all);
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(what_has_gathered_is_one_group),
	    T(it_has_a_thread_of_its_own_without_signals),
	    T(an_operation_may_be_handed_in_again_from_its_done),
	    T(nothing_is_given_back_within_submit),
	    T(a_stop_finishes_what_was_handed_in),
	    T(a_stop_with_nothing_to_do),
	    T(answers_belong_to_their_operations),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
