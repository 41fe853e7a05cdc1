/* Daily caps: exact across crashes, days and a store that cannot write. */
#include "daemon/sched/caps.h"
#include "epp/base/check.h"
#include "epp/base/rng.h"
#include "tests/harness/log_capture.h"
#include "tests/harness/vloop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

#define START_MS 1795140000000ll /* 2026-11-20T09:00:00+07:00 */
#define DAY_MS   86400000ll

/* An executor whose disk can fail. */
struct disk {
	struct store_executor x, *behind;
	struct vloop *v;
	struct store_op *failed; /* to be given back */
	struct loop_task back;
	bool broken;
};

struct world {
	struct vloop v;
	struct store_backend *backend;
	struct rng rng;
	struct disk disk;
	struct log_capture log;
	struct caps caps;
	unsigned changes;
};

static void give_back(struct loop_task *t)
{
	struct disk *d = CONTAINER_OF(t, struct disk, back);
	struct store_op *op = d->failed;
	d->failed = NULL;
	op->err = err_set(&op->errmsg, ERR_DISK, "no space left on device");
	op->done(op);
}

static void submit(struct store_executor *x, struct store_op *op)
{
	struct disk *d = CONTAINER_OF(x, struct disk, x);
	if (!d->broken) {
		d->behind->submit(d->behind, op);
		return;
	}
	assert_null(d->failed);
	d->failed = op;
	d->back.run = give_back;
	loop_defer(&d->v->loop, &d->back);
}

static size_t pending(const struct store_executor *x)
{
	const struct disk *d = CONTAINER_OF(x, struct disk, x);
	return d->behind->pending(d->behind);
}

static void on_change(void *arg)
{
	((struct world *)arg)->changes++;
}

static void run_begins(struct world *w, uint32_t creates, uint32_t taken)
{
	struct limit of[CAPS__COUNT] = {[LIMIT_CREATE] = {.max = creates}, [CAP_TAKEN] = {.max = taken}};
	caps_init(&w->caps, &w->v.loop, &w->disk.x, &w->log.log, "reg");
	caps_watch(&w->caps, on_change, w);
	caps_set(&w->caps, of);
}

static bool is_idle(void *arg)
{
	return !caps_busy(&((struct world *)arg)->caps);
}

static void settle(struct world *w)
{
	assert_true(vloop_run_until(&w->v, is_idle, w, 10000));
}

static void crash(struct world *w)
{
	settle(w);
	caps_fini(&w->caps);
}

static int set_up(void **state)
{
	struct world *w = calloc(1, sizeof *w);
	vloop_init(&w->v, START_MS);
	rng_init_seed(&w->rng, 1);
	w->backend = store_mem_new(&w->rng);
	w->disk = (struct disk){.x = {submit, pending}, .v = &w->v};
	w->disk.behind = store_inline_new(&w->v.loop, w->backend, NULL);
	log_capture_init(&w->log);
	log_capture_expect(&w->log, "cap.reached");
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;
	crash(w);
	store_inline_free(w->disk.behind);
	w->backend->ops->close(w->backend);
	assert_int_equal(log_capture_fini(&w->log), 0);
	vloop_fini(&w->v);
	free(w);
	return 0;
}

/* Asks again after the store has answered: once for what was under way, once for what is asked now. */
static bool may(struct world *w, int which)
{
	for (int i = 0; i < 2; i++) {
		if (caps_may(&w->caps, which))
			return true;
		settle(w);
	}
	return caps_may(&w->caps, which);
}

/* As many as may leave now. */
static unsigned use(struct world *w, int which, unsigned most)
{
	unsigned n = 0;
	for (; n < most && may(w, which); n++)
		caps_take(&w->caps, which);
	return n;
}

static void what_is_not_limited_is_free(void **state)
{
	struct world *w = *state;
	run_begins(w, 3, 0);
	assert_int_equal(use(w, LIMIT_RENEW, 1000), 1000);
	assert_int_equal(use(w, CAP_TAKEN, 1000), 1000);
	assert_false(caps_used_up(&w->caps, LIMIT_RENEW));
}

static void never_more_than_the_cap_and_again_after_midnight(void **state)
{
	struct world *w = *state;
	run_begins(w, 1000, 0);
	assert_false(caps_may(&w->caps, LIMIT_CREATE)); /* nothing is put down yet */
	assert_int_equal(use(w, LIMIT_CREATE, 5000), 1000);
	assert_true(caps_used_up(&w->caps, LIMIT_CREATE));
	assert_true(caps_used_up(&w->caps, LIMIT_CREATE));
	assert_int_equal(log_capture_count(&w->log, "cap.reached"), 1); /* told once */
	assert_int_equal(caps_day_end(&w->caps), START_MS + 15 * 3600000ll);
	vloop_run_for(&w->v, 15 * 3600000 - 1000);
	assert_int_equal(use(w, LIMIT_CREATE, 1), 0);
	unsigned before = w->changes;
	vloop_run_for(&w->v, 61000);
	assert_true(w->changes > before); /* whoever waits is told */
	assert_int_equal(use(w, LIMIT_CREATE, 5000), 1000);
}

