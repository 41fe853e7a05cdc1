/*
 * Randomness behind an interface: the kernel's in production, a seeded generator in tests and simulation.
 */
#ifndef VNEPP_BASE_RNG_H
#define VNEPP_BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

struct rng {
	void (*fill)(struct rng *r, void *out, size_t len);
	uint64_t state; /* the seeded generator's; unused by the kernel's */
};

/* getrandom(2); fit for secrets. */
void rng_init_kernel(struct rng *r);
/* SplitMix64: the same seed gives the same numbers for ever. Not for secrets. */
void rng_init_seed(struct rng *r, uint64_t seed);

uint64_t rng_u64(struct rng *r);
/* 0 <= result < n, without bias; n > 0. */
uint64_t rng_below(struct rng *r, uint64_t n);

#endif
