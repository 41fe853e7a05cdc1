/* Structure of personal numbers, tax codes and household numbers. */
#include "policy/identity.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool all_digits(struct str s, size_t len)
{
	if (s.len != len)
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (!is_digit(s.ptr[i]))
			return false;
	return true;
}

static bool all_zeros(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] != '0')
			return false;
	return true;
}

bool identity_is_personal(struct str s)
{
	return all_digits(s, 12);
}

bool identity_is_legacy(struct str s)
{
	return all_digits(s, 9);
}

static int number(struct str s, size_t at, size_t len)
{
	int n = 0;
	for (size_t i = at; i < at + len; i++)
		n = n * 10 + (s.ptr[i] - '0');
	return n;
}

int identity_place(struct str s)
{
	return number(s, 0, 3);
}

int identity_century(struct str s)
{
	return 1900 + number(s, 3, 1) / 2 * 100;
}

int identity_year(struct str s)
{
	return identity_century(s) + number(s, 4, 2);
}

enum policy_gender identity_gender(struct str s)
{
	return number(s, 3, 1) % 2 == 0 ? POLICY_MALE : POLICY_FEMALE;
}

/* N10 = 10 - (31 N1 + 29 N2 + 23 N3 + 19 N4 + 17 N5 + 13 N6 + 7 N7 + 5 N8 + 3 N9) mod 11; remainder 0 is never issued. */
static bool check_digit(struct str s)
{
	static const int weights[] = {31, 29, 23, 19, 17, 13, 7, 5, 3};
	int sum = 0;
	for (size_t i = 0; i < ARRAY_LEN(weights); i++)
		sum += weights[i] * (s.ptr[i] - '0');
	return sum % 11 != 0 && 10 - sum % 11 == s.ptr[9] - '0';
}

bool identity_tax_code(struct str s, bool *dependent)
{
	struct str unit = STR_NONE;
	if (s.len == 14 && s.ptr[10] == '-')
		unit = str_make(s.ptr + 11, 3);
	else if (s.len == 13)
		unit = str_make(s.ptr + 10, 3);
	else if (s.len != 10)
		return false;
	*dependent = unit.len > 0;
	if (*dependent && (!all_digits(unit, 3) || all_zeros(unit)))
		return false;
	struct str main_part = str_make(s.ptr, 10);
	return all_digits(main_part, 10) && check_digit(main_part);
}

static bool is_letter(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

enum identity_household identity_household(struct str s)
{
	if (s.len == 0 || all_zeros(s))
		return IDENTITY_HOUSEHOLD_NONE;
	if (all_digits(s, 12))
		return IDENTITY_HOUSEHOLD_PERSONAL;
	if (all_digits(s, 10) || (all_digits(s, 13) && !all_zeros(str_make(s.ptr, 10))))
		return IDENTITY_HOUSEHOLD_TAX;
	if (s.len == 14 && s.ptr[10] == '-' && all_digits(str_make(s.ptr, 10), 10) &&
	    all_digits(str_make(s.ptr + 11, 3), 3))
		return IDENTITY_HOUSEHOLD_TAX;
	if (s.len >= 10 && s.len <= 12 && is_digit(s.ptr[0]) && is_digit(s.ptr[1]) && is_letter(s.ptr[2]) &&
	    all_digits(str_make(s.ptr + 3, s.len - 3), s.len - 3))
		return IDENTITY_HOUSEHOLD_OLD;
	return IDENTITY_HOUSEHOLD_NONE;
}

bool identity_normalize(struct str s, char *out, size_t size)
{
	size_t n = 0;
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];
		if (!is_digit(c) && !is_letter(c))
			continue;
		if (n + 1 >= size)
			return false;
		out[n++] = (char)(c >= 'a' && c <= 'z' ? c - 32 : c);
	}
	if (size > 0)
		out[n] = '\0';
	return n > 0 && !all_zeros(str_make(out, n));
}

/* ---- masked ---- */

static struct str mask_personal(struct str s, char out[IDENTITY_MASK_MAX])
{
	memcpy(out, s.ptr, 6);
	memcpy(out + 6, "000001", 6);
	return str_make(out, 12);
}

/* Of the form of a tax code, but not one. */
static struct str mask_near_tax_code(struct str s)
{
	if (s.len == 13)
		return STR("0100109107001");
	return s.len == 14 ? STR("0100109107-001") : STR("0100109107");
}

static struct str mask_tax_code(struct str s)
{
	if (s.len == 13)
		return STR("0100109106001");
	return s.len == 14 ? STR("0100109106-001") : STR("0100109106");
}

struct str identity_mask(struct str s, char out[IDENTITY_MASK_MAX])
{
	bool dependent;
	if (s.len == 0)
		return STR_NONE;
	if (all_zeros(s)) /* never issued */
		return s.len == 12 ? STR("000000000000") : s.len == 9 ? STR("000000000") : STR("0");
	if (identity_is_personal(s))
		return mask_personal(s, out);
	if (identity_is_legacy(s))
		return STR("100000001");
	if (identity_tax_code(s, &dependent))
		return mask_tax_code(s);
	switch (identity_household(s)) {
	case IDENTITY_HOUSEHOLD_TAX: return mask_near_tax_code(s);
	case IDENTITY_HOUSEHOLD_OLD: return STR("41A8000123");
	default: return STR("X");
	}
}
