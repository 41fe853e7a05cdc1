/* Claims and outcomes: a claim is one row with its runs of items, an outcome an appended row. */
#include "daemon/store/sqlite_int.h"
#include "epp/base/alloc.h"
#include "epp/base/check.h"

#include <stdlib.h>
#include <string.h>

/* ---- queues --------------------------------------------------------------------------------------------------------- */

#define QUEUES_MAX 4096 /* accounts x partners x lanes: far above any installation */

enum err sq_queues(struct sq *s, struct store_queues *o)
{
	enum err err;
	sqlite3_stmt *st = sq_stmt(s, SQ_QUEUES);
	size_t cap = 64;
	o->keys = arena_alloc(o->arena, cap * sizeof *o->keys);
	o->count = 0;
	sqlite3_bind_int64(st, 1, o->now);
	while (o->count < QUEUES_MAX && sq_row(s, &o->op, st, &err)) {
		if (o->count == cap) {
			struct store_queue_key *more = arena_alloc(o->arena, 2 * cap * sizeof *more);
			memcpy(more, o->keys, cap * sizeof *more);
			o->keys = more;
			cap *= 2;
		}
		o->keys[o->count++] = (struct store_queue_key){(uint32_t)sqlite3_column_int64(st, 0),
		                                               (uint32_t)sqlite3_column_int64(st, 1),
		                                               (uint8_t)sqlite3_column_int(st, 2)};
	}
	sq_done(st);
	if (err)
		return err;
	st = sq_stmt(s, SQ_READY_NEXT);
	sqlite3_bind_int64(st, 1, o->now);
	o->next_ready = sq_row(s, &o->op, st, &err) ? sq_col_instant(st, 0) : INSTANT_NONE;
	sq_done(st);
	return err;
}

/* ---- claims --------------------------------------------------------------------------------------------------------- */

/* What a claim gathers. */
struct gather {
	struct sq *s;
	struct store_claim *o;
	struct sq_tally tally;
	struct sq_item *rows; /* of o->items; id 0: not known */
	struct buf runs;
	uint64_t run_first;
	uint32_t run_count;
	int64_t revision;
	date_t today;
};

static void close_run(struct gather *g)
{
	if (g->run_count == 0)
		return;
	buf_append(&g->runs, &g->run_first, sizeof g->run_first);
	buf_append(&g->runs, &g->run_count, sizeof g->run_count);
	g->run_count = 0;
}

static void add_to_run(struct gather *g, item_id_t id)
{
	if (g->run_count > 0 && g->run_first + g->run_count == id) {
		g->run_count++;
		return;
	}
	close_run(g);
	g->run_first = id;
	g->run_count = 1;
}

static enum err admitted_at(struct gather *g, batch_id_t batch, instant_ms_t *out)
{
	enum err err;
	sqlite3_stmt *st = sq_stmt(g->s, SQ_BATCH_CREATED);
	sqlite3_bind_int64(st, 1, (sqlite3_int64)batch);
	*out = sq_row(g->s, &g->o->op, st, &err) ? sqlite3_column_int64(st, 0) : 0;
	sq_done(st);
	return err;
}

static enum err contact_is_known(struct gather *g, const char *id, bool *known)
{
	enum err err = OK;
	*known = false;
	if (id[0] == '\0')
		return OK;
	sqlite3_stmt *st = sq_stmt(g->s, SQ_CONTACT_HAS);
	sqlite3_bind_int64(st, 1, g->o->queue.account);
	sq_bind_str(st, 2, str_c(id));
	*known = sq_row(g->s, &g->o->op, st, &err);
	sq_done(st);
	return err;
}

/* Held: it was free when it was admitted, and is not any more. That is our waiting, not the applicant's fault. */
static enum err hold(struct gather *g, const struct sq_item *item, const struct decide_outcome *d)
{
	struct item_result r = {.state = ITEM_REVIEW,
	                        .attempt = item->attempt,
	                        .fault = FAULT_GATEWAY,
	                        .reason = str_c(d->reason),
	                        .message = STR("decided again at sending: no longer as it was admitted"),
	                        .created = INSTANT_NONE,
	                        .expires = INSTANT_NONE,
	                        .charged_vnd = -1,
	                        .at = g->o->now};
	enum err err = sq_result_add(g->s, &g->o->op, item, &r, false, d->common, d->item);
	g->o->held++;
	if (!err)
		err = sq_grant_release(g->s, &g->o->op, item);
	return err ? err : sq_tally_move(g->s, &g->o->op, &g->tally, item->batch, ITEM_QUEUED, ITEM_REVIEW);
}

