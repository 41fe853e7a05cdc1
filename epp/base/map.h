/*
 * A hash map from byte strings to pointers. Keys are copied in; values are borrowed. The hash is keyed with a random
 * seed per process, so that a peer who chooses the keys cannot choose collisions.
 */
#ifndef VNEPP_BASE_MAP_H
#define VNEPP_BASE_MAP_H

#include "epp/base/attr.h"
#include "epp/base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct map_slot;

struct map {
	struct map_slot *slots; /* owned; open addressing, power of two */
	size_t cap;
	size_t count;
};

void map_init(struct map *m);
void map_fini(struct map *m);
/* The value, or NULL. */
void *map_get(const struct map *m, struct str key);
/* Sets or replaces; `value` is not NULL. Returns the value replaced, or NULL. */
void *map_put(struct map *m, struct str key, void *value);
/* Removes; returns the value, or NULL when it was not there. */
void *map_del(struct map *m, struct str key);
/* Walks in no particular order: start with *at = 0; false at the end. The map may not change meanwhile. */
bool map_next(const struct map *m, size_t *at, struct str *key, void **value);

/* SipHash-1-3 of `s` under the process's random key. */
uint64_t map_hash(struct str s);

#endif
