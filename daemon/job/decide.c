/* Facts out of an item and the ledger, a state out of a decision. */
#include "daemon/job/decide.h"
#include "daemon/job/record.h"
#include "epp/base/alloc.h"
#include "epp/base/check.h"
#include "epp/base/hash.h"
#include "epp/name.h"
#include "policy/explain.h"
#include "policy/identity.h"
#include "policy/policy.h"
#include "policy/printed.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct decider {
	atomic_uint refs;
	struct policy_ruleset *rules; /* one reference is ours */
	struct decide_keys keys;
};

struct decider *decider_new(struct policy_ruleset *rules, const uint8_t hmac_key[32])
{
	struct decide_keys one = {.count = 1};
	memcpy(one.key[0], hmac_key, sizeof one.key[0]);
	struct decider *d = decider_new_keys(rules, &one);
	explicit_bzero(&one, sizeof one);
	return d;
}

struct decider *decider_new_keys(struct policy_ruleset *rules, const struct decide_keys *keys)
{
	REQUIRE(keys->count > 0 && keys->count <= DECIDE_KEYS_MAX);
	struct decider *d = xcalloc(1, sizeof *d);
	atomic_init(&d->refs, 1);
	d->rules = rules;
	d->keys = *keys;
	return d;
}

struct decider *decider_ref(struct decider *d)
{
	atomic_fetch_add(&d->refs, 1);
	return d;
}

void decider_unref(struct decider **pd)
{
	struct decider *d = *pd;
	*pd = NULL;
	if (!d || atomic_fetch_sub(&d->refs, 1) != 1)
		return;
	policy_unref(&d->rules);
	explicit_bzero(&d->keys, sizeof d->keys);
	free(d);
}

const char *decider_revision(const struct decider *d)
{
	return policy_revision(d->rules);
}

const struct policy_ruleset *decider_rules(const struct decider *d)
{
	return d->rules;
}

/* ---- facts --------------------------------------------------------------------------------------------------------- */

static enum policy_kind kind_of(enum applicant_kind k)
{
	static const enum policy_kind map[APPLICANT__COUNT] = {
	    [APPLICANT_NONE] = POLICY_KIND_NONE,          [APPLICANT_CITIZEN] = POLICY_CITIZEN,
	    [APPLICANT_ENTERPRISE] = POLICY_ENTERPRISE,   [APPLICANT_HOUSEHOLD] = POLICY_HOUSEHOLD,
	    [APPLICANT_COOPERATIVE] = POLICY_COOPERATIVE, [APPLICANT_OTHER] = POLICY_OTHER,
	};
	return map[k];
}

static enum policy_gender gender_of(enum gender g)
{
	return g == GENDER_MALE ? POLICY_MALE : g == GENDER_FEMALE ? POLICY_FEMALE : POLICY_GENDER_UNKNOWN;
}

static enum policy_result result_of(struct str s)
{
	for (int i = 0; i < POLICY_RESULT__COUNT; i++)
		if (str_eq_c(s, policy_result_names[i]))
			return (enum policy_result)i;
	return POLICY_UNCONFIRMED;
}

/* Characters of the first label as people read it: code points, not bytes. */
static int label_length(struct str domain_u)
{
	struct str rest = domain_u, label = str_split(&rest, '.');
	int n = 0;
	for (size_t i = 0; i < label.len; i++)
		n += ((unsigned char)label.ptr[i] & 0xC0) != 0x80;
	return n;
}

static void facts_of_applicant(const struct item_applicant *a, struct policy_facts *f)
{
	f->kind = kind_of(a->kind);
	f->citizenship = a->citizenship;
	f->gender = gender_of(a->gender);
	f->birth_date = a->birth_date;
	f->id_number = a->id_number;
	f->tax_code = a->tax_code;
	f->registration_number = a->registration_number;
	f->founded_on = a->founded_on;
	f->registered_on = a->registered_on;
	f->registration_exempt = a->registration_exempt ? POLICY_YES : POLICY_UNKNOWN;
	f->province = a->address.province;
	f->province_list = a->address.province_list;
}

