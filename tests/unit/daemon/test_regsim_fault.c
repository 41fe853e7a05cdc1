/* The registry simulator's faults: what each does, and which commands it strikes. */
#include "tests/unit/daemon/regsim_fault_world.h"

static void strike(struct world *w, enum regsim_fault f, int64_t arg)
{
	const struct regsim_rule rule = {
	    .op = REGSIM_OP_CREATE, .name = "f*.id.vn", .times = 1, .fault = f, .arg = arg};
	regsim_rule_add(w->sim, &rule);
}

static const struct regsim_entry *last_entry(struct world *w)
{
	return regsim_ledger_at(w->sim, regsim_ledger_count(w->sim) - 1);
}

/* What each fault does to a create: the answer, the object, the connection. */
static const struct outcome {
	enum regsim_fault fault;
	int64_t arg;
	int code; /* 0: no readable answer */
	bool created, closed, aborted;
} outcomes[] = {
    {REGSIM_FAULT_NONE, 0, 1000, true, false, false},
    {REGSIM_FAULT_DELAY, 700, 1000, true, false, false},
    {REGSIM_FAULT_CLOSE_BEFORE_COMMIT, 0, 0, false, true, false},
    {REGSIM_FAULT_CLOSE_AFTER_COMMIT, 0, 0, true, true, false},
    {REGSIM_FAULT_DROP_IN_ANSWER, 100, 0, true, true, true},
    {REGSIM_FAULT_DROP_IN_ANSWER, 3, 0, true, true, true},
    {REGSIM_FAULT_WRONG_CLTRID, 0, 1000, true, false, false},
    {REGSIM_FAULT_NO_CLTRID, 0, 1000, true, false, false},
    {REGSIM_FAULT_MERGE, 0, 1000, true, false, false},
    {REGSIM_FAULT_SPLIT, 0, 1000, true, false, false},
    {REGSIM_FAULT_FAIL_2400, 0, 2400, false, false, false},
    {REGSIM_FAULT_FAIL_2400_COMMITTED, 0, 2400, true, false, false},
    {REGSIM_FAULT_CLOSE_2502, 0, 2502, false, true, false},
    {REGSIM_FAULT_CLOSE_2500, 0, 2500, false, true, false},
    {REGSIM_FAULT_CLOSE_1500, 0, 1500, false, true, false},
    {REGSIM_FAULT_QUOTA_CLOSE, 0, 0, false, true, true},
    {REGSIM_FAULT_PLAIN_TEXT, 0, 0, true, true, false},
    {REGSIM_FAULT_NO_ANSWER, 0, 0, true, false, false},
    {REGSIM_FAULT_NO_ANSWER_LOST, 0, 0, false, false, false},
};

static void test_each_fault(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof outcomes / sizeof outcomes[0]; i++) {
		const struct outcome *t = &outcomes[i];
		struct world w;
		open_world(&w);
		strike(&w, t->fault, t->arg);
		regsim_client_send(&w.c, CREATE("f.id.vn", "FAULT-1"));
		int code = take_code(&w, 5000);
		if (code != t->code || exists(&w, "f.id.vn") != t->created || w.c.closed != t->closed ||
		    w.c.aborted != t->aborted)
			fail_msg("%s: code %d, created %d, closed %d, aborted %d",
			         regsim_fault_name(t->fault), code, exists(&w, "f.id.vn"), w.c.closed,
			         w.c.aborted);
		assert_int_equal(regsim_fault_count(w.sim, t->fault), t->fault == REGSIM_FAULT_NONE ? 3 : 1);
		assert_int_equal(last_entry(&w)->committed, t->created);
		assert_int_equal(last_entry(&w)->fault, t->fault);
		assert_string_equal(last_entry(&w)->cltrid, "FAULT-1");
		close_world(&w);
	}
}

