/* What both back ends say alike of items: of those that wait, and of how one ends. */
#include "daemon/store/store_list.h"

void store_evidence_encode(const struct item_evidence *e, struct buf *out)
{
	struct item_request r = {
	    .domain = STR("-"), .cur_exp_date = DATE_NONE, .max_fee_vnd = -1, .evidence_count = 1};
	r.applicant.birth_date = r.applicant.founded_on = r.applicant.registered_on = DATE_NONE;
	r.evidence[0] = *e;
	item_encode(&r, out);
}

enum err store_evidence_decode(struct str blob, struct item_evidence *out)
{
	struct item_request r;
	enum err err = item_decode(blob, &r);
	if (!err && r.evidence_count != 1)
		err = ERR_CORRUPT;
	if (!err)
		*out = r.evidence[0];
	return err;
}

void store_facts_encode(const struct item_request *added, struct buf *out)
{
	struct item_request r = {.domain = STR("-"),
	                         .cur_exp_date = DATE_NONE,
	                         .max_fee_vnd = -1,
	                         .fact_count = added->fact_count};
	r.applicant.birth_date = r.applicant.founded_on = r.applicant.registered_on = DATE_NONE;
	r.applicant.gender = added->applicant.gender;
	memcpy(r.facts, added->facts, sizeof r.facts);
	item_encode(&r, out);
}

static const struct item_fact *fact_of(const struct item_request *r, struct str name)
{
	for (size_t i = 0; i < r->fact_count; i++)
		if (str_eq(r->facts[i].name, name))
			return &r->facts[i];
	return NULL;
}

/* They stand in order of their names. */
static void insert_fact(struct item_request *r, struct item_fact f)
{
	size_t at = r->fact_count;
	if (at == ITEM_FACTS_MAX)
		return;
	for (; at > 0 && str_cmp(r->facts[at - 1].name, f.name) > 0; at--)
		r->facts[at] = r->facts[at - 1];
	r->facts[at] = f;
	r->fact_count++;
}

bool store_facts_merge(struct item_request *r, struct str blob)
{
	struct item_request added;
	if (item_decode(blob, &added))
		return false;
	for (size_t i = 0; i < added.fact_count; i++)
		if (!fact_of(r, added.facts[i].name))
			insert_fact(r, added.facts[i]);
	if (r->applicant.gender == GENDER_UNKNOWN)
		r->applicant.gender = added.applicant.gender;
	return true;
}

enum err store_facts_compare(const struct item_request *r, const struct item_request *added, bool *any,
                             struct errmsg *e)
{
	enum gender said = r->applicant.gender, now = added->applicant.gender;
	size_t more = 0;
	for (size_t i = 0; i < added->fact_count; i++) {
		const struct item_fact *f = fact_of(r, added->facts[i].name);
		if (f && !str_eq(f->value, added->facts[i].value))
			return err_set(e, ERR_EXISTS, "the item says already that %.*s is '%.*s'",
			               STR_ARG(f->name), STR_ARG(f->value));
		more += !f;
	}
	if (said != GENDER_UNKNOWN && now != GENDER_UNKNOWN && said != now)
		return err_set(e, ERR_EXISTS, "the item says already of which sex the applicant is");
	if (r->fact_count + more > ITEM_FACTS_MAX)
		return err_set(e, ERR_TOO_LONG, "an item has at most %d facts", ITEM_FACTS_MAX);
	*any = more > 0 || (said == GENDER_UNKNOWN && now != GENDER_UNKNOWN);
	return OK;
}

bool store_evidence_has(const struct item_request *r, const struct item_evidence *e)
{
	for (size_t i = 0; i < r->evidence_count; i++) {
		const struct item_evidence *x = &r->evidence[i];
		if (str_eq(x->type, e->type) && str_eq(x->issuer, e->issuer) &&
		    str_eq(x->reference, e->reference) && str_eq(x->result, e->result) && x->date == e->date)
			return true;
	}
	return false;
}

struct item_result store_again_result(const struct decide_outcome *d, int attempt, instant_ms_t now)
{
	return (struct item_result){.state = d->state,
	                            .attempt = attempt,
	                            .fault = d->fault,
	                            .reason = str_c(d->reason),
	                            .needs = str_c(d->needs),
	                            .created = INSTANT_NONE,
	                            .expires = INSTANT_NONE,
	                            .charged_vnd = -1,
	                            .at = now};
}

struct item_result store_refused_result(struct str reason, struct str words, int attempt, instant_ms_t now)
{
	return (struct item_result){.state = ITEM_REFUSED,
	                            .attempt = attempt,
	                            .fault = FAULT_POLICY,
	                            .reason = reason,
	                            .message = words,
	                            .created = INSTANT_NONE,
	                            .expires = INSTANT_NONE,
	                            .charged_vnd = -1,
	                            .at = now};
}

