/* Random histories, applied to the memory store and to SQLite: after every step both say the same. */
#include "daemon/store/store_changes.h"
#include "daemon/store/store_domains.h"
#include "daemon/store/store_figures.h"
#include "daemon/store/store_list.h"
#include "daemon/store/store_rules.h"
#include "daemon/store/store_send.h"
#include "epp/base/alloc.h"
#include "epp/base/check.h"
#include "epp/base/rng.h"
#include "tests/harness/store_play.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#define SEEDS     200
#define STEPS     150
#define SIDES     2 /* memory, SQLite */
#define PARTNERS  2
#define ACCOUNTS  2
#define LANES     2
#define NAMES     24
#define REFS      60
#define HELD_MAX  256
#define BATCH_MAX 24

/* What a scheduler would hold in memory. */
struct held {
	item_id_t item;
	uint64_t claim; /* 0: none holds it any more */
	enum item_state state;
};

struct pair {
	struct store_backend *side[SIDES];
	struct decider *deciders[2];
	struct decider *decider; /* in force */
	struct rng rng;
	instant_ms_t now;
	uint32_t partner[PARTNERS], account[ACCOUNTS];
	batch_id_t open[BATCH_MAX], last;
	uint32_t open_partner[BATCH_MAX], open_line[BATCH_MAX];
	size_t open_count;
	struct held held[HELD_MAX];
	size_t held_count;
	unsigned messages;
	uint64_t lists;
	enum store_list_kind list_kind; /* of the newest */
	uint64_t seed;
	int step;
};

static struct decider *deciders[2];

static uint64_t draw(struct pair *p, uint64_t n)
{
	return rng_below(&p->rng, n);
}

/* An operation, once on each side; both must end alike. */
static enum err both(struct pair *p, struct store_op *a, struct store_op *b, enum store_op_type type)
{
	enum err x = play(p->side[0], a, type), y = play(p->side[1], b, type);
	if (x != y)
		fail_msg("seed %llu step %d operation %d: memory %s (%s), SQLite %s (%s)",
		         (unsigned long long)p->seed, p->step, (int)type, err_name(x), a->errmsg.text,
		         err_name(y), b->errmsg.text);
	return x;
}

#define SAME(p, x, y)                                                                                       \
	do {                                                                                                \
		if ((long long)(x) != (long long)(y))                                                       \
			fail_msg("seed %llu step %d: " #x " %lld, " #y " %lld",                             \
			         (unsigned long long)(p)->seed, (p)->step, (long long)(x), (long long)(y)); \
	} while (0)

/* ---- intake -------------------------------------------------------------------------------------------------------------- */

static const struct quota quotas[] = {
    {.name = "grants", .zone = "id.vn", .period = QUOTA_DAY, .grants = true, .limit = {.max = 3}},
    {.name = "all", .period = QUOTA_MONTH, .limit = {.max = 20}},
    {.name = "watched", .zone = "com.vn", .period = QUOTA_EVER, .limit = {.max = 2, .shadow = true}}};

static struct store_room some_room(struct pair *p)
{
	return (struct store_room){.queued = {draw(p, 4) ? 0 : 1 + (uint32_t)draw(p, 30), draw(p, 2), NULL},
	                           .per_day = {draw(p, 4) ? 0 : 1 + (uint32_t)draw(p, 60), draw(p, 2), NULL}};
}

static void same_room(struct pair *p, const struct store_room *a, const struct store_room *b)
{
	SAME(p, a->waiting, b->waiting);
	SAME(p, a->adding, b->adding);
	SAME(p, a->today, b->today);
	SAME(p, a->queue_full, b->queue_full);
	SAME(p, a->day_full, b->day_full);
}

static void begin(struct pair *p)
{
	char key[16] = "";
	uint32_t partner = p->partner[draw(p, PARTNERS)];
	if (p->open_count == BATCH_MAX)
		return;
	if (draw(p, 2))
		snprintf(key, sizeof key, "k%d", (int)draw(p, 6));
	struct store_batch_begin a = {.partner = partner,
	                              .idempotency_key = str_c(key),
	                              .now = p->now,
	                              .room = some_room(p),
	                              .trace = (uint32_t)draw(p, 3)};
	struct store_batch_begin b = a;
	enum err err = both(p, &a.op, &b.op, STORE_BATCH_BEGIN);
	SAME(p, a.batch, b.batch);
	same_room(p, &a.room, &b.room);
	assert_memory_equal(a.payload_hash, b.payload_hash, sizeof a.payload_hash);
	if (err)
		return;
	p->open[p->open_count] = p->last = a.batch;
	p->open_line[p->open_count] = 0;
	p->open_partner[p->open_count++] = partner;
}

