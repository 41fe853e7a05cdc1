/* TLS over streams in memory: the contract with bytes split in every way, and what only TLS has. */
#include "certs/tls_ctx.h"
#include "daemon/net/tls_stream.h"
#include "daemon/net/tls_turns.h"
#include "epp/base/alloc.h"
#include "tests/harness/mem_kit.h"
#include "tests/harness/stream_end.h"
#include "tests/harness/test_certs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#define HANDSHAKE_MS 10000

struct env {
	struct vloop v; /* the first: see mem_kit.h */
	struct mem_net *net;
	struct tls_ctx *client, *server;
	const char *name; /* that the client expects */
	struct stream *lower_a, *lower_b;
	struct tls_turns *turns;
};

static struct mem_opts opts;
static bool take_turns; /* servers do */
static const struct {
	const char *client_ca, *client, *server, *name;
} plain = {"ca", "gateway", "registry", "localhost"};

static struct env *env_new(const char *client_ca, const char *client, const char *server, const char *name)
{
	struct env *e = xcalloc(1, sizeof *e);
	vloop_init(&e->v, 0);
	e->net = mem_net_new(&e->v.loop, &opts, 3);
	e->client = test_certs_client(client_ca, client);
	e->server = test_certs_server("ca", server);
	e->name = name;
	e->turns = tls_turns_new(&e->v.loop, 0);
	return e;
}

static void *set_up(void)
{
	return env_new(plain.client_ca, plain.client, plain.server, plain.name);
}

static void tear_down(void *env)
{
	struct env *e = env;
	assert_true(vloop_run_until(&e->v, NULL, NULL, 60000));
	assert_int_equal(mem_net_open(e->net), 0);
	mem_net_free(e->net);
	tls_turns_unref(&e->turns);
	vloop_fini(&e->v);
	tls_ctx_unref(&e->client);
	tls_ctx_unref(&e->server);
	free(e);
}

static void connect_pair(void *env, const struct stream_events *ev, void *a, void *b,
                         void (*set)(void *end, struct stream *s))
{
	struct env *e = env;
	mem_net_pair(e->net, &e->lower_a, &e->lower_b);
	struct stream *x = tls_stream_new(&e->v.loop, e->lower_a, e->client, e->name, HANDSHAKE_MS);
	struct stream *y = tls_stream_new(&e->v.loop, e->lower_b, e->server, NULL, HANDSHAKE_MS);
	if (take_turns)
		tls_stream_take_turns(y, e->turns);
	stream_listen(x, ev, a);
	stream_listen(y, ev, b);
	set(a, x);
	set(b, y);
}

static struct stream_kit kit = MEM_KIT("tls over mem");

/* ---- a connection with chosen certificates ---- */

struct duo {
	struct env *env;
	struct end a, b; /* client, server */
};

static void duo_init(struct duo *d, const char *client_ca, const char *client, const char *server,
                     const char *name)
{
	*d = (struct duo){.env = env_new(client_ca, client, server, name)};
	end_init(&d->a);
	end_init(&d->b);
	connect_pair(d->env, &end_events, &d->a, &d->b, end_set);
}

static void duo_init_plain(struct duo *d)
{
	duo_init(d, plain.client_ca, plain.client, plain.server, plain.name);
}

/* Runs both to their end. */
static void run_out(struct duo *d)
{
	assert_true(run_until(d->env, end_is_closed, &d->a));
	assert_true(run_until(d->env, end_is_closed, &d->b));
}

static void duo_fini(struct duo *d)
{
	if (d->a.s)
		end_close(&d->a);
	if (d->b.s)
		end_close(&d->b);
	run_out(d);
	end_fini(&d->a);
	end_fini(&d->b);
	tear_down(d->env);
}

static void assert_refused(const struct end *e, enum err why, const char *words)
{
	if (e->why != why || !strstr(e->text, words))
		fail_msg("expected %s with '%s', got %s: %s", err_name(why), words, err_name(e->why),
		         e->text);
}

static void both_know_who_is_there(void **state)
{
	(void)state;
	struct duo d;
	duo_init_plain(&d);
	assert_true(run_until(d.env, end_is_open, &d.b));
	const struct stream_peer *server = stream_peer(d.a.s), *client = stream_peer(d.b.s);
	assert_true(server->tls && client->tls);
	assert_string_equal(server->tls_version, "TLSv1.3");
	assert_string_equal(server->address, "memory");
	assert_string_equal(server->subject, "CN=registry simulator,O=vnepp test");
	assert_string_equal(server->san_dns[0], "localhost");
	assert_string_equal(client->san_dns[0], "gateway.example");
	assert_int_equal(strlen(client->fingerprint), 64);
	assert_int_equal(strlen(client->spki_pin), 64);
	assert_string_equal(client->san_dns[1], "");
	duo_fini(&d);
}

