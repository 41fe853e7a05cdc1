/* Tables for people: columns aligned by what a terminal shows, peer text made harmless. */
#ifndef VNEPP_CLI_TABLE_H
#define VNEPP_CLI_TABLE_H

#include "epp/base/arena.h"
#include "epp/base/buf.h"
#include "epp/base/str.h"

#include <stdbool.h>
#include <stddef.h>

#define TABLE_COLUMNS_MAX 16

struct table_column {
	const char *title;
	bool right; /* numbers */
	size_t max; /* columns of the terminal; longer cells are cut. 0: no limit */
};

struct table {
	struct arena arena;
	const struct table_column *columns; /* borrowed */
	size_t column_count;
	struct str *cells; /* owned; row by row */
	size_t count, cap;
};

/* At most TABLE_COLUMNS_MAX columns. */
void table_init(struct table *t, const struct table_column *columns, size_t column_count);
void table_fini(struct table *t);
/* Cells are added from left to right, row after row; copies. */
void table_cell(struct table *t, struct str text);
void table_number(struct table *t, unsigned long long value);
/* Title line and rows, each line with two spaces in front; nothing at all without rows. */
void table_print(const struct table *t, struct buf *out);

#endif
