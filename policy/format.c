/* Prints the nodes again, in order, each with the comments that stand before, behind or at the end of it. */
#include "policy/format.h"

#include "policy/format_int.h"

#include <stdio.h>

#define WIDTH 120

struct printer {
	const struct layout *l;
	struct buf *out;
	size_t next_comment;
};

/* ---- one line's parts ---- */

/* Columns of a text: code points. */
static size_t columns(struct str s)
{
	size_t n = 0;
	for (size_t i = 0; i < s.len; i++)
		n += ((unsigned char)s.ptr[i] & 0xC0) != 0x80;
	return n;
}

static void put_indent(struct printer *p, size_t indent)
{
	for (size_t i = 0; i < indent; i++)
		buf_byte(p->out, ' ');
}

static void put_quoted(struct buf *out, struct str s)
{
	buf_byte(out, '"');
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];
		if (c == '"' || c == '\\')
			buf_printf(out, "\\%c", c);
		else if (c == '\n')
			buf_lit(out, "\\n");
		else if (c == '\t')
			buf_lit(out, "\\t");
		else if (c < 0x20 || c == 0x7f)
			buf_printf(out, "\\x%02x", c);
		else
			buf_byte(out, (char)c);
	}
	buf_byte(out, '"');
}

static void put_key(const struct printer *p, struct buf *out, const struct yaml_node *n)
{
	size_t at = layout_offset(p->l, n->key_pos);
	if (p->l->quoted[at])
		put_quoted(out, n->key);
	else
		buf_add(out, n->key);
}

static void put_scalar(struct buf *out, const struct yaml_node *n)
{
	if (n->plain)
		buf_add(out, n->text);
	else
		put_quoted(out, n->text);
}

static void put_flow(const struct printer *p, struct buf *out, const struct yaml_node *n)
{
	if (n->kind == YAML_SCALAR) {
		put_scalar(out, n);
		return;
	}
	buf_byte(out, n->kind == YAML_MAP ? '{' : '[');
	for (const struct yaml_node *e = n->child; e; e = e->next) {
		if (n->kind == YAML_MAP) {
			put_key(p, out, e);
			buf_add(out, e->kind == YAML_SCALAR && e->plain && e->text.len == 0 ? STR(":")
			                                                                    : STR(": "));
		}
		put_flow(p, out, e);
		if (e->next)
			buf_lit(out, ", ");
	}
	buf_byte(out, n->kind == YAML_MAP ? '}' : ']');
}

/* ---- comments ---- */

static struct comment *pending(const struct printer *p)
{
	return p->next_comment < p->l->comment_count ? &p->l->comments[p->next_comment] : NULL;
}

static void put_comment(struct printer *p, const struct comment *c, size_t indent)
{
	if (c->blank_above && buf_len(p->out))
		buf_byte(p->out, '\n');
	put_indent(p, indent);
	buf_add(p->out, c->text);
	buf_byte(p->out, '\n');
	p->next_comment++;
}

/* All that stands before `offset`; of them, in a container's end, only what stands at least as far in as `column`. */
static void put_comments_before(struct printer *p, size_t offset, size_t indent, int column)
{
	for (struct comment *c = pending(p); c && c->offset < offset && c->column >= column; c = pending(p))
		put_comment(p, c, indent);
}

/* Behind what was just printed: a comment that does not stand on a line of its own, before `limit`. Ends the line. */
static void put_comments_behind(struct printer *p, size_t limit)
{
	struct comment *c = pending(p);
	if (c && !c->own_line && c->offset < limit) {
		buf_byte(p->out, ' ');
		buf_add(p->out, c->text);
		p->next_comment++;
	}
	buf_byte(p->out, '\n');
}

/* ---- how a value is written ---- */

static bool in_brackets(const struct printer *p, const struct yaml_node *n)
{
	char first = layout_first(p->l, n);
	return n->kind != YAML_SCALAR && (n->count == 0 || first == '[' || first == '{');
}

static size_t end_of(const struct printer *p, const struct yaml_node *n)
{
	size_t at = layout_offset(p->l, n->pos);
	if (n->kind != YAML_SCALAR && in_brackets(p, n))
		return layout_end(p->l, at);
	return at < p->l->text.len && p->l->quoted[at] ? layout_end(p->l, at) : at;
}

