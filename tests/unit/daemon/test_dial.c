/* The production dialer against real sockets. */
#include "daemon/net/dial.h"
#include "certs/tls_ctx.h"
#include "daemon/net/listener.h"
#include "tests/harness/net_fixture.h"
#include "tests/harness/stream_end.h"
#include "tests/harness/test_certs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

struct world {
	struct net_fixture f;
	struct dialer_net dialer;
	struct listener *listener;
	struct end a, b;
};

static void on_stream(void *arg, struct stream *s)
{
	struct world *w = arg;
	stream_listen(s, &end_events, &w->b);
	w->b.s = s;
}

static void world_init(struct world *w, struct tls_ctx *server)
{
	*w = (struct world){0};
	net_fixture_init(&w->f);
	dialer_net_init(&w->dialer, &w->f.uv.loop);
	struct listener_config c = {
	    .address = "127.0.0.1:0", .tls = server, .on_stream = on_stream, .arg = w};
	struct errmsg m;
	assert_int_equal(listener_open(&w->listener, &w->f.uv.loop, &c, &m), OK);
	end_init(&w->a);
	end_init(&w->b);
	w->b.close_in_eof = true;
}

static void dial(struct world *w, struct dial_target t)
{
	t.timeout_ms = t.timeout_ms ? t.timeout_ms : 10000;
	w->a.s = w->dialer.dialer.dial(&w->dialer.dialer, &t);
	stream_listen(w->a.s, &end_events, &w->a);
	assert_true(w->a.opened == 0 && w->a.closed == 0);
}

static bool all_closed(void *arg)
{
	const struct world *w = arg;
	return !w->a.s && !w->b.s;
}

static void world_fini(struct world *w)
{
	if (w->a.s)
		end_close(&w->a);
	if (w->b.s && !w->b.quiet)
		end_close(&w->b);
	assert_true(net_fixture_run_until(&w->f, all_closed, w));
	listener_close(&w->listener);
	end_fini(&w->a);
	end_fini(&w->b);
	net_fixture_fini(&w->f);
}

static void assert_fails(struct world *w, enum err why, const char *words)
{
	assert_true(net_fixture_run_until(&w->f, end_is_closed, &w->a));
	if (w->a.why != why || !strstr(w->a.text, words))
		fail_msg("expected %s with '%s', got %s: %s", err_name(why), words, err_name(w->a.why),
		         w->a.text);
}

static void a_name_is_resolved(void **state)
{
	(void)state;
	struct world w;
	world_init(&w, NULL);
	dial(&w, (struct dial_target){.host = "localhost", .port = listener_port(w.listener)});
	assert_true(net_fixture_run_until(&w.f, end_is_open, &w.a));
	assert_string_equal(stream_peer(w.a.s)->address, listener_address(w.listener));
	assert_false(stream_peer(w.a.s)->tls);
	world_fini(&w);
}

static void the_source_address_is_bound(void **state)
{
	(void)state;
	struct world w;
	world_init(&w, NULL);
	dial(&w, (struct dial_target){
	             .host = "127.0.0.1", .port = listener_port(w.listener), .source_address = "127.0.0.9"});
	assert_true(net_fixture_run_until(&w.f, end_is_open, &w.b));
	assert_memory_equal(stream_peer(w.b.s)->address, "127.0.0.9:", 10);
	world_fini(&w);
}

static void a_source_address_that_is_not_ours_fails(void **state)
{
	(void)state;
	struct world w;
	world_init(&w, NULL);
	dial(&w, (struct dial_target){
	             .host = "127.0.0.1", .port = listener_port(w.listener), .source_address = "192.0.2.1"});
	assert_fails(&w, ERR_CONNECT, "127.0.0.1:");
	world_fini(&w);
	world_init(&w, NULL);
	dial(&w, (struct dial_target){
	             .host = "127.0.0.1", .port = listener_port(w.listener), .source_address = "::1"});
	assert_fails(&w, ERR_CONNECT, "127.0.0.1:");
	world_fini(&w);
}

/* A port that nobody listens on: that of a listener that has closed. */
static void a_closed_port_is_refused_with_its_address(void **state)
{
	(void)state;
	struct world w;
	world_init(&w, NULL);
	uint16_t port = listener_port(w.listener);
	listener_close(&w.listener);
	net_fixture_run_for(&w.f, end_is_open, &w.a, 1);
	dial(&w, (struct dial_target){.host = "127.0.0.1", .port = port});
	assert_fails(&w, ERR_CONNECT, "127.0.0.1:");
	assert_int_equal(w.a.opened, 0);
	world_fini(&w);
}

