/*
 * What waits for a person in charge of the policy: the queue, one application with everything that is known of it, the
 * person's decision, and the end of the waiting.
 *
 * Happy path of a decision: STORE_DECIDE approves (the item is decided again, with the approval as a recorded exception)
 * or refuses it ─▶ the scheduler is told of what is queued now ─▶ answered with where the item stands.
 *
 * Failure modes: the item waits for nobody: refused, with where it stands. Approved, and it still cannot be sent: the
 * answer says so, and why. The store cannot write: nothing has happened.
 *
 * Once an hour, and after every start, what has waited longer than the rule files allow (lifecycle.yaml, review-period)
 * is refused.
 */
#include "daemon/gateway_int.h"
#include "daemon/store/store_held.h"
#include "epp/base/alloc.h"
#include "policy/policy.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY_MS       86400000ll
#define LOOK_MS      3600000 /* between two looks at what has waited too long */
#define RETRY_MS     60000   /* when the store could not be written */
#define EXPIRE_LIMIT 200     /* refused by one operation */
#define WHY_MAX      500

/* ---- dates -------------------------------------------------------------------------------------------------------------- */

/* How long it may wait by the rules of today; false: for ever. */
static bool period_of(const struct gateway *g, int64_t *days)
{
	date_t today = date_of_instant(loop_wall(g->env.loop), HANOI_OFFSET_S);
	return policy_value(decider_rules(g->decider), STR(POLICY_REVIEW_PERIOD), today, days);
}

instant_ms_t gateway_review_ends(const struct gateway *g, instant_ms_t since)
{
	int64_t days;
	return period_of(g, &days) ? since + days * DAY_MS : INSTANT_NONE;
}

/* ---- the queue ----------------------------------------------------------------------------------------------------------- */

struct review_list {
	struct gateway_call call;
	struct store_get_held get;
};

static struct str reason_of(const struct store_row *row)
{
	return row->result.reason.len ? row->result.reason : str_c(row->intake_reason);
}

static json_t *entry(const struct gateway *g, const struct store_row *row, instant_ms_t since)
{
	return json_pack("{s:I, s:o, s:s, s:s, s:o, s:o, s:o, s:o}", "item", (json_int_t)row->item, "domain",
	                 gateway_text(row->domain), "op", item_op_name(row->op), "partner",
	                 gateway_partner_name(g, row->partner), "ref", gateway_text(row->ref), "reason",
	                 gateway_text(reason_of(row)), "since", gateway_moment(since), "expires",
	                 gateway_moment(gateway_review_ends(g, since)));
}

static void on_list(struct store_op *op)
{
	struct review_list *l = CONTAINER_OF(op, struct review_list, get.op);
	json_t *list = json_array();
	for (size_t i = 0; !op->err && i < l->get.count; i++)
		json_array_append_new(list, entry(l->call.gateway, &l->get.rows[i], l->get.since[i]));
	gateway_call_end(&l->call, gateway_wrong(op, NULL),
	                 json_pack("{s:o, s:b}", "review", list, "more", l->get.more));
}

void gateway_review_list(struct gateway *g, gateway_answer_cb done, void *arg)
{
	struct review_list *l = gateway_question_new(g, sizeof *l, done, arg);
	if (!l)
		return;
	l->get = (struct store_get_held){.op = {.type = STORE_GET_HELD, .done = on_list},
	                                 .state = ITEM_REVIEW,
	                                 .limit = STORE_HELD_MAX,
	                                 .arena = &l->call.arena};
	g->env.reader->submit(g->env.reader, &l->get.op);
}

/* ---- one application ------------------------------------------------------------------------------------------------------- */

struct review_show {
	struct gateway_call call;
	struct store_get_item get;
	struct store_get_notes notes;
};

/* A number as far as a person needs it to compare it with a paper: its end. */
static json_t *masked(struct str number)
{
	char text[40];
	size_t hidden = number.len > 4 ? number.len - 4 : 0;
	if (!number.len || !str_copy(text, sizeof text, number))
		return json_null();
	memset(text, '*', hidden);
	return json_string(text);
}

static json_t *day(date_t d)
{
	char text[DATE_TEXT_MAX];
	return d == DATE_NONE ? json_null() : json_string(date_format(text, d));
}