static void chunk(struct pair *p)
{
	struct store_line lines[SIDES][12];
	struct arena arena = {0};
	if (p->open_count == 0)
		return;
	size_t k = draw(p, p->open_count), n = 1 + draw(p, ARRAY_LEN(lines[0]));
	for (size_t i = 0; i < n; i++) {
		enum play_kind kind = (enum play_kind)draw(p, PLAY__COUNT);
		char ref[16], name[32], contact[16];
		snprintf(ref, sizeof ref, "r%d", (int)draw(p, REFS));
		snprintf(name, sizeof name, "n%d.%s.vn", (int)draw(p, NAMES),
		         kind == PLAY_PAID     ? "com"
		         : kind == PLAY_LISTED ? "biz"
		                               : "id");
		snprintf(contact, sizeof contact, "C%d", (int)draw(p, 4));
		struct play_line l = {kind,
		                      ref,
		                      name,
		                      (unsigned)draw(p, 12),
		                      p->account[draw(p, ACCOUNTS)],
		                      (uint8_t)draw(p, LANES),
		                      draw(p, 2) ? contact : NULL};
		lines[0][i] = lines[1][i] = play_line(&arena, &l, ++p->open_line[k]);
	}
	struct store_batch_chunk a = {.batch = p->open[k],
	                              .partner = p->open_partner[k],
	                              .decider = p->decider,
	                              .quotas = quotas,
	                              .quota_count = draw(p, ARRAY_LEN(quotas) + 1),
	                              .now = p->now,
	                              .lines = lines[0],
	                              .count = n};
	struct store_batch_chunk b = a;
	b.lines = lines[1];
	(void)both(p, &a.op, &b.op, STORE_BATCH_CHUNK); /* both went well, or both did not */
	for (size_t i = 0; i < n; i++) {
		SAME(p, lines[0][i].outcome, lines[1][i].outcome);
		SAME(p, lines[0][i].item, lines[1][i].item);
		SAME(p, lines[0][i].state, lines[1][i].state);
		assert_string_equal(lines[0][i].reason, lines[1][i].reason);
	}
	arena_fini(&arena);
}

static void close_batch(struct pair *p, size_t k)
{
	p->open_count--;
	p->open[k] = p->open[p->open_count];
	p->open_partner[k] = p->open_partner[p->open_count];
	p->open_line[k] = p->open_line[p->open_count];
}

static void publish(struct pair *p)
{
	if (p->open_count == 0)
		return;
	size_t k = draw(p, p->open_count);
	struct store_batch_publish a = {.batch = p->open[k], .now = p->now};
	a.room = some_room(p);
	a.payload_hash[0] = (uint8_t)draw(p, 256);
	struct store_batch_publish b = a;
	enum err err = both(p, &a.op, &b.op, STORE_BATCH_PUBLISH);
	same_room(p, &a.room, &b.room);
	if (!err)
		close_batch(p, k);
}

static void abort_batch(struct pair *p)
{
	if (p->open_count == 0 || draw(p, 3))
		return;
	size_t k = draw(p, p->open_count);
	struct store_batch_abort a = {.batch = p->open[k]}, b = a;
	assert_int_equal(both(p, &a.op, &b.op, STORE_BATCH_ABORT), OK);
	close_batch(p, k);
}

static void cancel(struct pair *p)
{
	if (p->last == 0 || draw(p, 4))
		return;
	struct store_batch_cancel a = {.batch = 1 + draw(p, p->last + 1),
	                               .partner = p->partner[draw(p, PARTNERS)],
	                               .now = p->now},
	                          b = a;
	(void)both(p, &a.op, &b.op, STORE_BATCH_CANCEL); /* it may not be there */
	SAME(p, a.cancelled, b.cancelled);
	SAME(p, a.too_late, b.too_late);
	SAME(p, a.lines, b.lines);
	SAME(p, a.over, b.over);
	SAME(p, a.repeated, b.repeated);
	for (int s = 0; s < ITEM_STATE__COUNT; s++)
		SAME(p, a.left[s], b.left[s]);
}

