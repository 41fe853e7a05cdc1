/* Facts written down in YAML: of test cases, and of whoever wants one decision explained. */
#include "policy/cases.h"

#include "epp/base/yaml.h"

#define YEARS_MAX 1000

static void read_flag(struct diag *d, struct yaml_node *map, const char *key, enum policy_flag *out)
{
	bool yes;
	if (yaml_bool(d, map, key, YAML_OPTIONAL, &yes))
		*out = yes ? POLICY_YES : POLICY_NO;
}

static void read_int(struct diag *d, struct yaml_node *map, const char *key, int max, int *out)
{
	int64_t n;
	if (yaml_i64(d, map, key, YAML_OPTIONAL, 0, max, &n))
		*out = (int)n;
}

static void read_piece(struct diag *d, struct yaml_node *n, struct policy_evidence *out)
{
	int result = POLICY_UNCONFIRMED;
	out->date = DATE_NONE;
	(void)yaml_str(d, n, "type", YAML_REQUIRED, &out->type); /* told when missing */
	(void)yaml_str(d, n, "issuer", YAML_OPTIONAL, &out->issuer);
	(void)yaml_str(d, n, "reference", YAML_OPTIONAL, &out->reference);
	(void)yaml_date(d, n, "date", YAML_OPTIONAL, &out->date);
	(void)yaml_enum(d, n, "result", YAML_REQUIRED, policy_result_names, &result);
	out->result = (enum policy_result)result;
	yaml_reject_unseen(d, n);
}

static void read_evidence(struct arena *arena, struct diag *d, struct yaml_node *map,
                          struct policy_facts *out)
{
	struct yaml_node *list = yaml_opt(d, map, "evidence", YAML_SEQ);
	if (!list || list->count == 0)
		return;
	struct policy_evidence *pieces = arena_calloc(arena, list->count, sizeof *pieces);
	for (struct yaml_node *n = list->child; n; n = n->next)
		if (yaml_as_kind(d, n, YAML_MAP))
			read_piece(d, n, &pieces[out->evidence_count++]);
	out->evidence = pieces;
}

static void read_applicant(struct diag *d, struct yaml_node *map, struct policy_facts *out)
{
	int kind = POLICY_KIND_NONE, gender = POLICY_GENDER_UNKNOWN;
	(void)yaml_enum(d, map, "kind", YAML_OPTIONAL, policy_kind_names,
	                &kind); /* missing facts are facts too */
	(void)yaml_enum(d, map, "gender", YAML_OPTIONAL, policy_gender_names, &gender);
	out->kind = (enum policy_kind)kind;
	out->gender = (enum policy_gender)gender;
	(void)yaml_str(d, map, "citizenship", YAML_OPTIONAL, &out->citizenship);
	(void)yaml_date(d, map, "birth_date", YAML_OPTIONAL, &out->birth_date);
	(void)yaml_str(d, map, "id_number", YAML_OPTIONAL, &out->id_number);
	(void)yaml_str(d, map, "tax_code", YAML_OPTIONAL, &out->tax_code);
	(void)yaml_str(d, map, "registration_number", YAML_OPTIONAL, &out->registration_number);
	(void)yaml_date(d, map, "founded_on", YAML_OPTIONAL, &out->founded_on);
	(void)yaml_date(d, map, "registered_on", YAML_OPTIONAL, &out->registered_on);
	read_flag(d, map, "registration_exempt", &out->registration_exempt);
	(void)yaml_str(d, map, "province", YAML_OPTIONAL, &out->province);
	(void)yaml_str(d, map, "province_list", YAML_OPTIONAL, &out->province_list);
}

/* Declared facts: names and values as written; policy_facts_check() compares them with a rule set. */
static void read_given(struct arena *arena, struct diag *d, struct yaml_node *map, struct policy_facts *out)
{
	struct yaml_node *given = yaml_opt(d, map, "facts", YAML_MAP);
	if (!given || given->count == 0)
		return;
	struct policy_given *list = arena_calloc(arena, given->count, sizeof *list);
	for (struct yaml_node *n = given->child; n; n = n->next) {
		n->seen = true;
		list[out->given_count].name = n->key;
		if (yaml_as_str(d, n, &list[out->given_count].value))
			out->given_count++;
	}
	out->given = list;
}

bool policy_facts_check(const struct policy_ruleset *r, struct diag *d, struct yaml_node *map)
{
	struct yaml_node *given = yaml_get(map, "facts");
	size_t errors = d->errors;
	for (struct yaml_node *n = given ? given->child : NULL; n; n = n->next) {
		struct policy_given g = {n->key, n->text};
		struct errmsg e = {""};
		if (policy_given_check(r, &g, &e))
			yaml_error(d, n, "expected %s", e.text);
	}
	return d->errors == errors;
}

static void read_name_list(struct diag *d, struct yaml_node *map, struct policy_name_list *out)
{
	int kind = POLICY_NOT_LISTED;
	(void)yaml_enum(d, map, "name_listed", YAML_OPTIONAL, policy_listed_names,
	                &kind); /* missing: not listed */
	out->kind = (enum policy_listed)kind;
	(void)yaml_str(d, map, "name_list_issuer", YAML_OPTIONAL, &out->issuer); /* only told */
	(void)yaml_date(d, map, "name_list_date", YAML_OPTIONAL, &out->date);
}

static void read_ledger(struct diag *d, struct yaml_node *map, struct policy_facts *out)
{
	read_int(d, map, "prior_grants", 1000000, &out->prior_grants);
	read_flag(d, map, "prior_paid", &out->prior_paid);
	read_name_list(d, map, &out->name_list);
	read_flag(d, map, "name_known", &out->name_known);
	read_flag(d, map, "name_granted", &out->name_granted);
	read_flag(d, map, "ownership_changed", &out->ownership_changed);
	(void)yaml_str(d, map, "grant", YAML_OPTIONAL, &out->grant); /* missing facts are facts too */
	(void)yaml_date(d, map, "grant_from", YAML_OPTIONAL, &out->grant_from);
	read_int(d, map, "free_years_used", YEARS_MAX, &out->free_years_used);
	(void)yaml_date(d, map, "expires_on", YAML_OPTIONAL, &out->expires_on);
}

bool policy_facts_read(struct arena *arena, struct diag *d, struct yaml_node *map, struct policy_facts *out)
{
	static const char *const if_not_free[] = {"refuse", "charge", NULL};
	size_t errors = d->errors;
	int op = POLICY_CREATE, charge = 0;
	*out = POLICY_FACTS_NONE;
	(void)yaml_enum(d, map, "op", YAML_REQUIRED, policy_op_names, &op); /* told when wrong */
	out->op = (enum policy_op)op;
	(void)yaml_str(d, map, "zone", YAML_OPTIONAL, &out->zone);
	read_int(d, map, "name_length", 63, &out->name_length);
	(void)yaml_bool(d, map, "name_idn", YAML_OPTIONAL, &out->name_idn);
	read_int(d, map, "period", YEARS_MAX, &out->period);
	(void)yaml_enum(d, map, "if_not_free", YAML_OPTIONAL, if_not_free, &charge);
	out->charge = charge != 0;
	(void)yaml_str(d, map, "approved", YAML_OPTIONAL, &out->approved);
	(void)yaml_i64(d, map, "max_fee_vnd", YAML_OPTIONAL, 0, INT64_MAX, &out->max_fee_vnd);
	read_applicant(d, map, out);
	read_evidence(arena, d, map, out);
	read_given(arena, d, map, out);
	read_ledger(d, map, out);
	yaml_reject_unseen(d, map);
	return d->errors == errors;
}
