/* CSV to an item. The record has been cut out already (split.c); here it is cut into cells. */
#include "daemon/api/item_csv.h"

#include "daemon/api/item_csv_names.h"

#include <stdio.h>

/* ---- cells --------------------------------------------------------------------------------------------------------- */

struct cell {
	struct str text;
	const char *at; /* of its first byte in the record */
};

struct cells {
	const char *at, *end;
	struct arena *scratch;
	bool more; /* another cell follows */
	const char *error, *error_at;
};

static bool cell_error(struct cells *c, const char *at, const char *text)
{
	c->error = text;
	c->error_at = at;
	c->more = false;
	return false;
}

static bool quoted_cell(struct cells *c, struct cell *out)
{
	const char *p = c->at + 1, *start = p;
	size_t doubled = 0;
	while ((p = memchr(p, '"', (size_t)(c->end - p))) && p + 1 < c->end && p[1] == '"') {
		doubled++;
		p += 2;
	}
	if (!p)
		return cell_error(c, c->at, "the closing quote of this cell");
	out->text = str_make(start, (size_t)(p - start));
	if (doubled) {
		char *to = arena_alloc(c->scratch, out->text.len), *begin = to;
		for (const char *from = start; from < p; from++) {
			*to++ = *from;
			from += *from == '"';
		}
		out->text = str_make(begin, (size_t)(to - begin));
	}
	c->at = p + 1;
	if (c->at < c->end && *c->at != ',')
		return cell_error(c, c->at, "a comma after the closing quote");
	return true;
}

static bool next_cell(struct cells *c, struct cell *out)
{
	if (!c->more)
		return false;
	out->at = c->at;
	if (c->at < c->end && *c->at == '"') {
		if (!quoted_cell(c, out))
			return false;
	} else {
		const char *comma = c->at < c->end ? memchr(c->at, ',', (size_t)(c->end - c->at)) : NULL;
		const char *stop = comma ? comma : c->end;
		out->text = str_make(c->at, (size_t)(stop - c->at));
		const char *quote = out->text.len ? memchr(c->at, '"', out->text.len) : NULL;
		if (quote)
			return cell_error(
			    c, quote,
			    "a cell with a quote in it to be in quotes itself, and the quote twice");
		c->at = stop;
	}
	c->more = c->at < c->end;
	c->at += c->more;
	return true;
}

static void cells_init(struct cells *c, struct arena *scratch, struct str record)
{
	*c = (struct cells){record.ptr, record.ptr + record.len, scratch, true, NULL, NULL};
}

static void line_error(struct item_draft *d, const char *at, const char *reason, const char *text)
{
	item_draft_error(d, (struct item_place){ITEM_GROUP_TOP, -1, at}, NULL, reason, "%s", text);
}

/* ---- the header ------------------------------------------------------------------------------------------------------ */

static void unknown_column(struct item_draft *d, const struct cell *cell, struct str path)
{
	char near[ITEM_CSV_PATH_MAX];
	struct item_place p = {ITEM_GROUP_TOP, -1, cell->at};
	char name[LINE_ERROR_QUOTED + 1];
	struct str heading = str_trim(cell->text);
	size_t n = heading.len;
	while (n > LINE_ERROR_QUOTED ||
	       (n < heading.len && n && ((unsigned char)heading.ptr[n] & 0xC0) == 0x80))
		n--;
	snprintf(name, sizeof name, "%.*s", (int)n, heading.ptr);
	if (item_csv_suggest(path, near))
		item_draft_error(d, p, name, "UNKNOWN_COLUMN", "'%s'", near);
	else
		item_draft_error(d, p, name, "UNKNOWN_COLUMN",
		                 "a member's path, such as 'applicant.name': see 'vnepp template csv'");
}

static bool repeated(const struct item_csv *csv, const struct item_csv_column *c)
{
	for (size_t i = 0; i < csv->count; i++)
		if (csv->columns[i].member == c->member && csv->columns[i].entry == c->entry &&
		    strcmp(csv->columns[i].fact, c->fact) == 0)
			return true;
	return false;
}

/* A column without a heading is one that a spreadsheet has left behind: its cells must be empty. */
static void header_cell(struct item_csv *csv, struct item_draft *d, struct arena *scratch,
                        const struct cell *cell)
{
	struct item_csv_column *c = &csv->columns[csv->count];
	struct str path = item_csv_path(scratch, str_trim(cell->text));
	if (!item_csv_column_find(c, path)) {
		c->member = NULL;
		if (path.len)
			unknown_column(d, cell, path);
	} else if (repeated(csv, c)) {
		item_draft_error(d, (struct item_place){ITEM_GROUP_TOP, -1, cell->at},
		                 (const char *)arena_str(scratch, path).ptr, "DUPLICATE", "this column once");
	}
	csv->count++;
}

