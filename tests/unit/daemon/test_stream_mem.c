/* Streams in memory: the contract, with bytes as written and split, and the faults that only they have. */
#include "epp/base/alloc.h"
#include "tests/harness/mem_kit.h"
#include "tests/harness/stream_end.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

struct env {
	struct vloop v; /* the first: see mem_kit.h */
	struct mem_net *net;
};

static struct mem_opts opts;

static void *set_up(void)
{
	struct env *e = xcalloc(1, sizeof *e);
	vloop_init(&e->v, 0);
	e->net = mem_net_new(&e->v.loop, &opts, 1);
	return e;
}

static void tear_down(void *env)
{
	struct env *e = env;
	vloop_settle(&e->v);
	mem_net_free(e->net);
	vloop_fini(&e->v);
	free(e);
}

static void connect_pair(void *env, const struct stream_events *ev, void *a, void *b,
                         void (*set)(void *end, struct stream *s))
{
	struct env *e = env;
	struct stream *x, *y;
	mem_net_pair(e->net, &x, &y);
	stream_listen(x, ev, a);
	stream_listen(y, ev, b);
	set(a, x);
	set(b, y);
}

static struct stream_kit kit = MEM_KIT("mem");

/* ---- connecting by name, and faults ---- */

struct world {
	struct env *env;
	struct end a, b;
};

static void on_stream(void *arg, struct stream *s)
{
	struct world *w = arg;
	stream_listen(s, &end_events, &w->b);
	w->b.s = s;
}

static void world_init(struct world *w)
{
	opts = (struct mem_opts){.latency_ms = 10};
	*w = (struct world){.env = set_up()};
	end_init(&w->a);
	end_init(&w->b);
}

static void world_dial(struct world *w, const char *host, uint64_t timeout_ms)
{
	struct mem_dialer d;
	mem_dialer_init(&d, w->env->net, "client");
	d.identity.tls = true;
	d.identity.subject[0] = 'X';
	struct dial_target t = {.host = host, .port = 700, .timeout_ms = timeout_ms};
	w->a.s = d.dialer.dial(&d.dialer, &t);
	stream_listen(w->a.s, &end_events, &w->a);
}

static void world_fini(struct world *w)
{
	if (w->a.s)
		end_close(&w->a);
	if (w->b.s)
		end_close(&w->b);
	assert_true(vloop_run_until(&w->env->v, NULL, NULL, 60000));
	end_fini(&w->a);
	end_fini(&w->b);
	tear_down(w->env);
}

static void dials_by_name_and_shows_the_identity(void **state)
{
	(void)state;
	struct world w;
	world_init(&w);
	mem_net_listen(w.env->net, "server", "registry.example", 700, on_stream, &w);
	world_dial(&w, "registry.example", 1000);
	uint64_t from = w.env->v.now_us;
	assert_true(run_until(w.env, end_is_open, &w.a));
	assert_int_equal(w.env->v.now_us - from, 20000);
	assert_int_equal(stream_peer(w.b.s)->subject[0], 'X');
	world_fini(&w);
}

static void refuses_when_nobody_listens(void **state)
{
	(void)state;
	struct world w;
	world_init(&w);
	world_dial(&w, "registry.example", 1000);
	assert_true(run_until(w.env, end_is_closed, &w.a));
	assert_int_equal(w.a.why, ERR_CONNECT);
	mem_net_listen(w.env->net, "server", "registry.example", 700, NULL, NULL);
	w.a.closed = 0;
	uint64_t from = w.env->v.now_us;
	world_dial(&w, "registry.example", 1000);
	assert_true(run_until(w.env, end_is_closed, &w.a));
	assert_int_equal(w.a.why, ERR_TIMEOUT);
	assert_int_equal(w.env->v.now_us - from, 1000000);
	mem_net_unlisten(w.env->net, "registry.example", 700);
	world_fini(&w);
}

static void open_world(struct world *w)
{
	world_init(w);
	mem_net_listen(w->env->net, "server", "registry.example", 700, on_stream, w);
	world_dial(w, "registry.example", 1000);
	assert_true(run_until(w->env, end_is_open, &w->a));
}

static void crash_frees_silently_and_resets_the_peer(void **state)
{
	(void)state;
	struct world w;
	open_world(&w);
	stream_write(w.b.s, STR("flushed"));
	vloop_settle(&w.env->v);
	stream_write(w.b.s, STR("not flushed"));
	mem_net_crash(w.env->net, "server");
	w.b.s = NULL;
	assert_true(run_until(w.env, end_is_closed, &w.a));
	assert_true(str_eq(buf_str(&w.a.got), STR("flushed")));
	assert_true(w.a.why == ERR_TRUNCATED && w.a.eofs == 1 && !w.a.eof_clean);
	assert_int_equal(w.b.closed, 0);
	assert_int_equal(mem_net_open(w.env->net), 0);
	world_fini(&w);
}

static void breaks_after_the_nth_byte(void **state)
{
	(void)state;
	for (uint64_t n = 0; n <= 6; n++) {
		struct world w;
		open_world(&w);
		mem_stream_reset_after(w.a.s, n);
		stream_write(w.a.s, STR("abcdef"));
		assert_true(run_until(w.env, end_is_closed, &w.b));
		assert_int_equal(buf_len(&w.b.got), n);
		assert_false(w.b.eof_clean);
		assert_int_equal(w.b.why, ERR_TRUNCATED);
		assert_true(run_until(w.env, end_is_closed, &w.a));
		world_fini(&w);
	}
}

static void half_close_and_stall(void **state)
{
	(void)state;
	struct world w;
	open_world(&w);
	mem_stream_stall(w.a.s, true);
	stream_write(w.a.s, STR("abc"));
	vloop_run_for(&w.env->v, 5000);
	assert_int_equal(buf_len(&w.b.got), 0);
	mem_stream_stall(w.a.s, false);
	mem_stream_half_close(w.a.s);
	assert_true(run_until(w.env, end_has_eof, &w.b));
	assert_true(w.b.eof_clean && buf_len(&w.b.got) == 3);
	assert_int_equal(mem_stream_sent(w.a.s), 3);
	stream_write(w.b.s, STR("still here"));
	vloop_run_for(&w.env->v, 100);
	assert_int_equal(buf_len(&w.a.got), 10);
	world_fini(&w);
}

int main(void)
{
	static const struct {
		const char *name;
		struct mem_opts opts;
	} variants[] = {
	    {"mem, as written", {0}},
	    {"mem, latency and jitter", {.latency_ms = 15, .jitter_ms = 20}},
	    {"mem, every byte alone", {.piece_max = 1, .latency_ms = 1}},
	    {"mem, random pieces, small window", {.piece_max = 700, .latency_ms = 1, .window_bytes = 8192}},
	};
	int failed = 0;
	for (size_t i = 0; i < ARRAY_LEN(variants); i++) {
		kit.name = variants[i].name;
		opts = variants[i].opts;
		failed += stream_contract_run(&kit);
	}
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(dials_by_name_and_shows_the_identity),
	    cmocka_unit_test(refuses_when_nobody_listens),
	    cmocka_unit_test(crash_frees_silently_and_resets_the_peer),
	    cmocka_unit_test(breaks_after_the_nth_byte),
	    cmocka_unit_test(half_close_and_stall),
	};
	return failed + cmocka_run_group_tests_name("mem faults", tests, NULL, NULL);
}
