/*
 * Quotas: how many in a period that begins at midnight in Hanoi. Of the programme (names by zone and province) and of
 * partners (new lines per day). What is used is counted in the store, in the transaction that uses it.
 */
#ifndef VNEPP_CORE_QUOTA_H
#define VNEPP_CORE_QUOTA_H

#include "daemon/core/limits.h"
#include "epp/base/date.h"
#include "epp/base/str.h"

#include <stddef.h>

enum quota_period { QUOTA_DAY, QUOTA_MONTH, QUOTA_YEAR, QUOTA_EVER, QUOTA_PERIOD__COUNT };
extern const char *const quota_period_names[]; /* "day", …; NULL-terminated */

/* Of the programme. */
struct quota {
	const char *name, *zone,
	    *province; /* zone, province: NULL: any; the province as in the decision's attribution */
	enum quota_period period;
	bool grants; /* only what is free counts */
	struct limit limit;
};

/* A name counts for at most so many of them. */
#define QUOTA_MATCH_MAX 8
/* The day on which the period of `today` began; day 0 for QUOTA_EVER. */
date_t quota_begin(enum quota_period p, date_t today);
/* The first day of the next one; DATE_NONE: never. */
date_t quota_end(enum quota_period p, date_t today);
/* Those that a new name counts for, at most QUOTA_MATCH_MAX. */
size_t quota_matches(const struct quota *list, size_t count, struct str zone, struct str province,
                     bool granted, const struct quota *out[QUOTA_MATCH_MAX]);

#endif