static bool has_comments(const struct printer *p, const struct yaml_node *n)
{
	size_t from = layout_offset(p->l, n->pos), to = end_of(p, n);
	for (size_t i = 0; i < p->l->comment_count; i++)
		if (p->l->comments[i].offset > from && p->l->comments[i].offset < to)
			return true;
	return false;
}

static bool all_scalars(const struct yaml_node *n)
{
	for (const struct yaml_node *e = n->child; e; e = e->next)
		if (e->kind != YAML_SCALAR)
			return false;
	return true;
}

/* A list of scalars that is too long for its line: filled lines, under its first entry. */
static void put_filled(struct printer *p, const struct yaml_node *n, size_t used)
{
	size_t pad = used + 1, at = pad;
	struct buf word;
	buf_init(&word, 1u << 20);
	buf_byte(p->out, '[');
	for (const struct yaml_node *e = n->child; e; e = e->next) {
		buf_clear(&word);
		put_scalar(&word, e);
		buf_byte(&word, e->next ? ',' : ']');
		size_t wide = columns(buf_str(&word));
		if (e != n->child && at + 1 + wide > WIDTH) {
			buf_byte(p->out, '\n');
			put_indent(p, pad);
			at = pad;
		} else if (e != n->child) {
			buf_byte(p->out, ' ');
			at++;
		}
		buf_add(p->out, buf_str(&word));
		at += wide;
	}
	buf_fini(&word);
}

/* True when it could be written behind what stands in the line already (`used` columns), and was. */
static bool put_inline(struct printer *p, const struct yaml_node *n, size_t used)
{
	struct buf flow;
	buf_init(&flow, 4u << 20);
	bool brackets = in_brackets(p, n), fits;
	if (n->kind != YAML_SCALAR && (!brackets || has_comments(p, n))) {
		buf_fini(&flow);
		return false;
	}
	put_flow(p, &flow, n);
	fits = n->kind == YAML_SCALAR || n->count == 0 || used + columns(buf_str(&flow)) <= WIDTH;
	if (fits)
		buf_add(p->out, buf_str(&flow));
	else if (n->kind == YAML_SEQ && all_scalars(n)) {
		put_filled(p, n, used);
		fits = true;
	}
	buf_fini(&flow);
	return fits;
}

/* A text of several lines that was written as a block stays one, unless a block cannot say it. */
static bool put_block_text(struct printer *p, const struct yaml_node *n, size_t indent)
{
	char first = layout_first(p->l, n);
	struct str rest = n->text;
	if (n->kind != YAML_SCALAR || n->plain || (first != '|' && first != '>') || rest.len < 2)
		return false;
	bool ends = rest.ptr[rest.len - 1] == '\n';
	rest.len -= ends;
	if (rest.ptr[0] == ' ' || rest.ptr[rest.len - 1] == '\n' || !memchr(rest.ptr, '\n', rest.len))
		return false;
	for (size_t i = 0; i < rest.len; i++)
		if ((unsigned char)rest.ptr[i] < 0x20 && rest.ptr[i] != '\n')
			return false;
	buf_add(p->out, ends ? STR("|") : STR("|-"));
	while (rest.len) {
		struct str line = str_split(&rest, '\n');
		buf_byte(p->out, '\n');
		put_indent(p, line.len ? indent : 0);
		buf_add(p->out, line);
	}
	return true;
}

/* ---- entries ---- */

static void put_entries(struct printer *p, const struct yaml_node *n, size_t indent, bool first_indented,
                        size_t limit);

static size_t start_of(const struct printer *p, const struct yaml_node *n)
{
	bool keyed = n->parent && n->parent->kind == YAML_MAP;
	return layout_offset(p->l, keyed ? n->key_pos : n->pos);
}

/* What follows the key or dash: on the same line, or as a block below it. */
static void put_value(struct printer *p, const struct yaml_node *n, size_t indent, size_t line_begin,
                      size_t limit)
{
	bool keyed = n->parent->kind == YAML_MAP,
	     empty = n->kind == YAML_SCALAR && n->plain && n->text.len == 0;
	if (keyed && !empty)
		buf_byte(p->out, ' ');
	size_t used = columns(str_make(buf_data(p->out) + line_begin, buf_len(p->out) - line_begin));
	if (empty) {
		put_comments_behind(p, limit);
		return;
	}
	if (put_block_text(p, n, indent + 2)) {
		buf_byte(p->out, '\n');
		return;
	}
	if (put_inline(p, n, used)) {
		put_comments_behind(p, limit);
		return;
	}
	if (!keyed && n->kind == YAML_MAP) {
		put_entries(p, n, indent + 2, true, limit); /* "- key: ..." */
		return;
	}
	if (keyed)
		buf_truncate(p->out, buf_len(p->out) - 1);
	size_t first = n->child ? start_of(p, n->child) : limit;
	put_comments_behind(p, first);
	put_entries(p, n, indent + 2, false, limit);
}

