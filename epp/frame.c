/* The four-byte length in front of every EPP frame, read and written. */
#include "epp/frame.h"

#define FRAME_LEN_MIN  (EPP_FRAME_HEADER + 1)
#define FRAME_LEN_MAX  0x7fffffffu
#define TEXT_SHOWN_MAX 512

uint32_t epp_frame_length(struct str in)
{
	if (in.len < EPP_FRAME_HEADER)
		return 0;
	const unsigned char *p = (const unsigned char *)in.ptr;
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

enum err epp_frame_next(struct str in, size_t max_bytes, struct str *payload, size_t *used)
{
	*payload = STR_NONE;
	*used = 0;
	if (in.len < EPP_FRAME_HEADER)
		return ERR_AGAIN;
	size_t len = epp_frame_length(in);
	if (len < FRAME_LEN_MIN || len > max_bytes)
		return ERR_FRAME;
	if (in.len < len)
		return ERR_AGAIN;
	*payload = str_make(in.ptr + EPP_FRAME_HEADER, len - EPP_FRAME_HEADER);
	*used = len;
	return OK;
}

static bool text_byte(unsigned char c)
{
	return c >= 0x80 || (c >= 0x20 && c != 0x7f) || c == '\t' || c == '\r' || c == '\n';
}

bool epp_frame_is_text(struct str in, struct str *text)
{
	*text = STR_NONE;
	if (in.len < EPP_FRAME_HEADER)
		return false;
	size_t n = 0;
	while (n < in.len && n < TEXT_SHOWN_MAX && text_byte((unsigned char)in.ptr[n]))
		n++;
	/* A length whose four bytes are all printable is over 150 MB: no real frame. */
	if (n < EPP_FRAME_HEADER || ((unsigned char)in.ptr[0] & 0x80))
		return false;
	*text = str_make(in.ptr, n);
	return true;
}

size_t epp_frame_begin(struct buf *out)
{
	size_t at = buf_len(out);
	buf_append(out, "\0\0\0\0", EPP_FRAME_HEADER);
	return at;
}

void epp_frame_abort(struct buf *out, size_t at)
{
	if (buf_len(out) > at)
		buf_truncate(out, at);
	out->failed = false;
}

enum err epp_frame_end(struct buf *out, size_t at)
{
	size_t len = buf_len(out) - at;
	if (!buf_ok(out) || len < FRAME_LEN_MIN || len > FRAME_LEN_MAX) {
		epp_frame_abort(out, at);
		return ERR_FULL;
	}
	unsigned char *p = (unsigned char *)buf_data(out) + at;
	p[0] = (unsigned char)(len >> 24);
	p[1] = (unsigned char)(len >> 16);
	p[2] = (unsigned char)(len >> 8);
	p[3] = (unsigned char)len;
	return OK;
}
