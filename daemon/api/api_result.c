/* Results as partners see them. */
#include "daemon/api/api_int.h"
#include "daemon/api/json_out.h"
#include "policy/explain.h"
#include "policy/policy.h"

#include <jansson.h>
#include <stdio.h>

static void names_in(struct buf *b, const char *key, struct str commas)
{
	json_out_open_in(b, key, '[');
	while (commas.len)
		json_out_str(b, str_trim(str_split(&commas, ',')));
	json_out_close(b, ']');
}

static bool has_result(const struct store_row *row)
{
	return row->result.at != INSTANT_NONE;
}

static enum item_fault fault_of(const struct store_row *row)
{
	return has_result(row) ? row->result.fault : row->intake_fault;
}

static struct str reason_of(const struct store_row *row)
{
	return has_result(row) && row->result.reason.len ? row->result.reason : str_c(row->intake_reason);
}

/* In one language: the reason, the list that keeps the name back, and what can be done. */
static void add_words(struct buf *b, const struct decider *d, struct str reason,
                      const struct policy_name_list *list, enum policy_lang lang)
{
	struct str can = policy_reason_advice(decider_rules(d), reason, lang);
	buf_add(b, policy_reason_message(decider_rules(d), reason, lang));
	if (list->kind)
		buf_byte(b, ' ');
	policy_say_name_list(list, lang, b);
	if (can.len)
		buf_byte(b, ' ');
	buf_add(b, can);
}

/* What the policy refused or holds is told to the applicant: the result of such a line has no words of its own. */
struct str api_result_message(const struct store_row *row, const struct decider *d, struct arena *scratch)
{
	bool held = row->state == ITEM_REFUSED || row->state == ITEM_WAITING || row->state == ITEM_REVIEW;
	struct str reason = reason_of(row);
	if (!held || (has_result(row) && row->result.message.len))
		return has_result(row) ? row->result.message : STR_NONE;
	if (str_eq_c(reason, "NOT_YOURS")) /* decided before any rule */
		return STR("Tên miền này thuộc về một đối tác khác. / This name belongs to another partner.");
	struct str vi = policy_reason_message(decider_rules(d), reason, POLICY_VI);
	struct str en = policy_reason_message(decider_rules(d), reason, POLICY_EN);
	if (vi.len == 0 || en.len == 0)
		return vi.len ? vi : en;
	struct policy_name_list list = policy_read_name_list(row->decision_item, scratch);
	struct buf words;
	buf_init(&words, API_ANSWER_MAX);
	add_words(&words, d, reason, &list, POLICY_VI);
	buf_lit(&words, " / ");
	add_words(&words, d, reason, &list, POLICY_EN);
	struct str out = arena_str(scratch, buf_str(&words));
	buf_fini(&words);
	return out;
}

static date_t expires_on(const struct store_row *row)
{
	return row->result.expires == INSTANT_NONE ? DATE_NONE
	                                           : date_of_instant(row->result.expires, HANOI_OFFSET_S);
}

/* The decision's fragments are stored without braces, the common one shared by many items. */
static void add_decision(struct buf *b, const struct store_row *row)
{
	buf_byte(b, '{');
	buf_add(b, row->decision_common);
	if (row->decision_common.len && row->decision_item.len)
		buf_byte(b, ',');
	buf_add(b, row->decision_item);
	buf_byte(b, '}');
}

static bool has_decision(const struct store_row *row)
{
	return row->decision_common.len || row->decision_item.len;
}

/* What only a result has; a row without one has zeros here, which must not be taken for times. */
static void outcome_members(struct buf *b, const struct store_row *row, struct str message)
{
	static const struct item_result none = {.created = INSTANT_NONE,
	                                        .expires = INSTANT_NONE,
	                                        .at = INSTANT_NONE};
	const struct item_result *r = has_result(row) ? &row->result : &none;
	const char *fault = item_fault_name(fault_of(row));
	if (r->code)
		json_out_u64_in(b, "code", (uint64_t)r->code);
	else
		json_out_null_in(b, "code");
	json_out_text_in(b, "reason", reason_of(row));
	json_out_text_in(b, "message", message);
	json_out_text_in(b, "fault", str_c(fault));
	json_out_bool_in(b, "retryable", r->retryable);
	names_in(b, "needs", row->result.needs);
	json_out_time_in(b, "created", r->created);
	json_out_time_in(b, "expires", r->expires);
	json_out_date_in(b, "expires_on", has_result(row) ? expires_on(row) : DATE_NONE);
	json_out_open_in(b, "trid", '{');
	json_out_text_in(b, "client", r->cl_trid);
	json_out_text_in(b, "server", r->sv_trid);
	json_out_close(b, '}');
	json_out_u64_in(b, "attempts", (uint64_t)r->attempt);
	json_out_time_in(b, "at", r->at);
	json_out_open_in(b, "flags", '[');
	if (r->past_boundary)
		json_out_str(b, STR("CREATED_AFTER_BOUNDARY"));
	json_out_close(b, ']');
}

