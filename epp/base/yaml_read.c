/* Readers that take typed values out of YAML nodes. */
#include "epp/base/buf.h"
#include "epp/base/yaml_int.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#define WORD_MAX       64 /* longer words are not compared: nobody mistypes into them */
#define PATH_MAX_BYTES 256

static const char *const kind_names[] = {"one value", "a list", "a mapping"};

/* ---- suggestions ---- */

/* Edits (insert, delete, replace) between two short words. */
static size_t distance(struct str a, struct str b)
{
	size_t row[WORD_MAX + 1];
	for (size_t j = 0; j <= b.len; j++)
		row[j] = j;
	for (size_t i = 1; i <= a.len; i++) {
		size_t diagonal = row[0];
		row[0] = i;
		for (size_t j = 1; j <= b.len; j++) {
			size_t best = diagonal + (a.ptr[i - 1] != b.ptr[j - 1]);
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			diagonal = row[j];
			row[j] = best;
		}
	}
	return row[b.len];
}

/* Takes `name` as the best guess when it is nearer than the one before. */
static void consider(struct str word, const char *name, const char **best, size_t *best_distance)
{
	struct str n = str_c(name);
	if (word.len > WORD_MAX || n.len > WORD_MAX || word.len == 0)
		return;
	size_t far = distance(word, n), longer = word.len > n.len ? word.len : n.len;
	if (far <= 1 + longer / 4 && far < longer && far < *best_distance) {
		*best = name;
		*best_distance = far;
	}
}

static void help_with(struct diag *d, const char *best)
{
	if (best)
		diag_help(d, "did you mean '%s'?", best);
}

void yaml_suggest(struct diag *d, struct str word, const char *const *names)
{
	const char *best = NULL;
	size_t best_distance = SIZE_MAX;
	for (; *names; names++)
		consider(word, *names, &best, &best_distance);
	help_with(d, best);
}

/* ---- messages ---- */

static void add_path(struct buf *out, const struct yaml_node *n)
{
	const struct yaml_node *up = n->parent;
	if (!up)
		return;
	add_path(out, up);
	if (up->kind == YAML_MAP) {
		buf_printf(out, "%s%.*s", buf_len(out) ? "." : "", STR_ARG(n->key));
		return;
	}
	size_t index = 0;
	for (const struct yaml_node *at = up->child; at != n; at = at->next)
		index++;
	buf_printf(out, "[%zu]", index);
}

/* "grants[2].when.age: " into `out`; "" for the top. */
static void path_prefix(char out[PATH_MAX_BYTES], const struct yaml_node *n)
{
	struct buf path;
	buf_init(&path, 64 * 1024);
	add_path(&path, n);
	struct str s = buf_str(&path);
	snprintf(out, PATH_MAX_BYTES, "%.*s%s", STR_ARG(s), s.len ? ": " : "");
	buf_fini(&path);
}

static void error_at(struct diag *d, struct diag_pos pos, const struct yaml_node *n, const char *text)
{
	char path[PATH_MAX_BYTES];
	path_prefix(path, n);
	diag_error(d, pos, "%s%s", path, text);
}

void yaml_error(struct diag *d, const struct yaml_node *n, const char *fmt, ...)
{
	char text[1024];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	error_at(d, n->pos, n, text);
}

void yaml_shape_error(struct diag *d, const struct yaml_node *n, const char *fmt, ...)
{
	char text[1024];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	d->misshapen++;
	error_at(d, n->pos, n, text);
}

/* The place of a mapping as a whole is the key that names it. */
static struct diag_pos head_pos(const struct yaml_node *map)
{
	return map->parent && map->parent->kind == YAML_MAP ? map->key_pos : map->pos;
}

static void missing(struct diag *d, const struct yaml_node *map, const char *key)
{
	char text[160];
	snprintf(text, sizeof text, "'%s' is missing", key);
	d->misshapen++;
	error_at(d, head_pos(map), map, text);
	diag_help(d, "add '%s' with its value to this entry", key);
}

/* ---- entries ---- */

