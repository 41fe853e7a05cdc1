/* Reading a list of names. */
#include "daemon/cli/name_file.h"

#include "epp/base/map.h"
#include "epp/name.h"

#include <string.h>

#define SEPARATORS ",;\t"

struct names {
	struct list_file *f;
	const char *file;
	uint32_t line;
	bool csv;
	char separator;
	size_t column;   /* of the name, from 0 */
	struct map seen; /* names -> their line, as a pointer-sized number */
};

static void wrong(struct names *n, uint32_t column, const char *words)
{
	list_file_wrong(n->f, n->file, n->line, column, "name", words);
}

/* The next cell from *at, quotes taken off; *at is behind its separator then. False: there is no more. */
static bool next_cell(const struct names *n, struct str line, size_t *at, struct str *out, uint32_t *column)
{
	bool quoted = false;
	size_t from = *at, end = from;
	if (from > line.len)
		return false;
	while (end < line.len && (quoted || line.ptr[end] != n->separator)) {
		quoted ^= line.ptr[end] == '"';
		end++;
	}
	*out = str_trim(str_make(line.ptr + from, end - from));
	*column = (uint32_t)from + 1;
	if (out->len >= 2 && out->ptr[0] == '"' && out->ptr[out->len - 1] == '"')
		*out = str_trim(str_make(out->ptr + 1, out->len - 2));
	*at = end + 1;
	return true;
}

/* ---- a name ------------------------------------------------------------------------------------------------------------- */

static void take(struct names *n, struct str text, uint32_t column)
{
	struct epp_name name;
	struct errmsg e = {""};
	char words[ERRMSG_MAX];
	if (str_ends(text, STR(".*")))
		text.len -= 2;
	if (!text.len || epp_name_parse(text, &name, &e)) {
		wrong(n, column, text.len ? e.text : "a name, or a label that is kept back under every zone");
		return;
	}
	struct str ascii = arena_str(&n->f->arena, str_make(name.ascii, name.ascii_len));
	void *line = map_get(&n->seen, ascii);
	if (line) {
		(void)snprintf(words, sizeof words, "line %u has this name already",
		               (unsigned)(uintptr_t)line);
		wrong(n, column, words);
		return;
	}
	(void)map_put(&n->seen, ascii, (void *)(uintptr_t)n->line); /* it was not there */
	list_file_add(n->f, (struct list_file_row){.line = n->line, .number = ascii, .on = DATE_NONE});
}

static bool is_heading(struct str cell)
{
	static const char *const headings[] = {"name", "domain", "ten_mien", "tên miền", "Tên miền"};
	for (size_t i = 0; i < ARRAY_LEN(headings); i++)
		if (str_eq_nocase(cell, str_c(headings[i])))
			return true;
	return false;
}

/* The first line is a header when one of its cells is called as a column of names is. */
static bool read_header(struct names *n, struct str line)
{
	struct str cell;
	uint32_t column;
	size_t at = 0, i = 0;
	for (const char *s = SEPARATORS; *s && !n->separator; s++)
		if (memchr(line.ptr, *s, line.len))
			n->separator = *s;
	n->separator = n->separator ? n->separator : ',';
	while (next_cell(n, line, &at, &cell, &column)) {
		if (is_heading(cell)) {
			n->column = i;
			return true;
		}
		i++;
	}
	return false;
}

static void read_cell(struct names *n, struct str line)
{
	struct str cell;
	uint32_t column;
	size_t at = 0, i = 0;
	while (next_cell(n, line, &at, &cell, &column))
		if (i++ == n->column) {
			take(n, cell, column);
			return;
		}
	wrong(n, 1, "the line has fewer columns than the header");
}

static void read_plain(struct names *n, struct str line)
{
	const char *remark = memchr(line.ptr, '#', line.len);
	struct str name = str_trim(remark ? str_make(line.ptr, (size_t)(remark - line.ptr)) : line);
	if (!name.len)
		return;
	if (memchr(name.ptr, n->separator, name.len))
		wrong(n, 1, "several columns, and the first line names no column 'name'");
	else
		take(n, name, (uint32_t)(name.ptr - line.ptr) + 1);
}

static void read_lines(struct names *n, struct str all)
{
	bool first = true;
	if (str_starts(all, STR("\xEF\xBB\xBF")))
		all = str_make(all.ptr + 3, all.len - 3);
	while (all.len) {
		struct str line = str_split(&all, '\n');
		n->line++;
		if (line.len && line.ptr[line.len - 1] == '\r')
			line.len--;
		if (!str_trim(line).len)
			continue;
		if (first && read_header(n, line))
			n->csv = true;
		else if (n->csv)
			read_cell(n, line);
		else
			read_plain(n, line);
		first = false;
	}
}

enum err name_file_read(struct list_file *f, const char *name, FILE *in, struct errmsg *e)
{
	struct names n = {.f = f, .file = name};
	struct buf all;
	map_init(&n.seen);
	enum err err = list_file_load(f, name, in, &all, e);
	if (!err) {
		read_lines(&n, buf_str(&all));
		err = list_file_done(f, name, e);
	}
	map_fini(&n.seen);
	buf_fini(&all);
	return err;
}
