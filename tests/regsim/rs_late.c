/* Commits that come after their connection: the frame is kept and run when its time comes, for nobody to hear. */
#include "epp/base/alloc.h"
#include "tests/regsim/rs_int.h"

#include <stdlib.h>

struct late {
	struct list_node node; /* sim.late */
	struct loop_timer timer;
	struct regsim *sim; /* borrowed */
	struct rs_session session;
	enum regsim_fault fault;
	char *frame; /* owned */
	size_t len;
};

static void free_late(struct late *l)
{
	list_remove(&l->node);
	loop_timer_cancel(l->sim->loop, &l->timer);
	free(l->frame);
	free(l);
}

static void on_due(struct loop_timer *t)
{
	struct late *l = CONTAINER_OF(t, struct late, timer);
	struct regsim *sim = l->sim;
	struct rs_command cmd;
	arena_reset(&sim->scratch);
	rs_parser_read(sim->parser, &sim->scratch, str_make(l->frame, l->len), &cmd);
	struct rs_exec x = {.sim = sim, .session = &l->session, .cmd = &cmd, .out = &sim->answer};
	rs_exec_run(&x, l->fault, true);
	sim->stats.late_commits += x.committed;
	free_late(l);
}

void rs_late_start(struct regsim *sim, const struct rs_session *s, struct str frame, uint64_t in_ms,
                   enum regsim_fault fault)
{
	struct late *l = xcalloc(1, sizeof *l);
	l->sim = sim;
	l->session = *s;
	l->session.subject = "";
	l->fault = fault;
	l->frame = xmemdup0(frame.ptr, frame.len);
	l->len = frame.len;
	l->timer.fire = on_due;
	list_push(&sim->late, &l->node);
	loop_timer_set(sim->loop, &l->timer, in_ms);
}

void rs_late_fini(struct regsim *sim)
{
	while (!list_empty(&sim->late))
		free_late(LIST_ITEM(sim->late.first, struct late, node));
}
