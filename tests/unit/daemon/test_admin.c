/* The control socket: lines of JSON in and out, and who may ask for what. */
#include "tests/unit/daemon/admin_world.h"

static void a_request_is_a_line_and_so_is_its_answer(void **state)
{
	struct world *w = *state;
	struct client c;
	connect_to(w, &c);
	say(&c, "{\"cmd\":\"echo\",\"n\":7}\n");
	assert_true(has(&c, "{\"n\":7,\"ok\":true}\n"));
	say(&c, "{\"cmd\":\"fail\"}\n");
	assert_true(has(&c, "{\"ok\":false,\"error\":\"it \\\"cannot\\\" be done\"}\n"));
	say(&c, "  {\"n\":\"ạ\",\"cmd\":\"echo\"} \r\n");
	assert_true(has(&c, "{\"n\":\"ạ\",\"ok\":true}\n"));
	say(&c, "{\"cmd\":\"no\"}\n{\"cmd\":\"echo\",\"n\":9}\n");
	assert_true(has(&c, "no such command"));
	assert_true(has(&c, "{\"n\":9,\"ok\":true}\n")); /* and it stays open */
	assert_false(hung_up(&c));
	client_fini(&c);
}

static void lines_sent_ahead_run_one_after_the_other(void **state)
{
	struct world *w = *state;
	struct client c;
	char line[64];
	connect_to(w, &c);
	for (int i = 0; i < 100; i++) {
		snprintf(line, sizeof line, "{\"cmd\":\"%s\",\"n\":%d}\n", i % 10 ? "echo" : "later", i);
		tell(&c, line);
	}
	vloop_run_for(&w->v, 10 * LATER_MS + 100);
	assert_int_equal(lines_of(&c), 100);
	struct str rest = buf_str(&c.in);
	for (int i = 0; i < 100; i++) {
		snprintf(line, sizeof line,
		         i % 10 ? "{\"n\":%d,\"ok\":true}" : "{\"n\":\"later\",\"ok\":true}", i);
		assert_true(str_eq_c(str_split(&rest, '\n'), line));
	}
	client_fini(&c);
}

static void bytes_may_come_one_by_one(void **state)
{
	struct world *w = *state;
	struct client c;
	struct mem_opts opts = {.latency_ms = 1, .piece_max = 1};
	mem_net_set_opts(w->net, &opts);
	connect_to(w, &c);
	tell(&c, "{\"cmd\":\"echo\",\"n\":1}\n{\"cmd\":\"later\"}\n{\"cmd\":\"echo\",\"n\":3}\n");
	vloop_run_for(&w->v, 1000);
	assert_string_equal(buf_cstr(&c.in),
	                    "{\"n\":1,\"ok\":true}\n{\"n\":\"later\",\"ok\":true}\n{\"n\":3,\"ok\":true}\n");
	client_fini(&c);
}

static void what_is_no_request_is_answered_and_ends_it(void **state)
{
	static const char *const bad[] = {"",
	                                  " ",
	                                  "x",
	                                  "null",
	                                  "7",
	                                  "\"status\"",
	                                  "[]",
	                                  "[{\"cmd\":\"echo\"}]",
	                                  "{}",
	                                  "{\"cmd\":null}",
	                                  "{\"cmd\":1}",
	                                  "{\"cmd\":[\"echo\"]}",
	                                  "{\"CMD\":\"echo\"}",
	                                  "{\"cmd\":\"echo\"",
	                                  "{\"cmd\":\"echo\"}{\"cmd\":\"echo\"}",
	                                  "{\"cmd\":\"echo\"} x",
	                                  "{\"cmd\":\"echo\",\"cmd\":\"echo\"}",
	                                  "{\"cmd\":\"ec\\u0000ho\"}",
	                                  "{\"cmd\":\"echo\",\"n\":\"\xff\"}",
	                                  "GET / HTTP/1.1",
	                                  "{\"cmd\":\"echo\",\"n\":1e999}"};
	struct world *w = *state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct client c;
		connect_to(w, &c);
		tell(&c, bad[i]);
		tell(&c, "\n{\"cmd\":\"echo\"}\n"); /* what follows is not looked at */
		vloop_run_for(&w->v, 10);
		if (lines_of(&c) != 1 || !has(&c, "\"ok\":false") || !hung_up(&c))
			fail_msg("%s: %s", bad[i], buf_cstr(&c.in));
		client_fini(&c);
	}
	assert_int_equal(w->ran, 0);
}

