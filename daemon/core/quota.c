#include "daemon/core/quota.h"

const char *const quota_period_names[] = {"day", "month", "year", "ever", NULL};
_Static_assert(ARRAY_LEN(quota_period_names) == QUOTA_PERIOD__COUNT + 1, "a name for each period");

date_t quota_begin(enum quota_period p, date_t today)
{
	int year, month, day;
	date_split(today, &year, &month, &day);
	switch (p) {
	case QUOTA_DAY: return today;
	case QUOTA_MONTH: return date_make(year, month, 1);
	case QUOTA_YEAR: return date_make(year, 1, 1);
	default: return 0;
	}
}

date_t quota_end(enum quota_period p, date_t today)
{
	int year, month, day;
	date_split(today, &year, &month, &day);
	switch (p) {
	case QUOTA_DAY: return today + 1;
	case QUOTA_MONTH: return month == 12 ? date_make(year + 1, 1, 1) : date_make(year, month + 1, 1);
	case QUOTA_YEAR: return date_make(year + 1, 1, 1);
	default: return DATE_NONE;
	}
}

static bool is_any_or(const char *wanted, struct str is)
{
	return !wanted || str_eq_c(is, wanted);
}

size_t quota_matches(const struct quota *list, size_t count, struct str zone, struct str province,
                     bool granted, const struct quota *out[QUOTA_MATCH_MAX])
{
	size_t n = 0;
	for (size_t i = 0; i < count && n < QUOTA_MATCH_MAX; i++)
		if (is_any_or(list[i].zone, zone) && is_any_or(list[i].province, province) &&
		    (granted || !list[i].grants))
			out[n++] = &list[i];
	return n;
}
