/* What decisions of two rule sets can depend on: dimensions and their classes, out of what either set compares facts with. */
#include "policy/diff_int.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void space_limit(struct space *s, const char *fmt, ...)
{
	char text[200];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	if (buf_len(&s->limits) && strstr(buf_cstr(&s->limits), text))
		return;
	buf_printf(&s->limits, "%s\n", text);
}

static void each_of(const struct checks *checks, size_t side, space_check_cb cb, void *ctx)
{
	for (size_t i = 0; i < checks->count; i++)
		if (checks->list[i].enabled) /* what a switch leaves out says nothing, and cuts nothing */
			cb(ctx, side, &checks->list[i]);
}

void space_each_check(const struct space *s, space_check_cb cb, void *ctx)
{
	for (size_t side = 0; side < SIDES; side++) {
		const struct policy_ruleset *r = s->rules[side];
		each_of(&r->checks, side, cb, ctx);
		for (size_t g = 0; g < r->grant_count; g++)
			each_of(&r->grants[g].conditions, side, cb, ctx);
	}
}

/* ---- which dimensions a fact is made of ---- */

static size_t declared_dim(const struct space *s, struct str id)
{
	for (size_t i = s->declared_first; i < s->dim_count; i++)
		if (str_eq(s->dims[i].name, id))
			return i;
	return DIMS_MAX;
}

size_t space_dim_of(const struct space *s, int fact, size_t side)
{
	static const uint8_t dims[] = {
	    [FACT_op] = DIM_OP,
	    [FACT_kind] = DIM_KIND,
	    [FACT_zone] = DIM_ZONE,
	    [FACT_period] = DIM_PERIOD,
	    [FACT_citizenship] = DIM_CITIZENSHIP,
	    [FACT_gender] = DIM_GENDER,
	    [FACT_birth_date] = DIM_BIRTH,
	    [FACT_id_number] = DIM_ID_NUMBER,
	    [FACT_tax_code] = DIM_TAX_CODE,
	    [FACT_registration_number] = DIM_REGISTRATION,
	    [FACT_founded_on] = DIM_FOUNDED,
	    [FACT_registered_on] = DIM_REGISTERED,
	    [FACT_registration_exempt] = DIM_EXEMPT,
	    [FACT_province] = DIM_PROVINCE,
	    [FACT_name_idn] = DIM_NAME_IDN,
	    [FACT_prior_grants] = DIM_PRIOR_GRANTS,
	    [FACT_prior_paid] = DIM_PRIOR_PAID,
	    [FACT_name_listed] = DIM_NAME_LISTED,
	    [FACT_name_known] = DIM_NAME_KNOWN,
	    [FACT_name_granted] = DIM_NAME_GRANTED,
	    [FACT_ownership_changed] = DIM_OWNERSHIP,
	    [FACT_grant_from] = DIM_GRANT_FROM,
	    [FACT_expires_on] = DIM_EXPIRES,
	    [FACT_grant] = DIM_GRANT,
	};
	if (fact >= FACT__COUNT)
		return declared_dim(s, s->rules[side]->facts[fact].id);
	return fact < (int)ARRAY_LEN(dims) ? dims[fact] : DIMS_MAX;
}

static void add_dims(struct dim_set *out, const size_t *dims, size_t count)
{
	for (size_t i = 0; i < count; i++)
		out->has[dims[i]] = true;
}

#define ADD_DIMS(out, ...) \
	add_dims(out, (const size_t[]){__VA_ARGS__}, sizeof((size_t[]){__VA_ARGS__}) / sizeof(size_t))

static void add_grant_dims(enum policy_op op, struct dim_set *out)
{
	ADD_DIMS(out, DIM_ZONE, DIM_KIND);
	if (op == POLICY_RENEW)
		out->has[DIM_GRANT] = true;
}

