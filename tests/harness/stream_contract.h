/* One suite for every implementation of a stream: what stream.h promises. With cmocka. */
#ifndef VNEPP_TESTS_STREAM_CONTRACT_H
#define VNEPP_TESTS_STREAM_CONTRACT_H

#include "daemon/net/stream.h"

#include <stdbool.h>
#include <stdint.h>

/* An implementation under test. */
struct stream_kit {
	const char *name;
	void *(*set_up)(void);
	void (*tear_down)(void *env); /* everything must be closed */
	void (*turn)(void *env);      /* one turn, without waiting */
	/* Runs the loop until pred(arg); false after a time that is too long for anything in the suite. */
	bool (*run_until)(void *env, bool (*pred)(void *arg), void *arg);
	/* Two ends of one connection that is being made: `a` dials, `b` is handed out when `a`'s request arrives. Both
	 * events and args are given at once. */
	void (*connect)(void *env, const struct stream_events *ev, void *a, void *b,
	                void (*set)(void *end, struct stream *s));
	bool abort_is_seen; /* an abort is told from an orderly end by the peer */
};

/* Runs the suite; returns what cmocka returns. */
int stream_contract_run(const struct stream_kit *kit);

#endif
