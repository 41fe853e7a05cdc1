/* Cursors of the change feed as text. */
#include "daemon/store/store_changes.h"

#include <stdio.h>

const char *store_cursor_format(char out[STORE_CURSOR_MAX], const struct store_cursor *c)
{
	int n = snprintf(out, STORE_CURSOR_MAX, "%llu-%llu", (unsigned long long)c->seq,
	                 (unsigned long long)c->publication);
	if (c->publication && c->line != STORE_CURSOR_ALL)
		(void)snprintf(out + n, (size_t)(STORE_CURSOR_MAX - n), "-%u", c->line); /* it fits */
	return out;
}

enum err store_cursor_ahead(struct store_op *op)
{
	return err_set(
	    &op->errmsg, ERR_RANGE,
	    "this cursor is ahead of everything there is: it is another gateway's, or the store was restored "
	    "from a backup");
}

bool store_cursor_parse(struct str s, struct store_cursor *out)
{
	struct str all = s, seq = str_split(&s, '-'), publication = str_split(&s, '-');
	uint64_t line = STORE_CURSOR_ALL;
	*out = (struct store_cursor){.seq = 0};
	if (str_ends(all, STR("-")) || !str_to_u64(seq, &out->seq) ||
	    !str_to_u64(publication, &out->publication) || out->seq > INT64_MAX ||
	    out->publication > INT64_MAX)
		return false;
	if (s.len && (!str_to_u64(s, &line) || line >= STORE_CURSOR_ALL || !out->publication))
		return false;
	out->line = out->publication ? (uint32_t)line : 0;
	return true;
}

/* "1 20412 1857920523000 1795140000000 nguyenvana.id.vn": kind, day, expires, at, name. */
void store_notice_encode(const struct store_change *c, struct buf *out)
{
	buf_printf(out, "%d %d %lld %lld %.*s", (int)c->notice, c->on, (long long)c->expires,
	           (long long)c->at, STR_ARG(c->domain));
}

enum err store_notice_decode(struct str blob, struct store_change *out)
{
	int64_t n[4];
	for (size_t i = 0; i < ARRAY_LEN(n); i++)
		if (!str_to_i64(str_split(&blob, ' '), &n[i]))
			return ERR_CORRUPT;
	if (n[0] != STORE_NOTICE_COSTS || !blob.len)
		return ERR_CORRUPT;
	out->notice = (enum store_notice_kind)n[0];
	out->on = (date_t)n[1];
	out->expires = n[2];
	out->at = n[3];
	out->domain = blob;
	return OK;
}