/* null when it has ended. */
static void held_member(struct buf *b, const struct api *a, const struct store_row *row)
{
	struct api_held h = {.until = INSTANT_NONE};
	if (row->item == 0 || item_state_final(row->state) || !a->owner.explain) { /* 0: of a dry run */
		json_out_null_in(b, "held");
		return;
	}
	a->owner.explain(a->owner.arg, row, &h);
	json_out_open_in(b, "held", '{');
	json_out_str_in(b, "by", str_c(h.by));
	json_out_time_in(b, "until", h.until);
	json_out_str_in(b, "who", str_c(h.who));
	json_out_str_in(b, "detail", str_c(h.detail));
	json_out_close(b, '}');
}

void api_result_json(struct buf *b, struct arena *scratch, const struct api_view *v, const struct api *a,
                     const struct store_row *row)
{
	json_out_open(b, '{');
	json_out_str_in(b, "ref", row->ref);
	json_out_u64_in(b, "line", row->line);
	json_out_str_in(b, "op", str_c(item_op_name(row->op)));
	json_out_str_in(b, "domain", row->domain);
	json_out_text_in(b, "account", api_account_name(scratch, v, row->account));
	json_out_str_in(b, "state", str_c(item_state_name(row->state)));
	outcome_members(b, row, api_result_message(row, a->decider, scratch));
	held_member(b, a, row);
	json_out_key(b, "decision");
	if (has_decision(row))
		add_decision(b, row);
	else
		buf_lit(b, "null");
	json_out_close(b, '}');
}

/* ---- CSV ---------------------------------------------------------------------------------------------------------- */

/* A spreadsheet would take what begins so for a formula, and run it: a quote in front makes it a text. */
static bool is_formula(struct str s)
{
	return s.len && memchr("=+-@\t\r", s.ptr[0], 6);
}

static void quoted(struct buf *b, struct str s)
{
	bool quote = false;
	for (size_t i = 0; i < s.len && !quote; i++)
		quote = memchr(",\"\r\n", s.ptr[i], 4) != NULL;
	if (quote)
		buf_byte(b, '"');
	if (is_formula(s))
		buf_byte(b, '\'');
	if (!quote) {
		buf_add(b, s);
		return;
	}
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == '"')
			buf_byte(b, '"');
		buf_byte(b, s.ptr[i]);
	}
	buf_byte(b, '"');
}

static void cell(struct buf *b, struct str s)
{
	struct str held = buf_str(b);
	if (held.len && held.ptr[held.len - 1] != '\n')
		buf_byte(b, ',');
	quoted(b, s);
}

static void number_cell(struct buf *b, uint64_t n)
{
	char text[24];
	snprintf(text, sizeof text, "%llu", (unsigned long long)n);
	cell(b, str_c(text));
}

static void time_cell(struct buf *b, instant_ms_t t)
{
	char text[TIME_TEXT_MAX] = "";
	if (t != INSTANT_NONE)
		instant_format(text, t, HANOI_OFFSET_S, false);
	cell(b, str_c(text));
}

/* A scalar of the decision, or its list of texts joined by spaces. */
static void decision_cell(struct buf *b, const json_t *decision, const char *key)
{
	const json_t *v = json_object_get(decision, key);
	struct buf text;
	size_t i;
	json_t *entry;
	buf_init(&text, API_ANSWER_MAX);
	if (json_is_integer(v))
		buf_printf(&text, "%lld", (long long)json_integer_value(v));
	else if (json_is_string(v))
		buf_add(&text, str_c(json_string_value(v)));
	json_array_foreach(v, i, entry) if (json_is_string(entry))
	    buf_printf(&text, "%s%s", buf_len(&text) ? " " : "", json_string_value(entry));
	cell(b, buf_str(&text));
	buf_fini(&text);
}