/* ---- sending -------------------------------------------------------------------------------------------------------------- */

static void claim(struct pair *p)
{
	const struct store_hold holds[] = {{.grant = STR("youth-id")},
	                                   {.zone = STR("com.vn")},
	                                   {.zone = STR("vn"), .paid = true}};
	struct arena arena = {0};
	if (p->held_count + 12 > HELD_MAX)
		return;
	struct store_claim a = {.queue = {p->account[draw(p, ACCOUNTS)], p->partner[draw(p, PARTNERS)],
	                                  (uint8_t)draw(p, LANES)},
	                        .max = 1 + (uint32_t)draw(p, 12),
	                        .paid_max = draw(p, 3) ? UINT32_MAX : (uint32_t)draw(p, 3),
	                        .holds = &holds[draw(p, ARRAY_LEN(holds))],
	                        .hold_count = draw(p, 8) == 0,
	                        .want_decisions = draw(p, 2) == 0,
	                        .decider = p->decider,
	                        .now = p->now,
	                        .arena = &arena},
	                   b = a;
	assert_int_equal(both(p, &a.op, &b.op, STORE_CLAIM), OK);
	SAME(p, a.claim, b.claim);
	SAME(p, a.count, b.count);
	SAME(p, a.more, b.more);
	SAME(p, a.held, b.held);
	SAME(p, a.parked, b.parked);
	for (size_t i = 0; i < a.count; i++) {
		const struct store_claimed *x = &a.items[i], *y = &b.items[i];
		SAME(p, x->item, y->item);
		SAME(p, x->batch, y->batch);
		SAME(p, x->partner, y->partner);
		SAME(p, x->line, y->line);
		SAME(p, x->offset, y->offset);
		SAME(p, x->trace, y->trace);
		SAME(p, x->attempt, y->attempt);
		SAME(p, x->paid, y->paid);
		SAME(p, x->fee_vnd, y->fee_vnd);
		SAME(p, x->admitted, y->admitted);
		SAME(p, x->contact_known, y->contact_known);
		assert_string_equal(x->contact_id, y->contact_id);
		assert_true(str_eq(x->payload, y->payload));
		assert_int_equal(x->decision_common.len > 0, a.want_decisions);
		assert_true(str_eq(x->decision_common, y->decision_common));
		assert_true(str_eq(x->decision_item, y->decision_item));
		p->held[p->held_count++] = (struct held){x->item, a.claim, ITEM_SENDING};
	}
	arena_fini(&arena);
}

static void unpark(struct pair *p)
{
	struct store_unpark a = {.account = p->account[draw(p, ACCOUNTS)],
	                         .limit = 1 + (uint32_t)draw(p, 8),
	                         .now = p->now},
	                    b = a;
	assert_int_equal(both(p, &a.op, &b.op, STORE_UNPARK), OK);
	SAME(p, a.moved, b.moved);
	SAME(p, a.more, b.more);
}

/* Only one of them has anything to tidy; neither may show it. */
static void tidy(struct pair *p)
{
	struct store_tidy a = {.more = false}, b = a;
	assert_int_equal(both(p, &a.op, &b.op, STORE_TIDY), OK);
}

/* What the table of states allows of what a sender says. */
static enum item_state next_state(struct pair *p, enum item_state from)
{
	static const enum item_state says[] = {ITEM_DONE,    ITEM_DONE,        ITEM_DONE,
	                                       ITEM_FAILED,  ITEM_PENDING,     ITEM_QUEUED,
	                                       ITEM_UNKNOWN, ITEM_RECONCILING, ITEM_NEEDS_HUMAN};
	for (;;) {
		enum item_state to = says[draw(p, ARRAY_LEN(says))];
		if (item_state_may(from, to))
			return to;
	}
}

