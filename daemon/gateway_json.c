/* What the answers of the control socket are made of. */
#include "daemon/gateway_int.h"

#include <jansson.h>
#include <string.h>

json_t *gateway_text(struct str s)
{
	return s.len ? json_stringn(s.ptr, s.len) : json_null();
}

json_t *gateway_moment(instant_ms_t t)
{
	char room[TIME_TEXT_MAX];
	return t == INSTANT_NONE ? json_null() : json_string(instant_format(room, t, HANOI_OFFSET_S, false));
}

bool gateway_moment_parse(struct str s, instant_ms_t *out)
{
	date_t day;
	if (!date_parse(s, &day))
		return instant_parse(s, HANOI_OFFSET_S, out);
	*out = instant_of_date(day, HANOI_OFFSET_S);
	return true;
}

const struct gateway_account *gateway_account_of(const struct gateway *g, uint32_t id)
{
	for (size_t i = 0; i < gateway_account_count(g); i++)
		if (gateway_account_at(g, i)->id == id)
			return gateway_account_at(g, i);
	return NULL;
}

const char *gateway_account_name(const struct gateway *g, uint32_t id)
{
	const struct gateway_account *a = gateway_account_of(g, id);
	return a ? a->name : "(not configured)";
}

const char *gateway_partner_name(const struct gateway *g, uint32_t id)
{
	for (size_t i = 0; i < g->config->partner_count; i++)
		if (g->partner_ids[i] == id)
			return g->config->partners[i].name;
	return "(not configured)";
}

uint32_t gateway_partner_id(const struct gateway *g, const char *name)
{
	for (size_t i = 0; name && i < g->config->partner_count; i++)
		if (strcmp(g->config->partners[i].name, name) == 0)
			return g->partner_ids[i];
	return 0;
}
