/* The memory back end's secret keys. */
#include "daemon/store/store_mem_int.h"
#include "epp/base/check.h"
#include "epp/base/hash.h"

/* The next key follows from the last: the back end has no chance of its own after its start, and is the same in every run. */
static void next_key(struct mem *m)
{
	struct sha256 sum;
	hash_sha256(str_make((const char *)m->keys.key[m->keys.count - 1], sizeof m->keys.key[0]), &sum);
	memcpy(m->keys.key[m->keys.count++], sum.bytes, sizeof m->keys.key[0]);
}

static void rekey_map(struct mem *m, struct map *of, const uint8_t *key, struct store_rekey *o)
{
	struct map grants;
	struct str old;
	void *value;
	map_init(&grants);
	for (size_t at = 0; map_next(of, &at, &old, &value);) {
		uint8_t *hash = arena_alloc(&m->arena, DECIDE_KEY_LEN);
		memcpy(hash, old.ptr, DECIDE_KEY_LEN);
		decide_rekey(key, hash);
		INVARIANT(!map_put(&grants, str_make((const char *)hash, DECIDE_KEY_LEN), value));
		o->hashes++;
	}
	map_fini(of);
	*of = grants;
}

enum err mem_rekey(struct mem *m, struct store_rekey *o)
{
	o->hashes = 0;
	if (m->keys.count == DECIDE_KEYS_MAX)
		return err_set(&o->op.errmsg, ERR_FULL, "the keys have been changed %d times: no more",
		               DECIDE_KEYS_MAX - 1);
	next_key(m);
	const uint8_t *key = m->keys.key[m->keys.count - 1];
	o->keys = m->keys.count;
	rekey_map(m, &m->grants, key, o);
	rekey_map(m, &m->paid, key, o);
	for (size_t i = 0; i < m->item_count; i++) {
		struct mem_item *t = m->items[i];
		for (uint32_t k = 0; t && k < t->mark_len; k += DECIDE_KEY_LEN)
			decide_rekey(key, t->mark + k);
		if (t && t->has_list_key)
			decide_rekey(key, t->list_key);
	}
	for (size_t i = 0; i < m->list_count; i++)
		for (size_t k = 0; k < m->lists[i].row_count; k++)
			decide_rekey(key, m->lists[i].rows[k].key);
	return OK;
}
