/* The ledgers: names, contacts, and what is asked of them; imports. */
#include "daemon/store/sqlite_int.h"

#include <string.h>

static enum err ledger_subject(struct sq *s, struct store_op *op, item_id_t item,
                               const struct decide_subject *subject, struct decide_ledger *out)
{
	bool found;
	item_id_t by = 0;
	enum err err = OK;
	for (uint32_t i = 0; i < subject->count && !err; i++) {
		err = sq_grant_find(s, op, subject->keys + i * DECIDE_KEY_LEN, &found, &by);
		out->subject_has_grant |= found && (item == 0 || by != item);
	}
	if (!err && subject->has_paid)
		err = sq_paid_find(s, op, subject->paid, &out->subject_had_paid);
	return err;
}

/* The renewal names its holder: is that who got the grant of the item that made the name (0: it was imported)? */
static enum err ledger_holder(struct sq *s, struct store_op *op, const struct decide_subject *subject,
                              item_id_t made_by, struct decide_ledger *out)
{
	bool found, same = false;
	item_id_t by = 0;
	enum err err = OK;
	for (uint32_t i = 0; i < subject->count && !err; i++) {
		err = sq_grant_find(s, op, subject->keys + i * DECIDE_KEY_LEN, &found, &by);
		same |= found && (by == made_by || made_by == 0);
	}
	out->ownership_changed = !same;
	return err;
}

/* Which grant the name got: as the item's decision says, whose renewals need not say who holds it. */
static enum err ledger_grant(struct sq *s, struct store_op *op, item_id_t made_by, struct decide_ledger *out)
{
	struct store_row row;
	enum err err = made_by ? sq_row_read(s, op, made_by, false, &s->arena, &row) : ERR_NOT_FOUND;
	if (err == ERR_NOT_FOUND) /* imported */
		return OK;
	if (!err)
		out->grant = decide_grant_of(row.decision_common, &s->arena);
	return err;
}

static enum err ledger_name(struct sq *s, struct store_op *op, const struct item_request *r, uint32_t partner,
                            const struct decide_subject *subject, struct decide_ledger *out)
{
	enum err err;
	item_id_t made_by = 0;
	sqlite3_stmt *st = sq_stmt(s, SQ_DOMAIN_GET);
	sq_bind_str(st, 1, r->domain);
	if (sq_row(s, op, st, &err)) {
		instant_ms_t expires = sq_col_instant(st, 4);
		made_by = (item_id_t)sqlite3_column_int64(st, 2);
		out->name_known = true;
		out->name_foreign = (uint32_t)sqlite3_column_int64(st, 0) != partner;
		out->grant_from = sq_col_date(st, 5);
		out->name_granted = out->grant_from != DATE_NONE;
		out->expires_on =
		    expires == INSTANT_NONE ? DATE_NONE : date_of_instant(expires, HANOI_OFFSET_S);
	}
	sq_done(st);
	if (!err && out->name_granted)
		err = ledger_grant(s, op, made_by, out);
	if (err || !out->name_granted || r->applicant.kind == APPLICANT_NONE)
		return err;
	return ledger_holder(s, op, subject, made_by, out);
}

enum err sq_ledger(struct sq *s, struct store_op *op, const struct decider *d, const struct item_request *r,
                   uint32_t partner, item_id_t item, struct decide_ledger *out,
                   struct decide_subject *subject)
{
	*out = (struct decide_ledger){.grant_from = DATE_NONE, .expires_on = DATE_NONE};
	decide_subject(d, r, subject);
	enum err err = r->op == ITEM_CREATE ? ledger_subject(s, op, item, subject, out) : OK;
	if (!err)
		err = sq_list_find(s, op, d, r, &out->listed);
	if (!err)
		err = sq_name_find(s, op, d, r, &out->named);
	if (!err && r->op == ITEM_RENEW)
		err = ledger_name(s, op, r, partner, subject, out);
	return err;
}

/* ---- items ----------------------------------------------------------------------------------------------------------- */

static enum err load_newest(struct sq *s, struct store_op *op, struct sq_item *out)
{
	enum err err;
	sqlite3_stmt *st = sq_stmt(s, SQ_RESULT_LAST);
	sqlite3_bind_int64(st, 1, (sqlite3_int64)out->id);
	out->attempt = 1;
	out->has_result = sq_row(s, op, st, &err);
	if (out->has_result) {
		out->state = (enum item_state)sqlite3_column_int(st, 0);
		out->attempt =
		    sqlite3_column_int(st, 1) + (sqlite3_column_int(st, 2) && out->state == ITEM_QUEUED);
		out->decided_later = sqlite3_column_type(st, 3) != SQLITE_NULL;
		if (out->decided_later) {
			out->grant_from = sqlite3_column_int(st, 3);
			out->free_until = sqlite3_column_int(st, 4);
		}
	}
	sq_done(st);
	return err;
}

void sq_item_mark(struct sq_item *i, struct str mark)
{
	i->mark_len = mark.len <= sizeof i->mark ? (uint32_t)mark.len : 0;
	if (i->mark_len)
		memcpy(i->mark, mark.ptr, mark.len);
}