static json_t *applicant(const struct item_request *r)
{
	const struct item_applicant *a = &r->applicant;
	return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "kind",
	                 applicant_kind_name(a->kind), "name", gateway_text(a->name), "citizenship",
	                 gateway_text(a->citizenship), "born", day(a->birth_date), "id_number",
	                 masked(a->id_number), "tax_code", masked(a->tax_code), "registration_number",
	                 masked(a->registration_number), "founded_on", day(a->founded_on), "registered_on",
	                 day(a->registered_on), "province", gateway_text(a->address.province));
}

static json_t *piece(const struct item_evidence *e, instant_ms_t added)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "type", gateway_text(e->type), "result",
	                 gateway_text(e->result), "issuer", gateway_text(e->issuer), "reference",
	                 gateway_text(e->reference), "date", day(e->date), "added", gateway_moment(added));
}

static json_t *evidence_of(const struct review_show *s, const struct item_request *r)
{
	json_t *list = json_array();
	for (size_t i = 0; i < r->evidence_count; i++)
		json_array_append_new(list, piece(&r->evidence[i], INSTANT_NONE));
	for (size_t i = 0; i < s->notes.count; i++)
		if (s->notes.notes[i].kind == STORE_NOTE_EVIDENCE)
			json_array_append_new(list, piece(&s->notes.notes[i].evidence, s->notes.notes[i].at));
	return list;
}

static json_t *decisions_of(const struct review_show *s)
{
	static const char *const names[] = {
	    [STORE_NOTE_APPROVED] = "approved", [STORE_NOTE_REFUSED] = "refused"};
	json_t *list = json_array();
	for (size_t i = 0; i < s->notes.count; i++) {
		const struct store_note *n = &s->notes.notes[i];
		if (n->kind == STORE_NOTE_APPROVED || n->kind == STORE_NOTE_REFUSED)
			json_array_append_new(
			    list, json_pack("{s:s, s:o, s:o, s:o, s:o}", "decision", names[n->kind], "of",
			                    gateway_text(n->codes), "by", gateway_text(n->by), "at",
			                    gateway_moment(n->at), "why", gateway_text(n->why)));
	}
	return list;
}

/* What the registry says of a renewal's name whose history is not known here; "" before it was asked. */
static struct str registry_of(const struct review_show *s)
{
	struct str says = STR_NONE;
	for (size_t i = 0; i < s->notes.count; i++)
		if (s->notes.notes[i].kind == STORE_NOTE_REGISTRY)
			says = s->notes.notes[i].why;
	return says;
}

/* All its reasons in words. */
static json_t *words_of(struct review_show *s, const json_t *decision, enum policy_lang lang)
{
	const struct policy_ruleset *rules = decider_rules(s->call.gateway->decider);
	struct str all = STR_NONE;
	json_t *code;
	size_t i;
	json_array_foreach(json_object_get(decision, "reasons"), i, code)
	{
		struct str words = policy_reason_message(rules, str_c(json_string_value(code)), lang);
		all = arena_printf(&s->call.arena, "%.*s%s%.*s", STR_ARG(all), all.len ? " " : "",
		                   STR_ARG(words));
	}
	return gateway_text(all);
}

static json_t *decision_of(const struct store_row *row)
{
	struct buf text;
	buf_init(&text, 1u << 20);
	buf_printf(&text, "{%.*s%s%.*s}", STR_ARG(row->decision_common), row->decision_item.len ? "," : "",
	           STR_ARG(row->decision_item));
	json_t *d = json_loadb(buf_data(&text), buf_len(&text), 0, NULL);
	buf_fini(&text);
	return d ? d : json_object();
}

