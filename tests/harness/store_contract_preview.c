/* The contract, continued: a preview says what intake would make of lines, and leaves no trace. */
#include "daemon/store/store_preview.h"

#include "epp/base/check.h"
#include "epp/base/rng.h"
#include "tests/harness/store_contract_int.h"

#include <string.h>

#define LINES  48
#define ROUNDS 40

static const struct quota quotas[] = {
    {.name = "grants", .zone = "id.vn", .period = QUOTA_DAY, .grants = true, .limit = {.max = 5}},
    {.name = "all", .period = QUOTA_MONTH, .limit = {.max = 30}},
    {.name = "watched", .zone = "com.vn", .period = QUOTA_EVER, .limit = {.max = 2, .shadow = true}}};

/* Lines that compete: few references, persons and names. */
static void some_lines(struct contract *c, struct rng *rng, struct store_line *lines, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		enum play_kind kind = (enum play_kind)rng_below(rng, PLAY__COUNT);
		const char *zone = kind == PLAY_PAID ? "com" : kind == PLAY_LISTED ? "biz" : "id";
		struct play_line l = {.kind = kind,
		                      .ref = arena_printf(&c->a, "r%d", (int)rng_below(rng, 60)).ptr,
		                      .name =
		                          arena_printf(&c->a, "n%d.%s.vn", (int)rng_below(rng, 12), zone).ptr,
		                      .person = (unsigned)rng_below(rng, 8),
		                      .account = c->account[0]};
		lines[i] = play_line(&c->a, &l, (uint32_t)(i + 1));
	}
}

static struct store_preview preview_of(struct contract *c, struct store_sofar *sofar)
{
	return (struct store_preview){.partner = c->partner[0],
	                              .decider = c->decider,
	                              .quotas = quotas,
	                              .quota_count = ARRAY_LEN(quotas),
	                              .now = c->now,
	                              .sofar = sofar,
	                              .arena = &c->a};
}

/* In chunks of any size, as a body comes in. */
static void preview_all(struct contract *c, struct store_backend *b, struct rng *rng,
                        const struct store_line *lines, struct store_preview_line *out, size_t n,
                        struct store_room *room, enum err *end)
{
	struct store_sofar sofar;
	store_sofar_init(&sofar);
	for (size_t i = 0; i < n; i++)
		out[i] = (struct store_preview_line){.line = lines[i].line,
		                                     .account = lines[i].account,
		                                     .request = lines[i].request,
		                                     .payload = lines[i].payload};
	for (size_t at = 0, k; at < n; at += k) {
		struct store_preview p = preview_of(c, &sofar);
		k = 1 + rng_below(rng, n - at);
		p.lines = out + at;
		p.count = k;
		assert_int_equal(play(b, &p.op, STORE_PREVIEW), OK);
	}
	struct store_preview last = preview_of(c, &sofar);
	last.conclude = true;
	last.room = *room;
	*end = play(b, &last.op, STORE_PREVIEW);
	*room = last.room;
	store_sofar_fini(&sofar);
}

/* The stage is the first member: "admission" there, "preview" here. */
static struct str without_stage(struct str common)
{
	(void)str_split(&common, ',');
	return common;
}

static void assert_same(struct contract *c, const struct store_line *live, const struct store_preview_line *p)
{
	assert_int_equal(p->outcome, live->outcome);
	if (live->outcome != STORE_LINE_NEW && live->outcome != STORE_LINE_SAME)
		return;
	struct store_row row = contract_row(c, live->item);
	assert_int_equal(p->row.state, row.state);
	assert_string_equal(p->row.intake_reason, row.intake_reason);
	assert_int_equal(p->row.intake_fault, row.intake_fault);
	assert_true(str_eq(p->row.ref, row.ref) && str_eq(p->row.domain, row.domain));
	assert_true(str_eq(p->row.result.needs, row.result.needs));
	assert_true(str_eq(p->row.decision_item, row.decision_item));
	assert_true(str_eq(without_stage(p->row.decision_common), without_stage(row.decision_common)));
	assert_int_equal(p->row.paid, row.paid);
}

