/* The loop: order within a turn, deadlines, messages from other threads; and its libuv engine. */
#include "daemon/core/loop_uv.h"
#include "epp/base/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct fixture {
	struct clock clock;
	uint64_t now_us;
	struct loop loop;
	char trace[64];
	size_t len;
	int wakes;
};

static uint64_t fixed_mono(struct clock *c)
{
	return CONTAINER_OF(c, struct fixture, clock)->now_us;
}

static void count_wake(struct loop *l)
{
	CONTAINER_OF(l, struct fixture, loop)->wakes++;
}

static int setup(void **state)
{
	static struct fixture f;
	f = (struct fixture){.clock.mono_us = fixed_mono, .now_us = 5000000};
	loop_init(&f.loop, &f.clock);
	f.loop.wake = count_wake;
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	loop_fini(&f->loop);
	return 0;
}

/* One object that can be everything; each run leaves a letter in the trace. */
struct thing {
	struct fixture *f;
	char letter;
	int again; /* so many times more */
	uint64_t in_ms;
	struct loop_timer timer;
	struct loop_task task;
	struct loop_hook hook;
	struct loop_msg msg;
};

static void leave(struct thing *t)
{
	if (t->f->len + 1 < sizeof t->f->trace)
		t->f->trace[t->f->len++] = t->letter;
}

static void on_timer(struct loop_timer *timer)
{
	struct thing *t = CONTAINER_OF(timer, struct thing, timer);
	leave(t);
	if (t->again-- > 0)
		loop_timer_set(&t->f->loop, timer, t->in_ms);
}

static void on_task(struct loop_task *task)
{
	struct thing *t = CONTAINER_OF(task, struct thing, task);
	leave(t);
	if (t->again-- > 0)
		loop_defer(&t->f->loop, task);
}

static void on_hook(struct loop_hook *hook)
{
	struct thing *t = CONTAINER_OF(hook, struct thing, hook);
	leave(t);
	if (t->again-- > 0)
		loop_at_turn_end(&t->f->loop, hook);
}

static void on_msg(struct loop_msg *msg)
{
	leave(CONTAINER_OF(msg, struct thing, msg));
}

static struct thing make(struct fixture *f, char letter)
{
	return (struct thing){.f = f,
	                      .letter = letter,
	                      .timer.fire = on_timer,
	                      .task.run = on_task,
	                      .hook.run = on_hook,
	                      .msg.run = on_msg};
}

static void turn_at(struct fixture *f, uint64_t ms)
{
	f->now_us = 5000000 + ms * 1000;
	loop_turn(&f->loop);
}

static void a_turn_has_an_order(void **state)
{
	struct fixture *f = *state;
	struct thing m = make(f, 'm'), t = make(f, 't'), k = make(f, 'k'), h = make(f, 'h');
	loop_at_turn_end(&f->loop, &h.hook);
	loop_defer(&f->loop, &k.task);
	loop_timer_set(&f->loop, &t.timer, 0);
	loop_post(&f->loop, &m.msg);
	loop_turn(&f->loop);
	assert_string_equal(f->trace, "mtkh");
	assert_int_equal(f->loop.turns, 1);
	loop_turn(&f->loop);
	assert_string_equal(f->trace, "mtkh");
}

static void timers_fire_by_deadline_then_in_order(void **state)
{
	struct fixture *f = *state;
	struct thing a = make(f, 'a'), b = make(f, 'b'), c = make(f, 'c'), d = make(f, 'd');
	loop_timer_set(&f->loop, &d.timer, 30);
	loop_timer_set(&f->loop, &b.timer, 20);
	loop_timer_set(&f->loop, &c.timer, 20);
	loop_timer_set(&f->loop, &a.timer, 10);
	turn_at(f, 9);
	assert_string_equal(f->trace, "");
	turn_at(f, 10);
	assert_string_equal(f->trace, "a");
	assert_false(loop_timer_is_set(&a.timer));
	turn_at(f, 100);
	assert_string_equal(f->trace, "abcd");
}

static void a_timer_can_be_moved_and_cancelled(void **state)
{
	struct fixture *f = *state;
	struct thing a = make(f, 'a'), b = make(f, 'b');
	loop_timer_set(&f->loop, &a.timer, 10);
	loop_timer_set(&f->loop, &b.timer, 10);
	loop_timer_set(&f->loop, &a.timer, 50);
	loop_timer_cancel(&f->loop, &b.timer);
	loop_timer_cancel(&f->loop, &b.timer);
	assert_false(loop_timer_is_set(&b.timer));
	assert_int_equal(loop_next_deadline(&f->loop), 5050);
	turn_at(f, 49);
	assert_string_equal(f->trace, "");
	turn_at(f, 50);
	assert_string_equal(f->trace, "a");
	assert_true(loop_next_deadline(&f->loop) == LOOP_NEVER);
}

