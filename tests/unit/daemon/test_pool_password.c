/* A new password: asked for once, and whatever happens on the way, one of the two works. */
#include "daemon/session/password.h"
#include "tests/regsim/regsim.h"
#include "tests/regsim/regsim_stream.h"
#include "tests/unit/daemon/pool_play.h"

#define OLD_PW "secret-pw"
#define NEW_PW "another-pw"

/* ---- the steps alone ----------------------------------------------------------------------------------------------------------- */

static void steps(void **state)
{
	(void)state;
	enum { REFUSED, ACCEPTED, LOST };
	static const struct {
		bool wants;
		struct {
			int what, code;
			enum password_step then;
		} e[4];
	} cases[] = {
	    {true, {{ACCEPTED, 0, PASSWORD_NEW}, {LOST, 0, PASSWORD_NEW}}},
	    {true, {{REFUSED, 2200, PASSWORD_CHANGE}, {ACCEPTED, 0, PASSWORD_NEW}}},
	    {true,
	     {{REFUSED, 2501, PASSWORD_CHANGE}, {REFUSED, 2306, PASSWORD_OLD}, {ACCEPTED, 0, PASSWORD_OLD}}},
	    {true,
	     {{REFUSED, 2200, PASSWORD_CHANGE}, {LOST, 0, PASSWORD_TRY_NEW}, {ACCEPTED, 0, PASSWORD_NEW}}},
	    {true, {{LOST, 0, PASSWORD_TRY_NEW}, {REFUSED, 2103, PASSWORD_TRY_NEW}}},
	    {false, {{ACCEPTED, 0, PASSWORD_OLD}, {REFUSED, 2200, PASSWORD_OLD}, {LOST, 0, PASSWORD_OLD}}},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct password p;
		password_init(&p, secret_of(OLD_PW), secret_of(cases[i].wants ? NEW_PW : NULL));
		assert_int_equal(p.step, cases[i].wants ? PASSWORD_TRY_NEW : PASSWORD_OLD);
		for (size_t k = 0; k < 4 && (cases[i].e[k].what || cases[i].e[k].code); k++) {
			enum password_step before = p.step;
			if (cases[i].e[k].what == REFUSED) {
				bool over = password_refused(&p, cases[i].e[k].code) == PASSWORD_GIVE_UP;
				assert_int_equal(over, p.step == before);
			} else if (cases[i].e[k].what == ACCEPTED)
				assert_int_equal(password_accepted(&p), before == PASSWORD_CHANGE);
			else
				password_unanswered(&p);
			assert_int_equal(p.step, cases[i].e[k].then);
		}
		assert_true(secret_is_set(password_wanted(&p)) == (p.step == PASSWORD_CHANGE));
	}
	struct password p;
	password_init(&p, secret_of(OLD_PW), secret_of(NEW_PW));
	assert_int_equal(password_refused(&p, 2200), PASSWORD_AGAIN);
	assert_string_equal(secret_reveal(password_current(&p)), OLD_PW);
	assert_string_equal(secret_reveal(password_wanted(&p)), NEW_PW);
	assert_int_equal(password_refused(&p, 2005), PASSWORD_NOT_TAKEN);
	assert_string_equal(secret_reveal(password_current(&p)), OLD_PW);
	password_reset(&p);
	assert_string_equal(secret_reveal(password_current(&p)), NEW_PW);
}

/* ---- a registry that knows one password ------------------------------------------------------------------------------------------ */

static char known[32];  /* the registry's */
static int lose_change; /* 1: the change is done and its answer lost; 2: lost before; 3: refused with 2306 */
static unsigned refused, changed;

static bool log_in(struct play *w, struct peer *p, const char *xml)
{
	char pw[64], fresh[64] = "";
	if (!strstr(xml, "<login>"))
		return false;
	assert_int_equal(sscanf(strstr(xml, "<pw>"), "<pw>%63[^<]", pw), 1);
	if (strstr(xml, "<newPW>"))
		assert_int_equal(sscanf(strstr(xml, "<newPW>"), "<newPW>%63[^<]", fresh), 1);
	w->logins++;
	if (strcmp(pw, known) != 0) {
		refused++;
		peer_answer_to(p, xml, 2200);
		return true;
	}
	int lose = fresh[0] ? lose_change : 0;
	if (fresh[0])
		lose_change = lose == 3 ? 3 : 0;
	if (fresh[0] && lose < 2) {
		snprintf(known, sizeof known, "%s", fresh);
		changed++;
	}
	if (lose == 3)
		peer_answer_to(p, xml, 2306);
	else if (lose)
		peer_close(p);
	else
		peer_answer_to(p, xml, 1000);
	return true;
}

static void want_new(struct pool_config *c)
{
	c->new_password = secret_of(NEW_PW);
}

static struct pond *bank_open(const char *password, int lose)
{
	struct pond *d = pond_open_with(4, 1, want_new);
	play_listen(&d->w, 700, true);
	d->w.on_command = log_in;
	snprintf(known, sizeof known, "%s", password);
	lose_change = lose;
	refused = changed = 0;
	pond_start(d);
	return d;
}