/* Still to be sent: the later decision is recorded beside the first. */
static enum err confirm(struct gather *g, struct sq_item *item, const struct decide_outcome *d)
{
	struct item_result r = {.state = ITEM_SENDING,
	                        .attempt = item->attempt,
	                        .reason = str_c(d->reason),
	                        .created = INSTANT_NONE,
	                        .expires = INSTANT_NONE,
	                        .charged_vnd = -1,
	                        .at = g->o->now};
	item->decided_later = true;
	item->grant_from = d->free_from;
	item->free_until = d->free_until;
	return sq_result_add(g->s, &g->o->op, item, &r, false, d->common, d->item);
}

/* Another day, or other rules, since it was decided. *send: it goes on. */
static enum err decide_again(struct gather *g, const struct store_claimed *c, bool *send)
{
	struct item_request req;
	struct decide_ledger ledger;
	struct decide_outcome d;
	struct sq_item item;
	uint8_t key[DECIDE_KEY_LEN];
	bool has_key;
	*send = true;
	enum err err = sq_item_load(g->s, &g->o->op, c->item, &item);
	if (err || item_decode(c->payload, &req))
		return err; /* a damaged row is the scheduler's to report */
	err = sq_ledger(g->s, &g->o->op, g->o->decider, &req, c->partner, c->item, &ledger, key, &has_key);
	if (err)
		return err;
	decide_item(g->o->decider, &req, &ledger, DECIDE_SENDING, g->o->now, &g->s->scratch, &d);
	*send = d.state == ITEM_QUEUED;
	return *send ? confirm(g, &item, &d) : hold(g, &item, &d);
}

/* Columns: id, batch, line, contact, payload, decided_on, rules. */
static struct store_claimed row_of(struct gather *g, sqlite3_stmt *st, bool *fresh)
{
	struct store_claimed c = {.item = (item_id_t)sqlite3_column_int64(st, 0),
	                          .batch = (batch_id_t)sqlite3_column_int64(st, 1),
	                          .line = (uint32_t)sqlite3_column_int64(st, 2),
	                          .partner = g->o->queue.partner,
	                          .attempt = 1,
	                          .payload = sq_col_copy(st, 4, g->o->arena)};
	if (!str_copy(c.contact_id, sizeof c.contact_id, sq_col_str(st, 3)))
		c.contact_id[0] = '\0';
	*fresh = sq_col_date(st, 5) == g->today && sqlite3_column_int64(st, 6) == g->revision;
	return c;
}

/* The rest of a row that was never sent. Columns from 7: op, domain, grant_key, grant_from, free_until. */
static struct sq_item item_of(struct gather *g, sqlite3_stmt *st)
{
	struct str key = sq_col_str(st, 9);
	struct sq_item i = {.id = (item_id_t)sqlite3_column_int64(st, 0),
	                    .batch = (batch_id_t)sqlite3_column_int64(st, 1),
	                    .partner = g->o->queue.partner,
	                    .account = g->o->queue.account,
	                    .lane = g->o->queue.lane,
	                    .op = sqlite3_column_int(st, 7),
	                    .attempt = 1,
	                    .state = ITEM_QUEUED,
	                    .has_grant_key = key.len == sizeof i.grant_key,
	                    .grant_from = sq_col_date(st, 10),
	                    .free_until = sq_col_date(st, 11)};
	if (i.has_grant_key)
		memcpy(i.grant_key, key.ptr, sizeof i.grant_key);
	if (!str_copy(i.domain, sizeof i.domain, sq_col_str(st, 8)))
		i.id = 0;
	return i;
}