static bool begins_with_blank(const struct printer *p, const struct yaml_node *e, size_t offset)
{
	bool brackets = e->parent->kind != YAML_SCALAR && in_brackets(p, e->parent);
	return !brackets && layout_blank_above(p->l, offset);
}

static void put_entry(struct printer *p, const struct yaml_node *e, size_t indent, bool indented,
                      size_t limit)
{
	size_t start = start_of(p, e), before = p->next_comment;
	if (!indented) {
		put_comments_before(p, start, indent, 0);
		/* the blank line above an entry's comments was theirs */
		bool mine = begins_with_blank(p, e, start) &&
		            (p->next_comment == before || layout_blank_above(p->l, start));
		if (mine && buf_len(p->out))
			buf_byte(p->out, '\n');
	}
	size_t line_begin = buf_len(p->out) - (indented ? indent : 0);
	if (!indented)
		put_indent(p, indent);
	if (e->parent->kind == YAML_SEQ) {
		buf_lit(p->out, "- ");
	} else {
		put_key(p, p->out, e);
		buf_byte(p->out, ':');
	}
	put_value(p, e, indent, line_begin, limit);
}

static void put_entries(struct printer *p, const struct yaml_node *n, size_t indent, bool first_indented,
                        size_t limit)
{
	for (const struct yaml_node *e = n->child; e; e = e->next)
		put_entry(p, e, indent, first_indented && e == n->child,
		          e->next ? start_of(p, e->next) : limit);
	/* what stands at the end of the block, as far in as its entries, belongs to it */
	if (n->child && n->parent && !in_brackets(p, n)) {
		struct diag_pos pos = n->kind == YAML_MAP ? n->child->key_pos : n->child->pos;
		int column = n->kind == YAML_MAP ? pos.column : pos.column - 2;
		put_comments_before(p, limit, indent, column);
	} else if (n->child && n->parent) {
		put_comments_before(p, end_of(p, n), indent, 0);
	}
}

/* ---- the same words ---- */

static bool same(const struct yaml_node *a, const struct yaml_node *b)
{
	if (a->kind != b->kind || a->count != b->count || !str_eq(a->key, b->key))
		return false;
	if (a->kind == YAML_SCALAR)
		return a->plain == b->plain && str_eq(a->text, b->text);
	const struct yaml_node *x = a->child, *y = b->child;
	for (; x && y; x = x->next, y = y->next)
		if (!same(x, y))
			return false;
	return !x && !y;
}

static bool says_the_same(struct arena *a, const struct yaml_node *top, const struct layout *l,
                          struct str text)
{
	struct diag ignored;
	struct layout again;
	diag_init(&ignored);
	struct yaml_node *back = yaml_parse(a, &ignored, "formatted", text);
	bool good = back && same(top, back);
	if (good) {
		layout_read(a, text, back, &again);
		good = again.comment_count == l->comment_count;
		for (size_t i = 0; good && i < l->comment_count; i++)
			good = str_eq(again.comments[i].text, l->comments[i].text);
	}
	diag_fini(&ignored);
	return good;
}

bool policy_format(const char *name, struct str text, struct diag *d, struct buf *out)
{
	struct arena arena;
	struct layout l;
	struct buf own;
	bool good = false;
	arena_init(&arena);
	buf_init(&own, 2 * YAML_MAX_BYTES);
	struct yaml_node *top = yaml_parse(&arena, d, name, text);
	if (top) {
		layout_read(&arena, text, top, &l);
		struct printer p = {&l, &own, 0};
		put_entries(&p, top, 0, false, text.len);
		put_comments_before(&p, text.len + 1, 0, 0);
		good = buf_ok(&own) && says_the_same(&arena, top, &l, buf_str(&own));
		if (!good)
			diag_error(
			    d, DIAG_NOWHERE,
			    "%s: cannot be laid out without moving a comment or a word; it is left as it is",
			    name);
	}
	if (good)
		buf_add(out, buf_str(&own));
	buf_fini(&own);
	arena_fini(&arena);
	return good;
}
