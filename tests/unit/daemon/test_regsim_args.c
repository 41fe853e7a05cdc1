/* The settings of the simulator's program. */
#include "tests/regsim/regsim_args.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

static enum err set(struct regsim_args *a, const char *name, const char *value)
{
	struct errmsg m;
	return regsim_args_set(a, name, value, &m);
}

static void test_good(void **state)
{
	(void)state;
	struct regsim_args *a = calloc(1, sizeof *a);
	regsim_args_init(a);
	assert_int_equal(a->o.ext_uri_count, 1);
	assert_int_equal(
	    set(a, "account", "reg-a:secret,sessions=4,rate=25,burst=50,balance=1000,subject=CN=a"), OK);
	assert_int_equal(set(a, "account", "reg-b:secret"), OK);
	assert_int_equal(a->o.account_count, 2);
	assert_string_equal(a->accounts[0].password, "secret");
	assert_string_equal(a->accounts[0].subject, "CN=a");
	assert_int_equal(a->accounts[0].max_sessions, 4);
	assert_int_equal(a->accounts[0].balance_vnd, 1000);
	assert_int_equal(set(a, "zone", "id.vn,levy=1,year=2,waiver=rebate,free=2"), OK);
	assert_int_equal(set(a, "zone", "vn"), OK);
	assert_int_equal(a->o.zone_count, 2);
	assert_int_equal(a->o.zones[0].waiver, REGSIM_WAIVER_REBATE);
	assert_int_equal(set(a, "ext", "urn:x"), OK);
	assert_int_equal(a->o.ext_uri_count, 2);
	assert_int_equal(set(a, "need", "create,contact,urn:x,idNumber"), OK);
	assert_int_equal(a->o.needs[0].kind, REGSIM_KIND_CONTACT);
	assert_null(a->o.needs[0].glob);
	assert_int_equal(set(a, "need", "renew,domain,urn:x,grant,youth-*"), OK);
	assert_string_equal(a->o.needs[1].element, "grant");
	assert_string_equal(a->o.needs[1].glob, "youth-*");
	assert_int_equal(
	    set(a, "rule", "op=create,kind=domain,name=*.vn,nth=3,times=2,fault=late_commit,arg=700"), OK);
	assert_int_equal(a->rules[0].fault, REGSIM_FAULT_LATE_COMMIT);
	assert_int_equal(a->rules[0].arg, 700);
	assert_int_equal(set(a, "fault", "quota_close=25"), OK);
	assert_int_equal(a->faults.per_mille[REGSIM_FAULT_QUOTA_CLOSE], 25);
	assert_int_equal(set(a, "fault-late-ms", "100-900"), OK);
	assert_int_equal(a->faults.late_max_ms, 900);
	assert_int_equal(set(a, "pending-ms", "250"), OK);
	assert_int_equal(a->o.pending_min_ms + a->o.pending_max_ms, 500);
	assert_int_equal(set(a, "over-rate", "silent"), OK);
	assert_int_equal(set(a, "ledger-mode", "off"), OK);
	assert_int_equal(set(a, "clock-shift-ms", "-86400000"), OK);
	assert_int_equal(set(a, "expire-midnight", NULL), OK);
	assert_int_equal(set(a, "seed", "18446744073709551615"), OK);
	assert_int_equal(set(a, "prefix", "ns0"), OK);
	assert_true(a->o.seed == UINT64_MAX && a->clock_shift_ms == -86400000 && a->o.expire_midnight);
	regsim_args_fini(a);
	free(a);
}

static void test_bad(void **state)
{
	(void)state;
	static const char *const bad[][2] = {
	    {"nonsense", "1"},
	    {"account", "nopassword"},
	    {"account", "a:b,sessions=-1"},
	    {"account", "a:b,x=1"},
	    {"zone", "vn,waiver=all"},
	    {"zone", "vn,levy=x"},
	    {"need", "create,domain"},
	    {"rule", "op=fly"},
	    {"rule", "fault=none,x=1"},
	    {"fault", "delay=1001"},
	    {"fault", "nothing=5"},
	    {"pending-ms", "9-5"},
	    {"delay-ms", "-1"},
	    {"delay-ms", "4294967296"},
	    {"delay-ms", NULL},
	    {"pending-per-mille", "70000"},
	    {"seed", "-1"},
	    {"over-rate", "loud"},
	    {"ledger-mode", "some"},
	    {"config", "/nonexistent/x"},
	    {"reserved", ""},
	    {"min-years", "two"},
	};
	struct regsim_args *a = calloc(1, sizeof *a);
	regsim_args_init(a);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct errmsg m = {.text = ""};
		if (regsim_args_set(a, bad[i][0], bad[i][1], &m) != ERR_INVALID || !strstr(m.text, bad[i][0]))
			fail_msg("--%s %s: '%s'", bad[i][0], bad[i][1] ? bad[i][1] : "", m.text);
	}
	regsim_args_fini(a);
	free(a);
}

static void test_too_many(void **state)
{
	(void)state;
	struct regsim_args *a = calloc(1, sizeof *a);
	regsim_args_init(a);
	static const char *const lists[][2] = {{"account", "a:b"}, {"zone", "vn"},
	                                       {"reserved", "x"},  {"contact", "a,b"},
	                                       {"domains", "f"},   {"rule", "op=create"},
	                                       {"ext", "urn:x"},   {"need", "create,domain,u,e"}};
	for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
		enum err e = OK;
		for (int n = 0; n <= REGSIM_ARGS_MAX; n++)
			e = set(a, lists[i][0], lists[i][1]);
		assert_int_equal(e, ERR_INVALID);
	}
	regsim_args_fini(a);
	free(a);
}

static void test_command_line_and_file(void **state)
{
	(void)state;
	char path[] = "/tmp/regsim_args_XXXXXX";
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	static const char text[] = "# a comment\n\ndelay-ms 20\n  quiet\nserver-id Registry of Nowhere\n";
	assert_int_equal(write(fd, text, sizeof text - 1), sizeof text - 1);
	char *argv[] = {"vnepp-regsim", "--config", path, "--max-years", "5", "--hide-from-others"};
	struct errmsg m = {.text = ""};
	struct regsim_args *a = calloc(1, sizeof *a);
	regsim_args_init(a);
	assert_int_equal(regsim_args_parse(a, 6, argv, &m), OK);
	assert_int_equal(a->o.delay_ms, 20);
	assert_true(a->quiet && a->o.hide_from_others && a->o.max_years == 5);
	assert_string_equal(a->o.server_id, "Registry of Nowhere");
	assert_int_equal(write(fd, "nonsense 5\n", 11), 11);
	assert_int_equal(regsim_args_parse(a, 3, argv, &m), ERR_INVALID);
	assert_non_null(strstr(m.text, ":6: --nonsense"));
	char *stray[] = {"vnepp-regsim", "stray"};
	char *last[] = {"vnepp-regsim", "--listen"};
	assert_int_equal(regsim_args_parse(a, 2, stray, &m), ERR_INVALID);
	assert_int_equal(regsim_args_parse(a, 2, last, &m), ERR_INVALID);
	assert_non_null(strstr(regsim_args_usage(), "--account"));
	regsim_args_fini(a);
	free(a);
	close(fd);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_good),
	    cmocka_unit_test(test_bad),
	    cmocka_unit_test(test_too_many),
	    cmocka_unit_test(test_command_line_and_file),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