static json_t *describe(struct review_show *s)
{
	const struct gateway *g = s->call.gateway;
	const struct store_row *row = &s->get.row;
	struct item_request req = {.evidence_count = 0};
	json_t *decision = decision_of(row);
	bool read = !item_decode(row->payload, &req);
	json_t *a =
	    json_pack("{s:I, s:s, s:o, s:s, s:o, s:s, s:i, s:o, s:o, s:o, s:o}", "item",
	              (json_int_t)row->item, "state", item_state_name(row->state), "domain",
	              gateway_text(row->domain), "op", item_op_name(row->op), "ref", gateway_text(row->ref),
	              "partner", gateway_partner_name(g, row->partner), "period", req.period, "admitted",
	              gateway_moment(row->admitted), "reason", gateway_text(reason_of(row)), "message",
	              gateway_text(row->result.message), "eligible_until", json_null());
	json_t *until = json_object_get(decision, "eligible_until");
	if (until)
		json_object_set(a, "eligible_until", until);
	if (row->op == ITEM_RENEW) {
		json_object_set_new(a, "cur_exp_date", day(req.cur_exp_date));
		json_object_set_new(a, "registry_says", gateway_text(registry_of(s)));
	}
	json_object_set_new(a, "vi", words_of(s, decision, POLICY_VI));
	json_object_set_new(a, "en", words_of(s, decision, POLICY_EN));
	if (read && req.applicant.kind != APPLICANT_NONE)
		json_object_set_new(a, "applicant", applicant(&req));
	json_object_set_new(a, "evidence", evidence_of(s, &req));
	json_object_set_new(a, "decisions", decisions_of(s));
	json_object_set_new(a, "decision", decision);
	return a;
}

static void on_notes(struct store_op *op)
{
	struct review_show *s = CONTAINER_OF(op, struct review_show, notes.op);
	gateway_call_end(&s->call, gateway_wrong(op, NULL), op->err ? NULL : describe(s));
}

static void on_item(struct store_op *op)
{
	struct review_show *s = CONTAINER_OF(op, struct review_show, get.op);
	if (op->err) {
		gateway_call_end(&s->call, gateway_wrong(op, "no such item"), NULL);
		return;
	}
	s->notes = (struct store_get_notes){.op = {.type = STORE_GET_NOTES, .done = on_notes},
	                                    .item = s->get.row.item,
	                                    .arena = &s->call.arena};
	s->call.gateway->env.reader->submit(s->call.gateway->env.reader, &s->notes.op);
}

void gateway_review_show(struct gateway *g, uint64_t item, gateway_answer_cb done, void *arg)
{
	if (item == 0) {
		done(arg, "an item is named by its number, from 1", NULL);
		return;
	}
	struct review_show *s = gateway_question_new(g, sizeof *s, done, arg);
	if (!s)
		return;
	s->get = (struct store_get_item){.op = {.type = STORE_GET_ITEM, .done = on_item},
	                                 .item = item,
	                                 .want_payload = true,
	                                 .arena = &s->call.arena};
	g->env.reader->submit(g->env.reader, &s->get.op);
}

/* ---- a person's decision ----------------------------------------------------------------------------------------------------- */

struct review_decide {
	struct gateway_call call;
	struct store_decide op;
	struct decider *decider; /* a reference */
	struct config *config;   /* a reference: whose quotas they are */
};

static const char *then_what(const struct store_decide *o)
{
	switch (o->state) {
	case ITEM_QUEUED: return "it is sent when its turn comes";
	case ITEM_REFUSED:
		return o->how == STORE_DECIDE_REFUSE ? "the partner sees your words in its result"
		                                     : "approved, and still refused: see 'reason'";
	case ITEM_WAITING: return "approved, but the partner must still add something: see 'reason'";
	default: return "approved, but it still waits for a person: see 'reason'";
	}
}

static void on_decided(struct store_op *op)
{
	struct review_decide *r = CONTAINER_OF(op, struct review_decide, op.op);
	struct gateway *g = r->call.gateway;
	const struct store_decide *o = &r->op;
	json_t *answer = NULL;
	if (!op->err) {
		LOG(g->env.log, LOG_NOTICE, "review.decided",
		    o->how == STORE_DECIDE_APPROVE ? "approved" : "refused", F_U64("item", o->item),
		    F_U64("batch", o->batch), F_STR("by", o->by), F_STR("why", o->why),
		    F_C("state", item_state_name(o->state)), F_C("reason", o->reason));
		answer = json_pack("{s:I, s:s, s:s, s:s}", "item", (json_int_t)o->item, "state",
		                   item_state_name(o->state), "reason", o->reason, "detail", then_what(o));
	}
	if (!op->err && !g->stopping)
		sched_kick(g->sched);
	decider_unref(&r->decider);
	config_unref(&r->config);
	gateway_call_end(&r->call, gateway_wrong(op, "no such item"), answer);
}