/* Whole years from the first free day to the expiry: how many of the name's years are paid or free so far. */
static int years_between(date_t from, date_t until)
{
	int n = 0;
	while (n < 100 && date_add_years(from, n + 1, false) <= until)
		n++;
	return n;
}

static void facts_of_ledger(const struct decide_ledger *l, enum item_op op, struct policy_facts *f)
{
	if (op == ITEM_CREATE) {
		f->prior_grants = l->subject_has_grant ? 1 : 0;
		f->prior_paid = l->subject_had_paid ? POLICY_YES : POLICY_NO;
		return;
	}
	f->name_known = l->name_known ? POLICY_YES : POLICY_NO;
	f->name_granted = l->name_granted ? POLICY_YES : POLICY_NO;
	f->ownership_changed = l->ownership_changed ? POLICY_YES : POLICY_NO;
	f->grant = l->grant;
	f->grant_from = l->grant_from;
	f->expires_on = l->expires_on;
	if (l->grant_from != DATE_NONE && l->expires_on != DATE_NONE)
		f->free_years_used = years_between(l->grant_from, l->expires_on);
}

/* The arrays that a decision's facts point into. */
struct fact_lists {
	struct policy_evidence evidence[ITEM_EVIDENCE_MAX + 1]; /* and a department's list */
	struct policy_given given[ITEM_FACTS_MAX];
	char listed[64];
};

static void facts_fill(const struct item_request *r, struct fact_lists *lists, struct policy_facts *f)
{
	*f = POLICY_FACTS_NONE;
	f->op = r->op == ITEM_CREATE ? POLICY_CREATE : POLICY_RENEW;
	f->zone = policy_zone_of(r->domain);
	f->name = r->domain_u;
	f->name_length = label_length(r->domain_u);
	f->name_idn = !str_eq(r->domain, r->domain_u);
	f->period = r->period;
	facts_of_applicant(&r->applicant, f);
	for (size_t i = 0; i < r->evidence_count; i++) {
		const struct item_evidence *e = &r->evidence[i];
		lists->evidence[i] =
		    (struct policy_evidence){e->type, e->issuer, e->reference, e->date, result_of(e->result)};
	}
	f->evidence = lists->evidence;
	f->evidence_count = r->evidence_count;
	for (size_t i = 0; i < r->fact_count; i++)
		lists->given[i] = (struct policy_given){r->facts[i].name, r->facts[i].value};
	f->given = lists->given;
	f->given_count = r->fact_count;
	f->charge = r->if_not_free == ITEM_CHARGE;
	f->max_fee_vnd = r->max_fee_vnd;
}

/* The day that a list tells, too: DATE_NONE when the applicant does not say. */
static date_t declared_day(const struct item_applicant *a)
{
	return a->kind == APPLICANT_HOUSEHOLD ? a->registered_on : a->founded_on;
}

static bool list_contradicts(const struct decide_listed *l, const struct item_applicant *a)
{
	date_t said = declared_day(a);
	return l->on != DATE_NONE && said != DATE_NONE && l->on != said;
}

static void facts_of_list(const struct decide_listed *l, const struct item_applicant *a,
                          struct fact_lists *lists, struct policy_facts *f)
{
	if (l->list == 0)
		return;
	snprintf(lists->listed, sizeof lists->listed, "list %llu, line %u", (unsigned long long)l->list,
	         l->line);
	lists->evidence[f->evidence_count++] =
	    (struct policy_evidence){l->type, l->issuer, str_c(lists->listed), l->date,
	                             list_contradicts(l, a) ? POLICY_CONTRADICTED : POLICY_CONFIRMED};
}

