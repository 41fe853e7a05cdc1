/* The change feed, merged from results and publications. */
#include "daemon/store/sqlite_int.h"
#include "daemon/store/store_changes.h"
#include "epp/base/check.h"

/* What is read ahead: at most one of each. */
struct feed {
	struct sq *s;
	struct store_get_changes *o;
	sqlite3_stmt *results; /* at `seq`, or through */
	uint64_t seq;          /* 0: no more results */
	uint64_t publication;  /* 0: no more */
	uint64_t after;        /* the last result before it */
	batch_id_t batch;
	uint32_t scanned;
};

static enum err next_result(struct feed *f)
{
	enum err err;
	f->seq =
	    sq_row(f->s, &f->o->op, f->results, &err) ? (uint64_t)sqlite3_column_int64(f->results, 0) : 0;
	return err;
}

static enum err next_publication(struct feed *f, uint64_t from)
{
	enum err err;
	sqlite3_stmt *st = sq_stmt(f->s, SQ_PUBLICATION_NEXT);
	sqlite3_bind_int64(st, 1, f->o->partner);
	sqlite3_bind_int64(st, 2, (sqlite3_int64)from);
	f->publication = 0;
	if (sq_row(f->s, &f->o->op, st, &err)) {
		f->publication = (uint64_t)sqlite3_column_int64(st, 0);
		f->after = (uint64_t)sqlite3_column_int64(st, 1);
		f->batch = (batch_id_t)sqlite3_column_int64(st, 2);
	}
	sq_done(st);
	return err;
}

static struct store_change *add(struct feed *f)
{
	struct store_change *c = &f->o->rows[f->o->count++];
	*c = (struct store_change){.cursor = f->o->cursor, .on = DATE_NONE, .expires = INSTANT_NONE};
	return c;
}

/* A line of the publication, as it stood then: a result may have come before. */
static void fill_line(struct feed *f, sqlite3_stmt *st, struct store_change *c)
{
	struct arena *a = f->o->arena;
	c->item = (item_id_t)sqlite3_column_int64(st, 0);
	c->batch = f->batch;
	c->line = (uint32_t)sqlite3_column_int64(st, 1);
	c->op = (enum item_op)sqlite3_column_int(st, 2);
	c->ref = sq_col_copy(st, 3, a);
	c->domain = sq_col_copy(st, 4, a);
	c->state = (enum item_state)sqlite3_column_int(st, 5);
	c->fault = (enum item_fault)sqlite3_column_int(st, 6);
	c->reason = sq_col_copy(st, 7, a);
	c->at = sqlite3_column_int64(st, 8);
}

/* `body`: the column with what item_result_encode() made. */
static enum err fill_result(struct feed *f, sqlite3_stmt *st, int body, struct store_change *c)
{
	struct item_result r;
	if (item_result_decode(sq_col_copy(st, body, f->o->arena), &r))
		return err_set(&f->o->op.errmsg, ERR_CORRUPT, "item %llu is damaged",
		               (unsigned long long)c->item);
	c->state = r.state;
	c->fault = r.fault;
	c->reason = r.reason;
	c->code = r.code;
	c->expires = r.expires;
	c->at = r.at;
	return OK;
}

/* The lines of the publication that the cursor is in, as far as there is room. */
static enum err publication_lines(struct feed *f)
{
	struct store_get_changes *o = f->o;
	enum err err;
	sqlite3_stmt *st = sq_stmt(f->s, SQ_PUBLICATION_LINES);
	sqlite3_bind_int64(st, 1, (sqlite3_int64)f->batch);
	sqlite3_bind_int64(st, 2, o->cursor.line);
	sqlite3_bind_int64(st, 3, (sqlite3_int64)(o->limit - o->count) + 1);
	sqlite3_bind_int64(st, 4, (sqlite3_int64)f->after);
	while (sq_row(f->s, &o->op, st, &err)) {
		if (o->count == o->limit) {
			o->more = true;
			break;
		}
		o->cursor.line = (uint32_t)sqlite3_column_int64(st, 1);
		struct store_change *c = add(f);
		fill_line(f, st, c);
		if (sqlite3_column_type(st, 9) != SQLITE_NULL)
			err = fill_result(f, st, 9, c);
		if (err)
			break;
	}
	sq_done(st);
	if (!err && !o->more)
		o->cursor.line = STORE_CURSOR_ALL;
	return err;
}

static enum err publication(struct feed *f)
{
	struct store_get_changes *o = f->o;
	if (o->cursor.publication != f->publication) {
		o->cursor.publication = f->publication;
		o->cursor.line = 0;
	}
	if (f->after > o->cursor.seq)
		o->cursor.seq =
		    f->after; /* the partner has no results between: the same text, wherever reading began */
	f->scanned++;
	if (o->batch && f->batch != o->batch)
		o->cursor.line = STORE_CURSOR_ALL;
	enum err err = o->cursor.line == STORE_CURSOR_ALL ? OK : publication_lines(f);
	return err || o->more ? err : next_publication(f, f->publication + 1);
}

static enum err notice(struct feed *f)
{
	struct store_get_changes *o = f->o;
	if (o->batch) /* it is of no batch */
		return next_result(f);
	struct store_change *c = add(f);
	if (store_notice_decode(sq_col_copy(f->results, 2, o->arena), c))
		return err_set(&o->op.errmsg, ERR_CORRUPT, "notice %llu is damaged",
		               (unsigned long long)f->seq);
	return next_result(f);
}

