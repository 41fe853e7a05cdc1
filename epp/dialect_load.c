/* Reading a mapping: namespaces, commands, elements. */
#include "epp/dialect_int.h"
#include "epp/ns.h"
#include "epp/xml_out.h"

const char *const epp_dialect_command_names[] = {
#define X(id, name) name,
    EPP_DIALECT_COMMANDS(X)
#undef X
        NULL};

/* ---- namespaces ---- */

static bool is_uri(struct str s)
{
	const char *colon = s.len ? memchr(s.ptr, ':', s.len) : NULL;
	bool ok = colon && colon > s.ptr && colon + 1 < s.ptr + s.len;
	for (size_t i = 0; ok && i < s.len; i++)
		ok = s.ptr[i] > ' ' && s.ptr[i] < 0x7f && !memchr("<>\"{}|\\^`", s.ptr[i], 9);
	return ok;
}

static bool check_uri(struct dialect_reading *r, const struct yaml_node *n)
{
	enum epp_ns built_in = epp_ns_find(n->text);
	if (!is_uri(n->text)) {
		yaml_error(r->d, n, "'%.*s' is not a URI", STR_ARG(n->text));
		diag_help(r->d, "the namespace as the registry's greeting and schema name it");
		return false;
	}
	if (built_in != EPP_NS_OTHER) {
		yaml_error(r->d, n, "'%.*s' is built in: the gateway writes it itself", STR_ARG(n->text));
		diag_help(r->d, "a mapping is for the namespaces of the registry's own");
		return false;
	}
	for (size_t i = 0; i < r->dialect->namespace_count; i++) {
		const struct dialect_namespace *ns = &r->dialect->namespaces[i];
		if (!str_eq(ns->uri, n->text))
			continue;
		yaml_error(r->d, n, "this namespace has the prefix '%.*s' already", STR_ARG(ns->prefix));
		return false;
	}
	return true;
}

static void read_namespaces(struct dialect_reading *r, struct yaml_node *top)
{
	struct epp_dialect *d = r->dialect;
	struct yaml_node *map = yaml_need(r->d, top, "namespaces", YAML_MAP);
	if (!map)
		return;
	d->namespaces = arena_calloc(r->arena, map->count + 1, sizeof *d->namespaces);
	for (struct yaml_node *n = map->child; n; n = n->next) {
		if (!xml_out_is_name(n->key) ||
		    (n->key.len >= 3 && str_eq_nocase(str_make(n->key.ptr, 3), STR("xml")))) {
			diag_error(r->d, n->key_pos, "'%.*s' is not a prefix", STR_ARG(n->key));
			diag_help(r->d,
			          "ASCII letters, digits, '_', '-' and '.', a letter first, and not 'xml…'");
		}
		if (!yaml_as_kind(r->d, n, YAML_SCALAR) || !check_uri(r, n))
			continue;
		d->namespaces[d->namespace_count++] =
		    (struct dialect_namespace){n->key, n->text, n->pos, false, false};
	}
}

static struct dialect_namespace *find_namespace(struct dialect_reading *r, struct str prefix)
{
	for (size_t i = 0; i < r->dialect->namespace_count; i++)
		if (str_eq(r->dialect->namespaces[i].prefix, prefix))
			return &r->dialect->namespaces[i];
	return NULL;
}

/* Whose declaration was refused already is not reported again. */
static bool is_declared(const struct yaml_node *map, struct str prefix)
{
	for (const struct yaml_node *n = map->child; n; n = n->next)
		if (str_eq(n->key, prefix))
			return true;
	return false;
}

static void unknown_prefix(struct dialect_reading *r, const struct yaml_node *n, struct str prefix)
{
	if (!r->namespaces || is_declared(r->namespaces, prefix))
		return;
	const char **names = arena_calloc(r->arena, r->dialect->namespace_count + 1, sizeof *names);
	for (size_t i = 0; i < r->dialect->namespace_count; i++)
		names[i] = r->dialect->namespaces[i].prefix.ptr;
	yaml_error(r->d, n, "the prefix '%.*s' is not in 'namespaces'", STR_ARG(prefix));
	yaml_suggest(r->d, prefix, names);
}

/* ---- elements ---- */

/* Where an element stands. */
struct place {
	const struct dialect_element *parent; /* NULL: directly in <extension> */
	enum epp_fact_list inside;            /* the `each` around it */
	unsigned depth;
};

static bool check_name(struct dialect_reading *r, const struct yaml_node *n, struct str name)
{
	if (xml_out_is_name(name))
		return true;
	yaml_error(r->d, n, "'%.*s' is not a name for an element", STR_ARG(name));
	diag_help(r->d, "ASCII letters, digits, '_', '-' and '.', a letter or '_' first; a prefix goes "
	                "before it with ':'");
	return false;
}

