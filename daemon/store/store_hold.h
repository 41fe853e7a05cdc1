/* What an operator does not want to be sent for the time being, finer than a queue: names under a zone, items of a grant. */
#ifndef VNEPP_STORE_HOLD_H
#define VNEPP_STORE_HOLD_H

#include "epp/base/str.h"

#include <stdbool.h>
#include <stddef.h>

/* Empty: any. What is said together narrows. */
struct store_hold {
	struct str zone;  /* A-labels: the names under it, at any depth */
	struct str grant; /* its id, as the decision in force has it */
	bool paid;        /* only what costs money */
};

/* Some of them name a grant: the decision must be known to tell. */
bool store_holds_ask_grant(const struct store_hold *holds, size_t count);
/* `common`: of the decision in force, as JSON members; needed only when a grant is asked for. */
bool store_hold_fits(const struct store_hold *h, struct str domain, bool paid, struct str common);
bool store_holds_fit(const struct store_hold *holds, size_t count, struct str domain, bool paid,
                     struct str common);

#endif
