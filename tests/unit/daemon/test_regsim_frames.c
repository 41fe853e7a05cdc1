/* The registry simulator's framing, damaged frames, and the stream under it. */
#include "daemon/net/stream.h"
#include "epp/base/rng.h"
#include "tests/harness/mem_stream.h"
#include "tests/regsim/regsim_stream.h"
#include "tests/unit/daemon/regsim_fault_world.h"

static void test_frames_cut_and_joined(void **state)
{
	(void)state;
	struct world w;
	struct buf all;
	open_world(&w);
	buf_init(&all, 1u << 20);
	regsim_client_frame(&all, CREATE("j1.id.vn", "J-001"));
	regsim_client_frame(&all, CREATE("j2.id.vn", "J-002"));
	regsim_client_frame(&all, INFO("j1.id.vn", "J-003"));
	size_t sends = w.c.sends;
	regsim_client_send_raw(&w.c, buf_data(&all), buf_len(&all));
	assert_int_equal(w.c.sends, sends + 1);
	for (int i = 1; i <= 3; i++)
		assert_int_equal(take_code(&w, 0), 1000);
	for (size_t i = 0; i < buf_len(&all); i++)
		regsim_client_send_raw(&w.c, buf_data(&all) + i, 1);
	assert_int_equal(take_code(&w, 0), 2302);
	assert_int_equal(take_code(&w, 0), 2302);
	assert_int_equal(take_code(&w, 0), 1000);
	for (size_t cut = 1; cut < buf_len(&all); cut++) {
		regsim_client_send_raw(&w.c, buf_data(&all), cut);
		regsim_client_send_raw(&w.c, buf_data(&all) + cut, buf_len(&all) - cut);
		for (int i = 1; i <= 3; i++)
			assert_non_null(regsim_client_take(&w.c, 0));
	}
	buf_fini(&all);
	close_world(&w);
}

static void test_bad_frame_headers(void **state)
{
	(void)state;
	static const unsigned char headers[][8] = {
	    {0, 0, 0, 0}, {0, 0, 0, 4}, {0, 0x20, 0, 0}, {'G', 'E', 'T', ' '}};
	for (size_t i = 0; i < 4; i++) {
		struct world w;
		open_world(&w);
		regsim_client_send(&w.c, POLL("OK-01"));
		regsim_client_send_raw(&w.c, headers[i], 8);
		assert_int_equal(take_code(&w, 0), 1300);
		assert_true(w.c.closed);
		assert_int_equal(regsim_stats(w.sim)->frames_bad, 1);
		regsim_client_send(&w.c, CREATE("f.id.vn", "NO-01")); /* nobody listens any more */
		assert_false(exists(&w, "f.id.vn"));
		close_world(&w);
	}
	struct world w;
	struct regsim_options o = options();
	open_sim(&w, &o);
	connect_to(&w);
	regsim_client_send_raw(&w.c, "\0\1\0\1", 4); /* 65,537 bytes before log-in */
	assert_true(w.c.closed || (regsim_client_take(&w.c, 0) && w.c.closed));
	close_world(&w);
}

/* Damaged frames get an answer, whatever is in them, and the session goes on. */
static void test_mutations(void **state)
{
	(void)state;
	struct world w;
	struct rng rng;
	char xml[1024];
	open_world(&w);
	rng_init_seed(&rng, 42);
	for (int round = 0; round < 20000; round++) {
		snprintf(xml, sizeof xml, "%s", CREATE("mutant.id.vn", "MUT-1"));
		size_t len = strlen(xml);
		for (uint64_t n = 1 + rng_below(&rng, 4); n > 0; n--) {
			size_t at = rng_below(&rng, len), from = rng_below(&rng, len),
			       size = 1 + rng_below(&rng, 20);
			if (rng_below(&rng, 2))
				xml[at] = (char)(1 + rng_below(&rng, 255));
			else if (at + size < len && from + size < len)
				memmove(xml + at, xml + from, size);
		}
		const char *a = regsim_client_ask(&w.c, xml);
		if (!a || !regsim_client_code(a))
			fail_msg("round %d: no answer to %s", round, xml);
		assert_false(w.c.closed);
	}
	close_world(&w);
}

