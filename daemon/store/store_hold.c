/* Whether an item is one of those that an operator holds. */
#include "daemon/store/store_hold.h"
#include "daemon/job/decide.h"

bool store_holds_ask_grant(const struct store_hold *holds, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (holds[i].grant.len)
			return true;
	return false;
}

static bool is_under(struct str domain, struct str zone)
{
	return domain.len > zone.len && str_ends(domain, zone) &&
	       domain.ptr[domain.len - zone.len - 1] == '.';
}

bool store_hold_fits(const struct store_hold *h, struct str domain, bool paid, struct str common)
{
	return (paid || !h->paid) && (h->zone.len == 0 || is_under(domain, h->zone)) &&
	       (h->grant.len == 0 || decide_took_grant(common, h->grant));
}

bool store_holds_fit(const struct store_hold *holds, size_t count, struct str domain, bool paid,
                     struct str common)
{
	for (size_t i = 0; i < count; i++)
		if (store_hold_fits(&holds[i], domain, paid, common))
			return true;
	return false;
}