/* `row`: NULL when it has to be read again at its result. */
static enum err take(struct gather *g, struct store_claimed *c, bool fresh, const struct sq_item *row)
{
	bool send = true;
	enum err err = fresh ? OK : decide_again(g, c, &send);
	if (err || !send)
		return err;
	err = contact_is_known(g, c->contact_id, &c->contact_known);
	if (err)
		return err;
	c->offset = (uint32_t)g->o->count;
	g->rows[g->o->count] = row && fresh ? *row : (struct sq_item){0};
	g->o->items[g->o->count++] = *c;
	add_to_run(g, c->item);
	return sq_tally_move(g->s, &g->o->op, &g->tally, c->batch, ITEM_QUEUED, ITEM_SENDING);
}

static enum err forget_ready(struct gather *g, item_id_t id)
{
	sqlite3_stmt *st = sq_stmt(g->s, SQ_READY_DEL);
	sqlite3_bind_int64(st, 1, (sqlite3_int64)id);
	return sq_run(g->s, &g->o->op, st);
}

/* At most a page of what is sent again; *more: there may be another page. */
static enum err take_ready_page(struct gather *g, bool *more)
{
	struct store_claim *o = g->o;
	uint32_t room = o->max - (uint32_t)o->count;
	struct store_claimed *rows = arena_alloc(o->arena, (room + 1) * sizeof *rows);
	size_t n = 0;
	bool fresh;
	enum err err = OK;
	sqlite3_stmt *st = sq_stmt(g->s, SQ_READY_TAKE);
	sqlite3_bind_int64(st, 1, o->queue.account);
	sqlite3_bind_int64(st, 2, o->queue.partner);
	sqlite3_bind_int(st, 3, o->queue.lane);
	sqlite3_bind_int64(st, 4, o->now);
	sqlite3_bind_int64(st, 5, room);
	while (sq_row(g->s, &o->op, st, &err))
		rows[n++] = row_of(g, st, &fresh);
	sq_done(st);
	*more = n == room;
	for (size_t i = 0; i < n && !err; i++) {
		struct sq_item item;
		err = forget_ready(g, rows[i].item);
		if (!err)
			err = sq_item_load(g->s, &o->op, rows[i].item, &item);
		if (!err)
			err = admitted_at(g, rows[i].batch, &rows[i].admitted);
		rows[i].attempt = item.attempt;
		if (!err)
			err = take(g, &rows[i], false, NULL);
	}
	return err;
}

/* What is sent again comes before what is new. A page that is held as a whole does not hide what is behind it. */
static enum err take_ready(struct gather *g)
{
	bool more = true;
	enum err err = OK;
	while (more && !err && g->o->count < g->o->max)
		err = take_ready_page(g, &more);
	return err;
}

static enum err move_cursor(struct gather *g, batch_id_t batch, item_id_t next, item_id_t end)
{
	sqlite3_stmt *st = sq_stmt(g->s, next > end ? SQ_WORK_DEL : SQ_WORK_SET);
	sqlite3_bind_int64(st, 1, g->o->queue.account);
	sqlite3_bind_int64(st, 2, g->o->queue.partner);
	sqlite3_bind_int(st, 3, g->o->queue.lane);
	sqlite3_bind_int64(st, 4, (sqlite3_int64)batch);
	if (next <= end)
		sqlite3_bind_int64(st, 5, (sqlite3_int64)next);
	return sq_run(g->s, &g->o->op, st);
}

static enum err take_from_batch(struct gather *g, batch_id_t batch, item_id_t next, item_id_t end)
{
	struct store_claim *o = g->o;
	uint32_t room = o->max - (uint32_t)o->count;
	struct store_claimed *rows = arena_alloc(o->arena, (room + 1) * sizeof *rows);
	struct sq_item *items = arena_alloc(&g->s->arena, (room + 1) * sizeof *items);
	bool *fresh = arena_alloc(&g->s->arena, room + 1);
	instant_ms_t admitted;
	uint32_t n = 0;
	enum err err = admitted_at(g, batch, &admitted);
	sqlite3_stmt *st = sq_stmt(g->s, SQ_WORK_TAKE);
	sqlite3_bind_int64(st, 1, (sqlite3_int64)next);
	sqlite3_bind_int64(st, 2, (sqlite3_int64)end);
	sqlite3_bind_int64(st, 3, (sqlite3_int64)batch);
	sqlite3_bind_int64(st, 4, o->queue.account);
	sqlite3_bind_int(st, 5, o->queue.lane);
	sqlite3_bind_int(st, 6, ITEM_QUEUED);
	sqlite3_bind_int64(st, 7, room);
	while (!err && sq_row(g->s, &o->op, st, &err)) {
		rows[n] = row_of(g, st, &fresh[n]);
		items[n] = item_of(g, st);
		rows[n++].admitted = admitted;
	}
	sq_done(st);
	for (uint32_t i = 0; i < n && !err; i++)
		err = take(g, &rows[i], fresh[i], &items[i]);
	return err ? err : move_cursor(g, batch, n < room ? end + 1 : rows[n - 1].item + 1, end);
}

