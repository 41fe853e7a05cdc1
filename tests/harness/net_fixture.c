/* A libuv loop for tests. */
#include "tests/harness/net_fixture.h"

static void on_cap(struct loop_timer *t)
{
	struct net_fixture *f = CONTAINER_OF(t, struct net_fixture, cap);
	f->expired = true;
	uv_stop(&f->uv.uv);
}

static void on_turn_end(struct loop_hook *h)
{
	struct net_fixture *f = CONTAINER_OF(h, struct net_fixture, hook);
	if (!list_empty(&f->uv.loop.hooks))
		loop_at_turn_end(&f->uv.loop, h); /* once more, after the others */
	else if (f->pred(f->arg))
		uv_stop(&f->uv.uv);
}

void net_fixture_init(struct net_fixture *f)
{
	*f = (struct net_fixture){.cap.fire = on_cap, .hook.run = on_turn_end};
	clock_init_system(&f->clock, 0);
	loop_uv_init(&f->uv, &f->clock);
}

bool net_fixture_run_for(struct net_fixture *f, bool (*pred)(void *arg), void *arg, uint64_t ms)
{
	f->expired = false;
	loop_timer_set(&f->uv.loop, &f->cap, ms);
	f->pred = pred;
	f->arg = arg;
	bool done;
	while (!(done = pred(arg)) && !f->expired) {
		loop_at_turn_end(&f->uv.loop, &f->hook);
		uv_run(&f->uv.uv, UV_RUN_ONCE);
	}
	loop_cancel_hook(&f->hook);
	loop_timer_cancel(&f->uv.loop, &f->cap);
	return done;
}

bool net_fixture_run_until(struct net_fixture *f, bool (*pred)(void *arg), void *arg)
{
	return net_fixture_run_for(f, pred, arg, NET_FIXTURE_CAP_MS);
}

void net_fixture_fini(struct net_fixture *f)
{
	while (loop_next_deadline(&f->uv.loop) == 0)
		loop_turn(&f->uv.loop);
	loop_uv_fini(&f->uv);
}
