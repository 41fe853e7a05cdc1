/* Rule sets, kept whole under their revision, and what became of them. */
#include "daemon/store/sqlite_int.h"
#include "epp/base/check.h"

/* ---- keeping ----------------------------------------------------------------------------------------------------------- */

static enum err is_kept(struct sq *s, struct store_rules_keep *o, bool *kept)
{
	enum err err;
	sqlite3_stmt *st = sq_stmt(s, SQ_RULES_HAS);
	sq_bind_str(st, 1, o->revision);
	*kept = sq_row(s, &o->op, st, &err);
	sq_done(st);
	return err;
}

static enum err add(struct sq *s, struct store_rules_keep *o)
{
	sqlite3_stmt *st = sq_stmt(s, SQ_RULES_ADD);
	sq_bind_str(st, 1, o->revision);
	sqlite3_bind_int64(st, 2, o->now);
	sq_bind_str(st, 3, o->text);
	return sq_run(s, &o->op, st);
}

static enum err add_step(struct sq *s, struct store_op *op, const struct store_rules_step *step)
{
	sqlite3_stmt *st = sq_stmt(s, SQ_RULES_STEP_ADD);
	sqlite3_bind_int64(st, 1, step->at);
	sq_bind_str(st, 2, step->step);
	sq_bind_str(st, 3, step->revision);
	sq_bind_str(st, 4, step->person);
	sq_bind_str(st, 5, step->login);
	sq_bind_str(st, 6, step->why);
	return sq_run(s, op, st);
}

enum err sq_rules_keep(struct sq *s, struct store_rules_keep *o)
{
	bool kept = true;
	enum err err = o->revision.len ? is_kept(s, o, &kept) : OK;
	if (!err && !kept && !o->text.len)
		return err_set(&o->op.errmsg, ERR_NOT_FOUND, "no rule set of this revision is kept");
	o->added = !kept;
	if (!err && !kept)
		err = add(s, o);
	for (size_t i = 0; i < o->step_count && !err; i++)
		err = add_step(s, &o->op, &o->steps[i]);
	return err || !o->setting ? err : sq_setting_write(s, &o->op, o->setting, o->setting_value);
}

/* ---- reading ----------------------------------------------------------------------------------------------------------- */

enum err sq_get_rules(struct sq *s, struct store_get_rules *o)
{
	enum err err;
	bool one = o->revision.len > 0;
	REQUIRE(one || (o->limit > 0 && o->limit <= STORE_PAGE_MAX));
	uint32_t limit = one ? 1 : o->limit;
	sqlite3_stmt *st = sq_stmt(s, one ? SQ_RULES_ONE : SQ_RULES_ALL);
	if (one)
		sq_bind_str(st, 1, o->revision);
	else
		sqlite3_bind_int64(st, 1, (sqlite3_int64)limit + 1);
	o->rows = arena_alloc(o->arena, (limit + 1) * sizeof *o->rows);
	o->count = 0;
	while (o->count <= limit && sq_row(s, &o->op, st, &err))
		o->rows[o->count++] = (struct store_rules_row){.revision = sq_col_copy(st, 0, o->arena),
		                                               .first_seen = sqlite3_column_int64(st, 1),
		                                               .text = sq_col_copy(st, 2, o->arena)};
	sq_done(st);
	if (err)
		return err;
	o->more = o->count > limit;
	o->count -= o->more;
	return one && o->count == 0
	           ? err_set(&o->op.errmsg, ERR_NOT_FOUND, "no rule set of this revision is kept")
	           : OK;
}

enum err sq_get_rules_steps(struct sq *s, struct store_get_rules_steps *o)
{
	enum err err;
	REQUIRE(o->limit > 0 && o->limit <= STORE_PAGE_MAX);
	sqlite3_stmt *st = sq_stmt(s, SQ_RULES_STEPS);
	sqlite3_bind_int64(st, 1, (sqlite3_int64)o->limit + 1);
	o->rows = arena_alloc(o->arena, (o->limit + 1) * sizeof *o->rows);
	o->count = 0;
	while (o->count <= o->limit && sq_row(s, &o->op, st, &err))
		o->rows[o->count++] = (struct store_rules_step){.at = sqlite3_column_int64(st, 0),
		                                                .step = sq_col_copy(st, 1, o->arena),
		                                                .revision = sq_col_copy(st, 2, o->arena),
		                                                .person = sq_col_copy(st, 3, o->arena),
		                                                .login = sq_col_copy(st, 4, o->arena),
		                                                .why = sq_col_copy(st, 5, o->arena)};
	sq_done(st);
	o->more = !err && o->count > o->limit;
	o->count -= o->more;
	return err;
}
