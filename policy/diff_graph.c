/*
 * What a check says, as a decision diagram: a node asks one dimension, a leaf is a pair of speeches. Nodes with the same
 * children are one, so facts that make no difference fall together by themselves.
 */
#include "policy/diff_int.h"

#include "epp/base/alloc.h"

#include <stdlib.h>

uint32_t diff_graph_node(struct policy_diff *d, size_t dim, const uint32_t *children)
{
	struct dim *m = &d->space.dims[dim];
	uint32_t key[CLASSES_MAX + 1];
	bool one = true;
	for (size_t i = 1; i < m->count; i++)
		one &= children[i] == children[0];
	if (one)
		return children[0];
	key[0] = (uint32_t)dim;
	memcpy(key + 1, children, m->count * sizeof *key);
	struct str text = str_make((const char *)key, (m->count + 1) * sizeof *key);
	uintptr_t known = (uintptr_t)map_get(&d->node_by_key, text);
	if (known)
		return (uint32_t)known - 1;
	if (d->node_count == d->node_cap) {
		d->node_cap = d->node_cap ? 2 * d->node_cap : 1024;
		d->nodes = xrealloc(d->nodes, d->node_cap, sizeof *d->nodes);
	}
	while (d->child_count + m->count > d->child_cap) {
		d->child_cap = d->child_cap ? 2 * d->child_cap : 16384;
		d->children = xrealloc(d->children, d->child_cap, sizeof *d->children);
	}
	memcpy(d->children + d->child_count, children, m->count * sizeof *children);
	d->nodes[d->node_count] = (struct node){.dim = (uint16_t)dim, .first = d->child_count};
	d->child_count += m->count;
	(void)map_put(&d->node_by_key, arena_str(&d->arena, text), (void *)(d->node_count + 1)); /* new */
	return (uint32_t)d->node_count++;
}

/* ---- building ---- */

struct building {
	struct policy_diff *d;
	struct item *item;
	size_t dims[DIMS_MAX], count;
	struct point point;
};

static int kind_of(const struct klass *k)
{
	for (int i = POLICY_CITIZEN; !k->missing && i < POLICY_KIND__COUNT; i++)
		if (str_eq_c(k->text, policy_kind_names[i]))
			return i;
	return POLICY_KIND_NONE;
}

/* The class alone keeps the check from applying. */
static bool rules_out(const struct building *b, size_t side, size_t dim, const struct klass *k)
{
	const struct check *c = b->item->check[side];
	if (!c)
		return true;
	if (dim == DIM_OP && !(c->ops & 1u << (str_eq_c(k->text, "renew") ? POLICY_RENEW : POLICY_CREATE)))
		return true;
	if (k->missing || k->other)
		return false;
	if (dim == DIM_OP && b->item->grant[side] && str_eq_c(k->text, "renew"))
		return true;
	if (dim == DIM_KIND && (!(c->kinds & 1u << kind_of(k)) ||
	                        (b->item->grant[side] && kind_of(k) != (int)b->item->grant[side]->kind)))
		return true;
	if (dim == DIM_ZONE && b->item->grant[side] && !diff_in_list(&k->members, b->item->grant[side]->zone))
		return true;
	if (b->d->space.dims[dim].form != FORM_TEXT)
		return false;
	for (size_t i = 0; i < c->when_count; i++)
		if (space_dim_of(&b->d->space, c->when[i].fact, side) == dim &&
		    !diff_in_list(&c->when[i].in, k->text))
			return true;
	return false;
}

/* Nobody speaks. */
static uint32_t silence(const struct building *b)
{
	struct speech none[SIDES];
	memset(none, 0, sizeof none);
	none[0].reason = none[1].reason = none[0].granted = none[1].granted = -1;
	if (b->item->pair_count == 0)
		memcpy(b->item->pairs[b->item->pair_count++], none, sizeof none);
	return NODE_LEAF; /* always the first pair */
}

static void choose_dims(struct building *b, enum policy_op op)
{
	struct dim_set reads = {{false}};
	for (size_t side = 0; side < SIDES; side++)
		diff_check_dims(b->d, b->item, side, op, &reads);
	b->count = 0;
	for (size_t i = DIM_OP + 1; i < b->d->space.dim_count; i++)
		if (reads.has[i]) {
			b->dims[b->count++] = i;
			b->item->reads.has[i] = true;
		}
}

static uint32_t build(struct building *b, size_t k)
{
	if (k == b->count) {
		uint32_t pair = diff_speak(b->d, b->item, &b->point);
		return pair == NODE_VOID ? pair : NODE_LEAF | pair;
	}
	uint32_t children[CLASSES_MAX];
	size_t dim = b->dims[k];
	const struct dim *m = &b->d->space.dims[dim];
	for (size_t i = 0; i < m->count; i++) {
		b->point.at[dim] = (uint16_t)i;
		bool out = rules_out(b, 0, dim, &m->classes[i]) && rules_out(b, 1, dim, &m->classes[i]);
		children[i] = out ? silence(b) : build(b, k + 1);
	}
	b->point.at[dim] = CLASS_FREE;
	return diff_graph_node(b->d, dim, children);
}

