/* The tests' own tools: the virtual loop and the log capture. */
#include "tests/harness/log_capture.h"
#include "tests/harness/vloop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

struct ticker {
	struct loop_timer timer;
	struct loop_task task;
	struct vloop *v;
	unsigned ticks, left;
};

static void tick(struct loop_timer *t)
{
	struct ticker *k = CONTAINER_OF(t, struct ticker, timer);
	k->ticks++;
	if (--k->left)
		loop_timer_set(&k->v->loop, &k->timer, 1000);
	loop_defer(&k->v->loop, &k->task);
}

static void nothing(struct loop_task *t)
{
	(void)t;
}

static bool three(void *arg)
{
	return ((struct ticker *)arg)->ticks == 3;
}

static bool six(void *arg)
{
	return ((struct ticker *)arg)->ticks == 6;
}

static void init(struct vloop *v, struct ticker *k)
{
	vloop_init(v, 1000000);
	*k = (struct ticker){.timer.fire = tick, .task.run = nothing, .v = v, .left = 5};
	loop_timer_set(&v->loop, &k->timer, 1000);
}

static void time_jumps_to_the_next_deadline(void **state)
{
	(void)state;
	struct vloop v;
	struct ticker k;
	init(&v, &k);
	uint64_t from = v.now_us;
	assert_false(vloop_run_until(&v, three, &k, 2999));
	assert_true(vloop_run_until(&v, three, &k, 2999));
	assert_int_equal(v.now_us - from, 3000000);
	assert_int_equal(loop_wall(&v.loop), 1003000);
	v.clock.shift_ms = 5;
	assert_int_equal(loop_wall(&v.loop), 1003005);
	assert_false(vloop_run_until(&v, six, &k, 100000)); /* nothing is left to happen */
	assert_true(vloop_run_until(&v, NULL, NULL, 1));
	assert_int_equal(k.ticks, 5);
	vloop_fini(&v);
}

static void running_for_a_time_takes_exactly_that_time(void **state)
{
	(void)state;
	struct vloop v;
	struct ticker k;
	init(&v, &k);
	uint64_t from = v.now_us;
	vloop_run_for(&v, 2500);
	assert_int_equal(k.ticks, 2);
	vloop_settle(&v);
	assert_int_equal(v.now_us - from, 2500000);
	vloop_run_for(&v, 500);
	assert_int_equal(k.ticks, 3);
	vloop_run_for(&v, 100000);
	assert_int_equal(v.now_us - from, 103000000);
	vloop_fini(&v);
}

static void unexpected_warnings_are_counted(void **state)
{
	(void)state;
	struct log_capture c;
	log_capture_init(&c);
	LOG(&c.log, LOG_WARNING, "session.lost", "gone", F_STR("registry", STR("vn")), F_U64("session", 3),
	    F_I64("d", -1));
	LOG(&c.log, LOG_INFO, "session.lost.info", "fine", F_U64("n", 1));
	LOG(&c.log, LOG_ERROR, "store.full", "disk", F_U64("n", 1));
	assert_true(log_capture_has(&c, "registry=vn session=3 d=-1\n"));
	assert_false(log_capture_has(&c, "registry=com"));
	assert_int_equal(log_capture_count(&c, "session.lost"), 1);
	log_capture_expect(&c, "session.lost");
	log_capture_expect(&c, "store.full");
	assert_int_equal(log_capture_fini(&c), 0);

	log_capture_init(&c);
	LOG(&c.log, LOG_WARNING, "expected.not", "a test of the capture itself", F_U64("n", 1));
	assert_int_equal(log_capture_fini(&c), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(time_jumps_to_the_next_deadline),
	    cmocka_unit_test(running_for_a_time_takes_exactly_that_time),
	    cmocka_unit_test(unexpected_warnings_are_counted),
	};
	return cmocka_run_group_tests_name("harness", tests, NULL, NULL);
}
