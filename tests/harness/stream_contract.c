/* The contract suite of streams. */
#include "tests/harness/stream_contract.h"
#include "daemon/core/loop.h"
#include "epp/base/alloc.h"
#include "tests/harness/stream_end.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

static const struct stream_kit *kit;

/* ---- a pair ---- */

struct pair {
	void *env;
	struct end a, b;
	size_t want; /* bytes that `b` shall have */
};

static bool run(struct pair *p, bool (*pred)(void *arg), void *arg)
{
	return kit->run_until(p->env, pred, arg);
}

static bool b_is_there(void *arg)
{
	const struct pair *p = arg;
	return p->b.s || p->a.closed;
}

static bool both_open(void *arg)
{
	const struct pair *p = arg;
	return p->a.opened && p->b.opened;
}

static bool both_closed(void *arg)
{
	const struct pair *p = arg;
	return p->a.closed && (p->b.closed || !p->b.s);
}

static bool b_has_all(void *arg)
{
	const struct pair *p = arg;
	return buf_len(&p->b.got) >= p->want;
}

static bool a_has_all(void *arg)
{
	const struct pair *p = arg;
	return buf_len(&p->a.got) >= p->want;
}

static void pair_init(struct pair *p)
{
	*p = (struct pair){.env = kit->set_up()};
	end_init(&p->a);
	end_init(&p->b);
	kit->connect(p->env, &end_events, &p->a, &p->b, end_set);
}

static void pair_open(struct pair *p)
{
	pair_init(p);
	assert_true(run(p, both_open, p));
}

/* Closes what is still open, and sees everything gone. */
static void pair_fini(struct pair *p)
{
	if (p->a.s)
		end_close(&p->a);
	if (p->b.s)
		end_close(&p->b);
	assert_true(run(p, both_closed, p));
	end_fini(&p->a);
	end_fini(&p->b);
	kit->tear_down(p->env);
}

/* Byte i of the test pattern; its period has no small factor in common with buffer sizes. */
static char pattern(size_t i)
{
	return (char)((i * 131 + (i >> 8) * 7) % 251);
}

static void write_pattern(struct stream *s, size_t from, size_t len)
{
	struct buf *out = stream_out(s);
	char *at = buf_reserve(out, len);
	for (size_t i = 0; at && i < len; i++)
		at[i] = pattern(from + i);
	if (at)
		buf_commit(out, len);
	stream_flush(s);
}

static void assert_pattern(const struct buf *got, size_t len)
{
	struct str s = buf_str(got);
	assert_int_equal(s.len, len);
	for (size_t i = 0; i < len; i++)
		if (s.ptr[i] != pattern(i))
			fail_msg("byte %zu of %zu is wrong", i, len);
}

/* ---- opening, reading, writing ---- */

static void opens_once_on_both_sides(void **state)
{
	(void)state;
	struct pair p;
	pair_open(&p);
	assert_true(stream_peer(p.a.s)->address[0] && stream_peer(p.b.s)->address[0]);
	pair_fini(&p);
	assert_int_equal(p.a.why, OK);
	assert_int_equal(p.b.why, OK);
}

static void carries_bytes_written_before_open(void **state)
{
	(void)state;
	struct pair p;
	pair_init(&p);
	write_pattern(p.a.s, 0, 1000);
	p.want = 1000;
	assert_true(run(&p, b_has_all, &p));
	assert_pattern(&p.b.got, 1000);
	pair_fini(&p);
}

static void carries_bytes_both_ways_in_order(void **state)
{
	(void)state;
	static const size_t sizes[] = {1, 2, 3, 5, 100, 1024, 4095, 16384, 16385, 40000, 100000};
	struct pair p;
	pair_open(&p);
	p.b.echo = true;
	size_t at = 0;
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		write_pattern(p.a.s, at, sizes[i]);
		at += sizes[i];
		p.want = at;
		if (i % 2)
			assert_true(run(&p, a_has_all, &p));
	}
	assert_true(run(&p, a_has_all, &p));
	assert_pattern(&p.a.got, at);
	assert_pattern(&p.b.got, at);
	pair_fini(&p);
}

static void carries_many_small_frames(void **state)
{
	(void)state;
	struct pair p;
	pair_open(&p);
	size_t at = 0;
	for (int round = 0; round < 20; round++) {
		for (int i = 0; i < 100; i++, at += 37)
			write_pattern(p.a.s, at, 37);
		p.want = at;
		assert_true(run(&p, b_has_all, &p));
	}
	assert_pattern(&p.b.got, at);
	pair_fini(&p);
}

/* ---- pausing and water marks ---- */