static void a_name_that_does_not_exist_is_told(void **state)
{
	(void)state;
	struct world w;
	world_init(&w, NULL);
	dial(&w, (struct dial_target){.host = "no such name", .port = 700});
	assert_fails(&w, ERR_RESOLVE, "no such name: ");
	world_fini(&w);
}

static void a_name_that_is_too_long_is_told(void **state)
{
	(void)state;
	static char name[300];
	memset(name, 'a', sizeof name - 1);
	struct world w;
	world_init(&w, NULL);
	dial(&w, (struct dial_target){.host = name, .port = 700});
	assert_fails(&w, ERR_INVALID, "too long");
	world_fini(&w);
}

static void closing_at_once_ends_while_the_name_is_looked_up(void **state)
{
	(void)state;
	for (int how = 0; how < 2; how++) {
		struct world w;
		world_init(&w, NULL);
		dial(&w, (struct dial_target){.host = "localhost", .port = listener_port(w.listener)});
		if (how)
			end_abort(&w.a);
		else
			end_close(&w.a);
		assert_fails(&w, ERR_CANCELED, "");
		world_fini(&w);
	}
}

static void the_deadline_covers_the_handshake(void **state)
{
	(void)state;
	struct tls_ctx *client = test_certs_client("ca", "gateway");
	struct world w;
	world_init(&w, NULL); /* a plain server: it never answers the client's hello */
	dial(&w,
	     (struct dial_target){
	         .host = "127.0.0.1", .port = listener_port(w.listener), .tls = client, .timeout_ms = 400});
	assert_fails(&w, ERR_TIMEOUT, "TLS handshake");
	world_fini(&w);
	tls_ctx_unref(&client);
}

static void the_handshake_has_a_deadline_of_its_own(void **state)
{
	(void)state;
	struct tls_ctx *client = test_certs_client("ca", "gateway");
	struct world w;
	world_init(&w, NULL);
	uint64_t begin = loop_now(&w.f.uv.loop);
	dial(&w, (struct dial_target){.host = "127.0.0.1",
	                              .port = listener_port(w.listener),
	                              .tls = client,
	                              .timeout_ms = 100000,
	                              .handshake_ms = 50});
	assert_fails(&w, ERR_TIMEOUT, "TLS handshake");
	assert_true(loop_now(&w.f.uv.loop) - begin >= 50);
	world_fini(&w);
	tls_ctx_unref(&client);
}

static void tls_verifies_the_name_that_was_dialled(void **state)
{
	(void)state;
	struct tls_ctx *client = test_certs_client("ca", "gateway"),
	               *server = test_certs_server("ca", "registry");
	struct world w;
	world_init(&w, server);
	dial(&w, (struct dial_target){.host = "127.0.0.1", .port = listener_port(w.listener), .tls = client});
	assert_true(net_fixture_run_until(&w.f, end_is_open, &w.b));
	assert_true(stream_peer(w.a.s)->tls);
	world_fini(&w);

	world_init(&w, server);
	dial(&w, (struct dial_target){.host = "127.0.0.1",
	                              .port = listener_port(w.listener),
	                              .tls = client,
	                              .server_name = "registry.example"});
	assert_fails(&w, ERR_CERT, "is not for 'registry.example'");
	world_fini(&w);
	tls_ctx_unref(&client);
	tls_ctx_unref(&server);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_name_is_resolved),
	    cmocka_unit_test(the_source_address_is_bound),
	    cmocka_unit_test(a_source_address_that_is_not_ours_fails),
	    cmocka_unit_test(a_closed_port_is_refused_with_its_address),
	    cmocka_unit_test(a_name_that_does_not_exist_is_told),
	    cmocka_unit_test(a_name_that_is_too_long_is_told),
	    cmocka_unit_test(closing_at_once_ends_while_the_name_is_looked_up),
	    cmocka_unit_test(the_deadline_covers_the_handshake),
	    cmocka_unit_test(the_handshake_has_a_deadline_of_its_own),
	    cmocka_unit_test(tls_verifies_the_name_that_was_dialled),
	};
	return cmocka_run_group_tests_name("dial", tests, NULL, NULL);
}
