/* What waits: who adds what to it, who decides it, and what the policy says then. */
#include "daemon/job/lane.h"
#include "daemon/store/sqlite_int.h"
#include "epp/base/check.h"

#include <stdio.h>
#include <string.h>

/* ---- since when, and whose it is ----------------------------------------------------------------------------------------- */

enum err sq_held_put(struct sq *s, struct store_op *op, item_id_t item, enum item_state state,
                     instant_ms_t at, const uint8_t *key, bool look)
{
	sqlite3_stmt *st = sq_stmt(s, SQ_HELD_PUT);
	sqlite3_bind_int64(st, 1, (sqlite3_int64)item);
	sqlite3_bind_int(st, 2, (int)state);
	sqlite3_bind_int64(st, 3, at);
	if (key)
		sq_bind_blob(st, 4, str_make((const char *)key, DECIDE_KEY_LEN));
	sqlite3_bind_int(st, 5, look);
	return sq_run(s, op, st);
}

enum err sq_held_drop(struct sq *s, struct store_op *op, item_id_t item)
{
	sqlite3_stmt *st = sq_stmt(s, SQ_HELD_DEL);
	sqlite3_bind_int64(st, 1, (sqlite3_int64)item);
	return sq_run(s, op, st);
}

/* ---- what came later ----------------------------------------------------------------------------------------------------- */

static enum err add_note(struct sq *s, struct store_op *op, item_id_t item, enum store_note_kind kind,
                         instant_ms_t at, struct str by, struct str body)
{
	sqlite3_stmt *st = sq_stmt(s, SQ_NOTE_ADD);
	sqlite3_bind_int64(st, 1, (sqlite3_int64)item);
	sqlite3_bind_int(st, 2, (int)kind);
	sqlite3_bind_int64(st, 3, at);
	sq_bind_str(st, 4, by);
	sq_bind_blob(st, 5, body);
	return sq_run(s, op, st);
}

/* False: the stored note is damaged. */
static bool append_evidence(struct item_request *r, struct str body)
{
	struct item_evidence e;
	if (store_evidence_decode(body, &e))
		return false;
	if (r->evidence_count < ITEM_EVIDENCE_MAX)
		r->evidence[r->evidence_count++] = e;
	return true;
}

static enum err stored_payload(struct sq *s, struct store_op *op, item_id_t item, struct arena *a,
                               struct str *out)
{
	enum err err;
	sqlite3_stmt *st = sq_stmt(s, SQ_ITEM_PAYLOAD);
	sqlite3_bind_int64(st, 1, (sqlite3_int64)item);
	*out = sq_row(s, op, st, &err) ? sq_col_copy(st, 0, a) : STR_NONE;
	sq_done(st);
	return err;
}

static struct str also_approved(struct str before, struct str body, struct arena *a)
{
	struct str codes, why;
	store_approval_split(body, &codes, &why);
	return arena_printf(a, "%.*s%s%.*s", STR_ARG(before), before.len ? " " : "", STR_ARG(codes));
}

enum err sq_request(struct sq *s, struct store_op *op, item_id_t item, struct str payload, struct arena *a,
                    struct item_request *out, struct str *approved, bool *added)
{
	enum err err = payload.len ? OK : stored_payload(s, op, item, a, &payload);
	bool good = !err && !item_decode(payload, out);
	*approved = STR_NONE;
	*added = false;
	if (err)
		return err;
	sqlite3_stmt *st = sq_stmt(s, SQ_NOTES);
	sqlite3_bind_int64(st, 1, (sqlite3_int64)item);
	while (good && sq_row(s, op, st, &err)) {
		enum store_note_kind kind = (enum store_note_kind)sqlite3_column_int(st, 0);
		if (kind == STORE_NOTE_APPROVED)
			*approved = also_approved(*approved, sq_col_str(st, 3), a);
		if (kind != STORE_NOTE_EVIDENCE && kind != STORE_NOTE_FACTS)
			continue;
		*added = true;
		struct str body = sq_col_copy(st, 3, a);
		good = kind == STORE_NOTE_FACTS ? store_facts_merge(out, body) : append_evidence(out, body);
	}
	sq_done(st);
	return err || good
	           ? err
	           : err_set(&op->errmsg, ERR_CORRUPT, "item %llu is damaged", (unsigned long long)item);
}

