/*
 * Quotas over crash schedules: partners hand in, items are sent and end in every way, uploads are dropped, batches are
 * cancelled, and the power goes at any call of the file system. After each start, what is used is what the items that
 * have not ended without success hold: never one above the limit, nothing leaks. Quotas by zone, by province, of a day, a
 * month, a year and for ever, several at a time.
 *
 * QUOTA_SCHEDULES=10000 for as many seeds (`make sim` does); the last line says how many there were.
 */
#include "epp/base/check.h"
#include "daemon/store/store_figures.h"
#include "daemon/store/store_read.h"
#include "daemon/store/store_send.h"
#include "epp/base/rng.h"
#include "tests/harness/simvfs.h"
#include "tests/harness/store_play.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#define SCHEDULES 250
#define LIVES     3
#define ACTS      10
#define BATCHES   64
#define HELD_MAX  64

static const struct quota quotas[] = {
    {.name = "id-day", .zone = "id.vn", .period = QUOTA_DAY, .limit = {.max = 5}},
    {.name = "all-year", .period = QUOTA_YEAR, .limit = {.max = 14}},
    {.name = "hanoi-month", .province = "01", .period = QUOTA_MONTH, .limit = {.max = 4}},
    {.name = "com-ever", .zone = "com.vn", .period = QUOTA_EVER, .limit = {.max = 3}}};

/* Over all schedules. */
static struct {
	uint64_t schedules, crashes, judged, full;
} done;

struct held {
	item_id_t item;
	uint64_t claim;
};

struct schedule {
	uint64_t seed;
	struct rng rng;
	struct simvfs *v;
	struct store_backend *b;
	struct arena arena;
	instant_ms_t now;
	unsigned refs;
	batch_id_t last; /* the highest number seen */
	struct held held[HELD_MAX];
	size_t held_count;
};

static struct decider *decider;

static uint64_t draw(struct schedule *s, uint64_t n)
{
	return rng_below(&s->rng, n);
}

static bool open_store(struct schedule *s)
{
	struct errmsg e;
	struct store_recover r = {.now = s->now};
	s->held_count = 0;
	if (store_sqlite_open("vnepp.db", simvfs_name(s->v), &s->b, &e))
		return false;
	(void)play_register(s->b, "an", false);
	(void)play_register(s->b, "r/one", true);
	return play(s->b, &r.op, STORE_RECOVER) == OK;
}

static bool is_in_hanoi(unsigned number)
{
	return number % 3 == 0;
}

/* ---- what happens ---------------------------------------------------------------------------------------------------- */

/* A batch of a few names, published, dropped or left open. */
static void hand_in(struct schedule *s)
{
	static const enum play_kind kinds[] = {PLAY_GRANT,   PLAY_GRANT,  PLAY_PAID,
	                                       PLAY_WAITING, PLAY_REVIEW, PLAY_REFUSED};
	struct store_line lines[6];
	struct store_batch_begin begin = {.partner = 1, .now = s->now};
	size_t n = 1 + draw(s, ARRAY_LEN(lines));
	if (play(s->b, &begin.op, STORE_BATCH_BEGIN))
		return;
	s->last = begin.batch > s->last ? begin.batch : s->last;
	for (size_t i = 0; i < n; i++) {
		char ref[24], name[32];
		enum play_kind kind = kinds[draw(s, ARRAY_LEN(kinds))];
		unsigned k = ++s->refs;
		snprintf(ref, sizeof ref, "r%u", k);
		snprintf(name, sizeof name, "q%u.%s.vn", k, kind == PLAY_PAID ? "com" : "id");
		struct play_line l = {kind, ref, name, k, 2, 0, NULL};
		lines[i] = play_line_in(&s->arena, &l, (uint32_t)i + 1, is_in_hanoi(k) ? "01" : "68");
	}
	struct store_batch_chunk chunk = {.batch = begin.batch,
	                                  .partner = 1,
	                                  .decider = decider,
	                                  .quotas = quotas,
	                                  .quota_count = ARRAY_LEN(quotas),
	                                  .now = s->now,
	                                  .lines = lines,
	                                  .count = n};
	struct store_batch_publish publish = {.batch = begin.batch, .now = s->now};
	struct store_batch_abort drop = {.batch = begin.batch};
	if (play(s->b, &chunk.op, STORE_BATCH_CHUNK))
		return;
	enum err err = draw(s, 4) ? play(s->b, &publish.op, STORE_BATCH_PUBLISH)
	                          : play(s->b, &drop.op, STORE_BATCH_ABORT);
	(void)err; /* a disk that has lost its power shows at the next act */
}

