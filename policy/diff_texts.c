/*
 * The texts of two rule sets, entry by entry: words, fees, plans, sources and the rules themselves. Lists of entries that
 * have ids are compared by them, others by their place.
 */
#include "policy/diff_int.h"

#include "epp/base/alloc.h"
#include "epp/base/yaml.h"

#include <stdio.h>

static void note(struct policy_diff *d, struct str path, struct str from, struct str to)
{
	if (d->text_count == d->text_cap) {
		d->text_cap = d->text_cap ? 2 * d->text_cap : 16;
		d->texts = xrealloc(d->texts, d->text_cap, sizeof *d->texts);
	}
	d->texts[d->text_count++] = (struct text_change){path, from, to};
}

static void print_node(const struct yaml_node *n, struct buf *out)
{
	if (n->kind == YAML_SCALAR) {
		buf_add(out, n->text);
		return;
	}
	buf_byte(out, n->kind == YAML_MAP ? '{' : '[');
	for (const struct yaml_node *c = n->child; c; c = c->next) {
		buf_append(out, ", ", c == n->child ? 0 : 2);
		if (n->kind == YAML_MAP)
			buf_printf(out, "%.*s: ", STR_ARG(c->key));
		print_node(c, out);
	}
	buf_byte(out, n->kind == YAML_MAP ? '}' : ']');
}

static struct str text_of(struct policy_diff *d, const struct yaml_node *n)
{
	struct buf b;
	if (!n)
		return STR_NONE;
	buf_init(&b, 16 << 20);
	print_node(n, &b);
	struct str out = arena_str(&d->arena, buf_str(&b));
	buf_fini(&b);
	return out;
}

static struct yaml_node *member(const struct yaml_node *map, struct str key)
{
	for (struct yaml_node *n = map ? map->child : NULL; n; n = n->next)
		if (str_eq(n->key, key))
			return n;
	return NULL;
}

static struct str id_of(const struct yaml_node *n)
{
	struct yaml_node *id = n->kind == YAML_MAP ? member(n, STR("id")) : NULL;
	return id && id->kind == YAML_SCALAR ? id->text : STR_NONE;
}

static struct yaml_node *entry(const struct yaml_node *seq, struct str id, size_t at)
{
	for (struct yaml_node *n = seq ? seq->child : NULL; n; n = n->next, at--)
		if (id.len ? str_eq(id_of(n), id) : at == 0)
			return n;
	return NULL;
}

static void compare(struct policy_diff *d, struct str path, const struct yaml_node *from,
                    const struct yaml_node *to);

static struct str below(struct policy_diff *d, struct str path, struct str name)
{
	return arena_printf(&d->arena, "%.*s%s%.*s", STR_ARG(path), path.len ? "/" : "", STR_ARG(name));
}

static void compare_maps(struct policy_diff *d, struct str path, const struct yaml_node *from,
                         const struct yaml_node *to)
{
	for (const struct yaml_node *n = from->child; n; n = n->next)
		compare(d, below(d, path, n->key), n, member(to, n->key));
	for (const struct yaml_node *n = to->child; n; n = n->next)
		if (!member(from, n->key))
			compare(d, below(d, path, n->key), NULL, n);
}

static void compare_lists(struct policy_diff *d, struct str path, const struct yaml_node *from,
                          const struct yaml_node *to)
{
	size_t at = 0;
	char number[24];
	for (const struct yaml_node *n = from->child; n; n = n->next, at++) {
		struct str id = id_of(n);
		snprintf(number, sizeof number, "%zu", at + 1);
		compare(d, below(d, path, id.len ? id : str_c(number)), n, entry(to, id, at));
	}
	at = 0;
	for (const struct yaml_node *n = to->child; n; n = n->next, at++) {
		struct str id = id_of(n);
		snprintf(number, sizeof number, "%zu", at + 1);
		if (!entry(from, id, at))
			compare(d, below(d, path, id.len ? id : str_c(number)), NULL, n);
	}
}

static bool has_maps(const struct yaml_node *n)
{
	return n->child && n->child->kind == YAML_MAP;
}

static void compare(struct policy_diff *d, struct str path, const struct yaml_node *from,
                    const struct yaml_node *to)
{
	struct str a = text_of(d, from), b = text_of(d, to);
	if (from && to && str_eq(a, b) && from->kind == to->kind)
		return;
	if (from && to && from->kind == YAML_MAP && to->kind == YAML_MAP)
		compare_maps(d, path, from, to);
	else if (from && to && from->kind == YAML_SEQ && to->kind == YAML_SEQ && has_maps(from) &&
	         has_maps(to))
		compare_lists(d, path, from, to);
	else
		note(d, path, a, b);
}

/* Checks, grants and conditions in another order decide in another order. */
static void compare_order(struct policy_diff *d)
{
	for (size_t i = 0; i < d->item_count; i++)
		if (d->items[i].moved)
			note(d, below(d, STR("order"), d->items[i].check[0]->id),
			     arena_printf(&d->arena, "rule %d", d->items[i].rank[0] + 1),
			     arena_printf(&d->arena, "rule %d", d->items[i].rank[1] + 1));
}

void diff_compare_texts(struct policy_diff *d)
{
	struct yaml_node *tops[SIDES];
	struct diag diag;
	diag_init(&diag);
	for (size_t side = 0; side < SIDES; side++)
		tops[side] = yaml_parse(&d->arena, &diag, side ? "new rules" : "old rules",
		                        policy_canonical(d->space.rules[side]));
	if (tops[0] && tops[1])
		compare(d, STR_NONE, tops[0], tops[1]);
	else
		space_limit(&d->space, "the texts are too large to be compared");
	diag_fini(&diag);
	compare_order(d);
}
