/* What is counted while the gateway works, under which name. */
#include "daemon/core/meter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

struct fixture {
	struct meter m;
	struct buf out;
};

static int setup(void **state)
{
	static struct fixture f;
	meter_init(&f.m);
	buf_init(&f.out, 1 << 20);
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	meter_fini(&f->m);
	buf_fini(&f->out);
	return 0;
}

static void assert_line(struct fixture *f, const char *line)
{
	char whole[512];
	buf_clear(&f->out);
	stats_write(&f->m.stats, STATS_PROMETHEUS, &f->out);
	snprintf(whole, sizeof whole, "\n%s\n", line);
	if (!strstr(buf_cstr(&f->out), whole))
		fail_msg("no line '%s' in:\n%s", line, buf_cstr(&f->out));
}

static void answers_by_code(void **state)
{
	struct fixture *f = *state;
	static const int codes[] = {1000, 1001, 1300, 1301, 1500, 2000, 2302, 2499, 2500, 2502};
	struct meter_account *a = meter_account_add(&f->m, "sim", "x");
	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
		meter_command(a, METER_CREATE, codes[i], 1500, 77);
	meter_command_lost(a, METER_INFO, 2000000);
	assert_line(f, "vnepp_registry_answers_total{registry=\"sim\",account=\"x\",outcome=\"done\"} 4");
	assert_line(f, "vnepp_registry_answers_total{registry=\"sim\",account=\"x\",outcome=\"pending\"} 1");
	assert_line(f, "vnepp_registry_answers_total{registry=\"sim\",account=\"x\",outcome=\"refused\"} 3");
	assert_line(f, "vnepp_registry_answers_total{registry=\"sim\",account=\"x\",outcome=\"closed\"} 2");
	assert_line(f, "vnepp_registry_answers_total{registry=\"sim\",account=\"x\",outcome=\"lost\"} 1");
	assert_line(
	    f, "vnepp_registry_command_seconds_count{registry=\"sim\",account=\"x\",command=\"create\"} 10");
	assert_line(
	    f,
	    "vnepp_registry_command_seconds_sum{registry=\"sim\",account=\"x\",command=\"create\"} 0.015000");
	assert_line(
	    f,
	    "vnepp_registry_command_seconds_sum{registry=\"sim\",account=\"x\",command=\"info\"} 2.000000");
	assert_int_equal(atomic_load(&a->last_ms), 77);
}

static void a_closing_answer_is_no_sign_of_life(void **state)
{
	struct fixture *f = *state;
	struct meter_account *a = meter_account_add(&f->m, "sim", "x");
	meter_command(a, METER_CREATE, 2400, 1, 50);
	meter_command(a, METER_CREATE, 2501, 1, 99);
	assert_int_equal(atomic_load(&a->last_ms), 50);
}

static void a_partner_is_one_for_ever(void **state)
{
	struct fixture *f = *state;
	struct meter_partner *p = meter_partner_of(&f->m, "an");
	meter_lines(&f->m, "an", 5, 2, 1, 50);
	meter_lines(&f->m, "an", 1, 0, 0, 60);
	meter_lines(&f->m, "binh", 0, 0, 3, 0);
	assert_ptr_equal(p, meter_partner_of(&f->m, "an"));
	assert_line(f, "vnepp_lines_total{partner=\"an\",outcome=\"new\"} 6");
	assert_line(f, "vnepp_lines_total{partner=\"an\",outcome=\"repeated\"} 2");
	assert_line(f, "vnepp_lines_total{partner=\"binh\",outcome=\"bad\"} 3");
	assert_int_equal(f->m.admitted_ms, 60); /* a refused batch does not count */
}

static void requests_items_and_groups(void **state)
{
	struct fixture *f = *state;
	meter_request(&f->m, METER_SUBMIT, 202, 1000);
	meter_request(&f->m, METER_OTHER, 404, 1);
	meter_request(&f->m, METER_OTHER, 999, 1);
	meter_item(&f->m, METER_ITEM_UNKNOWN);
	meter_group(&f->m.writer, 1000, 3000, 7, 0);
	meter_group(&f->m.writer, 5000, 6000, 3, 2);
	assert_line(f, "vnepp_api_request_seconds_count{route=\"submit\"} 1");
	assert_line(f, "vnepp_api_request_seconds_count{route=\"other\"} 2");
	assert_line(f, "vnepp_api_responses_total{class=\"2xx\"} 1");
	assert_line(f, "vnepp_api_responses_total{class=\"4xx\"} 1");
	assert_line(f, "vnepp_items_total{state=\"unknown\"} 1");
	assert_line(f, "vnepp_store_group_seconds_sum{thread=\"writer\"} 0.003000");
	assert_line(f, "vnepp_store_operations_total{thread=\"writer\"} 10");
	assert_line(f, "vnepp_store_failures_total{thread=\"writer\"} 2");
	assert_int_equal(atomic_load(&f->m.writer.last_us), 3000);
}

static void nobody_counts(void **state)
{
	(void)state;
	meter_command(NULL, METER_CREATE, 1000, 1, 1);
	meter_command_lost(NULL, METER_CREATE, 1);
	meter_item(NULL, METER_ITEM_DONE);
	meter_lines(NULL, "x", 1, 1, 1, 1);
	meter_request(NULL, METER_OTHER, 200, 1);
	meter_group(NULL, 1, 2, 3, 4);
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {TEST(answers_by_code), TEST(a_closing_answer_is_no_sign_of_life),
	                                   TEST(a_partner_is_one_for_ever), TEST(requests_items_and_groups),
	                                   TEST(nobody_counts)};
	return cmocka_run_group_tests_name("meter", tests, NULL, NULL);
}
