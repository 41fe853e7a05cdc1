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
