/*
 * The rule set as one text, whatever files it stood in and however they were laid out: keys in order, every scalar quoted.
 * Its SHA-256 is the revision.
 */
#include "policy/load_int.h"

#include "epp/base/alloc.h"

#include <stdlib.h>

#define CANONICAL_MAX (16u << 20) /* several files of YAML_MAX_BYTES, escaped */

bool load_is_nothing(const struct yaml_node *n)
{
	return n->kind == YAML_SCALAR && n->plain && (n->text.len == 0 || str_eq_c(n->text, "null"));
}

static int by_key(const void *a, const void *b)
{
	const struct yaml_node *const *x = a, *const *y = b;
	return str_cmp((*x)->key, (*y)->key);
}

static void print_node(struct buf *out, const struct yaml_node *n);

static void print_map(struct buf *out, const struct yaml_node *n)
{
	const struct yaml_node **sorted = xcalloc(n->count + 1, sizeof *sorted);
	size_t count = 0;
	for (const struct yaml_node *e = n->child; e; e = e->next)
		sorted[count++] = e;
	qsort(sorted, count, sizeof *sorted, by_key);
	buf_byte(out, '{');
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			buf_byte(out, ',');
		buf_json(out, sorted[i]->key);
		buf_byte(out, ':');
		print_node(out, sorted[i]);
	}
	buf_byte(out, '}');
	free(sorted);
}

static void print_node(struct buf *out, const struct yaml_node *n)
{
	if (n->kind == YAML_SCALAR) {
		if (load_is_nothing(n))
			buf_lit(out, "null"); /* unquoted: it must not become a text */
		else
			buf_json(out, n->text);
		return;
	}
	if (n->kind == YAML_MAP) {
		print_map(out, n);
		return;
	}
	buf_byte(out, '[');
	for (const struct yaml_node *e = n->child; e; e = e->next) {
		if (e != n->child)
			buf_byte(out, ',');
		print_node(out, e);
	}
	buf_byte(out, ']');
}

static void print_section(struct buf *out, const struct loader *l, size_t section)
{
	const struct entries *s = &l->sections[section];
	buf_json(out, str_c(load_section_name(section)));
	buf_byte(out, ':');
	if (load_section_kind(section) == YAML_MAP) {
		print_node(out, s->nodes[0]);
		return;
	}
	buf_byte(out, '[');
	for (size_t i = 0; i < s->count; i++) {
		if (i > 0)
			buf_lit(out, ",\n");
		print_node(out, s->nodes[i]);
	}
	buf_byte(out, ']');
}

void load_make_revision(struct loader *l)
{
	struct buf out;
	struct sha256 sum;
	buf_init(&out, CANONICAL_MAX);
	buf_byte(&out, '{');
	for (size_t i = 0; i < SECTION__COUNT; i++) {
		if (l->sections[i].count == 0)
			continue;
		if (buf_len(&out) > 1)
			buf_lit(&out, ",\n");
		print_section(&out, l, i);
	}
	buf_lit(&out, "}\n");
	if (!buf_ok(&out))
		diag_error(l->d, DIAG_NOWHERE, "the rule files are larger than %u bytes together",
		           CANONICAL_MAX);
	hash_sha256(buf_str(&out), &sum);
	memcpy(l->r->revision, "sha256:", 7);
	hash_hex(l->r->revision + 7, sum.bytes, SHA256_LEN);
	l->r->canonical = arena_str(l->a, buf_str(&out));
	buf_fini(&out);
}
