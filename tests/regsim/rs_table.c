/* The object table and its string pool. */
#include "tests/regsim/rs_table.h"
#include "epp/base/alloc.h"
#include "epp/base/check.h"
#include "epp/base/map.h"

#include <stdlib.h>

#define POOL_BLOCK (1u << 20)
#define CHUNK      4096u

struct rs_pool_block {
	struct rs_pool_block *next; /* owned */
	char mem[];
};

void rs_pool_fini(struct rs_pool *p)
{
	while (p->head) {
		struct rs_pool_block *next = p->head->next;
		free(p->head);
		p->head = next;
	}
	*p = (struct rs_pool){0};
}

char *rs_pool_alloc(struct rs_pool *p, size_t len)
{
	if ((size_t)(p->end - p->at) < len || !p->at) {
		size_t size = len > POOL_BLOCK ? len : POOL_BLOCK;
		struct rs_pool_block *b = xmalloc(sizeof *b + size);
		b->next = p->head;
		p->head = b;
		p->at = b->mem;
		p->end = b->mem + size;
		p->bytes += size;
	}
	char *out = p->at;
	p->at += len;
	return out;
}

const char *rs_pool_str(struct rs_pool *p, struct str s)
{
	char *out = rs_pool_alloc(p, s.len + 1);
	if (s.len)
		memcpy(out, s.ptr, s.len);
	out[s.len] = '\0';
	return out;
}

void rs_table_init(struct rs_table *t, struct rs_pool *pool)
{
	*t = (struct rs_table){.pool = pool};
}

void rs_table_fini(struct rs_table *t)
{
	for (size_t i = 0; i * CHUNK < t->count; i++)
		free(t->chunks[i]);
	free(t->chunks);
	free(t->slots);
	*t = (struct rs_table){.pool = t->pool};
}

struct rs_object *rs_table_at(const struct rs_table *t, uint32_t id)
{
	REQUIRE(id >= 1 && id <= t->count);
	return &t->chunks[(id - 1) / CHUNK][(id - 1) % CHUNK];
}

/* The slot that holds `name`, or the empty one where it belongs. */
static uint32_t *slot_of(const struct rs_table *t, struct str name, uint32_t hash)
{
	for (size_t i = hash & (t->slot_cap - 1);; i = (i + 1) & (t->slot_cap - 1)) {
		uint32_t id = t->slots[i];
		if (id == 0)
			return &t->slots[i];
		const struct rs_object *o = rs_table_at(t, id);
		if (o->hash == hash && str_eq(rs_object_name(o), name))
			return &t->slots[i];
	}
}

struct rs_object *rs_table_find(const struct rs_table *t, struct str name)
{
	if (t->count == 0 || name.len > RS_NAME_MAX)
		return NULL;
	uint32_t id = *slot_of(t, name, (uint32_t)map_hash(name));
	return id ? rs_table_at(t, id) : NULL;
}

static void grow_slots(struct rs_table *t)
{
	free(t->slots);
	t->slot_cap = t->slot_cap ? t->slot_cap * 2 : 1024;
	t->slots = xcalloc(t->slot_cap, sizeof *t->slots);
	for (uint32_t id = 1; id <= t->count; id++) {
		const struct rs_object *o = rs_table_at(t, id);
		*slot_of(t, rs_object_name(o), o->hash) = id;
	}
}

static struct rs_object *append(struct rs_table *t)
{
	size_t chunk = t->count / CHUNK;
	if (t->count % CHUNK == 0) {
		if (chunk == t->chunk_cap) {
			t->chunk_cap = t->chunk_cap ? t->chunk_cap * 2 : 16;
			t->chunks = xrealloc(t->chunks, t->chunk_cap, sizeof(struct rs_object *));
		}
		t->chunks[chunk] = xcalloc(CHUNK, sizeof(struct rs_object));
	}
	t->count++;
	return &t->chunks[chunk][(t->count - 1) % CHUNK];
}

struct rs_object *rs_table_add(struct rs_table *t, struct str name)
{
	REQUIRE(name.len <= RS_NAME_MAX);
	if ((t->count + 1) * 4 > t->slot_cap * 3)
		grow_slots(t);
	uint32_t hash = (uint32_t)map_hash(name);
	uint32_t *slot = slot_of(t, name, hash);
	if (*slot)
		return rs_table_at(t, *slot);
	struct rs_object *o = append(t);
	*o = (struct rs_object){.name = rs_pool_str(t->pool, name),
	                        .name_len = (uint8_t)name.len,
	                        .hash = hash,
	                        .id = (uint32_t)t->count};
	*slot = o->id;
	return o;
}

size_t rs_table_memory(const struct rs_table *t)
{
	size_t chunks = (t->count + CHUNK - 1) / CHUNK;
	return chunks * CHUNK * sizeof(struct rs_object) + t->slot_cap * sizeof *t->slots +
	       t->chunk_cap * sizeof *t->chunks;
}

bool rs_record_next(const struct rs_object *o, size_t *at, struct rs_record *out)
{
	if (*at >= o->extra_len)
		return false;
	const unsigned char *p = (const unsigned char *)o->extra + *at;
	size_t len = (size_t)p[1] | (size_t)p[2] << 8;
	*out = (struct rs_record){.tag = (char)p[0], .text = str_make((const char *)p + 3, len)};
	*at += 3 + len;
	return true;
}

struct str rs_record_find(const struct rs_object *o, char tag)
{
	struct rs_record r;
	for (size_t at = 0; rs_record_next(o, &at, &r);)
		if (r.tag == tag)
			return r.text;
	return STR_NONE;
}