/* The registry keeps its objects while all connections go. */
static void test_restart_keeps_objects(void **state)
{
	(void)state;
	struct world w;
	open_world(&w);
	assert_int_equal(regsim_client_ask_code(&w.c, CREATE("keep.id.vn", "K-001")), 1000);
	regsim_drop_all(w.sim);
	assert_true(w.c.closed && w.c.aborted);
	assert_int_equal(regsim_stats(w.sim)->sessions_now, 0);
	reconnect(&w);
	log_in(&w);
	assert_int_equal(regsim_client_ask_code(&w.c, CREATE("keep.id.vn", "K-002")), 2302);
	close_world(&w);
}

/* ---- on a stream ---- */

struct peer {
	struct stream *s;
	struct buf in;
	bool eof;
};

static void peer_data(void *arg, struct str data)
{
	buf_add(&((struct peer *)arg)->in, data);
}

static void peer_eof(void *arg, bool clean)
{
	struct peer *p = arg;
	(void)clean;
	p->eof = true;
	stream_close(p->s);
}

static void peer_closed(void *arg, enum err why, const char *text)
{
	struct peer *p = arg;
	(void)why, (void)text;
	p->s = NULL;
}

static void write_frame(struct peer *p, const char *xml)
{
	regsim_client_frame(stream_out(p->s), xml);
	stream_flush(p->s);
}

static void test_stream(void **state)
{
	(void)state;
	static const struct stream_events events = {.on_data = peer_data,
	                                            .on_eof = peer_eof,
	                                            .on_closed = peer_closed};
	struct world w;
	struct peer p = {0};
	struct stream *theirs;
	struct regsim_options o = options();
	struct mem_opts opts = {.latency_ms = 5, .piece_max = 7};
	open_sim(&w, &o);
	struct mem_net *net = mem_net_new(&w.loop.loop, &opts, 3);
	mem_net_pair(net, &p.s, &theirs);
	buf_init(&p.in, 64u << 20);
	stream_listen(p.s, &events, &p);
	regsim_serve_stream(w.sim, theirs);
	vloop_run_for(&w.loop, 100);
	assert_true(buf_len(&p.in) > 100);
	buf_clear(&p.in);
	write_frame(&p, REGSIM_CMD("<login><clID>reg-a</clID><pw>pass-a1</pw><options><version>1.0</"
	                           "version><lang>en</lang></options>"
	                           "<svcs><objURI>urn:ietf:params:xml:ns:domain-1.0</objURI></svcs></login>",
	                           "L-001"));
	for (int i = 0; i < 200; i++)
		write_frame(&p, POLL("S-001"));
	write_frame(&p, REGSIM_CMD("<logout/>", "Q-001"));
	vloop_run_for(&w.loop, 20000);
	assert_null(p.s);
	assert_true(p.eof);
	assert_int_equal(regsim_code_count(w.sim, 1300), 200);
	assert_non_null(strstr(buf_cstr(&p.in) + buf_len(&p.in) - 100, "Q-001"));
	assert_int_equal(mem_net_open(net), 0);
	assert_int_equal(regsim_stats(w.sim)->connections_now, 0);

	mem_net_pair(net, &p.s, &theirs); /* dropped by the registry, and one that never opens */
	stream_listen(p.s, &events, &p);
	regsim_serve_stream(w.sim, theirs);
	vloop_run_for(&w.loop, 100);
	regsim_drop_all(w.sim);
	mem_net_set_opts(net, &(struct mem_opts){.latency_ms = 50});
	vloop_run_for(&w.loop, 20000);
	assert_null(p.s);
	mem_net_pair(net, &p.s, &theirs);
	stream_listen(p.s, &events, &p);
	regsim_serve_stream(w.sim, theirs);
	stream_abort(p.s);
	vloop_run_for(&w.loop, 20000);
	assert_int_equal(mem_net_open(net), 0);
	buf_fini(&p.in);
	mem_net_free(net);
	regsim_free(w.sim);
	vloop_fini(&w.loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_frames_cut_and_joined),
	    cmocka_unit_test(test_bad_frame_headers),
	    cmocka_unit_test(test_mutations),
	    cmocka_unit_test(test_restart_keeps_objects),
	    cmocka_unit_test(test_stream),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