static void facts_of_named(const struct decide_named *n, struct policy_facts *f)
{
	if (n->list)
		f->name_list =
		    (struct policy_name_list){.kind = n->blocked ? POLICY_BLOCKED : POLICY_RESERVED,
		                              .list = n->list,
		                              .line = n->line,
		                              .label = n->label,
		                              .issuer = n->issuer,
		                              .date = n->date};
}

static void mac(const uint8_t hmac_key[32], struct str text, uint8_t key[DECIDE_KEY_LEN])
{
	struct sha256 sum;
	hash_hmac_sha256(str_make((const char *)hmac_key, 32), text, &sum);
	memcpy(key, sum.bytes, DECIDE_KEY_LEN);
}

void decide_rekey(const uint8_t hmac_key[32], uint8_t key[DECIDE_KEY_LEN])
{
	mac(hmac_key, str_make((const char *)key, DECIDE_KEY_LEN), key);
}

static void mac_key(const struct decider *d, const char *text, uint8_t key[DECIDE_KEY_LEN])
{
	mac(d->keys.key[0], str_c(text), key);
	for (uint32_t i = 1; i < d->keys.count; i++)
		decide_rekey(d->keys.key[i], key);
}

bool decide_list_key(const struct decider *d, enum applicant_kind kind, struct str number,
                     uint8_t key[DECIDE_KEY_LEN])
{
	char plain[40], text[POLICY_KEY_MAX];
	if ((kind != APPLICANT_ENTERPRISE && kind != APPLICANT_HOUSEHOLD) ||
	    !identity_normalize(number, plain, sizeof plain))
		return false;
	snprintf(text, sizeof text, "list/%s/%s", applicant_kind_name(kind), plain);
	mac_key(d, text, key);
	return true;
}

static void text_key(const struct decider *d, const char *what, struct str name, uint8_t key[DECIDE_KEY_LEN])
{
	char text[EPP_NAME_ASCII_MAX + 16];
	(void)snprintf(text, sizeof text, "%s/%.*s", what, STR_ARG(name)); /* a longer one is in no list */
	mac_key(d, text, key);
}

void decide_name_key(const struct decider *d, struct str name, uint8_t key[DECIDE_KEY_LEN])
{
	text_key(d, "name", name, key);
}

void decide_label_key(const struct decider *d, struct str label, uint8_t key[DECIDE_KEY_LEN])
{
	text_key(d, "label", label, key);
}

struct decide_name_keys decide_name_keys(const struct decider *d, struct str name)
{
	struct decide_name_keys k;
	struct str rest = name;
	decide_name_key(d, name, k.name);
	decide_label_key(d, str_split(&rest, '.'), k.label);
	return k;
}

bool decide_list_subject(const struct decider *d, const struct item_request *r, uint8_t key[DECIDE_KEY_LEN])
{
	const struct item_applicant *a = &r->applicant;
	struct str number = a->tax_code;
	if (a->kind == APPLICANT_HOUSEHOLD && (a->registration_number.len || !number.len))
		number = a->registration_number.len ? a->registration_number : a->id_number;
	return r->op == ITEM_CREATE && decide_list_key(d, a->kind, number, key);
}

void decide_subject(const struct decider *d, const struct item_request *r, struct decide_subject *out)
{
	struct fact_lists lists;
	struct policy_facts facts;
	char texts[POLICY_NUMBERS_MAX][POLICY_KEY_MAX], paid[POLICY_KEY_MAX + 8];
	*out = (struct decide_subject){.count = 0};
	if (r->applicant.kind == APPLICANT_NONE)
		return;
	facts_fill(r, &lists, &facts);
	out->count = (uint32_t)policy_subject_keys(d->rules, &facts, texts);
	for (uint32_t i = 0; i < out->count; i++)
		mac_key(d, texts[i], out->keys + i * DECIDE_KEY_LEN);
	out->has_paid = r->op == ITEM_CREATE && out->count > 0 && policy_grants_in(d->rules, facts.zone);
	if (out->has_paid) {
		snprintf(paid, sizeof paid, "paid/%s", texts[0]);
		mac_key(d, paid, out->paid);
	}
}