static void test_delay_is_exact(void **state)
{
	(void)state;
	struct world w;
	open_world(&w);
	strike(&w, REGSIM_FAULT_DELAY, 700);
	uint64_t before = w.loop.now_us;
	regsim_client_send(&w.c, CREATE("f.id.vn", "SLOW-1"));
	regsim_client_send(&w.c, POLL("AFTER-1"));
	assert_true(exists(&w, "f.id.vn")); /* done on arrival */
	const char *a = regsim_client_take(&w.c, 5000);
	assert_non_null(strstr(a, "SLOW-1"));
	assert_int_equal(w.loop.now_us - before, 700000);
	a = regsim_client_take(&w.c, 0); /* answers keep their order */
	assert_non_null(strstr(a, "AFTER-1"));
	close_world(&w);
}

static void test_latency_is_parallel(void **state)
{
	(void)state;
	struct world w;
	struct regsim_options o = options();
	o.delay_ms = 20;
	open_sim(&w, &o);
	connect_to(&w);
	log_in(&w);
	uint64_t before = w.loop.now_us;
	for (int i = 0; i < 100; i++)
		regsim_client_send(&w.c, POLL("W-001"));
	for (int i = 0; i < 100; i++)
		assert_int_equal(take_code(&w, 1000), 1300);
	assert_int_equal(w.loop.now_us - before, 20000);
	close_world(&w);
}

static void test_cltrid_faults(void **state)
{
	(void)state;
	struct world w;
	open_world(&w);
	strike(&w, REGSIM_FAULT_WRONG_CLTRID, 0);
	strike(&w, REGSIM_FAULT_NO_CLTRID, 0);
	const char *a = regsim_client_ask(&w.c, CREATE("f1.id.vn", "TRID-1"));
	assert_non_null(strstr(a, "<clTRID>XTRID-1</clTRID>"));
	a = regsim_client_ask(&w.c, CREATE("f2.id.vn", "TRID-2"));
	assert_null(strstr(a, "clTRID"));
	a = regsim_client_ask(&w.c, CREATE("f3.id.vn", "TRID-3"));
	assert_non_null(strstr(a, "<clTRID>TRID-3</clTRID>"));
	close_world(&w);
}

static void test_merge_and_split(void **state)
{
	(void)state;
	struct world w;
	open_world(&w);
	strike(&w, REGSIM_FAULT_MERGE, 0);
	size_t sends = w.c.sends;
	regsim_client_send(&w.c, CREATE("f1.id.vn", "M-001"));
	vloop_run_for(&w.loop, 10);
	assert_int_equal(w.c.sends, sends);
	regsim_client_send(&w.c, POLL("M-002"));
	assert_int_equal(w.c.sends, sends + 1);
	assert_non_null(strstr(regsim_client_take(&w.c, 0), "M-001"));
	assert_non_null(strstr(regsim_client_take(&w.c, 0), "M-002"));
	strike(&w, REGSIM_FAULT_SPLIT, 0);
	sends = w.c.sends;
	const char *a = regsim_client_ask(&w.c, CREATE("f2.id.vn", "S-001"));
	assert_non_null(strstr(a, "S-001"));
	assert_int_equal(w.c.sends - sends, strlen(a) + 4);
	close_world(&w);
}

static void test_garbage_and_plain_text(void **state)
{
	(void)state;
	struct world w;
	open_world(&w);
	strike(&w, REGSIM_FAULT_GARBAGE, 0);
	const char *a = regsim_client_ask(&w.c, CREATE("f.id.vn", "G-001"));
	assert_non_null(a);
	assert_null(strstr(a, "<epp"));
	assert_true(exists(&w, "f.id.vn"));
	strike(&w, REGSIM_FAULT_PLAIN_TEXT, 0);
	assert_null(regsim_client_ask(&w.c, CREATE("f2.id.vn", "G-002")));
	assert_true(str_starts(buf_str(&w.c.in), STR("Connection refused")));
	close_world(&w);
}

