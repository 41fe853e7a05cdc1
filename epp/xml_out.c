/* Escaping writers: what they are given can only come out as text. */
#include "epp/xml_out.h"

#include "epp/xml_int.h"

/* What a byte needs; everything in between is copied in runs. */
enum { PLAIN, ESC_TEXT, ESC_ATTR, HIGH, BAD };

static unsigned char kind_of(unsigned char c)
{
	switch (c) {
	case '&':
	case '<':
	case '>':
	case '\r': return ESC_TEXT;
	case '"':
	case '\t':
	case '\n': return ESC_ATTR;
	default: return c >= 0x80 ? HIGH : c < 0x20 ? BAD : PLAIN;
	}
}

size_t xml_char_len(const unsigned char *p, size_t left)
{
	static const struct {
		unsigned char lo, hi, lo2, hi2;
		size_t len;
	} forms[] = {
	    {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3}, {0xe1, 0xec, 0x80, 0xbf, 3},
	    {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3}, {0xf0, 0xf0, 0x90, 0xbf, 4},
	    {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
	};
	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		if (p[0] < forms[i].lo || p[0] > forms[i].hi)
			continue;
		size_t len = forms[i].len;
		if (left < len || p[1] < forms[i].lo2 || p[1] > forms[i].hi2)
			return 0;
		for (size_t k = 2; k < len; k++) {
			if ((p[k] & 0xc0) != 0x80)
				return 0;
		}
		if (p[0] == 0xef && p[1] == 0xbf && p[2] >= 0xbe) /* U+FFFE and U+FFFF */
			return 0;
		return len;
	}
	return 0;
}

static void escape_byte(struct buf *b, char c)
{
	switch (c) {
	case '&': buf_lit(b, "&amp;"); break;
	case '<': buf_lit(b, "&lt;"); break;
	case '>': buf_lit(b, "&gt;"); break;
	case '"': buf_lit(b, "&quot;"); break;
	case '\t': buf_lit(b, "&#9;"); break;
	case '\n': buf_lit(b, "&#10;"); break;
	default: buf_lit(b, "&#13;"); break;
	}
}

static void escape(struct xml_out *w, const char *field, struct str s, bool attr)
{
	const unsigned char *p = (const unsigned char *)s.ptr;
	size_t from = 0, i = 0;
	while (i < s.len) {
		unsigned char kind = kind_of(p[i]);
		if (kind == PLAIN || (kind == ESC_ATTR && !attr)) {
			i++;
		} else if (kind == HIGH || kind == BAD) {
			size_t n = kind == HIGH ? xml_char_len(p + i, s.len - i) : 0;
			if (n == 0) {
				xml_out_fail(w, ERR_INVALID, field,
				             "has a byte or character that XML does not allow");
				return;
			}
			i += n;
		} else {
			buf_append(w->buf, p + from, i - from);
			escape_byte(w->buf, (char)p[i]);
			from = ++i;
		}
	}
	if (i > from)
		buf_append(w->buf, p + from, i - from);
}

void xml_out_text(struct xml_out *w, const char *field, struct str text)
{
	escape(w, field, text, false);
}

void xml_out_attr(struct xml_out *w, const char *field, struct str value)
{
	escape(w, field, value, true);
}

static bool name_byte(char c, bool first)
{
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_')
		return true;
	return !first && ((c >= '0' && c <= '9') || c == '-' || c == '.');
}

bool xml_out_is_name(struct str name)
{
	bool good = name.len > 0;
	for (size_t i = 0; good && i < name.len; i++)
		good = name_byte(name.ptr[i], i == 0);
	return good;
}

void xml_out_name(struct xml_out *w, const char *field, struct str name)
{
	if (xml_out_is_name(name))
		buf_add(w->buf, name);
	else
		xml_out_fail(w, ERR_INVALID, field, "is not an XML name");
}

void xml_out_u64(struct xml_out *w, unsigned long long value)
{
	buf_u64(w->buf, value);
}

void xml_out_fail(struct xml_out *w, enum err err, const char *field, const char *why)
{
	if (w->err != OK)
		return;
	w->err = err;
	w->field = field;
	w->why = why;
}

size_t xml_out_chars(struct str text)
{
	const unsigned char *p = (const unsigned char *)text.ptr;
	size_t chars = 0;
	for (size_t i = 0; i < text.len; chars++) {
		size_t n = p[i] < 0x80 ? 1 : xml_char_len(p + i, text.len - i);
		if (n == 0)
			return SIZE_MAX;
		i += n;
	}
	return chars;
}
