/* Three bytes are four characters. */
#include "epp/base/base64.h"

#include <string.h>

#define PAD '='

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_add(struct buf *out, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i += 3) {
		size_t left = len - i;
		uint32_t n = (uint32_t)bytes[i] << 16;
		n |= left > 1 ? (uint32_t)bytes[i + 1] << 8 : 0;
		n |= left > 2 ? bytes[i + 2] : 0;
		buf_byte(out, alphabet[n >> 18]);
		buf_byte(out, alphabet[n >> 12 & 63]);
		buf_byte(out, left > 1 ? alphabet[n >> 6 & 63] : PAD);
		buf_byte(out, left > 2 ? alphabet[n & 63] : PAD);
	}
}

/* Without its padding; false: more of it than a whole group needs. */
static bool strip(struct str *text)
{
	size_t whole = text->len, pads = 0;
	while (text->len && text->ptr[text->len - 1] == PAD) {
		text->len--;
		pads++;
	}
	return pads == 0 || (pads <= 2 && whole % 4 == 0);
}

bool base64_read(struct str text, uint8_t *out, size_t max, size_t *len)
{
	uint32_t bits = 0, have = 0;
	*len = 0;
	if (!strip(&text))
		return false;
	for (size_t i = 0; i < text.len; i++) {
		const char *at = memchr(alphabet, text.ptr[i], sizeof alphabet - 1);
		if (!at)
			return false;
		bits = bits << 6 | (uint32_t)(at - alphabet);
		have += 6;
		if (have < 8)
			continue;
		have -= 8;
		if (*len == max)
			return false;
		out[(*len)++] = (uint8_t)(bits >> have);
		bits &= (1u << have) - 1;
	}
	return have < 6 && bits == 0;
}
