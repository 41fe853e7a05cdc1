/* A session on the real dialer: TLS in front of the simulated registry, and what becomes of certificates that are not
 * right, a registry that speaks no TLS, and names that do not exist. */
#include "certs/tls_ctx.h"
#include "daemon/core/limits.h"
#include "daemon/net/dial.h"
#include "daemon/net/listener.h"
#include "daemon/net/stream.h"
#include "daemon/session/session.h"
#include "epp/ns.h"
#include "tests/harness/log_capture.h"
#include "tests/harness/net_fixture.h"
#include "tests/harness/test_certs.h"
#include "tests/regsim/regsim.h"
#include "tests/regsim/regsim_stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

struct world {
	struct net_fixture f;
	struct dialer_net dialer;
	struct listener *listener;
	struct regsim *sim;
	struct limits limits;
	struct epp_parser *parser;
	struct log_capture log;
	struct session *s;
	bool mute; /* accepts, and says nothing */
	struct stream *muted;
	unsigned ready, closed;
	enum session_end why;
	char text[ERRMSG_MAX];
};

static void muted_closed(void *arg, enum err why, const char *text)
{
	(void)why;
	(void)text;
	((struct world *)arg)->muted = NULL;
}

static void muted_eof(void *arg, bool clean)
{
	(void)clean;
	stream_abort(((struct world *)arg)->muted);
}

static void on_stream(void *arg, struct stream *s)
{
	static const struct stream_events quiet = {.on_eof = muted_eof, .on_closed = muted_closed};
	struct world *w = arg;
	if (!w->mute) {
		regsim_serve_stream(w->sim, s);
		return;
	}
	w->muted = s;
	stream_listen(s, &quiet, w);
}

static void world_open(struct world *w, const char *certificate)
{
	static const struct regsim_account account = {.login = "gateway1",
	                                              .password = "secret-pw",
	                                              .subject = "gateway"};
	struct regsim_options o;
	struct errmsg e;
	*w = (struct world){0};
	net_fixture_init(&w->f);
	dialer_net_init(&w->dialer, &w->f.uv.loop);
	log_capture_init(&w->log);
	log_capture_expect(&w->log, "session.closed");
	limits_init(&w->limits, (struct limit){0}, (const struct limit[LIMIT_CLASS__COUNT]){{0}}, 0);
	w->parser = epp_parser_new();
	regsim_options_init(&o);
	o.accounts = &account;
	o.account_count = 1;
	w->sim = regsim_new(&o, &w->f.uv.loop);
	assert_non_null(w->sim);
	struct tls_ctx *tls = certificate ? test_certs_server("ca", certificate) : NULL;
	struct listener_config c = {.address = "127.0.0.1:0", .tls = tls, .on_stream = on_stream, .arg = w};
	assert_int_equal(listener_open(&w->listener, &w->f.uv.loop, &c, &e), OK);
	tls_ctx_unref(&tls);
}

static void on_greeting(void *arg, struct session *s, const struct epp_greeting *g)
{
	(void)arg;
	(void)s;
	(void)g;
}

static void on_login_events(void *arg, struct session *s, const struct epp_login_sec *e)
{
	(void)arg;
	(void)s;
	(void)e;
}

static void on_ready(void *arg, struct session *s)
{
	((struct world *)arg)->ready++;
	session_drain(s);
}

static void on_room(void *arg, struct session *s)
{
	(void)arg;
	(void)s;
}

static void on_messages(void *arg, uint64_t n)
{
	(void)arg;
	(void)n;
}

static void on_closed(void *arg, struct session *s, enum session_end why, const char *text)
{
	struct world *w = arg;
	assert_ptr_equal(s, w->s);
	w->closed++;
	w->why = why;
	snprintf(w->text, sizeof w->text, "%s", text);
}

static bool is_closed(void *arg)
{
	const struct world *w = arg;
	return w->closed > 0 && !w->muted;
}

static bool served(void *arg)
{
	return regsim_stats(((struct world *)arg)->sim)->connections_now == 0;
}

struct target {
	const char *host, *server_name, *ca, *certificate, *crl;
	uint64_t tls_ms;
};