/* Facts that are worked out. */
void space_fact_dims(const struct space *s, int fact, enum policy_op op, struct dim_set *out)
{
	(void)s;
	switch (fact) {
	case FACT_subject_number:
		ADD_DIMS(out, DIM_KIND, DIM_ID_NUMBER, DIM_TAX_CODE, DIM_REGISTRATION);
		break;
	case FACT_zone_known:
	case FACT_zone_has_grant: out->has[DIM_ZONE] = true; break;
	case FACT_zone_takes_kind: ADD_DIMS(out, DIM_ZONE, DIM_KIND); break;
	case FACT_grant_fits: add_grant_dims(op, out); break;
	case FACT_waiver_status:
		add_grant_dims(op, out);
		out->has[op == POLICY_RENEW ? DIM_GRANT_FROM : DIM_TODAY] = true;
		break;
	case FACT_free_years_left:
	case FACT_free_term_whole:
		add_grant_dims(op, out);
		ADD_DIMS(out, DIM_RELATIVE, DIM_USED);
		break;
	case FACT_days_after_expiry: out->has[DIM_EXPIRES] = true; break;
	case FACT_plan:
	case FACT_province_known: ADD_DIMS(out, DIM_PROVINCE, DIM_PROVINCE_LIST, DIM_TODAY); break;
	default: break;
	}
}

/* ---- numbers ---- */

struct steps {
	struct space *s;
	size_t dim;
	int64_t at[CUTS_MAX];
	size_t count;
};

static void add_step(struct steps *t, int64_t at)
{
	for (size_t i = 0; i < t->count; i++)
		if (t->at[i] == at)
			return;
	if (t->count == CUTS_MAX)
		space_limit(t->s, "more than %d comparisons of %.*s", CUTS_MAX,
		            STR_ARG(t->s->dims[t->dim].name));
	else
		t->at[t->count++] = at;
}

static void add_bound_steps(struct steps *t, const struct bound *b, int above)
{
	if (b->given && !b->value)
		add_step(t, b->literal + above);
	for (size_t i = 0; b->given && b->value && i < b->value->count; i++)
		add_step(t, b->value->dated[i].value + above);
}

static void gather_steps(void *ctx, size_t side, const struct check *c)
{
	struct steps *t = ctx;
	if (c->test.kind != TEST_FACT || c->test.type != FACT_NUMBER ||
	    space_dim_of(t->s, c->test.fact, side) != t->dim)
		return;
	add_bound_steps(t, &c->test.min, 0);
	add_bound_steps(t, &c->test.max, 1);
}

