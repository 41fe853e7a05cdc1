/* Letters to receivers that are not there, may not be reached, or say nothing; what real ones answer is tried with the program. */
#include "daemon/webhook/webhook_post.h"
#include "epp/base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct fixture {
	int listener;
	char url[64];
	struct webhook_poster *p;
	int owner;
	struct clock clock;
};

static int setup(void **state)
{
	static struct fixture f;
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t len = sizeof at;
	struct errmsg e;
	f = (struct fixture){.listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0)};
	assert_int_equal(bind(f.listener, (struct sockaddr *)&at, sizeof at), 0);
	assert_int_equal(listen(f.listener, 16), 0);
	assert_int_equal(getsockname(f.listener, (struct sockaddr *)&at, &len), 0);
	snprintf(f.url, sizeof f.url, "https://127.0.0.1:%u/hook", ntohs(at.sin_port));
	assert_int_equal(webhook_poster_new(&f.p, &e), OK);
	clock_init_system(&f.clock, 0);
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	webhook_poster_free(f->p);
	close(f->listener);
	return 0;
}

static void post(struct fixture *f, const char *url, bool internal, uint64_t timeout_ms)
{
	struct webhook_letter l = {.url = url,
	                           .id = "msg_1",
	                           .signature = "v1,AAAA",
	                           .timestamp_s = 1614265330,
	                           .body = STR("{}"),
	                           .timeout_ms = timeout_ms,
	                           .internal = internal};
	webhook_poster_send(f->p, &l, &f->owner);
}

static struct webhook_reply reply(struct fixture *f)
{
	struct webhook_reply r;
	uint64_t end = f->clock.mono_us(&f->clock) + 20000000;
	while (!webhook_poster_next(f->p, &r)) {
		assert_true(f->clock.mono_us(&f->clock) < end);
		webhook_poster_wait(f->p, NULL, 0, 1000);
	}
	assert_ptr_equal(r.owner, &f->owner);
	assert_int_equal(r.status, 0);
	assert_int_equal(r.retry_after_ms, -1);
	assert_true(r.trouble[0] != '\0');
	return r;
}

static void expect_no_connection(struct fixture *f)
{
	assert_int_equal(accept(f->listener, NULL, NULL), -1);
	assert_int_equal(errno, EAGAIN);
}

static void an_address_inside_is_not_even_connected_to(void **state)
{
	struct fixture *f = *state;
	char url[64];
	post(f, f->url, false, 5000);
	assert_string_equal(reply(f).trouble, "its address is inside our own network");
	snprintf(url, sizeof url, "https://localhost%s", strrchr(f->url, ':')); /* a name that leads there */
	post(f, url, false, 5000);
	assert_string_equal(reply(f).trouble, "its address is inside our own network");
	post(f, "https://169.254.169.254/latest/meta-data", false, 5000);
	assert_string_equal(reply(f).trouble, "its address is inside our own network");
	post(f, "https://[::1]/", false, 5000);
	assert_string_equal(reply(f).trouble, "its address is inside our own network");
	expect_no_connection(f);
}

static void only_https_is_spoken(void **state)
{
	struct fixture *f = *state;
	char url[64];
	snprintf(url, sizeof url, "http%s", f->url + strlen("https"));
	post(f, url, true, 5000);
	(void)reply(f);
	post(f, "file:///etc/passwd", true, 5000);
	(void)reply(f);
	post(f, "https://[::1", true, 5000);
	(void)reply(f);
	expect_no_connection(f);
}

static void nobody_listens(void **state)
{
	struct fixture *f = *state;
	close(f->listener);
	f->listener = -1;
	post(f, f->url, true, 5000);
	assert_non_null(strstr(reply(f).trouble, "onnect"));
}

static void silence_ends_in_time(void **state)
{
	struct fixture *f = *state;
	uint64_t begun = f->clock.mono_us(&f->clock);
	post(f, f->url, true, 200);
	struct webhook_reply r = reply(f);
	uint64_t took_ms = (f->clock.mono_us(&f->clock) - begun) / 1000;
	assert_true(took_ms >= 190 && took_ms < 5000);
	assert_true(r.took_ms >= 190);
}

static void a_peer_that_speaks_no_tls(void **state)
{
	struct fixture *f = *state;
	post(f, f->url, true, 5000);
	int peer = -1;
	while (peer < 0) {
		webhook_poster_wait(f->p, NULL, 0, 20);
		peer = accept(f->listener, NULL, NULL);
	}
	assert_true(send(peer, "HTTP/1.1 200 OK\r\n\r\n", 19, MSG_NOSIGNAL) == 19);
	(void)reply(f);
	close(peer);
}

static void others_wake_it(void **state)
{
	struct fixture *f = *state;
	int pair[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_int_equal(write(pair[1], "x", 1), 1);
	struct pollfd other[] = {{.fd = -1, .events = POLLIN}, {.fd = pair[0], .events = POLLIN}};
	uint64_t begun = f->clock.mono_us(&f->clock);
	webhook_poster_wait(f->p, other, 2, 20000);
	assert_true(f->clock.mono_us(&f->clock) - begun < 10000000);
	close(pair[0]);
	close(pair[1]);
}

static void what_is_on_its_way_can_be_broken_off(void **state)
{
	struct fixture *f = *state;
	for (int i = 0; i < 20; i++)
		post(f, f->url, true, 5000);
	webhook_poster_wait(f->p, NULL, 0, 10);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {T(an_address_inside_is_not_even_connected_to),
	                                   T(only_https_is_spoken),
	                                   T(nobody_listens),
	                                   T(silence_ends_in_time),
	                                   T(a_peer_that_speaks_no_tls),
	                                   T(others_wake_it),
	                                   T(what_is_on_its_way_can_be_broken_off)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