void store_cancel_begin(struct store_batch_cancel *o, uint64_t lines, uint64_t own)
{
	o->lines = lines;
	o->repeated = lines - own;
	o->cancelled = o->too_late = o->over = 0;
	memset(o->left, 0, sizeof o->left);
}

void store_cancel_left(struct store_batch_cancel *o, enum item_state state)
{
	if (state == ITEM_CANCELLED || state == ITEM_REFUSED)
		o->over++;
	else
		o->too_late++;
	o->left[state]++;
}

bool store_list_of_names(enum store_list_kind kind)
{
	return kind >= STORE_LIST_RESERVED;
}

enum err store_list_wrong(struct errmsg *e, uint64_t list, bool found, enum store_list_state is,
                          enum store_list_state want)
{
	unsigned long long n = list;
	if (!found || (is == STORE_LIST_COMING) != (want == STORE_LIST_COMING))
		return err_set(e, ERR_NOT_FOUND,
		               want == STORE_LIST_COMING ? "no list %llu is coming" : "there is no list %llu",
		               n);
	return err_set(e, ERR_CONFLICT, "list %llu was undone before", n);
}

enum err store_list_other_kind(struct errmsg *e, uint64_t list)
{
	return err_set(e, ERR_CONFLICT, "list %llu is of another kind", (unsigned long long)list);
}

bool store_past_boundary(enum item_op op, date_t grant_from, instant_ms_t due, const struct item_result *r)
{
	return op == ITEM_CREATE && r->state == ITEM_DONE && grant_from != DATE_NONE && due != INSTANT_NONE &&
	       r->created != INSTANT_NONE && r->created >= due;
}

struct item_result store_settled_result(struct store_message *o, enum item_op op, date_t grant_from,
                                        instant_ms_t due, struct item_result last)
{
	struct item_result r = last;
	o->look = o->pan_approved && last.expires == INSTANT_NONE;
	r.state = o->look ? ITEM_RECONCILING : o->pan_approved ? ITEM_DONE : ITEM_FAILED;
	r.fault = o->pan_approved ? FAULT_NONE : FAULT_REGISTRY;
	r.reason = o->pan_approved ? STR("CREATED") : STR("REFUSED_LATER");
	r.message = o->text;
	r.at = o->now;
	r.past_boundary = o->past_boundary = store_past_boundary(op, grant_from, due, &r);
	return r;
}

struct item_result store_taken_result(enum item_op op, struct item_result r)
{
	r.state = ITEM_FAILED;
	r.fault = FAULT_PARTNER;
	r.reason = op == ITEM_CREATE ? STR("NAME_TAKEN") : STR("CUR_EXP_DATE");
	r.message = op == ITEM_CREATE ? STR("the name exists already, from another item of this gateway")
	                              : STR("the name was renewed already, by another item of this gateway");
	return r;
}

enum err store_must_wait(struct store_decide *o)
{
	bool person = o->how != STORE_DECIDE_EVIDENCE;
	if (o->before == ITEM_REVIEW || (o->before == ITEM_WAITING && !person))
		return OK;
	return err_set(&o->op.errmsg, ERR_CONFLICT, "the item is %s: it does not wait for %s",
	               item_state_name(o->before), person ? "a person" : "evidence");
}

struct str store_reasons_of(struct str common, struct arena *a)
{
	static const char key[] = "\"reasons\":[";
	const char *at = common.len ? memmem(common.ptr, common.len, key, sizeof key - 1) : NULL;
	struct str codes = STR_NONE;
	if (!at)
		return STR_NONE;
	struct str rest =
	    str_make(at + sizeof key - 1, common.len - (size_t)(at + sizeof key - 1 - common.ptr));
	struct str list = str_split(&rest, ']');
	while (list.len) {
		struct str code = str_split(&list, ',');
		if (code.len > 2) /* in quotes */
			codes = arena_printf(a, "%.*s%s%.*s", STR_ARG(codes), codes.len ? " " : "",
			                     (int)code.len - 2, code.ptr + 1);
	}
	return codes;
}

struct str store_approval_make(struct str codes, struct str why, struct arena *a)
{
	return arena_printf(a, "%.*s\n%.*s", STR_ARG(codes), STR_ARG(why));
}

void store_approval_split(struct str body, struct str *codes, struct str *why)
{
	*why = body;
	*codes = str_split(why, '\n');
}

bool store_may_retry(struct store_decide *o)
{
	if (o->before == ITEM_FAILED || o->before == ITEM_REFUSED)
		return true;
	o->repeated = !item_state_final(o->before);
	if (!o->repeated)
		o->op.err = err_set(&o->op.errmsg, ERR_CONFLICT, "the item is %s: nothing is tried again",
		                    item_state_name(o->before));
	return false;
}
