/* Reading a department's list. */
#include "daemon/cli/list_file.h"

#include "epp/base/alloc.h"
#include "epp/base/check.h"
#include "epp/base/map.h"
#include "policy/identity.h"

#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define NAME_MAX_BYTES 255
#define COLUMNS_MAX    64

enum field { FIELD_NUMBER, FIELD_DATE, FIELD_NAME, FIELD_PROVINCE, FIELD__COUNT };

static const struct {
	const char *name;
	enum field field;
} names[] = {{"number", FIELD_NUMBER}, {"tax_code", FIELD_NUMBER},  {"registration_number", FIELD_NUMBER},
             {"date", FIELD_DATE},     {"founded_on", FIELD_DATE},  {"registered_on", FIELD_DATE},
             {"name", FIELD_NAME},     {"province", FIELD_PROVINCE}};

/* A value and where it stands. */
struct cell {
	struct str text;
	uint32_t column; /* code points from 1; 0: nowhere */
};

void list_file_wrong(struct list_file *f, const char *name, uint32_t line, uint32_t column, const char *field,
                     const char *words)
{
	if (f->errors++ < LIST_FILE_ERRORS)
		buf_printf(&f->text, "%s:%u:%u: error: %s%s%s\n", name, line, column ? column : 1, field,
		           *field ? ": " : "", words);
}

void list_file_add(struct list_file *f, struct list_file_row row)
{
	if ((f->count & (f->count - 1)) == 0)
		f->rows = xrealloc(f->rows, f->count ? 2 * f->count : 1, sizeof *f->rows);
	f->rows[f->count++] = row;
}

struct reader {
	struct list_file *f;
	const char *name;
	bool household;
	date_t until;
	uint32_t line;
	char separator;
	int of_column[COLUMNS_MAX]; /* enum field; -1: none */
	size_t columns;             /* 0: the header was not read yet */
	struct map seen;            /* numbers -> their line, as a pointer-sized number */
};

/* ---- errors ------------------------------------------------------------------------------------------------------------------ */

static void wrong(struct reader *r, uint32_t column, const char *field, const char *fmt, ...) PRINTF(4, 5);
static void wrong(struct reader *r, uint32_t column, const char *field, const char *fmt, ...)
{
	char words[ERRMSG_MAX];
	va_list ap;
	va_start(ap, fmt);
	(void)vsnprintf(words, sizeof words, fmt, ap);
	va_end(ap);
	list_file_wrong(r->f, r->name, r->line, column, field, words);
}

static bool field_of(struct str name, enum field *out)
{
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (str_eq_nocase(name, str_c(names[i].name))) {
			*out = names[i].field;
			return true;
		}
	}
	return false;
}

/* ---- one row ------------------------------------------------------------------------------------------------------------------ */

static const char *number_problem(const struct reader *r, struct str number)
{
	bool dependent;
	enum identity_household form = identity_household(number);
	if (r->household)
		return form == IDENTITY_HOUSEHOLD_NONE ? "a household's number is its owner's 12 digits, a "
		                                         "tax code, or of the old form 41A8012345"
		                                       : NULL;
	if (!identity_tax_code(number, &dependent))
		return "a tax code has ten digits, the last of which checks the others";
	return dependent ? "this is the code of a branch: the list is of enterprises" : NULL;
}

static bool read_number(struct reader *r, const struct cell *c, struct str *out)
{
	char plain[40];
	struct str text = str_trim(c->text);
	const char *problem = text.len ? number_problem(r, text) : "the number by which the subject is known";
	if (!problem && !identity_normalize(text, plain, sizeof plain))
		problem = "a number of letters and digits";
	if (problem) {
		wrong(r, c->column, "number", "%s", problem);
		return false;
	}
	*out = arena_str(&r->f->arena, str_c(plain));
	void *line = map_get(&r->seen, *out);
	if (line) {
		wrong(r, c->column, "number", "line %u has this number already", (unsigned)(uintptr_t)line);
		return false;
	}
	(void)map_put(&r->seen, *out, (void *)(uintptr_t)r->line); /* it was not there */
	return true;
}

static bool read_date(struct reader *r, const struct cell *c, date_t *out)
{
	if (!date_parse(str_trim(c->text), out))
		wrong(r, c->column, "date", "a day of the calendar, YYYY-MM-DD");
	else if (*out > r->until)
		wrong(r, c->column, "date", "a day that is not later than the list itself");
	else
		return true;
	return false;
}

