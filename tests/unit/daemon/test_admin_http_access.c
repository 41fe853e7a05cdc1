/* The administration listener: who is let in. */
#include "tests/unit/daemon/admin_http_world.h"

static void requests_from_elsewhere_are_refused(void **state)
{
	struct world *w = *state;
	static const struct {
		const char *fields;
		int code;
	} cases[] = {
	    {HOST, 200},
	    {"Host: LOCALHOST\r\n", 200},
	    {"Host: 127.0.0.1:1\r\n", 200},
	    {"Host: 127.9.8.7\r\n", 200},
	    {"Host: [::1]:9443\r\n", 200},
	    {"Host: [::1]\r\n", 200},
	    {"Host: gateway.example\r\n", 421},
	    {"Host: localhost.example\r\n", 421},
	    {"Host: 127.0.0.1.example\r\n", 421},
	    {"Host: 127.example\r\n", 421},
	    {"Host: 192.0.2.1\r\n", 421},
	    {"Host: [::2]:9443\r\n", 421},
	    {"Host: localhost:99999\r\n", 421},
	    {"Host: localhost:80x\r\n", 421},
	    {HOST "Origin: http://localhost:9443\r\n", 200},
	    {HOST "Origin: http://localhost:9444\r\n", 403},
	    {HOST "Origin: http://evil.example\r\n", 403},
	    {HOST "Origin: http://evil.example/localhost:9443\r\n", 403},
	    {HOST "Origin: null\r\n", 403},
	    {HOST "Origin: localhost:9443\r\n", 403},
	    {HOST "Sec-Fetch-Site: same-origin\r\n", 200},
	    {HOST "Sec-Fetch-Site: none\r\n", 200},
	    {HOST "Sec-Fetch-Site: cross-site\r\n", 403},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		if (get(w, "/livez", cases[i].fields) != cases[i].code)
			fail_msg("%s is not answered with %d", cases[i].fields, cases[i].code);
}

static const char *const open_paths[] = {"/livez", "/readyz", "/readyz?verbose", "/metrics", "/style.css"};

static void names_need_a_token(void **state)
{
	struct world *w = *state;
	for (size_t i = 0; i < ARRAY_LEN(secret_paths); i++)
		assert_int_equal(get(w, secret_paths[i], AUTH), 403); /* there is no token at all */
	use_token(w, "  " TOKEN "  \nanother line\n");
	for (size_t i = 0; i < ARRAY_LEN(secret_paths); i++) {
		assert_int_equal(get(w, secret_paths[i], HOST), 401);
		if (strcmp(secret_paths[i], "/events") != 0)
			assert_int_equal(get(w, secret_paths[i], AUTH), 200);
	}
	for (size_t i = 0; i < ARRAY_LEN(open_paths); i++)
		assert_int_equal(get(w, open_paths[i], HOST), 200);
	assert_int_equal(get(w, "/status.json", HOST "Authorization: Basic " TOKEN "\r\n"), 401);
	assert_int_equal(get(w, "/status.json", HOST "Authorization: Bearer\r\n"), 401);
	assert_int_equal(get(w, "/status.json", HOST "Cookie: vnepp=" TOKEN "\r\n"), 401);
}

static void guessing_is_slowed_down(void **state)
{
	struct world *w = *state;
	use_token(w, TOKEN "\n");
	log_capture_expect(&w->log, "admin.denied");
	for (int i = 0; i < HTTP_ACCESS_FAILURES_MAX; i++)
		assert_int_equal(get(w, "/status.json", HOST "Authorization: Bearer wrong\r\n"), 401);
	assert_int_equal(get(w, "/status.json", AUTH), 429);
	vloop_run_for(&w->v, 61000);
	assert_int_equal(get(w, "/status.json", AUTH), 200);
}

/* The field with the cookie of the newest answer. */
static void cookie_of(struct world *w, char *out, size_t size)
{
	const char *at = strstr(buf_cstr(&w->answer), "Set-Cookie: vnepp=");
	assert_non_null(at);
	at += strlen("Set-Cookie: ");
	snprintf(out, size, HOST "Cookie: other=1; %.*s\r\n", (int)strcspn(at, ";"), at);
}

static void a_cookie_stands_for_the_token(void **state)
{
	struct world *w = *state;
	char fields[512];
	use_token(w, TOKEN "\n");
	log_capture_expect(&w->log, "admin.denied");
	assert_int_equal(log_in(w, "token=wrong"), 401);
	assert_int_equal(log_in(w, "nothing"), 401);
	assert_int_equal(log_in(w, "username=operator&token=a%20token%20of%20the%20test"), 303);
	assert_true(says(w, "HttpOnly; SameSite=Strict"));
	assert_false(says(w, "token of"));
	cookie_of(w, fields, sizeof fields);
	assert_int_equal(get(w, "/status.json", fields), 200);
	vloop_run_for(&w->v, (HTTP_ACCESS_COOKIE_S - 60) * 1000ull);
	assert_int_equal(get(w, "/status.json", fields), 200);
	vloop_run_for(&w->v, 120 * 1000);
	assert_int_equal(get(w, "/status.json", fields), 401);
}

static void another_token_ends_cookies(void **state)
{
	struct world *w = *state;
	char fields[512];
	use_token(w, TOKEN "\n");
	assert_int_equal(log_in(w, "token=a%20token%20of%20the%20test"), 303);
	cookie_of(w, fields, sizeof fields);
	use_token(w, "a new one\n");
	assert_int_equal(get(w, "/status.json", fields), 401);
	char *digit = strstr(fields, "vnepp=") + 6;
	*digit = *digit == '1' ? '2' : '1'; /* a longer life is not believed */
	assert_int_equal(get(w, "/status.json", fields), 401);
}

static void a_long_form_is_not_kept(void **state)
{
	struct world *w = *state;
	char body[1500];
	memset(body, 'x', sizeof body - 1);
	body[sizeof body - 1] = '\0';
	memcpy(body, "token=", 6);
	use_token(w, TOKEN "\n");
	log_capture_expect(&w->log, "admin.denied");
	assert_int_equal(log_in(w, body), 401);
}

static void a_token_file_must_have_one(void **state)
{
	struct world *w = *state;
	char path[] = "/tmp/vnepp-token-XXXXXX";
	int fd = mkstemp(path);
	assert_true(fd >= 0 && close(fd) == 0);
	use_token(w, TOKEN "\n");
	assert_false(http_admin_load_token(w->admin, path));
	unlink(path);
	assert_false(http_admin_load_token(w->admin, path));
	assert_int_equal(get(w, "/status.json", AUTH), 200); /* the old one stays */
	assert_true(http_admin_load_token(w->admin, NULL));
	assert_int_equal(get(w, "/status.json", AUTH), 403);
}

static void unix_sockets_tell_who_it_is(void **state)
{
	struct world *w = *state;
	uint32_t me = geteuid(), ours = getegid();
	const struct {
		struct stream_peer peer;
		int code;
	} cases[] = {
	    {{.local = true, .uid = 0, .gid = ours + 1}, 200},
	    {{.local = true, .uid = me, .gid = ours + 1}, 200},
	    {{.local = true, .uid = me + 1, .gid = ours}, 200},
	    {{.local = true, .uid = me + 1, .gid = ours + 1, .groups = {9999, ours}, .group_count = 2}, 200},
	    {{.local = true, .uid = me + 1, .gid = ours + 1, .groups = {9999, ours}, .group_count = 1}, 403},
	    {{.local = true, .uid = me + 1, .gid = ours + 1}, 403},
	    {{.local = false, .uid = 0, .gid = ours}, 401},
	};
	use_token(w, TOKEN "\n");
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_int_equal(ask(w, &cases[i].peer,
		                     "GET /status.json HTTP/1.1\r\nConnection: close\r\n" HOST "\r\n"),
		                 cases[i].code);
		assert_int_equal(
		    ask(w, &cases[i].peer, "GET /livez HTTP/1.1\r\nConnection: close\r\n" HOST "\r\n"), 200);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(requests_from_elsewhere_are_refused),
	    TEST(names_need_a_token),
	    TEST(guessing_is_slowed_down),
	    TEST(a_cookie_stands_for_the_token),
	    TEST(another_token_ends_cookies),
	    TEST(a_long_form_is_not_kept),
	    TEST(a_token_file_must_have_one),
	    TEST(unix_sockets_tell_who_it_is),
	};
	return cmocka_run_group_tests_name("admin_http_access", tests, NULL, NULL);
}
