/*
 * The vocabulary of facts: those that are built in, with what their texts can be, and those that rule files declare. A
 * declared fact needs no code: an item carries it by name, and checks require or match it like any other.
 */
#include "policy/load_int.h"

#include <stdio.h>

static const char *const yes_no[] = {"false", "true", NULL};
static const char *const waiver_statuses[] = {"none", "in_force", "undecided", NULL};

static const char *const builtin_names[] = {
#define X(name, type) #name,
    POLICY_FACT_LIST(X)
#undef X
};

static const enum fact_type builtin_types[] = {
#define X(name, type) FACT_##type,
    POLICY_FACT_LIST(X)
#undef X
};

/* What the text of a built-in fact can be; NULL: anything. */
static const char *const *builtin_words(enum fact f)
{
	switch (f) {
	case FACT_op: return policy_op_names;
	case FACT_kind: return policy_kind_names + POLICY_CITIZEN;
	case FACT_gender: return policy_gender_names + POLICY_MALE;
	case FACT_waiver_status: return waiver_statuses;
	case FACT_name_listed: return policy_listed_names;
	case FACT_registration_exempt:
	case FACT_name_idn:
	case FACT_prior_paid:
	case FACT_name_known:
	case FACT_name_granted:
	case FACT_ownership_changed:
	case FACT_zone_known:
	case FACT_zone_takes_kind:
	case FACT_zone_has_grant:
	case FACT_grant_fits:
	case FACT_free_term_whole:
	case FACT_province_known: return yes_no;
	default: return NULL;
	}
}

static struct text_list words_of(struct loader *l, const char *const *names)
{
	struct text_list out = {0};
	size_t count = 0;
	while (names && names[count])
		count++;
	if (count)
		out.list = arena_calloc(l->a, count, sizeof *out.list);
	for (; out.count < count; out.count++)
		out.list[out.count] = str_c(names[out.count]);
	return out;
}

static struct fact_info *enter(struct loader *l, struct str id, enum fact_type type)
{
	struct policy_ruleset *r = l->r;
	struct fact_info *f = &r->facts[r->fact_count];
	*f = (struct fact_info){.id = id, .type = type, .min = -LOAD_NUMBER_MAX, .max = LOAD_NUMBER_MAX};
	r->fact_names[r->fact_count++] = id.ptr;
	(void)map_put(&r->fact_by_id, id, f); /* the caller has seen to it that it is new */
	return f;
}

static void enter_builtin(struct loader *l)
{
	for (size_t i = 0; i < FACT__COUNT; i++)
		enter(l, str_c(builtin_names[i]), builtin_types[i])->words =
		    words_of(l, builtin_words((enum fact)i));
}

/* Ids are written in items, in columns and in rules. */
static bool is_id(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];
		if (!(c >= 'a' && c <= 'z') && !(i > 0 && (c == '_' || (c >= '0' && c <= '9'))))
			return false;
	}
	return s.len > 0 && s.len <= POLICY_GIVEN_NAME_MAX;
}

static const char *const fact_types[] = {"number", "date", "code", "flag", NULL};

static void read_type(struct loader *l, struct yaml_node *n, struct fact_info *f)
{
	enum { NUMBER, DATE, CODE, FLAG };
	static const enum fact_type types[] = {FACT_NUMBER, FACT_DATE, FACT_TEXT, FACT_TEXT};
	int type = FLAG;
	if (!yaml_enum(l->d, n, "type", YAML_REQUIRED, fact_types, &type))
		return;
	f->type = types[type];
	if (type == FLAG)
		f->words = words_of(l, yes_no);
	if (type == CODE)
		load_texts(l, n, "codes", true, &f->words);
	if (type == NUMBER) {
		(void)yaml_i64(l->d, n, "min", YAML_OPTIONAL, -LOAD_NUMBER_MAX, LOAD_NUMBER_MAX,
		               &f->min); /* told */
		(void)yaml_i64(l->d, n, "max", YAML_OPTIONAL, -LOAD_NUMBER_MAX, LOAD_NUMBER_MAX, &f->max);
		if (f->max < f->min)
			yaml_error(l->d, yaml_get(n, "max"), "is below 'min'");
	}
}

static struct fact_info *declare(struct loader *l, struct yaml_node *n, struct str id)
{
	if (!is_id(id)) {
		yaml_shape_error(l->d, yaml_get(n, "id"), "'%.*s' cannot name a fact", STR_ARG(id));
		diag_help(l->d, "small letters, digits and '_', a letter first, at most %d",
		          POLICY_GIVEN_NAME_MAX);
		return NULL;
	}
	if (l->r->fact_count == FACTS_MAX) {
		yaml_error(l->d, n, "more than %d declared facts", FACTS_DECLARED_MAX);
		return NULL;
	}
	struct fact_info *f = enter(l, id, FACT_TEXT);
	read_type(l, n, f);
	return f;
}

static void read_fact(struct loader *l, struct yaml_node *n)
{
	struct cites cites = {0};
	struct str vi = STR_NONE, en = STR_NONE, id = load_id(l, n);
	load_tongues(l, n, &vi, &en);
	struct fact_info *f = map_get(&l->r->fact_by_id, id);
	if (id.len && f && f->node) {
		yaml_error(l->d, n, "the id '%.*s' is taken", STR_ARG(id));
		return;
	}
	if (id.len && !f)
		f = declare(l, n, id);
	else if (f && yaml_get(n, "type")) {
		yaml_get(n, "type")->seen = true;
		yaml_shape_error(l->d, yaml_get(n, "type"), "'%.*s' is built in: it has its type",
		                 STR_ARG(id));
	}
	if (yaml_get(n, "cite"))
		load_cites(l, n, &cites);
	if (!f)
		return; /* what may stand there depends on the id */
	f->node = n;
	f->vi = vi;
	f->en = en;
	yaml_reject_unseen(l->d, n);
}

