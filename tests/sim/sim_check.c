/*
 * The closing proof: what the registry holds against what partners were told.
 *
 *   - Every line of every acknowledged batch has exactly one result, and it is final or waits for a named party.
 *   - A name was created exactly as often as some item says DONE for creating it; owner and expiry are as reported.
 *   - A name was renewed exactly as often as items say DONE for renewing it.
 *   - What waits for a person (needs_human) excuses its name: that is what the state is for.
 */
#include "epp/base/map.h"
#include "tests/sim/sim.h"

#include <stdlib.h>
#include <string.h>

/* Both sides of one name. */
struct told {
	unsigned created, renewed, open;   /* what partners were told */
	unsigned has_created, has_renewed; /* what the registry's ledger says */
	const char *login;
	char expires[40]; /* of the latest DONE */
};

static const char *text(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));
	return s ? s : "";
}

static struct told *told_of(struct map *m, const char *name)
{
	struct told *t = map_get(m, str_c(name));
	if (!t) {
		t = calloc(1, sizeof *t);
		(void)map_put(m, str_c(name), t); /* it was not there */
	}
	return t;
}

static void count_state(struct sim_report *out, const char *state)
{
	out->items++;
	if (strcmp(state, "done") == 0)
		out->done++;
	else if (strcmp(state, "failed") == 0)
		out->failed++;
	else if (strcmp(state, "needs_human") == 0)
		out->needs_human++;
	else
		out->other++;
}

static bool at_rest(const char *state)
{
	static const char *const states[] = {"done",    "failed",      "refused",  "review",
	                                     "waiting", "needs_human", "cancelled"};
	for (size_t i = 0; i < ARRAY_LEN(states); i++)
		if (strcmp(state, states[i]) == 0)
			return true;
	return false;
}

static void hear(struct sim_world *w, struct map *m, const struct sim_batch *b, const json_t *r,
                 struct sim_report *out)
{
	const char *state = text(r, "state"), *op = text(r, "op"), *name = text(r, "domain");
	struct told *t = told_of(m, name);
	count_state(out, state);
	if (!at_rest(state))
		sim_wrong(w, "%s: %s %s still moves: %s", text(r, "ref"), op, name, state);
	if (strcmp(state, "needs_human") == 0)
		t->open++;
	if (strcmp(state, "done") != 0)
		return;
	if (strcmp(op, "create") == 0) {
		t->created++;
		t->login = b->partner == 0 ? "gateway1" : "gateway2";
	} else {
		t->renewed++;
	}
	if (strcmp(text(r, "expires"), t->expires) > 0)
		snprintf(t->expires, sizeof t->expires, "%s", text(r, "expires"));
	if (!text(r, "expires")[0])
		sim_wrong(w, "%s: done without an expiry date", text(r, "ref"));
}

static void check_batch(struct sim_world *w, struct map *m, const struct sim_batch *b, struct sim_report *out)
{
	size_t n = json_array_size(b->results);
	if (b->state != SIM_FETCHED)
		sim_wrong(w, "batch p%d-b%d never came to rest", b->partner, b->number);
	else if (n != b->line_count)
		sim_wrong(w, "batch p%d-b%d: %zu lines, %zu results", b->partner, b->number, b->line_count,
		          n);
	for (size_t i = 0; i < n; i++)
		hear(w, m, b, json_array_get(b->results, i), out);
}

/* A pending create counts when it is approved. */
static void read_ledger(struct sim_world *w, struct map *m)
{
	size_t n = regsim_ledger_count(w->registry);
	for (size_t i = 0; i < n; i++) {
		const struct regsim_entry *e = regsim_ledger_at(w->registry, i);
		if (e->kind != REGSIM_KIND_DOMAIN || !e->committed)
			continue;
		struct told *t = told_of(m, e->name);
		t->has_created +=
		    (e->op == REGSIM_OP_CREATE && e->code == 1000) || e->op == REGSIM_OP_APPROVE;
		t->has_renewed += e->op == REGSIM_OP_RENEW;
	}
}

static void check_name(struct sim_world *w, const struct regsim_domain_view *d, struct map *m)
{
	char name[80], expires[TIME_TEXT_MAX];
	if (!str_copy(name, sizeof name, d->name))
		return;
	struct told *t = told_of(m, name);
	if (t->open)
		return;
	if (t->has_created != t->created)
		sim_wrong(w, "%s: the registry created it %u times, partners were told %u", name,
		          t->has_created, t->created);
	if (t->has_renewed != t->renewed)
		sim_wrong(w, "%s: the registry renewed it %u times, partners were told %u", name,
		          t->has_renewed, t->renewed);
	if (t->created && strcmp(d->account, t->login) != 0)
		sim_wrong(w, "%s: belongs to %s, told %s", name, d->account, t->login);
	instant_format(expires, d->expires, HANOI_OFFSET_S, false);
	if ((t->created || t->renewed) && strcmp(expires, t->expires) != 0)
		sim_wrong(w, "%s: expires %s, told %s", name, expires, t->expires);
}

void sim_check(struct sim_world *w, struct sim_report *out)
{
	struct map m;
	struct regsim_domain_view d;
	struct str name;
	size_t at = 0;
	void *value;
	map_init(&m);
	for (size_t i = 0; i < w->batch_count; i++)
		check_batch(w, &m, &w->batches[i], out);
	read_ledger(w, &m);
	while (regsim_domain_next(w->registry, &at, &d))
		check_name(w, &d, &m);
	at = 0;
	while (map_next(&m, &at, &name, &value)) {
		const struct told *t = value;
		if (t->created && !regsim_domain(w->registry, name, &d))
			sim_wrong(w, "%.*s: told created, the registry does not know it", STR_ARG(name));
	}
}
