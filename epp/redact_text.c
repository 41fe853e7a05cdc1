/* What may be shown of a text, and what never. */
#include "epp/redact_int.h"

#include "epp/xml_int.h"

/* Compared without case and without '_', '-' and '.'. */
static const char *const secret_names[] = {
    "pw",       "newpw",          "authinfo",   "password",       "passwd",         "secret",
    "idnumber", "idno",           "identity",   "identitynumber", "identityno",     "identitycard",
    "cccd",     "cmnd",           "cccdnumber", "nationalid",     "citizenid",      "personalid",
    "passport", "passportnumber", "idcard",     "idcardnumber",   "personalnumber",
};

static char fold(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool same_name(struct str local, const char *name)
{
	size_t k = 0;
	for (size_t i = 0; i < local.len; i++) {
		char c = fold(local.ptr[i]);
		if (c == '_' || c == '-' || c == '.')
			continue;
		if (name[k] != c)
			return false;
		k++;
	}
	return name[k] == '\0';
}

bool redact_is_secret(struct str local, const struct epp_redact_opts *opts)
{
	/* With an undeclared prefix twice ("a:b:pw") the parser leaves a colon in the local name. */
	for (size_t i = local.len; i > 0; i--) {
		if (local.ptr[i - 1] == ':') {
			local = str_make(local.ptr + i, local.len - i);
			break;
		}
	}
	for (size_t i = 0; i < ARRAY_LEN(secret_names); i++) {
		if (same_name(local, secret_names[i]))
			return true;
	}
	for (size_t i = 0; opts && i < opts->name_count; i++) {
		if (str_eq_nocase(local, opts->names[i]))
			return true;
	}
	return false;
}

static bool is_one_of(struct str local, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (str_eq_c(local, names[i]))
			return true;
	}
	return false;
}

bool redact_shows_numbers(const struct xml_elem *el)
{
	static const char *const protocol[] = {"clTRID", "svTRID", "svID", "objURI",
	                                       "extURI", "msgQ",   "poll"};
	static const char *const domain[] = {"name", "roid", "hostObj", "hostName", "hostAddr", "host"};
	switch (el->ns) {
	case EPP_NS_EPP: return is_one_of(el->local, protocol, ARRAY_LEN(protocol));
	case EPP_NS_DOMAIN: return is_one_of(el->local, domain, ARRAY_LEN(domain));
	case EPP_NS_CONTACT: return str_eq_c(el->local, "roid");
	case EPP_NS_HOST:
	case EPP_NS_SECDNS:
	case EPP_NS_RGP:
	case EPP_NS_FEE: return true;
	case EPP_NS_CHANGEPOLL: return str_eq_c(el->local, "svTRID");
	default: return false;
	}
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool identity_length(size_t digits)
{
	return digits == 9 || digits == 12;
}

/*
 * At a digit: the length of the number there, with single blanks, dots and hyphens inside. `*identity` when it, or one
 * run of digits in it, has the length of an identity number.
 */
static size_t number_at(struct str s, size_t at, bool *identity)
{
	size_t i = at, end = at, all = 0;
	*identity = false;
	while (i < s.len && is_digit(s.ptr[i])) {
		size_t run = 0;
		while (i < s.len && is_digit(s.ptr[i])) {
			i++;
			run++;
		}
		end = i;
		all += run;
		*identity = *identity || identity_length(run);
		if (i < s.len && (s.ptr[i] == ' ' || s.ptr[i] == '.' || s.ptr[i] == '-'))
			i++;
	}
	*identity = *identity || identity_length(all);
	return end - at;
}

static void show_escaped(struct buf *out, const unsigned char *p, size_t n)
{
	static const char hex[] = "0123456789abcdef";
	for (size_t i = 0; i < n; i++) {
		char t[4] = {'\\', 'x', hex[p[i] >> 4], hex[p[i] & 15]};
		buf_append(out, t, sizeof(t));
	}
}

/* Characters that steer a terminal or turn the direction of writing. */
static bool is_harmful(const unsigned char *p, size_t n)
{
	if (n == 2)
		return p[0] == 0xc2 && p[1] < 0xa0;
	if (n != 3 || p[0] != 0xe2)
		return false;
	return (p[1] == 0x80 && p[2] >= 0xaa && p[2] <= 0xae) ||
	       (p[1] == 0x81 && p[2] >= 0xa6 && p[2] <= 0xa9);
}

/* One character that is neither white space nor digit; returns its length. */
static size_t show_char(struct buf *out, struct str s, size_t at)
{
	const unsigned char *p = (const unsigned char *)s.ptr + at;
	size_t n = *p < 0x80 ? 1 : xml_char_len(p, s.len - at);
	if (n == 0 || *p < 0x20 || *p == 0x7f || is_harmful(p, n)) {
		n = n ? n : 1;
		show_escaped(out, p, n);
	} else {
		buf_append(out, p, n);
	}
	return n;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

void redact_show(struct buf *out, struct str text, bool numbers)
{
	size_t i = 0;
	while (i < text.len) {
		if (is_space(text.ptr[i])) {
			while (i < text.len && is_space(text.ptr[i]))
				i++;
			buf_byte(out, ' ');
		} else if (is_digit(text.ptr[i])) {
			bool identity;
			size_t n = number_at(text, i, &identity);
			if (identity && !numbers)
				buf_lit(out, "[number removed]");
			else
				buf_append(out, text.ptr + i, n);
			i += n;
		} else if (text.ptr[i] == '<') {
			/* Markup as text (an echoed command, say) has its own elements to hide: it is not looked into. */
			buf_lit(out, "[markup removed]");
			return;
		} else {
			i += show_char(out, text, i);
		}
	}
}

void epp_redact_text(struct str text, struct buf *out)
{
	redact_show(out, str_trim(text), false);
}

size_t redact_clean(struct buf *out, struct str in)
{
	size_t bad = 0;
	for (size_t i = 0; i < in.len;) {
		const unsigned char *p = (const unsigned char *)in.ptr + i;
		size_t n = *p == 0 ? 0 : *p < 0x80 ? 1 : xml_char_len(p, in.len - i);
		if (n)
			buf_append(out, p, n);
		else
			buf_byte(out, '?');
		bad += n == 0;
		i += n ? n : 1;
	}
	return bad;
}
