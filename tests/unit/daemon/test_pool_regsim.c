/*
 * The pool against the simulated registry, which shares nothing with it, under faults of all kinds from a seed. What
 * the pool said of each command is compared with the registry's ledger: ANSWERED was done with that code, NOT_SENT was
 * never seen, and nothing was done twice.
 */
#include "tests/unit/daemon/pool_play.h"
#include "tests/regsim/regsim.h"
#include "tests/regsim/regsim_stream.h"

#define COMMANDS 250
#define SEEDS    150

struct sea {
	struct pond *d;
	struct regsim *sim;
	struct rng rng;
	unsigned next, done, answered, unknown, not_sent;
	bool paused;
};

static struct sea *sea; /* of the running story, for callbacks without an argument of ours */

static enum err build_create(struct session_command *c, struct buf *out, struct errmsg *e)
{
	struct epp_cmd cmd = {.cltrid = str_c(c->cltrid)};
	char name[EPP_TRID_MAX + 16];
	snprintf(name, sizeof name, "%s.id.vn", c->cltrid);
	struct epp_domain_create create = {.name = str_c(name),
	                                   .period_years = 2,
	                                   .registrant = STR("HOLDER"),
	                                   .auth_info = STR("x8Kk2-pw")};
	return epp_build_domain_create(out, &cmd, &create, e);
}

static struct cmd *story; /* COMMANDS of them */
static unsigned all_unknown, all_not_sent;

static void created(struct cmd *m)
{
	sea->done++;
	sea->answered += m->outcome == SESSION_ANSWERED;
	sea->unknown += m->outcome == SESSION_UNKNOWN;
	sea->not_sent += m->outcome == SESSION_NOT_SENT;
}

static void send_what_fits(struct sea *s)
{
	struct errmsg e;
	for (uint32_t room = s->paused ? 0 : pool_room(s->d->p); room > 0 && s->next < COMMANDS; room--) {
		struct cmd *m = &story[s->next];
		cmd_init(m, &s->d->w, s->next++);
		m->c.build = build_create;
		m->then = created;
		assert_int_equal(pool_send(s->d->p, &m->c, &e), OK);
	}
}

static void sea_room(void *arg)
{
	pond_room(arg);
	send_what_fits(sea);
}

static void on_sea(void *arg, struct stream *s)
{
	struct sea *t = arg;
	if (rng_below(&t->rng, 12) == 0)
		mem_stream_reset_after(s, rng_below(&t->rng, 20000));
	regsim_serve_stream(t->sim, s);
}

static void open_registry(struct sea *t)
{
	static const struct regsim_account account = {
	    .login = "gateway1", .password = "secret-pw", .max_sessions = 3, .balance_vnd = 1000000000000};
	struct regsim_options o;
	regsim_options_init(&o);
	o.accounts = &account;
	o.account_count = 1;
	o.seed = rng_u64(&t->rng);
	o.delay_ms = (uint32_t)rng_below(&t->rng, 60);
	o.idle_timeout_ms = 300000;
	o.login_timeout_ms = 10000;
	o.max_age_ms = 4000000;
	o.msgq_everywhere = rng_below(&t->rng, 2);
	t->sim = regsim_new(&o, &t->d->w.v.loop);
	assert_non_null(t->sim);
	assert_true(regsim_seed_contact(t->sim, "HOLDER", "gateway1"));
	struct regsim_faults f = {
	    .delay_min_ms = 1, .delay_max_ms = 3000, .late_min_ms = 1, .late_max_ms = 100000};
	for (int i = REGSIM_FAULT_DELAY; i < REGSIM_FAULT__COUNT; i++)
		f.per_mille[i] = (uint16_t)rng_below(&t->rng, 6);
	regsim_faults_set(t->sim, &f);
}

static const struct regsim_entry *ledger_of(const struct sea *t, const char *cltrid, unsigned *times)
{
	const struct regsim_entry *found = NULL;
	*times = 0;
	for (size_t i = 0; i < regsim_ledger_count(t->sim); i++) {
		const struct regsim_entry *e = regsim_ledger_at(t->sim, i);
		if (strcmp(e->cltrid, cltrid) != 0 || e->op != REGSIM_OP_CREATE)
			continue;
		found = found && found->committed ? found : e;
		*times += e->committed;
	}
	return found;
}

