/*
 * Randomness behind an interface: the kernel's in production, a seeded generator in tests and simulation.
 */
#ifndef VNEPP_BASE_RNG_H
#define VNEPP_BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

#define RNG_KEPT 256 /* the kernel never cuts so much short */

struct rng {
	void (*fill)(struct rng *r, void *out, size_t len);
	uint64_t state;         /* the seeded generator's; unused by the kernel's */
	uint8_t kept[RNG_KEPT]; /* the kernel's, not given out yet: its last `left` bytes */
	size_t left;
};

/*
 * getrandom(2), RNG_KEPT bytes at a time: a password is made of many small numbers, and a call for each costs more than the
 * rest of its command. What is given out is wiped. Fit for secrets; not to be used on both sides of a fork.
 */
void rng_init_kernel(struct rng *r);
/* SplitMix64: the same seed gives the same numbers for ever. Not for secrets. */
void rng_init_seed(struct rng *r, uint64_t seed);

uint64_t rng_u64(struct rng *r);
/* 0 <= result < n, without bias; n > 0. */
uint64_t rng_below(struct rng *r, uint64_t n);

#endif
