/* Outcomes: an outcome is an appended row. And cancelling. */
#include "daemon/job/lane.h"
#include "daemon/store/sqlite_int.h"

#include <stdlib.h>
#include <string.h>

#define PENDING_CODE 1001 /* RFC 5730: carried out, action pending */

/* ---- outcomes ------------------------------------------------------------------------------------------------------- */

/* The name's row, with the free years of the decision that was in force. `how`: DOMAIN_NEW or DOMAIN_PUT. */
static enum err name_write(struct sq *s, struct store_op *op, const struct sq_item *i,
                           const struct item_result *r, enum sq_stmt how)
{
	sqlite3_stmt *st = sq_stmt(s, how);
	sq_bind_str(st, 1, str_c(i->domain));
	sqlite3_bind_int64(st, 2, i->partner);
	sqlite3_bind_int64(st, 3, i->account);
	sqlite3_bind_int64(st, 4, (sqlite3_int64)i->id);
	sq_bind_instant(st, 5, r->created);
	sq_bind_instant(st, 6, r->expires);
	sq_bind_date(st, 7, i->grant_from);
	sq_bind_date(st, 8, i->free_until);
	return sq_run(s, op, st);
}

static enum err name_renewed(struct sq *s, struct store_op *op, const struct sq_item *i,
                             const struct item_result *r)
{
	sqlite3_stmt *st = sq_stmt(s, SQ_DOMAIN_RENEW);
	sq_bind_str(st, 1, str_c(i->domain));
	sq_bind_instant(st, 2, r->expires);
	sqlite3_bind_int64(st, 3, (sqlite3_int64)i->id);
	return sq_run(s, op, st);
}

/*
 * The ledger knows this very registration, or this very expiry date, from before: then it was not this item, whose
 * answer was lost and which <info> seemed to confirm.
 */
static enum err made_by_another(struct sq *s, struct store_op *op, const struct sq_item *i,
                                const struct item_result *r, bool *other)
{
	enum err err;
	sqlite3_stmt *st = sq_stmt(s, SQ_DOMAIN_GET);
	sq_bind_str(st, 1, str_c(i->domain));
	bool found = sq_row(s, op, st, &err);
	enum domain_column { CREATED_BY = 2, CREATED = 3, EXPIRES = 4, RENEWED_BY = 7 };
	int by = i->op == ITEM_CREATE ? CREATED_BY : RENEWED_BY;
	instant_ms_t at = sq_col_instant(st, i->op == ITEM_CREATE ? CREATED : EXPIRES);
	*other = found && at != INSTANT_NONE && at == (i->op == ITEM_CREATE ? r->created : r->expires) &&
	         (item_id_t)sqlite3_column_int64(st, by) != i->id;
	sq_done(st);
	return err;
}

/* <info> shows a create that waits for the registry's decision, and another item knows from its own answer that it is
 * its. */
static enum err pends_for_another(struct sq *s, struct store_op *op, const struct sq_item *i,
                                  const struct item_result *r, bool *other)
{
	item_id_t id = 0;
	enum err err = OK;
	if (r->state == ITEM_PENDING && r->code != PENDING_CODE)
		err = sq_pending_item(s, op, str_c(i->domain), i->account, i->id, &id);
	*other |= id != 0;
	return err;
}

static enum err queue_again(struct sq *s, struct store_finish *o, const struct sq_item *i,
                            instant_ms_t not_before)
{
	instant_ms_t from = not_before == STORE_PARKED ? o->now : not_before;
	struct store_queue_key key = {i->account, i->partner, lane_now(i->lane, i->due, from)};
	return sq_ready_add(s, &o->op, &key, i->due, not_before, i->id);
}

static enum err contact_made(struct sq *s, struct store_op *op, uint32_t account, const char *id)
{
	sqlite3_stmt *st = sq_stmt(s, SQ_CONTACT_ADD);
	sqlite3_bind_int64(st, 1, account);
	sq_bind_str(st, 2, str_c(id));
	return sq_run(s, op, st);
}

