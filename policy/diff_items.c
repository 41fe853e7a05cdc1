/* The checks of two rule sets side by side, and what each says of facts. */
#include "policy/diff_int.h"

#include "epp/base/alloc.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- words: reasons and clauses ---- */

static int word(struct policy_diff *d, struct str text)
{
	uintptr_t known = (uintptr_t)map_get(&d->word_by_text, text);
	if (known)
		return (int)known - 1;
	if (d->word_count == WORDS_MAX) {
		space_limit(&d->space, "more than %d reasons and clauses", WORDS_MAX);
		return -1;
	}
	d->words[d->word_count] = arena_str(&d->arena, text);
	(void)map_put(&d->word_by_text, d->words[d->word_count], (void *)(d->word_count + 1)); /* new */
	return (int)d->word_count++;
}

static int word_reason(struct policy_diff *d, const struct policy_word *w)
{
	return w ? word(d, w->id) : -1;
}

static void add_word(struct word_set *set, int w)
{
	if (w >= 0)
		set->bits[w / 64] |= 1ull << w % 64;
}

/* A clause as it is printed: document and section. A tab is in no reason's id. */
static int clause_word(struct policy_diff *d, const struct policy_clause *c)
{
	char text[400];
	int n = snprintf(text, sizeof text, "%.*s\t%.*s", STR_ARG(c->source->document), STR_ARG(c->section));
	return word(d, str_make(text, n < (int)sizeof text ? (size_t)n : sizeof text - 1));
}

static void add_cites(struct policy_diff *d, struct word_set *set, const struct cites *c)
{
	for (size_t i = 0; i < c->count; i++)
		add_word(set, clause_word(d, c->list[i]));
}

void diff_key_of(struct policy_diff *d, const struct policy_decision *p, struct diff_key *out)
{
	*out = (struct diff_key){.outcome = p->outcome, .main = -1};
	if (p->outcome == POLICY_GRANT || p->outcome == POLICY_GRANT_PARTIAL) {
		out->free_years = p->free_years;
		out->charged_years = p->charged_years;
	}
	for (size_t i = 0; i < p->reason_count; i++) {
		int w = word_reason(d, p->reasons[i]);
		add_word(&out->words, w);
		if (i == 0)
			out->main = w;
	}
	for (size_t i = 0; i < p->cite_count; i++)
		add_word(&out->words, clause_word(d, p->cites[i].clause));
}

bool diff_key_eq(const struct diff_key *a, const struct diff_key *b)
{
	return a->outcome == b->outcome && a->free_years == b->free_years &&
	       a->charged_years == b->charged_years && a->main == b->main &&
	       memcmp(&a->words, &b->words, sizeof a->words) == 0;
}

/* ---- speech ---- */

static void say_contested(struct policy_diff *d, const struct deciding *x, const struct check *c,
                          struct speech *out)
{
	for (size_t i = 0; i < c->contested_count; i++) {
		const struct contested *k = &c->contested[i];
		if (!condition_contested(&x->e, &c->test, k->by))
			continue;
		add_cites(d, &out->words, &k->cites);
		if (out->granted < 0)
			out->granted = word_reason(d, k->granted_reason);
	}
}

static void find(struct policy_diff *d, const struct check *c, const struct spec *s, enum speech_type type,
                 struct speech *out)
{
	out->type = type;
	out->outcome = s->outcome;
	out->reason = word_reason(d, s->reason);
	out->shaky = type == SPEECH_CERTAIN && !c->cites.grounded && s->outcome != POLICY_REVIEW;
	add_word(&out->words, out->reason);
	add_cites(d, &out->words, &c->cites);
}

static void say_missing(struct policy_diff *d, const struct deciding *x, const struct check *c,
                        struct speech *out)
{
	const struct spec ask = {.given = true,
	                         .outcome = POLICY_REVIEW,
	                         .reason = x->e.rules->verdicts[VERDICT_fact_missing].reason};
	find(d, c, c->missing.given ? &c->missing : &ask, SPEECH_MISSING, out);
}

