/* Poll messages: what they settle, what they change, and which wait for a person. */
#include "daemon/store/sqlite_int.h"
#include "epp/base/check.h"

enum err sq_pending_item(struct sq *s, struct store_op *op, struct str domain, uint32_t account,
                         item_id_t but, item_id_t *id)
{
	enum err err;
	sqlite3_stmt *st = sq_stmt(s, SQ_PENDING_BY_NAME);
	sq_bind_str(st, 1, domain);
	sqlite3_bind_int64(st, 2, account);
	*id = 0;
	while (*id == 0 && sq_row(s, op, st, &err)) {
		struct sq_item item;
		item_id_t candidate = (item_id_t)sqlite3_column_int64(st, 0);
		enum err loaded = sq_item_load(s, op, candidate, &item);
		if (loaded) {
			sq_done(st);
			return loaded;
		}
		if (item.state == ITEM_PENDING && candidate != but)
			*id = candidate;
	}
	sq_done(st);
	return err;
}

/* ---- storing ----------------------------------------------------------------------------------------------------------- */

static enum err insert(struct sq *s, struct store_message *o, int64_t *id)
{
	sqlite3_stmt *st = sq_stmt(s, SQ_MESSAGE_ADD);
	sqlite3_bind_int64(st, 1, o->account);
	sq_bind_str(st, 2, o->id);
	sqlite3_bind_int64(st, 3, o->at);
	sqlite3_bind_int64(st, 4, o->now);
	sq_bind_str(st, 5, o->kind);
	sq_bind_str(st, 6, o->domain);
	sq_bind_str(st, 7, o->text);
	sq_bind_str(st, 8, o->body);
	enum err err = sq_run(s, &o->op, st);
	o->duplicate = !err && sqlite3_changes(s->db) == 0;
	*id = sqlite3_last_insert_rowid(s->db);
	return err;
}

static enum err settle(struct sq *s, struct store_message *o)
{
	enum err err = sq_pending_item(s, &o->op, o->domain, o->account, 0, &o->settled);
	return err || o->settled == 0 ? err : sq_settle(s, o);
}

/* Binds the name and the account. */
static sqlite3_stmt *of_domain(struct sq *s, const struct store_message *o, enum sq_stmt which)
{
	sqlite3_stmt *st = sq_stmt(s, which);
	sq_bind_str(st, 1, o->domain);
	sqlite3_bind_int64(st, 2, o->account);
	return st;
}

static enum err change_domain(struct sq *s, struct store_message *o)
{
	enum err err;
	sqlite3_stmt *st = of_domain(s, o, SQ_DOMAIN_IS_OF);
	o->known = sq_row(s, &o->op, st, &err);
	sq_done(st);
	if (err || !o->known)
		return err;
	if (o->gone)
		return sq_run(s, &o->op, of_domain(s, o, SQ_DOMAIN_GONE));
	if (o->expires == INSTANT_NONE)
		return OK;
	st = of_domain(s, o, SQ_DOMAIN_LATER);
	sqlite3_bind_int64(st, 3, o->expires);
	return sq_run(s, &o->op, st);
}

static enum err note(struct sq *s, struct store_message *o, int64_t id)
{
	bool orphan = o->is_pan && o->settled == 0;
	struct str why = o->attention.len ? o->attention
	                 : orphan         ? STR("a pending action is over that no item waits for")
	                                  : STR_NONE;
	o->waits = why.len > 0;
	sqlite3_stmt *st = sq_stmt(s, SQ_MESSAGE_SETTLES);
	sqlite3_bind_int64(st, 1, id);
	if (o->settled)
		sqlite3_bind_int64(st, 2, (sqlite3_int64)o->settled);
	sqlite3_bind_int(st, 3, o->waits);
	sq_bind_str(st, 4, why);
	return sq_run(s, &o->op, st);
}

enum err sq_message(struct sq *s, struct store_message *o)
{
	int64_t id;
	o->settled = 0;
	o->look = o->known = o->waits = o->past_boundary = false;
	enum err err = insert(s, o, &id);
	if (err || o->duplicate)
		return err;
	if (o->is_pan)
		err = settle(s, o);
	else if (o->domain.len)
		err = change_domain(s, o);
	if (!err && o->setting)
		err = sq_setting_write(s, &o->op, o->setting, o->setting_value);
	return err ? err : note(s, o, id);
}

enum err sq_message_done(struct sq *s, struct store_message_done *o)
{
	sqlite3_stmt *st = sq_stmt(s, SQ_MESSAGE_DONE);
	sqlite3_bind_int64(st, 1, (sqlite3_int64)o->message);
	sqlite3_bind_int64(st, 2, o->now);
	sq_bind_str(st, 3, o->why);
	enum err err = sq_run(s, &o->op, st);
	if (!err && sqlite3_changes(s->db) == 0)
		err = err_set(&o->op.errmsg, ERR_NOT_FOUND, "no message of this number waits for a person");
	return err;
}

/* ---- reading ----------------------------------------------------------------------------------------------------------- */

static struct store_message_row row_of(sqlite3_stmt *st, struct arena *a)
{
	return (struct store_message_row){.message = (uint64_t)sqlite3_column_int64(st, 0),
	                                  .account = (uint32_t)sqlite3_column_int64(st, 1),
	                                  .id = sq_col_copy(st, 2, a),
	                                  .at = sqlite3_column_int64(st, 3),
	                                  .stored = sqlite3_column_int64(st, 4),
	                                  .kind = sq_col_copy(st, 5, a),
	                                  .domain = sq_col_copy(st, 6, a),
	                                  .item = (item_id_t)sqlite3_column_int64(st, 7),
	                                  .waits = sqlite3_column_int(st, 8) != 0,
	                                  .attention = sq_col_copy(st, 9, a),
	                                  .done_at = sq_col_instant(st, 10),
	                                  .done_why = sq_col_copy(st, 11, a),
	                                  .text = sq_col_copy(st, 12, a),
	                                  .body = sq_col_copy(st, 13, a)};
}

enum err sq_get_messages(struct sq *s, struct store_get_messages *o)
{
	enum err err;
	REQUIRE(o->message || (o->limit > 0 && o->limit <= STORE_MESSAGES_MAX));
	uint32_t limit = o->message ? 1 : o->limit;
	sqlite3_stmt *st = sq_stmt(s, o->message   ? SQ_MESSAGE_ONE
	                              : o->waiting ? SQ_MESSAGES_WAITING
	                                           : SQ_MESSAGES);
	sqlite3_bind_int64(st, 1, o->message ? (sqlite3_int64)o->message : (sqlite3_int64)limit + 1);
	o->rows = arena_alloc(o->arena, (limit + 1) * sizeof *o->rows);
	o->count = 0;
	while (o->count <= limit && sq_row(s, &o->op, st, &err))
		o->rows[o->count++] = row_of(st, o->arena);
	sq_done(st);
	if (err)
		return err;
	o->more = o->count > limit;
	o->count -= o->more;
	return o->message && o->count == 0 ? err_set(&o->op.errmsg, ERR_NOT_FOUND, "no such message") : OK;
}