static int by_number(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

static int years_max(const struct space *s)
{
	int most = 0;
	for (size_t side = 0; side < SIDES; side++)
		for (size_t i = 0; i < s->rules[side]->grant_count; i++)
			if (s->rules[side]->grants[i].years > most)
				most = s->rules[side]->grants[i].years;
	return most;
}

static void make_numbers(struct space *s, struct steps *t, int64_t lo, int64_t hi)
{
	struct dim *d = &s->dims[t->dim];
	d->form = FORM_NUMBER;
	space_each_check(s, gather_steps, t);
	qsort(t->at, t->count, sizeof *t->at, by_number);
	d->classes = arena_calloc(s->arena, t->count + 2, sizeof *d->classes);
	for (size_t i = 0; i < t->count; i++) {
		if (t->at[i] <= lo || t->at[i] > hi)
			continue;
		d->classes[d->count++] = (struct klass){.lo = lo, .hi = t->at[i] - 1};
		lo = t->at[i];
	}
	d->classes[d->count++] = (struct klass){.lo = lo, .hi = hi};
	d->classes[d->count++] = (struct klass){.missing = true};
}

static void make_built_in_numbers(struct space *s)
{
	struct steps period = {.s = s, .dim = DIM_PERIOD}, prior = {.s = s, .dim = DIM_PRIOR_GRANTS},
	             used = {.s = s, .dim = DIM_USED};
	for (int i = 1; i <= years_max(s) + 1; i++) {
		add_step(&period, i);
		add_step(&used, i);
	}
	make_numbers(s, &period, 0, INT32_MAX);
	make_numbers(s, &prior, 0, INT32_MAX);
	make_numbers(s, &used, 0, INT32_MAX);
}

/* ---- numbers of persons and organisations ---- */

static void find_places(struct space *s)
{
	for (size_t i = 0; i < ARRAY_LEN(s->places); i++)
		s->places[i] = -1;
	for (int p = 999; p >= 0; p--)
		s->places[s->rules[0]->places[p] * 2 + s->rules[1]->places[p]] = p;
}

/* ---- evidence ---- */

struct types {
	struct space *s;
	struct str *list, *signs;
	size_t count;
	bool second; /* signs are being made */
};

#define TYPES_MAX 256

static void gather_types(void *ctx, size_t side, const struct check *c)
{
	struct types *t = ctx;
	const struct text_list *lists[] = {&c->test.in, &c->test.complete};
	(void)side;
	if (c->test.kind != TEST_EVIDENCE)
		return;
	for (size_t k = 0; t->second && k < t->count; k++)
		t->signs[k] =
		    arena_printf(t->s->arena, "%.*s%d%d", STR_ARG(t->signs[k]),
		                 diff_in_list(lists[0], t->list[k]), diff_in_list(lists[1], t->list[k]));
	for (size_t i = 0; !t->second && i < ARRAY_LEN(lists); i++)
		for (size_t k = 0; k < lists[i]->count; k++) {
			struct text_list known = {t->list, t->count};
			if (diff_in_list(&known, lists[i]->list[k]))
				continue;
			if (t->count == TYPES_MAX)
				space_limit(t->s, "more than %d types of evidence", TYPES_MAX);
			else
				t->list[t->count++] = lists[i]->list[k];
		}
}

static void add_type(struct space *s, struct dim *d, struct str type)
{
	struct klass all = {.members = d->types};
	space_add_member(s, &all, type);
	d->types = all.members;
}

/* Some test wants reference and date: of the pairs of digits in a sign, one ends with 1. */
static bool asks_complete(struct str sign)
{
	for (size_t i = 1; i < sign.len; i += 2)
		if (sign.ptr[i] == '1')
			return true;
	return false;
}

/* Types that the same tests take are one dimension: the best piece of them counts. */
static void make_evidence(struct space *s)
{
	struct types t = {.s = s};
	t.list = arena_calloc(s->arena, TYPES_MAX, sizeof *t.list);
	t.signs = arena_calloc(s->arena, TYPES_MAX, sizeof *t.signs);
	space_each_check(s, gather_types, &t);
	t.second = true;
	space_each_check(s, gather_types, &t);
	for (size_t i = 0; i < t.count; i++) {
		size_t k = 0;
		while (k < i && !str_eq(t.signs[k], t.signs[i]))
			k++;
		if (k == i && s->group_count == EVIDENCE_GROUPS_MAX) {
			space_limit(s, "more than %d kinds of evidence", EVIDENCE_GROUPS_MAX);
			return;
		}
		if (k == i) {
			struct dim *d = &s->dims[DIM_FIXED__COUNT + s->group_count++];
			*d = (struct dim){.form = FORM_EVIDENCE,
			                  .fact = FACT__COUNT,
			                  .name = STR("evidence"),
			                  .vi = STR("giấy tờ, xác thực"),
			                  .en = STR("evidence"),
			                  .count = asks_complete(t.signs[i]) ? PIECES__COUNT : PIECES_SIMPLE};
			d->classes = arena_calloc(s->arena, PIECES__COUNT, sizeof *d->classes);
			d->classes[0].missing = true;
			add_type(s, d, t.list[i]);
			t.signs[i] = arena_printf(s->arena, "%.*s", STR_ARG(t.signs[i]));
		} else {
			for (size_t g = 0; g < s->group_count; g++)
				if (diff_in_list(&s->dims[DIM_FIXED__COUNT + g].types, t.list[k]))
					add_type(s, &s->dims[DIM_FIXED__COUNT + g], t.list[i]);
		}
	}
}

/* ---- all of them ---- */

static void name_dim(struct space *s, size_t dim, int fact)
{
	struct dim *d = &s->dims[dim];
	size_t side = s->rules[1]->fact_count > (size_t)fact ? 1 : 0;
	const struct fact_info *info = &s->rules[side]->facts[fact];
	d->fact = fact;
	d->name = info->id;
	d->vi = info->vi;
	d->en = info->en;
}

static void name_dims(struct space *s)
{
	for (int f = 0; f < FACT_DERIVED_FIRST; f++)
		name_dim(s, space_dim_of(s, f, 1), f);
	s->dims[DIM_PROVINCE_LIST].name = s->dims[DIM_PROVINCE_LIST].en = STR("province_list");
	s->dims[DIM_PROVINCE_LIST].vi = STR("danh mục tỉnh");
	s->dims[DIM_TODAY].name = STR("at");
	s->dims[DIM_TODAY].en = STR("day of the decision");
	s->dims[DIM_TODAY].vi = STR("ngày xét");
	s->dims[DIM_USED].name = s->dims[DIM_USED].en = STR("free_years_used");
	s->dims[DIM_USED].vi = STR("số năm miễn phí đã dùng");
	s->dims[DIM_RELATIVE].name = STR("expires_on");
	s->dims[DIM_RELATIVE].en = STR("present expiry date");
	s->dims[DIM_RELATIVE].vi = STR("ngày hết hạn hiện tại");
	s->dims[DIM_CONTRADICTION].name = s->dims[DIM_CONTRADICTION].en = STR("contradiction");
	s->dims[DIM_CONTRADICTION].vi = STR("giấy tờ mâu thuẫn");
}

/* A declared fact of either side. */
static void make_declared(struct space *s, const struct fact_info *info, size_t side)
{
	const struct fact_info *other = map_get(&s->rules[!side]->fact_by_id, info->id);
	size_t dim = declared_dim(s, info->id);
	if (dim < DIMS_MAX)
		return; /* the first side had it, too */
	if (s->dim_count == DIMS_MAX) {
		space_limit(s, "more than %d facts", DIMS_MAX);
		return;
	}
	dim = s->dim_count++;
	struct dim *d = &s->dims[dim];
	*d = (struct dim){.fact = FACT__COUNT, .name = info->id, .vi = info->vi, .en = info->en};
	if (other && other->type != info->type)
		space_limit(s, "the fact %.*s is of another type: values of its new type are not compared",
		            STR_ARG(info->id));
	if (info->type == FACT_DATE) {
		d->form = FORM_DATE;
	} else if (info->type == FACT_NUMBER) {
		struct steps t = {.s = s, .dim = dim};
		bool both = other && other->type == FACT_NUMBER;
		int64_t lo = both && other->min < info->min ? other->min : info->min;
		int64_t hi = both && other->max > info->max ? other->max : info->max;
		if (both) {
			add_step(&t, info->min);
			add_step(&t, other->min);
			add_step(&t, info->max + 1);
			add_step(&t, other->max + 1);
		}
		make_numbers(s, &t, lo, hi);
	} else {
		const char *words[CLASSES_MAX];
		size_t n = 0;
		for (size_t k = 0; k < info->words.count && n < CLASSES_MAX; k++)
			words[n++] = info->words.list[k].ptr;
		for (size_t k = 0; other && k < other->words.count && n < CLASSES_MAX; k++)
			words[n++] = other->words.list[k].ptr;
		space_make_texts(s, dim, words, n);
	}
}

static void make_all_texts(struct space *s)
{
	static const char *const yes_no[] = {"false", "true"};
	static const size_t flags[] = {DIM_EXEMPT,     DIM_NAME_IDN,     DIM_PRIOR_PAID,
	                               DIM_NAME_KNOWN, DIM_NAME_GRANTED, DIM_OWNERSHIP};
	static const size_t open[] = {DIM_ZONE, DIM_GRANT, DIM_CITIZENSHIP, DIM_PROVINCE, DIM_PROVINCE_LIST};
	space_make_texts(s, DIM_OP, policy_op_names, POLICY_OP__COUNT);
	space_make_texts(s, DIM_KIND, policy_kind_names + 1, POLICY_KIND__COUNT - 1);
	space_make_texts(s, DIM_GENDER, policy_gender_names + 1, POLICY_GENDER__COUNT - 1);
	space_make_texts(s, DIM_NAME_LISTED, policy_listed_names, POLICY_LISTED__COUNT);
	for (size_t i = 0; i < ARRAY_LEN(flags); i++)
		space_make_texts(s, flags[i], yes_no, ARRAY_LEN(yes_no));
	for (size_t i = 0; i < ARRAY_LEN(open); i++)
		space_make_texts(s, open[i], NULL, 0);
}

static void note_compared_numbers(void *ctx, size_t side, const struct check *c)
{
	struct space *s = ctx;
	int f = c->test.fact;
	(void)side;
	if (c->test.kind == TEST_FACT && c->test.in.count &&
	    (f == FACT_id_number || f == FACT_tax_code || f == FACT_registration_number ||
	     f == FACT_subject_number))
		space_limit(s, "%.*s compares a number with texts: not followed", STR_ARG(c->id));
}

static void note_plan(void *ctx, size_t side, const struct check *c)
{
	struct space *s = ctx;
	bool asks = c->test.kind == TEST_FACT && c->test.fact == FACT_plan;
	for (size_t i = 0; i < c->when_count; i++)
		asks |= c->when[i].fact == FACT_plan;
	if (!asks)
		return;
	s->asks_plan = true;
	if (s->rules[side]->readings[READING_attribution].value != 0)
		space_limit(s, "%.*s asks for a plan, which a number tells: not followed", STR_ARG(c->id));
}

static void lay_out(struct space *s)
{
	for (size_t i = 0; i < s->dim_count; i++) {
		s->dims[i].first_word = s->words;
		s->dims[i].words = (s->dims[i].count + 63) / 64;
		s->words += s->dims[i].words;
	}
}

void space_init(struct space *s, struct arena *arena, const struct policy_ruleset *from,
                const struct policy_ruleset *to)
{
	static const size_t dates[] = {DIM_BIRTH,      DIM_FOUNDED, DIM_REGISTERED,
	                               DIM_GRANT_FROM, DIM_EXPIRES, DIM_RELATIVE};
	*s = (struct space){.rules = {from, to}, .arena = arena, .declared_first = DIMS_MAX};
	buf_init(&s->limits, 1 << 20);
	s->dim_count = DIM_FIXED__COUNT;
	for (size_t i = 0; i < ARRAY_LEN(dates); i++)
		s->dims[dates[i]].form = FORM_DATE;
	name_dims(s);
	make_evidence(s);
	s->dim_count += s->group_count;
	s->declared_first = s->dim_count;
	s->dims[DIM_TODAY].form = FORM_TODAY;
	space_each_check(s, note_plan, s);
	make_all_texts(s);
	make_built_in_numbers(s);
	find_places(s);
	space_make_numbered(s);
	for (size_t side = 0; side < SIDES; side++)
		for (size_t i = FACT__COUNT; i < s->rules[side]->fact_count; i++)
			make_declared(s, &s->rules[side]->facts[i], side);
	space_each_check(s, note_compared_numbers, s);
	space_gather_dates(s);
	space_make_dates(s);
	lay_out(s);
}
