/*
 * Domain names. The usual name is ASCII and is checked and copied in one pass; libidn2 is asked only for labels with
 * other letters or "xn--". Its own rules are too wide for us, so every letter is checked before and after.
 */
#include "epp/name.h"

#include <idn2.h>

#define LABEL_MAX 63
/* A label in the input: 63 letters, each as base letter and two combining marks at most. */
#define RAW_LABEL_MAX 512
#define QUOTE_MAX     80

struct reader {
	struct epp_name *out;
	struct errmsg *e;
	unsigned label; /* which one, from 1 */
};

/* ---- what went wrong ---- */

static bool printable(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		if ((unsigned char)s.ptr[i] < 0x20 || s.ptr[i] == 0x7f)
			return false;
	}
	return s.len > 0 && s.len <= QUOTE_MAX && str_is_utf8(s);
}

static enum err refuse(struct reader *r, enum err err, struct str label, const char *why)
{
	if (printable(label))
		return err_set(r->e, err, "label \"%.*s\" %s", STR_ARG(label), why);
	return err_set(r->e, err, "label %u %s", r->label, why);
}

/* ---- letters ---- */

/* Lower-case Vietnamese letters below U+1EA0, and their capitals. Above, U+1EA0..U+1EF9 are pairs of both. */
static const struct {
	uint16_t lower, upper;
} letters[] = {
    {0xe0, 0xc0},   {0xe1, 0xc1},   {0xe2, 0xc2},   {0xe3, 0xc3},   {0xe8, 0xc8},   {0xe9, 0xc9},
    {0xea, 0xca},   {0xec, 0xcc},   {0xed, 0xcd},   {0xf2, 0xd2},   {0xf3, 0xd3},   {0xf4, 0xd4},
    {0xf5, 0xd5},   {0xf9, 0xd9},   {0xfa, 0xda},   {0xfd, 0xdd},   {0x103, 0x102}, {0x111, 0x110},
    {0x129, 0x128}, {0x169, 0x168}, {0x1a1, 0x1a0}, {0x1b0, 0x1af},
};

