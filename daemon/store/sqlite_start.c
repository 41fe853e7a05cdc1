/* What a start needs: numbers of names, settings, and the end of what the last run left open. */
#include "daemon/store/sqlite_int.h"
#include "epp/trid.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- numbers of names ------------------------------------------------------------------------------------------------ */

static enum err number_of(struct sq *s, struct store_op *op, int kind, const char *name, uint32_t *id)
{
	enum err err;
	sqlite3_stmt *st = sq_stmt(s, SQ_NAME_GET);
	sqlite3_bind_int(st, 1, kind);
	sq_bind_str(st, 2, str_c(name));
	bool found = sq_row(s, op, st, &err);
	*id = found ? (uint32_t)sqlite3_column_int64(st, 0) : 0;
	sq_done(st);
	if (err || found)
		return err;
	st = sq_stmt(s, SQ_NAME_ADD);
	sqlite3_bind_int(st, 1, kind);
	sq_bind_str(st, 2, str_c(name));
	err = sq_run(s, op, st);
	*id = (uint32_t)sqlite3_last_insert_rowid(s->db);
	return err;
}

enum err sq_register(struct sq *s, struct store_register *o)
{
	enum err err = OK;
	for (size_t i = 0; i < o->count && !err; i++)
		err = number_of(s, &o->op, o->is_account, o->names[i], &o->ids[i]);
	return err;
}

/* ---- settings ------------------------------------------------------------------------------------------------------------- */

static enum err key_of(struct store_op *op, const char *name, char key[64])
{
	if (snprintf(key, 64, "setting.%s", name) >= 64)
		return err_set(&op->errmsg, ERR_TOO_LONG, "the setting's name is too long");
	return OK;
}

enum err sq_setting_write(struct sq *s, struct store_op *op, const char *name, struct str value)
{
	char key[64];
	enum err err = key_of(op, name, key);
	return err ? err : sq_meta_set(s, op, key, value);
}

enum err sq_setting(struct sq *s, struct store_setting *o)
{
	char key[64];
	struct str old;
	if (o->value.ptr)
		return sq_setting_write(s, &o->op, o->name, o->value);
	enum err err = key_of(&o->op, o->name, key);
	if (!err)
		err = sq_meta_get(s, &o->op, key, &old);
	if (!err)
		o->value = arena_str(o->arena, old);
	return err;
}

/* ---- recovery ------------------------------------------------------------------------------------------------------------- */

static enum err next_epoch(struct sq *s, struct store_recover *o)
{
	struct str old;
	enum err err = sq_meta_get(s, &o->op, "epoch", &old);
	if (err)
		return err;
	uint32_t epoch = 0;
	if (old.len == sizeof epoch)
		memcpy(&epoch, old.ptr, sizeof epoch);
	o->epoch = s->epoch = epoch + 1;
	return sq_meta_set(s, &o->op, "epoch", str_make((const char *)&o->epoch, sizeof o->epoch));
}

static enum err remove_orphans(struct sq *s, struct store_recover *o)
{
	for (;;) {
		enum err err;
		sqlite3_stmt *st = sq_stmt(s, SQ_BATCH_ORPHANS);
		bool found = sq_row(s, &o->op, st, &err);
		batch_id_t batch = found ? (batch_id_t)sqlite3_column_int64(st, 0) : 0;
		sq_done(st);
		if (err || !found)
			return err;
		err = sq_batch_remove(s, &o->op, batch);
		if (err)
			return err;
		o->orphans++;
	}
}