/* As decide.c does it. */
static void speak(struct policy_diff *d, const struct deciding *x, const struct check *c, struct speech *out)
{
	int unsure = 0;
	enum applies applies = condition_applies(&x->e, c, &unsure);
	if (applies == APPLIES_NO)
		return;
	struct answered a = condition_test(&x->e, &c->test);
	if (applies == APPLIES_UNSURE) {
		if (!c->otherwise.flag_only && a.answer != ANSWER_PASS)
			say_missing(d, x, c, out);
		return;
	}
	say_contested(d, x, c, out);
	if (a.answer == ANSWER_FAIL && c->otherwise.flag_only)
		add_cites(d, &out->words, &c->cites);
	else if (a.answer == ANSWER_FAIL)
		find(d, c, &c->otherwise, SPEECH_CERTAIN, out);
	else if (a.answer == ANSWER_MISSING && (!c->otherwise.flag_only || c->missing.given))
		say_missing(d, x, c, out);
}

void diff_look_up(const struct policy_ruleset *r, const struct built *b, struct policy_decision *out,
                  struct deciding *x)
{
	*out = (struct policy_decision){.rules = r, .free_from = DATE_NONE, .eligible_until = DATE_NONE};
	*x = (struct deciding){.e = {.rules = r, .facts = &b->facts, .today = b->today}, .out = out};
	lookup_all(x);
}

static uint32_t pair_of(struct policy_diff *d, struct item *item, const struct speech said[SIDES])
{
	for (size_t i = 0; i < item->pair_count; i++)
		if (memcmp(item->pairs[i], said, sizeof item->pairs[i]) == 0)
			return (uint32_t)i;
	if (item->pair_count == PAIRS_MAX) {
		const struct check *c = item->check[item->check[0] ? 0 : 1];
		space_limit(&d->space, "%.*s: more than %d ways of speaking", STR_ARG(c->id), PAIRS_MAX);
		return 0;
	}
	memcpy(item->pairs[item->pair_count], said, sizeof item->pairs[0]);
	return (uint32_t)item->pair_count++;
}

uint32_t diff_speak(struct policy_diff *d, struct item *item, const struct point *p)
{
	struct built b;
	struct policy_decision out;
	struct deciding x;
	struct speech said[SIDES];
	if (!space_build(&d->space, p, &b))
		return NODE_VOID;
	memset(said, 0, sizeof said); /* the padding is compared, too */
	for (size_t side = 0; side < SIDES; side++) {
		const struct policy_ruleset *r = d->space.rules[side];
		said[side].reason = said[side].granted = -1;
		if (!item->check[side])
			continue;
		diff_look_up(r, &b, &out, &x);
		if (item->grant[side] && (b.facts.op != POLICY_CREATE || out.grant != item->grant[side]))
			continue;
		speak(d, &x, item->check[side], &said[side]);
	}
	return pair_of(d, item, said);
}

/* ---- items ---- */

static struct item *find_item(struct policy_diff *d, struct str id, struct str grant)
{
	for (size_t i = 0; i < d->item_count; i++) {
		struct item *t = &d->items[i];
		struct str has = t->grant[0] ? t->grant[0]->id : STR_NONE;
		if (t->check[0] && !t->check[1] && str_eq(t->check[0]->id, id) && str_eq(has, grant))
			return t;
	}
	return NULL;
}

static void add_check(struct policy_diff *d, size_t side, const struct policy_grant *g, const struct check *c,
                      int rank)
{
	struct item *t = side == 1 ? find_item(d, c->id, g ? g->id : STR_NONE) : NULL;
	if (!c->enabled)
		return;
	if (!t) {
		t = &d->items[d->item_count++];
		memset(t, 0, sizeof *t);
	}
	t->check[side] = c;
	t->grant[side] = g;
	t->rank[side] = rank;
}

