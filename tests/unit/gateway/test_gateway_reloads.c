/*
 * Rule sets that come and go under load: many times (RELOADS; `make sim`: a thousand) by reload or by two people, every
 * second time a broken one, with confirmations that nobody gives, roll-backs, dates, crashes and a failing store in
 * between, while partners hand in batches and the registry answers. Then every decision in the store must name one revision
 * that was in force at its time, and the text of every revision that is named must be kept.
 */
#include "epp/base/map.h"
#include "daemon/store/store_figures.h"
#include "daemon/store/store_read.h"
#include "daemon/store/store_rules.h"
#include "tests/unit/gateway/gateway_world.h"

#define RELOADS_DEFAULT 300 /* make sim: 1000 */
#define WORDINGS        40
#define BATCHES         4000
#define GAP_MS          1500 /* between two changes, at most */
#define BATCH_MS        1200
#define CRASH_EVERY     25
/* An upload begins, is received, and its lines are decided within this time: three operations of the store. */
#define UPLOAD_MS 500

struct span {
	instant_ms_t from;
	char revision[REVISION_MAX];
};

struct load {
	struct world *w;
	struct sim_batch *batches[BATCHES];
	size_t count;
	struct loop_timer next;
	struct span *spans; /* owned; what was in force from when */
	size_t span_count;
	unsigned fallen;        /* changes by time */
	unsigned good, refused; /* attempts */
	unsigned decisions[2], revisions;
};

/* ---- load -------------------------------------------------------------------------------------------------------------- */

static void on_next_batch(struct loop_timer *t)
{
	struct load *l = CONTAINER_OF(t, struct load, next);
	struct sim_world *s = &l->w->sim;
	REQUIRE(l->count < BATCHES);
	struct sim_batch *b = xcalloc(1, sizeof *b);
	sim_batch_make(b, s, (int)rng_below(&s->rng, SIM_PARTNERS), (int)l->count);
	sim_batch_start(b, 1);
	l->batches[l->count++] = b;
	loop_timer_set(&s->v.loop, t, 1 + rng_below(&s->rng, BATCH_MS));
}

static void free_batches(struct load *l)
{
	for (size_t i = 0; i < l->count; i++) {
		struct sim_batch *b = l->batches[i];
		loop_timer_cancel(&l->w->sim.v.loop, &b->timer);
		buf_fini(&b->lines);
		buf_fini(&b->http.in);
		json_decref(b->results);
		free(b);
	}
}

/* ---- what was in force when -------------------------------------------------------------------------------------------- */

static void in_force_from_now(struct load *l, const char *revision)
{
	if (l->span_count && strcmp(l->spans[l->span_count - 1].revision, revision) == 0)
		return;
	if ((l->span_count & (l->span_count - 1)) == 0)
		l->spans = xrealloc(l->spans, l->span_count ? 2 * l->span_count : 1, sizeof *l->spans);
	struct span *s = &l->spans[l->span_count++];
	s->from = world_now(l->w);
	snprintf(s->revision, sizeof s->revision, "%s", revision);
}

static void on_rules(struct world *w, const char *active)
{
	in_force_from_now(w->arg, active);
}

/* In force at some time of these two and in between. */
static bool was_in_force(const struct load *l, struct str revision, instant_ms_t from, instant_ms_t until)
{
	for (size_t i = 0; i < l->span_count; i++) {
		instant_ms_t end = i + 1 < l->span_count ? l->spans[i + 1].from : INT64_MAX;
		if (str_eq_c(revision, l->spans[i].revision) && l->spans[i].from <= until && end >= from)
			return true;
	}
	return false;
}

/* ---- changes ----------------------------------------------------------------------------------------------------------- */

/* The folder as it is read at a reload; NULL: it does not load. */
static struct policy_ruleset *folder(struct load *l, int wording, bool broken)
{
	struct diag d;
	struct buf room;
	char dir[160], path[200];
	snprintf(dir, sizeof dir, "%s/rules", l->w->dir.path);
	snprintf(path, sizeof path, "%s/rules.yaml", dir);
	(void)mkdir(dir, 0700); /* it may be there */
	buf_init(&room, 16u << 20);
	struct str text = world_text(l->w, wording, broken, &room);
	FILE *f = fopen(path, "w");
	INVARIANT(f && fwrite(text.ptr, 1, text.len, f) == text.len && fclose(f) == 0);
	buf_fini(&room);
	diag_init(&d);
	struct policy_ruleset *r = policy_load_dir(dir, NULL, &d);
	assert_true(broken == (r == NULL));
	diag_fini(&d);
	unlink(path);
	rmdir(dir);
	return r;
}