static enum err admit(struct contract *c, struct store_line *lines, size_t n, struct store_room *room)
{
	struct store_batch_begin begin = {.partner = c->partner[0], .now = c->now, .room = *room};
	enum err err = play(c->b, &begin.op, STORE_BATCH_BEGIN);
	if (err)
		return err;
	struct store_batch_chunk k = contract_chunk_of(c, 0, begin.batch, lines, n);
	k.quotas = quotas;
	k.quota_count = ARRAY_LEN(quotas);
	assert_int_equal(play(c->b, &k.op, STORE_BATCH_CHUNK), OK);
	struct store_batch_publish p = {.batch = begin.batch, .now = c->now, .room = *room};
	err = play(c->b, &p.op, STORE_BATCH_PUBLISH);
	*room = p.room;
	struct store_batch_abort a = {.batch = begin.batch};
	if (err)
		assert_int_equal(play(c->b, &a.op, STORE_BATCH_ABORT), OK);
	return err;
}

static struct store_room some_room(struct rng *rng)
{
	return (struct store_room){
	    .queued = {rng_below(rng, 3) ? 0 : 1 + (uint32_t)rng_below(rng, 300), rng_below(rng, 2), NULL},
	    .per_day = {rng_below(rng, 3) ? 0 : 1 + (uint32_t)rng_below(rng, 300), rng_below(rng, 2), NULL}};
}

/* What was previewed, and then happens, is the same, whatever has happened before. */
static void a_preview_is_what_intake_does(void **state)
{
	CONTRACT_OF(c, state);
	struct store_backend *reader = c->kit->open_reader ? c->kit->open_reader(c->env) : c->b;
	struct store_line lines[LINES];
	struct store_preview_line previews[LINES];
	struct rng rng;
	unsigned full = 0;
	rng_init_seed(&rng, 7);
	for (int round = 0; round < ROUNDS; round++) {
		size_t n = 1 + rng_below(&rng, LINES);
		struct store_room room = some_room(&rng), live = room;
		enum err end;
		some_lines(c, &rng, lines, n);
		preview_all(c, rng_below(&rng, 2) ? reader : c->b, &rng, lines, previews, n, &room, &end);
		assert_int_equal(admit(c, lines, n, &live), end);
		full += end == ERR_FULL;
		for (size_t i = 0; i < n && !end; i++)
			assert_same(c, &lines[i], &previews[i]);
		c->now += 3 * 3600000;
	}
	assert_true(full > 0 && full < ROUNDS);
	if (reader != c->b)
		reader->ops->close(reader);
}

static void a_preview_leaves_no_trace(void **state)
{
	CONTRACT_OF(c, state);
	struct store_line lines[LINES];
	struct store_preview_line previews[LINES];
	struct store_room room = {.queued = {.max = 100}};
	struct buf before, after;
	struct rng rng;
	enum err end;
	rng_init_seed(&rng, 3);
	buf_init(&before, 1u << 20);
	buf_init(&after, 1u << 20);
	some_lines(c, &rng, lines, LINES);
	play_dump(c->b, c->now, &before);
	preview_all(c, c->b, &rng, lines, previews, LINES, &room, &end);
	play_dump(c->b, c->now, &after);
	assert_int_equal(end, OK);
	assert_true(str_eq(buf_str(&before), buf_str(&after)));
	assert_int_equal(contract_counts(c).grants, 0);
	buf_fini(&before);
	buf_fini(&after);
}

/* Without a payload the reference is not looked at: the same line twice is decided twice. */
static void a_single_decision_has_no_reference(void **state)
{
	CONTRACT_OF(c, state);
	struct play_line l = {.kind = PLAY_GRANT, .ref = "one", .name = "n.id.vn", .account = c->account[0]};
	struct store_line line = play_line(&c->a, &l, 1);
	(void)contract_admit(c, 0, &l, 1); /* takes the person's grant */
	struct store_sofar sofar;
	store_sofar_init(&sofar);
	struct store_preview_line p = {.line = 1, .account = c->account[0], .request = line.request};
	struct store_preview o = preview_of(c, &sofar);
	o.lines = &p;
	o.count = 1;
	assert_int_equal(play(c->b, &o.op, STORE_PREVIEW), OK);
	assert_int_equal(p.outcome, STORE_LINE_NEW);
	assert_true(p.decided && p.ledger.subject_has_grant);
	assert_int_equal(p.row.state, ITEM_REFUSED);
	store_sofar_fini(&sofar);
}

const struct CMUnitTest contract_preview_tests[] = {CONTRACT_TEST(a_preview_is_what_intake_does),
                                                    CONTRACT_TEST(a_preview_leaves_no_trace),
                                                    CONTRACT_TEST(a_single_decision_has_no_reference),
                                                    CONTRACT_TESTS_END};
