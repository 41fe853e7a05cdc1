/* Reading a mapping: facts and constants, how they are written, and conditions. */
#include "epp/dialect_int.h"
#include "epp/xml_out.h"

static const char *const condition_words[] = {"not", "present", NULL};

/* ---- facts ---- */

static void suggest_fact(struct dialect_reading *r, struct str name)
{
	yaml_suggest(r->d, name, epp_fact_names);
}

/* A session has no item; an <info> may come long after the decision. */
static bool is_at_hand(const struct dialect_reading *r, enum epp_fact f)
{
	if (r->command >= EPP_DIALECT_SESSION_LOGIN)
		return f == EPP_FACT__LOGIN;
	bool looks = r->command == EPP_DIALECT_CONTACT_INFO || r->command == EPP_DIALECT_DOMAIN_INFO;
	return !looks || !epp_fact_is_decided(f);
}

/* EPP_FACT__COUNT, and an error at `pos`, when it may not be named here. */
static enum epp_fact find_fact(struct dialect_reading *r, struct str name, struct diag_pos pos,
                               enum epp_fact_list inside)
{
	enum epp_fact f = epp_fact_find(name);
	if (f == EPP_FACT__COUNT) {
		diag_error(r->d, pos, "there is no fact '%.*s'", STR_ARG(name));
		suggest_fact(r, name);
		return f;
	}
	enum epp_fact_list list = epp_fact_list(f);
	if (list != EPP_LIST_NONE && list != inside) {
		diag_error(r->d, pos, "an item may have several of '%.*s'", STR_ARG(name));
		diag_help(r->d, "inside of an element with 'each: %s' it is the one of each entry",
		          epp_fact_list_names[list]);
		return EPP_FACT__COUNT;
	}
	if (!is_at_hand(r, f)) {
		diag_error(r->d, pos, "'%.*s' is not at hand when %s is sent", STR_ARG(name),
		           epp_dialect_command_names[r->command]);
		return EPP_FACT__COUNT;
	}
	r->dialect->facts[f] = true;
	r->dialect->decided = r->dialect->decided || epp_fact_is_decided(f);
	return f;
}

static bool is_word(struct str s, const char *const *words)
{
	for (size_t i = 0; words[i]; i++)
		if (str_eq_c(s, words[i]))
			return true;
	return false;
}

/* What is compared with a fact must be something that it can be. */
static bool check_word(struct dialect_reading *r, enum epp_fact f, struct str word, struct diag_pos pos)
{
	const char *const *words = f < EPP_FACT__COUNT ? epp_fact_words(f) : NULL;
	date_t date;
	if (f < EPP_FACT__COUNT && epp_fact_type(f) == EPP_FACT_DATE && !date_parse(word, &date)) {
		diag_error(r->d, pos, "'%.*s' is not a calendar date (YYYY-MM-DD)", STR_ARG(word));
		return false;
	}
	if (!words || is_word(word, words))
		return true;
	diag_error(r->d, pos, "'%s' is never '%.*s'", epp_fact_names[f], STR_ARG(word));
	yaml_suggest(r->d, word, words);
	return false;
}

/* ---- constants ---- */

static bool is_xml(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.ptr[i] < 0x20 && !memchr("\t\n\r", s.ptr[i], 3))
			return false;
	return xml_out_chars(s) != SIZE_MAX;
}

static struct str constant(struct dialect_reading *r, const struct yaml_node *n)
{
	if (is_xml(n->text))
		return n->text;
	yaml_error(r->d, n, "has a character that XML does not allow");
	return STR_NONE;
}

void dialect_value_constant(struct dialect_reading *r, const struct yaml_node *n, struct dialect_value *out)
{
	*out = (struct dialect_value){.fact = EPP_FACT__COUNT, .max_length = DIALECT_DEFAULT_LENGTH};
	if (yaml_as_kind(r->d, (struct yaml_node *)n, YAML_SCALAR))
		out->text = constant(r, n);
}

/* ---- how a fact is written ---- */

static bool has_pair(const struct dialect_value *v, const char *from)
{
	for (size_t i = 0; i < v->pair_count; i++)
		if (str_eq_c(v->pairs[i].from, from))
			return true;
	return false;
}

