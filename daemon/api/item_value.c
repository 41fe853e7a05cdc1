/* Checks of single values. They keep out what no registry could take; whether a number is a person's is policy. */
#include "daemon/api/item_value.h"

#include <arpa/inet.h>

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool is_alnum(char c)
{
	return is_digit(c) || is_upper(c) || is_lower(c);
}

static bool is_break(char c)
{
	return c == '\n' || c == '\r' || c == '\t';
}

bool item_value_clean(struct arena *a, struct str *s)
{
	bool breaks = false;
	*s = str_trim(*s);
	for (size_t i = 0; i < s->len; i++) {
		unsigned char c = (unsigned char)s->ptr[i];
		if (is_break(s->ptr[i]))
			breaks = true;
		else if (c < 0x20 || c == 0x7F)
			return false;
	}
	if (!breaks)
		return true;
	char *out = arena_alloc(a, s->len + 1);
	size_t n = 0;
	for (size_t i = 0; i < s->len; i++) {
		bool space = is_break(s->ptr[i]);
		if (!space || n == 0 || out[n - 1] != ' ')
			out[n++] = space ? ' ' : s->ptr[i];
	}
	*s = str_make(out, n);
	return true;
}

const char *item_value_check_ref(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] <= 0x20 || s.ptr[i] >= 0x7F)
			return "visible ASCII characters without spaces";
	return NULL;
}

const char *item_value_check_code(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!is_alnum(s.ptr[i]) && !strchr("-./", s.ptr[i]))
			return "letters, digits, '-', '.' and '/'";
	return NULL;
}

const char *item_value_check_word(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!is_lower(s.ptr[i]) && !is_digit(s.ptr[i]) && s.ptr[i] != '_' && s.ptr[i] != '-')
			return "lower-case letters, digits, '_' and '-'";
	return NULL;
}

const char *item_value_check_phone(struct str s)
{
	static const char form[] = "+CC.number, for instance +84.912345678";
	size_t i = 1, cc = 0, number = 0;
	if (s.len == 0 || s.ptr[0] != '+')
		return form;
	for (; i < s.len && is_digit(s.ptr[i]); i++)
		cc++;
	if (cc < 1 || cc > 3 || i == s.len || s.ptr[i] != '.')
		return form;
	for (i++; i < s.len && is_digit(s.ptr[i]); i++)
		number++;
	return i == s.len && number >= 4 && number <= 14 ? NULL : form;
}

static bool email_domain_ok(struct str s)
{
	size_t labels = 0;
	if (s.len == 0 || s.len > 253 || s.ptr[s.len - 1] == '.')
		return false;
	while (s.len) {
		struct str label = str_split(&s, '.');
		if (label.len == 0 || label.len > 63 || label.ptr[0] == '-' ||
		    label.ptr[label.len - 1] == '-')
			return false;
		for (size_t i = 0; i < label.len; i++)
			if (!is_alnum(label.ptr[i]) && label.ptr[i] != '-' &&
			    (unsigned char)label.ptr[i] < 0x80)
				return false;
		labels++;
	}
	return labels >= 2;
}

const char *item_value_check_email(struct str s)
{
	static const char form[] = "an e-mail address, for instance a@example.vn";
	const char *sign = s.len ? memchr(s.ptr, '@', s.len) : NULL;
	if (!sign)
		return form;
	struct str local = str_make(s.ptr, (size_t)(sign - s.ptr));
	struct str domain = str_make(sign + 1, s.len - local.len - 1);
	if (local.len == 0 || local.len > 64 || local.ptr[0] == '.' || local.ptr[local.len - 1] == '.')
		return form;
	for (size_t i = 0; i < local.len; i++)
		if (local.ptr[i] == ' ' || strchr("\"(),:;<>[\\]", local.ptr[i]) ||
		    (local.ptr[i] == '.' && local.ptr[i - 1] == '.'))
			return form;
	return email_domain_ok(domain) ? NULL : form;
}

/* By first letter: the second letters that make a country's code. */
static const char *const country_codes[26] = {
    "DEFGILMOQRSTUWXZ",
    "ABDEFGHIJLMNOQRSTVWYZ",
    "ACDFGHIKLMNORUVWXYZ",
    "EJKMOZ",
    "CEGHRST",
    "IJKMOR",
    "ABDEFGHILMNPQRSTUWY",
    "KMNRTU",
    "DELMNOQRST",
    "EMOP",
    "EGHIMNPRWYZ",
    "ABCIKRSTUVY",
    "ACDEFGHKLMNOPQRSTUVWXYZ",
    "ACEFGILOPRUZ",
    "M",
    "AEFGHKLMNRSTWY",
    "A",
    "EOSUW",
    "ABCDEGHIJKLMNORSTVXYZ",
    "CDFGHJKLMNORTVWZ",
    "AGMSYZ",
    "ACEGINU",
    "FS",
    "",
    "ET",
    "AMW",
};

const char *item_value_check_country(struct str s)
{
	if (s.len == 2 && is_upper(s.ptr[0]) && is_upper(s.ptr[1]) &&
	    strchr(country_codes[s.ptr[0] - 'A'], s.ptr[1]))
		return NULL;
	return "a country code of two capital letters (ISO 3166-1), for instance VN";
}

const char *item_value_check_province(struct str s)
{
	if (s.len == 2 && is_digit(s.ptr[0]) && is_digit(s.ptr[1]) && !str_eq(s, STR("00")))
		return NULL;
	return "a province code of two digits, for instance \"01\"";
}

const char *item_value_check_contact(struct str s)
{
	bool ok = s.len >= 3 && s.len <= 16;
	for (size_t i = 0; ok && i < s.len; i++)
		ok = s.ptr[i] > 0x20 && s.ptr[i] < 0x7F;
	return ok ? NULL : "a contact identifier of 3 to 16 visible ASCII characters";
}

const char *item_value_check_address(struct str s)
{
	char text[64];
	unsigned char bytes[16];
	if (str_copy(text, sizeof text, s) &&
	    (inet_pton(AF_INET, text, bytes) == 1 || inet_pton(AF_INET6, text, bytes) == 1))
		return NULL;
	return "an IPv4 or IPv6 address";
}

const char *item_value_check_hex(struct str s)
{
	bool ok = s.len % 2 == 0;
	for (size_t i = 0; ok && i < s.len; i++)
		ok = is_digit(s.ptr[i]) || (s.ptr[i] >= 'A' && s.ptr[i] <= 'F') ||
		     (s.ptr[i] >= 'a' && s.ptr[i] <= 'f');
	return ok ? NULL : "hexadecimal digits, two per byte";
}