static void remember(struct yaml_node *map, const char *key)
{
	for (struct yaml_asked *a = map->asked; a; a = a->next)
		if (strcmp(a->key, key) == 0)
			return;
	struct yaml_asked *a = arena_calloc(map->doc->arena, 1, sizeof *a);
	*a = (struct yaml_asked){map->asked, key};
	map->asked = a;
}

static bool is_absent(const struct yaml_node *n)
{
	return n->kind == YAML_SCALAR && n->plain && (n->text.len == 0 || str_eq_c(n->text, "null"));
}

struct yaml_node *yaml_get(struct yaml_node *map, const char *key)
{
	if (!map || map->kind != YAML_MAP)
		return NULL;
	remember(map, key);
	for (struct yaml_node *n = map->child; n; n = n->next)
		if (str_eq_c(n->key, key)) {
			n->seen = true;
			return is_absent(n) ? NULL : n;
		}
	return NULL;
}

bool yaml_as_kind(struct diag *d, struct yaml_node *n, enum yaml_kind kind)
{
	if (!n)
		return false;
	if (n->kind == kind)
		return true;
	if (n->kind == YAML_SCALAR) {
		yaml_shape_error(d, n, "must be %s", kind_names[kind]);
		diag_help(d, kind == YAML_SEQ
		                 ? "write it in brackets, as in [one, two], or each entry after a '- '"
		                 : "write 'key: value', in braces or each on a line of its own");
	} else {
		d->misshapen++;
		error_at(d, head_pos(n), n,
		         kind == YAML_SCALAR ? "must be one value"
		         : kind == YAML_SEQ  ? "must be a list"
		                             : "must be a mapping");
	}
	return false;
}

struct yaml_node *yaml_opt(struct diag *d, struct yaml_node *map, const char *key, enum yaml_kind kind)
{
	struct yaml_node *n = yaml_get(map, key);
	return yaml_as_kind(d, n, kind) ? n : NULL;
}

struct yaml_node *yaml_need(struct diag *d, struct yaml_node *map, const char *key, enum yaml_kind kind)
{
	struct yaml_node *n = yaml_get(map, key);
	if (!n && map)
		missing(d, map, key);
	return yaml_as_kind(d, n, kind) ? n : NULL;
}

static struct yaml_node *scalar(struct diag *d, struct yaml_node *map, const char *key, enum yaml_presence p)
{
	return p == YAML_REQUIRED ? yaml_need(d, map, key, YAML_SCALAR) : yaml_opt(d, map, key, YAML_SCALAR);
}

void yaml_reject_unseen(struct diag *d, struct yaml_node *map)
{
	if (!map || map->kind != YAML_MAP)
		return;
	for (struct yaml_node *n = map->child; n; n = n->next) {
		if (n->seen)
			continue;
		char path[PATH_MAX_BYTES];
		path_prefix(path, map);
		d->misshapen++;
		diag_error(d, n->key_pos, "%sunknown key '%.*s'", path, STR_ARG(n->key));
		const char *best = NULL;
		size_t best_distance = SIZE_MAX;
		for (struct yaml_asked *a = map->asked; a; a = a->next)
			consider(n->key, a->key, &best, &best_distance);
		help_with(d, best);
	}
}

/* ---- values ---- */

bool yaml_as_str(struct diag *d, struct yaml_node *n, struct str *out)
{
	if (!yaml_as_kind(d, n, YAML_SCALAR))
		return false;
	*out = n->text;
	return true;
}

static bool as_i64(struct diag *d, struct yaml_node *n, int64_t min, int64_t max, int64_t *out)
{
	int64_t value;
	if (!yaml_as_kind(d, n, YAML_SCALAR))
		return false;
	if (!str_to_i64(n->text, &value)) {
		yaml_shape_error(d, n, "'%.*s' is not a whole number", STR_ARG(n->text));
		diag_help(d, "digits alone, without dots, commas and units");
		return false;
	}
	if (value < min || value > max) {
		yaml_shape_error(d, n, "%" PRId64 " is not within %" PRId64 " and %" PRId64, value, min, max);
		return false;
	}
	*out = value;
	return true;
}

