/* What the tests of the simulator's faults and frames share: one account's world, and commands that name their clTRID. */
#ifndef VNEPP_TESTS_REGSIM_FAULT_WORLD_H
#define VNEPP_TESTS_REGSIM_FAULT_WORLD_H

#include "tests/regsim/regsim_client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#define START 1795116000000LL
#define D_NS  "xmlns=\"urn:ietf:params:xml:ns:domain-1.0\""
#define CREATE(name, trid)                                                                           \
	REGSIM_CMD("<create><create " D_NS "><name>" name "</name><registrant>HOLDER-A</registrant>" \
	           "<authInfo><pw>s3cret-pw</pw></authInfo></create></create>",                      \
	           trid)
#define INFO(name, trid) REGSIM_CMD("<info><info " D_NS "><name>" name "</name></info></info>", trid)
#define POLL(trid)       REGSIM_CMD("<poll op=\"req\"/>", trid)

struct world {
	struct vloop loop;
	struct regsim *sim;
	struct regsim_client c;
};

static inline struct regsim_options options(void)
{
	static const struct regsim_account account = {
	    .login = "reg-a", .password = "pass-a1", .max_sessions = 3, .balance_vnd = 1000000000};
	struct regsim_options o;
	regsim_options_init(&o);
	o.accounts = &account;
	o.account_count = 1;
	o.seed = 11;
	return o;
}

static inline void open_sim(struct world *w, const struct regsim_options *o)
{
	vloop_init(&w->loop, START);
	w->sim = regsim_new(o, &w->loop.loop);
	assert_non_null(w->sim);
	assert_true(regsim_seed_contact(w->sim, "HOLDER-A", "reg-a"));
}

static inline void connect_to(struct world *w)
{
	regsim_client_open(&w->c, &w->loop, w->sim, "");
}

static inline void reconnect(struct world *w)
{
	regsim_client_fini(&w->c);
	connect_to(w);
}

static inline void log_in(struct world *w)
{
	assert_int_equal(regsim_client_login(&w->c, "reg-a", "pass-a1"), 1000);
}

static inline void open_world(struct world *w)
{
	struct regsim_options o = options();
	open_sim(w, &o);
	connect_to(w);
	log_in(w);
}

static inline void close_world(struct world *w)
{
	regsim_client_fini(&w->c);
	regsim_free(w->sim);
	vloop_fini(&w->loop);
}

/* Of the next answer, which comes within so long; 0: of none. */
static inline int take_code(struct world *w, uint64_t max_ms)
{
	return regsim_client_code(regsim_client_take(&w->c, max_ms));
}

static inline bool exists(struct world *w, const char *name)
{
	struct regsim_domain_view d;
	return regsim_domain(w->sim, str_c(name), &d) && d.exists;
}

#endif
