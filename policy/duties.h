/*
 * What the programmes and plans want to be reported, and until when: their `reports` as days. Pure; any rule set, any span.
 */
#ifndef VNEPP_POLICY_DUTIES_H
#define VNEPP_POLICY_DUTIES_H

#include "epp/base/date.h"
#include "epp/base/str.h"

#include <stdbool.h>
#include <stddef.h>

struct policy_ruleset;

/* Of a quarter, of a calendar year, or once for the whole time of the plan. */
enum policy_every { POLICY_EVERY_QUARTER, POLICY_EVERY_YEAR, POLICY_ONCE };
extern const char *const policy_every_names[]; /* "quarter", "year", "once"; NULL-terminated */

#define POLICY_DUTY_CLAUSES_MAX 4
/* Views into the rule set. */
struct policy_duty {
	struct str id, document; /* of the programme or plan */
	struct str province;     /* its code; empty: the whole country */
	enum policy_every every;
	date_t from, to; /* what it is about: the part of the period in which the plan holds; both included */
	date_t due;      /* the last day on which it is in time */
	struct str clauses[POLICY_DUTY_CLAUSES_MAX]; /* ids */
	size_t clause_count;
};

/*
 * Those due from `from` to `to`, both included, by day; at most `max` of them. Returns how many there are, which may be
 * more. A quarter with a day is due on that day of its last month; one without, on the last day (or, by the switch, on that
 * of the month after).
 */
size_t policy_duties(const struct policy_ruleset *r, date_t from, date_t to, struct policy_duty *out,
                     size_t max);

#endif
