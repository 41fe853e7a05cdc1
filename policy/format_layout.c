/* Where comments are: libyaml drops them, so they are looked for in the text, outside of quotes and block scalars. */
#include "policy/format_int.h"

static size_t line_of(const struct layout *l, size_t offset)
{
	size_t low = 0, high = l->line_count;
	while (high - low > 1) {
		size_t middle = (low + high) / 2;
		if (l->lines[middle] <= offset)
			low = middle;
		else
			high = middle;
	}
	return low;
}

static bool is_continuation(char c)
{
	return ((unsigned char)c & 0xC0) == 0x80;
}

size_t layout_offset(const struct layout *l, struct diag_pos pos)
{
	size_t line = pos.line > 0 ? (size_t)pos.line - 1 : 0;
	size_t at = line < l->line_count ? l->lines[line] : l->text.len;
	for (int i = 1; i < pos.column && at < l->text.len; i++)
		do
			at++;
		while (at < l->text.len && is_continuation(l->text.ptr[at]));
	return at;
}

char layout_first(const struct layout *l, const struct yaml_node *n)
{
	size_t at = layout_offset(l, n->pos);
	return at < l->text.len ? l->text.ptr[at] : '\0';
}

static size_t quote_end(const struct layout *l, size_t at)
{
	char quote = l->text.ptr[at++];
	while (at < l->text.len) {
		char c = l->text.ptr[at++];
		if (quote == '"' && c == '\\')
			at++;
		else if (c == quote && quote == '\'' && at < l->text.len && l->text.ptr[at] == quote)
			at++;
		else if (c == quote)
			break;
	}
	return at < l->text.len ? at : l->text.len;
}

static size_t line_end(const struct layout *l, size_t at)
{
	const char *stop = at < l->text.len ? memchr(l->text.ptr + at, '\n', l->text.len - at) : NULL;
	return stop ? (size_t)(stop - l->text.ptr) : l->text.len;
}

/* '#' begins a comment at the beginning of a line or after a blank. */
static bool begins_comment(const struct layout *l, size_t at)
{
	if (l->text.ptr[at] != '#')
		return false;
	char before = at > 0 ? l->text.ptr[at - 1] : '\n';
	return before == '\n' || before == ' ' || before == '\t' || before == '\r';
}

size_t layout_end(const struct layout *l, size_t offset)
{
	int depth = 0;
	size_t at = offset;
	while (at < l->text.len) {
		char c = l->text.ptr[at];
		if (l->quoted[at]) {
			at = quote_end(l, at);
			if (depth == 0)
				return at;
			continue;
		}
		if (begins_comment(l, at)) {
			at = line_end(l, at);
			continue;
		}
		depth += c == '[' || c == '{';
		depth -= c == ']' || c == '}';
		at++;
		if (depth == 0)
			return at;
	}
	return at;
}

bool layout_blank_above(const struct layout *l, size_t offset)
{
	size_t line = line_of(l, offset);
	if (line == 0)
		return false;
	size_t begin = l->lines[line - 1];
	return str_trim(str_make(l->text.ptr + begin, l->lines[line] - begin)).len == 0;
}

/* ---- what is no comment ---- */

/* Columns of blanks before the first other character of the line. */
static size_t indent_of(const struct layout *l, size_t line)
{
	size_t at = l->lines[line], n = 0;
	while (at + n < l->text.len && l->text.ptr[at + n] == ' ')
		n++;
	return n;
}

/* A block scalar goes on while lines are blank or stand further in than what it belongs to. */
static void skip_block(const struct layout *l, const struct yaml_node *n, bool *skip)
{
	size_t header = line_of(l, layout_offset(l, n->pos)), parent = indent_of(l, header);
	for (size_t line = header + 1; line < l->line_count; line++) {
		size_t end = line_end(l, l->lines[line]);
		bool blank = str_trim(str_make(l->text.ptr + l->lines[line], end - l->lines[line])).len == 0;
		if (!blank && indent_of(l, line) <= parent)
			return;
		skip[line] = true;
	}
}

static void mark(const struct layout *l, const struct yaml_node *n, bool *skip)
{
	if (n->key.ptr && n->parent && n->parent->kind == YAML_MAP) {
		size_t at = layout_offset(l, n->key_pos);
		if (at < l->text.len && (l->text.ptr[at] == '"' || l->text.ptr[at] == '\''))
			l->quoted[at] = true;
	}
	if (n->kind == YAML_SCALAR && !n->plain) {
		size_t at = layout_offset(l, n->pos);
		char c = at < l->text.len ? l->text.ptr[at] : '\0';
		if (c == '"' || c == '\'')
			l->quoted[at] = true;
		else
			skip_block(l, n, skip);
	}
	for (const struct yaml_node *e = n->child; e; e = e->next)
		mark(l, e, skip);
}

/* ---- comments ---- */

static void add_comment(struct layout *l, size_t at)
{
	size_t end = line_end(l, at), line = line_of(l, at);
	struct str text = str_make(l->text.ptr + at, end - at);
	while (text.len && (text.ptr[text.len - 1] == ' ' || text.ptr[text.len - 1] == '\t' ||
	                    text.ptr[text.len - 1] == '\r'))
		text.len--;
	struct str before = str_make(l->text.ptr + l->lines[line], at - l->lines[line]);
	l->comments[l->comment_count++] = (struct comment){.text = text,
	                                                   .offset = at,
	                                                   .column = (int)(at - l->lines[line]) + 1,
	                                                   .own_line = str_trim(before).len == 0,
	                                                   .blank_above = layout_blank_above(l, at)};
}

static void find_comments(struct layout *l, const bool *skip)
{
	for (size_t at = 0; at < l->text.len; at++) {
		if (l->quoted[at]) {
			at = quote_end(l, at) - 1;
			continue;
		}
		if (!begins_comment(l, at) || skip[line_of(l, at)])
			continue;
		add_comment(l, at);
		at = line_end(l, at);
	}
}

void layout_read(struct arena *a, struct str text, const struct yaml_node *top, struct layout *out)
{
	size_t lines = 1, hashes = 0;
	for (size_t i = 0; i < text.len; i++) {
		lines += text.ptr[i] == '\n';
		hashes += text.ptr[i] == '#';
	}
	size_t *offsets = arena_calloc(a, lines, sizeof *offsets);
	*out = (struct layout){.text = text, .lines = offsets, .line_count = 1};
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] == '\n')
			offsets[out->line_count++] = i + 1;
	out->quoted = arena_calloc(a, text.len + 1, sizeof *out->quoted);
	out->comments = arena_calloc(a, hashes + 1, sizeof *out->comments);
	bool *skip = arena_calloc(a, lines, sizeof *skip);
	mark(out, top, skip);
	find_comments(out, skip);
}
