/* The control socket: long lines, slow readers, crowds, and those who say nothing. */
#include "tests/unit/daemon/admin_world.h"

/* A request whose line is `len` bytes without its end. */
static char *line_of(size_t len, bool end)
{
	static const char head[] = "{\"cmd\":\"echo\",\"n\":1,\"x\":\"";
	char *s = xcalloc(len + 2, 1);
	memset(s, 'x', len);
	memcpy(s, head, sizeof head - 1);
	memcpy(s + len - 2, "\"}", 2);
	if (end)
		s[len] = '\n';
	return s;
}

static void a_line_of_the_maximum_is_taken_one_more_byte_is_not(void **state)
{
	struct world *w = *state;
	for (size_t more = 0; more < 2; more++) {
		for (int end = 0; end < 2; end++) {
			struct client c;
			char *s = line_of(ADMIN_LINE_MAX + more, end);
			connect_to(w, &c);
			tell(&c, s);
			vloop_run_for(&w->v, 1000);
			if (more) {
				assert_true(has(&c, "too long") && hung_up(&c));
			} else {
				assert_false(hung_up(&c));
				assert_int_equal(lines_of(&c), end);
			}
			free(s);
			client_fini(&c);
		}
	}
	assert_int_equal(w->ran, 1);
}

static void a_line_without_end_is_cut_off(void **state)
{
	struct world *w = *state;
	struct client c;
	char *s = xcalloc((256u << 10) + 1, 1);
	memset(s, ' ', 256u << 10);
	connect_to(w, &c);
	for (int i = 0; i < 12 && !hung_up(&c); i++) {
		tell(&c, s);
		vloop_run_for(&w->v, 100);
	}
	assert_true(has(&c, "too long") && hung_up(&c));
	free(s);
	client_fini(&c);
}

/* Many whole lines are more than one line may be: they are not too long, they wait. */
static void lines_sent_ahead_may_be_more_than_one_line(void **state)
{
	struct world *w = *state;
	struct client c;
	char *s = line_of(300000, true);
	connect_to(w, &c);
	tell(&c, "{\"cmd\":\"later\"}\n");
	for (int i = 0; i < 12; i++)
		tell(&c, s);
	vloop_run_for(&w->v, 5000);
	assert_int_equal(lines_of(&c), 13);
	assert_false(hung_up(&c));
	free(s);
	client_fini(&c);
}

static void who_does_not_read_is_not_worked_for(void **state)
{
	struct world *w = *state;
	struct client c;
	connect_to(w, &c);
	vloop_run_for(&w->v, 10);
	stream_pause(c.stream);
	for (int i = 0; i < 300; i++)
		tell(&c, "{\"cmd\":\"big\"}\n");
	vloop_run_for(&w->v, 10000);
	/* what is under way, what is queued, and one more */
	assert_true(w->ran <= (int)((256u << 10) + STREAM_HIGH_WATER) / (int)BIG_ANSWER + 2);
	assert_false(hung_up(&c));
	stream_resume(c.stream);
	vloop_run_for(&w->v, 10000);
	assert_int_equal(w->ran, 300);
	assert_int_equal(lines_of(&c), 300);
	client_fini(&c);
}

static void many_clients_are_served_side_by_side(void **state)
{
	enum { CLIENTS = 300 };
	struct world *w = *state;
	struct client *c = xcalloc(CLIENTS, sizeof *c);
	for (int i = 0; i < CLIENTS; i++)
		connect_to(w, &c[i]);
	vloop_run_for(&w->v, 10);
	for (int round = 0; round < 5; round++) {
		for (int i = 0; i < CLIENTS; i++)
			tell(&c[i], i % 7 == 0 ? "{\"cmd\":\"never\"}\n"
			            : i % 3    ? "{\"cmd\":\"echo\"}\n"
			                       : "{\"cmd\":\"later\"}\n");
		vloop_run_for(&w->v, 2 * LATER_MS);
	}
	/* those whose command does not end hold up nobody else */
	for (int i = 0; i < CLIENTS; i++)
		assert_int_equal(lines_of(&c[i]), i % 7 == 0 ? 0 : 5);
	assert_int_equal(w->most, (CLIENTS + 6) / 7);
	for (int round = 0; round < 5; round++) {
		answer_never(w);
		vloop_run_for(&w->v, 10);
	}
	for (int i = 0; i < CLIENTS; i++) {
		assert_int_equal(lines_of(&c[i]), 5);
		client_fini(&c[i]);
	}
	free(c);
}

static void who_says_nothing_is_hung_up_on_but_not_who_waits(void **state)
{
	struct world *w = *state;
	struct client quiet, waits, asks;
	connect_to(w, &quiet);
	connect_to(w, &waits);
	connect_to(w, &asks);
	tell(&waits, "{\"cmd\":\"never\"}\n");
	for (int i = 0; i < 4; i++) {
		tell(&asks, "{\"cmd\":\"echo\"}\n");
		vloop_run_for(&w->v, ADMIN_IDLE_MS / 3);
	}
	assert_true(hung_up(&quiet));
	assert_false(hung_up(&waits) || hung_up(&asks));
	/* answered at last, it may ask again for as long */
	answer_never(w);
	vloop_run_for(&w->v, ADMIN_IDLE_MS - 1000);
	assert_true(has(&waits, "true") && !hung_up(&waits));
	vloop_run_for(&w->v, 2000);
	assert_true(hung_up(&waits));
	client_fini(&quiet);
	client_fini(&waits);
	client_fini(&asks);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(a_line_of_the_maximum_is_taken_one_more_byte_is_not),
	    T(a_line_without_end_is_cut_off),
	    T(lines_sent_ahead_may_be_more_than_one_line),
	    T(who_does_not_read_is_not_worked_for),
	    T(many_clients_are_served_side_by_side),
	    T(who_says_nothing_is_hung_up_on_but_not_who_waits),
	};
	return cmocka_run_group_tests_name("admin_limits", tests, NULL, NULL);
}