static enum err leave_claim(struct sq *s, struct store_op *op, uint64_t claim)
{
	struct str key = str_make((const char *)&claim, sizeof claim);
	struct sq_claim *c = map_get(&s->claims, key);
	if (!c || --c->open > 0)
		return OK;
	free(map_del(&s->claims, key));
	sqlite3_stmt *st = sq_stmt(s, SQ_CLAIM_DEL);
	sqlite3_bind_int64(st, 1, (sqlite3_int64)claim);
	return sq_run(s, op, st);
}

static enum err effects(struct sq *s, struct store_finish *o, const struct store_step *step,
                        const struct sq_item *i, const struct item_result *r, bool name_is_new)
{
	struct store_op *op = &o->op;
	enum err err = OK;
	if (step->name == STORE_NAME_CREATED && r->state == ITEM_DONE && !name_is_new)
		err = name_write(s, op, i, r, SQ_DOMAIN_PUT);
	if (!err && step->name == STORE_NAME_CREATED && r->state == ITEM_DONE)
		err = sq_paid_note(s, op, i);
	if (err)
		return err;
	if (step->name == STORE_NAME_RENEWED && r->state == ITEM_DONE)
		err = name_renewed(s, op, i, r);
	if (!err && (step->grant == STORE_GRANT_RELEASE || r->state == ITEM_FAILED))
		err = sq_grant_release(s, op, i);
	if (!err && r->state == ITEM_QUEUED)
		err = queue_again(s, o, i, step->not_before);
	if (!err && step->contact_created[0])
		err = contact_made(s, op, i->account, step->contact_created);
	return err;
}

/* The item's row, as its claim keeps it until its first result. */
static enum err load_item(struct sq *s, struct store_op *op, const struct store_step *step,
                          struct sq_item *item)
{
	struct sq_claim *c =
	    step->claim ? map_get(&s->claims, str_make((const char *)&step->claim, sizeof step->claim))
	                : NULL;
	for (uint32_t n = 0; c && n < c->count; n++) {
		struct sq_item *kept = &c->items[(c->next + n) % c->count];
		if (kept->id != step->item)
			continue;
		c->next = (c->next + n + 1) % c->count;
		*item = *kept;
		kept->id = 0;
		return OK;
	}
	return sq_item_load(s, op, step->item, item);
}

/* Most names that were created are new to the ledger: then nobody else made them. */
static enum err try_new_name(struct sq *s, struct store_op *op, const struct store_step *step,
                             const struct sq_item *i, const struct item_result *r, bool *is_new)
{
	*is_new = false;
	if (step->name != STORE_NAME_CREATED || r->state != ITEM_DONE)
		return OK;
	enum err err = name_write(s, op, i, r, SQ_DOMAIN_NEW);
	*is_new = !err && sqlite3_changes(s->db) > 0;
	return err;
}

static enum err finish_step(struct sq *s, struct store_finish *o, struct sq_tally *t, struct store_step *step)
{
	struct item_result r = step->result;
	struct sq_item item;
	bool other = false, is_new;
	enum err err = load_item(s, &o->op, step, &item);
	if (err)
		return err;
	enum item_state from = item.state == ITEM_QUEUED ? ITEM_SENDING : item.state;
	err = try_new_name(s, &o->op, step, &item, &r, &is_new);
	if (!err && step->name != STORE_NAME_NONE && !is_new)
		err = made_by_another(s, &o->op, &item, &r, &other);
	if (!err)
		err = pends_for_another(s, &o->op, &item, &r, &other);
	step->taken = other;
	if (other)
		r = store_taken_result((enum item_op)item.op, r);
	r.past_boundary = step->past_boundary =
	    store_past_boundary((enum item_op)item.op, item.grant_from, item.due, &r);
	if (!err)
		err = sq_result_add(s, &o->op, &item, &r, !step->not_sent, NULL);
	if (!err)
		err = effects(s, o, step, &item, &r, is_new);
	if (!err && step->leaves_claim && step->claim)
		err = leave_claim(s, &o->op, step->claim);
	return err ? err : sq_tally_move(s, &o->op, t, item.batch, (int)from, (int)r.state);
}

enum err sq_finish(struct sq *s, struct store_finish *o)
{
	struct sq_tally tally = {.count = 0};
	enum err err = OK;
	for (size_t i = 0; i < o->count && !err; i++)
		err = finish_step(s, o, &tally, &o->steps[i]);
	return err ? err : sq_tally_write(s, &o->op, &tally);
}

