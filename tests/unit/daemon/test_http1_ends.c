/* The HTTP/1.1 server: how connections and requests end: to make room, by the peer, with the server. */
#include "tests/unit/daemon/http1_world.h"

/* ---- room for others ---- */

#define CROWD 3

static void crowd_connect(struct web *w, struct end crowd[CROWD])
{
	for (size_t i = 0; i < CROWD; i++)
		web_connect(w, &crowd[i], NULL);
	vloop_settle(&w->v);
}

static void crowd_say(struct web *w, struct end *e, const char *text)
{
	stream_write(e->s, str_c(text));
	vloop_settle(&w->v);
}

static void whoever_has_asked_nothing_makes_room_first(void **state)
{
	struct end crowd[CROWD];
	struct web *w = *state;
	crowd_connect(w, crowd);
	say(w, STR("GET /hold HTTP/1.1\r\n" H "\r\n"));                 /* under way */
	crowd_say(w, &crowd[0], "GET /now HTTP/1.1\r\n" H "\r\nGET /"); /* answered, and slow now */
	crowd_say(w, &crowd[1], "GET / HT");
	struct {
		bool made;
		unsigned gone;
	} steps[] = {{true, 1}, {true, 2}, {true, 0}, {false, 0}}; /* the oldest that has asked nothing, … */
	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		assert_int_equal(http_server_make_room(&w->server, NULL), steps[i].made);
		vloop_settle(&w->v);
		if (steps[i].made)
			assert_int_equal(crowd[steps[i].gone].closed, 1);
	}
	assert_true(w->server.displaced == 3 && w->server.crowded == 1 && w->server.conns.count == 1);
	assert_true(w->held && w->aborts == 0 && !w->client.closed);
	http_respond(w->held, 200, NULL, 0, STR("done")); /* and rests from here on */
	vloop_settle(&w->v);
	assert_int_equal(status_of(heard(w)), 200);
	assert_true(http_server_make_room(&w->server, NULL));
	for (size_t i = 0; i < CROWD; i++)
		end_fini(&crowd[i]);
}

static void an_address_makes_room_for_itself(void **state)
{
	(void)state;
	static const struct {
		const char *address, *host;
		bool same;
	} cases[] = {{"192.0.2.1:4000", "192.0.2.1", true},     {"192.0.2.10:4000", "192.0.2.1", false},
	             {"[2001:db8::1]:40", "2001:db8::1", true}, {"[2001:db8::11]:4", "2001:db8::1", false},
	             {"192.0.2.1:4000", "192.0.2.2", false},    {"memory", "192.0.2.1", false}};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct web w;
		struct end other;
		struct stream_peer peer = {.tls = true};
		web_init(&w);
		snprintf(peer.address, sizeof peer.address, "%s", cases[i].address);
		web_connect(&w, &other, &peer);
		vloop_settle(&w.v);
		assert_int_equal(http_server_make_room(&w.server, cases[i].host), cases[i].same);
		vloop_settle(&w.v);
		assert_int_equal(other.closed, cases[i].same);
		assert_int_equal(w.client.closed, 0);
		if (other.s)
			end_close(&other);
		vloop_settle(&w.v);
		end_fini(&other);
		web_fini(&w);
	}
}

/* ---- the end ---- */

static unsigned over;

static void on_over(void *arg, const struct http_request *r)
{
	assert_ptr_equal(arg, web);
	over += r->whose;
}

static void the_end_of_a_request_is_told_once_however_it_comes(void **state)
{
	(void)state;
	static const char *const requests[] = {
	    "GET /now HTTP/1.1\r\n" H "\r\n", "GET /pieces HTTP/1.1\r\n" H "\r\n",
	    "GET /break HTTP/1.1\r\n" H "\r\n", "POST /echo HTTP/1.1\r\n" H "Content-Length: 9\r\n\r\nabc",
	    "POST /echo HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\nx\r\n"};
	for (size_t i = 0; i < ARRAY_LEN(requests); i++) {
		struct web w;
		web_init(&w);
		w.server.on_over = on_over;
		over = 0;
		say(&w, str_c(requests[i]));
		if (w.client.s)
			end_close(&w.client);
		vloop_settle(&w.v);
		assert_int_equal(over, 3);
		web_fini(&w);
		assert_int_equal(over, 3);
	}
}