static void send(struct schedule *s)
{
	struct store_claim c = {.queue = {2, 1, 0},
	                        .max = 4,
	                        .paid_max = UINT32_MAX,
	                        .decider = decider,
	                        .now = s->now,
	                        .arena = &s->arena};
	if (play(s->b, &c.op, STORE_CLAIM))
		return;
	for (size_t i = 0; i < c.count && s->held_count < HELD_MAX; i++)
		s->held[s->held_count++] = (struct held){c.items[i].item, c.claim};
}

static void end_one(struct schedule *s)
{
	static const enum item_state ends[] = {ITEM_DONE, ITEM_FAILED, ITEM_QUEUED, ITEM_PENDING,
	                                       ITEM_NEEDS_HUMAN};
	if (s->held_count == 0)
		return;
	struct held *h = &s->held[draw(s, s->held_count)];
	struct store_step step = {.item = h->item,
	                          .claim = h->claim,
	                          .leaves_claim = true,
	                          .result = play_result(ends[draw(s, ARRAY_LEN(ends))], s->now),
	                          .not_before = s->now};
	struct store_finish f = {.steps = &step, .count = 1, .now = s->now};
	enum err err = play(s->b, &f.op, STORE_FINISH);
	(void)err;
	*h = s->held[--s->held_count];
}

static void cancel(struct schedule *s)
{
	struct store_batch_cancel x = {.batch = 1 + draw(s, s->last + 1), .partner = 1, .now = s->now};
	enum err err = play(s->b, &x.op, STORE_BATCH_CANCEL); /* it may not be there */
	(void)err;
}

static void act(struct schedule *s)
{
	s->now += (instant_ms_t)draw(s, 4) * (PLAY_DAY / 8);
	switch (draw(s, 6)) {
	case 0:
	case 1: hand_in(s); break;
	case 2: send(s); break;
	case 3:
	case 4: end_one(s); break;
	default: cancel(s); break;
	}
}

/* ---- judging --------------------------------------------------------------------------------------------------------- */

/* What items hold of a quota in one of its periods, by their states, names and days of admission alone. */
struct holding {
	const char *scope;
	date_t begin;
	uint64_t held, max;
};

struct holdings {
	struct holding list[512];
	size_t count;
};

static void hold(struct holdings *h, const char *scope, date_t begin, uint64_t max)
{
	size_t k = 0;
	while (k < h->count && (h->list[k].begin != begin || strcmp(h->list[k].scope, scope) != 0))
		k++;
	assert_true(k < ARRAY_LEN(h->list));
	if (k == h->count)
		h->list[h->count++] = (struct holding){scope, begin, 0, max};
	h->list[k].held++;
}

static void hold_all(struct holdings *h, const struct store_row *r)
{
	date_t day = date_of_instant(r->admitted, HANOI_OFFSET_S);
	int year, month, of_month;
	unsigned k = (unsigned)strtoul(r->domain.ptr + 1, NULL, 10); /* q17.id.vn */
	date_split(day, &year, &month, &of_month);
	if (str_ends(r->domain, STR(".id.vn")))
		hold(h, "id-day", day, 5);
	hold(h, "all-year", date_make(year, 1, 1), 14);
	if (is_in_hanoi(k))
		hold(h, "hanoi-month", date_make(year, month, 1), 4);
	if (str_ends(r->domain, STR(".com.vn")))
		hold(h, "com-ever", 0, 3);
}