/* ---- decided again ------------------------------------------------------------------------------------------------------- */

struct again {
	struct sq *s;
	struct store_op *op;
	const struct store_again *with;
	struct sq_item *item;
	struct item_request req;
	struct decide_outcome d;
	struct decide_subject subject;
	struct buf quota;
};

static enum err decide(struct again *x)
{
	struct decide_ledger ledger;
	struct str approved;
	bool added;
	enum err err =
	    sq_request(x->s, x->op, x->item->id, STR_NONE, &x->s->arena, &x->req, &approved, &added);
	if (!err)
		err = sq_ledger(x->s, x->op, x->with->decider, &x->req, x->item->partner, x->item->id,
		                &ledger, &x->subject);
	if (err)
		return err;
	ledger.approved = approved;
	decide_item(x->with->decider, &x->req, &ledger, DECIDE_AGAIN, x->with->now, &x->s->scratch, &x->d);
	x->item->has_list_key = decide_list_subject(x->with->decider, &x->req, x->item->list_key);
	return OK;
}

enum err sq_again_preview(struct sq *s, struct store_op *op, const struct store_again *with,
                          struct sq_item *i, char reason[32], enum item_state *state)
{
	struct again x = {.s = s, .op = op, .with = with, .item = i};
	enum err err = decide(&x);
	memcpy(reason, x.d.reason, sizeof x.d.reason);
	*state = x.d.state;
	return err;
}

/* What it held of quotas it gives back, and takes what it needs now. */
static enum err take_quota(struct again *x)
{
	const struct store_batch_chunk like = {.quotas = x->with->quotas,
	                                       .quota_count = x->with->quota_count,
	                                       .now = x->with->now};
	bool full;
	enum err err = sq_quota_release(x->s, x->op, x->item);
	x->item->has_quota = false;
	if (!err)
		err = sq_quota_take(x->s, &like, x->op, &x->req, &x->d, &x->quota, &full);
	if (!err && full)
		decide_beyond_quota(&x->d);
	x->item->has_quota = buf_len(&x->quota) > 0;
	return err;
}

static enum err write_takes(struct again *x)
{
	struct str mark = decide_mark(&x->subject, &x->d);
	x->item->due = lane_due(&x->req, x->d.eligible_until);
	sq_item_mark(x->item, mark);
	sqlite3_stmt *st = sq_stmt(x->s, SQ_ITEM_TAKES);
	sqlite3_bind_int64(st, 1, (sqlite3_int64)x->item->id);
	sqlite3_bind_int(st, 2, x->d.charged_years > 0);
	sqlite3_bind_int64(st, 3, x->d.fee_vnd);
	if (mark.len)
		sq_bind_blob(st, 4, mark);
	if (x->item->has_quota)
		sq_bind_str(st, 5, buf_str(&x->quota));
	sq_bind_instant(st, 6, x->item->due);
	enum err err = sq_run(x->s, x->op, st);
	return err || !x->d.takes_grant ? err : sq_grant_reserve(x->s, x->op, mark, x->item->id);
}

static enum err write_result(struct again *x, struct sq_tally *t)
{
	struct item_result r = store_again_result(&x->d, x->item->attempt, x->with->now);
	struct store_queue_key key = {x->item->account, x->item->partner,
	                              lane_now(x->item->lane, x->item->due, x->with->now)};
	x->item->decided_later = true;
	x->item->grant_from = x->d.free_from;
	x->item->free_until = x->d.free_until;
	enum err err = sq_result_add(x->s, x->op, x->item, &r, false, &x->d);
	if (!err && x->d.state == ITEM_QUEUED)
		err = sq_ready_add(x->s, x->op, &key, x->item->due, x->with->now, x->item->id);
	return err ? err
	           : sq_tally_move(x->s, x->op, t, x->item->batch, (int)x->item->state, (int)x->d.state);
}

