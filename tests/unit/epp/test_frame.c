/* Framing: every split, every bad length, builders that run out of room. */
#include "epp/frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>

#define CAP EPP_FRAME_MAX_BEFORE_LOGIN

static void put_length(unsigned char *p, uint32_t len)
{
	p[0] = (unsigned char)(len >> 24);
	p[1] = (unsigned char)(len >> 16);
	p[2] = (unsigned char)(len >> 8);
	p[3] = (unsigned char)len;
}

/* The bytes in memory of exactly their size, so that a read past them is seen. */
static enum err next(const void *bytes, size_t len, size_t cap, struct str *payload, size_t *used)
{
	char *copy = malloc(len ? len : 1);
	memcpy(copy, bytes, len);
	enum err err = epp_frame_next(str_make(copy, len), cap, payload, used);
	if (payload->ptr)
		payload->ptr = (const char *)bytes + (payload->ptr - copy);
	free(copy);
	return err;
}

static void frame_comes_whole_at_every_split(void **state)
{
	static const char two[] = "\0\0\0\x08"
	                          "abcd"
	                          "\0\0\0\x06"
	                          "xy";
	struct str payload;
	size_t used;
	(void)state;
	for (size_t have = 0; have < sizeof(two); have++) {
		enum err err = next(two, have, CAP, &payload, &used);
		assert_int_equal(err, have < 8 ? ERR_AGAIN : OK);
		assert_int_equal(used, have < 8 ? 0 : 8);
		if (err == OK)
			assert_true(str_eq_c(payload, "abcd"));
	}
	assert_int_equal(next(two + 8, sizeof(two) - 9, CAP, &payload, &used), OK);
	assert_true(str_eq_c(payload, "xy"));
	assert_int_equal(used, 6);
}

static void bad_lengths_are_refused_at_once(void **state)
{
	static const uint32_t bad[] = {0,       1,          2,          3,          4,
	                               CAP + 1, 0x7fffffff, 0x80000000, 0xfffffffb, 0xffffffff};
	unsigned char head[4];
	struct str payload;
	size_t used;
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		put_length(head, bad[i]);
		assert_int_equal(next(head, 4, CAP, &payload, &used), ERR_FRAME);
		assert_int_equal(used, 0);
		assert_int_equal(next(head, 3, CAP, &payload, &used), ERR_AGAIN);
	}
	put_length(head, CAP);
	assert_int_equal(next(head, 4, CAP, &payload, &used), ERR_AGAIN);
	put_length(head, 5);
	assert_int_equal(next(head, 4, CAP, &payload, &used), ERR_AGAIN);
	assert_int_equal(next("\0\0\0\5x", 5, CAP, &payload, &used), OK);
	assert_int_equal(payload.len, 1);
}

static void unframed_text_is_told(void **state)
{
	struct str text;
	(void)state;
	assert_true(epp_frame_is_text(STR("Your IP address is not allowed\r\n"), &text));
	assert_int_equal(text.len, 32);
	assert_true(epp_frame_is_text(STR("HTTP/1.1 400 Bad Request\n\0junk"), &text));
	assert_true(str_eq_c(text, "HTTP/1.1 400 Bad Request\n"));
	assert_false(epp_frame_is_text(str_make("\0\0\1\0<?xml", 9), &text));
	assert_false(epp_frame_is_text(str_make("\x7f\xff\xff\xff", 4), &text));
	assert_false(epp_frame_is_text(STR("abc"), &text));
	char big[2000];
	memset(big, 'x', sizeof(big));
	assert_true(epp_frame_is_text(str_make(big, sizeof(big)), &text));
	assert_int_equal(text.len, 512);
}

static void frames_are_appended_into_one_buffer(void **state)
{
	struct buf b;
	struct str payload;
	size_t used;
	(void)state;
	buf_init(&b, 1000);
	buf_lit(&b, "before");
	buf_consume(&b, 2);
	for (int i = 0; i < 3; i++) {
		size_t at = epp_frame_begin(&b);
		buf_lit(&b, "hello");
		assert_int_equal(epp_frame_end(&b, at), OK);
	}
	buf_consume(&b, 4);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(epp_frame_next(buf_str(&b), CAP, &payload, &used), OK);
		assert_true(str_eq_c(payload, "hello"));
		buf_consume(&b, used);
	}
	assert_int_equal(buf_len(&b), 0);
	buf_fini(&b);
}

static void frame_without_room_leaves_no_trace(void **state)
{
	struct buf b;
	(void)state;
	for (size_t max = 4; max < 13; max++) {
		buf_init(&b, max);
		buf_lit(&b, "kept");
		size_t at = epp_frame_begin(&b);
		buf_lit(&b, "hello");
		assert_int_equal(epp_frame_end(&b, at), ERR_FULL);
		assert_true(str_eq_c(buf_str(&b), "kept"));
		assert_true(buf_ok(&b));
		buf_fini(&b);
	}
}

static void empty_frame_is_not_written(void **state)
{
	struct buf b;
	(void)state;
	buf_init(&b, 100);
	size_t at = epp_frame_begin(&b);
	assert_int_equal(epp_frame_end(&b, at), ERR_FULL);
	assert_int_equal(buf_len(&b), 0);
	buf_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(frame_comes_whole_at_every_split),
	    cmocka_unit_test(bad_lengths_are_refused_at_once),
	    cmocka_unit_test(unframed_text_is_told),
	    cmocka_unit_test(frames_are_appended_into_one_buffer),
	    cmocka_unit_test(frame_without_room_leaves_no_trace),
	    cmocka_unit_test(empty_frame_is_not_written),
	};
	return cmocka_run_group_tests_name("epp/frame", tests, NULL, NULL);
}