/* "vn:birthDate", or "birthDate" in the namespace of the element around it. */
static void read_name(struct dialect_reading *r, struct yaml_node *n, const struct place *at,
                      struct dialect_element *el)
{
	struct yaml_node *name = yaml_need(r->d, n, "element", YAML_SCALAR);
	if (!name)
		return;
	struct str local = name->text, prefix = STR_NONE;
	if (memchr(local.ptr, ':', local.len))
		prefix = str_split(&local, ':');
	el->name = local;
	el->ns = at->parent ? at->parent->ns : NULL;
	if (!check_name(r, name, local))
		return;
	if (prefix.len) {
		struct dialect_namespace *ns = find_namespace(r, prefix);
		if (!ns)
			unknown_prefix(r, name, prefix);
		el->declares = ns != el->ns;
		el->ns = ns;
		if (ns) {
			ns->used = true;
			ns->at_top = ns->at_top || !at->parent;
		}
	} else if (!at->parent) {
		yaml_error(r->d, name, "'%.*s' has no prefix", STR_ARG(local));
		diag_help(r->d, "an element directly in <extension> says its namespace: prefix:%.*s",
		          STR_ARG(local));
	}
	el->shown =
	    el->ns ? arena_printf(r->arena, "%.*s:%.*s", STR_ARG(el->ns->prefix), STR_ARG(local)) : local;
}

static void read_attr(struct dialect_reading *r, struct yaml_node *n, enum epp_fact_list inside,
                      struct dialect_attr *a)
{
	a->name = n->key;
	if (!xml_out_is_name(n->key) ||
	    (n->key.len >= 3 && str_eq_nocase(str_make(n->key.ptr, 3), STR("xml"))))
		diag_error(r->d, n->key_pos, "'%.*s' is not a name for an attribute", STR_ARG(n->key));
	if (n->kind != YAML_MAP) {
		dialect_value_constant(r, n, &a->value);
		return;
	}
	dialect_value_when(r, n, inside, &a->when);
	if (!yaml_get(n, "fact") && !yaml_get(n, "text")) {
		yaml_error(r->d, n, "neither 'fact' nor 'text'");
		return;
	}
	dialect_value_read(r, n, inside, &a->value);
	yaml_reject_unseen(r->d, n);
}

static void read_attrs(struct dialect_reading *r, struct yaml_node *n, enum epp_fact_list inside,
                       struct dialect_element *el)
{
	struct yaml_node *map = yaml_opt(r->d, n, "attributes", YAML_MAP);
	if (!map)
		return;
	struct dialect_attr *attrs = arena_calloc(r->arena, map->count + 1, sizeof *attrs);
	for (struct yaml_node *e = map->child; e; e = e->next)
		read_attr(r, e, inside, &attrs[el->attr_count++]);
	el->attrs = attrs;
}

static void read_each(struct dialect_reading *r, struct yaml_node *n, const struct place *at,
                      struct dialect_element *el)
{
	int list = EPP_LIST_NONE;
	int64_t most;
	struct yaml_node *each = yaml_get(n, "each");
	el->at_most = SIZE_MAX;
	if (yaml_i64(r->d, n, "at_most", YAML_OPTIONAL, 1, 1000, &most)) {
		el->at_most = (size_t)most;
		if (!each)
			diag_error(r->d, yaml_get(n, "at_most")->key_pos, "at_most: only beside 'each'");
	}
	if (!each || !yaml_enum(r->d, n, "each", YAML_REQUIRED, epp_fact_list_names + 1, &list))
		return;
	el->each = (enum epp_fact_list)(list + 1);
	if (!at->parent) {
		yaml_error(r->d, each, "an element directly in <extension> comes once");
		diag_help(r->d, "an element around it, and 'each' inside");
	}
	if (r->command >= EPP_DIALECT_SESSION_LOGIN)
		yaml_error(r->d, each, "there is no item when %s is sent",
		           epp_dialect_command_names[r->command]);
	if (at->inside != EPP_LIST_NONE)
		yaml_error(r->d, each, "already inside of 'each: %s'", epp_fact_list_names[at->inside]);
}

static const struct dialect_element *read_list(struct dialect_reading *r, struct yaml_node *seq,
                                               const struct place *at, size_t *count);

static void read_content(struct dialect_reading *r, struct yaml_node *n, const struct place *at,
                         enum epp_fact_list inside, struct dialect_element *el)
{
	struct yaml_node *content = yaml_opt(r->d, n, "content", YAML_SEQ);
	bool has_value = yaml_get(n, "fact") || yaml_get(n, "text");
	el->has_content = content != NULL;
	el->has_value = has_value && !content;
	if (content && has_value) {
		diag_error(r->d, content->key_pos, "content: not together with 'fact' or 'text'");
		return;
	}
	if (yaml_bool(r->d, n, "keep_empty", YAML_OPTIONAL, &el->keep_empty) && !content)
		diag_error(r->d, yaml_get(n, "keep_empty")->key_pos, "keep_empty: only beside 'content'");
	if (!content || at->depth >= EPP_EXT_MAX_DEPTH) {
		if (content)
			yaml_error(r->d, content, "nested deeper than %d elements", EPP_EXT_MAX_DEPTH);
		return;
	}
	if (content->count == 0)
		diag_error(r->d, content->key_pos, "content: the list is empty");
	el->children = read_list(r, content, &(struct place){el, inside, at->depth + 1}, &el->child_count);
}