static bool check_rest(struct reader *r, const struct cell *cells)
{
	struct str name = str_trim(cells[FIELD_NAME].text), province = str_trim(cells[FIELD_PROVINCE].text);
	uint64_t code;
	size_t before = r->f->errors;
	if (name.len > NAME_MAX_BYTES || !str_is_utf8(name))
		wrong(r, cells[FIELD_NAME].column, "name", "at most %d bytes of UTF-8", NAME_MAX_BYTES);
	if (province.len && (province.len != 2 || !str_to_u64(province, &code)))
		wrong(r, cells[FIELD_PROVINCE].column, "province", "a two-digit code, such as 68");
	return r->f->errors == before;
}

static void take_row(struct reader *r, const struct cell cells[FIELD__COUNT])
{
	struct list_file *f = r->f;
	struct list_file_row row = {.line = r->line};
	bool number = read_number(r, &cells[FIELD_NUMBER], &row.number);
	bool date = read_date(r, &cells[FIELD_DATE], &row.on);
	if (!check_rest(r, cells) || !number || !date)
		return;
	list_file_add(f, row);
}

/* ---- CSV ------------------------------------------------------------------------------------------------------------------------ */

static uint32_t columns_in(struct str s)
{
	uint32_t n = 0;
	for (size_t i = 0; i < s.len; i++)
		n += ((unsigned char)s.ptr[i] & 0xC0) != 0x80;
	return n;
}

/* The text of a quoted cell, its doubled quotes once; *end: after the closing one. False: it does not close. */
static bool unquote(struct reader *r, struct str line, size_t at, struct str *out, size_t *end)
{
	struct buf b;
	buf_init(&b, LIST_FILE_MAX);
	for (size_t i = at + 1; i < line.len; i++) {
		if (line.ptr[i] != '"') {
			buf_byte(&b, line.ptr[i]);
		} else if (i + 1 < line.len && line.ptr[i + 1] == '"') {
			buf_byte(&b, line.ptr[i++]);
		} else {
			*out = arena_str(&r->f->arena, buf_str(&b));
			*end = i + 1;
			buf_fini(&b);
			return true;
		}
	}
	buf_fini(&b);
	return false;
}

/* The next cell from *at, which moves behind its separator; false: the line is at its end, or (told) broken. */
static bool next_cell(struct reader *r, struct str line, size_t *at, struct cell *out)
{
	size_t end = *at;
	if (*at > line.len)
		return false;
	out->column = columns_in(str_make(line.ptr, *at)) + 1;
	if (*at < line.len && line.ptr[*at] == '"') {
		if (!unquote(r, line, *at, &out->text, &end) ||
		    (end < line.len && line.ptr[end] != r->separator)) {
			wrong(r, out->column, "",
			      "a quoted value ends with a quote before the next separator");
			*at = line.len + 1;
			return false;
		}
	} else {
		while (end < line.len && line.ptr[end] != r->separator)
			end++;
		out->text = str_make(line.ptr + *at, end - *at);
	}
	*at = end + 1;
	return true;
}

static void read_header(struct reader *r, struct str line)
{
	struct cell c;
	size_t at = 0;
	bool has[FIELD__COUNT] = {false};
	for (const char *s = ",;\t"; *s && !r->separator; s++)
		if (line.len && memchr(line.ptr, *s, line.len))
			r->separator = *s;
	r->separator = r->separator ? r->separator : ',';
	while (r->columns < COLUMNS_MAX && next_cell(r, line, &at, &c)) {
		enum field field;
		bool known = field_of(str_trim(c.text), &field);
		r->of_column[r->columns++] = known ? (int)field : -1;
		if (known && has[field])
			wrong(r, c.column, "", "a second column for the %s", names[field].name);
		else if (known)
			has[field] = true;
	}
	if (!has[FIELD_NUMBER])
		wrong(r, 1, "", "the header names no column number, tax_code or registration_number");
	if (!has[FIELD_DATE])
		wrong(r, 1, "", "the header names no column date, founded_on or registered_on");
}

static void read_csv(struct reader *r, struct str line)
{
	struct cell cells[FIELD__COUNT] = {{STR_NONE, 0}}, c;
	size_t at = 0, n = 0, before = r->f->errors;
	while (next_cell(r, line, &at, &c)) {
		if (n < r->columns && r->of_column[n] >= 0)
			cells[r->of_column[n]] = c;
		n++;
	}
	if (r->f->errors == before && n != r->columns)
		wrong(r, 1, "", "%zu values; the header has %zu columns", n, r->columns);
	else if (r->f->errors == before)
		take_row(r, cells);
}

/* ---- JSON ----------------------------------------------------------------------------------------------------------------------- */