static struct store_step step_of(struct pair *p, struct held *h, struct arena *arena)
{
	enum item_state to = next_state(p, h->state);
	bool stays = to == ITEM_UNKNOWN || to == ITEM_RECONCILING;
	struct store_step s = {.item = h->item,
	                       .claim = h->claim,
	                       .leaves_claim = !stays,
	                       .result = play_result(to, p->now),
	                       .not_before = draw(p, 6) ? p->now + (instant_ms_t)draw(p, 5000) : STORE_PARKED,
	                       .not_sent = to == ITEM_QUEUED && draw(p, 2)};
	s.result.attempt = 1 + (int)draw(p, 3);
	s.result.code = to == ITEM_DONE ? 1000 : 2400;
	s.result.message = arena_printf(arena, "words %d", (int)draw(p, 1000));
	if (to == ITEM_DONE || draw(p, 2)) {
		s.result.created = PLAY_START + (instant_ms_t)draw(p, 3) * 1000;
		s.result.expires = PLAY_START + (instant_ms_t)(300 + draw(p, 3)) * PLAY_DAY;
	}
	if (to == ITEM_DONE)
		s.name = (enum store_name_effect)draw(p, 3);
	if (to == ITEM_FAILED && draw(p, 2))
		s.grant = STORE_GRANT_RELEASE;
	if (draw(p, 3) == 0)
		snprintf(s.contact_created, sizeof s.contact_created, "C%d", (int)draw(p, 4));
	h->state = to;
	return s;
}

/* Several steps, of different items. */
static void finish(struct pair *p)
{
	struct store_step steps[8];
	struct arena arena = {0};
	size_t n = 0, most = 1 + draw(p, ARRAY_LEN(steps)),
	       first = p->held_count ? draw(p, p->held_count) : 0;
	for (size_t i = first; i < p->held_count && n < most; i++)
		steps[n++] = step_of(p, &p->held[i], &arena);
	if (n && draw(p, 20) == 0)
		steps[n - 1].item = 99999; /* of nothing: the whole operation fails */
	struct store_finish a = {.steps = steps, .count = n, .now = p->now}, b = a;
	if (both(p, &a.op, &b.op, STORE_FINISH) == OK) {
		size_t kept = 0;
		for (size_t i = 0; i < p->held_count; i++) {
			enum item_state s = p->held[i].state;
			if (s == ITEM_SENDING || s == ITEM_UNKNOWN || s == ITEM_RECONCILING)
				p->held[kept++] = p->held[i];
		}
		p->held_count = kept;
	} else {
		p->held_count = 0; /* a program that does that is stopped */
		p->now++;
		struct store_recover c = {.now = p->now}, d = c;
		(void)both(p, &c.op, &d.op, STORE_RECOVER);
		p->open_count = 0;
	}
	arena_fini(&arena);
}

static void message(struct pair *p)
{
	char id[16], name[32];
	snprintf(id, sizeof id, "m%u", draw(p, 4) ? p->messages++ : 0);
	snprintf(name, sizeof name, "n%d.%s.vn", (int)draw(p, NAMES), draw(p, 2) ? "com" : "id");
	struct store_message a = {.account = p->account[draw(p, ACCOUNTS)],
	                          .id = str_c(id),
	                          .text = STR("words of the registry"),
	                          .at = PLAY_START + (instant_ms_t)draw(p, 2),
	                          .now = p->now,
	                          .is_pan = draw(p, 4) > 0,
	                          .domain = str_c(name),
	                          .pan_approved = draw(p, 2),
	                          .expires = draw(p, 3)
	                                         ? INSTANT_NONE
	                                         : PLAY_START + (instant_ms_t)(200 + draw(p, 300)) * PLAY_DAY,
	                          .gone = draw(p, 8) == 0,
	                          .attention = draw(p, 2) ? STR("look at it") : STR_NONE},
	                     b = a;
	assert_int_equal(both(p, &a.op, &b.op, STORE_MESSAGE), OK);
	SAME(p, a.settled, b.settled);
	SAME(p, a.look, b.look);
	SAME(p, a.known, b.known);
	SAME(p, a.waits, b.waits);
	SAME(p, a.duplicate, b.duplicate);
	if (a.look && p->held_count < HELD_MAX)
		p->held[p->held_count++] = (struct held){a.settled, 0, ITEM_RECONCILING};
}

/* ---- the rest -------------------------------------------------------------------------------------------------------------- */