static void a_timer_set_while_firing_waits_for_the_next_turn(void **state)
{
	struct fixture *f = *state;
	struct thing a = make(f, 'a'), b = make(f, 'b');
	a.again = 1;
	loop_timer_set(&f->loop, &a.timer, 0);
	loop_timer_set(&f->loop, &b.timer, 0);
	loop_turn(&f->loop);
	assert_string_equal(f->trace, "ab");
	loop_turn(&f->loop);
	assert_string_equal(f->trace, "aba");
}

static struct thing *victim;

static void on_timer_that_cancels(struct loop_timer *timer)
{
	struct thing *t = CONTAINER_OF(timer, struct thing, timer);
	leave(t);
	loop_timer_cancel(&t->f->loop, &victim->timer);
}

static void a_timer_may_be_cancelled_by_one_that_fires_with_it(void **state)
{
	struct fixture *f = *state;
	struct thing a = make(f, 'a'), b = make(f, 'b'), c = make(f, 'c');
	a.timer.fire = on_timer_that_cancels;
	victim = &b;
	loop_timer_set(&f->loop, &a.timer, 5);
	loop_timer_set(&f->loop, &b.timer, 5);
	loop_timer_set(&f->loop, &c.timer, 5);
	turn_at(f, 5);
	assert_string_equal(f->trace, "ac");
}

static void the_farthest_deadline_does_not_wrap(void **state)
{
	struct fixture *f = *state;
	struct thing a = make(f, 'a');
	loop_timer_set(&f->loop, &a.timer, UINT64_MAX);
	turn_at(f, 1000000);
	assert_string_equal(f->trace, "");
	loop_timer_cancel(&f->loop, &a.timer);
}

static int fired_wrong, fired_count;
static uint64_t fired_last;

static void on_ordered(struct loop_timer *t)
{
	fired_wrong += t->at_ms < fired_last;
	fired_last = t->at_ms;
	fired_count++;
}

static void many_timers_keep_their_order(void **state)
{
	enum { N = 2000 };
	struct fixture *f = *state;
	struct loop_timer *timers = calloc(N, sizeof *timers);
	struct rng rng;
	int left = N;
	rng_init_seed(&rng, 7);
	fired_wrong = fired_count = 0;
	fired_last = 0;
	for (size_t i = 0; i < N; i++)
		timers[i].fire = on_ordered;
	for (size_t i = 0; i < 3 * N; i++) /* some are set again */
		loop_timer_set(&f->loop, &timers[i % N], rng_below(&rng, 5000));
	for (size_t i = 0; i < N; i += 3, left--)
		loop_timer_cancel(&f->loop, &timers[i]);
	for (uint64_t ms = 0; ms <= 5000; ms += 37)
		turn_at(f, ms);
	turn_at(f, 5000);
	assert_int_equal(fired_count, left);
	assert_int_equal(fired_wrong, 0);
	free(timers);
}

static void deferring_twice_is_once(void **state)
{
	struct fixture *f = *state;
	struct thing a = make(f, 'a'), b = make(f, 'b');
	loop_defer(&f->loop, &a.task);
	loop_defer(&f->loop, &a.task);
	loop_defer(&f->loop, &b.task);
	loop_cancel_task(&b.task);
	loop_cancel_task(&b.task);
	assert_int_equal(loop_next_deadline(&f->loop), 0);
	loop_turn(&f->loop);
	assert_string_equal(f->trace, "a");
}

static void a_task_that_defers_itself_runs_once_per_turn(void **state)
{
	struct fixture *f = *state;
	struct thing a = make(f, 'a');
	a.again = 1;
	loop_defer(&f->loop, &a.task);
	loop_turn(&f->loop);
	assert_string_equal(f->trace, "a");
	assert_int_equal(loop_next_deadline(&f->loop), 0);
	loop_turn(&f->loop);
	assert_string_equal(f->trace, "aa");
}

static void hooks_may_arm_hooks(void **state)
{
	struct fixture *f = *state;
	struct thing a = make(f, 'a'), b = make(f, 'b');
	a.again = 2;
	loop_at_turn_end(&f->loop, &a.hook);
	loop_at_turn_end(&f->loop, &a.hook);
	loop_at_turn_end(&f->loop, &b.hook);
	loop_cancel_hook(&b.hook);
	loop_turn(&f->loop);
	assert_string_equal(f->trace, "aaa");
}

static void a_chain_of_hooks_without_end_lets_the_turn_end(void **state)
{
	struct fixture *f = *state;
	struct thing a = make(f, 'a');
	a.again = 1000000;
	loop_at_turn_end(&f->loop, &a.hook);
	loop_turn(&f->loop);
	assert_int_equal(loop_next_deadline(&f->loop), 0);
	loop_cancel_hook(&a.hook);
	assert_in_range(1000000 - a.again, 2, 100);
}