instant_ms_t decide_moment(const struct decider *d, date_t admitted_on, instant_ms_t now)
{
	if (!policy_admission_counts(d->rules) || admitted_on == DATE_NONE ||
	    admitted_on >= date_of_instant(now, HANOI_OFFSET_S))
		return now;
	return instant_of_date(admitted_on + 1, HANOI_OFFSET_S) - 1; /* the day is what counts */
}

bool decide_refuses_ineligible(const struct decider *d)
{
	return policy_refuses_ineligible(d->rules);
}

struct str decide_mark(const struct decide_subject *s, const struct decide_outcome *out)
{
	if (out->takes_grant)
		return str_make((const char *)s->keys, s->count * DECIDE_KEY_LEN);
	if (s->has_paid && out->state == ITEM_QUEUED && out->free_from == DATE_NONE)
		return str_make((const char *)s->paid, sizeof s->paid);
	return STR_NONE;
}

/* ---- the outcome --------------------------------------------------------------------------------------------------- */

static void copy_code(char *out, size_t size, struct str code)
{
	if (!str_copy(out, size, code))
		snprintf(out, size, "OTHER");
}

static void list_needs(const struct policy_decision *p, char *out, size_t size)
{
	size_t n = 0;
	out[0] = '\0';
	for (int i = 0; i < p->need_count && n < size; i++)
		n += (size_t)snprintf(out + n, size - n, "%s%s", i ? "," : "", p->needs[i]);
}

static void outcome_of_foreign(struct decide_outcome *out, date_t today)
{
	out->state = ITEM_REFUSED;
	out->fault = FAULT_PARTNER;
	snprintf(out->reason, sizeof out->reason, "NOT_YOURS");
	out->decided_on = today;
}

static void outcome_of(const struct policy_decision *p, const struct item_request *r,
                       struct decide_outcome *out)
{
	switch (p->action) {
	case POLICY_SEND: out->state = ITEM_QUEUED; break;
	case POLICY_HOLD:
		list_needs(p, out->needs, sizeof out->needs);
		out->state = p->need_count > 0 ? ITEM_WAITING : ITEM_REVIEW;
		out->fault = p->need_count > 0 ? FAULT_PARTNER : FAULT_POLICY;
		break;
	case POLICY_REFUSE:
		out->state = ITEM_REFUSED;
		out->fault = p->outcome == POLICY_REJECT ? FAULT_PARTNER : FAULT_POLICY;
		break;
	}
	bool free = p->outcome == POLICY_GRANT || p->outcome == POLICY_GRANT_PARTIAL;
	out->takes_grant = free && r->op == ITEM_CREATE && out->state == ITEM_QUEUED && p->key[0];
	copy_code(out->reason, sizeof out->reason, policy_main_reason(p));
	out->free_years = p->free_years;
	out->charged_years = p->charged_years;
	out->fee_vnd = p->expected_vnd;
	out->decided_on = p->decided_on;
	out->free_from = p->free_from;
	out->free_until = p->free_until;
	out->eligible_until = policy_admission_counts(p->rules) ? DATE_NONE : p->eligible_until;
	out->zone = policy_zone_of(r->domain);
	memcpy(out->province, p->province, sizeof out->province);
}

void decide_beyond_quota(struct decide_outcome *out)
{
	out->state = ITEM_REFUSED;
	out->fault = FAULT_POLICY;
	out->takes_grant = false;
	out->needs[0] = '\0';
	snprintf(out->reason, sizeof out->reason, "QUOTA_REACHED");
}

