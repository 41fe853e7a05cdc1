/* Packed bytes for tests. */
#ifndef VNEPP_TESTS_GZIP_MAKE_H
#define VNEPP_TESTS_GZIP_MAKE_H

#include "epp/base/buf.h"
#include "epp/base/str.h"

#include <zlib.h>

/* One more member of a gzip stream, with what `text` packs to. */
static UNUSED void gzip_add(struct buf *out, struct str text)
{
	z_stream z = {0};
	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY), Z_OK);
	size_t room = deflateBound(&z, text.len) + 64;
	z.next_in = (Bytef *)text.ptr;
	z.avail_in = (uInt)text.len;
	z.next_out = (Bytef *)buf_reserve(out, room);
	z.avail_out = (uInt)room;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	buf_commit(out, room - z.avail_out);
	deflateEnd(&z);
}

/* A member of `count` times the same byte, without ever holding them. */
static UNUSED void gzip_add_bomb(struct buf *out, char byte, size_t count)
{
	char same[65536];
	z_stream z = {0};
	memset(same, byte, sizeof same);
	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY), Z_OK);
	for (size_t done = 0; done <= count; done += sizeof same) {
		z.next_in = (Bytef *)same;
		z.avail_in = done == count ? 0 : sizeof same;
		do {
			z.next_out = (Bytef *)buf_reserve(out, 4096);
			z.avail_out = 4096;
			(void)deflate(&z, done == count ? Z_FINISH : Z_NO_FLUSH);
			buf_commit(out, 4096 - z.avail_out);
		} while (z.avail_out == 0);
	}
	deflateEnd(&z);
}

#endif