/* "2025-02-30": the month is there, the day is not. */
static void help_with_date(struct diag *d, struct str text)
{
	char first[DATE_TEXT_MAX], last[DATE_TEXT_MAX];
	date_t day;
	int year, month, dummy;
	if (text.len == 10 && str_copy(first, sizeof first, str_make(text.ptr, 8))) {
		strcat(first, "01");
		if (date_parse(str_c(first), &day)) {
			date_split(day, &year, &month, &dummy);
			diag_help(d, "the last day of that month is %s",
			          date_format(last, date_make(year + month / 12, month % 12 + 1, 1) - 1));
			return;
		}
	}
	diag_help(d, "year, month and day, as in 2026-11-20");
}

static bool as_date(struct diag *d, struct yaml_node *n, date_t *out)
{
	if (!yaml_as_kind(d, n, YAML_SCALAR))
		return false;
	if (date_parse(n->text, out))
		return true;
	yaml_shape_error(d, n, "'%.*s' is not a calendar date (YYYY-MM-DD)", STR_ARG(n->text));
	help_with_date(d, n->text);
	return false;
}

bool yaml_as_enum(struct diag *d, struct yaml_node *n, const char *const *names, int *out)
{
	if (!yaml_as_kind(d, n, YAML_SCALAR))
		return false;
	for (int i = 0; names[i]; i++)
		if (str_eq_c(n->text, names[i])) {
			*out = i;
			return true;
		}
	struct buf list;
	buf_init(&list, 600);
	for (int i = 0; names[i]; i++)
		buf_printf(&list, "%s%s", i ? ", " : "", names[i]);
	yaml_shape_error(d, n, "'%.*s' is none of: %s", STR_ARG(n->text), buf_cstr(&list));
	buf_fini(&list);
	yaml_suggest(d, n->text, names);
	return false;
}

bool yaml_str(struct diag *d, struct yaml_node *map, const char *key, enum yaml_presence p, struct str *out)
{
	return yaml_as_str(d, scalar(d, map, key, p), out);
}

bool yaml_i64(struct diag *d, struct yaml_node *map, const char *key, enum yaml_presence p, int64_t min,
              int64_t max, int64_t *out)
{
	return as_i64(d, scalar(d, map, key, p), min, max, out);
}

bool yaml_date(struct diag *d, struct yaml_node *map, const char *key, enum yaml_presence p, date_t *out)
{
	return as_date(d, scalar(d, map, key, p), out);
}

bool yaml_enum(struct diag *d, struct yaml_node *map, const char *key, enum yaml_presence p,
               const char *const *names, int *out)
{
	return yaml_as_enum(d, scalar(d, map, key, p), names, out);
}

bool yaml_bool(struct diag *d, struct yaml_node *map, const char *key, enum yaml_presence p, bool *out)
{
	struct yaml_node *n = scalar(d, map, key, p);
	if (!n)
		return false;
	if (str_eq_c(n->text, "true") || str_eq_c(n->text, "false")) {
		*out = n->text.ptr[0] == 't';
		return true;
	}
	yaml_shape_error(d, n, "'%.*s' is not true or false", STR_ARG(n->text));
	return false;
}

bool yaml_duration(struct diag *d, struct yaml_node *map, const char *key, enum yaml_presence p,
                   int64_t min_ms, int64_t max_ms, int64_t *out_ms)
{
	struct yaml_node *n = scalar(d, map, key, p);
	if (!n)
		return false;
	int64_t ms;
	if (!duration_parse(n->text, &ms)) {
		yaml_shape_error(d, n, "'%.*s' is not a duration", STR_ARG(n->text));
		diag_help(d, "a number with ms, s, m, h or d: 250ms, 30s, 15m, 12h, 3d");
		return false;
	}
	if (ms < min_ms || ms > max_ms) {
		yaml_shape_error(d, n, "'%.*s' is not within %" PRId64 "ms and %" PRId64 "ms",
		                 STR_ARG(n->text), min_ms, max_ms);
		return false;
	}
	*out_ms = ms;
	return true;
}