void gateway_review_decide(struct gateway *g, bool approve, const json_t *args,
                           const struct gateway_asker *who, gateway_answer_cb done, void *arg)
{
	const char *why = json_string_value(json_object_get(args, "why"));
	json_int_t item = json_integer_value(json_object_get(args, "item"));
	const char *wrong = !g->running || g->stopping ? "the gateway is starting or stopping"
	                    : item <= 0                ? "an item is named by its number, from 1"
	                    : !why || !*why            ? "say why: it is kept with the item"
	                                               : NULL;
	if (wrong) {
		done(arg, wrong, NULL);
		return;
	}
	struct review_decide *r = gateway_call_new(g, sizeof *r, done, arg);
	r->decider = decider_ref(g->decider);
	r->config = config_ref(g->config);
	r->op = (struct store_decide){.op = {.type = STORE_DECIDE, .done = on_decided},
	                              .how = approve ? STORE_DECIDE_APPROVE : STORE_DECIDE_REFUSE,
	                              .item = (item_id_t)item,
	                              .by = arena_str(&r->call.arena,
	                                              str_c(who->login ? who->login : "(not known)")),
	                              .why = arena_printf(&r->call.arena, "%.*s", WHY_MAX, why),
	                              .again = {.decider = r->decider,
	                                        .quotas = r->config->quotas,
	                                        .quota_count = r->config->quota_count,
	                                        .now = loop_wall(g->env.loop)}};
	g->env.writer->submit(g->env.writer, &r->op.op);
}

/* ---- what has waited too long -------------------------------------------------------------------------------------------------- */

struct gateway_review {
	struct gateway *gateway;
	struct loop_timer timer;
	struct store_expire op;
	bool busy;
};

static void look(struct gateway_review *w);

static void on_look(struct loop_timer *t)
{
	look(CONTAINER_OF(t, struct gateway_review, timer));
}

static void look_in(struct gateway_review *w, uint64_t ms)
{
	w->timer.fire = on_look;
	loop_timer_set(w->gateway->env.loop, &w->timer, ms);
}

/* When the next one has waited long enough, but not later than in an hour: rules change. */
static uint64_t next_look_ms(const struct gateway_review *w)
{
	instant_ms_t now = loop_wall(w->gateway->env.loop);
	instant_ms_t due =
	    w->op.next == INSTANT_NONE ? INSTANT_NONE : gateway_review_ends(w->gateway, w->op.next);
	if (due == INSTANT_NONE || due - now > LOOK_MS)
		return LOOK_MS;
	return due > now ? (uint64_t)(due - now) : 1;
}

static void on_expired(struct store_op *op)
{
	struct gateway_review *w = CONTAINER_OF(op, struct gateway_review, op.op);
	struct gateway *g = w->gateway;
	w->busy = false;
	if (!op->err && w->op.expired)
		LOG(g->env.log, LOG_WARNING, "review.expired",
		    "nobody has decided in time: refused, the applicants may ask again",
		    F_U64("items", w->op.expired));
	if (!g->stopping)
		look_in(w, op->err ? RETRY_MS : next_look_ms(w));
}

static void look(struct gateway_review *w)
{
	struct gateway *g = w->gateway;
	instant_ms_t now = loop_wall(g->env.loop);
	int64_t days;
	if (g->stopping || w->busy)
		return;
	if (!period_of(g, &days)) {
		look_in(w, LOOK_MS);
		return;
	}
	w->busy = true;
	w->op = (struct store_expire){.op = {.type = STORE_EXPIRE, .done = on_expired},
	                              .before = now - days * DAY_MS,
	                              .now = now,
	                              .limit = EXPIRE_LIMIT};
	g->env.writer->submit(g->env.writer, &w->op.op);
}

void gateway_review_start(struct gateway *g)
{
	g->review = xcalloc(1, sizeof *g->review);
	g->review->gateway = g;
	look(g->review);
}

void gateway_review_stop(struct gateway *g)
{
	if (g->review)
		loop_timer_cancel(g->env.loop, &g->review->timer);
}

void gateway_review_free(struct gateway *g)
{
	gateway_review_stop(g);
	free(g->review);
	g->review = NULL;
}
