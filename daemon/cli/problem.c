/* Problem details as compiler messages. */
#include "daemon/cli/problem.h"

#include "daemon/cli/width.h"

#include <jansson.h>

#define TEXT_MAX  400 /* columns of one reason: peer text */
#define QUOTE_MAX 200 /* of an answer that we do not understand */

static void add_text(struct buf *out, const char *text)
{
	if (text)
		(void)width_append(out, str_c(text), TEXT_MAX);
}

static const char *member(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static void print_entry(const char *file, const json_t *entry, struct buf *out)
{
	json_int_t item = json_integer_value(json_object_get(entry, "line"));
	const json_t *text_line = json_object_get(entry, "text_line");
	json_int_t line = text_line ? json_integer_value(text_line) : item;
	json_int_t column = json_integer_value(json_object_get(entry, "column"));
	const char *field = member(entry, "field"), *reason = member(entry, "reason");
	const char *expected = member(entry, "expected");
	buf_printf(out, "%s:", file);
	if (line > 0)
		buf_printf(out, "%lld:", (long long)line);
	if (line > 0 && column > 0)
		buf_printf(out, "%lld:", (long long)column);
	if (line == 0 && item > 0)
		buf_printf(out, " item %lld:", (long long)item);
	buf_lit(out, " error: ");
	if (field && *field) {
		add_text(out, field);
		buf_lit(out, ": ");
	}
	add_text(out, reason ? reason : "not accepted");
	if (expected && *expected) {
		buf_lit(out, " (expected ");
		add_text(out, expected);
		buf_byte(out, ')');
	}
	buf_byte(out, '\n');
}

static size_t print_entries(const char *file, const json_t *doc, struct buf *out)
{
	json_t *errors = json_object_get(doc, "errors"), *entry;
	size_t i;
	json_array_foreach(errors, i, entry) print_entry(file, entry, out);
	return json_array_size(errors);
}

size_t problem_print_lines(const char *file, struct str body, struct buf *out)
{
	json_t *doc = json_loadb(body.ptr, body.len, 0, NULL);
	size_t count = print_entries(file, doc, out);
	json_decref(doc);
	return count;
}

size_t problem_print(const char *file, int status, struct str body, struct buf *out)
{
	json_t *problem = json_loadb(body.ptr, body.len, 0, NULL);
	const char *title = member(problem, "title"), *detail = member(problem, "detail");
	size_t count = print_entries(file, problem, out);
	buf_printf(out, "%s: the gateway answers %d", file, status);
	if (title) {
		buf_byte(out, ' ');
		add_text(out, title);
	}
	if (detail) {
		buf_lit(out, ": ");
		add_text(out, detail);
	}
	if (!json_is_object(problem) && body.len) {
		buf_lit(out, ": ");
		(void)width_append(out, body, QUOTE_MAX);
	}
	buf_byte(out, '\n');
	json_decref(problem);
	return count;
}