static void add_side(struct policy_diff *d, size_t side)
{
	const struct policy_ruleset *r = d->space.rules[side];
	int rank = 0;
	for (size_t i = 0; i < r->checks.count; i++)
		add_check(d, side, NULL, &r->checks.list[i], rank++);
	for (size_t g = 0; g < r->grant_count; g++)
		for (size_t i = 0; i < r->grants[g].conditions.count; i++)
			add_check(d, side, &r->grants[g], &r->grants[g].conditions.list[i], rank++);
}

/* Everything that a test looks at, but for what the operation decides. */
static void test_dims(struct policy_diff *d, const struct test *t, size_t side, enum policy_op op,
                      struct dim_set *out)
{
	size_t dim = space_dim_of(&d->space, t->fact, side);
	switch (t->kind) {
	case TEST_FACT:
	case TEST_WITHIN:
		if (dim < DIMS_MAX)
			out->has[dim] = true;
		space_fact_dims(&d->space, t->fact, op, out);
		if (t->min.value || t->max.value)
			out->has[DIM_TODAY] = true;
		break;
	case TEST_AGE: out->has[DIM_BIRTH] = true; break;
	case TEST_CITIZEN_ID:
		out->has[DIM_ID_NUMBER] = true;
		out->has[DIM_GENDER] |= t->aspect == CITIZEN_GENDER;
		out->has[DIM_BIRTH] |= t->aspect == CITIZEN_CENTURY || t->aspect == CITIZEN_YEAR;
		break;
	case TEST_TAX_CODE: out->has[DIM_TAX_CODE] = true; break;
	case TEST_HOUSEHOLD_NUMBER:
		out->has[DIM_TAX_CODE] = true;
		if (t->aspect == HOUSEHOLD_KNOWN_FORM)
			space_fact_dims(&d->space, FACT_subject_number, op, out);
		break;
	case TEST_EVIDENCE:
		for (size_t g = 0; g < d->space.group_count; g++)
			if (diff_in_list(&t->in, d->space.dims[DIM_FIXED__COUNT + g].types.list[0]))
				out->has[DIM_FIXED__COUNT + g] = true;
		break;
	case TEST_NO_CONTRADICTION: out->has[DIM_CONTRADICTION] = true; break;
	case TEST__COUNT: break;
	}
}

void diff_check_dims(struct policy_diff *d, const struct item *item, size_t side, enum policy_op op,
                     struct dim_set *out)
{
	const struct check *c = item->check[side];
	if (!c || !(c->ops & 1u << op))
		return;
	for (size_t i = 0; i < c->when_count; i++) {
		size_t dim = space_dim_of(&d->space, c->when[i].fact, side);
		if (dim < DIMS_MAX)
			out->has[dim] = true;
		space_fact_dims(&d->space, c->when[i].fact, op, out);
	}
	out->has[DIM_KIND] |= c->kinds != (1u << POLICY_KIND__COUNT) - 1;
	if (item->grant[side])
		out->has[DIM_KIND] = out->has[DIM_ZONE] = true;
	test_dims(d, &c->test, side, op, out);
}

/* What stands in another order is `moved`: all but a longest run of checks in the same order on both sides. */
static void find_moved(struct policy_diff *d)
{
	size_t n = d->item_count;
	size_t *length = xcalloc(n + 1, sizeof *length), *before = xcalloc(n + 1, sizeof *before);
	size_t best = n;
	for (size_t i = 0; i < n; i++) { /* items stand in the order of the first side */
		if (!d->items[i].check[0] || !d->items[i].check[1])
			continue;
		length[i] = 1;
		before[i] = n;
		for (size_t k = 0; k < i; k++)
			if (length[k] && d->items[k].rank[1] < d->items[i].rank[1] &&
			    length[k] + 1 > length[i]) {
				length[i] = length[k] + 1;
				before[i] = k;
			}
		if (best == n || length[i] > length[best])
			best = i;
		d->items[i].moved = true;
	}
	for (; best < n; best = before[best])
		d->items[best].moved = false;
	free(length);
	free(before);
}