/* Where a member stands: its name in the line. */
static uint32_t column_of(struct str line, const char *key)
{
	char quoted[64];
	int n = snprintf(quoted, sizeof quoted, "\"%s\"", key);
	const char *at =
	    n > 0 && (size_t)n < sizeof quoted ? memmem(line.ptr, line.len, quoted, (size_t)n) : NULL;
	return at ? columns_in(str_make(line.ptr, (size_t)(at - line.ptr))) + 1 : 1;
}

static void read_json(struct reader *r, struct str line)
{
	struct cell cells[FIELD__COUNT] = {{STR_NONE, 0}};
	size_t before = r->f->errors;
	json_error_t e;
	const char *key;
	json_t *value, *o = json_loadb(line.ptr, line.len, JSON_REJECT_DUPLICATES, &e);
	if (!json_is_object(o))
		wrong(r, o ? 1 : (uint32_t)e.column, "", "%s", o ? "a JSON object is expected" : e.text);
	json_object_foreach(o, key, value)
	{
		enum field field;
		if (!field_of(str_c(key), &field))
			wrong(r, column_of(line, key), "",
			      "no such member; there are number, date, name, province");
		else if (!json_is_string(value) && !json_is_null(value))
			wrong(r, column_of(line, key), key, "a text is expected");
		else if (json_is_string(value))
			cells[field] = (struct cell){arena_str(&r->f->arena, str_c(json_string_value(value))),
			                             column_of(line, key)};
	}
	json_decref(o);
	if (r->f->errors == before)
		take_row(r, cells);
}

/* ---- the file -------------------------------------------------------------------------------------------------------------------- */

static enum err read_all(FILE *in, const char *name, struct buf *out, struct errmsg *e)
{
	char chunk[65536];
	size_t n;
	while (buf_ok(out) && (n = fread(chunk, 1, sizeof chunk, in)) > 0)
		buf_append(out, chunk, n);
	if (ferror(in))
		return err_set(e, ERR_IO, "%s: %s", name, strerror(errno));
	return buf_ok(out) ? OK
	                   : err_set(e, ERR_TOO_LONG, "%s: larger than %u MB", name, LIST_FILE_MAX >> 20);
}

static void read_lines(struct reader *r, struct str all)
{
	bool json = false;
	if (str_starts(all, STR("\xEF\xBB\xBF")))
		all = str_make(all.ptr + 3, all.len - 3);
	json = str_starts(str_trim(all), STR("{"));
	while (all.len) {
		struct str line = str_split(&all, '\n');
		r->line++;
		if (line.len && line.ptr[line.len - 1] == '\r')
			line.len--;
		if (!str_trim(line).len)
			continue;
		if (json)
			read_json(r, line);
		else if (r->columns == 0)
			read_header(r, line);
		else
			read_csv(r, line);
		if (!json && r->columns && r->f->count == 0 && r->f->errors && r->line == 1)
			return; /* under a wrong header every row is wrong */
	}
}

enum err list_file_load(struct list_file *f, const char *name, FILE *in, struct buf *all, struct errmsg *e)
{
	struct sha256 sum;
	*f = (struct list_file){.count = 0};
	buf_init(&f->text, 1u << 20);
	buf_init(all, LIST_FILE_MAX);
	enum err err = read_all(in, name, all, e);
	if (err)
		return err;
	hash_sha256(buf_str(all), &sum);
	hash_hex(f->sha256, sum.bytes, sizeof sum.bytes);
	return OK;
}

enum err list_file_done(struct list_file *f, const char *name, struct errmsg *e)
{
	if (f->errors > LIST_FILE_ERRORS)
		buf_printf(&f->text, "%s: %zu more errors\n", name, f->errors - LIST_FILE_ERRORS);
	if (f->errors)
		return err_set(e, ERR_INVALID, "%s: %zu errors: nothing was imported", name, f->errors);
	return f->count ? OK : err_set(e, ERR_INVALID, "%s: there is nothing in it", name);
}

enum err list_file_read(struct list_file *f, const char *name, FILE *in, bool household, date_t until,
                        struct errmsg *e)
{
	struct reader r = {.f = f, .name = name, .household = household, .until = until};
	struct buf all;
	enum err err = list_file_load(f, name, in, &all, e);
	if (!err) {
		read_lines(&r, buf_str(&all));
		err = list_file_done(f, name, e);
	}
	map_fini(&r.seen);
	buf_fini(&all);
	return err;
}

void list_file_fini(struct list_file *f)
{
	arena_fini(&f->arena);
	free(f->rows);
	buf_fini(&f->text);
}