/* As the daemon does it: what does not load does not come as far as the gateway when files activate. */
static bool by_reload(struct load *l, int wording, bool broken)
{
	struct policy_ruleset *r = folder(l, wording, broken);
	bool done = r ? world_reload(l->w, MODE_FILES, r) : false;
	policy_unref(&r);
	return done;
}

static bool by_people(struct load *l, int wording, bool broken)
{
	static const char *const within[] = {NULL, NULL, "1s", "3s", "1h"};
	struct world *w = l->w;
	struct rng *rng = &w->sim.rng;
	struct buf room;
	char at[TIME_TEXT_MAX] = "now";
	if (rng_below(rng, 4) == 0)
		instant_format(at, world_now(w) + 1000 + (instant_ms_t)rng_below(rng, 4000), HANOI_OFFSET_S,
		               true);
	/* A reload in this mode changes nothing but the mode. */
	if (w->mode != MODE_STAGED && !world_reload(w, MODE_STAGED, NULL))
		return false;
	buf_init(&room, 16u << 20);
	struct str text = world_text(w, wording, broken, &room);
	bool done = world_ask(w, GATEWAY_POLICY_STAGE,
	                      json_pack("{s:s#, s:s}", "text", text.ptr, (int)text.len, "at", at), &an);
	buf_fini(&room);
	if (!done)
		return false;
	done = world_activate(w, within[rng_below(rng, ARRAY_LEN(within))], &binh);
	if (rng_below(rng, 4) == 0)
		(void)world_ask(w, GATEWAY_POLICY_CONFIRM, json_object(), &an); /* when there is anything */
	else if (rng_below(rng, 8) == 0)
		(void)world_ask(w, GATEWAY_POLICY_ROLL_BACK, json_pack("{s:s}", "why", "x"), &an);
	return done;
}

static size_t times_logged(struct world *w, const char *text)
{
	size_t n = 0;
	for (const char *at = buf_cstr(&w->log); (at = strstr(at, text)); at++)
		n++;
	return n;
}

static void count_fallen(struct load *l)
{
	l->fallen += (unsigned)times_logged(l->w, "step=fell back");
	buf_clear(&l->w->log);
}

static void change(struct load *l, bool broken)
{
	struct world *w = l->w;
	struct rng *rng = &w->sim.rng;
	char before[REVISION_MAX], after[REVISION_MAX];
	int wording = (int)rng_below(rng, WORDINGS);
	count_fallen(l);
	world_decides(w, before);
	w->store.failing = rng_below(rng, 8) == 0;
	w->store.type = rng_below(rng, 2) ? STORE_RULES_KEEP : STORE_GET_RULES;
	bool done = rng_below(rng, 2) ? by_reload(l, wording, broken) : by_people(l, wording, broken);
	store_works(w);
	world_decides(w, after);
	assert_string_equal(after, l->spans[l->span_count - 1].revision);
	assert_false(broken && done);
	if (broken && !times_logged(w, "step=fell back") && !times_logged(w, "step=in force"))
		assert_string_equal(before, after);
	*(done ? &l->good : &l->refused) += 1;
}

static void crash_and_start(struct load *l)
{
	struct world *w = l->w;
	char decides[REVISION_MAX];
	int wording = (int)rng_below(&w->sim.rng, WORDINGS);
	world_kill(w);
	world_run(w, rng_below(&w->sim.rng, 3000));
	world_start(w, rng_below(&w->sim.rng, 2) ? MODE_STAGED : MODE_FILES, wording);
	world_decides(w, decides);
	in_force_from_now(l, decides);
}

/* ---- the proof --------------------------------------------------------------------------------------------------------- */

static void assert_kept(struct load *l, struct str revision, struct map *seen)
{
	struct arena a = {0};
	struct diag d;
	if (map_put(seen, revision, l))
		return;
	struct store_get_rules g = {.revision = revision, .arena = &a};
	assert_int_equal(world_play(l->w, &g.op, STORE_GET_RULES), OK);
	struct policy_text text = {"kept", g.rows[0].text};
	diag_init(&d);
	struct policy_ruleset *r = policy_load_texts(&text, 1, &d);
	assert_non_null(r);
	assert_true(str_eq_c(revision, policy_revision(r)));
	policy_unref(&r);
	diag_fini(&d);
	arena_fini(&a);
	l->revisions++;
}