static void paused_side_gets_nothing_until_resumed(void **state)
{
	(void)state;
	struct pair p;
	pair_open(&p);
	stream_pause(p.b.s);
	write_pattern(p.a.s, 0, 50000);
	for (int i = 0; i < 50; i++) {
		stream_flush(p.a.s);
		kit->turn(p.env);
	}
	assert_int_equal(buf_len(&p.b.got), 0);
	stream_resume(p.b.s);
	p.want = 50000;
	assert_true(run(&p, b_has_all, &p));
	assert_pattern(&p.b.got, 50000);
	pair_fini(&p);
}

static bool b_has_some(void *arg)
{
	const struct pair *p = arg;
	return buf_len(&p->b.got) > 0;
}

static void pausing_inside_on_data_holds_the_rest_back(void **state)
{
	(void)state;
	struct pair p;
	pair_open(&p);
	p.b.pause_in_data = true;
	write_pattern(p.a.s, 0, 300000);
	size_t had = 0;
	while (had < 300000) {
		assert_true(run(&p, b_has_some, &p));
		p.want = had + 1;
		assert_true(run(&p, b_has_all, &p));
		had = buf_len(&p.b.got);
		stream_resume(p.b.s);
	}
	assert_pattern(&p.b.got, 300000);
	pair_fini(&p);
}

static bool a_drained(void *arg)
{
	const struct pair *p = arg;
	return p->a.drained > 0;
}

static void drain_follows_a_full_queue(void **state)
{
	(void)state;
	struct pair p;
	pair_open(&p);
	size_t len = 3u << 20;
	write_pattern(p.a.s, 0, len);
	assert_true(stream_queued(p.a.s) >= STREAM_HIGH_WATER);
	assert_int_equal(p.a.drained, 0);
	p.want = len;
	assert_true(run(&p, a_drained, &p));
	assert_true(run(&p, b_has_all, &p));
	assert_pattern(&p.b.got, len);
	assert_int_equal(p.a.drained, 1);
	pair_fini(&p);
}

static void peer_that_never_reads_is_dropped(void **state)
{
	(void)state;
	struct pair p;
	pair_open(&p);
	stream_pause(p.b.s);
	for (int i = 0; i < 100 && p.a.s; i++) {
		write_pattern(p.a.s, 0, 1u << 20);
		kit->turn(p.env);
		kit->turn(p.env);
	}
	assert_int_equal(p.a.closed, 1);
	assert_int_equal(p.a.why, ERR_FULL);
	pair_fini(&p);
}

static void one_huge_append_is_refused(void **state)
{
	(void)state;
	struct pair p;
	pair_open(&p);
	write_pattern(p.a.s, 0, STREAM_MAX_QUEUED + 1);
	assert_true(run(&p, end_is_closed, &p.a));
	assert_int_equal(p.a.why, ERR_FULL);
	pair_fini(&p);
}

/* ---- the end ---- */

static void close_flushes_what_is_queued(void **state)
{
	(void)state;
	struct pair p;
	pair_open(&p);
	size_t len = 1u << 20;
	p.b.close_in_eof = true;
	write_pattern(p.a.s, 0, len);
	end_close(&p.a);
	end_close(&p.a);
	write_pattern(p.a.s, 0, 100); /* vanishes */
	assert_true(run(&p, both_closed, &p));
	assert_pattern(&p.b.got, len);
	assert_true(p.b.eofs == 1 && p.b.eof_clean);
	assert_int_equal(p.a.why, OK);
	assert_int_equal(p.b.why, OK);
	pair_fini(&p);
}

static void close_while_paused_ends(void **state)
{
	(void)state;
	struct pair p;
	pair_open(&p);
	stream_pause(p.a.s);
	write_pattern(p.b.s, 0, 200000);
	p.b.close_in_eof = true;
	end_close(&p.a);
	assert_true(run(&p, both_closed, &p));
	assert_int_equal(p.a.why, OK);
	pair_fini(&p);
}

static void close_before_open_gives_up(void **state)
{
	(void)state;
	struct pair p;
	pair_init(&p);
	write_pattern(p.a.s, 0, 10);
	end_close(&p.a);
	assert_int_equal(p.a.closed, 0); /* never from inside */
	assert_true(run(&p, both_closed, &p));
	assert_true(p.a.opened == 0 && p.a.why == ERR_CANCELED);
	pair_fini(&p);
}

static void abort_before_open_gives_up(void **state)
{
	(void)state;
	struct pair p;
	pair_init(&p);
	assert_true(run(&p, b_is_there, &p));
	end_abort(&p.a);
	assert_int_equal(p.a.closed, 0);
	assert_true(run(&p, both_closed, &p));
	assert_int_equal(p.a.why, ERR_CANCELED);
	pair_fini(&p);
}

static void close_in_on_open(void **state)
{
	(void)state;
	struct pair p;
	pair_init(&p);
	p.a.close_in_open = true;
	p.b.close_in_eof = true;
	assert_true(run(&p, both_closed, &p));
	assert_int_equal(p.a.why, OK);
	pair_fini(&p);
}

