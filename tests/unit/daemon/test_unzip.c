/* gzip unpacked in pieces: the same bytes wherever the stream is cut; what is not whole or not right is told. */
#include "daemon/api/unzip.h"
#include "epp/base/rng.h"

#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/daemon/gzip_make.h"

enum ending { WHOLE, CUT, BROKEN };

/* Pushes `packed` in pieces; what it unpacks to is appended to `out` unless that is NULL. */
static enum ending unpack(struct str packed, size_t piece, struct buf *out, uint64_t *total)
{
	struct unzip *u = unzip_new();
	enum unzip_status status = UNZIP_MORE;
	struct str got;
	enum ending end;
	*total = 0;
	while (packed.len && status != UNZIP_BROKEN) {
		size_t n = packed.len < piece ? packed.len : piece;
		assert_true(unzip_push(u, str_make(packed.ptr, n)));
		packed = str_make(packed.ptr + n, packed.len - n);
		while ((status = unzip_next(u, &got)) == UNZIP_PIECE) {
			assert_true(got.len > 0 && got.len <= UNZIP_PIECE_MAX);
			*total += got.len;
			if (out)
				buf_add(out, got);
		}
	}
	assert_true((status == UNZIP_BROKEN) == (unzip_error(u) != NULL));
	end = status == UNZIP_BROKEN ? BROKEN : unzip_is_whole(u) ? WHOLE : CUT;
	unzip_free(u);
	return end;
}

/* Words that pack a little, and noise that does not. */
static void make_text(struct buf *b, size_t len)
{
	struct rng rng;
	rng_init_seed(&rng, len);
	buf_init(b, len + 64);
	while (buf_len(b) < len)
		buf_printf(b, "{\"ref\":\"r-%llx\"}\n", (unsigned long long)rng_below(&rng, 1ull << 60));
}

static void the_same_wherever_it_is_cut(void **state)
{
	static const size_t pieces[] = {1, 2, 7, 18, 1000, 16384, 65536, 1u << 22};
	struct buf text, packed, out;
	uint64_t total;
	(void)state;
	make_text(&text, 200000);
	buf_init(&packed, 1u << 22);
	buf_init(&out, 1u << 22);
	gzip_add(&packed, buf_str(&text));
	for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
		assert_int_equal(unpack(buf_str(&packed), pieces[i], &out, &total), WHOLE);
		assert_true(str_eq(buf_str(&out), buf_str(&text)));
		buf_reset(&out, 0);
	}
	buf_fini(&text);
	buf_fini(&packed);
	buf_fini(&out);
}

static void members_after_one_another_are_one(void **state)
{
	struct buf packed, out;
	uint64_t total;
	(void)state;
	buf_init(&packed, 1u << 22);
	buf_init(&out, 1u << 22);
	gzip_add(&packed, STR("one\n"));
	gzip_add(&packed, STR(""));
	gzip_add(&packed, STR("two\n"));
	for (size_t piece = 1; piece <= buf_len(&packed); piece++) {
		assert_int_equal(unpack(buf_str(&packed), piece, &out, &total), WHOLE);
		assert_true(str_eq(buf_str(&out), STR("one\ntwo\n")));
		buf_reset(&out, 0);
	}
	buf_fini(&packed);
	buf_fini(&out);
}

/* Cut anywhere but between its members, it is not whole; cut there, nobody can tell. */
static void every_cut_is_told(void **state)
{
	struct buf text, packed;
	uint64_t total;
	(void)state;
	make_text(&text, 3000);
	buf_init(&packed, 1u << 22);
	gzip_add(&packed, buf_str(&text));
	for (size_t len = 0; len < buf_len(&packed); len++)
		assert_int_equal(unpack(str_make(buf_data(&packed), len), 512, NULL, &total), CUT);
	buf_fini(&text);
	buf_fini(&packed);
}

/* Ten bytes of the head (time, system) mean nothing; from there on the check sum tells, or the length does. */
static void every_flipped_bit_is_told(void **state)
{
	struct buf text, packed, out;
	uint64_t total;
	(void)state;
	make_text(&text, 600);
	buf_init(&packed, 1u << 22);
	buf_init(&out, 1u << 22);
	gzip_add(&packed, buf_str(&text));
	for (size_t at = 0; at < buf_len(&packed) * 8; at++) {
		buf_data(&packed)[at / 8] ^= (char)(1 << at % 8);
		enum ending end = unpack(buf_str(&packed), 100, &out, &total);
		if (end == WHOLE)
			assert_true(at / 8 < 10 && str_eq(buf_str(&out), buf_str(&text)));
		buf_data(&packed)[at / 8] ^= (char)(1 << at % 8);
		buf_reset(&out, 0);
	}
	buf_fini(&text);
	buf_fini(&packed);
	buf_fini(&out);
}

static void what_is_no_gzip_is_told(void **state)
{
	static const char *const texts[] = {"{\"ref\":\"a\"}\n", "\x1f\x8b\x07\x01", "x\x9c\x03",
	                                    "PK\x03\x04", "\x1f\x8c"};
	struct buf packed;
	uint64_t total;
	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		assert_int_equal(unpack(str_c(texts[i]), 1, NULL, &total), BROKEN);
	buf_init(&packed, 4096);
	gzip_add(&packed, STR("good\n"));
	buf_lit(&packed, "and more");
	assert_int_equal(unpack(buf_str(&packed), 4096, NULL, &total), BROKEN);
	assert_int_equal(total, 5);
	buf_fini(&packed);
}

static void a_bomb_costs_no_memory(void **state)
{
	struct buf packed;
	uint64_t total;
	(void)state;
	buf_init(&packed, 1u << 22);
	gzip_add_bomb(&packed, '\n', 512u << 20);
	assert_true(buf_len(&packed) < (1u << 20));
	size_t before = mallinfo2().uordblks;
	assert_int_equal(unpack(buf_str(&packed), 65536, NULL, &total), WHOLE);
	assert_int_equal(total, 512u << 20);
	struct unzip *u = unzip_new();
	assert_true(unzip_push(u, buf_str(&packed)));
	struct str piece;
	for (int i = 0; i < 1000; i++)
		assert_int_equal(unzip_next(u, &piece), UNZIP_PIECE);
	assert_true(mallinfo2().uordblks - before < buf_len(&packed) * 2 + (128u << 10));
	unzip_free(u);
	buf_fini(&packed);
}

static void more_than_may_be_held_is_refused(void **state)
{
	static char much[UNZIP_HELD_MAX];
	struct unzip *u = unzip_new();
	(void)state;
	assert_true(unzip_push(u, str_make(much, sizeof much)));
	assert_false(unzip_push(u, STR("x")));
	unzip_free(u);
	unzip_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_same_wherever_it_is_cut),
	    cmocka_unit_test(members_after_one_another_are_one),
	    cmocka_unit_test(every_cut_is_told),
	    cmocka_unit_test(every_flipped_bit_is_told),
	    cmocka_unit_test(what_is_no_gzip_is_told),
	    cmocka_unit_test(a_bomb_costs_no_memory),
	    cmocka_unit_test(more_than_may_be_held_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
