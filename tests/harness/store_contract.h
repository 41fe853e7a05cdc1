/* One suite for every back end of the store: what store.h and the headers of its operations promise. With cmocka; run from the tree's root. */
#ifndef VNEPP_TESTS_STORE_CONTRACT_H
#define VNEPP_TESTS_STORE_CONTRACT_H

#include "daemon/store/store.h"

/* A back end under test. */
struct store_kit {
	const char *name;
	void *(*set_up)(void);
	void (*tear_down)(void *env); /* the back end is closed */
	/* The first time, and again after crash() or a close. */
	struct store_backend *(*open)(void *env);
	/* The process dies; what was given back as done must be there at the next open(). Frees `b`. */
	void (*crash)(void *env, struct store_backend *b);
	/* A second, reading connection; NULL: this back end has none. */
	struct store_backend *(*open_reader)(void *env);
};

/* Runs the suite; returns what cmocka returns. */
int store_contract_run(const struct store_kit *kit);

#endif