static void import(struct pair *p)
{
	struct store_import_row rows[3];
	char names[3][32];
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		snprintf(names[i], sizeof names[i], "n%d.id.vn", (int)draw(p, NAMES));
		rows[i] = (struct store_import_row){
		    .domain = str_c(names[i]),
		    .partner = p->partner[draw(p, PARTNERS)],
		    .account = p->account[draw(p, ACCOUNTS)],
		    .created = PLAY_START - 300 * PLAY_DAY,
		    .expires = PLAY_START + (instant_ms_t)draw(p, 100) * PLAY_DAY,
		    .grant_from = draw(p, 2) ? DATE_NONE : date_make(2025, 12, 1 + (int)draw(p, 28)),
		    .subject = {.count = draw(p, 2) ? 1 + (uint32_t)draw(p, 2) : 0, .has_paid = draw(p, 2)}};
		for (uint32_t k = 0; k < rows[i].subject.count; k++)
			rows[i].subject.keys[k * DECIDE_KEY_LEN] = (uint8_t)(1 + draw(p, 4));
		rows[i].subject.paid[0] = (uint8_t)(9 + draw(p, 4));
	}
	struct store_import a = {.rows = rows, .count = ARRAY_LEN(rows)}, b = a;
	assert_int_equal(both(p, &a.op, &b.op, STORE_IMPORT), OK);
	SAME(p, a.added, b.added);
	SAME(p, a.replaced, b.replaced);
}

static void restart(struct pair *p)
{
	struct store_recover a = {.now = p->now}, b = a;
	if (draw(p, 3))
		return;
	assert_int_equal(both(p, &a.op, &b.op, STORE_RECOVER), OK);
	SAME(p, a.epoch, b.epoch);
	SAME(p, a.orphans, b.orphans);
	SAME(p, a.unknown, b.unknown);
	p->open_count = p->held_count = 0;
	/* What is open is taken up again, without a claim. */
	struct arena arena = {0};
	struct store_get_open o = {.limit = HELD_MAX / 2, .arena = &arena};
	assert_int_equal(play(p->side[0], &o.op, STORE_GET_OPEN), OK);
	for (size_t i = 0; i < o.count; i++)
		if (o.rows[i].state == ITEM_UNKNOWN || o.rows[i].state == ITEM_RECONCILING)
			p->held[p->held_count++] = (struct held){o.rows[i].item, 0, o.rows[i].state};
	arena_fini(&arena);
}

static void figures(struct pair *p)
{
	int64_t values[3] = {(int64_t)draw(p, 10), draw(p, 2) ? INT64_MIN : -5, (int64_t)draw(p, 100)};
	struct store_history_add a = {.at = p->now, .values = values, .count = ARRAY_LEN(values)}, b = a;
	struct store_progress c = {.more = true}, d = c;
	assert_int_equal(both(p, &a.op, &b.op, STORE_HISTORY_ADD), OK);
	assert_int_equal(both(p, &c.op, &d.op, STORE_PROGRESS), OK);
	SAME(p, c.more, d.more);
}

static void time_passes(struct pair *p)
{
	static const instant_ms_t jumps[] = {1, 900, 60000, 3 * 3600000, PLAY_DAY};
	p->now += jumps[draw(p, ARRAY_LEN(jumps))];
	if (draw(p, 6) == 0)
		p->decider = p->deciders[draw(p, 2)];
}

static void fail_at_first_difference(struct pair *p, struct str x, struct str y)
{
	while (x.len || y.len) {
		struct str lx = str_split(&x, '\n'), ly = str_split(&y, '\n');
		if (!str_eq(lx, ly))
			fail_msg("seed %llu step %d\nmemory: %.*s\nSQLite: %.*s", (unsigned long long)p->seed,
			         p->step, STR_ARG(lx), STR_ARG(ly));
	}
}

static void compare(struct pair *p)
{
	struct buf a, b;
	play_dump(p->side[0], p->now, &a);
	play_dump(p->side[1], p->now, &b);
	if (!str_eq(buf_str(&a), buf_str(&b)))
		fail_at_first_difference(p, buf_str(&a), buf_str(&b));
	buf_fini(&a);
	buf_fini(&b);
}

