/* The memory back end keeps the store's contract. A crash leaves it as it stood. */
#include "epp/base/alloc.h"
#include "epp/base/rng.h"
#include "tests/harness/store_contract.h"

#include <stdlib.h>

struct env {
	struct rng rng;
	struct store_backend *kept; /* over a crash */
};

static void *set_up(void)
{
	struct env *e = xcalloc(1, sizeof *e);
	rng_init_seed(&e->rng, 1);
	return e;
}

static struct store_backend *open_store(void *arg)
{
	struct env *e = arg;
	struct store_backend *b = e->kept ? e->kept : store_mem_new(&e->rng);
	e->kept = NULL;
	return b;
}

static void crash(void *arg, struct store_backend *b)
{
	((struct env *)arg)->kept = b;
}

int main(void)
{
	static const struct store_kit kit = {.name = "store in memory",
	                                     .set_up = set_up,
	                                     .tear_down = free,
	                                     .open = open_store,
	                                     .crash = crash};
	return store_contract_run(&kit);
}
