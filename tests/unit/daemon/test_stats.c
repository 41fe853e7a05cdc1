/* Figures and their text form. */
#include "daemon/core/stats.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <pthread.h>
#include <string.h>

struct fixture {
	struct stats s;
	struct buf out;
};

static int setup(void **state)
{
	static struct fixture f;
	stats_init(&f.s);
	buf_init(&f.out, 1 << 20);
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	stats_fini(&f->s);
	buf_fini(&f->out);
	return 0;
}

static const char *written(struct fixture *f)
{
	buf_clear(&f->out);
	stats_write(&f->s, STATS_PROMETHEUS, &f->out);
	return buf_cstr(&f->out);
}

static void values_are_written_with_their_words(void **state)
{
	struct fixture *f = *state;
	struct stats_value commands, open;
	stats_register(&f->s, &commands, STATS_COUNTER, "vnepp_commands_total", "Commands sent.", NULL);
	stats_register(&f->s, &open, STATS_GAUGE, "vnepp_sessions", "Sessions open.", "account=\"a\"");
	stats_add(&commands, 2);
	stats_add(&commands, 3);
	stats_set(&open, 7);
	stats_add(&open, -9);
	assert_int_equal(stats_get(&open), -2);
	assert_string_equal(written(f), "# HELP vnepp_commands_total Commands sent.\n"
	                                "# TYPE vnepp_commands_total counter\n"
	                                "vnepp_commands_total 5\n"
	                                "# HELP vnepp_sessions Sessions open.\n"
	                                "# TYPE vnepp_sessions gauge\n"
	                                "vnepp_sessions{account=\"a\"} -2\n");
	stats_unregister(&commands.entry);
	stats_unregister(&commands.entry);
	stats_unregister(&open.entry);
	assert_string_equal(written(f), "");
}

static void one_name_comes_out_together(void **state)
{
	struct fixture *f = *state;
	struct stats_value a, b, c;
	stats_register(&f->s, &a, STATS_GAUGE, "one", "One.", "x=\"1\"");
	stats_register(&f->s, &b, STATS_GAUGE, "two", "Two.", NULL);
	stats_register(&f->s, &c, STATS_GAUGE, "one", "One.", "x=\"2\"");
	assert_string_equal(written(f), "# HELP one One.\n# TYPE one gauge\none{x=\"1\"} 0\none{x=\"2\"} 0\n"
	                                "# HELP two Two.\n# TYPE two gauge\ntwo 0\n");
	stats_unregister(&a.entry);
	stats_unregister(&b.entry);
	stats_unregister(&c.entry);
}

static void histograms_add_up(void **state)
{
	struct fixture *f = *state;
	struct stats_histogram h;
	stats_register_histogram(&f->s, &h, "t_seconds", "Times.", "r=\"x\"");
	stats_observe(&h, 0);
	stats_observe(&h, 1000);
	stats_observe(&h, 1001);
	stats_observe(&h, 60000000);
	stats_observe(&h, 60000001);
	const char *text = written(f);
	assert_non_null(strstr(text, "# TYPE t_seconds histogram\nt_seconds_bucket{r=\"x\",le=\"0.001\"} 2\n"
	                             "t_seconds_bucket{r=\"x\",le=\"0.0025\"} 3\n"));
	assert_non_null(strstr(text, "t_seconds_bucket{r=\"x\",le=\"30\"} 3\n"
	                             "t_seconds_bucket{r=\"x\",le=\"60\"} 4\n"
	                             "t_seconds_bucket{r=\"x\",le=\"+Inf\"} 5\n"
	                             "t_seconds_sum{r=\"x\"} 120.002002\n"
	                             "t_seconds_count{r=\"x\"} 5\n"));
	stats_unregister(&h.entry);
}

static void a_histogram_without_labels(void **state)
{
	struct fixture *f = *state;
	struct stats_histogram h;
	stats_register_histogram(&f->s, &h, "t_seconds", "Times.", NULL);
	assert_non_null(strstr(written(f), "t_seconds_bucket{le=\"+Inf\"} 0\nt_seconds_sum 0.000000\n"
	                                   "t_seconds_count 0\n"));
	stats_unregister(&h.entry);
}

static void millionths_have_a_point(void **state)
{
	struct fixture *f = *state;
	struct stats_value v;
	stats_register_micro(&f->s, &v, STATS_GAUGE, "t_seconds", "T.", NULL);
	stats_set(&v, 1000001);
	assert_non_null(strstr(written(f), "\nt_seconds 1.000001\n"));
	stats_set(&v, -500000);
	assert_non_null(strstr(written(f), "\nt_seconds -0.500000\n"));
	stats_unregister(&v.entry);
}

static void openmetrics_names_the_family(void **state)
{
	struct fixture *f = *state;
	struct stats_value c, g;
	stats_register(&f->s, &c, STATS_COUNTER, "n_total", "N.", NULL);
	stats_register(&f->s, &g, STATS_GAUGE, "g_total", "G.", NULL);
	buf_clear(&f->out);
	stats_write(&f->s, STATS_OPENMETRICS, &f->out);
	assert_string_equal(buf_cstr(&f->out), "# HELP n N.\n# TYPE n counter\nn_total 0\n"
	                                       "# HELP g_total G.\n# TYPE g_total gauge\ng_total 0\n# EOF\n");
	stats_unregister(&c.entry);
	stats_unregister(&g.entry);
}

static void *add_many(void *arg)
{
	for (int i = 0; i < 10000; i++)
		stats_add(arg, 1);
	return NULL;
}

static void threads_may_add(void **state)
{
	struct fixture *f = *state;
	struct stats_value v;
	pthread_t threads[3];
	stats_register(&f->s, &v, STATS_COUNTER, "n", "N.", NULL);
	for (size_t i = 0; i < ARRAY_LEN(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, add_many, &v), 0);
	for (size_t i = 0; i < ARRAY_LEN(threads); i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_int_equal(stats_get(&v), 30000);
	stats_unregister(&v.entry);
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(values_are_written_with_their_words),
	    TEST(one_name_comes_out_together),
	    TEST(histograms_add_up),
	    TEST(a_histogram_without_labels),
	    TEST(millionths_have_a_point),
	    TEST(openmetrics_names_the_family),
	    TEST(threads_may_add),
	};
	return cmocka_run_group_tests_name("stats", tests, NULL, NULL);
}
