/*
 * What the kits over streams in memory share, whose environment begins with its struct vloop. A test has set_up(),
 * tear_down() and connect_pair() of its own: see stream_contract.h.
 */
#ifndef VNEPP_TESTS_MEM_KIT_H
#define VNEPP_TESTS_MEM_KIT_H

#include "tests/harness/mem_stream.h"
#include "tests/harness/stream_contract.h"
#include "tests/harness/vloop.h"

static inline void turn(void *env)
{
	loop_turn(&((struct vloop *)env)->loop);
}

static inline bool run_until(void *env, bool (*pred)(void *arg), void *arg)
{
	return vloop_run_until(env, pred, arg, 60000);
}

#define MEM_KIT(label)                                                                   \
	{                                                                                \
		.name = (label), .set_up = set_up, .tear_down = tear_down, .turn = turn, \
		.run_until = run_until, .connect = connect_pair, .abort_is_seen = true   \
	}

#endif