/* What programs write that think of something else than RFC 4180 as CSV. */
static bool is_csv(struct item_draft *d, struct str record)
{
	const char *cr = memchr(record.ptr, '\r', record.len);
	const char *semicolon = memchr(record.ptr, ';', record.len),
	           *tab = memchr(record.ptr, '\t', record.len);
	bool utf16 = str_starts(record, STR("\xFF\xFE")) || str_starts(record, STR("\xFE\xFF")) ||
	             memchr(record.ptr, '\0', record.len);
	if (utf16)
		line_error(d, record.ptr, "BAD_UTF8",
		           "text in UTF-8; this is UTF-16: save it as 'CSV UTF-8'");
	else if (!str_is_utf8(record))
		line_error(d, record.ptr + str_utf8_prefix(record), "BAD_UTF8",
		           "text in UTF-8: spreadsheets call it 'CSV UTF-8'");
	else if (cr && !memchr(record.ptr, '"', record.len))
		line_error(d, cr, "BAD_LINE_END", "lines that end with LF or CR LF; here is a CR alone");
	else if ((semicolon || tab) && !memchr(record.ptr, ',', record.len))
		line_error(d, semicolon ? semicolon : tab, "BAD_SEPARATOR",
		           semicolon ? "commas between cells; here is a semicolon"
		                     : "commas between cells; here is a tab");
	return !d->bad;
}

bool item_csv_header(struct item_csv *csv, struct item_draft *d, struct arena *scratch, struct str record)
{
	struct cells cells;
	struct cell cell;
	arena_reset(scratch);
	if (!is_csv(d, record))
		return false;
	cells_init(&cells, scratch, record);
	while (next_cell(&cells, &cell)) {
		if (csv->count == ITEM_CSV_COLUMNS_MAX) {
			line_error(d, cell.at, "TOO_MANY", "at most 128 columns");
			return false;
		}
		header_cell(csv, d, scratch, &cell);
	}
	if (cells.error)
		line_error(d, cells.error_at, "SYNTAX", cells.error);
	return !d->bad;
}

/* ---- a record ---------------------------------------------------------------------------------------------------------- */

struct record {
	struct item_draft *d;
	int entry[ITEM_EVIDENCE_MAX];        /* column's entry to the request's; -1: not begun */
	uint32_t members[ITEM_EVIDENCE_MAX]; /* given, per entry of the request */
};

/* A word of a cell whose parts are separated by spaces. */
static bool next_word(struct str *rest, struct str *word)
{
	*rest = str_trim(*rest);
	if (str_empty(*rest))
		return false;
	size_t n = 0;
	while (n < rest->len && rest->ptr[n] != ' ' && rest->ptr[n] != '\n' && rest->ptr[n] != '\r' &&
	       rest->ptr[n] != '\t')
		n++;
	*word = str_make(rest->ptr, n);
	*rest = str_make(rest->ptr + n, rest->len - n);
	return true;
}

static void read_ns(struct item_draft *d, struct str cell, const char *at)
{
	struct str word;
	for (int i = 0; next_word(&cell, &word); i++) {
		struct item_place p = {ITEM_GROUP_NS, i, at};
		struct item_value v = {.kind = ITEM_GIVEN_TEXT, .text = str_split(&word, '/')};
		struct item_ns *ns = item_draft_entry(d, ITEM_GROUP_NS, at);
		if (!ns)
			return;
		item_draft_set(d, p, item_group_find(ITEM_GROUP_NS, STR("name")), ns, &v);
		while (!str_empty(word)) {
			v.text = str_split(&word, '/');
			item_draft_add_address(d, p, ns, &v);
		}
	}
}

static void read_ds(struct item_draft *d, struct str cell, const char *at)
{
	struct str word;
	size_t count;
	const struct item_member *m = item_group_members(ITEM_GROUP_DS, &count);
	for (int i = 0; next_word(&cell, &word); i++) {
		struct item_place p = {ITEM_GROUP_DS, i, at};
		struct item_ds *ds = item_draft_entry(d, ITEM_GROUP_DS, at);
		if (!ds)
			return;
		for (size_t k = 0; k < count; k++) {
			struct item_value v = {.kind = ITEM_GIVEN_CELL, .text = str_split(&word, ':')};
			item_draft_set(d, p, &m[k], ds, &v);
		}
		if (!str_empty(word))
			item_draft_error(d, p, NULL, "SYNTAX", "key_tag:alg:digest_type:digest");
	}
}

static void read_services(struct item_draft *d, struct str cell, const char *at)
{
	struct item_value v = {.kind = ITEM_GIVEN_TEXT};
	while (next_word(&cell, &v.text))
		item_draft_add_service(d, at, &v);
}

