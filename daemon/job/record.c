/* Records of decisions: the codec, and deciding them. */
#include "daemon/job/record.h"
#include "policy/identity.h"

#include <stdio.h>

/* 1: without the list of names that has the name. */
#define RECORD_VERSION 2

/* ---- writing ---- */

static void put_number(struct buf *out, uint64_t n)
{
	char bytes[10];
	size_t len = 0;
	for (; n >= 0x80; n >>= 7)
		bytes[len++] = (char)(n | 0x80);
	bytes[len++] = (char)n;
	buf_append(out, bytes, len);
}

/* Small negative numbers stay small. */
static void put_signed(struct buf *out, int64_t n)
{
	put_number(out, (uint64_t)n << 1 ^ (uint64_t)(n >> 63));
}

/* 0: none. Days are counted from 2000, so that most take two bytes. */
#define DAY_ZERO 10957
static void put_date(struct buf *out, date_t d)
{
	int64_t n = (int64_t)d - DAY_ZERO;
	put_number(out, d == DATE_NONE ? 0 : ((uint64_t)n << 1 ^ (uint64_t)(n >> 63)) + 1);
}

static void put_text(struct buf *out, struct str s)
{
	put_number(out, s.len);
	buf_add(out, s);
}

static void put_masked(struct buf *out, struct str number)
{
	char masked[IDENTITY_MASK_MAX];
	put_text(out, identity_mask(number, masked));
}

static void put_flags(struct buf *out, const struct record *r)
{
	const struct policy_facts *f = &r->facts;
	put_number(out, (uint64_t)f->op | (uint64_t)f->name_idn << 1 | (uint64_t)f->charge << 2 |
	                    (uint64_t)(f->approved.len > 0) << 3 | (uint64_t)r->foreign << 4 |
	                    (uint64_t)r->stage << 5);
	put_number(out, (uint64_t)f->kind | (uint64_t)f->gender << 4);
	put_number(out, (uint64_t)f->registration_exempt | (uint64_t)f->prior_paid << 2 |
	                    (uint64_t)f->name_known << 4 | (uint64_t)f->name_granted << 6 |
	                    (uint64_t)f->ownership_changed << 8);
	if (f->approved.len)
		put_text(out, f->approved);
}

static void put_lists(struct buf *out, const struct record *r)
{
	const struct policy_facts *f = &r->facts;
	put_number(out, f->evidence_count);
	for (size_t i = 0; i < f->evidence_count; i++) {
		const struct policy_evidence *e = &f->evidence[i];
		put_text(out, e->type);
		put_number(out, (uint64_t)e->result | (uint64_t)(e->reference.len > 0) << 2);
		put_date(out, e->date);
	}
	put_number(out, r->list);
	if (r->list)
		put_number(out, r->line);
	put_number(out, f->given_count);
	for (size_t i = 0; i < f->given_count; i++) {
		put_text(out, f->given[i].name);
		put_text(out, f->given[i].value);
	}
}

static void put_name_list(struct buf *out, const struct policy_name_list *l)
{
	put_number(out, (uint64_t)l->kind | (uint64_t)l->label << 2);
	if (!l->kind)
		return;
	put_number(out, l->list);
	put_number(out, l->line);
	put_text(out, l->issuer);
	put_date(out, l->date);
}

void record_encode(const struct record *r, struct buf *out)
{
	const struct policy_facts *f = &r->facts;
	put_number(out, RECORD_VERSION);
	put_flags(out, r);
	put_signed(out, f->at);
	put_text(out, f->zone);
	put_signed(out, f->name_length);
	put_signed(out, f->period);
	put_text(out, f->citizenship);
	put_date(out, f->birth_date);
	put_masked(out, f->id_number);
	put_masked(out, f->tax_code);
	put_masked(out, f->registration_number);
	put_date(out, f->founded_on);
	put_date(out, f->registered_on);
	put_text(out, f->province);
	put_text(out, f->province_list);
	put_signed(out, f->max_fee_vnd);
	put_signed(out, f->prior_grants);
	put_text(out, f->grant);
	put_date(out, f->grant_from);
	put_signed(out, f->free_years_used);
	put_date(out, f->expires_on);
	put_lists(out, r);
	put_name_list(out, &f->name_list);
}

/* ---- reading ---- */

struct reader {
	struct str rest;
	bool bad;
};