/* By number or by reference, of a partner or of any. */
static void read_one(struct pair *p)
{
	struct arena arena = {0};
	char ref[16];
	snprintf(ref, sizeof ref, "r%d", (int)draw(p, REFS));
	struct store_get_item a = {.item = draw(p, 2) ? 1 + draw(p, 80) : 0,
	                           .ref = str_c(ref),
	                           .want_payload = true,
	                           .arena = &arena};
	a.partner = a.item && draw(p, 2) ? 0 : p->partner[draw(p, PARTNERS)];
	struct store_get_item b = a;
	if (both(p, &a.op, &b.op, STORE_GET_ITEM) == OK) {
		SAME(p, a.row.item, b.row.item);
		SAME(p, a.row.state, b.row.state);
		assert_true(str_eq(a.row.payload, b.row.payload));
	}
	arena_fini(&arena);
}

/* What waits is decided: by evidence, by a person, by time. */
static void decide(struct pair *p)
{
	static const char *const references[] = {"K-1", "K-2", "K-3"};
	char ref[16];
	struct item_evidence e = {STR("ekyc"), STR("x"), str_c(references[draw(p, 3)]), STR("confirmed"),
	                          DATE_NONE};
	snprintf(ref, sizeof ref, "r%d", (int)draw(p, REFS));
	struct store_decide a = {.how = (enum store_decide_how)draw(p, 4),
	                         .partner = p->partner[draw(p, PARTNERS)],
	                         .ref = str_c(ref),
	                         .evidence = &e,
	                         .evidence_count = 1,
	                         .by = STR("lan"),
	                         .why = STR("because"),
	                         .again = {.decider = p->decider,
	                                   .quotas = quotas,
	                                   .quota_count = draw(p, ARRAY_LEN(quotas) + 1),
	                                   .now = p->now}};
	struct store_decide b = a;
	if (both(p, &a.op, &b.op, STORE_DECIDE) != OK)
		return;
	SAME(p, a.item, b.item);
	SAME(p, a.before, b.before);
	SAME(p, a.state, b.state);
	SAME(p, a.repeated, b.repeated);
	assert_string_equal(a.reason, b.reason);
}

static void look(struct pair *p)
{
	struct arena arena = {0};
	struct store_get_unread a = {.after = draw(p, 60),
	                             .limit = 1 + (uint32_t)draw(p, 4),
	                             .arena = &arena};
	struct store_get_unread b = a;
	assert_int_equal(both(p, &a.op, &b.op, STORE_GET_UNREAD), OK);
	SAME(p, a.count, b.count);
	SAME(p, a.more, b.more);
	for (size_t i = 0; i < a.count; i++)
		SAME(p, a.rows[i].item, b.rows[i].item);
	struct store_looked x = {.item = a.count ? a.rows[0].item : 1 + draw(p, 60),
	                         .by = STR("r/one"),
	                         .says = STR("seen"),
	                         .now = p->now};
	struct store_looked y = x;
	(void)both(p, &x.op, &y.op, STORE_LOOKED); /* both went well, or both did not */
	arena_fini(&arena);
}

static void expire(struct pair *p)
{
	struct store_expire a = {.before = p->now - (instant_ms_t)draw(p, 3) * PLAY_DAY / 2,
	                         .now = p->now,
	                         .limit = 1 + (uint32_t)draw(p, 3)};
	if (draw(p, 4))
		return;
	struct store_expire b = a;
	assert_int_equal(both(p, &a.op, &b.op, STORE_EXPIRE), OK);
	SAME(p, a.expired, b.expired);
	SAME(p, a.next, b.next);
}

/* A rule set with a step, a step alone, or one that must be kept already. */
static void rules(struct pair *p)
{
	static const char *const names[] = {"", "sha256:a", "sha256:b", "sha256:c"};
	static const char *const texts[] = {"", "{}", "{\"zones\":[]}"};
	struct store_rules_step step = {.step = STR("staged"),
	                                .revision = str_c(names[draw(p, ARRAY_LEN(names))]),
	                                .person = STR("Lan"),
	                                .login = STR("lan"),
	                                .at = p->now};
	struct store_rules_keep a = {.revision = str_c(names[draw(p, ARRAY_LEN(names))]),
	                             .text = str_c(texts[draw(p, ARRAY_LEN(texts))]),
	                             .now = p->now,
	                             .steps = &step,
	                             .step_count = draw(p, 2),
	                             .setting = draw(p, 2) ? "policy" : NULL,
	                             .setting_value = step.revision};
	struct store_rules_keep b = a;
	(void)both(p, &a.op, &b.op, STORE_RULES_KEEP);
	SAME(p, a.added, b.added);
}