static void read_evidence(struct record *r, const struct item_csv_column *c, struct item_value *v,
                          const char *at)
{
	struct item_draft *d = r->d;
	if (r->entry[c->entry] < 0) {
		if (!item_draft_entry(d, ITEM_GROUP_EVIDENCE, at))
			return;
		r->entry[c->entry] = d->req->evidence_count - 1;
	}
	int i = r->entry[c->entry];
	size_t count;
	r->members[i] |= 1u << (c->member - item_group_members(ITEM_GROUP_EVIDENCE, &count));
	item_draft_set(d, (struct item_place){ITEM_GROUP_EVIDENCE, i, at}, c->member, &d->req->evidence[i],
	               v);
}

static void *base_of(struct item_request *req, enum item_group g)
{
	return g == ITEM_GROUP_APPLICANT        ? (void *)&req->applicant
	       : g == ITEM_GROUP_ADDRESS        ? (void *)&req->applicant.address
	       : g == ITEM_GROUP_REPRESENTATIVE ? (void *)&req->applicant.representative
	                                        : (void *)req;
}

/* The objects around a member are given, too. */
static void mark_parents(struct item_draft *d, enum item_group g)
{
	size_t count;
	const struct item_member *top = item_group_members(ITEM_GROUP_TOP, &count);
	if (g == ITEM_GROUP_CONTACTS)
		d->given[ITEM_GROUP_TOP] |= 1u << (item_group_find(ITEM_GROUP_TOP, STR("contacts")) - top);
	const char *in_applicant = g == ITEM_GROUP_ADDRESS          ? "address"
	                           : g == ITEM_GROUP_REPRESENTATIVE ? "representative"
	                                                            : NULL;
	if (g == ITEM_GROUP_APPLICANT || in_applicant)
		d->given[ITEM_GROUP_TOP] |= 1u << (item_group_find(ITEM_GROUP_TOP, STR("applicant")) - top);
	if (in_applicant)
		d->given[ITEM_GROUP_APPLICANT] |=
		    1u << (item_group_find(ITEM_GROUP_APPLICANT, str_c(in_applicant)) -
		           item_group_members(ITEM_GROUP_APPLICANT, &count));
}

static void read_cell(struct record *r, const struct item_csv_column *c, const struct cell *cell)
{
	struct item_value v = {.kind = ITEM_GIVEN_CELL, .text = str_trim(cell->text)};
	struct item_place p = {c->group, -1, cell->at};
	if (str_empty(v.text))
		return;
	if (!c->member) {
		line_error(r->d, cell->at, "UNKNOWN_COLUMN", "an empty cell: its column has no heading");
		return;
	}
	if (c->group == ITEM_GROUP_EVIDENCE) {
		read_evidence(r, c, &v, cell->at);
		return;
	}
	if (c->group == ITEM_GROUP_FACTS) {
		item_draft_add_fact(r->d, cell->at, str_c(c->fact), &v);
		return;
	}
	if (!item_draft_mark(r->d, p, c->member))
		return;
	mark_parents(r->d, c->group);
	switch (c->member->type) {
	case ITEM_VALUE_NS: read_ns(r->d, v.text, cell->at); break;
	case ITEM_VALUE_DS: read_ds(r->d, v.text, cell->at); break;
	case ITEM_VALUE_SERVICES: read_services(r->d, v.text, cell->at); break;
	default: item_draft_set(r->d, p, c->member, base_of(r->d->req, c->group), &v);
	}
}

static bool read_cells(struct record *r, const struct item_csv *csv, struct cells *cells)
{
	struct cell cell;
	const char *wrong = cells->end;
	size_t n = 0;
	for (; next_cell(cells, &cell); n++)
		if (n < csv->count)
			read_cell(r, &csv->columns[n], &cell);
		else if (n == csv->count)
			wrong = cell.at;
	if (cells->error)
		line_error(r->d, cells->error_at, "SYNTAX", cells->error);
	else if (n == csv->count)
		return true;
	else
		item_draft_error(r->d, (struct item_place){ITEM_GROUP_TOP, -1, wrong}, NULL, "WRONG_CELLS",
		                 "%zu cells as the header has; here are %zu", csv->count, n);
	return false;
}

bool item_csv_read(const struct item_csv *csv, struct item_draft *d, struct arena *scratch, struct str record)
{
	struct record r = {.d = d};
	struct cells cells;
	arena_reset(scratch);
	if (!str_is_utf8(record)) {
		line_error(d, record.ptr + str_utf8_prefix(record), "BAD_UTF8", "text in UTF-8");
		return false;
	}
	for (size_t i = 0; i < ARRAY_LEN(r.entry); i++)
		r.entry[i] = -1;
	cells_init(&cells, scratch, record);
	/* A record that is cut wrongly would only give a row of errors that follow from it. */
	if (!read_cells(&r, csv, &cells))
		return false;
	for (int i = 0; i < d->req->evidence_count; i++)
		item_draft_check_entry(d, ITEM_GROUP_EVIDENCE, i, r.members[i], NULL);
	return item_draft_finish(d);
}
