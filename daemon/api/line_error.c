/* Bad lines, gathered. */
#include "daemon/api/line_error.h"
#include "epp/base/alloc.h"
#include "epp/base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void line_errors_init(struct line_errors *e, struct arena *arena)
{
	*e = (struct line_errors){.arena = arena};
}

void line_errors_fini(struct line_errors *e)
{
	free(e->list);
	*e = (struct line_errors){.arena = e->arena};
}

/* Cut at a code point's border. */
static struct str cut(struct str s, size_t most)
{
	if (s.len <= most)
		return s;
	s.len = most;
	while (s.len && ((unsigned char)s.ptr[s.len] & 0xC0) == 0x80)
		s.len--;
	return s;
}

static bool count_it(struct line_errors *e, uint32_t line)
{
	if (e->bad_lines == 0 || line != e->last_line) {
		e->bad_lines++;
		e->last_line = line;
		e->of_line = 0;
	}
	e->total++;
	e->of_line++;
	return e->of_line <= LINE_ERRORS_EACH && e->count < LINE_ERRORS_KEPT;
}

void line_errors_add(struct line_errors *e, struct line_place at, struct str field, const char *reason,
                     const char *fmt, ...)
{
	char text[ERRMSG_MAX + 128];
	va_list ap;
	if (!count_it(e, at.line))
		return;
	if (e->count == e->cap) {
		e->cap = e->cap ? e->cap * 2 : 16;
		e->list = xrealloc(e->list, e->cap, sizeof *e->list);
	}
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	e->list[e->count++] = (struct line_error){
	    .at = at,
	    .field = arena_str(e->arena, cut(field, 2 * LINE_ERROR_QUOTED)),
	    .reason = reason,
	    .expected = arena_str(e->arena, str_c(text)),
	};
}

/* Merge sort by hand would be longer; the errors of the parser are in order already, those of the store come in
 * order among themselves, so insertion moves little. */
void line_errors_sort(struct line_errors *e)
{
	for (size_t i = 1; i < e->count; i++) {
		struct line_error x = e->list[i];
		size_t to = i;
		for (; to > 0 && e->list[to - 1].at.line > x.at.line; to--)
			e->list[to] = e->list[to - 1];
		e->list[to] = x;
	}
}

/* Edit distance of two short words; long ones are never near. */
static unsigned distance(struct str a, struct str b)
{
	unsigned row[LINE_ERROR_QUOTED + 1];
	if (a.len > LINE_ERROR_QUOTED || b.len > LINE_ERROR_QUOTED)
		return UINT32_MAX;
	for (unsigned j = 0; j <= b.len; j++)
		row[j] = j;
	for (size_t i = 1; i <= a.len; i++) {
		unsigned diagonal = row[0];
		row[0] = (unsigned)i;
		for (size_t j = 1; j <= b.len; j++) {
			unsigned change = diagonal + (a.ptr[i - 1] != b.ptr[j - 1]);
			unsigned gap = 1 + (row[j] < row[j - 1] ? row[j] : row[j - 1]);
			diagonal = row[j];
			row[j] = change < gap ? change : gap;
		}
	}
	return row[b.len];
}

const char *line_error_nearest(struct str word, const char *const *names)
{
	const char *best = NULL;
	unsigned least = UINT32_MAX;
	for (; *names; names++) {
		unsigned d = distance(word, str_c(*names));
		if (d < least && d <= 1 + strlen(*names) / 4) {
			least = d;
			best = *names;
		}
	}
	return best;
}
