/* The daemon's feed socket as seen from vnepp-webhookd: a peer that answers, refuses, splits, lies, is silent, hangs up. */
#include "daemon/webhook/webhook_feed.h"
#include "epp/base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <jansson.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct fixture {
	char dir[64], path[96];
	int listener, peer;
	struct webhook_feed *f;
	struct webhook_feed_news news;
	uint64_t now;
};

static void listen_again(struct fixture *f)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	(void)unlink(f->path);
	assert_true(str_copy(to.sun_path, sizeof to.sun_path, str_c(f->path)));
	f->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(f->listener >= 0);
	assert_int_equal(bind(f->listener, (struct sockaddr *)&to, sizeof to), 0);
	assert_int_equal(listen(f->listener, 4), 0);
}

static int setup(void **state)
{
	static struct fixture f;
	f = (struct fixture){.dir = "/tmp/vnepp-feed-XXXXXX", .peer = -1, .now = 5000};
	assert_non_null(mkdtemp(f.dir));
	snprintf(f.path, sizeof f.path, "%s/f.sock", f.dir);
	listen_again(&f);
	f.f = webhook_feed_new(f.path);
	*state = &f;
	return 0;
}

static void hang_up(struct fixture *f)
{
	if (f->peer >= 0)
		close(f->peer);
	f->peer = -1;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	webhook_feed_free(f->f);
	hang_up(f);
	close(f->listener);
	(void)unlink(f->path);
	return rmdir(f->dir);
}

static enum webhook_feed_event turn(struct fixture *f)
{
	webhook_feed_turn(f->f, f->now, &f->news);
	return f->news.event;
}

static void connect_it(struct fixture *f)
{
	assert_int_equal(turn(f), WEBHOOK_FEED_CONNECTED);
	f->peer = accept(f->listener, NULL, NULL);
	assert_true(f->peer >= 0);
	assert_true(webhook_feed_is_free(f->f));
}

static void say(struct fixture *f, const char *text)
{
	struct str s = str_c(text);
	assert_int_equal(send(f->peer, s.ptr, s.len, MSG_NOSIGNAL), s.len);
}

static void ask_it(struct fixture *f, const char *after, const char *want)
{
	char text[256] = "";
	webhook_feed_ask(f->f, f->now, "anphat", after, "now");
	assert_false(webhook_feed_is_free(f->f));
	assert_int_equal(turn(f), WEBHOOK_FEED_NOTHING);
	ssize_t n = recv(f->peer, text, sizeof text - 1, 0);
	assert_true(n > 0);
	assert_string_equal(text, want);
}

static void ask_any(struct fixture *f)
{
	ask_it(f, NULL, "{\"cmd\":\"changes\",\"partner\":\"anphat\",\"from\":\"now\"}\n");
}

static void a_question_is_answered(void **state)
{
	struct fixture *f = *state;
	connect_it(f);
	ask_any(f);
	say(f, "{\"changes\":[],\"next\":\"4-1\",\"more\":false,\"ok\":true}\n");
	assert_int_equal(turn(f), WEBHOOK_FEED_ANSWERED);
	assert_string_equal(json_string_value(json_object_get(f->news.answer, "next")), "4-1");
	json_decref(f->news.answer);
	ask_it(f, "4-1", "{\"cmd\":\"changes\",\"partner\":\"anphat\",\"after\":\"4-1\"}\n");
}

static void an_answer_may_come_in_pieces(void **state)
{
	static const char text[] = "{\"changes\":[],\"next\":\"4-1\",\"ok\":true}\n";
	struct fixture *f = *state;
	connect_it(f);
	ask_any(f);
	for (size_t i = 0; i + 1 < sizeof text - 1; i++) {
		assert_int_equal(send(f->peer, text + i, 1, MSG_NOSIGNAL), 1);
		assert_int_equal(turn(f), WEBHOOK_FEED_NOTHING);
	}
	say(f, "\n");
	assert_int_equal(turn(f), WEBHOOK_FEED_ANSWERED);
	json_decref(f->news.answer);
}

static void a_refusal_is_told_and_the_connection_stays(void **state)
{
	struct fixture *f = *state;
	connect_it(f);
	ask_any(f);
	say(f, "{\"ok\":false,\"error\":\"no such partner is configured\"}\n");
	assert_int_equal(turn(f), WEBHOOK_FEED_REFUSED);
	assert_string_equal(f->news.text, "no such partner is configured");
	assert_true(webhook_feed_is_free(f->f));
	ask_any(f);
	say(f, "{}\n");
	assert_int_equal(turn(f), WEBHOOK_FEED_REFUSED);
	assert_string_equal(f->news.text, "refused without a reason");
}

