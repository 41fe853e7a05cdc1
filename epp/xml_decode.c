/* From the bytes of a frame to UTF-8: byte order marks, UTF-16, the XML declaration. */
#include "epp/xml_int.h"
#include "epp/xml.h"

/* Most of what comes is ASCII: eight bytes at a time until one is not. */
static bool good_utf8(struct str s)
{
	const uint64_t high = 0x8080808080808080u, ones = 0x0101010101010101u;
	uint64_t w;
	while (s.len >= sizeof(w)) {
		memcpy(&w, s.ptr, sizeof(w));
		if ((w | (w - ones)) & high) /* a byte over 0x7f, or a zero */
			break;
		s = str_make(s.ptr + sizeof(w), s.len - sizeof(w));
	}
	return str_is_utf8(s);
}

static void put_utf8(struct buf *b, uint32_t c)
{
	char t[4];
	size_t n = 0;
	if (c < 0x80) {
		t[n++] = (char)c;
	} else if (c < 0x800) {
		t[n++] = (char)(0xc0 | c >> 6);
	} else if (c < 0x10000) {
		t[n++] = (char)(0xe0 | c >> 12);
		t[n++] = (char)(0x80 | (c >> 6 & 0x3f));
	} else {
		t[n++] = (char)(0xf0 | c >> 18);
		t[n++] = (char)(0x80 | (c >> 12 & 0x3f));
		t[n++] = (char)(0x80 | (c >> 6 & 0x3f));
	}
	if (c >= 0x80)
		t[n++] = (char)(0x80 | (c & 0x3f));
	buf_append(b, t, n);
}

static uint32_t unit_at(struct str s, size_t i, bool big)
{
	unsigned a = (unsigned char)s.ptr[i], b = (unsigned char)s.ptr[i + 1];
	return big ? a << 8 | b : b << 8 | a;
}

static bool is_surrogate(uint32_t c)
{
	return c >= 0xd800 && c <= 0xdfff;
}

static enum err from_utf16(struct str in, bool big, struct buf *store, struct errmsg *e)
{
	if (in.len % 2)
		return err_set(e, ERR_XML, "UTF-16 with an odd number of bytes");
	for (size_t i = 0; i < in.len; i += 2) {
		uint32_t c = unit_at(in, i, big);
		if (is_surrogate(c)) {
			uint32_t low = c < 0xdc00 && i + 2 < in.len ? unit_at(in, i + 2, big) : 0;
			if (low < 0xdc00 || low > 0xdfff)
				return err_set(e, ERR_XML, "not valid UTF-16");
			c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
			i += 2;
		}
		put_utf8(store, c);
	}
	return buf_ok(store) ? OK : err_set(e, ERR_XML, "the document is too large");
}

/* Tells the encoding from the first bytes (XML 1.0, appendix F) and yields UTF-8 without byte order mark. */
static enum err to_utf8(struct str in, struct buf *store, struct str *out, struct errmsg *e)
{
	*out = in;
	if (str_starts(in, STR("\xef\xbb\xbf"))) {
		*out = str_make(in.ptr + 3, in.len - 3);
		return OK;
	}
	size_t skip = str_starts(in, STR("\xff\xfe")) || str_starts(in, STR("\xfe\xff")) ? 2 : 0;
	bool little = str_starts(in, STR("\xff\xfe")) || str_starts(in, str_make("<\0", 2));
	bool big = str_starts(in, STR("\xfe\xff")) || str_starts(in, str_make("\0<", 2));
	if (!little && !big)
		return OK;
	enum err err = from_utf16(str_make(in.ptr + skip, in.len - skip), big, store, e);
	*out = buf_str(store);
	return err;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void skip_space(struct str *s)
{
	while (s->len > 0 && is_space(*s->ptr)) {
		s->ptr++;
		s->len--;
	}
}

/* Takes  name = "value"  off the front. */
static bool take_pseudo_attr(struct str *s, struct str *name, struct str *value)
{
	size_t n = 0;
	while (n < s->len && s->ptr[n] >= 'a' && s->ptr[n] <= 'z')
		n++;
	*name = str_make(s->ptr, n);
	*s = str_make(s->ptr + n, s->len - n);
	skip_space(s);
	if (n == 0 || s->len == 0 || *s->ptr != '=')
		return false;
	*s = str_make(s->ptr + 1, s->len - 1);
	skip_space(s);
	if (s->len == 0 || (*s->ptr != '"' && *s->ptr != '\''))
		return false;
	const char *end = memchr(s->ptr + 1, *s->ptr, s->len - 1);
	if (!end)
		return false;
	*value = str_make(s->ptr + 1, (size_t)(end - s->ptr) - 1);
	*s = str_make(end + 1, s->len - value->len - 2);
	return s->len == 0 || is_space(*s->ptr);
}

/* Whatever is declared, the bytes have told what it is; but an encoding that we cannot have read is refused. */
static bool known_encoding(struct str name)
{
	static const char *const known[] = {"UTF-8",    "UTF8",     "UTF-16", "UTF-16LE",
	                                    "UTF-16BE", "US-ASCII", "ASCII"};
	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		if (str_eq_nocase(name, str_c(known[i])))
			return true;
	}
	return false;
}

static enum err check_declaration(struct str body, struct errmsg *e)
{
	bool version = false;
	for (skip_space(&body); body.len > 0; skip_space(&body)) {
		struct str name, value;
		if (!take_pseudo_attr(&body, &name, &value))
			return err_set(e, ERR_XML, "line 1: the XML declaration is malformed");
		if (str_eq_c(name, "version"))
			version = true;
		else if (str_eq_c(name, "encoding") && !known_encoding(value))
			return err_set(e, ERR_XML,
			               "line 1: the declared encoding is neither UTF-8 nor UTF-16");
	}
	return version ? OK : err_set(e, ERR_XML, "line 1: the XML declaration has no version");
}

static enum err cut_declaration(struct str *doc, unsigned *lines, struct errmsg *e)
{
	*lines = 0;
	if (!str_starts(*doc, STR("<?xml")) || doc->len < 6 || !is_space(doc->ptr[5]))
		return OK;
	const char *end = memmem(doc->ptr, doc->len, "?>", 2);
	if (!end)
		return err_set(e, ERR_XML, "line 1: the XML declaration does not end");
	struct str body = str_make(doc->ptr + 5, (size_t)(end - doc->ptr) - 5);
	for (size_t i = 0; i < body.len; i++)
		*lines += body.ptr[i] == '\n';
	*doc = str_make(end + 2, doc->len - body.len - 7);
	return check_declaration(body, e);
}

enum err xml_decode(struct str in, struct buf *store, struct str *out, unsigned *lines, struct errmsg *e)
{
	buf_clear(store);
	*out = STR_NONE;
	*lines = 0;
	if (in.len > XML_MAX_BYTES)
		return err_set(e, ERR_XML, "the document is larger than %zu bytes", XML_MAX_BYTES);
	enum err err = to_utf8(in, store, out, e);
	if (err == OK && !good_utf8(*out))
		err = err_set(e, ERR_XML, "not valid UTF-8, or a NUL in it");
	if (err == OK)
		err = cut_declaration(out, lines, e);
	return err;
}
