/*
 * Using a mapping: one walk over the command's elements, which leaves a tree for the builder (command.h). Whatever is
 * missing is gathered on the way, so that it is told all at once.
 */
#include "epp/dialect_int.h"
#include "epp/xml_out.h"

#include <stdio.h>

struct writer {
	const struct epp_fact_source *facts;
	struct arena *arena;
	size_t entry;      /* of the `each` around */
	char missing[256]; /* "applicant.birth_date, applicant.gender" */
	enum err err;      /* the first failure besides those */
	struct errmsg *e;
};

static struct str fact_of(struct writer *w, enum epp_fact f, struct str name)
{
	return w->facts->get(w->facts->arg, f, name, epp_fact_list(f) == EPP_LIST_NONE ? 0 : w->entry);
}

static void note_missing(struct writer *w, const char *name)
{
	size_t n = strlen(w->missing);
	if (strstr(w->missing, name))
		return;
	int more = snprintf(w->missing + n, sizeof w->missing - n, "%s%s", n ? ", " : "", name);
	if (more < 0 || (size_t)more >= sizeof w->missing - n)
		w->missing[n] = '\0'; /* there are enough already */
}

static void fail(struct writer *w, enum err err, const struct dialect_value *v, struct str shown,
                 const char *why)
{
	if (w->err == OK)
		w->err = err_set(w->e, err, "%.*s %s (for %.*s)", STR_ARG(v->name), why, STR_ARG(shown));
}

/* ---- conditions ---- */

static bool is_one_of(struct str s, const struct dialect_condition *c)
{
	for (size_t i = 0; i < c->value_count; i++)
		if (str_eq(s, c->values[i]))
			return true;
	return false;
}

static bool holds(struct writer *w, const struct dialect_when *when)
{
	for (size_t i = 0; i < when->count; i++) {
		const struct dialect_condition *c = &when->list[i];
		struct str s = fact_of(w, c->fact, c->name);
		bool good = false;
		switch (c->test) {
		case DIALECT_IS: good = s.len && is_one_of(s, c); break;
		case DIALECT_IS_NOT: good = !is_one_of(s, c); break;
		case DIALECT_PRESENT: good = s.len > 0; break;
		case DIALECT_ABSENT: good = s.len == 0; break;
		}
		if (!good)
			return false;
	}
	return true;
}

/* ---- values ---- */

static struct str format_date(struct writer *w, struct str format, struct str iso)
{
	char *out = arena_alloc(w->arena, format.len + 1);
	for (size_t i = 0; i < format.len; i++) {
		/* "YYYY-MM-DD": where each part begins there */
		size_t from = format.ptr[i] == 'Y' ? 0 : format.ptr[i] == 'M' ? 5 : 8;
		size_t len = format.ptr[i] == 'Y' ? 4 : 2;
		out[i] = format.ptr[i];
		if (!memchr("YMD", format.ptr[i], 3))
			continue;
		memcpy(out + i, iso.ptr + from, len);
		i += len - 1;
	}
	return str_make(out, format.len);
}

static struct str translate(struct writer *w, const struct dialect_value *v, struct str s, struct str shown)
{
	for (size_t i = 0; i < v->pair_count; i++)
		if (str_eq(v->pairs[i].from, s))
			return v->pairs[i].to;
	if (v->has_other)
		return v->other;
	fail(w, ERR_INVALID, v, shown, "has a value that the registry's mapping does not translate");
	return STR_NONE;
}

/* False: nothing to write. */
static bool value_of(struct writer *w, const struct dialect_value *v, struct str shown, struct str *out)
{
	*out = v->text;
	if (v->fact == EPP_FACT__COUNT)
		return true;
	struct str s = fact_of(w, v->fact, v->name);
	if (s.len == 0) {
		*out = v->when_missing;
		if (v->required)
			note_missing(w, v->name.ptr);
		return v->has_default;
	}
	date_t date;
	if (v->pair_count)
		s = translate(w, v, s, shown);
	else if (v->format.len && date_parse(s, &date))
		s = format_date(w, v->format, s);
	size_t chars = xml_out_chars(s);
	if (chars != SIZE_MAX && chars > v->max_length)
		fail(w, ERR_TOO_LONG, v, shown, "is longer than the registry takes");
	*out = s;
	return true;
}

/* ---- elements ---- */

static size_t write_list(struct writer *w, const struct dialect_element *list, size_t count,
                         struct epp_ext_element **out);

static void write_attrs(struct writer *w, const struct dialect_element *el, struct epp_ext_element *out)
{
	struct epp_ext_attr *attrs = arena_calloc(w->arena, el->attr_count + 1, sizeof *attrs);
	for (size_t i = 0; i < el->attr_count; i++) {
		const struct dialect_attr *a = &el->attrs[i];
		struct str value;
		if (holds(w, &a->when) && value_of(w, &a->value, el->shown, &value))
			attrs[out->attr_count++] = (struct epp_ext_attr){a->name, value};
	}
	out->attrs = attrs;
}

/* False: nothing is left of it. */
static bool write_one(struct writer *w, const struct dialect_element *el, struct epp_ext_element *out)
{
	struct epp_ext_element *children = NULL;
	*out = (struct epp_ext_element){.name = el->name};
	if (el->declares) {
		out->uri = el->ns->uri;
		out->prefix = el->ns->prefix;
	}
	if (el->has_value && !value_of(w, &el->value, el->shown, &out->text))
		return false;
	write_attrs(w, el, out);
	if (!el->has_content)
		return true;
	out->child_count = write_list(w, el->children, el->child_count, &children);
	out->children = children;
	return out->child_count || out->attr_count || el->keep_empty;
}