static void partners_are_named_by_uri(void **state)
{
	(void)state;
	struct duo d;
	duo_init(&d, "ca", "anphat", "api", "127.0.0.1"); /* an address in the certificate is a name, too */
	assert_true(run_until(d.env, end_is_open, &d.b));
	assert_string_equal(stream_peer(d.b.s)->san_uri[0], "urn:vnepp:partner:anphat");
	assert_string_equal(stream_peer(d.b.s)->san_dns[0], "anphat.partner.example");
	duo_fini(&d);
}

static void a_wrong_name_is_refused(void **state)
{
	(void)state;
	static const char *const names[] = {"elsewhere.example", "127.0.0.2", "local.host",
	                                    "localhost.example"};
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct duo d;
		duo_init(&d, "ca", "gateway", "registry", names[i]);
		run_out(&d);
		assert_refused(&d.a, ERR_CERT, names[i]);
		assert_refused(&d.a, ERR_CERT, "CN=registry simulator");
		assert_refused(&d.b, ERR_CERT, "refuses our certificate");
		assert_int_equal(d.a.opened, 0);
		duo_fini(&d);
	}
}

static void an_unreadable_name_is_refused(void **state)
{
	(void)state;
	struct duo d;
	duo_init(&d, "ca", "gateway", "registry", "");
	run_out(&d);
	assert_refused(&d.a, ERR_INVALID, "no host name");
	duo_fini(&d);
}

/* The client refuses the server, whom it calls so, in these words; what the server hears of it, when it is asked for. */
static void client_refuses(const char *ca, const char *server, const char *name, const char *words,
                           const char *heard)
{
	struct duo d;
	duo_init(&d, ca, "gateway", server, name);
	run_out(&d);
	assert_refused(&d.a, ERR_CERT, words);
	if (heard)
		assert_refused(&d.b, ERR_CERT, heard);
	assert_true(d.a.opened == 0 && d.b.opened == 0);
	duo_fini(&d);
}

/* The server refuses a client with this certificate; what that one writes reaches nobody. */
static void server_refuses(const char *client, const char *words, const char *heard)
{
	struct duo d;
	duo_init(&d, "ca", client, "registry", "localhost");
	stream_write(d.a.s, STR("GET / HTTP/1.1\r\n\r\n"));
	run_out(&d);
	assert_refused(&d.b, ERR_CERT, words);
	assert_true(d.b.opened == 0 && buf_len(&d.b.got) == 0);
	assert_refused(&d.a, ERR_CERT, heard);
	duo_fini(&d);
}

static void an_unknown_authority_is_refused(void **state)
{
	(void)state;
	client_refuses("other-ca", "registry", "localhost", "unknown CA", "unknown CA");
}

static void an_expired_certificate_is_refused(void **state)
{
	(void)state;
	client_refuses("ca", "expired", "localhost", "has expired", "expired");
}

static void a_client_certificate_cannot_serve(void **state)
{
	(void)state;
	client_refuses("ca", "anphat", "anphat.partner.example", "purpose", NULL);
}

static void a_client_without_certificate_is_refused(void **state)
{
	(void)state;
	server_refuses(NULL, "no certificate", "requires a certificate of us");
}

static void a_client_of_a_stranger_is_refused(void **state)
{
	(void)state;
	server_refuses("stranger", "unknown CA", "unknown CA");
}

