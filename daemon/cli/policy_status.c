/* What is in force, what is staged, how the folder compares, and what happened. */
#include "daemon/cli/policy_status.h"

#include "daemon/cli/table.h"
#include "epp/base/str.h"

#include <string.h>

#define SHORT_REVISION 19 /* characters of a revision in a table: enough to name it to `activate` */
#define CELL_COLUMNS   60

static const char *text(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));
	return s ? s : "";
}

static bool has(const json_t *o, const char *key)
{
	return text(o, key)[0] != '\0';
}

/* "An (login an)", or the login alone. */
static void print_person(const json_t *o, const char *name, const char *login, struct buf *out)
{
	buf_printf(out, "%s", text(o, name));
	if (strcmp(text(o, name), text(o, login)) != 0)
		buf_printf(out, " (login %s)", text(o, login));
}

static void print_active(const json_t *active, struct buf *out)
{
	buf_printf(out, "in force    %s\n            since %s\n", text(active, "revision"),
	           text(active, "since"));
	if (has(active, "confirm_by"))
		buf_printf(out,
		           "            waits to be confirmed before %s: vnepp policy confirm\n"
		           "            else %s comes back\n",
		           text(active, "confirm_by"), text(active, "else"));
}

static void print_staged(const json_t *staged, struct buf *out)
{
	if (!json_is_object(staged)) {
		buf_lit(out, "staged      nothing\n");
		return;
	}
	buf_printf(out, "staged      %s\n            by ", text(staged, "revision"));
	print_person(staged, "by", "login", out);
	buf_printf(out, " at %s, to take effect %s%s\n", text(staged, "staged_at"),
	           strcmp(text(staged, "at"), "now") == 0 ? "" : "at ", text(staged, "at"));
	if (has(staged, "approved_by")) {
		buf_lit(out, "            approved by ");
		print_person(staged, "approved_by", "approved_login", out);
		buf_printf(out, " at %s\n", text(staged, "approved_at"));
	}
	buf_printf(out, "            %s\n", text(staged, "state"));
}

static void print_files(const json_t *answer, struct buf *out)
{
	const json_t *files = json_object_get(answer, "files");
	bool staged = strcmp(text(answer, "activate"), "staged") == 0;
	buf_printf(out, "folder      %s %s\n", text(files, "folder"), text(files, "state"));
	if (has(files, "revision") && strcmp(text(files, "state"), "is in force") != 0)
		buf_printf(out, "            %s\n", text(files, "revision"));
	buf_printf(out, "activate    %s\n",
	           !staged ? "files: what is in the folder comes into force at every start and reload"
	           : json_is_true(json_object_get(answer, "two_people"))
	               ? "staged: one person stages, another one activates"
	               : "staged: in a sandbox one person may do both");
}

static void print_history(const json_t *history, struct buf *out)
{
	const struct table_column columns[] = {
	    {"at", false, CELL_COLUMNS},       {"step", false, CELL_COLUMNS},
	    {"revision", false, CELL_COLUMNS}, {"person", false, CELL_COLUMNS},
	    {"login", false, CELL_COLUMNS},    {"why", false, CELL_COLUMNS}};
	struct table t;
	size_t i;
	json_t *step;
	if (json_array_size(history) == 0)
		return;
	table_init(&t, columns, ARRAY_LEN(columns));
	json_array_foreach(history, i, step)
	{
		struct str revision = str_c(text(step, "revision"));
		table_cell(&t, str_c(text(step, "at")));
		table_cell(&t, str_c(text(step, "step")));
		table_cell(&t, str_make(revision.ptr,
		                        revision.len < SHORT_REVISION ? revision.len : SHORT_REVISION));
		table_cell(&t, str_c(text(step, "person")));
		table_cell(&t, str_c(text(step, "login")));
		table_cell(&t, str_c(text(step, "why")));
	}
	buf_byte(out, '\n');
	table_print(&t, out);
	table_fini(&t);
}

void policy_status_print(json_t *answer, struct buf *out)
{
	print_active(json_object_get(answer, "active"), out);
	print_staged(json_object_get(answer, "staged"), out);
	print_files(answer, out);
	print_history(json_object_get(answer, "history"), out);
	if (json_is_true(json_object_get(answer, "more")))
		buf_lit(out, "older steps are left out: --limit N shows more\n");
}