static uint64_t get_number(struct reader *r)
{
	uint64_t n = 0;
	for (unsigned shift = 0; shift < 64; shift += 7) {
		if (r->rest.len == 0)
			break;
		uint8_t byte = (uint8_t)*r->rest.ptr++;
		r->rest.len--;
		n |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return n;
	}
	r->bad = true;
	return 0;
}

static int64_t unfold(uint64_t n)
{
	return (int64_t)(n >> 1) ^ -(int64_t)(n & 1);
}

/* A number between the bounds; out of them is no record of ours. */
static int64_t get_signed(struct reader *r, int64_t min, int64_t max)
{
	int64_t n = unfold(get_number(r));
	if (n < min || n > max) {
		r->bad = true;
		return min;
	}
	return n;
}

static date_t get_date(struct reader *r)
{
	uint64_t n = get_number(r);
	if (n == 0)
		return DATE_NONE;
	int64_t d = unfold(n - 1) + DAY_ZERO;
	if (d < INT32_MIN / 2 || d > INT32_MAX / 2) {
		r->bad = true;
		return DATE_NONE;
	}
	return (date_t)d;
}

static struct str get_text(struct reader *r)
{
	uint64_t len = get_number(r);
	if (len > r->rest.len) {
		r->bad = true;
		return STR_NONE;
	}
	struct str out = str_make(r->rest.ptr, (size_t)len);
	r->rest.ptr += len;
	r->rest.len -= (size_t)len;
	return len ? out : STR_NONE;
}

static unsigned get_bits(uint64_t bits, unsigned from, unsigned count, unsigned end, struct reader *r)
{
	unsigned n = (unsigned)(bits >> from & ((1u << count) - 1));
	if (n < end)
		return n;
	r->bad = true;
	return 0;
}

static void get_flags(struct reader *r, struct record *out)
{
	struct policy_facts *f = &out->facts;
	uint64_t a = get_number(r), b = get_number(r), c = get_number(r);
	f->op = (enum policy_op)get_bits(a, 0, 1, POLICY_OP__COUNT, r);
	f->name_idn = get_bits(a, 1, 1, 2, r);
	f->charge = get_bits(a, 2, 1, 2, r);
	bool approved = get_bits(a, 3, 1, 2, r);
	out->foreign = get_bits(a, 4, 1, 2, r);
	out->stage = (enum decide_stage)get_bits(a, 5, 3, DECIDE_AGAIN + 1, r);
	f->kind = (enum policy_kind)get_bits(b, 0, 4, POLICY_KIND__COUNT, r);
	f->gender = (enum policy_gender)get_bits(b, 4, 4, POLICY_GENDER__COUNT, r);
	f->registration_exempt = (enum policy_flag)get_bits(c, 0, 2, POLICY_YES + 1, r);
	f->prior_paid = (enum policy_flag)get_bits(c, 2, 2, POLICY_YES + 1, r);
	f->name_known = (enum policy_flag)get_bits(c, 4, 2, POLICY_YES + 1, r);
	f->name_granted = (enum policy_flag)get_bits(c, 6, 2, POLICY_YES + 1, r);
	f->ownership_changed = (enum policy_flag)get_bits(c, 8, 2, POLICY_YES + 1, r);
	if (approved)
		f->approved = get_text(r);
}

/* What there is more of than fits is no record of ours. */
static size_t get_count(struct reader *r, size_t max)
{
	uint64_t n = get_number(r);
	if (n > max) {
		r->bad = true;
		return 0;
	}
	return (size_t)n;
}

static void get_lists(struct reader *r, struct record *out)
{
	struct policy_facts *f = &out->facts;
	f->evidence = out->evidence;
	f->evidence_count = get_count(r, ITEM_EVIDENCE_MAX + 1);
	for (size_t i = 0; i < f->evidence_count; i++) {
		struct policy_evidence *e = &out->evidence[i];
		*e = (struct policy_evidence){.type = get_text(r)};
		uint64_t bits = get_number(r);
		e->result = (enum policy_result)get_bits(bits, 0, 2, POLICY_RESULT__COUNT, r);
		e->reference = get_bits(bits, 2, 1, 2, r) ? STR("recorded") : STR_NONE;
		e->date = get_date(r);
	}
	out->list = get_number(r);
	out->line = out->list ? (uint32_t)get_number(r) : 0;
	if (out->list && f->evidence_count == 0)
		r->bad = true;
	f->given = out->given;
	f->given_count = get_count(r, ITEM_FACTS_MAX);
	for (size_t i = 0; i < f->given_count; i++) {
		out->given[i].name = get_text(r);
		out->given[i].value = get_text(r);
	}
}