static enum err take_work(struct gather *g)
{
	struct store_claim *o = g->o;
	enum err err = OK;
	while (!err && o->count < o->max) {
		sqlite3_stmt *st = sq_stmt(g->s, SQ_WORK_GET);
		sqlite3_bind_int64(st, 1, o->queue.account);
		sqlite3_bind_int64(st, 2, o->queue.partner);
		sqlite3_bind_int(st, 3, o->queue.lane);
		bool found = sq_row(g->s, &o->op, st, &err);
		batch_id_t batch = found ? (batch_id_t)sqlite3_column_int64(st, 0) : 0;
		item_id_t next = found ? (item_id_t)sqlite3_column_int64(st, 1) : 0;
		item_id_t last = found ? (item_id_t)sqlite3_column_int64(st, 2) : 0;
		sq_done(st);
		if (err || !found) {
			o->more = false;
			return err;
		}
		err = take_from_batch(g, batch, next, last);
	}
	return err;
}

static enum err write_claim(struct gather *g)
{
	struct store_claim *o = g->o;
	close_run(g);
	sqlite3_stmt *st = sq_stmt(g->s, SQ_CLAIM_ADD);
	sqlite3_bind_int64(st, 1, g->s->epoch);
	sqlite3_bind_int64(st, 2, o->now);
	sq_bind_blob(st, 3, buf_str(&g->runs));
	enum err err = sq_run(g->s, &o->op, st);
	if (err)
		return err;
	struct sq_claim *c = xcalloc(1, sizeof *c + o->count * sizeof *c->items);
	c->id = o->claim = (uint64_t)sqlite3_last_insert_rowid(g->s->db);
	c->open = c->count = (uint32_t)o->count;
	memcpy(c->items, g->rows, o->count * sizeof *c->items);
	INVARIANT(!map_put(&g->s->claims, str_make((const char *)&c->id, sizeof c->id), c));
	return OK;
}

enum err sq_claim(struct sq *s, struct store_claim *o)
{
	struct gather g = {.s = s, .o = o, .today = date_of_instant(o->now, HANOI_OFFSET_S)};
	o->claim = 0;
	o->count = 0;
	o->held = 0;
	o->more = true;
	o->items = arena_alloc(o->arena, (o->max + 1) * sizeof *o->items);
	g.rows = arena_alloc(&s->arena, (o->max + 1) * sizeof *g.rows);
	buf_init(&g.runs, 16u << 20);
	enum err err = sq_text_id(s, &o->op, str_c(decider_revision(o->decider)), &g.revision);
	if (!err)
		err = take_ready(&g);
	if (!err)
		err = take_work(&g);
	if (!err && o->count > 0)
		err = write_claim(&g);
	if (!err)
		err = sq_tally_write(s, &o->op, &g.tally);
	buf_fini(&g.runs);
	return err;
}

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

