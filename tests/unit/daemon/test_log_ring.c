/* The last warnings and errors: folding, cutting, order. */
#include "daemon/core/log.h"
#include "daemon/core/log_ring.h"
#include "epp/base/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <unistd.h>
#include <cmocka.h>
#include <string.h>

static struct log_ring ring;
static struct log_ring_entry read_to[LOG_RING_MAX];
static uint64_t warnings, errors;

static int setup(void **state)
{
	(void)state;
	log_ring_init(&ring);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	log_ring_fini(&ring);
	return 0;
}

static size_t all(void)
{
	return log_ring_read(&ring, read_to, ARRAY_LEN(read_to), &warnings, &errors);
}

static void newest_comes_first(void **state)
{
	(void)state;
	const struct log_field f[] = {F_C("registry", "sim"), F_U64("n", 7), F_C("empty", ""),
	                              F_I64("d", -2)};
	assert_int_equal(all(), 0);
	log_ring_add(&ring, 1000, LOG_ERROR, "store.failing", "disk full", f, ARRAY_LEN(f));
	log_ring_add(&ring, 2000, LOG_WARNING, "session.closed", "lost\n\x1b[1m", NULL, 0);
	assert_int_equal(all(), 2);
	assert_string_equal(read_to[0].event, "session.closed");
	assert_string_equal(read_to[0].text, "lost  [1m");
	assert_string_equal(read_to[1].fields, "registry=sim n=7 d=-2");
	assert_int_equal(read_to[1].at, 1000);
	assert_int_equal(warnings, 1);
	assert_int_equal(errors, 1);
}

static void repetitions_are_folded(void **state)
{
	(void)state;
	for (int i = 0; i < 5; i++)
		log_ring_add(&ring, 1000 * i, LOG_WARNING, "a", "b", NULL, 0);
	log_ring_add(&ring, 9000, LOG_WARNING, "a", "c", NULL, 0);
	assert_int_equal(all(), 2);
	assert_int_equal(read_to[1].count, 5);
	assert_int_equal(read_to[1].at, 0);
	assert_int_equal(read_to[1].last, 4000);
}

static void the_oldest_go(void **state)
{
	char text[16];
	(void)state;
	for (int i = 0; i < LOG_RING_MAX + 3; i++) {
		snprintf(text, sizeof text, "%d", i);
		log_ring_add(&ring, i, LOG_WARNING, "a", text, NULL, 0);
	}
	assert_int_equal(all(), LOG_RING_MAX);
	assert_string_equal(read_to[0].text, "52");
	assert_string_equal(read_to[LOG_RING_MAX - 1].text, "3");
}

static void long_texts_are_cut_between_characters(void **state)
{
	char text[LOG_RING_TEXT_MAX + 10] = "x";
	(void)state;
	while (strlen(text) + 3 < sizeof text)
		strcat(text, "ồ");
	log_ring_add(&ring, 1, LOG_WARNING, "a", text, NULL, 0);
	assert_int_equal(all(), 1);
	size_t len = strlen(read_to[0].text);
	assert_true(len < LOG_RING_TEXT_MAX && len > LOG_RING_TEXT_MAX - 5);
	assert_true(str_is_utf8(str_c(read_to[0].text)));
}

static void the_sink_hands_on_what_matters(void **state)
{
	struct log_sink sink;
	struct clock clock;
	int fds[2];
	(void)state;
	assert_int_equal(pipe(fds), 0);
	clock_init_system(&clock, 0);
	log_open(&sink, CONFIG_LOG_JSON, LOG_DEBUG, fds[1], &clock);
	sink.ring = &ring;
	LOG(&sink.log, LOG_INFO, "quiet", "no", F_U64("n", 1));
	LOG(&sink.log, LOG_ERROR, "loud", "yes", F_U64("n", 1));
	assert_int_equal(all(), 1);
	assert_string_equal(read_to[0].event, "loud");
	log_close(&sink);
	close(fds[0]);
	close(fds[1]);
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {TEST(newest_comes_first), TEST(repetitions_are_folded),
	                                   TEST(the_oldest_go), TEST(long_texts_are_cut_between_characters),
	                                   TEST(the_sink_hands_on_what_matters)};
	return cmocka_run_group_tests_name("log_ring", tests, NULL, NULL);
}