static void count(struct schedule *s, struct holdings *h)
{
	for (batch_id_t b = 1; b <= s->last; b++) {
		struct store_get_items g = {.batch = b, .limit = 100, .arena = &s->arena};
		if (play(s->b, &g.op, STORE_GET_ITEMS))
			continue; /* never published */
		for (size_t i = 0; i < g.count; i++) {
			const struct store_row *r = &g.rows[i];
			/* A partner's lines of a day count whatever becomes of them. */
			hold(h, "lines/1", date_of_instant(r->admitted, HANOI_OFFSET_S), UINT64_MAX);
			if (r->state != ITEM_REFUSED && r->state != ITEM_FAILED && r->state != ITEM_CANCELLED)
				hold_all(h, r);
		}
	}
}

static uint64_t held_of(const struct holdings *h, const struct store_used *u, uint64_t *max)
{
	for (size_t k = 0; k < h->count; k++) {
		*max = h->list[k].max;
		if (str_eq_c(u->scope, h->list[k].scope) && u->begin == h->list[k].begin)
			return h->list[k].held;
	}
	return 0;
}

static void judge(struct schedule *s)
{
	struct holdings h = {.count = 0};
	struct store_get_used g = {.arena = &s->arena};
	size_t seen = 0;
	count(s, &h);
	assert_int_equal(play(s->b, &g.op, STORE_GET_USED), OK);
	for (size_t i = 0; i < g.count; i++) {
		const struct store_used *u = &g.list[i];
		uint64_t max = 0, held = held_of(&h, u, &max);
		if (u->used != held || held > max)
			fail_msg("seed %llu: %llu of %.*s are used, %llu are held, of %llu",
			         (unsigned long long)s->seed, (unsigned long long)u->used, STR_ARG(u->scope),
			         (unsigned long long)held, (unsigned long long)max);
		seen += held > 0;
		done.full += held == max && held > 0;
		done.judged++;
	}
	if (seen != h.count)
		fail_msg("seed %llu: items hold what is not counted", (unsigned long long)s->seed);
}

/* One life of the process: acts until the power goes. */
static void live(struct schedule *s)
{
	static const enum simvfs_call calls[] = {SIMVFS_WRITE, SIMVFS_SYNC};
	simvfs_cut_power(s->v, calls[draw(s, 2)], 1 + draw(s, 60));
	for (int i = 0; i < ACTS; i++)
		act(s);
	simvfs_power_off(s->v);
	s->b->ops->close(s->b);
	simvfs_crash(s->v, (enum simvfs_loss)draw(s, 3));
	assert_true(open_store(s));
	judge(s);
	done.crashes++;
}

static void run_schedule(uint64_t seed)
{
	struct schedule s = {.seed = seed, .now = PLAY_START};
	rng_init_seed(&s.rng, seed);
	s.v = simvfs_new(NULL, seed);
	assert_true(open_store(&s));
	for (int i = 0; i < LIVES; i++)
		live(&s);
	s.b->ops->close(s.b);
	simvfs_free(s.v);
	arena_fini(&s.arena);
	done.schedules++;
}

static void never_one_above_and_nothing_leaks(void **state)
{
	const char *many = getenv("QUOTA_SCHEDULES");
	uint64_t n = many ? strtoull(many, NULL, 10) : SCHEDULES;
	(void)state;
	for (uint64_t seed = 1; seed <= n; seed++)
		run_schedule(seed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(never_one_above_and_nothing_leaks)};
	decider = play_decider_new(0);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	decider_unref(&decider);
	printf("quotas: %llu crash schedules, %llu crashes: %llu counts were what items held, %llu of them "
	       "at their "
	       "limit, none above\n",
	       (unsigned long long)done.schedules, (unsigned long long)done.crashes,
	       (unsigned long long)done.judged, (unsigned long long)done.full);
	return failed;
}
