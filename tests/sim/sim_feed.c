/*
 * The change feed after everything: read in pages of any size, it has told every line of every batch, and its last word on
 * each is how the line stands now. Over crashes, power failures and failing disks.
 */
#include "daemon/store/store_changes.h"
#include "daemon/store/store_read.h"
#include "epp/base/alloc.h"
#include "epp/base/map.h"
#include "tests/sim/sim.h"

#include <stdlib.h>

#define PARTNER_NUMBERS 64 /* of the store: names of partners and accounts share them */
#define PAGE_MAX        40

struct word {
	enum item_state state;
	item_id_t item;
};

static void run(struct sim_world *w, struct store_op *op, enum store_op_type type)
{
	op->type = type;
	w->disk.store->ops->run(w->disk.store, &op, 1);
}

static void hear(struct map *words, const struct store_change *c)
{
	struct word *word = map_get(words, c->ref);
	if (!word) {
		word = xcalloc(1, sizeof *word);
		(void)map_put(words, c->ref, word); /* it was not there */
	}
	*word = (struct word){c->state, c->item};
}

/* Once for each name and end of its free years, whatever crashed in between. */
static void hear_notice(struct sim_world *w, struct map *noticed, const struct store_change *c)
{
	char key[300];
	(void)snprintf(key, sizeof key, "%.*s@%d", STR_ARG(c->domain), c->on); /* names are shorter */
	if (map_put(noticed, str_c(key), w))
		sim_wrong(w, "the feed tells twice that %.*s begins to cost", STR_ARG(c->domain));
}

/* The partner's feed to its end. */
static void listen(struct sim_world *w, uint32_t partner, struct map *words, struct map *noticed)
{
	struct store_get_changes g = {.partner = partner};
	struct rng rng; /* of its own */
	rng_init_seed(&rng, w->seed);
	do {
		struct arena a = {0};
		g.arena = &a;
		g.limit = 1 + (uint32_t)rng_below(&rng, PAGE_MAX);
		run(w, &g.op, STORE_GET_CHANGES);
		for (size_t i = 0; i < g.count && !g.op.err; i++) {
			if (g.rows[i].notice)
				hear_notice(w, noticed, &g.rows[i]);
			else
				hear(words, &g.rows[i]);
		}
		arena_fini(&a);
	} while (g.more && !g.op.err);
	if (g.op.err)
		sim_wrong(w, "the feed of partner %u: %s", partner, g.op.errmsg.text);
}

static void compare(struct sim_world *w, struct str ref, const struct word *word)
{
	struct arena a = {0};
	struct store_get_item g = {.item = word->item, .arena = &a};
	run(w, &g.op, STORE_GET_ITEM);
	if (g.op.err || !str_eq(g.row.ref, ref))
		sim_wrong(w, "the feed tells %.*s, which is not there", STR_ARG(ref));
	else if (g.row.state != word->state)
		sim_wrong(w, "the feed's last word on %.*s is %s, it is %s", STR_ARG(ref),
		          item_state_name(word->state), item_state_name(g.row.state));
	arena_fini(&a);
}

static void compare_all(struct sim_world *w, struct map *words)
{
	size_t at = 0;
	struct str ref;
	void *value;
	while (map_next(words, &at, &ref, &value)) {
		compare(w, ref, value);
		free(value);
	}
	map_fini(words);
}

/* References are unlike over all partners here. */
static void look_for_lines(struct sim_world *w, const struct map *words)
{
	for (size_t i = 0; i < w->batch_count; i++) {
		size_t k;
		json_t *r;
		json_array_foreach(w->batches[i].results, k, r)
		{
			const char *ref = json_string_value(json_object_get(r, "ref"));
			if (!map_get(words, str_c(ref)))
				sim_wrong(w, "the feed does not tell %s", ref);
		}
	}
}

void sim_feed_check(struct sim_world *w)
{
	struct map words, noticed;
	map_init(&words);
	map_init(&noticed);
	for (uint32_t partner = 1; partner <= PARTNER_NUMBERS; partner++)
		listen(w, partner, &words, &noticed);
	map_fini(&noticed);
	look_for_lines(w, &words);
	compare_all(w, &words);
}
