/*
 * Objects by name, compactly: a million domains in less than 200 bytes each beside their names. Objects never move and
 * are never forgotten (a deleted one keeps its counts). Strings live in a pool that only grows.
 */
#ifndef VNEPP_RS_TABLE_H
#define VNEPP_RS_TABLE_H

#include "epp/base/attr.h"
#include "epp/base/date.h"
#include "epp/base/str.h"

#include <stdbool.h>
#include <stdint.h>

#define RS_NAME_MAX 255

struct rs_pool_block;
struct rs_pool {
	struct rs_pool_block *head; /* owned */
	char *at, *end;
	size_t bytes; /* allocated */
};

void rs_pool_fini(struct rs_pool *p);
/* `len` bytes, unaligned. */
char *rs_pool_alloc(struct rs_pool *p, size_t len) MUST_CHECK;
/* A NUL-terminated copy. */
const char *rs_pool_str(struct rs_pool *p, struct str s) MUST_CHECK;

struct rs_object {
	const char *name;                       /* in the pool, NUL-terminated */
	const char *extra;                      /* in the pool: records, see rs_record_next() */
	instant_ms_t created, expires, updated; /* INSTANT_NONE: not */
	uint32_t hash, id;
	uint32_t extra_len;
	uint32_t status;           /* RS_STATUS_* */
	uint32_t registrant;       /* id of a contact; 0: none */
	uint32_t links;            /* objects that refer to this one */
	uint16_t sponsor, creator; /* accounts */
	uint16_t times_created, times_renewed;
	uint8_t name_len;
	bool exists;
};

struct rs_table {
	struct rs_object **chunks; /* owned */
	uint32_t *slots;           /* owned; open addressing; ids, 0: empty */
	size_t count, chunk_cap, slot_cap;
	struct rs_pool *pool; /* borrowed */
};

void rs_table_init(struct rs_table *t, struct rs_pool *pool);
void rs_table_fini(struct rs_table *t);
/* NULL: never seen. Look at `exists`. */
struct rs_object *rs_table_find(const struct rs_table *t, struct str name);
/* The object of that name, made when never seen (all zero but name and id). Name at most RS_NAME_MAX. */
struct rs_object *rs_table_add(struct rs_table *t, struct str name) MUST_CHECK;
/* By id, 1 … count. */
struct rs_object *rs_table_at(const struct rs_table *t, uint32_t id);
/* Bytes, the pool not counted. */
size_t rs_table_memory(const struct rs_table *t);

static inline struct str rs_object_name(const struct rs_object *o)
{
	return str_make(o->name, o->name_len);
}

/* Records in `extra`: a tag and a text each. */
struct rs_record {
	char tag;
	struct str text;
};
/* Walks: *at starts at 0. */
bool rs_record_next(const struct rs_object *o, size_t *at, struct rs_record *out);
/* The first of that tag; empty when there is none. */
struct str rs_record_find(const struct rs_object *o, char tag);

#endif