static void facts_of_item(const struct item_request *r, const struct decide_ledger *ledger, instant_ms_t now,
                          struct fact_lists *lists, struct policy_facts *f)
{
	facts_fill(r, lists, f);
	facts_of_ledger(ledger, r->op, f);
	facts_of_list(&ledger->listed, &r->applicant, lists, f);
	facts_of_named(&ledger->named, f);
	f->approved = ledger->approved;
	f->at = now;
}

void decide_explain(const struct decider *d, const struct item_request *r, const struct decide_ledger *ledger,
                    instant_ms_t now, struct buf *tree, struct buf *vi, struct buf *en)
{
	struct fact_lists lists;
	struct policy_facts facts;
	if (r->op == ITEM_RENEW && ledger->name_foreign)
		return;
	facts_of_item(r, ledger, now, &lists, &facts);
	policy_explain(d->rules, &facts, POLICY_JSON, tree);
	policy_explain_applicant(d->rules, &facts, POLICY_VI, vi);
	policy_explain_applicant(d->rules, &facts, POLICY_EN, en);
}

void decide_item(const struct decider *d, const struct item_request *r, const struct decide_ledger *ledger,
                 enum decide_stage stage, instant_ms_t now, struct buf *scratch, struct decide_outcome *out)
{
	struct fact_lists lists;
	struct record record = {.stage = stage, .foreign = r->op == ITEM_RENEW && ledger->name_foreign};
	struct policy_decision p;
	size_t common;
	buf_clear(scratch);
	*out = (struct decide_outcome){
	    .free_from = DATE_NONE, .free_until = DATE_NONE, .eligible_until = DATE_NONE, .fee_vnd = -1};
	facts_of_item(r, ledger, now, &lists, &record.facts);
	record.list = ledger->listed.list;
	record.line = ledger->listed.line;
	record_decide(d->rules, &record, scratch, &common, &p);
	if (record.foreign)
		outcome_of_foreign(out, date_of_instant(now, HANOI_OFFSET_S));
	else
		outcome_of(&p, r, out);
	size_t members = buf_len(scratch);
	record_encode(&record, scratch);
	INVARIANT(buf_ok(scratch));
	out->common = str_make(buf_data(scratch), common);
	out->item = str_make(buf_data(scratch) + common, members - common);
	out->record = str_make(buf_data(scratch) + members, buf_len(scratch) - members);
}

struct str decide_grant_of(struct str common, struct arena *arena)
{
	return policy_printed_get(common, STR("grant"), arena);
}

bool decide_took_grant(struct str common, struct str grant)
{
	struct arena scratch;
	arena_init(&scratch);
	bool took = str_eq(decide_grant_of(common, &scratch), grant);
	arena_fini(&scratch);
	return took;
}

/* ---- contacts ------------------------------------------------------------------------------------------------------ */

void decide_contact_id(const struct decider *d, uint32_t account, const struct item_request *r,
                       char out[ITEM_CONTACT_MAX])
{
	static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"; /* 32, without I L O U */
	struct item_request only = {.op = ITEM_CREATE, .cur_exp_date = DATE_NONE, .max_fee_vnd = -1};
	struct sha256 sum;
	struct buf data;
	out[0] = '\0';
	if (r->op != ITEM_CREATE || r->registrant.len || r->applicant.kind == APPLICANT_NONE)
		return;
	only.applicant = r->applicant;
	buf_init(&data, ITEM_PAYLOAD_MAX);
	buf_printf(&data, "contact/%u/", account);
	item_encode(&only, &data);
	hash_hmac_sha256(str_make((const char *)d->keys.key[0], sizeof d->keys.key[0]), buf_str(&data), &sum);
	buf_fini(&data);
	/* "VN" and 14 characters of 5 bits: 70 bits, so that a billion contacts do not collide. */
	out[0] = 'V';
	out[1] = 'N';
	for (int i = 0; i < ITEM_CONTACT_MAX - 3; i++)
		out[2 + i] = alphabet[sum.bytes[i] & 31];
	out[ITEM_CONTACT_MAX - 1] = '\0';
}