static size_t rounds_of(struct writer *w, const struct dialect_element *el)
{
	return el->each == EPP_LIST_NONE ? 1 : w->facts->count(w->facts->arg, el->each);
}

static size_t write_element(struct writer *w, const struct dialect_element *el, struct epp_ext_element *out)
{
	size_t rounds = rounds_of(w, el), n = 0, around = w->entry;
	for (size_t i = 0; i < rounds && n < el->at_most; i++) {
		if (el->each != EPP_LIST_NONE)
			w->entry = i;
		if (holds(w, &el->when) && write_one(w, el, &out[n]))
			n++;
	}
	w->entry = around;
	if (el->needs_one && n == 0)
		note_missing(w, epp_fact_list_names[el->each]);
	return n;
}

static size_t write_list(struct writer *w, const struct dialect_element *list, size_t count,
                         struct epp_ext_element **out)
{
	size_t room = 0, n = 0;
	for (size_t i = 0; i < count; i++)
		room += rounds_of(w, &list[i]);
	*out = arena_calloc(w->arena, room + 1, sizeof **out);
	for (size_t i = 0; i < count; i++)
		n += write_element(w, &list[i], *out + n);
	return n;
}

enum err epp_dialect_write(const struct epp_dialect *dialect, enum epp_dialect_command command,
                           const struct epp_fact_source *facts, struct arena *arena,
                           const struct epp_ext_element **out, size_t *count, struct errmsg *e)
{
	const struct dialect_command *c = &dialect->commands[command];
	struct writer w = {.facts = facts, .arena = arena, .e = e};
	struct epp_ext_element *list = NULL;
	*out = NULL;
	*count = 0;
	if (c->count == 0)
		return OK;
	size_t n = write_list(&w, c->elements, c->count, &list);
	if (w.missing[0])
		return err_set(e, ERR_NOT_FOUND, "the registry demands on %s what the item does not have: %s",
		               epp_dialect_command_names[command], w.missing);
	if (w.err)
		return w.err;
	*out = list;
	*count = n;
	return OK;
}

/* ---- what it is made of ---- */

bool epp_dialect_uses(const struct epp_dialect *dialect, enum epp_fact fact)
{
	return fact == EPP_FACT__COUNT ? dialect->decided : dialect->facts[fact];
}

size_t epp_dialect_uri_count(const struct epp_dialect *dialect)
{
	size_t n = 0;
	for (size_t i = 0; i < dialect->namespace_count; i++)
		n += dialect->namespaces[i].at_top;
	return n;
}

struct str epp_dialect_uri(const struct epp_dialect *dialect, size_t i, struct diag_pos *pos)
{
	const struct dialect_namespace *ns = dialect->namespaces;
	while (!ns->at_top || i-- > 0)
		ns++;
	if (pos)
		*pos = ns->pos;
	return ns->uri;
}

struct known_list {
	struct arena *arena;
	struct epp_dialect_known *list; /* NULL: only counting */
	size_t count;
};

/* That it is there at all tells something of a person. */
static bool tells_person(const struct dialect_when *when)
{
	for (size_t i = 0; i < when->count; i++)
		if (epp_fact_is_personal(when->list[i].fact))
			return true;
	return false;
}

static void add_known(struct known_list *k, const struct dialect_element *el, struct str attr,
                      const struct dialect_value *v, const struct dialect_when *when)
{
	bool constant = v->fact == EPP_FACT__COUNT;
	struct str note = constant ? STR("constant") : v->name;
	bool open = (constant || !epp_fact_is_personal(v->fact)) && !tells_person(when);
	for (size_t i = 0; k->list && i < k->count; i++) {
		struct epp_dialect_known *had = &k->list[i];
		if (!str_eq(had->uri, el->ns->uri) || !str_eq(had->element, el->name) ||
		    !str_eq(had->attr, attr))
			continue;
		had->open = had->open && open;
		if (!memmem(had->note.ptr, had->note.len, note.ptr, note.len))
			had->note = arena_printf(k->arena, "%.*s, %.*s", STR_ARG(had->note), STR_ARG(note));
		return;
	}
	if (k->list)
		k->list[k->count] = (struct epp_dialect_known){el->ns->uri, el->name, attr, note, open};
	k->count++;
}

static void walk_known(struct known_list *k, const struct dialect_element *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct dialect_element *el = &list[i];
		if (el->has_value)
			add_known(k, el, STR_NONE, &el->value, &el->when);
		for (size_t a = 0; a < el->attr_count; a++)
			add_known(k, el, el->attrs[a].name, &el->attrs[a].value, &el->attrs[a].when);
		walk_known(k, el->children, el->child_count);
	}
}

const struct epp_dialect_known *epp_dialect_known(const struct epp_dialect *dialect, struct arena *arena,
                                                  size_t *count)
{
	struct known_list k = {.arena = arena};
	for (int pass = 0; pass < 2; pass++) {
		if (pass)
			k.list = arena_calloc(arena, k.count + 1, sizeof *k.list);
		k.count = 0;
		for (int c = 0; c < EPP_DIALECT__COUNT; c++)
			walk_known(&k, dialect->commands[c].elements, dialect->commands[c].count);
	}
	*count = k.count;
	return k.list;
}