static const char *const decision_columns[] = {"outcome",    "grant",         "reasons",   "flags",
                                               "free_years", "charged_years", "free_from", "free_until"};

void api_result_csv_header(struct buf *b, const char *more)
{
	buf_lit(b,
	        "ref,line,op,domain,account,state,code,reason,message,fault,retryable,needs,created,expires,"
	        "expires_on,trid.client,trid.server,attempts,at");
	for (size_t i = 0; i < ARRAY_LEN(decision_columns); i++)
		buf_printf(b, ",decision.%s", decision_columns[i]);
	buf_printf(b, ",flags%s\r\n", more);
}

/* Without a separator in front. */
void api_result_csv_cell(struct buf *b, struct str s)
{
	quoted(b, s);
}

static void outcome_cells(struct buf *b, const struct store_row *row, struct str message)
{
	static const struct item_result none = {.created = INSTANT_NONE,
	                                        .expires = INSTANT_NONE,
	                                        .at = INSTANT_NONE};
	const struct item_result *r = has_result(row) ? &row->result : &none;
	char date[DATE_TEXT_MAX];
	if (r->code)
		number_cell(b, (uint64_t)r->code);
	else
		cell(b, STR_NONE);
	cell(b, reason_of(row));
	cell(b, message);
	cell(b, str_c(item_fault_name(fault_of(row))));
	cell(b, r->retryable ? STR("true") : STR("false"));
	cell(b, row->result.needs);
	time_cell(b, r->created);
	time_cell(b, r->expires);
	cell(b, str_c(date_format(date, has_result(row) ? expires_on(row) : DATE_NONE)));
	cell(b, r->cl_trid);
	cell(b, r->sv_trid);
	number_cell(b, (uint64_t)r->attempt);
	time_cell(b, r->at);
}

void api_result_csv(struct buf *b, struct arena *scratch, const struct api_view *v, const struct decider *d,
                    const struct store_row *row)
{
	struct buf text;
	json_t *decision;
	buf_init(&text, API_ANSWER_MAX);
	add_decision(&text, row);
	decision = json_loadb(buf_data(&text), buf_len(&text), 0, NULL);
	buf_fini(&text);
	cell(b, row->ref);
	number_cell(b, row->line);
	cell(b, str_c(item_op_name(row->op)));
	cell(b, row->domain);
	cell(b, api_account_name(scratch, v, row->account));
	cell(b, str_c(item_state_name(row->state)));
	outcome_cells(b, row, api_result_message(row, d, scratch));
	for (size_t i = 0; i < ARRAY_LEN(decision_columns); i++)
		decision_cell(b, decision, decision_columns[i]);
	cell(b, has_result(row) && row->result.past_boundary ? STR("CREATED_AFTER_BOUNDARY") : STR_NONE);
	buf_lit(b, "\r\n");
	json_decref(decision);
}

/* ---- batches -------------------------------------------------------------------------------------------------------- */

void api_result_counts(struct buf *b, const uint64_t counts[ITEM_STATE__COUNT])
{
	uint64_t moving = 0;
	json_out_open_in(b, "counts", '{');
	for (int s = 0; s < ITEM_STATE__COUNT; s++) {
		json_out_u64_in(b, item_state_name((enum item_state)s), counts[s]);
		if (!item_state_resting((enum item_state)s))
			moving += counts[s];
	}
	json_out_close(b, '}');
	json_out_u64_in(b, "moving", moving);
}

void api_result_links(struct buf *b, batch_id_t batch)
{
	unsigned long long id = batch;
	json_out_open_in(b, "links", '{');
	json_out_key(b, "self");
	buf_printf(b, "\"/v1/batches/%llu\"", id);
	json_out_key(b, "items");
	buf_printf(b, "\"/v1/batches/%llu/items\"", id);
	json_out_key(b, "cancel");
	buf_printf(b, "\"/v1/batches/%llu/cancel\"", id);
	json_out_close(b, '}');
}