static void deep_nesting_is_no_request(void **state)
{
	struct world *w = *state;
	struct client c;
	char *text = xcalloc(200001, 1);
	memset(text, '[', 200000);
	connect_to(w, &c);
	tell(&c, "{\"cmd\":\"echo\",\"n\":");
	tell(&c, text);
	tell(&c, "\n");
	vloop_run_for(&w->v, 1000);
	assert_true(has(&c, "\"ok\":false") && hung_up(&c));
	free(text);
	client_fini(&c);
}

/* One question of somebody with these identifiers; true when the answer has the text. */
static bool answers(struct world *w, const struct stream_peer *peer, const char *cmd, const char *text)
{
	struct client c;
	char line[64];
	connect_as(w, &c, peer);
	snprintf(line, sizeof line, "{\"cmd\":\"%s\"}\n", cmd);
	say(&c, line);
	bool found = has(&c, text);
	client_fini(&c);
	return found;
}

/* The kernel's word, and the system's name for it. */
static void commands_know_who_asks(void **state)
{
	struct world *w = *state;
	const struct stream_peer root = {.address = "unix", .local = true, .uid = 0},
	                         nobody = {.address = "unix", .local = true, .uid = 4294967291u},
	                         elsewhere = {.address = "memory"};
	assert_true(answers(w, &root, "who", "\"login\":\"root\",\"uid\":0,"));
	assert_true(answers(w, &nobody, "who", "\"login\":\"uid 4294967291\",\"uid\":4294967291,"));
	assert_true(answers(w, &elsewhere, "who", "nobody knows"));
}

static void what_needs_a_role_is_refused_without_it(void **state)
{
	static const char *const names[] = {"viewer", "operator", "admin", NULL};
	struct world *w = *state;
	struct stream_peer looker = {.local = true, .uid = 7},
	                   member = {.local = true, .uid = 8, .groups = {5, 70}, .group_count = 2},
	                   stranger = {.local = true, .uid = 4294967291u}, unknown = {.local = false};
	w->admin.access = (struct admin_access){.roles_of = roles_of, .role_names = names};
	assert_true(answers(w, &looker, "echo", "\"ok\":true"));
	int ran = w->ran;
	assert_true(answers(w, &looker, "who", "'who' needs the role operator or admin; "));
	assert_true(answers(w, &looker, "who", " has viewer (admin.roles in the configuration)"));
	assert_true(answers(w, &member, "who", "\"uid\":8"));
	assert_true(answers(w, &member, "never", "'never' needs the role admin; "));
	assert_true(
	    answers(w, &member, "echo", " has operator (")); /* roles are what roles_of() says, no more */
	assert_true(answers(w, &stranger, "echo", "needs the role viewer; uid 4294967291 has none"));
	assert_true(answers(w, &unknown, "echo", "needs the role viewer; whoever asks has none"));
	assert_true(answers(w, &stranger, "no", "no such command"));
	assert_int_equal(w->ran, ran); /* nothing of what was refused has run */
	w->admin.access = (struct admin_access){.roles_of = NULL};
	assert_true(answers(w, &stranger, "echo", "\"ok\":true"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(a_request_is_a_line_and_so_is_its_answer),
	    T(lines_sent_ahead_run_one_after_the_other),
	    T(bytes_may_come_one_by_one),
	    T(what_is_no_request_is_answered_and_ends_it),
	    T(deep_nesting_is_no_request),
	    T(commands_know_who_asks),
	    T(what_needs_a_role_is_refused_without_it),
	};
	return cmocka_run_group_tests_name("admin", tests, NULL, NULL);
}
