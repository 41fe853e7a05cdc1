/* gzip by zlib. */
#include "daemon/api/unzip.h"
#include "epp/base/alloc.h"
#include "epp/base/buf.h"
#include "epp/base/check.h"

#include <stdlib.h>
#include <zlib.h>

#define GZIP_ONLY (15 + 16) /* zlib's words: the largest window, gzip's frame and no other */

struct unzip {
	z_stream z;
	struct buf held;
	uint64_t used;
	bool between; /* before the first member, or after one */
	const char *error;
	char piece[UNZIP_PIECE_MAX];
};

struct unzip *unzip_new(void)
{
	struct unzip *u = xcalloc(1, sizeof *u);
	u->between = true;
	buf_init(&u->held, UNZIP_HELD_MAX);
	int made = inflateInit2(&u->z, GZIP_ONLY);
	REQUIRE(made == Z_OK); /* else there is no memory */
	return u;
}

void unzip_free(struct unzip *u)
{
	if (!u)
		return;
	inflateEnd(&u->z);
	buf_fini(&u->held);
	free(u);
}

bool unzip_push(struct unzip *u, struct str data)
{
	buf_add(&u->held, data);
	return buf_ok(&u->held);
}

static enum unzip_status broken(struct unzip *u, const char *error)
{
	u->error = error;
	return UNZIP_BROKEN;
}

/* One call of zlib, which may use bytes without giving any. */
static int step(struct unzip *u, size_t *got)
{
	u->z.next_in = (Bytef *)buf_data(&u->held);
	u->z.avail_in = (uInt)buf_len(&u->held);
	u->z.next_out = (Bytef *)u->piece;
	u->z.avail_out = sizeof u->piece;
	int said = inflate(&u->z, Z_NO_FLUSH);
	size_t used = buf_len(&u->held) - u->z.avail_in;
	u->between = u->between && used == 0;
	u->used += used;
	buf_consume(&u->held, used);
	*got = sizeof u->piece - u->z.avail_out;
	return said;
}

enum unzip_status unzip_next(struct unzip *u, struct str *piece)
{
	size_t got = 0;
	while (!u->error && got == 0) {
		/* An end of what was pushed is none of what zlib holds. */
		if (buf_len(&u->held) == 0 && u->between)
			return UNZIP_MORE;
		int said = step(u, &got);
		if (said == Z_STREAM_END) {
			u->between = true;
			(void)inflateReset(&u->z); /* its state is good: it has just ended well */
		} else if (said == Z_BUF_ERROR) {
			return UNZIP_MORE;
		} else if (said != Z_OK) {
			return broken(u, u->z.msg ? u->z.msg : "it cannot be read");
		}
	}
	*piece = str_make(u->piece, got);
	return u->error ? UNZIP_BROKEN : UNZIP_PIECE;
}

bool unzip_is_whole(const struct unzip *u)
{
	return u->between && u->used > 0 && buf_len(&u->held) == 0;
}

const char *unzip_error(const struct unzip *u)
{
	return u->error;
}

uint64_t unzip_used(const struct unzip *u)
{
	return u->used;
}
