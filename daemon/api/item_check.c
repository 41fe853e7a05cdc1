/* What must hold between the members of an item. */
#include "daemon/api/item_draft.h"
#include "epp/base/check.h"

static bool given(const struct item_draft *d, enum item_group g, const char *name)
{
	size_t count;
	const struct item_member *m = item_group_find(g, str_c(name));
	INVARIANT(m);
	return d->given[g] >> (m - item_group_members(g, &count)) & 1;
}

static struct item_place whole(enum item_group g)
{
	return (struct item_place){g, -1, NULL};
}

static void need(struct item_draft *d, enum item_group g, const char *name, const char *why)
{
	if (!given(d, g, name))
		item_draft_error(d, whole(g), name, "MISSING", "%s", why);
}

static void forbid(struct item_draft *d, enum item_group g, const char *name, const char *why)
{
	if (given(d, g, name))
		item_draft_error(d, whole(g), name, "NOT_ALLOWED", "%s", why);
}

void item_draft_check_entry(struct item_draft *d, enum item_group g, int index, uint32_t members,
                            const char *at)
{
	/* Bits in the order of the group's table. */
	uint32_t needed = g == ITEM_GROUP_EVIDENCE ? 1u : g == ITEM_GROUP_NS ? 1u : 15u;
	size_t count;
	const struct item_member *m = item_group_members(g, &count);
	for (size_t i = 0; i < count; i++)
		if ((needed & ~members) >> i & 1)
			item_draft_error(d, (struct item_place){g, index, at}, m[i].name, "MISSING",
			                 "this member");
}

/* ---- the applicant ----------------------------------------------------------------------------------------------------- */

static void check_citizen(struct item_draft *d)
{
	static const char *const never[] = {"tax_code",      "founded_on",          "registration_number",
	                                    "registered_on", "registration_exempt", "representative"};
	need(d, ITEM_GROUP_APPLICANT, "citizenship", "a citizen's country");
	need(d, ITEM_GROUP_APPLICANT, "birth_date", "a citizen's date of birth");
	need(d, ITEM_GROUP_APPLICANT, "id_number", "a citizen's identity number");
	for (size_t i = 0; i < ARRAY_LEN(never); i++)
		forbid(d, ITEM_GROUP_APPLICANT, never[i], "nothing here for a citizen");
}

static void forbid_person(struct item_draft *d, const char *why)
{
	forbid(d, ITEM_GROUP_APPLICANT, "birth_date", why);
	forbid(d, ITEM_GROUP_APPLICANT, "gender", why);
}

static void check_enterprise(struct item_draft *d)
{
	need(d, ITEM_GROUP_APPLICANT, "tax_code", "an enterprise's tax code");
	need(d, ITEM_GROUP_APPLICANT, "founded_on",
	     "the date of the first certificate of enterprise registration");
	forbid_person(d, "nothing here for an enterprise");
	forbid(d, ITEM_GROUP_APPLICANT, "registration_exempt", "nothing here for an enterprise");
}

/* A paper that is not named at all is for policy to ask for; half of one is a slip. */
static void check_household(struct item_draft *d)
{
	bool number = given(d, ITEM_GROUP_APPLICANT, "registration_number");
	bool date = given(d, ITEM_GROUP_APPLICANT, "registered_on");
	if (number && !date)
		need(d, ITEM_GROUP_APPLICANT, "registered_on",
		     "the date of the certificate, beside its number");
	if (date && !number)
		need(d, ITEM_GROUP_APPLICANT, "registration_number",
		     "the number of the certificate, beside its date");
	if (number && d->req->applicant.registration_exempt)
		forbid(d, ITEM_GROUP_APPLICANT, "registration_exempt",
		       "either a certificate or an exemption");
	forbid(d, ITEM_GROUP_APPLICANT, "founded_on", "registered_on for a household business");
}

static void check_applicant(struct item_draft *d)
{
	const struct item_applicant *a = &d->req->applicant;
	need(d, ITEM_GROUP_APPLICANT, "kind",
	     "citizen, enterprise, household_business, cooperative or other");
	need(d, ITEM_GROUP_APPLICANT, "name", "the applicant's name");
	need(d, ITEM_GROUP_APPLICANT, "email", "the applicant's e-mail address");
	if (!given(d, ITEM_GROUP_APPLICANT, "address")) {
		need(d, ITEM_GROUP_APPLICANT, "address", "the applicant's address");
	} else {
		need(d, ITEM_GROUP_ADDRESS, "country", "a country code");
		if (str_eq(a->address.country, STR("VN")))
			need(d, ITEM_GROUP_ADDRESS, "province", "the province of an address in Viet Nam");
	}
	if (a->kind == APPLICANT_CITIZEN)
		check_citizen(d);
	else if (a->kind == APPLICANT_ENTERPRISE)
		check_enterprise(d);
	else if (a->kind == APPLICANT_HOUSEHOLD)
		check_household(d);
}

/* ---- the whole ----------------------------------------------------------------------------------------------------------- */

static void check_ns(struct item_draft *d)
{
	const struct item_request *r = d->req;
	for (int i = 0; i < r->ns_count; i++)
		for (int j = 0; j < i; j++)
			if (r->ns[i].name.len && str_eq(r->ns[i].name, r->ns[j].name))
				item_draft_error(d, (struct item_place){ITEM_GROUP_NS, i, NULL}, "name",
				                 "DUPLICATE", "each name server once");
}

static void check_create(struct item_draft *d)
{
	if (!given(d, ITEM_GROUP_TOP, "applicant") && !given(d, ITEM_GROUP_CONTACTS, "registrant"))
		need(d, ITEM_GROUP_TOP, "applicant", "an applicant, or contacts.registrant");
	if (given(d, ITEM_GROUP_TOP, "applicant"))
		check_applicant(d);
	forbid(d, ITEM_GROUP_TOP, "cur_exp_date", "only with op renew");
	check_ns(d);
}

static void check_renew(struct item_draft *d)
{
	static const char *const never[] = {"contacts", "ns", "ds", "services"};
	need(d, ITEM_GROUP_TOP, "cur_exp_date",
	     "the name's expiry date now, so that nothing is renewed twice");
	for (size_t i = 0; i < ARRAY_LEN(never); i++)
		forbid(d, ITEM_GROUP_TOP, never[i], "only with op create");
	if (given(d, ITEM_GROUP_TOP, "applicant")) /* who holds the name now */
		check_applicant(d);
}

static void check_charge(struct item_draft *d)
{
	if (d->req->if_not_free == ITEM_CHARGE)
		need(d, ITEM_GROUP_TOP, "max_fee_vnd", "a limit in VND: nothing is bought silently");
	else if (!d->bad) /* a misspelt if_not_free is told already */
		forbid(d, ITEM_GROUP_TOP, "max_fee_vnd", "only with if_not_free charge");
}

bool item_draft_finish(struct item_draft *d)
{
	if (!d->no_ref)
		need(d, ITEM_GROUP_TOP, "ref", "your own reference, unique for ever");
	need(d, ITEM_GROUP_TOP, "op", "create or renew");
	need(d, ITEM_GROUP_TOP, "domain", "the domain name");
	need(d, ITEM_GROUP_TOP, "period", "years, from 1 to 10");
	if (d->op_known) {
		if (d->req->op == ITEM_CREATE)
			check_create(d);
		else
			check_renew(d);
	}
	check_charge(d);
	return !d->bad;
}
