/*
 * A state machine that checks itself: a table says which moves are allowed, any other move is a mistake of ours and
 * aborts with both names. Only for moves that we decide upon; what a peer or a file asks for is checked with sm_may().
 *
 *   enum { IDLE, BUSY, GONE };
 *   static const struct sm_conf conf[] = {
 *       [IDLE] = {"idle", SM_INITIAL, SM_TO(BUSY) | SM_TO(GONE)},
 *       [BUSY] = {"busy", 0, SM_TO(IDLE) | SM_TO(GONE)},
 *       [GONE] = {"gone", SM_FINAL, 0},
 *   };
 *   sm_init(&x->sm, "worker", conf, ARRAY_LEN(conf), IDLE);
 *   sm_move(&x->sm, BUSY);
 */
#ifndef VNEPP_CORE_SM_H
#define VNEPP_CORE_SM_H

#include "epp/base/attr.h"

#include <stdbool.h>
#include <stdint.h>

#define SM_STATES_MAX 32

enum sm_flags { SM_INITIAL = 1, SM_FINAL = 2 };

/* The moves to state `s`, for the allowed mask; join them with '|'. */
#define SM_TO(s) (UINT32_C(1) << (s))

struct sm_conf {
	const char *name; /* for logs */
	unsigned flags;   /* SM_INITIAL: may be the first; SM_FINAL: is never left */
	uint32_t allowed; /* SM_TO() of each state that may follow */
};

struct sm {
	const char *name;           /* borrowed; what it is a machine of */
	const struct sm_conf *conf; /* borrowed; by state */
	int count;
	int state;
};

/* Checks the table too: every state has a name, moves stay inside the table, final states have none. */
void sm_init(struct sm *m, const char *name, const struct sm_conf *conf, size_t count, int state);
/* The move is in the table: INVARIANT. */
void sm_move(struct sm *m, int to);
/* Whether the table has the move; false for a state that does not exist. */
bool sm_may(const struct sm *m, int to);
/* Never NULL; "?" for a state that does not exist. */
const char *sm_name_of(const struct sm *m, int state);

static inline int sm_state(const struct sm *m)
{
	return m->state;
}

static inline const char *sm_state_name(const struct sm *m)
{
	return sm_name_of(m, m->state);
}

static inline bool sm_is_final(const struct sm *m)
{
	return m->conf[m->state].flags & SM_FINAL;
}

#endif
