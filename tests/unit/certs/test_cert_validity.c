/* When a certificate counts: before, during, near its end, after; to the millisecond. */
#include "certs/cert_info.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#define DAY_MS 86400000ll
#define FROM   1795140000000ll /* 2026-11-20T02:00:00Z */
#define UNTIL  (FROM + 825 * DAY_MS)

static const struct cert_info cert = {.not_before = FROM, .not_after = UNTIL};

static void every_moment_has_one_answer(void **state)
{
	static const struct {
		instant_ms_t now;
		enum cert_validity want;
		const char *says;
	} rows[] = {
	    {0, CERT_NOT_YET, "is not valid before 2026-11-20T02:00:00Z"},
	    {FROM - 1, CERT_NOT_YET, "is not valid before 2026-11-20T02:00:00Z"},
	    {FROM, CERT_VALID, ""},
	    {UNTIL - CERT_RUNS_OUT_DAYS * DAY_MS - 1, CERT_VALID, ""},
	    {UNTIL - CERT_RUNS_OUT_DAYS * DAY_MS, CERT_RUNS_OUT, "in 30 days"},
	    {UNTIL - CERT_RUNS_OUT_DAYS * DAY_MS + 1, CERT_RUNS_OUT, "in 29 days"},
	    {UNTIL - 1, CERT_RUNS_OUT, "in 0 days"},
	    {UNTIL, CERT_RUNS_OUT, "expires on 2029-02-22T02:00:00Z"},
	    {UNTIL + 1, CERT_EXPIRED, "has expired on 2029-02-22T02:00:00Z"},
	    {UNTIL + 10000 * DAY_MS, CERT_EXPIRED, "has expired on"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct errmsg m = {""};
		if (cert_info_validity(&cert, rows[i].now, &m) != rows[i].want ||
		    !strstr(m.text, rows[i].says))
			fail_msg("row %zu: %s", i, m.text);
	}
}

static void dates_that_cannot_be_read_do_not_count(void **state)
{
	struct errmsg m;
	struct cert_info bad = cert;
	(void)state;
	bad.not_after = INSTANT_NONE;
	assert_int_equal(cert_info_validity(&bad, FROM, &m), CERT_EXPIRED);
	bad = cert;
	bad.not_before = INSTANT_NONE;
	assert_int_equal(cert_info_validity(&bad, FROM, &m), CERT_EXPIRED);
	assert_string_equal(m.text, "has dates that cannot be read");
}

/* A list may live a day, or months. */
static void lists_are_told_shortly_before(void **state)
{
	struct errmsg m = {""};
	struct cert_info list = {.not_before = FROM, .not_after = FROM + DAY_MS, .is_list = true};
	(void)state;
	assert_int_equal(cert_info_validity(&list, FROM + DAY_MS / 2, &m), CERT_VALID);
	assert_int_equal(cert_info_validity(&list, FROM + 3 * DAY_MS / 4, &m), CERT_RUNS_OUT);
	assert_int_equal(cert_info_validity(&list, FROM + DAY_MS + 1, &m), CERT_EXPIRED);
	list.not_after = FROM + 90 * DAY_MS;
	assert_int_equal(cert_info_validity(&list, FROM + 86 * DAY_MS, &m), CERT_VALID);
	assert_int_equal(cert_info_validity(&list, FROM + 87 * DAY_MS, &m), CERT_RUNS_OUT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_moment_has_one_answer),
	    cmocka_unit_test(dates_that_cannot_be_read_do_not_count),
	    cmocka_unit_test(lists_are_told_shortly_before),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
