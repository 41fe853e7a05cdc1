/* The hash map: linear probing with back-shift deletion, so that no tombstones gather. */
#include "epp/base/map.h"
#include "epp/base/alloc.h"
#include "epp/base/check.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

struct map_slot {
	char *key; /* owned; NULL in an empty slot */
	size_t len;
	uint64_t hash;
	void *value; /* borrowed */
};

static uint64_t hash_key[2];
static pthread_once_t hash_key_once = PTHREAD_ONCE_INIT;

static void make_hash_key(void)
{
	INVARIANT(getrandom(hash_key, sizeof hash_key, 0) == (ssize_t)sizeof hash_key);
}

#define ROTL(x, b) (((x) << (b)) | ((x) >> (64 - (b))))

static void sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = ROTL(v[1], 13) ^ v[0];
	v[0] = ROTL(v[0], 32);
	v[2] += v[3];
	v[3] = ROTL(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = ROTL(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = ROTL(v[1], 17) ^ v[2];
	v[2] = ROTL(v[2], 32);
}

static void sip_word(uint64_t v[4], uint64_t m)
{
	v[3] ^= m;
	sip_round(v);
	v[0] ^= m;
}

uint64_t map_hash(struct str s)
{
	pthread_once(&hash_key_once, make_hash_key);
	uint64_t v[4] = {hash_key[0] ^ 0x736f6d6570736575u, hash_key[1] ^ 0x646f72616e646f6du,
	                 hash_key[0] ^ 0x6c7967656e657261u, hash_key[1] ^ 0x7465646279746573u};
	size_t left = s.len;
	for (const char *at = s.ptr; left >= 8; at += 8, left -= 8) {
		uint64_t m;
		memcpy(&m, at, 8);
		sip_word(v, m);
	}
	uint64_t tail = (uint64_t)s.len << 56;
	for (size_t i = 0; i < left; i++)
		tail |= (uint64_t)(unsigned char)s.ptr[s.len - left + i] << (8 * i);
	sip_word(v, tail);
	v[2] ^= 0xff;
	for (int i = 0; i < 3; i++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

void map_init(struct map *m)
{
	*m = (struct map){0};
}

void map_fini(struct map *m)
{
	for (size_t i = 0; i < m->cap; i++)
		free(m->slots[i].key);
	free(m->slots);
	*m = (struct map){0};
}

/* The slot of `key`, or the empty one where it belongs. */
static struct map_slot *find(const struct map *m, struct str key, uint64_t hash)
{
	for (size_t i = hash & (m->cap - 1);; i = (i + 1) & (m->cap - 1)) {
		struct map_slot *s = &m->slots[i];
		if (!s->key || (s->hash == hash && str_eq(str_make(s->key, s->len), key)))
			return s;
	}
}

static void grow(struct map *m)
{
	struct map old = *m;
	m->cap = old.cap ? old.cap * 2 : 16;
	m->slots = xcalloc(m->cap, sizeof *m->slots);
	for (size_t i = 0; i < old.cap; i++)
		if (old.slots[i].key)
			*find(m, str_make(old.slots[i].key, old.slots[i].len), old.slots[i].hash) =
			    old.slots[i];
	free(old.slots);
}

void *map_get(const struct map *m, struct str key)
{
	if (m->count == 0)
		return NULL;
	return find(m, key, map_hash(key))->value;
}

void *map_put(struct map *m, struct str key, void *value)
{
	REQUIRE(value);
	if ((m->count + 1) * 4 > m->cap * 3)
		grow(m);
	uint64_t hash = map_hash(key);
	struct map_slot *s = find(m, key, hash);
	void *old = s->value;
	if (!s->key) {
		*s = (struct map_slot){.key = xmemdup0(key.ptr, key.len), .len = key.len, .hash = hash};
		m->count++;
	}
	s->value = value;
	return old;
}

void *map_del(struct map *m, struct str key)
{
	if (m->count == 0)
		return NULL;
	struct map_slot *s = find(m, key, map_hash(key));
	void *old = s->value;
	if (!s->key)
		return NULL;
	free(s->key);
	m->count--;
	/* Close the gap: move back each later entry of the run whose home lies at or before the gap. */
	size_t gap = (size_t)(s - m->slots);
	for (size_t i = (gap + 1) & (m->cap - 1); m->slots[i].key; i = (i + 1) & (m->cap - 1)) {
		size_t home = m->slots[i].hash & (m->cap - 1);
		if (((i - home) & (m->cap - 1)) >= ((i - gap) & (m->cap - 1))) {
			m->slots[gap] = m->slots[i];
			gap = i;
		}
	}
	m->slots[gap] = (struct map_slot){0};
	return old;
}

bool map_next(const struct map *m, size_t *at, struct str *key, void **value)
{
	for (; *at < m->cap; (*at)++) {
		struct map_slot *s = &m->slots[*at];
		if (s->key) {
			*key = str_make(s->key, s->len);
			*value = s->value;
			(*at)++;
			return true;
		}
	}
	return false;
}