void diff_graph_item(struct policy_diff *d, struct item *item)
{
	struct building b = {.d = d, .item = item};
	uint32_t children[POLICY_OP__COUNT];
	const struct dim *m = &d->space.dims[DIM_OP];
	for (size_t i = 0; i < DIMS_MAX; i++)
		b.point.at[i] = CLASS_FREE;
	(void)silence(&b); /* makes the first pair */
	for (size_t i = 0; i < m->count; i++) {
		enum policy_op op = str_eq_c(m->classes[i].text, "renew") ? POLICY_RENEW : POLICY_CREATE;
		b.point.at[DIM_OP] = (uint16_t)i;
		choose_dims(&b, op);
		bool out =
		    rules_out(&b, 0, DIM_OP, &m->classes[i]) && rules_out(&b, 1, DIM_OP, &m->classes[i]);
		children[i] = out ? silence(&b) : build(&b, 0);
	}
	item->reads.has[DIM_OP] = true;
	item->roots[ROOT_FULL] = diff_graph_node(d, DIM_OP, children);
}

/* ---- the same diagram with other leaves ---- */

static uint32_t leaf_for(const struct item *t, uint32_t pair, enum root root)
{
	uint64_t bit = 1ull << pair;
	uint64_t sides[] = {t->certain[0], t->certain[1]};
	if (root == ROOT_DIFFERENT)
		return t->different & bit ? pair + 1 : 0;
	if (root == ROOT_MISSING) {
		sides[0] = t->missing[0];
		sides[1] = t->missing[1];
	}
	return (sides[0] & bit ? 1u : 0) | (sides[1] & bit ? 2u : 0);
}

struct renaming {
	struct policy_diff *d;
	const struct item *item;
	enum root root;
	uint32_t *known; /* of nodes, by index; NODE_VOID: not yet */
};

static uint32_t rename_node(struct renaming *r, uint32_t node)
{
	if (node == NODE_VOID)
		return node;
	if (node & NODE_LEAF)
		return NODE_LEAF | leaf_for(r->item, node & ~NODE_LEAF, r->root);
	if (r->known[node] != NODE_VOID)
		return r->known[node];
	uint32_t children[CLASSES_MAX];
	size_t dim = r->d->nodes[node].dim, first = r->d->nodes[node].first;
	for (size_t i = 0; i < r->d->space.dims[dim].count; i++)
		children[i] = rename_node(r, r->d->children[first + i]);
	r->known[node] = diff_graph_node(r->d, dim, children);
	return r->known[node];
}

void diff_graph_roots(struct policy_diff *d, struct item *item)
{
	size_t count = d->node_count;
	uint32_t *known = xcalloc(count + 1, sizeof *known);
	for (enum root root = ROOT_FULL + 1; root < ROOT__COUNT; root++) {
		struct renaming r = {.d = d, .item = item, .root = root, .known = known};
		memset(known, 0xff, (count + 1) * sizeof *known);
		item->roots[root] = rename_node(&r, item->roots[ROOT_FULL]);
	}
	free(known);
}

/* ---- asking ---- */

static void collect(struct policy_diff *d, uint32_t node, const uint64_t *box, uint64_t *out)
{
	if (node == NODE_VOID)
		return;
	if (node & NODE_LEAF) {
		*out |= 1ull << (node & ~NODE_LEAF);
		return;
	}
	struct node *n = &d->nodes[node];
	if (n->stamp == d->stamp)
		return;
	n->stamp = d->stamp;
	const struct dim *m = &d->space.dims[n->dim];
	for (size_t i = 0; i < m->count; i++)
		if (box_has(&d->space, box, n->dim, i))
			collect(d, d->children[n->first + i], box, out);
}

uint64_t diff_graph_possible(struct policy_diff *d, uint32_t root, const uint64_t *box)
{
	uint64_t out = 0;
	d->stamp++;
	collect(d, root, box, &out);
	return out;
}

static void add_part(const struct policy_diff *d, const uint64_t *box, uint32_t leaf, struct parts *out)
{
	size_t size = d->space.words * sizeof *box;
	if (out->count == out->cap) {
		out->cap = out->cap ? 2 * out->cap : 8;
		out->boxes = xrealloc(out->boxes, out->cap, sizeof *out->boxes);
		out->leaves = xrealloc(out->leaves, out->cap, sizeof *out->leaves);
	}
	out->boxes[out->count] = xmalloc(size);
	memcpy(out->boxes[out->count], box, size);
	out->leaves[out->count++] = leaf;
}

static void split(const struct policy_diff *d, uint32_t node, uint64_t *box, struct parts *out)
{
	if (node == NODE_VOID)
		return;
	if (node & NODE_LEAF) {
		add_part(d, box, node & ~NODE_LEAF, out);
		return;
	}
	const struct node *n = &d->nodes[node];
	const struct dim *m = &d->space.dims[n->dim];
	const uint32_t *children = d->children + n->first;
	uint64_t had[CLASSES_MAX / 64], done[CLASSES_MAX / 64] = {0}, *words = box + m->first_word;
	memcpy(had, words, m->words * sizeof *had);
	for (size_t i = 0; i < m->count; i++) {
		if (!(had[i / 64] >> i % 64 & 1) || done[i / 64] >> i % 64 & 1)
			continue;
		memset(words, 0, m->words * sizeof *words);
		for (size_t k = i; k < m->count; k++)
			if (had[k / 64] >> k % 64 & 1 && children[k] == children[i]) {
				words[k / 64] |= 1ull << k % 64;
				done[k / 64] |= 1ull << k % 64;
			}
		split(d, children[i], box, out);
	}
	memcpy(words, had, m->words * sizeof *had);
}

void diff_graph_split(const struct policy_diff *d, uint32_t root, const uint64_t *box, struct parts *out)
{
	size_t size = d->space.words * sizeof *box;
	uint64_t *own = xmalloc(size);
	memcpy(own, box, size);
	*out = (struct parts){0};
	split(d, root, own, out);
	free(own);
}

void parts_free(struct parts *p)
{
	for (size_t i = 0; i < p->count; i++)
		free(p->boxes[i]);
	free(p->boxes);
	free(p->leaves);
}