/* ---- poll messages, cancelling ------------------------------------------------------------------------------------------ */

enum err sq_settle(struct sq *s, struct store_message *o)
{
	struct sq_tally tally = {.count = 0};
	struct sq_item item;
	struct store_get_item get = {.item = o->settled, .arena = &s->arena};
	enum err err = sq_item_load(s, &o->op, o->settled, &item);
	if (!err)
		err = sq_get_item(s, &get);
	if (err)
		return err;
	struct item_result r =
	    store_settled_result(o, (enum item_op)item.op, item.grant_from, item.due, get.row.result);
	err = sq_result_add(s, &o->op, &item, &r, true, NULL);
	if (!err && r.state == ITEM_DONE)
		err = name_write(s, &o->op, &item, &r, SQ_DOMAIN_PUT);
	if (!err && r.state == ITEM_DONE)
		err = sq_paid_note(s, &o->op, &item);
	if (!err && !o->pan_approved)
		err = sq_grant_release(s, &o->op, &item);
	if (!err)
		err = sq_tally_move(s, &o->op, &tally, item.batch, ITEM_PENDING, (int)r.state);
	return err ? err : sq_tally_write(s, &o->op, &tally);
}

/* An item that a claim holds is being sent, although its newest state is QUEUED. */
static enum err is_waiting(struct sq *s, struct store_op *op, const struct sq_item *i, bool *waiting)
{
	struct store_queue_key key = {i->account, i->partner, i->lane};
	*waiting = i->state == ITEM_WAITING || i->state == ITEM_REVIEW;
	if (i->state != ITEM_QUEUED)
		return OK;
	instant_ms_t not_before;
	return sq_in_queue(s, op, &key, i->batch, i->id, i->has_result, waiting, &not_before);
}

static enum err cancel_item(struct sq *s, struct store_batch_cancel *o, struct sq_tally *t, item_id_t id)
{
	struct sq_item item;
	bool waiting;
	enum err err = sq_item_load(s, &o->op, id, &item);
	if (!err)
		err = is_waiting(s, &o->op, &item, &waiting);
	if (err)
		return err;
	if (!waiting) {
		/* a claim holds what is queued and in no queue */
		store_cancel_left(o, item.state == ITEM_QUEUED ? ITEM_SENDING : item.state);
		return OK;
	}
	struct item_result r = {.state = ITEM_CANCELLED,
	                        .attempt = item.attempt,
	                        .reason = STR("CANCELLED"),
	                        .message = STR("cancelled by the partner"),
	                        .created = INSTANT_NONE,
	                        .expires = INSTANT_NONE,
	                        .charged_vnd = -1,
	                        .at = o->now};
	o->cancelled++;
	err = sq_result_add(s, &o->op, &item, &r, false, NULL);
	if (!err)
		err = sq_grant_release(s, &o->op, &item);
	sqlite3_stmt *st = sq_stmt(s, SQ_READY_DEL);
	sqlite3_bind_int64(st, 1, (sqlite3_int64)id);
	if (!err)
		err = sq_run(s, &o->op, st);
	return err ? err : sq_tally_move(s, &o->op, t, item.batch, (int)item.state, ITEM_CANCELLED);
}

enum err sq_batch_cancel(struct sq *s, struct store_batch_cancel *o)
{
	struct store_get_batch get = {.batch = o->batch, .partner = o->partner};
	struct sq_tally tally = {.count = 0};
	enum err err = sq_get_batch(s, &get);
	if (err)
		return err_set(&o->op.errmsg, err, "no such batch");
	store_cancel_begin(o, get.info.lines, get.info.items);
	sqlite3_stmt *st = sq_stmt(s, SQ_CANCEL_ITEMS);
	sqlite3_bind_int64(st, 1, (sqlite3_int64)o->batch);
	while (!err && sq_row(s, &o->op, st, &err))
		err = cancel_item(s, o, &tally, (item_id_t)sqlite3_column_int64(st, 0));
	sq_done(st);
	sqlite3_stmt *w = sq_stmt(s, SQ_WORK_DEL_BATCH);
	sqlite3_bind_int64(w, 1, (sqlite3_int64)o->batch);
	if (!err)
		err = sq_run(s, &o->op, w);
	return err ? err : sq_tally_write(s, &o->op, &tally);
}