/* The commit comes after the connection is gone, and after somebody has looked. */
static void test_late_commit(void **state)
{
	(void)state;
	struct world w;
	open_world(&w);
	strike(&w, REGSIM_FAULT_LATE_COMMIT, 4000);
	assert_null(regsim_client_ask(&w.c, CREATE("f.id.vn", "LATE-1")));
	assert_true(w.c.closed);
	reconnect(&w);
	log_in(&w);
	assert_int_equal(regsim_client_ask_code(&w.c, INFO("f.id.vn", "LOOK-1")), 2303);
	assert_int_equal(regsim_outstanding(w.sim), 1);
	vloop_run_for(&w.loop, 4001);
	assert_int_equal(regsim_client_ask_code(&w.c, INFO("f.id.vn", "LOOK-2")), 1000);
	assert_int_equal(regsim_stats(w.sim)->late_commits, 1);
	bool found = false;
	for (size_t i = 0; i < regsim_ledger_count(w.sim); i++) {
		const struct regsim_entry *e = regsim_ledger_at(w.sim, i);
		found = found || (e->late && e->committed && strcmp(e->cltrid, "LATE-1") == 0);
	}
	assert_true(found);
	strike(&w, REGSIM_FAULT_SILENT_LATE, 3000); /* the same with the connection open */
	regsim_client_send(&w.c, CREATE("f2.id.vn", "LATE-2"));
	assert_null(regsim_client_take(&w.c, 2999));
	assert_false(exists(&w, "f2.id.vn"));
	vloop_run_for(&w.loop, 2);
	assert_true(exists(&w, "f2.id.vn") && !w.c.closed);
	strike(&w, REGSIM_FAULT_LATE_COMMIT, 4000); /* and one that never comes, because the registry ends */
	assert_null(regsim_client_ask(&w.c, CREATE("f3.id.vn", "LATE-3")));
	close_world(&w);
}

static void test_rules_pick_their_commands(void **state)
{
	(void)state;
	struct world w;
	const struct regsim_rule third = {
	    .op = REGSIM_OP_CREATE, .nth = 3, .times = 2, .fault = REGSIM_FAULT_FAIL_2400};
	const struct regsim_rule spare = {.name = "safe.id.vn"};
	const struct regsim_rule infos = {.op = REGSIM_OP_INFO,
	                                  .kind = REGSIM_KIND_DOMAIN,
	                                  .fault = REGSIM_FAULT_FAIL_2400};
	const char *names[] = {"a", "b", "c", "d", "e"};
	const int codes[] = {1000, 1000, 2400, 2400, 1000};
	char xml[1024];
	open_world(&w);
	regsim_rule_add(w.sim, &spare);
	regsim_rule_add(w.sim, &third);
	regsim_rule_add(w.sim, &infos);
	for (int i = 0; i < 5; i++) {
		snprintf(xml, sizeof xml, CREATE("%s.id.vn", "N-001"), names[i]);
		assert_int_equal(regsim_client_ask_code(&w.c, xml), codes[i]);
	}
	assert_int_equal(regsim_client_ask_code(&w.c, INFO("a.id.vn", "N-002")), 2400);
	assert_int_equal(regsim_client_ask_code(&w.c, INFO("safe.id.vn", "N-003")), 2303);
	regsim_faults_switch(w.sim, false);
	assert_int_equal(regsim_client_ask_code(&w.c, INFO("a.id.vn", "N-004")), 1000);
	regsim_faults_switch(w.sim, true);
	regsim_rules_clear(w.sim);
	assert_int_equal(regsim_client_ask_code(&w.c, INFO("a.id.vn", "N-005")), 1000);
	close_world(&w);
}