static void the_end_in_a_body_aborts_once(void **state)
{
	(void)state;
	static const char request[] = "POST /echo HTTP/1.1\r\n" H "Content-Length: 5\r\n\r\nabcde";
	for (size_t cut = 0; cut < sizeof request - 1; cut++) {
		for (int how = 0; how < 3; how++) {
			struct web w;
			web_init_with(&w, &(struct mem_opts){.latency_ms = 1});
			vloop_run_for(&w.v, 5);
			say(&w, str_make(request, cut));
			vloop_run_for(&w.v, 5);
			if (how == 0)
				end_close(&w.client);
			else if (how == 1)
				end_abort(&w.client);
			else
				mem_stream_half_close(w.client.s);
			vloop_run_for(&w.v, 10);
			assert_int_equal(w.aborts, w.requests);
			assert_int_equal(w.body_ends, 0);
			assert_int_equal(w.server.conns.count, 0);
			web_fini(&w);
		}
	}
}

static void a_half_closed_client_still_gets_its_answers(void **state)
{
	struct web *w = *state;
	vloop_settle(&w->v);
	stream_write(w->client.s, STR("GET /hold HTTP/1.1\r\n" H "\r\nGET /now HTTP/1.1\r\n" H "\r\n"));
	mem_stream_half_close(w->client.s);
	vloop_run_for(&w->v, 1000);
	assert_non_null(w->held);
	http_respond(w->held, 200, NULL, 0, STR("late"));
	vloop_settle(&w->v);
	assert_true(holds(heard(w), "late") && str_ends(heard(w), STR("hello")) && w->client.eof_clean);
	assert_int_equal(w->aborts, 0);
}

static void a_reset_while_the_handler_works_aborts(void **state)
{
	struct web *w = *state;
	say(w, STR("POST /hold HTTP/1.1\r\n" H "Content-Length: 2\r\n\r\nab"));
	assert_int_equal(w->body_ends, 1);
	mem_stream_reset(w->client.s);
	vloop_settle(&w->v);
	assert_true(w->aborts == 1 && w->abort_why == ERR_TRUNCATED);
	assert_int_equal(w->server.aborted, 1);
}

static void drain_closes_idle_connections_and_finishes_the_others(void **state)
{
	struct web *w = *state;
	say(w, STR("GET /hold HTTP/1.1\r\n" H "\r\n"));
	http_server_drain(&w->server);
	vloop_settle(&w->v);
	assert_int_equal(w->client.eofs, 0);
	http_respond(w->held, 200, NULL, 0, STR("bye"));
	vloop_settle(&w->v);
	assert_true(holds(heard(w), "Connection: close\r\n") && w->client.eof_clean);
	web_renew(w);
	vloop_settle(&w->v);
	http_server_drain(&w->server);
	vloop_settle(&w->v);
	assert_true(w->client.eof_clean);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    WEB_TEST(whoever_has_asked_nothing_makes_room_first),
	    cmocka_unit_test(an_address_makes_room_for_itself),
	    cmocka_unit_test(the_end_of_a_request_is_told_once_however_it_comes),
	    cmocka_unit_test(the_end_in_a_body_aborts_once),
	    WEB_TEST(a_half_closed_client_still_gets_its_answers),
	    WEB_TEST(a_reset_while_the_handler_works_aborts),
	    WEB_TEST(drain_closes_idle_connections_and_finishes_the_others),
	};
	return cmocka_run_group_tests_name("http1_ends", tests, NULL, NULL);
}