static enum err queue_again(struct sq *s, struct store_op *op, const struct sq_item *i,
                            instant_ms_t not_before)
{
	sqlite3_stmt *st = sq_stmt(s, SQ_READY_ADD);
	sqlite3_bind_int64(st, 1, i->account);
	sqlite3_bind_int64(st, 2, i->partner);
	sqlite3_bind_int(st, 3, i->lane);
	sqlite3_bind_int64(st, 4, not_before);
	sqlite3_bind_int64(st, 5, (sqlite3_int64)i->id);
	return sq_run(s, op, st);
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

static enum err effects(struct sq *s, struct store_op *op, const struct store_step *step,
                        const struct sq_item *i, const struct item_result *r, bool name_is_new)
{
	enum err err = OK;
	if (step->name == STORE_NAME_CREATED && r->state == ITEM_DONE && !name_is_new)
		err = name_write(s, op, i, r, SQ_DOMAIN_PUT);
	else if (step->name == STORE_NAME_RENEWED && r->state == ITEM_DONE)
		err = name_renewed(s, op, i, r);
	if (!err && (step->grant == STORE_GRANT_RELEASE || r->state == ITEM_FAILED))
		err = sq_grant_release(s, op, i);
	if (!err && r->state == ITEM_QUEUED)
		err = queue_again(s, op, i, step->not_before);
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

static struct item_result taken_before(const struct sq_item *i, struct item_result r)
{
	r.state = ITEM_FAILED;
	r.fault = FAULT_PARTNER;
	r.reason = i->op == ITEM_CREATE ? STR("NAME_TAKEN") : STR("CUR_EXP_DATE");
	r.message = i->op == ITEM_CREATE
	                ? STR("the name exists already, from another item of this gateway")
	                : STR("the name was renewed already, by another item of this gateway");
	return r;
}

static enum err finish_step(struct sq *s, struct store_finish *o, struct sq_tally *t,
                            const struct store_step *step)
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
	if (other)
		r = taken_before(&item, r);
	if (!err)
		err = sq_result_add(s, &o->op, &item, &r, !step->not_sent, STR_NONE, STR_NONE);
	if (!err)
		err = effects(s, &o->op, step, &item, &r, is_new);
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

/* What the answer with 1001 said about dates holds; the message decides. */
enum err sq_settle(struct sq *s, struct store_message *o)
{
	struct sq_tally tally = {.count = 0};
	struct sq_item item;
	struct item_result last, r;
	struct store_get_item get = {.item = o->settled, .arena = &s->arena};
	enum err err = sq_item_load(s, &o->op, o->settled, &item);
	if (!err)
		err = sq_get_item(s, &get);
	if (err)
		return err;
	last = get.row.result;
	r = last;
	o->look = o->pan_approved && last.expires == INSTANT_NONE;
	r.state = o->look ? ITEM_RECONCILING : o->pan_approved ? ITEM_DONE : ITEM_FAILED;
	r.fault = o->pan_approved ? FAULT_NONE : FAULT_REGISTRY;
	r.reason = o->pan_approved ? STR("CREATED") : STR("REFUSED_LATER");
	r.message = o->text;
	r.at = o->now;
	err = sq_result_add(s, &o->op, &item, &r, true, STR_NONE, STR_NONE);
	if (!err && r.state == ITEM_DONE)
		err = name_write(s, &o->op, &item, &r, SQ_DOMAIN_PUT);
	if (!err && !o->pan_approved)
		err = sq_grant_release(s, &o->op, &item);
	if (!err)
		err = sq_tally_move(s, &o->op, &tally, item.batch, ITEM_PENDING, (int)r.state);
	return err ? err : sq_tally_write(s, &o->op, &tally);
}

/* An item that a claim holds is being sent, although its newest state is QUEUED. */
static enum err is_waiting(struct sq *s, struct store_op *op, const struct sq_item *i, bool *waiting)
{
	enum err err;
	sqlite3_stmt *st;
	*waiting = i->state == ITEM_WAITING || i->state == ITEM_REVIEW;
	if (i->state != ITEM_QUEUED)
		return OK;
	st = sq_stmt(s, i->has_result ? SQ_READY_HAS : SQ_WORK_COVERS);
	if (i->has_result) {
		sqlite3_bind_int64(st, 1, (sqlite3_int64)i->id);
	} else {
		sqlite3_bind_int64(st, 1, i->account);
		sqlite3_bind_int64(st, 2, i->partner);
		sqlite3_bind_int(st, 3, i->lane);
		sqlite3_bind_int64(st, 4, (sqlite3_int64)i->batch);
		sqlite3_bind_int64(st, 5, (sqlite3_int64)i->id);
	}
	*waiting = sq_row(s, op, st, &err);
	sq_done(st);
	return err;
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
		o->too_late += item.state != ITEM_CANCELLED && item.state != ITEM_REFUSED;
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
	err = sq_result_add(s, &o->op, &item, &r, false, STR_NONE, STR_NONE);
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
	o->cancelled = o->too_late = 0;
	if (err)
		return err_set(&o->op.errmsg, err, "no such batch");
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
