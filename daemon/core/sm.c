/* The checked state machine. */
#include "daemon/core/sm.h"
#include "epp/base/check.h"

#include <stdio.h>

const char *sm_name_of(const struct sm *m, int state)
{
	return state >= 0 && state < m->count ? m->conf[state].name : "?";
}

static void check_table(const struct sm *m)
{
	uint32_t known = m->count == SM_STATES_MAX ? UINT32_MAX : SM_TO(m->count) - 1;
	for (int i = 0; i < m->count; i++) {
		const struct sm_conf *c = &m->conf[i];
		REQUIRE(c->name);
		REQUIRE((c->allowed & ~known) == 0);
		REQUIRE(!(c->flags & SM_FINAL) || c->allowed == 0);
	}
}

void sm_init(struct sm *m, const char *name, const struct sm_conf *conf, size_t count, int state)
{
	REQUIRE(count > 0 && count <= SM_STATES_MAX);
	*m = (struct sm){.name = name, .conf = conf, .count = (int)count, .state = state};
	check_table(m);
	REQUIRE(state >= 0 && state < m->count && (conf[state].flags & SM_INITIAL));
}

bool sm_may(const struct sm *m, int to)
{
	return to >= 0 && to < m->count && (m->conf[m->state].allowed & SM_TO(to));
}

void sm_move(struct sm *m, int to)
{
	if (!sm_may(m, to)) {
		char text[160];
		snprintf(text, sizeof text, "%s may go from %s to %s", m->name, sm_state_name(m),
		         sm_name_of(m, to));
		check_abort("INVARIANT", text, __FILE__, __LINE__);
	}
	m->state = to;
}
