/* Cells are kept, widths measured, then printed. */
#include "daemon/cli/table.h"

#include "daemon/cli/width.h"
#include "epp/base/alloc.h"
#include "epp/base/check.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

void table_init(struct table *t, const struct table_column *columns, size_t column_count)
{
	REQUIRE(column_count > 0 && column_count <= TABLE_COLUMNS_MAX);
	*t = (struct table){.columns = columns, .column_count = column_count};
	arena_init(&t->arena);
}

void table_fini(struct table *t)
{
	free(t->cells);
	arena_fini(&t->arena);
	*t = (struct table){0};
}

void table_cell(struct table *t, struct str text)
{
	if (t->count == t->cap) {
		t->cap = t->cap ? t->cap * 2 : 64;
		t->cells = xrealloc(t->cells, t->cap, sizeof *t->cells);
	}
	t->cells[t->count++] = arena_str(&t->arena, text);
}

void table_number(struct table *t, unsigned long long value)
{
	char text[24];
	int len = snprintf(text, sizeof text, "%llu", value);
	table_cell(t, str_make(text, (size_t)len));
}

static void spaces(struct buf *out, size_t n)
{
	while (n--)
		buf_byte(out, ' ');
}

static void print_row(const struct table *t, const struct str *cells, const size_t *widths, struct buf *out)
{
	for (size_t c = 0; c < t->column_count; c++) {
		size_t shown = width_of(cells[c]) < widths[c] ? width_of(cells[c]) : widths[c];
		spaces(out, 2 + (t->columns[c].right ? widths[c] - shown : 0));
		(void)width_append(out, cells[c], widths[c]); /* what it used is `shown` */
		if (!t->columns[c].right && c + 1 < t->column_count)
			spaces(out, widths[c] - shown);
	}
	buf_byte(out, '\n');
}

void table_print(const struct table *t, struct buf *out)
{
	size_t widths[TABLE_COLUMNS_MAX];
	struct str titles[TABLE_COLUMNS_MAX];
	INVARIANT(t->count % t->column_count == 0);
	if (!t->count)
		return;
	for (size_t c = 0; c < t->column_count; c++) {
		titles[c] = str_c(t->columns[c].title);
		widths[c] = width_of(titles[c]);
		size_t max = t->columns[c].max ? t->columns[c].max : SIZE_MAX;
		for (size_t i = c; i < t->count; i += t->column_count) {
			size_t w = width_of(t->cells[i]);
			w = w < max ? w : max;
			widths[c] = w > widths[c] ? w : widths[c];
		}
	}
	print_row(t, titles, widths, out);
	for (size_t i = 0; i < t->count; i += t->column_count)
		print_row(t, t->cells + i, widths, out);
}