static void bank_close(struct pond *d)
{
	assert_false(log_capture_has(&d->w.log, OLD_PW));
	assert_false(log_capture_has(&d->w.log, NEW_PW));
	pond_close(d);
}

static void it_is_changed_once(void **state)
{
	(void)state;
	struct pond *d = bank_open(OLD_PW, 0);
	pond_fill(d, 1000);
	assert_string_equal(known, NEW_PW);
	assert_int_equal(changed, 1);
	assert_int_equal(refused, 1); /* the new one was tried first */
	assert_int_equal(d->w.logins, 5);
	assert_int_equal(log_capture_count(&d->w.log, "account.password_changed"), 1);
	/* All that are opened later use it. */
	for (int i = 0; i < 5; i++)
		if (d->w.peers[i]->s)
			mem_stream_reset(d->w.peers[i]->s);
	vloop_run_for(&d->w.v, 10000);
	pond_fill(d, 60000);
	assert_int_equal(refused, 1);
	bank_close(d);
}

static void it_was_changed_before(void **state)
{
	(void)state;
	struct pond *d = bank_open(NEW_PW, 0);
	pond_fill(d, 1000);
	assert_int_equal(refused + changed, 0);
	assert_int_equal(log_capture_count(&d->w.log, "account.password_changed"), 0);
	bank_close(d);
}

static void the_answer_to_the_change_is_lost(void **state)
{
	(void)state;
	for (int lose = 1; lose <= 2; lose++) {
		struct pond *d = bank_open(OLD_PW, lose);
		pond_fill(d, 60000);
		assert_string_equal(known, NEW_PW);
		assert_int_equal(changed, 1);
		assert_int_equal(refused, lose);
		assert_false(stats_of(d).stopped);
		bank_close(d);
	}
}

static void the_new_one_is_not_taken(void **state)
{
	(void)state;
	struct pond *d = bank_open(OLD_PW, 3);
	log_capture_expect(&d->w.log, "account.password_refused");
	pond_fill(d, 1000);
	assert_string_equal(known, OLD_PW);
	assert_int_equal(changed, 0);
	assert_int_equal(log_capture_count(&d->w.log, "account.password_refused"), 1);
	bank_close(d);
}

static void neither_is_right(void **state)
{
	(void)state;
	struct pond *d = bank_open("something-else", 0);
	log_capture_expect(&d->w.log, "pool.stopped");
	vloop_run_for(&d->w.v, HOUR_MS);
	assert_true(stats_of(d).stopped);
	assert_int_equal(d->w.logins, 2);
	snprintf(known, sizeof known, OLD_PW);
	PLAY_CALL(&d->w, pool_resume(d->p));
	pond_fill(d, 1000);
	assert_string_equal(known, NEW_PW);
	bank_close(d);
}

/* ---- a crash at every moment -------------------------------------------------------------------------------------------------------- */

static void serve(void *arg, struct stream *s)
{
	regsim_serve_stream(arg, s);
}

static void a_crash_at_any_moment_leaves_one_that_works(void **state)
{
	static const struct regsim_account account = {.login = "gateway1",
	                                              .password = OLD_PW,
	                                              .balance_vnd = 1};
	static const struct pool_events ev = {.on_room = pond_room,
	                                      .on_message = pond_message,
	                                      .on_drained = pond_drained};
	(void)state;
	for (uint64_t at = 0; at < 120; at++) {
		struct pond *d = pond_open_with(2, 1, want_new);
		struct regsim_options o;
		regsim_options_init(&o);
		o.accounts = &account;
		o.account_count = 1;
		o.delay_ms = 10;
		struct regsim *sim = regsim_new(&o, &d->w.v.loop);
		assert_non_null(sim);
		mem_net_listen(d->w.net, "registry", "registry", 700, serve, sim);
		pond_start(d);
		vloop_run_for(&d->w.v, at);
		/* The daemon is gone, and another one starts with the same files. */
		pool_drain(d->p);
		pool_abort(d->p);
		assert_true(vloop_run_until(&d->w.v, is_drained, d, 1000));
		d->drained = 0;
		pool_free(d->p);
		struct pool_config c = pond_config(d, 2, 1);
		want_new(&c);
		d->p = pool_new(&c, &ev, d);
		pond_start(d);
		pond_fill(d, 30000);
		assert_false(stats_of(d).stopped);
		assert_true(regsim_code_count(sim, 2200) <= 2);
		PLAY_CALL(&d->w, pool_drain(d->p));
		assert_true(vloop_run_until(&d->w.v, is_drained, d, 30000));
		regsim_drop_all(sim);
		vloop_run_for(&d->w.v, 20000);
		regsim_free(sim);
		bank_close(d);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(steps),
	    cmocka_unit_test(it_is_changed_once),
	    cmocka_unit_test(it_was_changed_before),
	    cmocka_unit_test(the_answer_to_the_change_is_lost),
	    cmocka_unit_test(the_new_one_is_not_taken),
	    cmocka_unit_test(neither_is_right),
	    cmocka_unit_test(a_crash_at_any_moment_leaves_one_that_works),
	};
	return cmocka_run_group_tests_name("pool_password", tests, NULL, NULL);
}
