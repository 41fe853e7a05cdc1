/* JSON into a buffer. */
#include "daemon/api/json_out.h"

static void comma(struct buf *b)
{
	struct str s = buf_str(b);
	char last = s.len ? s.ptr[s.len - 1] : '\n';
	if (last != '{' && last != '[' && last != ':' && last != '\n' && last != ',')
		buf_byte(b, ',');
}

void json_out_open(struct buf *b, char bracket)
{
	comma(b);
	buf_byte(b, bracket);
}

void json_out_close(struct buf *b, char bracket)
{
	buf_byte(b, bracket);
}

static void escape(struct buf *b, unsigned char c)
{
	static const char plain[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
	const char *at = c ? strchr(plain, c) : NULL;
	if (at) {
		buf_byte(b, '\\');
		buf_byte(b, letters[at - plain]);
	} else {
		buf_printf(b, "\\u%04x", c);
	}
}

/* Text that is not UTF-8: byte by byte, what is not ASCII is replaced. It does not come from partners (they are
 * checked), only from damaged data. */
static struct str next_run(struct str s, bool utf8)
{
	size_t n = 0;
	while (n < s.len) {
		unsigned char c = (unsigned char)s.ptr[n];
		if (c < 0x20 || c == '"' || c == '\\' || (c >= 0x80 && !utf8))
			break;
		n++;
	}
	return str_make(s.ptr, n);
}

void json_out_str(struct buf *b, struct str s)
{
	bool utf8 = str_is_utf8(s);
	comma(b);
	buf_byte(b, '"');
	while (s.len) {
		struct str run = next_run(s, utf8);
		buf_add(b, run);
		s = str_make(s.ptr + run.len, s.len - run.len);
		if (!s.len)
			break;
		unsigned char c = (unsigned char)s.ptr[0];
		if (c >= 0x80)
			buf_lit(b, "\xEF\xBF\xBD");
		else
			escape(b, c);
		s = str_make(s.ptr + 1, s.len - 1);
	}
	buf_byte(b, '"');
}

void json_out_key(struct buf *b, const char *key)
{
	comma(b);
	buf_byte(b, '"');
	buf_add(b, str_c(key));
	buf_lit(b, "\":");
}

void json_out_open_in(struct buf *b, const char *key, char bracket)
{
	json_out_key(b, key);
	buf_byte(b, bracket);
}

void json_out_str_in(struct buf *b, const char *key, struct str s)
{
	json_out_key(b, key);
	json_out_str(b, s);
}

void json_out_text_in(struct buf *b, const char *key, struct str s)
{
	if (str_empty(s))
		json_out_null_in(b, key);
	else
		json_out_str_in(b, key, s);
}

void json_out_u64_in(struct buf *b, const char *key, uint64_t n)
{
	json_out_key(b, key);
	buf_u64(b, n);
}

void json_out_bool_in(struct buf *b, const char *key, bool v)
{
	json_out_key(b, key);
	buf_add(b, v ? STR("true") : STR("false"));
}

void json_out_null_in(struct buf *b, const char *key)
{
	json_out_key(b, key);
	buf_lit(b, "null");
}

void json_out_time_in(struct buf *b, const char *key, instant_ms_t t)
{
	char text[TIME_TEXT_MAX];
	if (t == INSTANT_NONE)
		json_out_null_in(b, key);
	else
		json_out_str_in(b, key, str_c(instant_format(text, t, HANOI_OFFSET_S, false)));
}

void json_out_date_in(struct buf *b, const char *key, date_t d)
{
	char text[DATE_TEXT_MAX];
	json_out_text_in(b, key, str_c(date_format(text, d)));
}
