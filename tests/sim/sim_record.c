/* At the end of a seed every decision in the store, of admission and later ones, comes out again from its record to the byte. */
#include "daemon/job/replay.h"
#include "daemon/store/store_rules.h"
#include "epp/base/map.h"
#include "tests/sim/sim.h"

#define PAGE 200

/* Rule sets by revision, over all seeds of the process: the law of a seed has few wordings. */
static struct map loaded;

static struct policy_ruleset *load(struct sim_world *w, struct str revision)
{
	struct arena a = {0};
	struct diag d;
	struct store_get_rules g = {.op = {.type = STORE_GET_RULES}, .revision = revision, .arena = &a};
	struct store_op *op = &g.op;
	struct policy_ruleset *r = map_get(&loaded, revision);
	if (r)
		return r;
	w->disk.store->ops->run(w->disk.store, &op, 1);
	if (op->err) {
		sim_wrong(w, "a decision under %.*s, which is not kept", STR_ARG(revision));
		arena_fini(&a);
		return NULL;
	}
	diag_init(&d);
	struct policy_text text = {"kept", g.rows[0].text};
	r = policy_load_texts(&text, 1, &d);
	diag_fini(&d);
	arena_fini(&a);
	if (r)
		(void)map_put(&loaded, str_c(policy_revision(r)), r); /* new */
	return r;
}

static bool check_one(struct sim_world *w, const struct store_record *row, struct replay *replay)
{
	const struct replay_stored was = {row->common, row->detail, row->record};
	const struct policy_ruleset *rules = load(w, replay_revision(row->common));
	if (rules && replay_decision(rules, &was, replay) == REPLAY_SAME)
		return true;
	if (!w->why[0])
		sim_wrong(w, "the decision %llu of item %llu does not come out again",
		          (unsigned long long)row->seq, (unsigned long long)row->item);
	return false;
}

uint64_t sim_record_check(struct sim_world *w)
{
	static struct replay replay;
	struct buf text;
	uint64_t n = 0;
	item_id_t after = 0;
	bool good = true, more = true;
	buf_init(&text, 1 << 20);
	replay.text = &text;
	while (good && more) {
		struct arena a = {0};
		struct store_get_records g = {
		    .op = {.type = STORE_GET_RECORDS}, .after = after, .limit = PAGE, .arena = &a};
		struct store_op *op = &g.op;
		w->disk.store->ops->run(w->disk.store, &op, 1);
		if (op->err)
			sim_wrong(w, "the records cannot be read: %s", op->errmsg.text);
		for (size_t i = 0; i < g.count && !op->err && good; i++, n++)
			good = check_one(w, &g.rows[i], &replay);
		good &= !op->err;
		after = g.after;
		more = g.more;
		arena_fini(&a);
	}
	buf_fini(&text);
	return n;
}