static void expect_lost(struct fixture *f)
{
	assert_int_equal(turn(f), WEBHOOK_FEED_LOST);
	assert_true(f->news.text[0] != '\0');
	assert_false(webhook_feed_is_free(f->f));
	assert_int_equal(turn(f), WEBHOOK_FEED_NOTHING); /* not at once */
	hang_up(f);
	f->now += WEBHOOK_FEED_RETRY_MS;
	connect_it(f);
}

static void nonsense_ends_the_connection(void **state)
{
	static const char *const wrong[] = {
	    "[]\n",      "1\n", "\n", "rubbish\n", "{\"ok\":true,\"ok\":true}\n", "{\"a\":\"\xff\"}\n",
	    "\x01\x02\n"};
	struct fixture *f = *state;
	connect_it(f);
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		ask_any(f);
		say(f, wrong[i]);
		expect_lost(f);
	}
	say(f, "{\"ok\":true}\n"); /* nobody has asked */
	expect_lost(f);
}

static void an_end_in_any_place_is_told_once(void **state)
{
	struct fixture *f = *state;
	connect_it(f);
	hang_up(f);
	expect_lost(f);
	ask_any(f);
	hang_up(f);
	expect_lost(f);
	ask_any(f);
	say(f, "{\"changes\":[]");
	hang_up(f);
	expect_lost(f);
}

/* An answer that is there counts, whatever becomes of the connection after it. */
static void the_last_answer_before_the_end_counts(void **state)
{
	struct fixture *f = *state;
	connect_it(f);
	ask_any(f);
	say(f, "{\"changes\":[],\"next\":\"4-1\",\"ok\":true}\n");
	hang_up(f);
	assert_int_equal(turn(f), WEBHOOK_FEED_ANSWERED);
	json_decref(f->news.answer);
	expect_lost(f);
}

static void silence_ends_the_connection(void **state)
{
	struct fixture *f = *state;
	connect_it(f);
	ask_any(f);
	f->now += WEBHOOK_FEED_ANSWER_MS - 1;
	assert_int_equal(turn(f), WEBHOOK_FEED_NOTHING);
	f->now += 1;
	expect_lost(f);
}

static void an_endless_line_ends_the_connection(void **state)
{
	struct fixture *f = *state;
	static char piece[64 << 10];
	memset(piece, 'x', sizeof piece);
	connect_it(f);
	ask_any(f);
	for (int i = 0; i < 1000; i++) {
		ssize_t n = send(f->peer, piece, sizeof piece, MSG_NOSIGNAL | MSG_DONTWAIT);
		assert_true(n > 0 || errno == EAGAIN || errno == EPIPE);
		if (turn(f) == WEBHOOK_FEED_LOST)
			return;
	}
	fail_msg("64 MB were read");
}

static void nobody_listens(void **state)
{
	struct fixture *f = *state;
	close(f->listener);
	assert_int_equal(turn(f), WEBHOOK_FEED_LOST);
	assert_int_equal(turn(f), WEBHOOK_FEED_NOTHING);
	assert_int_equal(unlink(f->path), 0);
	f->now += WEBHOOK_FEED_RETRY_MS;
	assert_int_equal(turn(f), WEBHOOK_FEED_LOST);
	assert_non_null(strstr(f->news.text, "No such file"));
	listen_again(f);
	f->now += WEBHOOK_FEED_RETRY_MS;
	connect_it(f);
}

static void what_to_wait_for(void **state)
{
	struct fixture *f = *state;
	short events;
	assert_int_equal(webhook_feed_fd(f->f, &events), -1);
	connect_it(f);
	assert_true(webhook_feed_fd(f->f, &events) >= 0);
	assert_int_equal(events, POLLIN);
	webhook_feed_ask(f->f, f->now, "anphat", NULL, "now");
	(void)webhook_feed_fd(f->f, &events);
	assert_int_equal(events, POLLIN | POLLOUT);
	assert_int_equal(turn(f), WEBHOOK_FEED_NOTHING);
	(void)webhook_feed_fd(f->f, &events);
	assert_int_equal(events, POLLIN);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {T(a_question_is_answered),
	                                   T(an_answer_may_come_in_pieces),
	                                   T(a_refusal_is_told_and_the_connection_stays),
	                                   T(nonsense_ends_the_connection),
	                                   T(an_end_in_any_place_is_told_once),
	                                   T(the_last_answer_before_the_end_counts),
	                                   T(silence_ends_the_connection),
	                                   T(an_endless_line_ends_the_connection),
	                                   T(nobody_listens),
	                                   T(what_to_wait_for)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
