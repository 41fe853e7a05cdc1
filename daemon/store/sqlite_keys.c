/* Values by name, and the secret keys among them: a chain that grows by one with each rotation. */
#include "daemon/store/sqlite_int.h"
#include "epp/base/hash.h"

#include <string.h>

enum err sq_meta_get(struct sq *s, struct store_op *op, const char *key, struct str *out)
{
	enum err err;
	sqlite3_stmt *st = sq_stmt(s, SQ_META_GET);
	sq_bind_str(st, 1, str_c(key));
	*out = sq_row(s, op, st, &err) ? sq_col_copy(st, 0, &s->arena) : STR_NONE;
	sq_done(st);
	return err;
}

enum err sq_meta_set(struct sq *s, struct store_op *op, const char *key, struct str value)
{
	sqlite3_stmt *st = sq_stmt(s, SQ_META_SET);
	sq_bind_str(st, 1, str_c(key));
	sq_bind_blob(st, 2, value);
	return sq_run(s, op, st);
}

/* Stored one after the other. */
static enum err keep(struct sq *s, struct store_op *op, const struct decide_keys *keys)
{
	return sq_meta_set(s, op, "hmac_key",
	                   str_make((const char *)keys->key, keys->count * sizeof keys->key[0]));
}

enum err sq_keys(struct sq *s, struct store_op *op, struct decide_keys *out)
{
	struct str kept;
	const size_t one = sizeof out->key[0];
	*out = (struct decide_keys){.count = 0};
	enum err err = sq_meta_get(s, op, "hmac_key", &kept);
	if (err)
		return err;
	if (kept.len && (kept.len % one || kept.len > sizeof out->key))
		return err_set(&op->errmsg, ERR_CORRUPT, "the secret keys are damaged");
	if (kept.len) {
		out->count = (uint32_t)(kept.len / one);
		memcpy(out->key, kept.ptr, kept.len);
		return OK;
	}
	sqlite3_randomness((int)one, out->key[0]);
	out->count = 1;
	return keep(s, op, out);
}

/* SQL: a stored key, or several one after the other, under one more secret key. */
static void rekey(sqlite3_context *context, int count, sqlite3_value **values)
{
	uint8_t keys[DECIDE_MARK_MAX];
	size_t len = (size_t)sqlite3_value_bytes(values[0]);
	(void)count;
	if (len == 0 || len > sizeof keys || len % DECIDE_KEY_LEN) {
		sqlite3_result_value(context, values[0]); /* no keys of ours */
		return;
	}
	memcpy(keys, sqlite3_value_blob(values[0]), len);
	for (size_t i = 0; i < len; i += DECIDE_KEY_LEN)
		decide_rekey(sqlite3_user_data(context), keys + i);
	sqlite3_result_blob(context, keys, (int)len, SQLITE_TRANSIENT);
}

static const enum sq_stmt all[] = {SQ_REKEY_ITEMS, SQ_REKEY_GRANTS, SQ_REKEY_FRESH,
                                   SQ_REKEY_PAID,  SQ_REKEY_LISTS,  SQ_REKEY_HELD};

/* The statements know the function, which knows the key. */
static void forget(struct sq *s)
{
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		sqlite3_finalize(s->stmts[all[i]]);
		s->stmts[all[i]] = NULL;
	}
}

static enum err hash_all(struct sq *s, struct store_rekey *o)
{
	enum err err = OK;
	o->hashes = 0;
	for (size_t i = 0; i < ARRAY_LEN(all) && !err; i++) {
		err = sq_run(s, &o->op, sq_stmt(s, all[i]));
		o->hashes += (uint64_t)sqlite3_changes(s->db);
	}
	return err;
}

enum err sq_rekey(struct sq *s, struct store_rekey *o)
{
	struct decide_keys keys;
	enum err err = sq_keys(s, &o->op, &keys);
	if (err)
		return err;
	if (keys.count == DECIDE_KEYS_MAX)
		return err_set(&o->op.errmsg, ERR_FULL, "the keys have been changed %d times: no more",
		               DECIDE_KEYS_MAX - 1);
	uint8_t *next = keys.key[keys.count++];
	sqlite3_randomness(sizeof keys.key[0], next);
	if (sqlite3_create_function(s->db, "rekey", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC, next, rekey, NULL,
	                            NULL))
		return err_set(&o->op.errmsg, ERR_INTERNAL, "%s", sqlite3_errmsg(s->db));
	err = keep(s, &o->op, &keys);
	if (!err)
		err = hash_all(s, o);
	o->keys = keys.count;
	sq_filter_fini(&s->grants);
	forget(s);
	(void)sqlite3_create_function(s->db, "rekey", 1, SQLITE_UTF8, NULL, NULL, NULL,
	                              NULL); /* `next` ends here */
	explicit_bzero(&keys, sizeof keys);
	return err;
}