static void name_is_listed(struct pair *p)
{
	struct arena arena = {0};
	char name[32];
	(void)snprintf(name, sizeof name, "n%d.id.vn", (int)draw(p, NAMES));
	struct store_get_named a = {.decider = p->decider, .name = str_c(name), .arena = &arena}, b = a;
	assert_int_equal(both(p, &a.op, &b.op, STORE_GET_NAMED), OK);
	SAME(p, a.count, b.count);
	for (size_t i = 0; i < a.count; i++) {
		SAME(p, a.rows[i].named.list, b.rows[i].named.list);
		SAME(p, a.rows[i].named.line, b.rows[i].named.line);
		SAME(p, a.rows[i].named.label, b.rows[i].named.label);
	}
	arena_fini(&arena);
}

/* ---- lists --------------------------------------------------------------------------------------------------------------- */

static void list_comes(struct pair *p)
{
	static const enum store_list_kind kinds[] = {STORE_LIST_ENTERPRISES, STORE_LIST_ENTERPRISES,
	                                             STORE_LIST_RESERVED, STORE_LIST_BLOCKED};
	p->list_kind = kinds[draw(p, ARRAY_LEN(kinds))];
	struct store_list_begin a = {.kind = p->list_kind,
	                             .type = STR("finance_department_list"),
	                             .issuer = STR("a department"),
	                             .date = date_make(2026, 11, 1),
	                             .now = p->now};
	struct store_list_begin b = a;
	assert_int_equal(both(p, &a.op, &b.op, STORE_LIST_BEGIN), OK);
	SAME(p, a.list, b.list);
	p->lists = a.list;
}

static void list_rows(struct pair *p)
{
	struct store_list_row row = {.on = draw(p, 4)   ? date_make(2026, 5, 1)
	                                   : draw(p, 2) ? DATE_NONE
	                                                : date_make(2019, 5, 1)};
	static uint32_t line;
	char name[32];
	row.line = ++line;
	(void)snprintf(name, sizeof name, "n%d%s", (int)draw(p, NAMES), draw(p, 2) ? ".id.vn" : "");
	if (store_list_of_names(p->list_kind))
		(strchr(name, '.') ? decide_name_key : decide_label_key)(p->decider, str_c(name), row.key);
	else
		assert_true(decide_list_key(p->decider, APPLICANT_ENTERPRISE,
		                            str_c(play_tax_code((unsigned)draw(p, 6))), row.key));
	struct store_list_rows a = {.list = p->lists, .rows = &row, .count = 1}, b = a;
	if (both(p, &a.op, &b.op, STORE_LIST_ROWS) != OK)
		return;
	SAME(p, a.added, b.added);
	SAME(p, a.changed, b.changed);
	SAME(p, a.repeated, b.repeated);
}

static void list_preview(struct pair *p)
{
	struct arena arena = {0};
	struct store_list_decide a = {.preview = true,
	                              .list = p->lists,
	                              .again = {.decider = p->decider, .now = p->now},
	                              .arena = &arena};
	struct store_list_decide b = a;
	if (both(p, &a.op, &b.op, STORE_LIST_DECIDE) == OK) {
		SAME(p, a.count, b.count);
		for (size_t i = 0; i < a.count; i++) {
			SAME(p, a.items[i].row.item, b.items[i].row.item);
			SAME(p, a.items[i].then, b.items[i].then);
			assert_string_equal(a.items[i].reason, b.items[i].reason);
		}
	}
	arena_fini(&arena);
}

