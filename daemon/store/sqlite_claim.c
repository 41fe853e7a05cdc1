/* Claims: a claim is one row with its runs of items. */
#include "daemon/job/lane.h"
#include "daemon/store/sqlite_int.h"
#include "epp/base/alloc.h"
#include "epp/base/check.h"

#include <string.h>

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
	uint32_t paid; /* of o->items */
	int64_t revision;
	date_t today;
};

static bool may_take(const struct gather *g)
{
	return g->o->count < g->o->max && g->o->parked < STORE_PARK_MAX;
}

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

/* What all lines of a batch have in common. */
static enum err read_batch(struct gather *g, struct store_claimed *c)
{
	enum err err;
	sqlite3_stmt *st = sq_stmt(g->s, SQ_BATCH_CREATED);
	sqlite3_bind_int64(st, 1, (sqlite3_int64)c->batch);
	if (sq_row(g->s, &g->o->op, st, &err)) {
		c->admitted = sqlite3_column_int64(st, 0);
		c->trace = (uint32_t)sqlite3_column_int64(st, 2);
	}
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

/* Held (or refused, where the rules say so): it was free when it was admitted, and is not any more. That is our waiting,
 * not the applicant's fault. */
static enum err hold(struct gather *g, const struct sq_item *item, const struct decide_outcome *d)
{
	bool refused = d->state != ITEM_REVIEW && decide_refuses_ineligible(g->o->decider);
	enum item_state state = refused ? ITEM_REFUSED : ITEM_REVIEW;
	struct item_result r = {.state = state,
	                        .attempt = item->attempt,
	                        .fault = FAULT_GATEWAY,
	                        .reason = str_c(d->reason),
	                        .message = STR("decided again at sending: no longer as it was admitted"),
	                        .created = INSTANT_NONE,
	                        .expires = INSTANT_NONE,
	                        .charged_vnd = -1,
	                        .at = g->o->now};
	enum err err = sq_result_add(g->s, &g->o->op, item, &r, false, d);
	g->o->held += !refused;
	if (!err)
		err = sq_grant_release(g->s, &g->o->op, item);
	return err ? err : sq_tally_move(g->s, &g->o->op, &g->tally, item->batch, ITEM_QUEUED, (int)state);
}

/* The last day changes with the rules: the registry's create date is compared with the one in force. */
static enum err keep_due(struct gather *g, struct sq_item *item, instant_ms_t due)
{
	if (item->due == due)
		return OK;
	item->due = due;
	sqlite3_stmt *st = sq_stmt(g->s, SQ_ITEM_DUE);
	sqlite3_bind_int64(st, 1, (sqlite3_int64)item->id);
	sq_bind_instant(st, 2, due);
	return sq_run(g->s, &g->o->op, st);
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
	return sq_result_add(g->s, &g->o->op, item, &r, false, d);
}

/* As item_encode() has it, for the one who sends it. */
static struct str encoded(struct gather *g, const struct item_request *req)
{
	buf_clear(&g->s->scratch);
	item_encode(req, &g->s->scratch);
	return arena_str(g->o->arena, buf_str(&g->s->scratch));
}

/* Another day, or other rules, since it was decided. *send: it goes on. What was free is never charged instead. */
static enum err decide_again(struct gather *g, struct store_claimed *c, bool *send)
{
	struct item_request req;
	struct decide_ledger ledger;
	struct decide_outcome d;
	struct sq_item item;
	struct decide_subject subject;
	struct str approved;
	bool added;
	*send = true;
	enum err err = sq_item_load(g->s, &g->o->op, c->item, &item);
	if (!err)
		err = sq_request(g->s, &g->o->op, c->item, c->payload, g->o->arena, &req, &approved, &added);
	if (err)
		return err == ERR_CORRUPT ? OK : err; /* a damaged row is the scheduler's to report */
	err = sq_ledger(g->s, &g->o->op, g->o->decider, &req, c->partner, c->item, &ledger, &subject);
	if (err)
		return err;
	ledger.approved = approved;
	if (added) /* the registry may be told of it */
		c->payload = encoded(g, &req);
	decide_item(g->o->decider, &req, &ledger, DECIDE_SENDING,
	            decide_moment(g->o->decider, item.decided_on, g->o->now), &g->s->scratch, &d);
	bool lost = item.grant_from != DATE_NONE && d.free_from == DATE_NONE;
	*send = d.state == ITEM_QUEUED && !lost;
	c->fee_vnd = d.fee_vnd;
	item.has_list_key = decide_list_subject(g->o->decider, &req, item.list_key);
	if (!*send)
		return hold(g, &item, &d);
	err = keep_due(g, &item, lane_due(&req, d.eligible_until));
	return err ? err : confirm(g, &item, &d);
}

/* Columns: id, batch, line, contact, payload, decided_on, rules, paid, fee. */
static struct store_claimed row_of(struct gather *g, sqlite3_stmt *st, bool *fresh)
{
	struct store_claimed c = {.item = (item_id_t)sqlite3_column_int64(st, 0),
	                          .batch = (batch_id_t)sqlite3_column_int64(st, 1),
	                          .line = (uint32_t)sqlite3_column_int64(st, 2),
	                          .partner = g->o->queue.partner,
	                          .attempt = 1,
	                          .paid = sqlite3_column_int(st, 7) != 0,
	                          .fee_vnd = sqlite3_column_int64(st, 8),
	                          .payload = sq_col_copy(st, 4, g->o->arena)};
	if (!str_copy(c.contact_id, sizeof c.contact_id, sq_col_str(st, 3)))
		c.contact_id[0] = '\0';
	*fresh = sq_col_date(st, 5) == g->today && sqlite3_column_int64(st, 6) == g->revision &&
	         c.item > g->s->stale;
	return c;
}

/* The rest of a row that was never sent. Columns from 7: paid, fee, op, domain, grant_key, grant_from, free_until, due. */
static struct sq_item item_of(struct gather *g, sqlite3_stmt *st)
{
	struct str key = sq_col_str(st, 11);
	struct sq_item i = {.id = (item_id_t)sqlite3_column_int64(st, 0),
	                    .batch = (batch_id_t)sqlite3_column_int64(st, 1),
	                    .partner = g->o->queue.partner,
	                    .account = g->o->queue.account,
	                    .lane = g->o->queue.lane,
	                    .op = sqlite3_column_int(st, 9),
	                    .attempt = 1,
	                    .state = ITEM_QUEUED,
	                    .paid = sqlite3_column_int(st, 7) != 0,
	                    .grant_from = sq_col_date(st, 12),
	                    .free_until = sq_col_date(st, 13),
	                    .due = sq_col_instant(st, 14),
	                    .has_quota = sqlite3_column_int(st, 15) != 0};
	sq_item_mark(&i, key);
	if (!str_copy(i.domain, sizeof i.domain, sq_col_str(st, 10)))
		i.id = 0;
	return i;
}

/* The decision in force: the last one that was recorded later, or (`fresh`: only that can be) the intake's. */
static enum err read_decision(struct gather *g, struct store_claimed *c, bool fresh)
{
	static const enum sq_stmt from[] = {SQ_DECIDED_LAST, SQ_DECIDED_FIRST};
	enum err err = OK;
	for (size_t i = fresh; i < ARRAY_LEN(from) && !err && !c->decision_common.len; i++) {
		sqlite3_stmt *st = sq_stmt(g->s, from[i]);
		sqlite3_bind_int64(st, 1, (sqlite3_int64)c->item);
		if (sq_row(g->s, &g->o->op, st, &err)) {
			c->decision_common = sq_col_copy(st, 0, g->o->arena);
			c->decision_item = sq_col_copy(st, 1, g->o->arena);
		}
		sq_done(st);
	}
	return err;
}

/* The grant is that of the decision in force now: what is decided anew below keeps it, but under other rules. */
static enum err is_held(struct gather *g, const struct store_claimed *c, const struct sq_item *row,
                        bool *held)
{
	const struct store_claim *o = g->o;
	struct store_claimed in_force = *c;
	enum err err = OK;
	if (store_holds_ask_grant(o->holds, o->hold_count))
		err = read_decision(g, &in_force, false);
	*held =
	    store_holds_fit(o->holds, o->hold_count, str_c(row->domain), c->paid, in_force.decision_common);
	return err;
}

/* It costs money, and enough such are claimed; or somebody holds it. */
static enum err is_to_park(struct gather *g, const struct store_claimed *c, const struct sq_item *row,
                           bool *yes)
{
	*yes = c->paid && g->paid >= g->o->paid_max;
	return *yes || g->o->hold_count == 0 ? OK : is_held(g, c, row, yes);
}

static enum err park(struct gather *g, const struct sq_item *i)
{
	g->o->parked++;
	return sq_ready_add(g->s, &g->o->op, &g->o->queue, i->due, STORE_PARKED, i->id);
}

/* `row`: `row_fresh`: it need not be read again at its result. */
static enum err take(struct gather *g, struct store_claimed *c, bool fresh, const struct sq_item *row,
                     bool row_fresh)
{
	bool send = true, to_park;
	enum err err = is_to_park(g, c, row, &to_park);
	if (!err && to_park)
		return park(g, row);
	if (!err && !fresh)
		err = decide_again(g, c, &send);
	if (err || !send)
		return err;
	err = contact_is_known(g, c->contact_id, &c->contact_known);
	if (!err && g->o->want_decisions)
		err = read_decision(g, c, fresh);
	if (err)
		return err;
	c->offset = (uint32_t)g->o->count;
	g->paid += c->paid;
	g->rows[g->o->count] = row_fresh && fresh ? *row : (struct sq_item){0};
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

/* At most a page of what is sent again or goes ahead; *more: there may be another page. */
static enum err take_ready_page(struct gather *g, enum sq_stmt which, bool *more)
{
	struct store_claim *o = g->o;
	uint32_t room = o->max - (uint32_t)o->count;
	struct store_claimed *rows = arena_alloc(o->arena, (room + 1) * sizeof *rows);
	size_t n = 0;
	bool fresh;
	enum err err = OK;
	sqlite3_stmt *st = sq_stmt(g->s, which);
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
			err = read_batch(g, &rows[i]);
		rows[i].attempt = item.attempt;
		rows[i].again = true;
		if (!err)
			err = take(g, &rows[i], false, &item, false);
	}
	return err;
}

/* What is sent again comes before what is new. A page that is held as a whole does not hide what is behind it. */
static enum err take_ready(struct gather *g, enum sq_stmt which)
{
	bool more = true;
	enum err err = OK;
	while (more && !err && may_take(g))
		err = take_ready_page(g, which, &more);
	return err;
}

static enum err take_from_batch(struct gather *g, batch_id_t batch, item_id_t next, item_id_t end,
                                instant_ms_t due)
{
	struct store_claim *o = g->o;
	uint32_t room = o->max - (uint32_t)o->count;
	struct store_claimed *rows = arena_alloc(o->arena, (room + 1) * sizeof *rows);
	struct sq_item *items = arena_alloc(&g->s->arena, (room + 1) * sizeof *items);
	bool *fresh = arena_alloc(&g->s->arena, room + 1);
	struct store_claimed all = {.batch = batch};
	uint32_t n = 0;
	enum err err = read_batch(g, &all);
	sqlite3_stmt *st = sq_stmt(g->s, SQ_WORK_TAKE);
	sqlite3_bind_int64(st, 1, (sqlite3_int64)batch);
	sqlite3_bind_int64(st, 2, o->queue.account);
	sqlite3_bind_int(st, 3, o->queue.lane);
	sq_bind_instant(st, 4, due == STORE_PARKED ? INSTANT_NONE : due);
	sqlite3_bind_int64(st, 5, (sqlite3_int64)next);
	sqlite3_bind_int64(st, 6, (sqlite3_int64)end);
	sqlite3_bind_int(st, 7, ITEM_QUEUED);
	sqlite3_bind_int64(st, 8, room);
	while (!err && sq_row(g->s, &o->op, st, &err)) {
		rows[n] = row_of(g, st, &fresh[n]);
		items[n] = item_of(g, st);
		rows[n].admitted = all.admitted;
		rows[n++].trace = all.trace;
	}
	sq_done(st);
	for (uint32_t i = 0; i < n && !err; i++)
		err = take(g, &rows[i], fresh[i], &items[i], true);
	if (err)
		return err;
	return sq_work_taken(g->s, &o->op, &o->queue, due, batch, n < room ? end + 1 : rows[n - 1].item + 1,
	                     end, n);
}

static enum err take_work(struct gather *g)
{
	struct store_claim *o = g->o;
	enum err err = OK;
	while (!err && may_take(g)) {
		sqlite3_stmt *st = sq_stmt(g->s, SQ_WORK_GET);
		sqlite3_bind_int64(st, 1, o->queue.account);
		sqlite3_bind_int64(st, 2, o->queue.partner);
		sqlite3_bind_int(st, 3, o->queue.lane);
		bool found = sq_row(g->s, &o->op, st, &err);
		batch_id_t batch = found ? (batch_id_t)sqlite3_column_int64(st, 0) : 0;
		item_id_t next = found ? (item_id_t)sqlite3_column_int64(st, 1) : 0;
		item_id_t last = found ? (item_id_t)sqlite3_column_int64(st, 2) : 0;
		instant_ms_t due = found ? sqlite3_column_int64(st, 3) : INSTANT_NONE;
		sq_done(st);
		if (err || !found) {
			o->more = false;
			return err;
		}
		err = take_from_batch(g, batch, next, last, due);
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
	o->held = o->parked = 0;
	o->more = true;
	o->items = arena_alloc(o->arena, (o->max + 1) * sizeof *o->items);
	g.rows = arena_alloc(&s->arena, (o->max + 1) * sizeof *g.rows);
	buf_init(&g.runs, 16u << 20);
	enum err err = sq_text_id(s, &o->op, str_c(decider_revision(o->decider)), &g.revision);
	if (!err && o->queue.lane == LANE_URGENT)
		err = take_ready(&g, SQ_READY_TAKE_DUE);
	if (!err)
		err = take_ready(&g, SQ_READY_TAKE);
	if (!err)
		err = take_work(&g);
	if (!err && o->count > 0)
		err = write_claim(&g);
	if (!err)
		err = sq_tally_write(s, &o->op, &g.tally);
	buf_fini(&g.runs);
	return err;
}
