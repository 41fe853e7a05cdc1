/* A libuv loop for tests on real sockets: runs until a condition holds, with a cap in real time. */
#ifndef VNEPP_TESTS_NET_FIXTURE_H
#define VNEPP_TESTS_NET_FIXTURE_H

#include "daemon/core/loop_uv.h"

#include <stdbool.h>

#define NET_FIXTURE_CAP_MS 20000 /* reached only when something is wrong */

struct net_fixture {
	struct loop_uv uv;
	struct clock clock;
	struct loop_timer cap;
	struct loop_hook hook; /* asks the condition at the end of a turn, before libuv waits */
	bool (*pred)(void *arg);
	void *arg;
	bool expired;
};

void net_fixture_init(struct net_fixture *f);
/* Runs what is left to do at once, then insists that every handle is closed. */
void net_fixture_fini(struct net_fixture *f);
bool net_fixture_run_until(struct net_fixture *f, bool (*pred)(void *arg), void *arg);
/* As above; false when `ms` have passed without it. */
bool net_fixture_run_for(struct net_fixture *f, bool (*pred)(void *arg), void *arg, uint64_t ms);

#endif
