/* Classes of facts that are texts: those about which both rule sets know the same are one. */
#include "policy/diff_int.h"

#define LISTS_MAX 512
struct gathering {
	struct space *s;
	size_t dim;
	const struct text_list *lists[LISTS_MAX];
	size_t count;
};

static void gather_lists(void *ctx, size_t side, const struct check *c)
{
	struct gathering *g = ctx;
	for (size_t i = 0; i < c->when_count + 1; i++) {
		bool test = i == c->when_count;
		int fact = test ? c->test.fact : c->when[i].fact;
		const struct text_list *list = test ? &c->test.in : &c->when[i].in;
		if ((test && c->test.kind != TEST_FACT) || list->count == 0 ||
		    space_dim_of(g->s, fact, side) != g->dim)
			continue;
		if (g->count == LISTS_MAX)
			space_limit(g->s, "more than %d rules on %.*s", LISTS_MAX,
			            STR_ARG(g->s->dims[g->dim].name));
		else
			g->lists[g->count++] = list;
	}
}

bool diff_in_list(const struct text_list *list, struct str text)
{
	for (size_t i = 0; i < list->count; i++)
		if (str_eq(list->list[i], text))
			return true;
	return false;
}

/* What both sides know of a zone, or of a province's code. */
static void know_zone(const struct space *s, struct str text, struct buf *out)
{
	for (size_t side = 0; side < SIDES; side++) {
		const struct policy_ruleset *r = s->rules[side];
		const struct zone *z = map_get(&r->zone_by_name, text);
		buf_printf(out, "/%d:%u", z != NULL, z ? z->kinds : 0);
		for (size_t i = 0; i < r->grant_count; i++)
			buf_byte(out, str_eq(r->grants[i].zone, text) ? '1' : '0');
	}
}

/* A code that a plan is of, or that was merged into one. */
static void know_plans(const struct policy_ruleset *r, struct str text, struct buf *out)
{
	for (size_t i = 0; i < r->plan_count; i++) {
		bool of = str_eq(r->plans[i].province, text);
		for (size_t k = 0; k < r->merge_count; k++)
			for (size_t j = 0; j < r->merges[k].old_codes.count; j++)
				of |= str_eq(r->merges[k].old_codes.list[j], text) &&
				      str_eq(r->merges[k].new_codes.list[j], r->plans[i].province);
		buf_byte(out, str_eq(r->plans[i].province, text) ? '2' : of ? '1' : '0');
	}
}

static void know_province(const struct space *s, struct str text, struct buf *out)
{
	for (size_t side = 0; side < SIDES; side++)
		for (size_t i = 0; i < s->rules[side]->province_list_count; i++)
			buf_byte(out,
			         diff_in_list(&s->rules[side]->province_lists[i].codes, text) ? '1' : '0');
	for (size_t side = 0; s->asks_plan && side < SIDES; side++)
		know_plans(s->rules[side], text, out);
}

static void know(const struct gathering *g, struct str text, struct buf *out)
{
	buf_clear(out);
	for (size_t i = 0; i < g->count; i++)
		buf_byte(out, diff_in_list(g->lists[i], text) ? '1' : '0');
	if (g->dim == DIM_ZONE)
		know_zone(g->s, text, out);
	if (g->dim == DIM_PROVINCE)
		know_province(g->s, text, out);
	if (g->dim == DIM_GRANT || g->dim == DIM_PROVINCE_LIST || g->dim == DIM_OP || g->dim == DIM_KIND ||
	    g->dim == DIM_GENDER || g->dim >= g->s->declared_first)
		buf_add(out, text); /* each by itself */
}

void space_add_member(struct space *s, struct klass *k, struct str text)
{
	struct str *list = arena_calloc(s->arena, k->members.count + 1, sizeof *list);
	if (k->members.count)
		memcpy(list, k->members.list, k->members.count * sizeof *list);
	list[k->members.count++] = text;
	k->members.list = list;
}

/* Texts about which the rules know the same are one class. */
static void add_text(struct gathering *g, struct str text, struct buf *scratch, struct map *by_sign)
{
	struct dim *d = &g->s->dims[g->dim];
	if (text.len == 0)
		return;
	for (size_t i = 0; i < d->count; i++)
		if (diff_in_list(&d->classes[i].members, text))
			return;
	know(g, text, scratch);
	struct klass *k = map_get(by_sign, buf_str(scratch));
	if (!k) {
		if (d->count + 2 >= CLASSES_MAX) {
			space_limit(g->s, "more than %d values of %.*s", CLASSES_MAX, STR_ARG(d->name));
			return;
		}
		k = &d->classes[d->count++];
		k->text = text;
		(void)map_put(by_sign, arena_str(g->s->arena, buf_str(scratch)), k); /* new */
	}
	space_add_member(g->s, k, text);
}

static void add_own_texts(struct gathering *g, struct buf *scratch, struct map *by_sign)
{
	for (size_t side = 0; side < SIDES; side++) {
		const struct policy_ruleset *r = g->s->rules[side];
		struct str text;
		void *ignored;
		for (size_t i = 0; g->dim == DIM_ZONE && i < r->grant_count; i++)
			add_text(g, r->grants[i].zone, scratch, by_sign);
		for (size_t at = 0; g->dim == DIM_ZONE && map_next(&r->zone_by_name, &at, &text, &ignored);)
			add_text(g, text, scratch, by_sign);
		for (size_t i = 0; g->dim == DIM_GRANT && i < r->grant_count; i++)
			add_text(g, r->grants[i].id, scratch, by_sign);
		for (size_t i = 0; i < r->province_list_count; i++) {
			const struct province_list *p = &r->province_lists[i];
			for (size_t k = 0; g->dim == DIM_PROVINCE && k < p->codes.count; k++)
				add_text(g, p->codes.list[k], scratch, by_sign);
			if (g->dim == DIM_PROVINCE_LIST)
				add_text(g, p->id, scratch, by_sign);
		}
	}
}

/* `fixed`: nothing but these can be given. */
void space_make_texts(struct space *s, size_t dim, const char *const *fixed, size_t fixed_count)
{
	struct gathering g = {.s = s, .dim = dim};
	struct dim *d = &s->dims[dim];
	struct map by_sign;
	struct buf scratch;
	map_init(&by_sign);
	buf_init(&scratch, 1 << 20);
	d->form = FORM_TEXT;
	d->classes = arena_calloc(s->arena, CLASSES_MAX, sizeof *d->classes);
	space_each_check(s, gather_lists, &g);
	for (size_t i = 0; i < fixed_count; i++)
		add_text(&g, str_c(fixed[i]), &scratch, &by_sign);
	for (size_t i = 0; !fixed && i < g.count; i++)
		for (size_t k = 0; k < g.lists[i]->count; k++)
			add_text(&g, g.lists[i]->list[k], &scratch, &by_sign);
	if (!fixed) {
		add_own_texts(&g, &scratch, &by_sign);
		d->classes[d->count++] = (struct klass){.other = true, .text = STR("another")};
	}
	if (dim != DIM_OP && dim != DIM_NAME_IDN && dim != DIM_EXEMPT && dim != DIM_NAME_LISTED)
		d->classes[d->count++] = (struct klass){.missing = true};
	map_fini(&by_sign);
	buf_fini(&scratch);
}