static void compare(const struct sea *t)
{
	for (unsigned i = 0; i < t->next; i++) {
		const struct cmd *m = &story[i];
		unsigned times;
		const struct regsim_entry *e = ledger_of(t, m->c.cltrid, &times);
		assert_int_equal(m->done, 1);
		assert_true(times <= 1);
		if (m->outcome == SESSION_NOT_SENT && e)
			fail_msg("%s was said not to have been sent, and arrived", m->c.cltrid);
		if (m->outcome == SESSION_ANSWERED && !e)
			fail_msg("%s was answered %d, and never arrived", m->c.cltrid, m->code);
		if (m->outcome == SESSION_ANSWERED && m->code == 1000 && !times)
			fail_msg("%s was answered 1000, and not done", m->c.cltrid);
	}
}

static bool all_done(void *arg)
{
	const struct sea *t = arg;
	return t->done == COMMANDS;
}

static void play_seed(uint64_t seed)
{
	static const struct pool_events ev = {.on_room = sea_room,
	                                      .on_message = pond_message,
	                                      .on_drained = pond_drained};
	struct sea t = {0};
	sea = &t;
	rng_init_seed(&t.rng, seed);
	story = xcalloc(COMMANDS, sizeof *story);
	t.d = pond_open(5, 2);
	pool_free(t.d->p);
	struct mem_opts o = {.latency_ms = rng_below(&t.rng, 20),
	                     .jitter_ms = rng_below(&t.rng, 20),
	                     .piece_max = rng_below(&t.rng, 3) ? 0 : 50,
	                     .window_bytes = rng_below(&t.rng, 3) ? 0 : 3000};
	mem_net_set_opts(t.d->w.net, &o);
	open_registry(&t);
	mem_net_listen(t.d->w.net, "registry", "registry", 700, on_sea, &t);
	mem_net_listen(t.d->w.net, "registry", "registry", 701, on_sea, &t);
	static const char *const expected[] = {"poll.left", "pool.stopped", "registry.greeting_changed"};
	for (size_t i = 0; i < ARRAY_LEN(expected); i++)
		log_capture_expect(&t.d->w.log, expected[i]);
	struct pool_config c = pond_config(t.d, 5, 2);
	c.session.window = 1 + (uint32_t)rng_below(&t.rng, 12);
	t.d->p = pool_new(&c, &ev, t.d);
	pool_start(t.d->p);
	bool through = false;
	for (int i = 0; i < 400 && !through; i++) {
		through = vloop_run_until(&t.d->w.v, all_done, &t, 60000);
		if (i % 3 == 2)
			pool_resume(
			    t.d->p); /* an operator who never gives up: faults may look like a wrong password */
		send_what_fits(&t);
	}
	if (!through)
		fail_msg("seed %d: %u of %u are done", (int)seed, t.done, COMMANDS);
	if (t.answered + t.unknown + t.not_sent != COMMANDS || t.answered == 0)
		fail_msg("seed %d: %u answered, %u unknown, %u not sent", (int)seed, t.answered, t.unknown,
		         t.not_sent);
	all_unknown += t.unknown;
	all_not_sent += t.not_sent;
	pool_drain(t.d->p);
	assert_true(vloop_run_until(&t.d->w.v, is_drained, t.d, 2 * ANSWER_MS));
	vloop_run_for(&t.d->w.v, 2 * 100000 + STREAM_CLOSE_MS);
	regsim_drop_all(t.sim);
	vloop_run_for(&t.d->w.v, 60000);
	compare(&t);
	regsim_free(t.sim);
	pond_close(t.d);
	free(story);
}

static void what_is_said_agrees_with_the_registrys_ledger(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++)
		play_seed(seed);
	print_message("%u unknown, %u not sent\n", all_unknown, all_not_sent);
	assert_true(all_unknown > SEEDS && all_not_sent > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_said_agrees_with_the_registrys_ledger),
	};
	return cmocka_run_group_tests_name("pool_regsim", tests, NULL, NULL);
}