enum err sq_again(struct sq *s, struct store_op *op, struct sq_tally *t, const struct store_again *with,
                  struct sq_item *i, char reason[32], enum item_state *state)
{
	struct again x = {.s = s, .op = op, .with = with, .item = i};
	buf_init(&x.quota, ITEM_PAYLOAD_MAX);
	enum err err = decide(&x);
	if (!err)
		err = take_quota(&x);
	if (!err)
		err = write_takes(&x);
	if (!err)
		err = write_result(&x, t);
	buf_fini(&x.quota);
	memcpy(reason, x.d.reason, sizeof x.d.reason);
	*state = x.d.state;
	return err;
}

/* ---- one item ------------------------------------------------------------------------------------------------------------- */

static enum err find(struct sq *s, struct store_decide *o, struct sq_item *i, struct store_row *found)
{
	struct store_row row;
	enum err err = OK;
	if (o->item == 0) {
		sqlite3_stmt *st = sq_stmt(s, SQ_ITEM_ID_BY_REF);
		sqlite3_bind_int64(st, 1, o->partner);
		sq_bind_str(st, 2, o->ref);
		o->item = sq_row(s, &o->op, st, &err) ? (item_id_t)sqlite3_column_int64(st, 0) : 0;
		sq_done(st);
	}
	if (!err)
		err = o->item ? sq_row_read(s, &o->op, o->item, false, &s->arena, &row) : ERR_NOT_FOUND;
	if (!err && o->partner && row.partner != o->partner)
		err = ERR_NOT_FOUND;
	if (err)
		return err_set(&o->op.errmsg, err, "no such item");
	o->before = o->state = row.state;
	o->batch = row.batch;
	*found = row;
	return sq_item_load(s, &o->op, o->item, i);
}

static enum err add_facts(struct sq *s, struct store_decide *o, const struct item_request *req, bool *new)
{
	bool any = false;
	enum err err = o->added ? store_facts_compare(req, o->added, &any, &o->op.errmsg) : OK;
	if (err || !any)
		return err;
	if (!*new)
		err = store_must_wait(o);
	*new = true;
	if (err)
		return err;
	buf_clear(&s->scratch);
	store_facts_encode(o->added, &s->scratch);
	return add_note(s, &o->op, o->item, STORE_NOTE_FACTS, o->again.now, o->by, buf_str(&s->scratch));
}

/* Adds what is new; *new: anything is. */
static enum err add_evidence(struct sq *s, struct store_decide *o, bool *new)
{
	struct item_request req;
	struct str approved;
	bool added;
	enum err err = sq_request(s, &o->op, o->item, STR_NONE, &s->arena, &req, &approved, &added);
	*new = false;
	for (size_t i = 0; i < o->evidence_count && !err; i++) {
		if (store_evidence_has(&req, &o->evidence[i]))
			continue;
		if (!*new)
			err = store_must_wait(o);
		*new = true;
		if (!err && req.evidence_count == ITEM_EVIDENCE_MAX)
			err = err_set(&o->op.errmsg, ERR_TOO_LONG,
			              "an item has at most %d pieces of evidence", ITEM_EVIDENCE_MAX);
		if (err)
			break;
		req.evidence[req.evidence_count++] = o->evidence[i];
		buf_clear(&s->scratch);
		store_evidence_encode(&o->evidence[i], &s->scratch);
		err = add_note(s, &o->op, o->item, STORE_NOTE_EVIDENCE, o->again.now, o->by,
		               buf_str(&s->scratch));
	}
	return err ? err : add_facts(s, o, &req, new);
}

static enum err end_refused(struct sq *s, struct store_op *op, struct sq_tally *t, const struct sq_item *i,
                            struct str reason, struct str words, instant_ms_t now)
{
	struct item_result r = store_refused_result(reason, words, i->attempt, now);
	enum err err = sq_result_add(s, op, i, &r, false, NULL);
	if (!err)
		err = sq_grant_release(s, op, i);
	return err ? err : sq_tally_move(s, op, t, i->batch, (int)i->state, ITEM_REFUSED);
}

static enum err refuse(struct sq *s, struct store_decide *o, struct sq_tally *t, const struct sq_item *i)
{
	enum err err = add_note(s, &o->op, o->item, STORE_NOTE_REFUSED, o->again.now, o->by, o->why);
	o->state = ITEM_REFUSED;
	snprintf(o->reason, sizeof o->reason, "REVIEW_REFUSED");
	return err ? err : end_refused(s, &o->op, t, i, STR("REVIEW_REFUSED"), o->why, o->again.now);
}