static void read_needs(struct loader *l)
{
	const struct entries *s = &l->sections[SECTION_needs];
	l->r->needs = load_new_list(l, SECTION_needs, sizeof *l->r->needs);
	for (size_t i = 0; i < s->count; i++) {
		struct policy_word *w = &l->r->needs[l->r->need_count++];
		w->id = load_id(l, s->nodes[i]);
		w->node = s->nodes[i];
		load_tongues(l, s->nodes[i], &w->vi, &w->en);
		yaml_reject_unseen(l->d, s->nodes[i]);
	}
}

struct str need_name(const struct policy_ruleset *r, struct str need, enum policy_lang lang)
{
	const struct fact_info *f = map_get(&r->fact_by_id, need);
	if (f)
		return lang == POLICY_VI ? f->vi : f->en;
	for (size_t i = 0; i < r->need_count; i++)
		if (str_eq(r->needs[i].id, need))
			return lang == POLICY_VI ? r->needs[i].vi : r->needs[i].en;
	return STR_NONE;
}

void load_facts(struct loader *l)
{
	enter_builtin(l);
	read_needs(l);
	load_each(l, SECTION_facts, read_fact);
}

int load_fact(struct loader *l, struct yaml_node *map, const char *key)
{
	struct str id;
	if (!yaml_str(l->d, map, key, YAML_REQUIRED, &id))
		return -1;
	struct fact_info *f = map_get(&l->r->fact_by_id, id);
	if (!f) {
		yaml_error(l->d, yaml_get(map, key), "there is no fact '%.*s'", STR_ARG(id));
		yaml_suggest(l->d, id, l->r->fact_names);
		return -1;
	}
	f->used = true;
	return (int)(f - l->r->facts);
}

static bool has_word(const struct fact_info *f, struct str text)
{
	for (size_t i = 0; i < f->words.count; i++)
		if (str_eq(f->words.list[i], text))
			return true;
	return f->words.count == 0;
}

void load_fact_words(struct loader *l, struct yaml_node *list, int fact)
{
	const struct fact_info *f = &l->r->facts[fact];
	for (struct yaml_node *n = list && list->kind == YAML_SEQ ? list->child : NULL; n; n = n->next) {
		if (n->kind != YAML_SCALAR || has_word(f, n->text))
			continue;
		yaml_error(l->d, n, "%.*s is never '%.*s'", STR_ARG(f->id), STR_ARG(n->text));
		const char *names[SWITCH_OPTIONS_MAX * 8 + 1] = {0};
		for (size_t i = 0; i < f->words.count && i < ARRAY_LEN(names) - 1; i++)
			names[i] = f->words.list[i].ptr;
		yaml_suggest(l->d, n->text, names);
	}
}

/* ---- values that items bring ---- */

bool fact_parse(const struct fact_info *f, struct str text, struct fact_value *out)
{
	date_t date;
	*out = (struct fact_value){.known = true};
	if (f->type == FACT_DATE) {
		if (!date_parse(text, &date))
			return false;
		out->number = date;
		return true;
	}
	if (f->type == FACT_NUMBER)
		return str_to_i64(text, &out->number) && out->number >= f->min && out->number <= f->max;
	for (size_t i = 0; i < f->words.count; i++)
		if (str_eq(f->words.list[i], text)) {
			out->text = f->words.list[i];
			return true;
		}
	return false;
}

static void say_expected(const struct fact_info *f, struct errmsg *e)
{
	size_t n = 0;
	if (f->type == FACT_DATE)
		snprintf(e->text, sizeof e->text, "a calendar date YYYY-MM-DD");
	else if (f->type == FACT_NUMBER)
		snprintf(e->text, sizeof e->text, "a whole number from %lld to %lld", (long long)f->min,
		         (long long)f->max);
	else
		for (size_t i = 0; i < f->words.count && n < sizeof e->text; i++)
			n += (size_t)snprintf(e->text + n, sizeof e->text - n, "%s%.*s", i ? ", " : "one of ",
			                      STR_ARG(f->words.list[i]));
}

enum err policy_given_check(const struct policy_ruleset *r, const struct policy_given *g, struct errmsg *e)
{
	const struct fact_info *f = map_get(&r->fact_by_id, g->name);
	struct fact_value v;
	size_t n = 0;
	if (f && f - r->facts >= FACT__COUNT) {
		if (fact_parse(f, g->value, &v))
			return OK;
		say_expected(f, e);
		return ERR_INVALID;
	}
	n = (size_t)snprintf(e->text, sizeof e->text, "a fact that the rules ask for");
	for (size_t i = FACT__COUNT; i < r->fact_count && n < sizeof e->text; i++)
		n += (size_t)snprintf(e->text + n, sizeof e->text - n, "%s%s", i > FACT__COUNT ? ", " : ": ",
		                      r->fact_names[i]);
	if (r->fact_count == FACT__COUNT)
		snprintf(e->text, sizeof e->text, "nothing: the rules declare no facts");
	return ERR_INVALID;
}