static struct str member(struct str json, const char *key)
{
	char mark[32];
	int n = snprintf(mark, sizeof mark, "\"%s\":\"", key);
	const char *at = memmem(json.ptr, json.len, mark, (size_t)n);
	assert_non_null(at);
	const char *value = at + n, *end = memchr(value, '"', json.len - (size_t)(value - json.ptr));
	assert_non_null(end);
	assert_null(
	    memmem(end, json.len - (size_t)(end - json.ptr), mark, (size_t)n)); /* one, and no other */
	return str_make(value, (size_t)(end - value));
}

static void check_row(struct load *l, const struct store_row *r, struct map *seen)
{
	struct str revision = member(r->decision_common, "rules");
	bool sending = str_eq_c(member(r->decision_common, "stage"), "sending");
	instant_ms_t until = !sending                       ? r->admitted + UPLOAD_MS
	                     : r->result.at != INSTANT_NONE ? r->result.at
	                                                    : world_now(l->w);
	if (!was_in_force(l, revision, r->admitted, until))
		fail_msg("item %llu, decided between %lld and %lld: %.*s was not in force",
		         (unsigned long long)r->item, (long long)r->admitted, (long long)until,
		         STR_ARG(revision));
	assert_kept(l, revision, seen);
	l->decisions[sending]++;
}

static void check_all(struct load *l)
{
	struct map seen;
	map_init(&seen);
	for (batch_id_t id = 1;; id++) {
		struct arena a = {0};
		struct store_get_items g = {.batch = id, .limit = STORE_PAGE_MAX, .arena = &a};
		struct store_get_counts c = {0};
		enum err err = world_play(l->w, &g.op, STORE_GET_ITEMS);
		for (size_t i = 0; i < g.count && !err; i++)
			check_row(l, &g.rows[i], &seen);
		arena_fini(&a);
		assert_int_equal(world_play(l->w, &c.op, STORE_GET_COUNTS), OK);
		if (err &&
		    id > c.batches + l->count) /* numbers of uploads that a crash cut off are left out */
			break;
	}
	map_fini(&seen);
}

static void every_decision_names_what_was_in_force(void **state)
{
	struct world *w = *state;
	const char *wanted = getenv("RELOADS");
	unsigned n = wanted ? (unsigned)atoi(wanted) : RELOADS_DEFAULT;
	struct load *l = w->arg;
	char decides[REVISION_MAX];
	world_start(w, MODE_FILES, 0);
	world_decides(w, decides);
	in_force_from_now(l, decides);
	loop_timer_set(&w->sim.v.loop, &l->next, 1);
	for (unsigned i = 0; i < n; i++) {
		world_run(w, rng_below(&w->sim.rng, GAP_MS));
		change(l, i % 2 == 1);
		if (i % CRASH_EVERY == CRASH_EVERY - 1)
			crash_and_start(l);
	}
	loop_timer_cancel(&w->sim.v.loop, &l->next);
	world_run(w, MINUTE);
	assert_string_equal(w->sim.why, "");
	count_fallen(l);
	check_all(l);
	printf("%u changes (%u took effect or were planned, %u refused), %u fell back, %zu batches, %u "
	       "decisions at "
	       "admission, %u at sending, under %u revisions\n",
	       n, l->good, l->refused, l->fallen, l->count, l->decisions[0], l->decisions[1], l->revisions);
	assert_true(l->good > n / 5 && l->refused >= n / 2);
	assert_true(l->decisions[0] > n && l->decisions[1] > n / 10);
	assert_true(l->fallen > 0);
	assert_true(l->revisions > (n < WORDINGS ? n / 5 : WORDINGS / 2));
}

static int set_up(void **state)
{
	(void)world_init(state); /* always 0 */
	struct world *w = *state;
	struct load *l = xcalloc(1, sizeof *l);
	*l = (struct load){.w = w, .next = {.fire = on_next_batch}};
	w->arg = l;
	w->on_rules = on_rules;
	return 0;
}

/* Also when the test has failed in the middle. */
static int tear_down(void **state)
{
	struct world *w = *state;
	struct load *l = w->arg;
	loop_timer_cancel(&w->sim.v.loop, &l->next);
	for (size_t i = 0; i < l->count; i++)
		loop_timer_cancel(&w->sim.v.loop, &l->batches[i]->timer);
	world_run(w, MINUTE); /* what was asked is answered */
	world_stop(w);
	free_batches(l);
	free(l->spans);
	free(l);
	w->on_rules = NULL;
	return world_fini(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(every_decision_names_what_was_in_force, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
