/*
 * A policy admin at work while everything else happens: rule sets are staged, activated, confirmed or not, rolled back,
 * withdrawn, over crashes, power failures and failing disks. Whatever a partner is told to have been decided under must be
 * kept in the store at the end, whole.
 */
#include "epp/base/check.h"
#include "daemon/store/store_rules.h"
#include "epp/base/map.h"
#include "policy/policy.h"
#include "tests/sim/sim.h"

#include <stdio.h>
#include <string.h>

#define LAW_EACH 11 /* seeds: prime to the kinds of stores and dialects */
#define LAW_MS   40000
#define WORDINGS 8
#define TEXT_MAX (4u << 20)

static const struct gateway_asker admin = {1000, "admin"};

bool sim_law_is(const struct sim_world *w)
{
	return !w->rush && w->seed % LAW_EACH == 7;
}

void sim_law_text(const struct policy_ruleset *base, int n, struct buf *out)
{
	static const char mark[] = "trong hai năm đầu.";
	struct str all = policy_canonical(base);
	const char *at = memmem(all.ptr, all.len, mark, strlen(mark));
	INVARIANT(at);
	size_t before = (size_t)(at - all.ptr) + strlen(mark);
	buf_append(out, all.ptr, before);
	if (n > 0)
		buf_printf(out, " (%d)", n);
	buf_append(out, all.ptr + before, all.len - before);
	INVARIANT(buf_ok(out));
}

/* ---- steps ------------------------------------------------------------------------------------------------------------- */

static void on_answer(void *arg, const char *why, json_t *answer)
{
	struct sim_world *w = arg;
	LOG(&w->log, LOG_INFO, "sim.law", why ? why : "done", F_U64("step", ++w->law.steps));
	json_decref(answer);
}

/* Takes over `args`. */
static void ask(struct sim_world *w, enum gateway_policy_step step, json_t *args)
{
	gateway_policy(w->gateway, step, args, &admin, on_answer, w);
	json_decref(args);
}

static void stage(struct sim_world *w, int wording, bool now)
{
	struct buf text;
	char at[TIME_TEXT_MAX] = "now";
	instant_ms_t later = w->v.clock.wall(&w->v.clock) + 1 + (instant_ms_t)rng_below(&w->law.rng, LAW_MS);
	buf_init(&text, TEXT_MAX);
	sim_law_text(w->setup->rules, wording, &text);
	if (!now)
		instant_format(at, later, HANOI_OFFSET_S, true);
	ask(w, GATEWAY_POLICY_STAGE,
	    json_pack("{s:s#, s:s}", "text", buf_data(&text), (int)buf_len(&text), "at", at));
	buf_fini(&text);
}

static void some_step(struct sim_world *w)
{
	static const char *const within[] = {NULL, "5s", "1m", "1h"};
	struct rng *r = &w->law.rng;
	switch (rng_below(r, 8)) {
	case 0:
	case 1:
	case 2: stage(w, (int)rng_below(r, WORDINGS), rng_below(r, 2)); break;
	case 3:
	case 4:
	case 5:
		ask(w, GATEWAY_POLICY_ACTIVATE,
		    json_pack("{s:s?}", "confirm_within", within[rng_below(r, ARRAY_LEN(within))]));
		break;
	case 6: ask(w, GATEWAY_POLICY_CONFIRM, json_object()); break;
	default:
		ask(w, rng_below(r, 2) ? GATEWAY_POLICY_ROLL_BACK : GATEWAY_POLICY_WITHDRAW,
		    json_pack("{s:s}", "why", "the simulation"));
	}
}

static void on_step(struct loop_timer *t)
{
	struct sim_world *w = CONTAINER_OF(t, struct sim_world, law.next);
	if (w->ready)
		some_step(w);
	loop_timer_set(&w->v.loop, t, 1 + rng_below(&w->law.rng, LAW_MS));
}

/* ---- the end ----------------------------------------------------------------------------------------------------------- */

void sim_law_init(struct sim_world *w)
{
	if (!sim_law_is(w))
		return;
	rng_init_seed(&w->law.rng, w->seed);
	w->law.next.fire = on_step;
	loop_timer_set(&w->v.loop, &w->law.next, 1 + rng_below(&w->law.rng, LAW_MS));
}

void sim_law_calm(struct sim_world *w)
{
	loop_timer_cancel(&w->v.loop, &w->law.next);
}

/* In the store, and loadable to what it is called. */
static void check_kept(struct sim_world *w, const char *revision)
{
	struct arena a = {0};
	struct diag d;
	struct store_get_rules g = {.op = {.type = STORE_GET_RULES},
	                            .revision = str_c(revision),
	                            .arena = &a};
	struct store_op *op = &g.op;
	w->disk.store->ops->run(w->disk.store, &op, 1);
	if (op->err) {
		sim_wrong(w, "decided under %s, which is not kept: %s", revision, op->errmsg.text);
		return;
	}
	diag_init(&d);
	struct policy_text text = {"kept", g.rows[0].text};
	struct policy_ruleset *r = policy_load_texts(&text, 1, &d);
	if (!r || strcmp(policy_revision(r), revision) != 0)
		sim_wrong(w, "decided under %s, which is kept as something else", revision);
	policy_unref(&r);
	diag_fini(&d);
	arena_fini(&a);
}

static void check_in_force(struct sim_world *w)
{
	json_t *status = gateway_status(w->gateway), *summary = gateway_policy_summary(w->gateway);
	const char *decides = json_string_value(json_object_get(status, "rules"));
	const char *active =
	    json_string_value(json_object_get(json_object_get(summary, "active"), "revision"));
	if (strcmp(decides, active) != 0)
		sim_wrong(w, "%s decides, %s is in force", decides, active);
	check_kept(w, active);
	json_decref(status);
	json_decref(summary);
}

unsigned sim_law_check(struct sim_world *w)
{
	struct map seen;
	unsigned n = 0;
	map_init(&seen);
	for (size_t i = 0; i < w->batch_count; i++) {
		size_t k;
		json_t *r;
		json_array_foreach(w->batches[i].results, k, r)
		{
			const char *revision =
			    json_string_value(json_object_get(json_object_get(r, "decision"), "rules"));
			if (!revision)
				sim_wrong(w, "a result without the revision that it was decided under");
			else if (!map_put(&seen, str_c(revision), w)) {
				check_kept(w, revision);
				n++;
			}
		}
	}
	map_fini(&seen);
	if (w->ready)
		check_in_force(w);
	return n;
}
