/* The JSON pull reader. UTF-8 is checked once for the whole text, so that the readers may look at single bytes. */
#include "daemon/api/json_in.h"

static bool fail(struct json_in *j, const char *at, const char *error)
{
	if (!j->error) {
		j->error = error;
		j->error_at = at;
	}
	return false;
}

void json_in_init(struct json_in *j, struct arena *arena, struct str text)
{
	j->begin = j->at = text.ptr;
	j->end = text.ptr + text.len;
	j->arena = arena;
	j->error = j->error_at = NULL;
	j->depth = 0;
	size_t good = str_utf8_prefix(text);
	if (good < text.len)
		fail(j, text.ptr + good, "text in UTF-8, without NUL");
}

static void skip_space(struct json_in *j)
{
	while (j->at < j->end && (*j->at == ' ' || *j->at == '\n' || *j->at == '\r' || *j->at == '\t'))
		j->at++;
}

enum json_in_kind json_in_kind(struct json_in *j)
{
	if (j->error)
		return JSON_IN_BAD;
	skip_space(j);
	if (j->at == j->end) {
		fail(j, j->at, "a value: the text ends here");
		return JSON_IN_BAD;
	}
	switch (*j->at) {
	case '{': return JSON_IN_OBJECT;
	case '[': return JSON_IN_ARRAY;
	case '"': return JSON_IN_STRING;
	case 't': return JSON_IN_TRUE;
	case 'f': return JSON_IN_FALSE;
	case 'n': return JSON_IN_NULL;
	case '-': return JSON_IN_NUMBER;
	default:
		if (*j->at >= '0' && *j->at <= '9')
			return JSON_IN_NUMBER;
		fail(j, j->at, "a JSON value: an object, a text in quotes, a number, …");
		return JSON_IN_BAD;
	}
}

const char *json_in_kind_text(enum json_in_kind k)
{
	static const char *const texts[] = {"nothing",  "an object", "an array", "a string",
	                                    "a number", "true",      "false",    "null"};
	return texts[k];
}

bool json_in_enter(struct json_in *j)
{
	if (j->error)
		return false;
	if (j->depth == JSON_IN_DEPTH)
		return fail(j, j->at, "less deep nesting");
	j->first[j->depth++] = true;
	j->at++;
	return true;
}

/* Moves to the next entry of the current level; false at its end, which is taken. */
static bool next_entry(struct json_in *j, char closing)
{
	if (j->error)
		return false;
	skip_space(j);
	bool first = j->first[j->depth - 1];
	j->first[j->depth - 1] = false;
	if (j->at < j->end && *j->at == closing) {
		j->at++;
		j->depth--;
		return false;
	}
	if (first)
		return true;
	if (j->at == j->end || *j->at != ',')
		return fail(j, j->at, closing == '}' ? "',' or '}'" : "',' or ']'");
	j->at++;
	skip_space(j);
	if (j->at < j->end && *j->at == closing)
		return fail(j, j->at, "no comma before the end");
	return true;
}

bool json_in_member(struct json_in *j, struct str *name, const char **at)
{
	if (!next_entry(j, '}'))
		return false;
	*at = j->at;
	if (j->at == j->end || *j->at != '"')
		return fail(j, j->at, "a member's name in quotes");
	if (!json_in_string(j, name))
		return false;
	skip_space(j);
	if (j->at == j->end || *j->at != ':')
		return fail(j, j->at, "':'");
	j->at++;
	return true;
}

bool json_in_element(struct json_in *j)
{
	return next_entry(j, ']');
}

/* ---- strings ------------------------------------------------------------------------------------------------------ */

static bool hex4(const char *p, const char *end, unsigned *out)
{
	unsigned v = 0;
	if (end - p < 4)
		return false;
	for (int i = 0; i < 4; i++) {
		char c = p[i];
		unsigned digit;
		if (c >= '0' && c <= '9')
			digit = (unsigned)(c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			digit = (unsigned)((c | 0x20) - 'a') + 10;
		else
			return false;
		v = v * 16 + digit;
	}
	*out = v;
	return true;
}

static char *put_utf8(char *out, unsigned c)
{
	if (c < 0x80) {
		*out++ = (char)c;
	} else if (c < 0x800) {
		*out++ = (char)(0xC0 | c >> 6);
		*out++ = (char)(0x80 | (c & 0x3F));
	} else if (c < 0x10000) {
		*out++ = (char)(0xE0 | c >> 12);
		*out++ = (char)(0x80 | (c >> 6 & 0x3F));
		*out++ = (char)(0x80 | (c & 0x3F));
	} else {
		*out++ = (char)(0xF0 | c >> 18);
		*out++ = (char)(0x80 | (c >> 12 & 0x3F));
		*out++ = (char)(0x80 | (c >> 6 & 0x3F));
		*out++ = (char)(0x80 | (c & 0x3F));
	}
	return out;
}

/* The code point of "\uXXXX" (or of a pair of surrogates) at p, which stands behind the 'u'. */
static bool read_unicode(struct json_in *j, const char **p, unsigned *out)
{
	unsigned c, low;
	if (!hex4(*p, j->end, &c))
		return fail(j, *p, "four hexadecimal digits after \\u");
	*p += 4;
	if (c == 0)
		return fail(j, *p - 6, "another character than \\u0000");
	if (c >= 0xDC00 && c <= 0xDFFF)
		return fail(j, *p - 6, "both halves of a surrogate pair");
	if (c >= 0xD800 && c <= 0xDBFF) {
		if (j->end - *p < 6 || (*p)[0] != '\\' || (*p)[1] != 'u' || !hex4(*p + 2, j->end, &low) ||
		    low < 0xDC00 || low > 0xDFFF)
			return fail(j, *p - 6, "both halves of a surrogate pair");
		*p += 6;
		c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
	}
	*out = c;
	return true;
}

static bool read_escape(struct json_in *j, const char **p, char **out)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	unsigned c;
	char e = *p < j->end ? **p : '\0';
	const char *known = e ? strchr(from, e) : NULL;
	if (known) {
		*(*out)++ = to[known - from];
		(*p)++;
		return true;
	}
	if (e != 'u')
		return fail(j, *p, "an escape that JSON knows");
	(*p)++;
	if (!read_unicode(j, p, &c))
		return false;
	*out = put_utf8(*out, c);
	return true;
}