/* The same seed strikes the same commands. */
static size_t run_chances(uint64_t seed, char *out, size_t n)
{
	struct world w;
	struct regsim_options o = options();
	struct regsim_faults f = {.per_mille = {[REGSIM_FAULT_FAIL_2400] = 200, [REGSIM_FAULT_DELAY] = 100},
	                          .transforms_only = true,
	                          .delay_min_ms = 1,
	                          .delay_max_ms = 50};
	char xml[1024];
	size_t struck = 0;
	o.seed = seed;
	open_sim(&w, &o);
	regsim_faults_set(w.sim, &f);
	connect_to(&w);
	log_in(&w);
	for (size_t i = 0; i < n; i++) {
		snprintf(xml, sizeof xml, CREATE("n%zu.id.vn", "N-001"), i);
		int code = regsim_client_ask_code(&w.c, xml);
		assert_true(code == 1000 || code == 2400);
		out[i] = code == 2400 ? 'x' : '.';
		struck += code == 2400;
		assert_int_equal(regsim_client_ask_code(&w.c, POLL("N-002")), 1300);
	}
	assert_int_equal(struck, regsim_fault_count(w.sim, REGSIM_FAULT_FAIL_2400));
	close_world(&w);
	return struck;
}

static void test_chances_follow_the_seed(void **state)
{
	(void)state;
	char a[301] = {0}, b[301] = {0}, c[301] = {0};
	size_t struck = run_chances(5, a, 300);
	assert_in_range(struck, 30, 90);
	run_chances(5, b, 300);
	run_chances(6, c, 300);
	assert_string_equal(a, b);
	assert_string_not_equal(a, c);
}

static void test_greeting_faults(void **state)
{
	(void)state;
	struct world w;
	struct regsim_options o = options();
	struct regsim_client c;
	const struct regsim_rule slow = {
	    .op = REGSIM_OP_CONNECT, .times = 1, .fault = REGSIM_FAULT_GREETING_DELAY, .arg = 3000};
	const struct regsim_rule shut = {.op = REGSIM_OP_CONNECT,
	                                 .times = 1,
	                                 .fault = REGSIM_FAULT_GREETING_CLOSE};
	const struct regsim_rule text = {.op = REGSIM_OP_CONNECT,
	                                 .times = 1,
	                                 .fault = REGSIM_FAULT_PLAIN_TEXT};
	o.max_connections = 1;
	open_sim(&w, &o);
	regsim_rule_add(w.sim, &slow);
	regsim_rule_add(w.sim, &shut);
	regsim_rule_add(w.sim, &text);
	connect_to(&w);
	assert_null(regsim_client_take(&w.c, 2999));
	assert_non_null(strstr(regsim_client_take(&w.c, 1), "<greeting>"));
	reconnect(&w);
	assert_null(regsim_client_take(&w.c, 1000));
	assert_true(w.c.closed);
	reconnect(&w);
	vloop_run_for(&w.loop, 1);
	assert_true(w.c.closed && str_starts(buf_str(&w.c.in), STR("Connection refused")));
	reconnect(&w);
	regsim_client_open(&c, &w.loop, w.sim, "");
	vloop_run_for(&w.loop, 1);
	assert_true(c.closed && !w.c.closed);
	assert_int_equal(regsim_stats(w.sim)->connections_refused, 1);
	regsim_client_fini(&c);
	close_world(&w);
}

static void test_names_of_faults(void **state)
{
	(void)state;
	enum regsim_fault f;
	for (int i = 0; i < REGSIM_FAULT__COUNT; i++) {
		assert_true(regsim_fault_parse(str_c(regsim_fault_name((enum regsim_fault)i)), &f));
		assert_int_equal(f, i);
	}
	assert_false(regsim_fault_parse(STR("nonsense"), &f));
	assert_string_equal(regsim_fault_name((enum regsim_fault)999), "?");
	assert_string_equal(regsim_op_name(REGSIM_OP_RENEW), "renew");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_each_fault),
	    cmocka_unit_test(test_delay_is_exact),
	    cmocka_unit_test(test_latency_is_parallel),
	    cmocka_unit_test(test_cltrid_faults),
	    cmocka_unit_test(test_merge_and_split),
	    cmocka_unit_test(test_garbage_and_plain_text),
	    cmocka_unit_test(test_late_commit),
	    cmocka_unit_test(test_rules_pick_their_commands),
	    cmocka_unit_test(test_chances_follow_the_seed),
	    cmocka_unit_test(test_greeting_faults),
	    cmocka_unit_test(test_names_of_faults),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