static void a_crash_costs_a_part_at_most(void **state)
{
	struct world *w = *state;
	unsigned used = 0;
	run_begins(w, 640, 0);
	for (int i = 0; i < 8; i++) {
		used += use(w, LIMIT_CREATE, 40 + (unsigned)i);
		crash(w);
		run_begins(w, 640, 0);
	}
	used += use(w, LIMIT_CREATE, 5000);
	assert_true(used <= 640);
	assert_true(used >= 640 - 8 * 2 * (640 / CAPS_PARTS)); /* one in use, one put down in time */
}

static void what_was_open_may_be_used_again(void **state)
{
	struct world *w = *state;
	date_t today = date_of_instant(START_MS, HANOI_OFFSET_S);
	run_begins(w, 0, 4);
	for (int i = 0; i < 4; i++) {
		assert_true(may(w, CAP_TAKEN));
		caps_take_open(&w->caps);
	}
	assert_true(caps_used_up(&w->caps, CAP_TAKEN));
	assert_int_equal(log_capture_count(&w->log, "cap.reached"), 0); /* nothing of it is known yet */
	caps_settle(&w->caps, today, false);
	assert_int_equal(use(w, CAP_TAKEN, 10), 1);
	caps_settle(&w->caps, today - 1, false); /* of another day: not of this one's */
	assert_int_equal(use(w, CAP_TAKEN, 10), 0);
	for (int i = 0; i < 3; i++)
		caps_settle(&w->caps, today, true);
	assert_true(caps_used_up(&w->caps, CAP_TAKEN));
	assert_int_equal(log_capture_count(&w->log, "cap.reached"), 1);
}

static void a_store_that_cannot_write_stops_it(void **state)
{
	struct world *w = *state;
	run_begins(w, 64, 0);
	w->disk.broken = true;
	assert_int_equal(use(w, LIMIT_CREATE, 10), 0);
	vloop_run_for(&w->v, 10000);
	assert_int_equal(use(w, LIMIT_CREATE, 10), 0);
	assert_false(caps_used_up(&w->caps, LIMIT_CREATE));
	w->disk.broken = false;
	assert_int_equal(use(w, LIMIT_CREATE, 100), 64);
}

static void in_shadow_it_only_counts(void **state)
{
	struct world *w = *state;
	struct limit of[CAPS__COUNT] = {[LIMIT_CREATE] = {.max = 10, .shadow = true}};
	run_begins(w, 0, 0);
	caps_set(&w->caps, of);
	assert_int_equal(use(w, LIMIT_CREATE, 25), 25);
	assert_false(caps_used_up(&w->caps, LIMIT_CREATE));
	assert_int_equal(w->caps.caps[LIMIT_CREATE].over, 15);
	assert_int_equal(w->caps.caps[LIMIT_CREATE].near, 17);
}

static void another_cap_holds_at_once(void **state)
{
	struct world *w = *state;
	struct limit of[CAPS__COUNT] = {[LIMIT_CREATE] = {.max = 20}};
	run_begins(w, 10, 0);
	assert_int_equal(use(w, LIMIT_CREATE, 100), 10);
	caps_set(&w->caps, of);
	assert_int_equal(use(w, LIMIT_CREATE, 100), 10);
	of[LIMIT_CREATE].max = 5;
	caps_set(&w->caps, of);
	assert_true(caps_used_up(&w->caps, LIMIT_CREATE));
}

static void a_clock_that_steps_to_another_day(void **state)
{
	struct world *w = *state;
	run_begins(w, 10, 0);
	assert_int_equal(use(w, LIMIT_CREATE, 7), 7);
	w->v.wall_start += DAY_MS;
	assert_int_equal(use(w, LIMIT_CREATE, 100), 10);
	w->v.wall_start -= DAY_MS; /* the first day's count is the store's */
	assert_in_range(use(w, LIMIT_CREATE, 100), 0, 3);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(what_is_not_limited_is_free),        TEST(never_more_than_the_cap_and_again_after_midnight),
	    TEST(a_crash_costs_a_part_at_most),       TEST(what_was_open_may_be_used_again),
	    TEST(a_store_that_cannot_write_stops_it), TEST(in_shadow_it_only_counts),
	    TEST(another_cap_holds_at_once),          TEST(a_clock_that_steps_to_another_day),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
