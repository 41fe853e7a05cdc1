/* The facts that rule files declare: an item brings them by name, the rule set says which there are and of what type. */
#include "daemon/api/item_draft.h"
#include "policy/policy.h"

#include <stdio.h>

#define VALUE_MAX 64 /* bytes: a code, a date or a number */

bool item_fact_name_ok(struct str name)
{
	for (size_t i = 0; i < name.len; i++) {
		char c = name.ptr[i];
		if (!(c >= 'a' && c <= 'z') && !(i > 0 && (c == '_' || (c >= '0' && c <= '9'))))
			return false;
	}
	return name.len > 0 && name.len <= ITEM_FACT_NAME_MAX;
}

/* As the stored text: true, 12, "2026-11-20". False: it is none of these. */
static bool text_of(struct item_draft *d, const struct item_value *v, struct str *out)
{
	switch (v->kind) {
	case ITEM_GIVEN_BOOL: *out = v->number ? STR("true") : STR("false"); return true;
	case ITEM_GIVEN_INT: *out = arena_printf(d->arena, "%lld", (long long)v->number); return true;
	case ITEM_GIVEN_TEXT:
	case ITEM_GIVEN_CELL: *out = str_trim(v->text); return true;
	case ITEM_GIVEN_OTHER: break;
	}
	return false;
}

/* In order of names, so that the same facts are the same bytes. */
static void insert(struct item_request *r, struct item_fact fact)
{
	size_t at = r->fact_count++;
	for (; at > 0 && str_cmp(r->facts[at - 1].name, fact.name) > 0; at--)
		r->facts[at] = r->facts[at - 1];
	r->facts[at] = fact;
}

void item_draft_add_fact(struct item_draft *d, const char *at, struct str name, const struct item_value *v)
{
	struct item_place p = {ITEM_GROUP_FACTS, -1, at};
	struct str value, member = arena_str(d->arena, name);
	for (size_t i = 0; i < d->req->fact_count; i++)
		if (str_eq(d->req->facts[i].name, name)) {
			item_draft_error(d, p, member.ptr, "DUPLICATE", "this member only once");
			return;
		}
	if (!item_fact_name_ok(name))
		item_draft_error(d, p, NULL, "UNKNOWN_MEMBER", "names of small letters, digits and '_'");
	else if (d->req->fact_count == ITEM_FACTS_MAX)
		item_draft_error(d, p, NULL, "TOO_MANY", "at most %d facts", ITEM_FACTS_MAX);
	else if (!text_of(d, v, &value))
		item_draft_error(d, p, member.ptr, "WRONG_TYPE", "a whole number, a string, true or false");
	else if (value.len > VALUE_MAX || !str_is_utf8(value))
		item_draft_error(d, p, member.ptr, "TOO_LONG", "at most %d bytes of text", VALUE_MAX);
	else
		insert(d->req, (struct item_fact){member, arena_str(d->arena, value)});
}

bool item_draft_check_facts(struct item_draft *d, const struct policy_ruleset *rules)
{
	for (size_t i = 0; i < d->req->fact_count; i++) {
		struct policy_given g = {d->req->facts[i].name, d->req->facts[i].value};
		struct errmsg e = {""};
		if (policy_given_check(rules, &g, &e))
			item_draft_error(d, (struct item_place){ITEM_GROUP_FACTS, -1, NULL}, g.name.ptr,
			                 "BAD_FACT", "%s", e.text);
	}
	return !d->bad;
}