enum err sq_item_load(struct sq *s, struct store_op *op, item_id_t id, struct sq_item *out)
{
	enum err err;
	*out = (struct sq_item){.id = id};
	sqlite3_stmt *st = sq_stmt(s, SQ_ITEM_LOAD);
	sqlite3_bind_int64(st, 1, (sqlite3_int64)id);
	bool found = sq_row(s, op, st, &err);
	if (found) {
		struct str key = sq_col_str(st, 7);
		out->batch = (batch_id_t)sqlite3_column_int64(st, 0);
		out->partner = (uint32_t)sqlite3_column_int64(st, 1);
		out->account = (uint32_t)sqlite3_column_int64(st, 2);
		out->lane = (uint8_t)sqlite3_column_int(st, 3);
		out->op = sqlite3_column_int(st, 4);
		out->state = (enum item_state)sqlite3_column_int(st, 5);
		found = str_copy(out->domain, sizeof out->domain, sq_col_str(st, 6));
		sq_item_mark(out, key);
		out->grant_from = sq_col_date(st, 8);
		out->free_until = sq_col_date(st, 9);
		out->due = sq_col_instant(st, 10);
		out->paid = sqlite3_column_int(st, 11) != 0;
		out->has_quota = sqlite3_column_int(st, 12) != 0;
		out->decided_on = sq_col_date(st, 13);
	}
	sq_done(st);
	if (err || !found)
		return err ? err
		           : err_set(&op->errmsg, ERR_NOT_FOUND, "no item %llu", (unsigned long long)id);
	return load_newest(s, op, out);
}

static bool is_open(enum item_state st)
{
	return st == ITEM_UNKNOWN || st == ITEM_RECONCILING || st == ITEM_PENDING || st == ITEM_NEEDS_HUMAN;
}

/* Most items never are open: they cost nothing here. */
static enum err mark_open(struct sq *s, struct store_op *op, item_id_t id, bool was_open,
                          enum item_state state)
{
	if (was_open == is_open(state))
		return OK;
	sqlite3_stmt *st = sq_stmt(s, is_open(state) ? SQ_OPEN_ADD : SQ_OPEN_DEL);
	sqlite3_bind_int64(st, 1, (sqlite3_int64)id);
	return sq_run(s, op, st);
}

static bool is_held(enum item_state st)
{
	return st == ITEM_WAITING || st == ITEM_REVIEW;
}

/* Nor do most items ever wait. */
static enum err mark_held(struct sq *s, struct store_op *op, const struct sq_item *i,
                          const struct item_result *r)
{
	if (is_held(r->state))
		return sq_held_put(s, op, i->id, r->state, r->at, i->has_list_key ? i->list_key : NULL,
		                   false);
	return is_held(i->state) ? sq_held_drop(s, op, i->id) : OK;
}

enum err sq_result_add(struct sq *s, struct store_op *op, const struct sq_item *i,
                       const struct item_result *r, bool counted, const struct decide_outcome *d)
{
	int64_t common_id = 0;
	struct buf body;
	enum err err = d ? sq_text_id(s, op, d->common, &common_id) : OK;
	if (err)
		return err;
	buf_init(&body, ITEM_PAYLOAD_MAX);
	item_result_encode(r, &body);
	sqlite3_stmt *st = sq_stmt(s, SQ_RESULT_ADD);
	sqlite3_bind_int64(st, 1, (sqlite3_int64)i->id);
	sqlite3_bind_int64(st, 11, i->partner);
	sqlite3_bind_int(st, 2, r->attempt);
	sqlite3_bind_int(st, 3, (int)r->state);
	sqlite3_bind_int(st, 4, counted);
	sq_bind_blob(st, 5, buf_str(&body));
	if (d) {
		sqlite3_bind_int64(st, 6, common_id);
		sq_bind_str(st, 7, d->item);
		sq_bind_blob(st, 10, d->record);
	}
	if (i->decided_later) { /* DATE_NONE too: it says that nothing is free any more */
		sqlite3_bind_int(st, 8, i->grant_from);
		sqlite3_bind_int(st, 9, i->free_until);
	}
	err = sq_run(s, op, st);
	buf_fini(&body);
	if (!err && (r->state == ITEM_FAILED || r->state == ITEM_CANCELLED || r->state == ITEM_REFUSED))
		err = sq_quota_release(s, op, i);
	if (!err)
		err = mark_held(s, op, i, r);
	return err ? err : mark_open(s, op, i->id, is_open(i->state), r->state);
}

/* ---- imports ----------------------------------------------------------------------------------------------------------- */

static enum err import_grant(struct sq *s, struct store_op *op, const struct store_import_row *r)
{
	enum err err = OK;
	if (r->grant_from == DATE_NONE)
		return r->subject.has_paid ? sq_paid_put(s, op, r->subject.paid) : OK;
	for (uint32_t i = 0; i < r->subject.count && !err; i++)
		err = sq_grant_import(s, op, r->subject.keys + i * DECIDE_KEY_LEN);
	return err;
}

static enum err import_row(struct sq *s, struct store_import *o, const struct store_import_row *r)
{
	enum err err;
	sqlite3_stmt *st = sq_stmt(s, SQ_DOMAIN_GET);
	sq_bind_str(st, 1, r->domain);
	bool known = sq_row(s, &o->op, st, &err);
	sq_done(st);
	if (err)
		return err;
	*(known ? &o->replaced : &o->added) += 1;
	st = sq_stmt(s, SQ_DOMAIN_PUT);
	sq_bind_str(st, 1, r->domain);
	sqlite3_bind_int64(st, 2, r->partner);
	sqlite3_bind_int64(st, 3, r->account);
	sq_bind_instant(st, 5, r->created);
	sq_bind_instant(st, 6, r->expires);
	sq_bind_date(st, 7, r->grant_from);
	if (r->grant_from != DATE_NONE)
		sq_bind_date(st, 8, date_add_years(r->grant_from, 2, false));
	err = sq_run(s, &o->op, st);
	return err ? err : import_grant(s, &o->op, r);
}

enum err sq_import(struct sq *s, struct store_import *o)
{
	enum err err = OK;
	o->added = o->replaced = 0;
	for (size_t i = 0; i < o->count && !err; i++)
		err = import_row(s, o, &o->rows[i]);
	return err;
}
