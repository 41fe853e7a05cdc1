/* Streams over TCP, and TLS over TCP with client certificates, made by the real dialer and listener: the contract. */
#include "daemon/net/dial.h"
#include "daemon/net/listener.h"
#include "epp/base/alloc.h"
#include "tests/harness/net_fixture.h"
#include "tests/harness/stream_contract.h"
#include "tests/harness/test_certs.h"
#include "certs/tls_ctx.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

static bool with_tls;

struct env {
	struct net_fixture f;
	struct dialer_net dialer;
	struct listener *listener;
	struct tls_ctx *client, *server;
	struct stream_events ev;
	void *b;
	void (*set)(void *end, struct stream *s);
};

static void on_stream(void *arg, struct stream *s)
{
	struct env *e = arg;
	stream_listen(s, &e->ev, e->b);
	e->set(e->b, s);
}

static void *set_up(void)
{
	struct env *e = xcalloc(1, sizeof *e);
	net_fixture_init(&e->f);
	dialer_net_init(&e->dialer, &e->f.uv.loop);
	if (with_tls) {
		e->client = test_certs_client("ca", "gateway");
		e->server = test_certs_server("ca", "registry");
	}
	struct listener_config c = {
	    .address = "127.0.0.1:0", .tls = e->server, .on_stream = on_stream, .arg = e};
	struct errmsg m;
	assert_int_equal(listener_open(&e->listener, &e->f.uv.loop, &c, &m), OK);
	return e;
}

static void tear_down(void *env)
{
	struct env *e = env;
	listener_close(&e->listener);
	tls_ctx_unref(&e->client);
	tls_ctx_unref(&e->server);
	net_fixture_fini(&e->f);
	free(e);
}

static void turn(void *env)
{
	uv_run(&((struct env *)env)->f.uv.uv, UV_RUN_NOWAIT);
}

static bool run_until(void *env, bool (*pred)(void *arg), void *arg)
{
	return net_fixture_run_until(&((struct env *)env)->f, pred, arg);
}

static void connect_pair(void *env, const struct stream_events *ev, void *a, void *b,
                         void (*set)(void *end, struct stream *s))
{
	struct env *e = env;
	e->ev = *ev;
	e->b = b;
	e->set = set;
	struct dial_target t = {.host = "127.0.0.1",
	                        .port = listener_port(e->listener),
	                        .tls = e->client,
	                        .server_name = "localhost",
	                        .timeout_ms = 20000};
	struct stream *s = e->dialer.dialer.dial(&e->dialer.dialer, &t);
	stream_listen(s, ev, a);
	set(a, s);
}

int main(void)
{
	struct stream_kit kit = {.name = "tcp",
	                         .set_up = set_up,
	                         .tear_down = tear_down,
	                         .turn = turn,
	                         .run_until = run_until,
	                         .connect = connect_pair,
	                         .abort_is_seen = true};
	int failed = stream_contract_run(&kit);
	kit.name = "tls over tcp";
	with_tls = true;
	return failed + stream_contract_run(&kit);
}