static void get_name_list(struct reader *r, struct policy_name_list *l)
{
	uint64_t bits = get_number(r);
	l->kind = (enum policy_listed)get_bits(bits, 0, 2, POLICY_LISTED__COUNT, r);
	l->label = get_bits(bits, 2, 1, 2, r);
	if (!l->kind)
		return;
	l->list = get_number(r);
	l->line = (uint32_t)get_number(r);
	l->issuer = get_text(r);
	l->date = get_date(r);
}

enum err record_decode(struct str in, struct record *out)
{
	struct reader r = {.rest = in};
	struct policy_facts *f = &out->facts;
	*f = POLICY_FACTS_NONE;
	uint64_t version = get_number(&r);
	r.bad = version < 1 || version > RECORD_VERSION;
	get_flags(&r, out);
	f->at = unfold(get_number(&r));
	f->zone = get_text(&r);
	f->name_length = (int)get_signed(&r, 0, INT32_MAX);
	f->period = (int)get_signed(&r, -1, INT32_MAX);
	f->citizenship = get_text(&r);
	f->birth_date = get_date(&r);
	f->id_number = get_text(&r);
	f->tax_code = get_text(&r);
	f->registration_number = get_text(&r);
	f->founded_on = get_date(&r);
	f->registered_on = get_date(&r);
	f->province = get_text(&r);
	f->province_list = get_text(&r);
	f->max_fee_vnd = get_signed(&r, -1, INT64_MAX);
	f->prior_grants = (int)get_signed(&r, -1, INT32_MAX);
	f->grant = get_text(&r);
	f->grant_from = get_date(&r);
	f->free_years_used = (int)get_signed(&r, -1, INT32_MAX);
	f->expires_on = get_date(&r);
	get_lists(&r, out);
	if (version > 1)
		get_name_list(&r, &f->name_list);
	return r.bad || r.rest.len ? ERR_CORRUPT : OK;
}

/* ---- deciding ---- */

static const char *stage_name(enum decide_stage s)
{
	static const char *const names[] = {[DECIDE_ADMISSION] = "admission",
	                                    [DECIDE_SENDING] = "sending",
	                                    [DECIDE_PREVIEW] = "preview",
	                                    [DECIDE_AGAIN] = "again"};
	return names[s];
}

/* Another partner's name: a matter of ownership, not of policy, so the rule files do not know it. */
static void print_foreign(const struct policy_ruleset *rules, struct buf *out, size_t *common)
{
	size_t before = buf_len(out);
	buf_lit(out, "\"outcome\":\"reject\",\"grant\":null,\"reasons\":[\"NOT_YOURS\"],\"flags\":[],"
	             "\"cites\":[],\"rules\":\"");
	buf_add(out, str_c(policy_revision(rules)));
	buf_byte(out, '"');
	*common = buf_len(out) - before;
	buf_lit(out, "\"free_years\":0,\"charged_years\":0");
}

/* The entry of a department's list that the decision knows: its last piece of evidence. */
static void print_listed(const struct record *r, struct buf *out)
{
	char date[DATE_TEXT_MAX];
	const struct policy_evidence *e = &r->facts.evidence[r->facts.evidence_count - 1];
	buf_printf(out, ",\"list\":{\"list\":%llu,\"line\":%u,\"date\":\"%s\",\"result\":\"%s\"}",
	           (unsigned long long)r->list, r->line, date_format(date, e->date),
	           policy_result_names[e->result]);
}

void record_decide(const struct policy_ruleset *rules, const struct record *r, struct buf *out,
                   size_t *common, struct policy_decision *p)
{
	size_t before = buf_len(out), members;
	buf_lit(out, "\"stage\":\"");
	buf_add(out, str_c(stage_name(r->stage)));
	buf_lit(out, "\",");
	members = buf_len(out) - before;
	if (r->foreign) {
		*p = (struct policy_decision){.rules = rules,
		                              .outcome = POLICY_REJECT,
		                              .action = POLICY_REFUSE};
		print_foreign(rules, out, common);
		*common += members;
		return;
	}
	policy_decide(rules, &r->facts, p);
	policy_print_common(p, out);
	*common = buf_len(out) - before;
	policy_print_item(p, out);
	if (r->list)
		print_listed(r, out);
	policy_print_name_list(&r->facts.name_list, out);
}