static bool is_ldh(uint32_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

/* `any_form`: capitals and combining marks too, which mapping will bring to the one right form. */
static bool is_letter(uint32_t c, bool any_form)
{
	static const uint16_t marks[] = {0x300, 0x301, 0x302, 0x303, 0x306, 0x309, 0x31b, 0x323};
	if (is_ldh(c) || (any_form && c >= 'A' && c <= 'Z'))
		return true;
	if (c >= 0x1ea0 && c <= 0x1ef9)
		return any_form || c % 2 == 1;
	for (size_t i = 0; i < ARRAY_LEN(letters); i++) {
		if (c == letters[i].lower || (any_form && c == letters[i].upper))
			return true;
	}
	for (size_t i = 0; any_form && i < ARRAY_LEN(marks); i++) {
		if (c == marks[i])
			return true;
	}
	return false;
}

/* The next character of well-formed UTF-8. */
static uint32_t next_char(struct str *s)
{
	const unsigned char *p = (const unsigned char *)s->ptr;
	size_t n = p[0] < 0x80 ? 1 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	uint32_t c = n == 1 ? p[0] : p[0] & (0x7fu >> n);
	for (size_t i = 1; i < n; i++)
		c = c << 6 | (p[i] & 0x3f);
	*s = str_make(s->ptr + n, s->len - n);
	return c;
}

static bool all_letters(struct str s, bool any_form)
{
	while (s.len > 0) {
		if (!is_letter(next_char(&s), any_form))
			return false;
	}
	return true;
}

/* ---- the hyphen rules, for either form ---- */

static enum err check_hyphens(struct reader *r, struct str label, bool ace)
{
	if (label.ptr[0] == '-' || label.ptr[label.len - 1] == '-')
		return refuse(r, ERR_INVALID, label, "begins or ends with a hyphen");
	if (!ace && label.len >= 4 && label.ptr[2] == '-' && label.ptr[3] == '-')
		return refuse(r, ERR_INVALID, label, "has hyphens at its third and fourth place");
	return OK;
}

/* ---- appending a finished label ---- */

static enum err put_label(struct reader *r, struct str ascii, struct str unicode)
{
	struct epp_name *n = r->out;
	size_t dot = r->label > 1;
	if (n->ascii_len + dot + ascii.len > EPP_NAME_ASCII_MAX)
		return err_set(r->e, ERR_TOO_LONG, "the name is longer than %d characters",
		               EPP_NAME_ASCII_MAX);
	if (n->unicode_len + dot + unicode.len > EPP_NAME_UNICODE_MAX)
		return err_set(r->e, ERR_TOO_LONG, "the name is too long");
	if (dot) {
		n->ascii[n->ascii_len++] = '.';
		n->unicode[n->unicode_len++] = '.';
	}
	memcpy(n->ascii + n->ascii_len, ascii.ptr, ascii.len);
	memcpy(n->unicode + n->unicode_len, unicode.ptr, unicode.len);
	n->ascii_len += ascii.len;
	n->unicode_len += unicode.len;
	return OK;
}

/* ---- labels that need libidn2 ---- */

/* U-label to A-label; `out` has room for LABEL_MAX + 1. libidn2 brings capitals and combining marks to NFC. */
static bool to_ascii(const char *label, char *out)
{
	uint8_t *ace = NULL;
	int rc = idn2_lookup_u8((const uint8_t *)label, &ace, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
	bool good = rc == IDN2_OK && str_copy(out, LABEL_MAX + 1, str_c((const char *)ace));
	idn2_free(ace);
	return good;
}

/* The Unicode form of an A-label, all lower-case letters of ours, that leads back to the same A-label. */
static enum err put_ace(struct reader *r, struct str given, const char *ace)
{
	char again[LABEL_MAX + 1];
	char *text = NULL;
	enum err err;
	if (idn2_to_unicode_8z8z(ace, &text, 0) != IDN2_OK)
		err = refuse(r, ERR_INVALID, given, "is not a valid internationalised label");
	else if (!str_is_utf8(str_c(text)) || !all_letters(str_c(text), false))
		err = refuse(r, ERR_INVALID, given,
		             "has a character that is not a Vietnamese letter, a digit or a hyphen");
	else if (strcmp(text, ace) == 0 || !to_ascii(text, again) || strcmp(again, ace) != 0)
		err =
		    refuse(r, ERR_INVALID, given, "is not the one right form of an internationalised label");
	else if ((err = check_hyphens(r, str_c(text), false)) == OK)
		err = put_label(r, str_c(ace), str_c(text));
	idn2_free(text);
	r->out->idn = true;
	return err;
}

static enum err read_unicode(struct reader *r, struct str label)
{
	char raw[RAW_LABEL_MAX], ace[LABEL_MAX + 1];
	if (!str_is_utf8(label))
		return refuse(r, ERR_INVALID, label, "is not valid UTF-8");
	if (!all_letters(label, true))
		return refuse(r, ERR_INVALID, label,
		              "has a character that is not a Vietnamese letter, a digit or a hyphen");
	if (!str_copy(raw, sizeof(raw), label))
		return refuse(r, ERR_TOO_LONG, label, "is too long");
	enum err err = check_hyphens(r, label, false);
	if (err != OK)
		return err;
	if (!to_ascii(raw, ace))
		return refuse(r, ERR_TOO_LONG, label,
		              "is longer than 63 characters in its ASCII form, or not valid");
	if (!str_starts(str_c(ace), STR("xn--")))
		return refuse(r, ERR_INVALID, label, "is not a valid internationalised label");
	return put_ace(r, label, ace);
}

/* ---- labels of ASCII ---- */

static enum err read_ascii(struct reader *r, struct str label)
{
	char lower[LABEL_MAX + 1];
	if (label.len > LABEL_MAX)
		return refuse(r, ERR_TOO_LONG, label, "is longer than 63 characters");
	for (size_t i = 0; i < label.len; i++) {
		char c = label.ptr[i];
		lower[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
		if (!is_ldh((unsigned char)lower[i]))
			return refuse(r, ERR_INVALID, label,
			              "has a character that is not a letter, a digit or a hyphen");
	}
	lower[label.len] = '\0';
	bool ace = label.len >= 4 && memcmp(lower, "xn--", 4) == 0;
	enum err err = check_hyphens(r, label, ace);
	if (err != OK)
		return err;
	if (ace)
		return put_ace(r, label, lower);
	return put_label(r, str_make(lower, label.len), str_make(lower, label.len));
}

static bool is_ascii(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		if ((unsigned char)s.ptr[i] >= 0x80)
			return false;
	}
	return true;
}

static enum err read_label(struct reader *r, struct str label)
{
	if (++r->label > EPP_NAME_LABELS_MAX)
		return err_set(r->e, ERR_TOO_LONG, "the name has too many labels");
	if (str_empty(label))
		return err_set(r->e, ERR_INVALID, "label %u is empty", r->label);
	return is_ascii(label) ? read_ascii(r, label) : read_unicode(r, label);
}

enum err epp_name_parse(struct str in, struct epp_name *out, struct errmsg *e)
{
	struct reader r = {.out = out, .e = e};
	out->ascii_len = out->unicode_len = 0;
	out->idn = false;
	out->labels = 0;
	out->ascii[0] = out->unicode[0] = '\0';
	if (in.len > 0 && in.ptr[in.len - 1] == '.')
		in.len--;
	if (str_empty(in))
		return err_set(e, ERR_INVALID, "the name is empty");
	for (;;) {
		const char *dot = memchr(in.ptr, '.', in.len);
		enum err err = read_label(&r, str_make(in.ptr, dot ? (size_t)(dot - in.ptr) : in.len));
		if (err != OK) {
			out->ascii_len = out->unicode_len = 0;
			out->ascii[0] = out->unicode[0] = '\0';
			return err;
		}
		if (!dot)
			break;
		in = str_make(dot + 1, in.len - (size_t)(dot - in.ptr) - 1);
	}
	out->ascii[out->ascii_len] = '\0';
	out->unicode[out->unicode_len] = '\0';
	out->labels = r.label;
	return OK;
}

/* ---- zones ---- */

bool epp_name_under(const struct epp_name *n, struct str zone, struct str *label)
{
	*label = STR_NONE;
	if (n->ascii_len < zone.len + 2 || str_empty(zone))
		return false;
	size_t dot = n->ascii_len - zone.len - 1;
	if (n->ascii[dot] != '.' || memcmp(n->ascii + dot + 1, zone.ptr, zone.len) != 0 ||
	    memchr(n->ascii, '.', dot))
		return false;
	*label = str_make(n->ascii, dot);
	return true;
}