static void abort_in_on_open(void **state)
{
	(void)state;
	struct pair p;
	pair_init(&p);
	p.b.abort_in_open = true;
	p.a.close_in_eof = true;
	assert_true(run(&p, end_is_closed, &p.b));
	assert_int_equal(p.b.why, ERR_CANCELED);
	pair_fini(&p);
}

static void close_in_on_data(void **state)
{
	(void)state;
	struct pair p;
	pair_open(&p);
	p.b.close_in_data = true;
	p.a.close_in_eof = true;
	write_pattern(p.a.s, 0, 100000);
	assert_true(run(&p, both_closed, &p));
	assert_int_equal(p.b.why, OK);
	pair_fini(&p);
}

static void abort_in_on_data(void **state)
{
	(void)state;
	struct pair p;
	pair_open(&p);
	p.b.abort_in_data = true;
	p.a.close_in_eof = true;
	write_pattern(p.a.s, 0, 100000);
	assert_true(run(&p, end_is_closed, &p.b));
	assert_int_equal(p.b.why, ERR_CANCELED);
	assert_true(run(&p, end_has_eof, &p.a));
	pair_fini(&p);
}

static void both_close_at_once(void **state)
{
	(void)state;
	struct pair p;
	pair_open(&p);
	end_close(&p.a);
	end_close(&p.b);
	assert_true(run(&p, both_closed, &p));
	assert_int_equal(p.a.why, OK);
	assert_int_equal(p.b.why, OK);
	pair_fini(&p);
}

static void abort_overtakes_close(void **state)
{
	(void)state;
	struct pair p;
	pair_open(&p);
	write_pattern(p.a.s, 0, 100);
	end_close(&p.a);
	end_abort(&p.a);
	end_abort(&p.a);
	assert_true(run(&p, end_is_closed, &p.a));
	assert_int_equal(p.a.why, ERR_CANCELED);
	pair_fini(&p);
}

static void abort_is_no_orderly_end_for_the_peer(void **state)
{
	(void)state;
	struct pair p;
	pair_open(&p);
	write_pattern(p.a.s, 0, 10);
	p.want = 10;
	assert_true(run(&p, b_has_all, &p));
	end_abort(&p.a);
	assert_true(run(&p, end_has_eof, &p.b));
	if (kit->abort_is_seen) {
		assert_false(p.b.eofs && p.b.eof_clean);
		if (p.b.closed)
			assert_int_equal(p.b.why, ERR_TRUNCATED);
	}
	pair_fini(&p);
}

static void writing_goes_on_after_eof(void **state)
{
	(void)state;
	struct pair p;
	pair_open(&p);
	end_close(&p.a);
	assert_true(run(&p, end_has_eof, &p.b));
	assert_true(p.b.eof_clean);
	if (p.b.s)
		write_pattern(p.b.s, 0, 100);
	pair_fini(&p);
}

static void peer_that_does_not_read_cannot_hold_a_close_up(void **state)
{
	(void)state;
	struct pair p;
	pair_open(&p);
	stream_pause(p.b.s);
	write_pattern(p.a.s, 0, 12u << 20);
	end_close(&p.a);
	assert_true(run(&p, end_is_closed, &p.a));
	assert_int_equal(p.a.why, ERR_TIMEOUT);
	pair_fini(&p);
}

int stream_contract_run(const struct stream_kit *k)
{
	kit = k;
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(opens_once_on_both_sides),
	    cmocka_unit_test(carries_bytes_written_before_open),
	    cmocka_unit_test(carries_bytes_both_ways_in_order),
	    cmocka_unit_test(carries_many_small_frames),
	    cmocka_unit_test(paused_side_gets_nothing_until_resumed),
	    cmocka_unit_test(pausing_inside_on_data_holds_the_rest_back),
	    cmocka_unit_test(drain_follows_a_full_queue),
	    cmocka_unit_test(peer_that_never_reads_is_dropped),
	    cmocka_unit_test(one_huge_append_is_refused),
	    cmocka_unit_test(close_flushes_what_is_queued),
	    cmocka_unit_test(close_while_paused_ends),
	    cmocka_unit_test(close_before_open_gives_up),
	    cmocka_unit_test(abort_before_open_gives_up),
	    cmocka_unit_test(close_in_on_open),
	    cmocka_unit_test(abort_in_on_open),
	    cmocka_unit_test(close_in_on_data),
	    cmocka_unit_test(abort_in_on_data),
	    cmocka_unit_test(both_close_at_once),
	    cmocka_unit_test(abort_overtakes_close),
	    cmocka_unit_test(abort_is_no_orderly_end_for_the_peer),
	    cmocka_unit_test(writing_goes_on_after_eof),
	    cmocka_unit_test(peer_that_does_not_read_cannot_hold_a_close_up),
	};
	return cmocka_run_group_tests_name(k->name, tests, NULL, NULL);
}