static void messages_keep_their_order_and_wake_once(void **state)
{
	struct fixture *f = *state;
	struct thing a = make(f, 'a'), b = make(f, 'b'), c = make(f, 'c');
	loop_post(&f->loop, &a.msg);
	loop_post(&f->loop, &b.msg);
	assert_int_equal(f->wakes, 1);
	assert_int_equal(loop_next_deadline(&f->loop), 0);
	loop_turn(&f->loop);
	loop_post(&f->loop, &c.msg);
	assert_int_equal(f->wakes, 2);
	loop_turn(&f->loop);
	assert_string_equal(f->trace, "abc");
}

static void time_stands_still_within_a_turn_unless_stale(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(loop_now(&f->loop), 5000);
	f->now_us += 7000;
	assert_int_equal(loop_now(&f->loop), 5000);
	f->loop.stale = true;
	assert_int_equal(loop_now(&f->loop), 5007);
	f->now_us += 1000;
	assert_int_equal(loop_now(&f->loop), 5007);
	loop_turn(&f->loop);
	assert_int_equal(loop_now(&f->loop), 5008);
}

/* ---- libuv ---- */

struct uv_fixture {
	struct clock clock;
	struct loop_uv l;
	struct loop_timer timer, limit;
	struct loop_task task;
	struct loop_msg msgs[100];
	struct uv_timer_s raw;
	uint64_t set_at_us, fired_at_us;
	int count, signum;
	bool late;
};

static void on_limit(struct loop_timer *t)
{
	struct uv_fixture *f = CONTAINER_OF(t, struct uv_fixture, limit);
	f->late = true;
	loop_uv_stop(&f->l);
}

static int uv_setup(void **state)
{
	struct uv_fixture *f = calloc(1, sizeof *f);
	clock_init_system(&f->clock, 0);
	loop_uv_init(&f->l, &f->clock);
	f->limit.fire = on_limit;
	loop_timer_set(&f->l.loop, &f->limit, 20000);
	*state = f;
	return 0;
}

static int uv_teardown(void **state)
{
	struct uv_fixture *f = *state;
	bool late = f->late;
	loop_timer_cancel(&f->l.loop, &f->limit);
	loop_uv_fini(&f->l);
	free(f);
	return late;
}

static void on_uv_timer(struct loop_timer *t)
{
	struct uv_fixture *f = CONTAINER_OF(t, struct uv_fixture, timer);
	f->fired_at_us = f->clock.mono_us(&f->clock);
	loop_uv_stop(&f->l);
}

static void uv_timers_are_not_early(void **state)
{
	struct uv_fixture *f = *state;
	f->timer.fire = on_uv_timer;
	f->set_at_us = loop_now(&f->l.loop) * 1000; /* a turn has one time */
	loop_timer_set(&f->l.loop, &f->timer, 15);
	loop_uv_run(&f->l);
	assert_false(f->late);
	assert_true(f->fired_at_us - f->set_at_us >= 15000);
}

static void on_raw_closed(uv_handle_t *h)
{
	(void)h;
}

/* A callback of libuv after a long wait: it sets a deadline. */
static void on_raw(uv_timer_t *raw)
{
	struct uv_fixture *f = CONTAINER_OF(raw, struct uv_fixture, raw);
	f->set_at_us = f->clock.mono_us(&f->clock);
	loop_timer_set(&f->l.loop, &f->timer, 15);
	uv_close((uv_handle_t *)raw, on_raw_closed);
}

static void deadlines_set_by_io_count_from_now(void **state)
{
	struct uv_fixture *f = *state;
	f->timer.fire = on_uv_timer;
	assert_int_equal(uv_timer_init(loop_uv_of(&f->l.loop), &f->raw), 0);
	assert_int_equal(uv_timer_start(&f->raw, on_raw, 40, 0), 0);
	loop_uv_run(&f->l);
	assert_false(f->late);
	assert_true(f->fired_at_us - f->set_at_us >= 14000);
}

static void on_uv_task(struct loop_task *t)
{
	struct uv_fixture *f = CONTAINER_OF(t, struct uv_fixture, task);
	if (++f->count == 1000)
		loop_uv_stop(&f->l);
	else
		loop_defer(&f->l.loop, t);
}

static void tasks_keep_libuv_from_waiting(void **state)
{
	struct uv_fixture *f = *state;
	f->task.run = on_uv_task;
	loop_defer(&f->l.loop, &f->task);
	loop_uv_run(&f->l);
	assert_int_equal(f->count, 1000);
	assert_false(f->late);
}

static struct uv_fixture *posted_to;

static void on_uv_msg(struct loop_msg *m)
{
	(void)m;
	if (++posted_to->count == (int)ARRAY_LEN(posted_to->msgs))
		loop_uv_stop(&posted_to->l);
}