static void run(struct world *w, const struct target *t)
{
	static const struct session_events ev = {.on_greeting = on_greeting,
	                                         .on_login_events = on_login_events,
	                                         .on_ready = on_ready,
	                                         .on_room = on_room,
	                                         .on_messages = on_messages,
	                                         .on_closed = on_closed};
	static const char *const objects[] = {EPP_URI_DOMAIN};
	struct tls_ctx *tls = test_certs_client_crl(t->ca ? t->ca : "ca", t->certificate, t->crl);
	struct session_config c = {.loop = &w->f.uv.loop,
	                           .dialer = &w->dialer.dialer,
	                           .limits = &w->limits,
	                           .parser = w->parser,
	                           .log = &w->log.log,
	                           .registry = "reg",
	                           .account = "acc",
	                           .host = t->host ? t->host : "127.0.0.1",
	                           .server_name = t->server_name,
	                           .port = listener_port(w->listener),
	                           .tls = tls,
	                           .login = "gateway1",
	                           .password = {"secret-pw"},
	                           .language = "en",
	                           .objects = objects,
	                           .object_count = 1,
	                           .window = 1,
	                           .connect_ms = 15000,
	                           .tls_ms = t->tls_ms ? t->tls_ms : 15000,
	                           .greeting_ms = 15000,
	                           .login_ms = 15000,
	                           .answer_ms = 15000,
	                           .logout_ms = 15000,
	                           .keepalive_ms = 60000,
	                           .max_age_ms = 600000,
	                           .id = 1,
	                           .trid_prefix = "S1"};
	w->s = session_new(&c, &ev, w);
	assert_true(net_fixture_run_until(&w->f, is_closed, w));
	assert_int_equal(w->closed, 1);
	assert_true(net_fixture_run_until(&w->f, served, w));
	tls_ctx_unref(&tls);
}

static void world_close(struct world *w)
{
	listener_close(&w->listener);
	regsim_free(w->sim);
	epp_parser_free(w->parser);
	limits_fini(&w->limits);
	assert_int_equal(log_capture_fini(&w->log), 0);
	net_fixture_fini(&w->f);
}

static void logged_in_and_out_over_tls(void **state)
{
	(void)state;
	struct world w;
	world_open(&w, "registry");
	run(&w, &(struct target){.host = "localhost", .certificate = "gateway"});
	assert_int_equal(w.ready, 1);
	assert_int_equal(w.why, SESSION_END_CLEAN);
	assert_true(log_capture_has(&w.log, "tls=TLSv1.3"));
	world_close(&w);
}

static void tls_that_is_not_right(void **state)
{
	(void)state;
	static const struct {
		const char *what, *server;
		struct target t;
		const char *text;
	} cases[] = {
	    {"expired", "expired", {.certificate = "gateway"}, "expired"},
	    {"not valid yet", "future", {.certificate = "gateway"}, "is not valid yet"},
	    {"revoked", "revoked", {.certificate = "gateway", .crl = "ca"}, "revoked"},
	    {"a list that has run out",
	     "registry",
	     {.certificate = "gateway", .crl = "outdated"},
	     "CRL has expired"},
	    {"wrong name", "wrong-name", {.certificate = "gateway"}, "127.0.0.1"},
	    {"asked for another name",
	     "registry",
	     {.server_name = "epp.example.vn", .certificate = "gateway"},
	     "epp.example.vn"},
	    {"unknown authority", "registry", {.ca = "other-ca", .certificate = "gateway"}, "certificate"},
	    {"no client certificate", "registry", {.certificate = NULL}, ""},
	    {"a client of somebody else", "registry", {.certificate = "stranger"}, ""},
	    {"no TLS there", NULL, {.certificate = "gateway"}, "TLS"},
	    {"no such name", "registry", {.host = "no such name", .certificate = "gateway"}, "no such name"},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct world w;
		world_open(&w, cases[i].server);
		run(&w, &cases[i].t);
		if (w.ready || w.why != SESSION_END_CONNECT || !strstr(w.text, cases[i].text))
			fail_msg("%s: %s: %s", cases[i].what, session_end_name(w.why), w.text);
		assert_int_equal(log_capture_count(&w.log, "session.closed"), 1);
		if (!log_capture_has(&w.log, cases[i].text))
			fail_msg("%s: the log does not say it", cases[i].what);
		world_close(&w);
	}
}

static void a_handshake_that_hangs(void **state)
{
	(void)state;
	struct world w;
	world_open(&w, NULL);
	w.mute = true;
	run(&w, &(struct target){.certificate = "gateway", .tls_ms = 50});
	assert_int_equal(w.why, SESSION_END_CONNECT);
	assert_non_null(strstr(w.text, "timed out in the TLS handshake"));
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(logged_in_and_out_over_tls),
	    cmocka_unit_test(tls_that_is_not_right),
	    cmocka_unit_test(a_handshake_that_hangs),
	};
	return cmocka_run_group_tests_name("session_tls", tests, NULL, NULL);
}