static enum err result(struct feed *f)
{
	struct store_get_changes *o = f->o;
	item_id_t item = (item_id_t)sqlite3_column_int64(f->results, 1);
	enum err err;
	o->cursor.seq = f->seq;
	f->scanned++;
	if (item == 0)
		return notice(f);
	sqlite3_stmt *st = sq_stmt(f->s, SQ_CHANGED_ITEM);
	sqlite3_bind_int64(st, 1, (sqlite3_int64)item);
	sqlite3_bind_int64(st, 2, (sqlite3_int64)f->seq);
	bool found = sq_row(f->s, &o->op, st, &err); /* not when its publication comes later, and tells it */
	if (found && (!o->batch || (batch_id_t)sqlite3_column_int64(st, 0) == o->batch)) {
		struct store_change *c = add(f);
		c->item = item;
		c->batch = (batch_id_t)sqlite3_column_int64(st, 0);
		c->line = (uint32_t)sqlite3_column_int64(st, 1);
		c->op = (enum item_op)sqlite3_column_int(st, 2);
		c->ref = sq_col_copy(st, 3, o->arena);
		c->domain = sq_col_copy(st, 4, o->arena);
		err = fill_result(f, f->results, 2, c);
	}
	sq_done(st);
	return err ? err : next_result(f);
}

static enum err merge(struct feed *f)
{
	struct store_get_changes *o = f->o;
	enum err err = OK;
	while (!err && !o->more && (f->seq || f->publication)) {
		if (o->count == o->limit || f->scanned >= STORE_CHANGES_SCAN)
			o->more = true;
		else if (f->publication && (!f->seq || f->after < f->seq))
			err = publication(f);
		else
			err = result(f);
	}
	return err;
}

/* The cursor's own publication is looked at again when it was not read to its end. */
static enum err read_feed(struct sq *s, struct store_get_changes *o)
{
	struct feed f = {.s = s, .o = o, .results = sq_stmt(s, SQ_RESULTS_AFTER)};
	bool amid = o->cursor.publication && o->cursor.line != STORE_CURSOR_ALL;
	enum err err = next_publication(&f, o->cursor.publication + !amid);
	sqlite3_bind_int64(f.results, 1, o->partner);
	sqlite3_bind_int64(f.results, 2, (sqlite3_int64)o->cursor.seq);
	if (!err)
		err = next_result(&f);
	if (!err)
		err = merge(&f);
	sq_done(f.results);
	return err;
}

/* ---- where to begin ---------------------------------------------------------------------------------------------------------- */

static enum err check_batch(struct sq *s, struct store_get_changes *o)
{
	enum err err;
	sqlite3_stmt *st = sq_stmt(s, SQ_PUBLICATION_OF);
	sqlite3_bind_int64(st, 1, (sqlite3_int64)o->batch);
	bool found = sq_row(s, &o->op, st, &err) && (uint32_t)sqlite3_column_int64(st, 2) == o->partner;
	if (found && o->from == STORE_CHANGES_BATCH)
		o->cursor = (struct store_cursor){.seq = (uint64_t)sqlite3_column_int64(st, 1),
		                                  .publication = (uint64_t)sqlite3_column_int64(st, 0) - 1,
		                                  .line = STORE_CURSOR_ALL};
	sq_done(st);
	return err || found ? err : err_set(&o->op.errmsg, ERR_NOT_FOUND, "no such batch");
}

static enum err go_to_end(struct sq *s, struct store_get_changes *o)
{
	enum err err;
	sqlite3_stmt *st = sq_stmt(s, SQ_CHANGES_END);
	sqlite3_bind_int64(st, 1, o->partner);
	if (sq_row(s, &o->op, st, &err))
		o->cursor = (struct store_cursor){.seq = (uint64_t)sqlite3_column_int64(st, 0),
		                                  .publication = (uint64_t)sqlite3_column_int64(st, 1),
		                                  .line = STORE_CURSOR_ALL};
	sq_done(st);
	return err;
}

/* After a restore from a backup results are numbered anew: whoever went on from an old cursor would miss the first ones. */
static enum err check_not_ahead(struct sq *s, struct store_get_changes *o)
{
	enum err err;
	sqlite3_stmt *st = sq_stmt(s, SQ_CHANGES_LAST);
	bool ahead =
	    sq_row(s, &o->op, st, &err) && (o->cursor.seq > (uint64_t)sqlite3_column_int64(st, 0) ||
	                                    o->cursor.publication > (uint64_t)sqlite3_column_int64(st, 1));
	sq_done(st);
	return err || !ahead ? err : store_cursor_ahead(&o->op);
}

enum err sq_get_changes(struct sq *s, struct store_get_changes *o)
{
	REQUIRE(o->limit > 0 && o->limit <= STORE_PAGE_MAX);
	o->rows = arena_alloc(o->arena, o->limit * sizeof *o->rows);
	o->count = 0;
	o->more = false;
	enum err err = o->batch ? check_batch(s, o) : OK;
	if (!err && o->from == STORE_CHANGES_NOW)
		err = go_to_end(s, o);
	else if (!err && o->from == STORE_CHANGES_CURSOR)
		err = check_not_ahead(s, o);
	return err ? err : read_feed(s, o);
}
