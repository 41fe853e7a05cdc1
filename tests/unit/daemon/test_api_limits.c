/* What a partner is told of its limits: the call, and the fields of the answers to its batches. */
#include "tests/unit/daemon/api_world.h"

static void limits_are_the_partners_own(void **state)
{
	struct world *w = *state;
	struct client c;
	get(w, &c, "binh.test", "/v1/limits", "");
	expect_status(&c, 200);
	assert_string_equal(text(c.json, "partner"), "binh");
	assert_true(json_is_array(json_object_get(c.json, "limits")));
	assert_true(str_eq(header(&c, "Cache-Control"), STR("no-store")));
	client_fini(&c);
	expect_refusal(w, "binh.test", "GET", "/v1/limits", "Accept: text/csv\r\n", STR_NONE, 406,
	               "not-acceptable");
	expect_refusal(w, "binh.test", "GET", "/v1/limits?of=an", "", STR_NONE, 400, "unknown-parameter");
}

static void limits_that_cannot_be_read_say_so(void **state)
{
	struct world *w = *state;
	struct client c;
	w->limits_why = "the disk is full";
	get(w, &c, "an.test", "/v1/limits", "");
	expect_problem(&c, 503, "store-unavailable");
	assert_string_equal(text(c.json, "detail"), "the disk is full");
	assert_true(header(&c, "Retry-After").len > 0);
	client_fini(&c);
}

static void post(struct world *w, struct client *c, const char *san, const char *prefix, int n)
{
	struct buf b;
	ask(w, c, san, "POST", "/v1/batches", NDJSON, lines(&b, prefix, n));
	buf_fini(&b);
}

static void expect_field(const struct client *c, const char *name, const char *value)
{
	struct str got = header(c, name);
	if (!str_eq_c(got, value))
		print_error("%s: '%.*s' instead of '%s'\n", name, STR_ARG(got), value);
	assert_true(str_eq_c(got, value));
}

/* binh: 10 lines per second, bursts of 10. */
static void answers_to_batches_tell_the_rate(void **state)
{
	struct world *w = *state;
	struct client c;
	post(w, &c, "binh.test", "r", 3);
	expect_status(&c, 202);
	expect_field(&c, "RateLimit-Policy", "\"lines\";q=10;w=1");
	expect_field(&c, "RateLimit", "\"lines\";r=7;t=1");
	client_fini(&c);
	post(w, &c, "binh.test", "s", 30); /* on debt */
	expect_status(&c, 202);
	expect_field(&c, "RateLimit", "\"lines\";r=0;t=4");
	client_fini(&c);
	post(w, &c, "binh.test", "t", 1);
	expect_problem(&c, 429, "rate-limited");
	expect_field(&c, "RateLimit-Policy", "\"lines\";q=10;w=1");
	expect_field(&c, "RateLimit", "\"lines\";r=0;t=4");
	assert_true(header(&c, "Retry-After").len > 0);
	client_fini(&c);
}

static void bad_batches_tell_it_too(void **state)
{
	struct world *w = *state;
	struct client c;
	ask(w, &c, "binh.test", "POST", "/v1/batches", NDJSON, STR("{}\n"));
	expect_problem(&c, 422, "bad-lines");
	expect_field(&c, "RateLimit", "\"lines\";r=9;t=1");
	client_fini(&c);
	post(w, &c, "an.test", "n", 1); /* has no limits: no fields */
	expect_status(&c, 202);
	expect_field(&c, "RateLimit-Policy", "");
	expect_field(&c, "RateLimit", "");
	client_fini(&c);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(limits_are_the_partners_own),
	    TEST(limits_that_cannot_be_read_say_so),
	    TEST(answers_to_batches_tell_the_rate),
	    TEST(bad_batches_tell_it_too),
	};
	return cmocka_run_group_tests(tests, group_set_up, group_tear_down);
}