static bool has_words(const struct speech *s)
{
	static const struct word_set none;
	return s->granted >= 0 || memcmp(&s->words, &none, sizeof none) != 0;
}

/* The verdict that a rule rests on nothing reads otherwise: then its decisions do. */
static bool shaky_differs(struct policy_diff *d)
{
	struct word_set words[SIDES] = {{{0}}};
	for (size_t side = 0; side < SIDES; side++) {
		const struct verdict *v = &d->space.rules[side]->verdicts[VERDICT_source_unverified];
		d->unverified[side] = word_reason(d, v->reason);
		add_word(&words[side], d->unverified[side]);
		add_cites(d, &words[side], &v->cites);
	}
	return memcmp(&words[0], &words[1], sizeof words[0]) != 0;
}

static void sort_pairs(struct item *t, bool shaky)
{
	size_t silent = 0;
	for (size_t i = 0; i < t->pair_count; i++) {
		const struct speech *s = t->pairs[i];
		uint64_t bit = 1ull << i;
		bool speaks = s[0].type != SPEECH_NONE || s[1].type != SPEECH_NONE;
		t->all |= bit;
		if (memcmp(&s[0], &s[1], sizeof *s) != 0 || (t->moved && speaks) || (shaky && s[0].shaky))
			t->different |= bit;
		for (size_t side = 0; side < SIDES; side++) {
			t->certain[side] |= s[side].type == SPEECH_CERTAIN ? bit : 0;
			t->missing[side] |= s[side].type == SPEECH_MISSING ? bit : 0;
		}
		silent += !speaks;
		t->several |= !speaks && (has_words(&s[0]) || has_words(&s[1]));
	}
	t->several &= silent > 1;
}

/* What is left of a rule set without its checks: grants, waivers, verdicts. Shares everything with it. */
static struct policy_ruleset *make_bare(struct policy_diff *d, const struct policy_ruleset *r)
{
	struct policy_ruleset *bare = arena_calloc(&d->arena, 1, sizeof *bare);
	memcpy(bare, r, sizeof *bare);
	bare->checks.count = 0;
	bare->grants = arena_calloc(&d->arena, r->grant_count + 1, sizeof *bare->grants);
	bare->waivers = arena_calloc(&d->arena, r->waiver_count + 1, sizeof *bare->waivers);
	for (size_t i = 0; i < r->grant_count; i++) {
		bare->grants[i] = r->grants[i];
		bare->grants[i].conditions.count = 0;
	}
	for (size_t i = 0; i < r->waiver_count; i++) {
		struct policy_waiver *w = &bare->waivers[i];
		*w = r->waivers[i];
		w->covers = arena_calloc(&d->arena, w->cover_count + 1, sizeof *w->covers);
		for (size_t k = 0; k < w->cover_count; k++) {
			w->covers[k] = r->waivers[i].covers[k];
			w->covers[k].grant = bare->grants + (w->covers[k].grant - r->grants);
		}
	}
	return bare;
}

void diff_make_items(struct policy_diff *d)
{
	size_t most = 0;
	for (size_t side = 0; side < SIDES; side++) {
		const struct policy_ruleset *r = d->space.rules[side];
		most += r->checks.count;
		for (size_t g = 0; g < r->grant_count; g++)
			most += r->grants[g].conditions.count;
		d->bare[side] = make_bare(d, r);
	}
	d->items = arena_calloc(&d->arena, most + 1, sizeof *d->items);
	for (size_t side = 0; side < SIDES; side++)
		add_side(d, side);
	find_moved(d);
	bool shaky = shaky_differs(d);
	for (size_t i = 0; i < d->item_count; i++) {
		diff_graph_item(d, &d->items[i]);
		sort_pairs(&d->items[i], shaky);
		diff_graph_roots(d, &d->items[i]);
		for (size_t k = 0; k < d->space.dim_count; k++)
			if (d->items[i].reads.has[k])
				d->items[i].read_bits.bits[k / 64] |= 1ull << k % 64;
	}
}
