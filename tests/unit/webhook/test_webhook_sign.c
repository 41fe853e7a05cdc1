/* Signatures: the example that the libraries of the Standard Webhooks specification share, several secrets, ids. */
#include "daemon/core/config_webhook.h"
#include "daemon/webhook/webhook_sign.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

#define SECRET    "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#define ID        "msg_p5jXN8AQM9LWM0D4loKWxJek"
#define TIME      1614265330
#define BODY      STR("{\"test\": 2432232314}")
#define SIGNATURE "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="

static struct secret_box box(const char *text)
{
	struct secret_box b;
	assert_true(str_copy(b.hidden, sizeof b.hidden, str_c(text)));
	return b;
}

static struct str sign(struct buf *b, const struct secret_box *secrets, size_t count, const char *id,
                       int64_t at, struct str body)
{
	buf_clear(b);
	webhook_sign(b, secrets, count, id, at, body);
	assert_true(buf_ok(b));
	return str_c(buf_cstr(b));
}

static void the_example_of_the_specification(void **state)
{
	const struct secret_box s = box(SECRET);
	struct buf b;
	(void)state;
	buf_init(&b, 1024);
	assert_string_equal(sign(&b, &s, 1, ID, TIME, BODY).ptr, SIGNATURE);
	assert_string_not_equal(sign(&b, &s, 1, ID, TIME + 1, BODY).ptr, SIGNATURE);
	assert_string_not_equal(sign(&b, &s, 1, "msg_p5jXN8AQM9LWM0D4loKWxJel", TIME, BODY).ptr, SIGNATURE);
	assert_string_not_equal(sign(&b, &s, 1, ID, TIME, STR("{\"test\":2432232314}")).ptr, SIGNATURE);
	buf_fini(&b);
}

static void each_secret_signs(void **state)
{
	const struct secret_box s[] = {box("whsec_"
	                                   "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="),
	                               box(SECRET)};
	struct buf both, first;
	(void)state;
	buf_init(&both, 1024);
	buf_init(&first, 1024);
	struct str one = sign(&first, s, 1, ID, TIME, BODY), all = sign(&both, s, 2, ID, TIME, BODY);
	struct str rest = all, head = str_split(&rest, ' ');
	assert_true(str_eq(head, one));
	assert_true(str_eq(rest, STR(SIGNATURE)));
	buf_fini(&first);
	buf_fini(&both);
}

static void secrets_have_their_form(void **state)
{
	static const char *const wrong[] = {
	    "",
	    "whsec_",
	    "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
	    "WHSEC_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
	    "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa", /* 23 bytes would be MfKQ…LaLaQ= */
	    "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaQ=",
	    "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa-_",
	    "whsec_"
	    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	    "AAAAAAAA==" /* 65 bytes is too long */
	    "AA"};
	uint8_t key[CONFIG_WEBHOOK_KEY_MAX];
	size_t len;
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		if (config_webhook_is_secret(secret_of(wrong[i]), key, &len))
			fail_msg("'%s' was taken", wrong[i]);
	assert_false(config_webhook_is_secret(secret_none(), key, &len));
	assert_true(config_webhook_is_secret(secret_of(SECRET), key, &len));
	assert_int_equal(len, CONFIG_WEBHOOK_KEY_MIN);
	assert_int_equal(key[0], 0x31);
	assert_true(config_webhook_is_secret(
	    secret_of(
	        "whsec_"
	        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=="),
	    key, &len));
	assert_int_equal(len, CONFIG_WEBHOOK_KEY_MAX);
}

static void an_id_stands_for_a_change_of_a_partner(void **state)
{
	char a[WEBHOOK_ID_MAX], b[WEBHOOK_ID_MAX];
	(void)state;
	webhook_sign_id(a, STR("anphat"), STR("44-3"), STR("{}"));
	webhook_sign_id(b, STR("anphat"), STR("44-3"), STR("{}"));
	assert_string_equal(a, b);
	assert_int_equal(strlen(a), strlen("msg_") + 32);
	webhook_sign_id(b, STR("hoasen"), STR("44-3"), STR("{}"));
	assert_string_not_equal(a, b);
	webhook_sign_id(b, STR("anphat"), STR("44-4"), STR("{}"));
	assert_string_not_equal(a, b);
	webhook_sign_id(b, STR("anphat"), STR("44-3"), STR("{ }"));
	assert_string_not_equal(a, b);
	webhook_sign_id(b, STR("anphat\n44"), STR("-3"), STR("{}"));
	assert_string_not_equal(a, b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(the_example_of_the_specification),
	                                   cmocka_unit_test(each_secret_signs),
	                                   cmocka_unit_test(secrets_have_their_form),
	                                   cmocka_unit_test(an_id_stands_for_a_change_of_a_partner)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
