/* Calendar arithmetic. */
#include "epp/base/date.h"

#include <stdio.h>

#define MS_PER_DAY 86400000LL

static bool is_leap(int y)
{
	return (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
}

static int month_days(int y, int m)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	return m == 2 && is_leap(y) ? 29 : days[m - 1];
}

/* Counts from 1 March, so that the leap day comes last in its year and month lengths follow one formula. */
date_t date_make(int year, int month, int day)
{
	if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1 || day > month_days(year, month))
		return DATE_NONE;
	int y = month <= 2 ? year - 1 : year;
	int era = y / 400;
	int year_of_era = y - era * 400;
	int month_from_march = (month + 9) % 12;
	int day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
	int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
	return era * 146097 + day_of_era - 719468;
}

void date_split(date_t d, int *year, int *month, int *day)
{
	int z = d + 719468;
	int era = (z >= 0 ? z : z - 146096) / 146097;
	int day_of_era = z - era * 146097;
	int year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int month_from_march = (5 * day_of_year + 2) / 153;
	*day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
	*month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
	*year = year_of_era + era * 400 + (*month <= 2);
}

/* `n` digits at `*at`, moving on; -1 when they are not all digits. */
static int digits(const char **at, const char *end, int n)
{
	int value = 0;
	if (end - *at < n)
		return -1;
	for (int i = 0; i < n; i++) {
		char c = (*at)[i];
		if (c < '0' || c > '9')
			return -1;
		value = value * 10 + (c - '0');
	}
	*at += n;
	return value;
}

static bool skip(const char **at, const char *end, char c)
{
	if (*at >= end || **at != c)
		return false;
	(*at)++;
	return true;
}

static bool read_date(const char **at, const char *end, date_t *out)
{
	int y = digits(at, end, 4);
	if (y < 0 || !skip(at, end, '-'))
		return false;
	int m = digits(at, end, 2);
	if (m < 0 || !skip(at, end, '-'))
		return false;
	int d = digits(at, end, 2);
	if (d < 0)
		return false;
	*out = date_make(y, m, d);
	return *out != DATE_NONE;
}

bool date_parse(struct str s, date_t *out)
{
	date_t d;
	if (s.len != 10)
		return false;
	const char *at = s.ptr, *end = s.ptr + s.len;
	if (!read_date(&at, end, &d))
		return false;
	*out = d;
	return true;
}

char *date_format(char *out, date_t d)
{
	int y, m, day;
	out[0] = '\0';
	if (d == DATE_NONE)
		return out;
	date_split(d, &y, &m, &day);
	snprintf(out, DATE_TEXT_MAX, "%04u-%02u-%02u", (unsigned)y % 10000u, (unsigned)m % 100u,
	         (unsigned)day % 100u);
	return out;
}

date_t date_add_years(date_t d, int years, bool feb29_mar1)
{
	int y, m, day;
	date_split(d, &y, &m, &day);
	date_t same = date_make(y + years, m, day);
	if (same != DATE_NONE)
		return same;
	return feb29_mar1 ? date_make(y + years, 3, 1) : date_make(y + years, 2, 28);
}

int date_weekday(date_t d)
{
	return (int)(((int64_t)d % 7 + 10) % 7); /* 1970-01-01 was a Thursday */
}

date_t date_of_instant(instant_ms_t t, int offset_s)
{
	int64_t local = t + (int64_t)offset_s * 1000;
	int64_t day = local / MS_PER_DAY - (local % MS_PER_DAY < 0);
	return (date_t)day;
}

instant_ms_t instant_of_date(date_t d, int offset_s)
{
	return (instant_ms_t)d * MS_PER_DAY - (int64_t)offset_s * 1000;
}

static bool read_time(const char **at, const char *end, int64_t *ms)
{
	int h = digits(at, end, 2);
	if (h < 0 || h > 23 || !skip(at, end, ':'))
		return false;
	int m = digits(at, end, 2);
	if (m < 0 || m > 59 || !skip(at, end, ':'))
		return false;
	int s = digits(at, end, 2);
	if (s < 0 || s > 60)
		return false;
	*ms = ((int64_t)h * 3600 + m * 60 + s) * 1000;
	if (!skip(at, end, '.'))
		return true;
	int scale = 100, count = 0;
	for (; *at < end && **at >= '0' && **at <= '9'; (*at)++, count++) {
		*ms += (int64_t)(**at - '0') * scale;
		scale /= 10;
	}
	return count > 0;
}

static bool read_zone(const char **at, const char *end, int *offset_s)
{
	if (skip(at, end, 'Z')) {
		*offset_s = 0;
		return true;
	}
	int sign = skip(at, end, '+') ? 1 : skip(at, end, '-') ? -1 : 0;
	if (sign == 0)
		return *at == end; /* no zone: the default stands */
	int h = digits(at, end, 2);
	if (h < 0 || h > 14 || !skip(at, end, ':'))
		return false;
	int m = digits(at, end, 2);
	if (m < 0 || m > 59)
		return false;
	*offset_s = sign * (h * 3600 + m * 60);
	return true;
}

bool instant_parse(struct str s, int default_offset_s, instant_ms_t *out)
{
	int offset_s = default_offset_s;
	int64_t ms;
	date_t d;
	if (s.len == 0)
		return false;
	const char *at = s.ptr, *end = s.ptr + s.len;
	if (!read_date(&at, end, &d) || !skip(&at, end, 'T') || !read_time(&at, end, &ms) ||
	    !read_zone(&at, end, &offset_s) || at != end)
		return false;
	*out = instant_of_date(d, offset_s) + ms;
	return true;
}

char *instant_format(char *out, instant_ms_t t, int offset_s, bool with_ms)
{
	date_t d = date_of_instant(t, offset_s);
	int64_t ms = t - instant_of_date(d, offset_s);
	unsigned s = (unsigned)(ms / 1000);
	char day[DATE_TEXT_MAX];
	int n = snprintf(out, TIME_TEXT_MAX, "%sT%02u:%02u:%02u", date_format(day, d), s / 3600 % 24,
	                 s / 60 % 60, s % 60);
	if (with_ms)
		n += snprintf(out + n, TIME_TEXT_MAX - (size_t)n, ".%03u", (unsigned)(ms % 1000));
	if (offset_s == 0) {
		snprintf(out + n, TIME_TEXT_MAX - (size_t)n, "Z");
	} else {
		unsigned o = (unsigned)(offset_s < 0 ? -offset_s : offset_s);
		snprintf(out + n, TIME_TEXT_MAX - (size_t)n, "%c%02u:%02u", offset_s < 0 ? '-' : '+',
		         o / 3600 % 100, o / 60 % 60);
	}
	return out;
}

/* Milliseconds of one unit; 0 for none. */
static int64_t unit_ms(struct str unit)
{
	static const struct {
		const char *name;
		int64_t ms;
	} units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", MS_PER_DAY}};
	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
		if (str_eq_c(unit, units[i].name))
			return units[i].ms;
	return 0;
}

bool duration_parse(struct str s, int64_t *out_ms)
{
	size_t digits = 0;
	int64_t count;
	while (digits < s.len && s.ptr[digits] >= '0' && s.ptr[digits] <= '9')
		digits++;
	int64_t unit = unit_ms(str_make(s.ptr + digits, s.len - digits));
	if (unit == 0 || !str_to_i64(str_make(s.ptr, digits), &count) || count > INT64_MAX / unit)
		return false;
	*out_ms = count * unit;
	return true;
}