static void plain_text_is_told_from_tls(void **state)
{
	(void)state;
	struct env *e = set_up();
	struct end a, b;
	end_init(&a);
	end_init(&b);
	mem_net_pair(e->net, &e->lower_a, &e->lower_b);
	a.s = e->lower_a;
	stream_listen(a.s, &end_events, &a);
	b.s = tls_stream_new(&e->v.loop, e->lower_b, e->server, NULL, HANDSHAKE_MS);
	stream_listen(b.s, &end_events, &b);
	stream_write(a.s, STR("GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
	a.close_in_eof = true;
	assert_true(run_until(e, end_is_closed, &b));
	assert_refused(&b, ERR_PROTOCOL, "plain HTTP");
	assert_true(run_until(e, end_is_closed, &a));
	end_fini(&a);
	end_fini(&b);
	tear_down(e);
}

static void a_silent_peer_does_not_hold_the_handshake(void **state)
{
	(void)state;
	struct duo d;
	duo_init_plain(&d);
	mem_stream_stall(d.env->lower_b, true);
	uint64_t from = d.env->v.now_us;
	assert_true(run_until(d.env, end_is_closed, &d.a));
	assert_refused(&d.a, ERR_TIMEOUT, "while connecting");
	assert_int_equal(d.env->v.now_us - from, HANDSHAKE_MS * 1000);
	assert_true(run_until(d.env, end_is_closed, &d.b));
	duo_fini(&d);
}

static void an_end_without_farewell_is_not_clean(void **state)
{
	(void)state;
	struct duo d;
	duo_init_plain(&d);
	assert_true(run_until(d.env, end_is_open, &d.b));
	stream_write(d.a.s, STR("half a"));
	vloop_settle(&d.env->v);
	mem_stream_half_close(d.env->lower_a);
	assert_true(run_until(d.env, end_has_eof, &d.b));
	assert_true(d.b.eofs == 1 && !d.b.eof_clean);
	assert_true(str_eq(buf_str(&d.b.got), STR("half a")));
	assert_int_equal(d.b.closed, 0); /* that is for the owner */
	duo_fini(&d);
}

/* The connection breaks after every byte of the handshake and of the first data; nothing is delivered twice or late. */
static void a_break_at_every_byte_ends_both_once(void **state)
{
	(void)state;
	size_t opened = 0, complete = 0;
	for (uint64_t n = 0; n < 2600; n += n < 100 ? 1 : 11) {
		for (int side = 0; side < 2; side++) {
			struct duo d;
			duo_init_plain(&d);
			mem_stream_reset_after(side ? d.env->lower_b : d.env->lower_a, n);
			stream_write(d.a.s, STR("hello"));
			d.b.close_in_data = true;
			run_until(d.env, end_is_closed, &d.b);
			opened += d.a.opened;
			complete += buf_len(&d.b.got) == 5;
			assert_true(buf_len(&d.b.got) == 0 || buf_len(&d.b.got) == 5);
			duo_fini(&d);
		}
	}
	assert_true(opened > 0 && complete > 0);
}

/* The first data of the server comes with the last bytes of the handshake. */
static void a_greeting_in_the_handshake_is_read(void **state)
{
	(void)state;
	struct duo d;
	duo_init_plain(&d);
	stream_write(d.b.s, STR("greeting"));
	stream_write(d.a.s, STR("request"));
	assert_true(run_until(d.env, end_is_open, &d.b));
	vloop_settle(&d.env->v);
	assert_true(str_eq(buf_str(&d.a.got), STR("greeting")));
	assert_true(str_eq(buf_str(&d.b.got), STR("request")));
	duo_fini(&d);
}

static void small_writes_of_a_turn_share_a_record(void **state)
{
	(void)state;
	struct duo d;
	duo_init_plain(&d);
	assert_true(run_until(d.env, end_is_open, &d.b));
	vloop_settle(&d.env->v);
	uint64_t before = mem_stream_sent(d.env->lower_a);
	for (int i = 0; i < 100; i++)
		stream_write(d.a.s, STR("0123456789"));
	vloop_settle(&d.env->v);
	assert_int_equal(buf_len(&d.b.got), 1000);
	assert_true(mem_stream_sent(d.env->lower_a) - before <= 1000 + 2 * 29);
	duo_fini(&d);
}

#define CROWD 9

static void handshakes_take_turns(void **state)
{
	(void)state;
	struct env *e = set_up();
	struct end a[CROWD], b[CROWD], *leaver = &b[CROWD - 1];
	bool before = take_turns;
	take_turns = true;
	for (size_t i = 0; i < CROWD; i++) {
		end_init(&a[i]);
		end_init(&b[i]);
		connect_pair(e, &end_events, &a[i], &b[i], end_set);
	}
	while (tls_turns_waiting(e->turns) < CROWD / 2) /* they come faster than they are served */
		loop_turn(&e->v.loop);
	end_abort(leaver); /* who leaves waits no more */
	for (size_t i = 0; i + 1 < CROWD; i++)
		assert_true(run_until(e, end_is_open, &b[i]));
	assert_int_equal(tls_turns_waiting(e->turns), 0);
	assert_int_equal(leaver->opened, 0);
	for (size_t i = 0; i < CROWD; i++) {
		if (a[i].s)
			end_close(&a[i]);
		if (b[i].s && !b[i].quiet)
			end_close(&b[i]);
		assert_true(run_until(e, end_is_closed, &a[i]) && run_until(e, end_is_closed, &b[i]));
		end_fini(&a[i]);
		end_fini(&b[i]);
	}
	take_turns = before;
	tear_down(e);
}

#define OTHERS     60
#define FILE_BYTES (3u << 20)

struct other {
	struct tls_turn turn;
	struct duo *duo;
};

static void nothing(struct tls_turn *turn)
{
	(void)turn;
}

static void once_more(struct tls_turn *turn)
{
	struct other *o = CONTAINER_OF(turn, struct other, turn);
	if (!o->duo->b.opened && !o->duo->b.closed)
		tls_turns_take(o->duo->env->turns, turn);
}

/* A client has done its handshake when it has said its last word, and may send a file behind it at once. */
static void a_file_behind_the_handshake_waits_for_its_turn(void **state)
{
	(void)state;
	struct duo d;
	struct other others[OTHERS];
	char piece[1024] = "a line";
	duo_init_plain(&d);
	for (size_t i = 0; i < OTHERS; i++) {
		others[i] = (struct other){.turn = {.work = nothing, .back = once_more}, .duo = &d};
		tls_turns_take(d.env->turns, &others[i].turn);
	}
	assert_true(run_until(d.env, end_is_open, &d.a));
	for (size_t i = 0; i < FILE_BYTES / sizeof piece; i++)
		stream_write(d.a.s, str_make(piece, sizeof piece));
	vloop_settle(&d.env->v);
	assert_int_equal(d.b.opened, 1);
	assert_int_equal(buf_len(&d.b.got), FILE_BYTES);
	duo_fini(&d);
}

static void damaged_records_end_the_stream(void **state)
{
	(void)state;
	struct duo d;
	duo_init_plain(&d);
	assert_true(run_until(d.env, end_is_open, &d.b));
	vloop_settle(&d.env->v);
	/* Behind TLS's back: a record that nobody sealed. */
	stream_write(d.env->lower_a, STR("\x17\x03\x03\x00\x20"
	                                 "0123456789012345678901234567890123456789"));
	assert_true(run_until(d.env, end_is_closed, &d.b));
	assert_refused(&d.b, ERR_TLS, "TLS failure");
	assert_int_equal(buf_len(&d.b.got), 0);
	duo_fini(&d);
}

int main(void)
{
	static const struct {
		const char *name;
		struct mem_opts opts;
		bool turns;
	} variants[] = {
	    {"tls over mem, as written", {0}, false},
	    {"tls over mem, every byte alone", {.piece_max = 1}, false},
	    {"tls over mem, random pieces, small window",
	     {.piece_max = 3000, .latency_ms = 1, .window_bytes = 20000},
	     false},
	    {"tls over mem, handshakes in turns", {.piece_max = 3000, .latency_ms = 1}, true},
	};
	int failed = 0;
	for (size_t i = 0; i < ARRAY_LEN(variants); i++) {
		kit.name = variants[i].name;
		opts = variants[i].opts;
		take_turns = variants[i].turns;
		failed += stream_contract_run(&kit);
	}
	opts = (struct mem_opts){0};
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(both_know_who_is_there),
	    cmocka_unit_test(partners_are_named_by_uri),
	    cmocka_unit_test(a_wrong_name_is_refused),
	    cmocka_unit_test(an_unreadable_name_is_refused),
	    cmocka_unit_test(an_unknown_authority_is_refused),
	    cmocka_unit_test(an_expired_certificate_is_refused),
	    cmocka_unit_test(a_client_certificate_cannot_serve),
	    cmocka_unit_test(a_client_without_certificate_is_refused),
	    cmocka_unit_test(a_client_of_a_stranger_is_refused),
	    cmocka_unit_test(plain_text_is_told_from_tls),
	    cmocka_unit_test(a_silent_peer_does_not_hold_the_handshake),
	    cmocka_unit_test(an_end_without_farewell_is_not_clean),
	    cmocka_unit_test(a_break_at_every_byte_ends_both_once),
	    cmocka_unit_test(a_greeting_in_the_handshake_is_read),
	    cmocka_unit_test(small_writes_of_a_turn_share_a_record),
	    cmocka_unit_test(damaged_records_end_the_stream),
	    cmocka_unit_test(handshakes_take_turns),
	    cmocka_unit_test(a_file_behind_the_handshake_waits_for_its_turn),
	};
	take_turns = false;
	failed += cmocka_run_group_tests_name("tls", tests, NULL, NULL);
	take_turns = true;
	return failed + cmocka_run_group_tests_name("tls, in turns", tests, NULL, NULL);
}
