/* Findings with their place, gathered and printed as a compiler would. */
#include "epp/base/diag.h"

#include "epp/base/alloc.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define TEXT_MAX_BYTES 1024 /* of one message; longer ones are cut */
#define LINE_SHOWN     160  /* code points of a source line that are printed */

void diag_init(struct diag *d)
{
	*d = (struct diag){0};
}

void diag_fini(struct diag *d)
{
	for (size_t i = 0; i < d->count; i++) {
		free(d->items[i].text);
		free(d->items[i].help);
	}
	for (size_t i = 0; i < d->source_count; i++) {
		free(d->sources[i]->name);
		free(d->sources[i]->text);
		free(d->sources[i]);
	}
	free(d->items);
	free(d->sources);
	*d = (struct diag){0};
}

const struct diag_source *diag_add_source(struct diag *d, const char *name, struct str text)
{
	struct diag_source *s = xcalloc(1, sizeof *s);
	s->name = xstrdup(name);
	s->text = text.ptr ? xmemdup0(text.ptr, text.len) : NULL;
	s->len = text.ptr ? text.len : 0;
	d->sources = xrealloc(d->sources, d->source_count + 1, sizeof *d->sources);
	d->sources[d->source_count++] = s;
	return s;
}

PRINTF(1, 0) static char *format_text(const char *fmt, va_list ap)
{
	char text[TEXT_MAX_BYTES];
	int n = vsnprintf(text, sizeof text, fmt, ap);
	if (n >= (int)sizeof text) { /* cut between characters: the last lead byte and what follows goes */
		size_t at = sizeof text - 2;
		while (at > 0 && ((unsigned char)text[at] & 0xc0) == 0x80)
			at--;
		text[at] = '\0';
	}
	for (char *p = text; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = '?'; /* what a file holds cannot drive a terminal */
	return xstrdup(text);
}

void diag_add(struct diag *d, enum diag_level level, struct diag_pos pos, const char *fmt, ...)
{
	d->errors += level == DIAG_ERROR;
	d->warnings += level == DIAG_WARNING;
	d->last_kept = d->count < DIAG_MAX_ITEMS;
	if (!d->last_kept)
		return;
	if ((d->count & (d->count - 1)) == 0) /* full at every power of two */
		d->items = xrealloc(d->items, d->count ? d->count * 2 : 1, sizeof *d->items);
	va_list ap;
	va_start(ap, fmt);
	d->items[d->count++] = (struct diag_item){.level = level, .pos = pos, .text = format_text(fmt, ap)};
	va_end(ap);
}

void diag_help(struct diag *d, const char *fmt, ...)
{
	if (!d->last_kept || d->count == 0)
		return;
	struct diag_item *it = &d->items[d->count - 1];
	va_list ap;
	va_start(ap, fmt);
	free(it->help);
	it->help = format_text(fmt, ap);
	va_end(ap);
}

/* ---- printing ---- */

struct entry {
	const struct diag_item *item;
	size_t source, order;
};

static int by_place(const void *pa, const void *pb)
{
	const struct entry *a = pa, *b = pb;
	if (a->source != b->source)
		return a->source < b->source ? -1 : 1;
	if (a->item->pos.line != b->item->pos.line)
		return a->item->pos.line < b->item->pos.line ? -1 : 1;
	if (a->item->pos.column != b->item->pos.column)
		return a->item->pos.column < b->item->pos.column ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order;
}

static size_t source_index(const struct diag *d, const struct diag_source *s)
{
	size_t i = 0;
	while (i < d->source_count && d->sources[i] != s)
		i++;
	return i;
}

/* Owned by the caller; NULL when there are none. */
static struct entry *sorted_entries(const struct diag *d)
{
	if (d->count == 0)
		return NULL;
	struct entry *e = xcalloc(d->count, sizeof *e);
	for (size_t i = 0; i < d->count; i++)
		e[i] = (struct entry){&d->items[i], source_index(d, d->items[i].pos.source), i};
	qsort(e, d->count, sizeof *e, by_place);
	return e;
}

/* The bytes of line `line` (from 1), without its end. */
static struct str source_line(const struct diag_source *s, int line)
{
	struct str rest = str_make(s->text, s->len);
	struct str at = STR_NONE;
	for (int i = 0; i < line; i++)
		at = str_split(&rest, '\n');
	if (at.len > 0 && at.ptr[at.len - 1] == '\r')
		at.len--;
	return at;
}

/* Bytes of the character at the front: 1 for what is not UTF-8 (and *ok false). */
static size_t char_bytes(struct str s, bool *ok)
{
	unsigned char c = (unsigned char)s.ptr[0];
	size_t n = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
	*ok = n <= s.len && str_is_utf8(str_make(s.ptr, n));
	return *ok ? n : 1;
}

/* The part of a line that is shown, and the same in blanks (tabs stay tabs) up to the place. */
static void print_line(struct buf *out, const struct diag_pos *pos)
{
	struct str line = source_line(pos->source, pos->line);
	int first = pos->column > LINE_SHOWN ? pos->column - LINE_SHOWN / 2 : 1;
	int column = 1, tail = 0;
	struct buf blanks;
	buf_init(&blanks, 4 * LINE_SHOWN);
	buf_printf(out, "%5d | %s", pos->line, first > 1 ? "..." : "");
	buf_printf(&blanks, "      | %s", first > 1 ? "   " : "");
	for (; line.len > 0 && column < first + LINE_SHOWN; column++) {
		bool ok;
		size_t n = char_bytes(line, &ok);
		char c = line.ptr[0];
		bool odd = !ok || ((unsigned char)c < 0x20 && c != '\t') || c == 0x7f;
		if (column >= first) {
			buf_append(out, odd ? "?" : line.ptr, odd ? 1 : n);
			if (column < pos->column)
				buf_byte(&blanks, c == '\t' ? '\t' : ' ');
			tail = column;
		}
		line = str_make(line.ptr + n, line.len - n);
	}
	buf_printf(out, "%s\n", line.len > 0 ? "..." : "");
	buf_add(out, buf_str(&blanks));
	for (int i = tail + 1; i < pos->column && i < first + LINE_SHOWN; i++)
		buf_byte(out, ' '); /* the place is past the end of the line */
	buf_byte(out, '^');
	for (int i = 1; i < pos->width && pos->column + i <= tail; i++)
		buf_byte(out, '~');
	buf_byte(out, '\n');
	buf_fini(&blanks);
}

static void print_head(const struct diag_item *it, struct buf *out)
{
	static const char *const names[] = {"error", "warning", "note"};
	if (it->pos.source && it->pos.line > 0)
		buf_printf(out, "%s:%d:%d: ", it->pos.source->name, it->pos.line, it->pos.column);
	else if (it->pos.source)
		buf_printf(out, "%s: ", it->pos.source->name);
	buf_printf(out, "%s: %s\n", names[it->level], it->text);
}

static void print_count(const struct diag *d, struct buf *out)
{
	if (d->errors)
		buf_printf(out, "%zu error%s", d->errors, d->errors == 1 ? "" : "s");
	if (d->warnings)
		buf_printf(out, "%s%zu warning%s", d->errors ? ", " : "", d->warnings,
		           d->warnings == 1 ? "" : "s");
	if (d->count == DIAG_MAX_ITEMS)
		buf_printf(out, " (the first %d findings are shown)", DIAG_MAX_ITEMS);
	if (d->errors || d->warnings)
		buf_byte(out, '\n');
}

void diag_print(const struct diag *d, struct buf *out)
{
	struct entry *e = sorted_entries(d);
	for (size_t i = 0; i < d->count; i++) {
		const struct diag_item *it = e[i].item;
		print_head(it, out);
		if (it->pos.source && it->pos.source->text && it->pos.line > 0)
			print_line(out, &it->pos);
		if (it->help)
			buf_printf(out, "      = help: %s\n", it->help);
	}
	print_count(d, out);
	free(e);
}

void diag_print_short(const struct diag *d, struct buf *out)
{
	struct entry *e = sorted_entries(d);
	for (size_t i = 0; i < d->count; i++)
		print_head(e[i].item, out);
	free(e);
}