/* A warning for each of the fact's words that has no translation: such an item could not be sent. */
static void warn_untranslated(struct dialect_reading *r, const struct yaml_node *n,
                              const struct dialect_value *v)
{
	const char *const *words = v->fact < EPP_FACT__COUNT ? epp_fact_words(v->fact) : NULL;
	for (size_t i = 0; words && words[i] && !v->has_other; i++) {
		if (has_pair(v, words[i]))
			continue;
		diag_warning(r->d, n->key_pos, "values: none for '%s'", words[i]);
		diag_help(r->d, "items with it are not sent; 'other' gives a value for all the rest");
	}
}

static void read_values(struct dialect_reading *r, struct yaml_node *n, struct dialect_value *v)
{
	struct yaml_node *map = yaml_opt(r->d, n, "values", YAML_MAP);
	struct yaml_node *other = yaml_opt(r->d, n, "other", YAML_SCALAR);
	if (other) {
		v->has_other = true;
		v->other = constant(r, other);
		if (!map)
			yaml_error(r->d, other, "only beside 'values'");
	}
	if (!map)
		return;
	struct dialect_pair *pairs = arena_calloc(r->arena, map->count + 1, sizeof *pairs);
	for (struct yaml_node *e = map->child; e; e = e->next) {
		if (!yaml_as_kind(r->d, e, YAML_SCALAR) || !check_word(r, v->fact, e->key, e->key_pos))
			continue;
		pairs[v->pair_count++] = (struct dialect_pair){e->key, constant(r, e)};
	}
	v->pairs = pairs;
	if (map->count == 0)
		diag_error(r->d, map->key_pos, "values: nothing is translated");
	else
		warn_untranslated(r, map, v);
}

static bool is_format(struct str s)
{
	bool year = false;
	while (s.len) {
		size_t n = 1;
		if (str_starts(s, STR("YYYY"))) {
			year = true;
			n = 4;
		} else if (str_starts(s, STR("MM")) || str_starts(s, STR("DD"))) {
			n = 2;
		} else if (!memchr("-/.: 0T+Z", s.ptr[0], 9)) {
			return false;
		}
		s = str_make(s.ptr + n, s.len - n);
	}
	return year;
}

static void read_format(struct dialect_reading *r, struct yaml_node *n, struct dialect_value *v)
{
	struct str s;
	struct yaml_node *at = yaml_get(n, "format");
	if (!yaml_str(r->d, n, "format", YAML_OPTIONAL, &s))
		return;
	if (v->fact < EPP_FACT__COUNT && epp_fact_type(v->fact) != EPP_FACT_DATE) {
		yaml_error(r->d, at, "'%s' is not a date", epp_fact_names[v->fact]);
	} else if (!is_format(s)) {
		yaml_error(r->d, at, "'%.*s' is not a form of dates", STR_ARG(s));
		diag_help(r->d, "YYYY, MM, DD and signs between them: YYYY-MM-DD, DD/MM/YYYY, YYYYMMDD");
	}
	v->format = s;
}

/* Keys that make sense with a fact only. */
static void refuse_without_fact(struct dialect_reading *r, struct yaml_node *n)
{
	static const char *const keys[] = {"required", "default", "values", "other", "format", "max_length"};
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		struct yaml_node *at = yaml_get(n, keys[i]);
		if (at)
			diag_error(r->d, at->key_pos, "%s: only beside 'fact'", keys[i]);
	}
}

static void read_fact(struct dialect_reading *r, struct yaml_node *n, struct yaml_node *at,
                      enum epp_fact_list inside, struct dialect_value *v)
{
	int64_t length;
	struct yaml_node *absent = yaml_opt(r->d, n, "default", YAML_SCALAR);
	v->name = at->text;
	v->fact = find_fact(r, at->text, at->pos, inside);
	(void)yaml_bool(r->d, n, "required", YAML_OPTIONAL, &v->required); /* told when wrong */
	if (yaml_i64(r->d, n, "max_length", YAML_OPTIONAL, 1, DIALECT_DEFAULT_LENGTH, &length))
		v->max_length = (size_t)length;
	if (absent) {
		v->has_default = true;
		v->when_missing = constant(r, absent);
		if (v->required)
			yaml_error(r->d, absent, "what is required has no default");
	}
	read_values(r, n, v);
	read_format(r, n, v);
	if (v->pair_count && v->format.len)
		yaml_error(r->d, yaml_get(n, "format"), "not together with 'values'");
}