static void *post_all(void *arg)
{
	struct uv_fixture *f = arg;
	for (size_t i = 0; i < ARRAY_LEN(f->msgs); i++) {
		f->msgs[i].run = on_uv_msg;
		loop_post(&f->l.loop, &f->msgs[i]);
	}
	return NULL;
}

static void messages_from_a_thread_wake_the_loop(void **state)
{
	struct uv_fixture *f = *state;
	pthread_t thread;
	posted_to = f;
	assert_int_equal(pthread_create(&thread, NULL, post_all, f), 0);
	loop_uv_run(&f->l);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(f->count, ARRAY_LEN(f->msgs));
	assert_false(f->late);
}

static void on_uv_signal(void *arg, int signum)
{
	struct uv_fixture *f = arg;
	f->signum = signum;
	loop_uv_stop(&f->l);
}

static void signals_come_on_the_loop(void **state)
{
	struct uv_fixture *f = *state;
	const int signums[] = {SIGUSR1, SIGUSR2};
	loop_uv_signals(&f->l, signums, 2, on_uv_signal, f);
	assert_int_equal(raise(SIGUSR2), 0);
	assert_int_equal(f->signum, 0);
	loop_uv_run(&f->l);
	assert_int_equal(f->signum, SIGUSR2);
}

static void on_nothing(uv_timer_t *raw)
{
	(void)raw;
}

/* In a child: it must end by abort() and say which handle it was. */
static void a_handle_left_open_is_named(void **state)
{
	struct uv_fixture *f = *state;
	int fds[2], status;
	char text[400] = "";
	assert_int_equal(pipe(fds), 0);
	pid_t child = fork();
	if (child == 0) {
		signal(SIGABRT, SIG_DFL);
		(void)dup2(fds[1], STDERR_FILENO); /* else the parent sees no text and says so */
		loop_timer_cancel(&f->l.loop, &f->limit);
		uv_timer_init(loop_uv_of(&f->l.loop), &f->raw);
		uv_timer_start(&f->raw, on_nothing, 3600000, 0);
		loop_uv_fini(&f->l);
		_exit(0);
	}
	close(fds[1]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(read(fds[0], text, sizeof text - 1) > 0);
	close(fds[0]);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	assert_non_null(strstr(text, "handle left open: timer"));
}

static void libuv_codes_are_translated(void **state)
{
	(void)state;
	assert_int_equal(loop_uv_err(0), OK);
	assert_int_equal(loop_uv_err(UV_ECONNREFUSED), ERR_CONNECT);
	assert_int_equal(loop_uv_err(UV_EAI_NONAME), ERR_RESOLVE);
	assert_int_equal(loop_uv_err(UV_EADDRINUSE), ERR_BUSY);
	assert_int_equal(loop_uv_err(UV_EOF), ERR_PEER_EOF);
	assert_int_equal(loop_uv_err(UV_ECONNRESET), ERR_TRUNCATED);
	assert_int_equal(loop_uv_err(UV_EMFILE), ERR_FULL);
	assert_int_equal(loop_uv_err(UV_ENOTTY), ERR_IO);
	assert_int_equal(loop_uv_err(-99999), ERR_IO);
}

#define TEST(t)    cmocka_unit_test_setup_teardown(t, setup, teardown)
#define TEST_UV(t) cmocka_unit_test_setup_teardown(t, uv_setup, uv_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_turn_has_an_order),
	    TEST(timers_fire_by_deadline_then_in_order),
	    TEST(a_timer_can_be_moved_and_cancelled),
	    TEST(a_timer_set_while_firing_waits_for_the_next_turn),
	    TEST(a_timer_may_be_cancelled_by_one_that_fires_with_it),
	    TEST(the_farthest_deadline_does_not_wrap),
	    TEST(many_timers_keep_their_order),
	    TEST(deferring_twice_is_once),
	    TEST(a_task_that_defers_itself_runs_once_per_turn),
	    TEST(hooks_may_arm_hooks),
	    TEST(a_chain_of_hooks_without_end_lets_the_turn_end),
	    TEST(messages_keep_their_order_and_wake_once),
	    TEST(time_stands_still_within_a_turn_unless_stale),
	    TEST_UV(uv_timers_are_not_early),
	    TEST_UV(deadlines_set_by_io_count_from_now),
	    TEST_UV(tasks_keep_libuv_from_waiting),
	    TEST_UV(messages_from_a_thread_wake_the_loop),
	    TEST_UV(signals_come_on_the_loop),
	    TEST_UV(a_handle_left_open_is_named),
	    cmocka_unit_test(libuv_codes_are_translated),
	};
	return cmocka_run_group_tests_name("loop", tests, NULL, NULL);
}