static void read_element(struct dialect_reading *r, struct yaml_node *n, const struct place *at,
                         struct dialect_element *el)
{
	if (++r->elements == EPP_DIALECT_MAX_ELEMENTS + 1)
		yaml_error(r->d, n, "more than %d elements", EPP_DIALECT_MAX_ELEMENTS);
	el->pos = n->pos;
	read_name(r, n, at, el);
	read_each(r, n, at, el);
	enum epp_fact_list inside = el->each != EPP_LIST_NONE ? el->each : at->inside;
	dialect_value_when(r, n, inside, &el->when);
	read_attrs(r, n, inside, el);
	read_content(r, n, at, inside, el);
	if (el->each != EPP_LIST_NONE && !el->has_value)
		(void)yaml_bool(r->d, n, "required", YAML_OPTIONAL, &el->needs_one); /* told when wrong */
	if (!el->has_content || el->has_value)
		dialect_value_read(r, n, inside, &el->value);
	else if (el->each == EPP_LIST_NONE && yaml_get(n, "required"))
		diag_error(r->d, yaml_get(n, "required")->key_pos, "required: only beside 'fact' or 'each'");
	yaml_reject_unseen(r->d, n);
}

static const struct dialect_element *read_list(struct dialect_reading *r, struct yaml_node *seq,
                                               const struct place *at, size_t *count)
{
	struct dialect_element *list = arena_calloc(r->arena, seq->count + 1, sizeof *list);
	for (struct yaml_node *n = seq->child; n; n = n->next)
		if (yaml_as_kind(r->d, n, YAML_MAP))
			read_element(r, n, at, &list[(*count)++]);
	return list;
}

/* ---- commands ---- */

/* A registry takes each extension once: two elements of a namespace must exclude each other. */
static void check_once(struct dialect_reading *r, const struct dialect_command *c)
{
	for (size_t i = 0; i < c->count; i++)
		for (size_t k = 0; k < i; k++) {
			const struct dialect_element *a = &c->elements[k], *b = &c->elements[i];
			if (!a->ns || a->ns != b->ns || dialect_value_exclusive(&a->when, &b->when))
				continue;
			diag_error(r->d, b->pos, "a second extension of the namespace of '%.*s'",
			           STR_ARG(a->shown));
			diag_help(
			    r->d,
			    "one element with all of it, or a 'when' on both of which only one can hold");
			break;
		}
}

static void read_commands(struct dialect_reading *r, struct yaml_node *top)
{
	const struct place at = {NULL, EPP_LIST_NONE, 1};
	struct yaml_node *map = yaml_need(r->d, top, "commands", YAML_MAP);
	for (struct yaml_node *n = map ? map->child : NULL; n; n = n->next) {
		int i = 0;
		while (epp_dialect_command_names[i] && !str_eq_c(n->key, epp_dialect_command_names[i]))
			i++;
		if (!epp_dialect_command_names[i]) {
			diag_error(r->d, n->key_pos, "there is no command '%.*s'", STR_ARG(n->key));
			diag_help(r->d,
			          "contact:create, contact:info, domain:check, domain:create, domain:info, "
			          "domain:renew, login, poll, logout");
			continue;
		}
		if (!yaml_as_kind(r->d, n, YAML_SEQ))
			continue;
		struct dialect_command *c = &r->dialect->commands[i];
		r->command = (enum epp_dialect_command)i;
		c->elements = read_list(r, n, &at, &c->count);
		check_once(r, c);
	}
	if (map && map->count == 0)
		diag_error(r->d, map->key_pos, "commands: nothing is mapped");
}

struct epp_dialect *epp_dialect_read(struct arena *arena, struct diag *d, struct yaml_node *map)
{
	size_t errors = d->errors;
	if (!map)
		return NULL;
	struct epp_dialect *dialect = arena_calloc(arena, 1, sizeof *dialect);
	struct dialect_reading r = {.arena = arena, .d = d, .dialect = dialect};
	read_namespaces(&r, map);
	r.namespaces = yaml_get(map, "namespaces");
	if (r.namespaces && r.namespaces->kind != YAML_MAP)
		r.namespaces = NULL;
	read_commands(&r, map);
	/* What uses it may be among what was refused. */
	for (size_t i = 0; i < dialect->namespace_count && d->errors == errors; i++) {
		const struct dialect_namespace *ns = &dialect->namespaces[i];
		if (!ns->used)
			diag_warning(d, ns->pos, "no element has the prefix '%.*s'", STR_ARG(ns->prefix));
	}
	yaml_reject_unseen(d, map);
	return d->errors == errors ? dialect : NULL;
}
