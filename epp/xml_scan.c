/* The cheap look at a document before it is parsed. */
#include "epp/xml_int.h"
#include "epp/xml.h"

struct scan {
	const char *at;
	const char *end;
	const char *begin;
	unsigned lines; /* before `begin` */
	int depth;
	struct errmsg *e;
};

static unsigned line_of(const struct scan *s)
{
	unsigned line = s->lines + 1;
	for (const char *p = s->begin; p < s->at; p++)
		line += *p == '\n';
	return line;
}

static enum err refuse(struct scan *s, const char *what)
{
	return err_set(s->e, ERR_XML, "line %u: %s", line_of(s), what);
}

/* To behind the next `text`; to the end when there is none, which the parser will then complain of. */
static void skip_past(struct scan *s, const char *text, size_t len)
{
	const char *p = memmem(s->at, (size_t)(s->end - s->at), text, len);
	s->at = p ? p + len : s->end;
}

static bool at_text(const struct scan *s, const char *text, size_t len)
{
	return (size_t)(s->end - s->at) >= len && memcmp(s->at, text, len) == 0;
}

/* "<!": comments and CDATA are passed over, any declaration is refused (DOCTYPE in any case of letters, too). */
static enum err scan_bang(struct scan *s)
{
	if (at_text(s, "<!--", 4)) {
		s->at += 4;
		skip_past(s, "-->", 3);
		return OK;
	}
	if (at_text(s, "<![CDATA[", 9)) {
		s->at += 9;
		skip_past(s, "]]>", 3);
		return OK;
	}
	return refuse(s, "a DOCTYPE or other declaration is not allowed");
}

static bool is_space(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

/* One quoted value; `s->at` is on the quote. */
static enum err scan_value(struct scan *s)
{
	const char *p = memchr(s->at + 1, *s->at, (size_t)(s->end - s->at) - 1);
	size_t len = (size_t)((p ? p : s->end) - s->at);
	if (len > XML_MAX_TEXT)
		return refuse(s, "the value of an attribute is too long");
	s->at = p ? p + 1 : s->end;
	return OK;
}

/* A start tag from its '<' to behind its '>': counts attributes by their '=', and measures names. */
static enum err scan_tag(struct scan *s)
{
	unsigned attrs = 0;
	const char *word = ++s->at;
	while (s->at < s->end && *s->at != '>') {
		char c = *s->at;
		if (c == '"' || c == '\'') {
			enum err err = scan_value(s);
			if (err != OK)
				return err;
			word = s->at;
			continue;
		}
		if (c == '=' && ++attrs > XML_MAX_ATTRS)
			return refuse(s, "too many attributes");
		s->at++;
		if (is_space(c) || c == '=')
			word = s->at;
		else if (s->at - word > XML_MAX_NAME)
			return refuse(s, "a name is too long");
	}
	if (s->at == s->end)
		return OK;
	if (s->at[-1] != '/' && ++s->depth > XML_MAX_DEPTH)
		return refuse(s, "elements are nested too deep");
	s->at++;
	return OK;
}

static enum err scan_markup(struct scan *s)
{
	char c = s->at + 1 < s->end ? s->at[1] : '\0';
	if (c == '!')
		return scan_bang(s);
	if (c == '?') {
		skip_past(s, "?>", 2);
		return OK;
	}
	if (c == '/') {
		s->depth--;
		skip_past(s, ">", 1);
		return OK;
	}
	return scan_tag(s);
}

enum err xml_scan(struct str doc, unsigned lines, struct errmsg *e)
{
	struct scan s = {.at = doc.ptr, .begin = doc.ptr, .end = doc.ptr + doc.len, .lines = lines, .e = e};
	while (s.at < s.end && (s.at = memchr(s.at, '<', (size_t)(s.end - s.at)))) {
		enum err err = scan_markup(&s);
		if (err != OK)
			return err;
	}
	return OK;
}