/* Of the doubts that the decision in force has, and of no others. */
static enum err approve(struct sq *s, struct store_decide *o, const struct store_row *row)
{
	struct str codes = store_reasons_of(row->decision_common, &s->arena);
	return add_note(s, &o->op, o->item, STORE_NOTE_APPROVED, o->again.now, o->by,
	                store_approval_make(codes, o->why, &s->arena));
}

/* What it held it gives back first: it is decided as if it came now. */
static enum err retry(struct sq *s, struct store_decide *o, struct sq_tally *t, struct sq_item *i)
{
	if (!store_may_retry(o))
		return o->op.err;
	enum err err = sq_grant_release(s, &o->op, i);
	i->attempt += o->before == ITEM_FAILED;
	return err ? err : sq_again(s, &o->op, t, &o->again, i, o->reason, &o->state);
}

static enum err decide_found(struct sq *s, struct store_decide *o, struct sq_tally *t, struct sq_item *i,
                             const struct store_row *row)
{
	bool new = true;
	enum err err = OK;
	if (o->how == STORE_DECIDE_RETRY)
		return retry(s, o, t, i);
	if (o->how == STORE_DECIDE_EVIDENCE) {
		err = add_evidence(s, o, &new);
		o->repeated = !new;
		if (err || !new)
			return err;
	} else {
		err = store_must_wait(o);
	}
	if (!err && o->how == STORE_DECIDE_APPROVE)
		err = approve(s, o, row);
	if (err)
		return err;
	return o->how == STORE_DECIDE_REFUSE ? refuse(s, o, t, i)
	                                     : sq_again(s, &o->op, t, &o->again, i, o->reason, &o->state);
}

enum err sq_decide(struct sq *s, struct store_decide *o)
{
	struct sq_tally tally = {.count = 0};
	struct sq_item item;
	struct store_row row;
	o->repeated = false;
	o->op.err = OK;
	o->reason[0] = '\0';
	enum err err = find(s, o, &item, &row);
	if (!err)
		err = decide_found(s, o, &tally, &item, &row);
	return err ? err : sq_tally_write(s, &o->op, &tally);
}

/* ---- what has waited too long ---------------------------------------------------------------------------------------------- */

static enum err expire_one(struct sq *s, struct store_expire *o, struct sq_tally *t, item_id_t id)
{
	struct sq_item item;
	enum err err = sq_item_load(s, &o->op, id, &item);
	o->expired++;
	return err ? err : end_refused(s, &o->op, t, &item, STR("REVIEW_EXPIRED"), STR_NONE, o->now);
}

enum err sq_expire(struct sq *s, struct store_expire *o)
{
	struct sq_tally tally = {.count = 0};
	item_id_t *due = arena_alloc(&s->arena, (o->limit + 1) * sizeof *due);
	size_t n = 0;
	enum err err;
	REQUIRE(o->limit > 0 && o->limit <= STORE_HELD_MAX);
	o->expired = 0;
	o->next = INSTANT_NONE;
	sqlite3_stmt *st = sq_stmt(s, SQ_HELD_PAGE);
	sqlite3_bind_int(st, 1, ITEM_REVIEW);
	sqlite3_bind_int64(st, 2, 0);
	sqlite3_bind_int64(st, 3, 0);
	sqlite3_bind_int64(st, 4, (sqlite3_int64)o->limit + 1);
	while (o->next == INSTANT_NONE && sq_row(s, &o->op, st, &err)) {
		instant_ms_t since = sqlite3_column_int64(st, 1);
		if (since <= o->before && n < o->limit)
			due[n++] = (item_id_t)sqlite3_column_int64(st, 0);
		else
			o->next = since;
	}
	sq_done(st);
	for (size_t i = 0; i < n && !err; i++)
		err = expire_one(s, o, &tally, due[i]);
	return err ? err : sq_tally_write(s, &o->op, &tally);
}

/* ---- reading ---------------------------------------------------------------------------------------------------------------- */

