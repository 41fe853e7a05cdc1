/* Kernel and seeded randomness. */
#include "epp/base/rng.h"
#include "epp/base/check.h"

#include <string.h>
#include <sys/random.h>

static void fill_kernel(struct rng *r, void *out, size_t len)
{
	char *at = out;
	while (len) {
		if (r->left == 0) {
			INVARIANT(getrandom(r->kept, RNG_KEPT, 0) == RNG_KEPT);
			r->left = RNG_KEPT;
		}
		size_t n = len > r->left ? r->left : len;
		uint8_t *next = r->kept + RNG_KEPT - r->left;
		memcpy(at, next, n);
		explicit_bzero(next, n);
		r->left -= n;
		at += n;
		len -= n;
	}
}

static uint64_t splitmix(uint64_t *state)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15u);
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static void fill_seeded(struct rng *r, void *out, size_t len)
{
	char *at = out;
	while (len) {
		uint64_t word = splitmix(&r->state);
		size_t n = len > sizeof word ? sizeof word : len;
		memcpy(at, &word, n);
		at += n;
		len -= n;
	}
}

void rng_init_kernel(struct rng *r)
{
	*r = (struct rng){.fill = fill_kernel};
}

void rng_init_seed(struct rng *r, uint64_t seed)
{
	*r = (struct rng){.fill = fill_seeded, .state = seed};
}

uint64_t rng_u64(struct rng *r)
{
	uint64_t v;
	r->fill(r, &v, sizeof v);
	return v;
}

uint64_t rng_below(struct rng *r, uint64_t n)
{
	REQUIRE(n > 0);
	uint64_t limit = UINT64_MAX - UINT64_MAX % n;
	uint64_t v;
	do
		v = rng_u64(r);
	while (v >= limit);
	return v % n;
}