/* Handed to the sender and nothing heard since: it may have been carried out. `trid`: its trace is filled in. */
static enum err doubt(struct sq *s, struct store_recover *o, struct sq_tally *t, item_id_t id,
                      instant_ms_t at, struct epp_trid *trid)
{
	char cltrid[EPP_TRID_MAX + 1];
	struct sq_item item;
	enum err err;
	enum err loaded = sq_item_load(s, &o->op, id, &item);
	if (loaded)
		return loaded;
	if (item.state != ITEM_QUEUED && item.state != ITEM_SENDING)
		return OK;
	sqlite3_stmt *st = sq_stmt(s, SQ_READY_HAS);
	sqlite3_bind_int64(st, 1, (sqlite3_int64)id);
	bool waiting = sq_row(s, &o->op, st, &err);
	sq_done(st);
	if (err || waiting)
		return err;
	st = sq_stmt(s, SQ_BATCH_CREATED);
	sqlite3_bind_int64(st, 1, (sqlite3_int64)item.batch);
	if (sq_row(s, &o->op, st, &err))
		trid->trace = (uint32_t)sqlite3_column_int64(st, 2);
	sq_done(st);
	if (err)
		return err;
	(void)epp_trid_format(cltrid, trid); /* its length is not needed */
	struct item_result r = {.state = ITEM_UNKNOWN,
	                        .cl_trid = str_c(cltrid),
	                        .attempt = item.attempt,
	                        .reason = STR("OUTCOME_UNKNOWN"),
	                        .message = STR("the gateway stopped while this was being sent"),
	                        .created = INSTANT_NONE,
	                        .expires = INSTANT_NONE,
	                        .charged_vnd = -1,
	                        .at = at};
	o->unknown++;
	err = sq_result_add(s, &o->op, &item, &r, true, NULL);
	return err ? err : sq_tally_move(s, &o->op, t, item.batch, ITEM_SENDING, ITEM_UNKNOWN);
}

/* `trid`: of the claim's first item; the others follow from their offsets. */
static enum err doubt_runs(struct sq *s, struct store_recover *o, struct sq_tally *t, struct str runs,
                           instant_ms_t at, struct epp_trid trid)
{
	enum err err = OK;
	for (size_t i = 0; i + 12 <= runs.len && !err; i += 12) {
		uint64_t first;
		uint32_t count;
		memcpy(&first, runs.ptr + i, 8);
		memcpy(&count, runs.ptr + i + 8, 4);
		for (uint32_t k = 0; k < count && !err; k++, trid.offset++)
			err = doubt(s, o, t, first + k, at, &trid);
	}
	return err;
}

static enum err close_claims(struct sq *s, struct store_recover *o)
{
	struct sq_tally tally = {.count = 0};
	for (;;) {
		enum err err;
		sqlite3_stmt *st = sq_stmt(s, SQ_CLAIM_ALL);
		bool found = sq_row(s, &o->op, st, &err);
		uint64_t id = found ? (uint64_t)sqlite3_column_int64(st, 0) : 0;
		instant_ms_t at = found ? sqlite3_column_int64(st, 1) : 0;
		struct str runs = found ? sq_col_copy(st, 2, &s->arena) : STR_NONE;
		uint64_t epoch = found ? (uint64_t)sqlite3_column_int64(st, 3) : 0;
		sq_done(st);
		if (!err && found)
			err = doubt_runs(s, o, &tally, runs, at,
			                 (struct epp_trid){.epoch = epoch, .claim = id, .step = 't'});
		if (err)
			return err;
		if (!found)
			return sq_tally_write(s, &o->op, &tally);
		st = sq_stmt(s, SQ_CLAIM_DEL);
		sqlite3_bind_int64(st, 1, (sqlite3_int64)id);
		err = sq_run(s, &o->op, st);
		if (err)
			return err;
		free(map_del(&s->claims, str_make((const char *)&id, sizeof id)));
	}
}

enum err sq_recover(struct sq *s, struct store_recover *o)
{
	o->orphans = o->unknown = 0;
	enum err err = next_epoch(s, o);
	if (!err)
		err = sq_keys(s, &o->op, &o->keys);
	if (!err)
		err = remove_orphans(s, o);
	if (!err)
		err = sq_lists_forget(s, &o->op, INT64_MAX);
	return err ? err : close_claims(s, o);
}