/* A string with escapes; its text up to `p` has none. The decoded form is never longer than the written one. */
static bool read_escaped(struct json_in *j, const char *p, struct str *out)
{
	const char *start = j->at + 1;
	const char *close = p;
	while (close < j->end && *close != '"')
		close += *close == '\\' && close + 1 < j->end ? 2 : 1;
	char *text = arena_alloc(j->arena, (size_t)(close - start) + 1);
	char *to = text;
	memcpy(to, start, (size_t)(p - start));
	to += p - start;
	while (p < j->end && *p != '"') {
		if ((unsigned char)*p < 0x20)
			return fail(j, p, "control characters as escapes, such as \\n or \\u001f");
		if (*p != '\\') {
			*to++ = *p++;
			continue;
		}
		p++;
		if (!read_escape(j, &p, &to))
			return false;
	}
	if (p >= j->end)
		return fail(j, j->end, "a closing quote");
	*out = str_make(text, (size_t)(to - text));
	j->at = p + 1;
	return true;
}

bool json_in_string(struct json_in *j, struct str *out)
{
	if (j->error)
		return false;
	const char *p = j->at + 1;
	while (p < j->end && *p != '"' && *p != '\\' && (unsigned char)*p >= 0x20)
		p++;
	if (p == j->end)
		return fail(j, p, "a closing quote");
	if (*p == '\\')
		return read_escaped(j, p, out);
	if (*p != '"')
		return fail(j, p, "control characters as escapes, such as \\n or \\u001f");
	*out = str_make(j->at + 1, (size_t)(p - j->at - 1));
	j->at = p + 1;
	return true;
}

/* ---- other values --------------------------------------------------------------------------------------------------- */

static bool is_digit(const struct json_in *j, const char *p)
{
	return p < j->end && *p >= '0' && *p <= '9';
}

static const char *skip_digits(const struct json_in *j, const char *p)
{
	while (is_digit(j, p))
		p++;
	return p;
}

bool json_in_number(struct json_in *j, int64_t *out, bool *whole)
{
	if (j->error)
		return false;
	const char *p = j->at;
	if (*p == '-')
		p++;
	if (!is_digit(j, p) || (*p == '0' && is_digit(j, p + 1)))
		return fail(j, p, "a number as JSON writes it");
	p = skip_digits(j, p);
	*whole = str_to_i64(str_make(j->at, (size_t)(p - j->at)), out);
	if (p < j->end && *p == '.') {
		*whole = false;
		if (!is_digit(j, ++p))
			return fail(j, p, "a digit after the point");
		p = skip_digits(j, p);
	}
	if (p < j->end && (*p == 'e' || *p == 'E')) {
		*whole = false;
		p++;
		if (p < j->end && (*p == '+' || *p == '-'))
			p++;
		if (!is_digit(j, p))
			return fail(j, p, "a digit after the exponent");
		p = skip_digits(j, p);
	}
	j->at = p;
	return true;
}

static bool skip_word(struct json_in *j, struct str word)
{
	if (!str_starts(str_make(j->at, (size_t)(j->end - j->at)), word))
		return fail(j, j->at, "a JSON value: an object, a text in quotes, a number, …");
	j->at += word.len;
	return true;
}

static bool skip_compound(struct json_in *j, bool object)
{
	struct str name;
	const char *at;
	int level = j->depth;
	if (!json_in_enter(j))
		return false;
	while (object ? json_in_member(j, &name, &at) : json_in_element(j))
		if (!json_in_skip(j))
			return false;
	return !j->error && j->depth == level;
}

/* Recursion ends at JSON_IN_DEPTH. */
bool json_in_skip(struct json_in *j)
{
	struct str s;
	int64_t n;
	bool whole;
	switch (json_in_kind(j)) {
	case JSON_IN_OBJECT: return skip_compound(j, true);
	case JSON_IN_ARRAY: return skip_compound(j, false);
	case JSON_IN_STRING: return json_in_string(j, &s);
	case JSON_IN_NUMBER: return json_in_number(j, &n, &whole);
	case JSON_IN_TRUE: return skip_word(j, STR("true"));
	case JSON_IN_FALSE: return skip_word(j, STR("false"));
	case JSON_IN_NULL: return skip_word(j, STR("null"));
	case JSON_IN_BAD: break;
	}
	return false;
}

bool json_in_end(struct json_in *j)
{
	if (j->error)
		return false;
	skip_space(j);
	return j->at == j->end || fail(j, j->at, "nothing behind the value: one item on each line");
}