void dialect_value_read(struct dialect_reading *r, struct yaml_node *n, enum epp_fact_list inside,
                        struct dialect_value *out)
{
	struct yaml_node *fact = yaml_opt(r->d, n, "fact", YAML_SCALAR);
	struct yaml_node *text = yaml_opt(r->d, n, "text", YAML_SCALAR);
	*out = (struct dialect_value){.fact = EPP_FACT__COUNT, .max_length = DIALECT_DEFAULT_LENGTH};
	if (fact && text)
		diag_error(r->d, text->key_pos, "text: not together with 'fact'");
	if (fact) {
		read_fact(r, n, fact, inside, out);
	} else {
		refuse_without_fact(r, n);
		if (text)
			out->text = constant(r, text);
	}
}

/* ---- conditions ---- */

static void read_words(struct dialect_reading *r, struct yaml_node *n, struct dialect_condition *c)
{
	struct yaml_node *first = n->kind == YAML_SEQ ? n->child : n;
	struct str *values = arena_calloc(r->arena, n->count + 1, sizeof *values);
	if (n->kind == YAML_SEQ && n->count == 0)
		yaml_error(r->d, n, "the list is empty");
	for (struct yaml_node *e = first; e; e = n->kind == YAML_SEQ ? e->next : NULL)
		if (yaml_as_kind(r->d, e, YAML_SCALAR) && check_word(r, c->fact, e->text, e->pos))
			values[c->value_count++] = e->text;
	c->values = values;
}

static void read_test(struct dialect_reading *r, struct yaml_node *n, struct dialect_condition *c)
{
	bool present;
	if (n->kind != YAML_MAP) {
		c->test = DIALECT_IS;
		read_words(r, n, c);
		return;
	}
	struct yaml_node *negated = yaml_get(n, "not");
	if (n->count != 1 || !is_word(n->child->key, condition_words) ||
	    (negated && negated->kind == YAML_MAP)) {
		yaml_error(r->d, n, "is not a condition");
		diag_help(r->d, "a value, a list of values, {not: ...}, {present: true} or {present: false}");
	} else if (negated) {
		c->test = DIALECT_IS_NOT;
		read_words(r, negated, c);
	} else if (yaml_bool(r->d, n, "present", YAML_OPTIONAL, &present)) {
		c->test = present ? DIALECT_PRESENT : DIALECT_ABSENT;
	}
}

void dialect_value_when(struct dialect_reading *r, struct yaml_node *n, enum epp_fact_list inside,
                        struct dialect_when *out)
{
	struct yaml_node *map = yaml_opt(r->d, n, "when", YAML_MAP);
	*out = (struct dialect_when){NULL, 0};
	if (!map)
		return;
	struct dialect_condition *list = arena_calloc(r->arena, map->count + 1, sizeof *list);
	for (struct yaml_node *e = map->child; e; e = e->next) {
		struct dialect_condition *c = &list[out->count++];
		c->name = e->key;
		c->fact = find_fact(r, e->key, e->key_pos, inside);
		read_test(r, e, c);
	}
	out->list = list;
}

static bool has_value(const struct dialect_condition *c, struct str value)
{
	for (size_t i = 0; i < c->value_count; i++)
		if (str_eq(c->values[i], value))
			return true;
	return false;
}

/* One fact, two conditions that no value of it fulfils. */
static bool excludes(const struct dialect_condition *a, const struct dialect_condition *b)
{
	bool any = false, all = true;
	if (!str_eq(a->name, b->name))
		return false;
	if (a->test == DIALECT_ABSENT)
		return b->test == DIALECT_IS || b->test == DIALECT_PRESENT;
	if (a->test != DIALECT_IS)
		return false;
	for (size_t i = 0; i < a->value_count; i++) {
		any = any || has_value(b, a->values[i]);
		all = all && has_value(b, a->values[i]);
	}
	return b->test == DIALECT_ABSENT || (b->test == DIALECT_IS && !any) ||
	       (b->test == DIALECT_IS_NOT && all);
}

bool dialect_value_exclusive(const struct dialect_when *a, const struct dialect_when *b)
{
	for (size_t i = 0; i < a->count; i++)
		for (size_t k = 0; k < b->count; k++)
			if (excludes(&a->list[i], &b->list[k]) || excludes(&b->list[k], &a->list[i]))
				return true;
	return false;
}