enum err sq_get_held(struct sq *s, struct store_get_held *o)
{
	enum err err;
	REQUIRE(o->limit > 0 && o->limit <= STORE_HELD_MAX);
	o->rows = arena_alloc(o->arena, o->limit * sizeof *o->rows);
	o->since = arena_alloc(o->arena, o->limit * sizeof *o->since);
	o->count = 0;
	o->more = false;
	sqlite3_stmt *st = sq_stmt(s, SQ_HELD_PAGE);
	sqlite3_bind_int(st, 1, (int)o->state);
	sqlite3_bind_int64(st, 2, o->after_since);
	sqlite3_bind_int64(st, 3, (sqlite3_int64)o->after_item);
	sqlite3_bind_int64(st, 4, (sqlite3_int64)o->limit + 1);
	while (!o->more && sq_row(s, &o->op, st, &err)) {
		o->more = o->count == o->limit;
		if (o->more)
			break;
		err = sq_row_read(s, &o->op, (item_id_t)sqlite3_column_int64(st, 0), false, o->arena,
		                  &o->rows[o->count]);
		o->since[o->count++] = sqlite3_column_int64(st, 1);
		if (err)
			break;
	}
	sq_done(st);
	return err;
}

#define NOTES_MAX 256 /* an item has 16 pieces of evidence and few decisions */

enum err sq_get_notes(struct sq *s, struct store_get_notes *o)
{
	enum err err;
	o->notes = arena_alloc(o->arena, NOTES_MAX * sizeof *o->notes);
	o->count = 0;
	sqlite3_stmt *st = sq_stmt(s, SQ_NOTES);
	sqlite3_bind_int64(st, 1, (sqlite3_int64)o->item);
	while (o->count < NOTES_MAX && sq_row(s, &o->op, st, &err)) {
		struct store_note *n = &o->notes[o->count];
		struct str body = sq_col_copy(st, 3, o->arena);
		*n = (struct store_note){.kind = (enum store_note_kind)sqlite3_column_int(st, 0),
		                         .at = sqlite3_column_int64(st, 1),
		                         .by = sq_col_copy(st, 2, o->arena)};
		if (n->kind == STORE_NOTE_APPROVED)
			store_approval_split(body, &n->codes, &n->why);
		else if (n->kind != STORE_NOTE_EVIDENCE && n->kind != STORE_NOTE_FACTS)
			n->why = body;
		else if (n->kind == STORE_NOTE_FACTS)
			n->why = STR("facts");
		else if (store_evidence_decode(body, &n->evidence))
			continue; /* damaged: what can be read is shown */
		o->count++;
	}
	sq_done(st);
	return err;
}

enum err sq_get_unread(struct sq *s, struct store_get_unread *o)
{
	enum err err;
	REQUIRE(o->limit > 0 && o->limit <= STORE_HELD_MAX);
	o->rows = arena_alloc(o->arena, o->limit * sizeof *o->rows);
	o->count = 0;
	o->more = false;
	sqlite3_stmt *st = sq_stmt(s, SQ_HELD_UNREAD);
	sqlite3_bind_int64(st, 1, (sqlite3_int64)o->after);
	sqlite3_bind_int64(st, 2, (sqlite3_int64)o->limit + 1);
	while (!o->more && sq_row(s, &o->op, st, &err)) {
		o->more = o->count == o->limit;
		if (o->more)
			break;
		err = sq_row_read(s, &o->op, (item_id_t)sqlite3_column_int64(st, 0), true, o->arena,
		                  &o->rows[o->count]);
		if (err)
			break;
		o->count++;
	}
	sq_done(st);
	return err;
}

enum err sq_looked(struct sq *s, struct store_looked *o)
{
	sqlite3_stmt *st = sq_stmt(s, SQ_HELD_LOOKED);
	sqlite3_bind_int64(st, 1, (sqlite3_int64)o->item);
	enum err err = sq_run(s, &o->op, st);
	if (!err && sqlite3_changes(s->db) == 0)
		err = err_set(&o->op.errmsg, ERR_NOT_FOUND, "the item does not wait for the registry's word");
	return err ? err : add_note(s, &o->op, o->item, STORE_NOTE_REGISTRY, o->now, o->by, o->says);
}