static void list_ends(struct pair *p)
{
	struct store_list_publish a = {.list = p->lists,
	                               .replaces = draw(p, 3) ? 0 : 1 + draw(p, p->lists + 1),
	                               .by = STR("an"),
	                               .why = STR("y"),
	                               .now = p->now};
	struct store_list_publish b = a;
	struct store_list_drop x = {.list = p->lists}, y = x;
	struct store_list_undo u = {
	    .list = 1 + draw(p, p->lists + 1), .by = STR("lan"), .why = STR("x"), .now = p->now};
	struct store_list_undo v = u;
	switch (draw(p, 4)) {
	case 0: (void)both(p, &x.op, &y.op, STORE_LIST_DROP); break; /* both went well, or both did not */
	case 1: (void)both(p, &u.op, &v.op, STORE_LIST_UNDO); break;
	default:
		if (both(p, &a.op, &b.op, STORE_LIST_PUBLISH) == OK)
			SAME(p, a.rows, b.rows);
	}
}

static void list_decides(struct pair *p)
{
	struct store_list_decide a = {.again = {.decider = p->decider,
	                                        .quotas = quotas,
	                                        .quota_count = draw(p, ARRAY_LEN(quotas) + 1),
	                                        .now = p->now}};
	struct store_list_decide b = a;
	assert_int_equal(both(p, &a.op, &b.op, STORE_LIST_DECIDE), OK);
	SAME(p, a.list, b.list);
	SAME(p, a.count, b.count);
	SAME(p, a.queued, b.queued);
	SAME(p, a.more, b.more);
	if (a.list)
		SAME(p, a.decided, b.decided);
	name_is_listed(p);
}

static void names_begin_to_cost(struct pair *p)
{
	date_t today = date_of_instant(p->now, HANOI_OFFSET_S);
	struct store_notify a = {.from = today - 30,
	                         .until = today + (date_t)draw(p, 800),
	                         .now = p->now,
	                         .limit = 1 + (uint32_t)draw(p, 3)};
	struct store_notify b = a;
	do {
		assert_int_equal(both(p, &a.op, &b.op, STORE_NOTIFY), OK);
		SAME(p, a.told, b.told);
		SAME(p, a.more, b.more);
		SAME(p, a.from, b.from);
		assert_string_equal(a.after_name, b.after_name);
	} while (a.more && draw(p, 4));
}

static void one_history(uint64_t seed)
{
	static void (*const acts[])(struct pair *) = {
	    begin,     chunk,       chunk,        publish,   publish,   abort_batch,
	    cancel,    claim,       claim,        claim,     finish,    finish,
	    message,   import,      restart,      unpark,    tidy,      tidy,
	    figures,   time_passes, read_one,     read_one,  decide,    decide,
	    decide,    expire,      list_comes,   list_rows, list_rows, list_preview,
	    list_ends, list_ends,   list_decides, rules,     look,      names_begin_to_cost};
	struct pair p = {.now = PLAY_START, .seed = seed};
	struct errmsg e;
	rng_init_seed(&p.rng, seed);
	p.side[0] = store_mem_new(&p.rng);
	assert_int_equal(store_sqlite_open(":memory:", NULL, &p.side[1], &e), OK);
	p.deciders[0] = p.decider = deciders[0];
	p.deciders[1] = deciders[1];
	for (size_t i = 0; i < SIDES; i++) {
		p.partner[0] = play_register(p.side[i], "an", false);
		p.account[0] = play_register(p.side[i], "r/one", true);
		p.account[1] = play_register(p.side[i], "an", true);
		p.partner[1] = play_register(p.side[i], "binh", false);
	}
	for (p.step = 0; p.step < STEPS; p.step++) {
		acts[draw(&p, ARRAY_LEN(acts))](&p);
		if (p.step % 10 == 9)
			compare(&p);
	}
	for (size_t i = 0; i < SIDES; i++)
		p.side[i]->ops->close(p.side[i]);
}

static void memory_and_sqlite_say_the_same(void **state)
{
	const char *only = getenv("STORE_DIFF_SEED");
	(void)state;
	if (only) {
		one_history(strtoull(only, NULL, 10));
		return;
	}
	for (uint64_t seed = 1; seed <= SEEDS; seed++)
		one_history(seed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(memory_and_sqlite_say_the_same)};
	for (unsigned i = 0; i < ARRAY_LEN(deciders); i++)
		deciders[i] = play_decider_new(i);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	for (unsigned i = 0; i < ARRAY_LEN(deciders); i++)
		decider_unref(&deciders[i]);
	return failed;
}
