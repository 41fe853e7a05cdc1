/*
 * What a limiter costs: nanoseconds of CPU for one decision and what it writes down, and the memory of a key that
 * nobody uses at the moment.
 *
 *   bench-limits        prints lines "decision NAME NANOSECONDS" and "key BYTES"
 */
#include "daemon/api/api_limiter.h"
#include "daemon/core/limits.h"
#include "epp/base/rng.h"

#include <malloc.h>
#include <stdio.h>
#include <time.h>

#define DECISIONS 5000000
#define KEYS      100000

static volatile uint64_t kept; /* so that nothing is left out as useless */

static double cpu_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void print(const char *name, double since_ns)
{
	printf("decision %s %.0f\n", name, (cpu_ns() - since_ns) / DECISIONS);
}

/* Commands of all classes at a registry, four fifths of the ceiling, so that most are admitted. */
static void ceilings(const char *name, uint32_t per_second)
{
	const struct limit of[LIMIT_CLASS__COUNT] = {
	    [LIMIT_CREATE] = {.max = per_second / 2}, [LIMIT_RENEW] = {.max = per_second / 2}};
	struct limits l;
	limits_init(&l, (struct limit){.max = per_second}, of, 0);
	double before = cpu_ns();
	for (uint64_t i = 0; i < DECISIONS; i++) {
		uint64_t now_us = 1000000 + i * 1250000 / per_second;
		enum limit_class c = (enum limit_class)(i % LIMIT_CLASS__COUNT);
		uint64_t wait_us = limits_wait_us(&l, c, now_us);
		if (wait_us == 0)
			limits_take(&l, c, now_us);
		kept += wait_us;
	}
	print(name, before);
	limits_fini(&l);
}

static void rates(void)
{
	struct api_limiters l = {0};
	struct rng rng;
	size_t used = mallinfo2().uordblks;
	for (uint32_t i = 1; i <= KEYS; i++)
		gcra_init(&api_limiter_at(&l, i)->gcra, 100, 1000);
	printf("key %.1f\n", (double)(mallinfo2().uordblks - used) / KEYS);
	rng_init_seed(&rng, 1);
	double before = cpu_ns();
	for (uint64_t i = 0; i < DECISIONS; i++) {
		struct gcra *g = &api_limiter_at(&l, 1 + (uint32_t)rng_below(&rng, KEYS))->gcra;
		kept += gcra_take(g, 1 + i % 100, i);
	}
	print("rate", before);
	api_limiters_fini(&l);
}

int main(void)
{
	ceilings("ceiling-100", 100);
	ceilings("ceiling-2000", 2000);
	ceilings("ceiling-100000", 100000);
	rates();
	return 0;
}
