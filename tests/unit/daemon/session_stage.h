/* A ready session and many commands, for tests. After session_owner.h; included once by a test program. */
#ifndef VNEPP_TESTS_SESSION_STAGE_H
#define VNEPP_TESTS_SESSION_STAGE_H

#include "tests/unit/daemon/session_owner.h"

#define MANY 1000

struct stage {
	struct play w;
	struct owner o;
	struct cmd m[MANY];
};

static struct stage *stage_open_with(uint32_t window, void (*change)(struct session_config *c))
{
	struct stage *t = xcalloc(1, sizeof *t);
	play_open_listening(&t->w);
	t->w.manners.other = SILENT;
	struct session_config c = play_session_config(&t->w);
	c.window = window;
	if (change)
		change(&c);
	owner_open(&t->o, &t->w, &c);
	assert_true(owner_wait(&t->o, is_ready, HOUR_MS));
	assert_int_equal(session_room(t->o.s), window);
	for (unsigned i = 0; i < MANY; i++)
		cmd_init(&t->m[i], &t->w, i);
	return t;
}

static UNUSED struct stage *stage_open(uint32_t window, const struct mem_opts *opts)
{
	struct stage *t = stage_open_with(window, NULL);
	if (opts)
		mem_net_set_opts(t->w.net, opts);
	return t;
}

static UNUSED void send_n(struct stage *t, unsigned from, unsigned n)
{
	for (unsigned i = from; i < from + n; i++)
		owner_send(&t->o, &t->m[i]);
}

static bool all_arrived(void *arg)
{
	struct stage *t = arg;
	return last_peer(&t->w)->waiting_count == session_in_flight(t->o.s);
}

static UNUSED void arrive(struct stage *t)
{
	assert_true(vloop_run_until(&t->w.v, all_arrived, t, 5000));
}

/* Ends it when it has not ended. */
static void stage_close(struct stage *t)
{
	if (t->o.s)
		PLAY_CALL(&t->w, session_abort(t->o.s, SESSION_END_CLEAN, "end of the test"));
	assert_true(owner_wait(&t->o, is_closed, HOUR_MS));
	play_close(&t->w);
	free(t);
}

static UNUSED void expect(struct stage *t, unsigned i, enum session_outcome outcome, int code)
{
	const struct cmd *m = &t->m[i];
	if (m->done != 1 || m->outcome != outcome || m->code != code)
		fail_msg("command %u: done %u, outcome %d, code %d", i, m->done, (int)m->outcome, m->code);
}

#endif
