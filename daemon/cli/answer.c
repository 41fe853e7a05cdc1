/* One question to the daemon, and its answer as tables. */
#include "daemon/cli/answer.h"
#include "daemon/cli/control.h"
#include "daemon/cli/interrupt.h"
#include "daemon/cli/table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CELL_COLUMNS 40
#define LAST_COLUMNS 160 /* of the last one, where words stand */

/* A scalar as a person reads it; "" for what is none. */
static struct str scalar(const json_t *value, char room[32])
{
	if (json_is_string(value))
		return str_c(json_string_value(value));
	if (json_is_integer(value))
		(void)snprintf(room, 32, "%lld", (long long)json_integer_value(value));
	else if (json_is_real(value))
		(void)snprintf(room, 32, "%.1f", json_real_value(value));
	else
		(void)snprintf(room, 32, "%s",
		               json_is_true(value)    ? "yes"
		               : json_is_false(value) ? "no"
		                                      : "");
	return str_c(room);
}

static bool is_scalar(const json_t *value)
{
	return value && !json_is_object(value) && !json_is_array(value);
}

#define FEW 4 /* members that stand side by side */

static void print_few(const char *title, json_t *object, int width, struct buf *out)
{
	const char *key, *before = "";
	json_t *value;
	char room[32];
	buf_printf(out, "%-*s ", width, title);
	json_object_foreach(object, key, value)
	{
		if (!is_scalar(value))
			continue;
		buf_printf(out, "%s%s %.*s", before, key, STR_ARG(scalar(value, room)));
		before = ", ";
	}
	buf_byte(out, '\n');
}

/* {"queued":12,…}: one line per member. */
static void print_object(const char *title, json_t *object, struct buf *out)
{
	const struct table_column columns[] = {{title, false, CELL_COLUMNS}, {"", true, CELL_COLUMNS}};
	const char *key;
	json_t *value;
	struct table t;
	char room[32];
	table_init(&t, columns, ARRAY_LEN(columns));
	json_object_foreach(object, key, value)
	{
		if (!is_scalar(value))
			continue;
		table_cell(&t, str_c(key));
		table_cell(&t, scalar(value, room));
	}
	if (t.count)
		buf_byte(out, '\n');
	table_print(&t, out);
	table_fini(&t);
}

/* [{"name":"vnnic",…},…]: one row per entry, the columns of the first one. `title`: NULL: it is the only one. */
static void print_array(const char *title, json_t *array, struct buf *out)
{
	struct table_column columns[TABLE_COLUMNS_MAX];
	size_t n = 0, i;
	const char *key;
	json_t *entry, *value;
	struct table t;
	char room[32];
	json_object_foreach(json_array_get(array, 0), key,
	                    value) if (is_scalar(value) && n < TABLE_COLUMNS_MAX) columns[n++] =
	    (struct table_column){key, json_is_number(value), CELL_COLUMNS};
	if (!n)
		return;
	columns[n - 1].max = LAST_COLUMNS;
	table_init(&t, columns, n);
	json_array_foreach(array, i, entry) for (size_t c = 0; c < n; c++)
	    table_cell(&t, scalar(json_object_get(entry, columns[c].title), room));
	buf_printf(out, "\n%s%s", title ? title : "", title ? "\n" : "");
	table_print(&t, out);
	table_fini(&t);
}

void answer_print(json_t *answer, struct buf *out)
{
	const char *key;
	json_t *value;
	char room[32];
	int width = 12, lists = 0;
	json_object_foreach(answer, key, value) if (is_scalar(value) && (int)strlen(key) > width) width =
	    (int)strlen(key);
	json_object_foreach(answer, key, value)
	{
		struct str s = scalar(value, room);
		lists += json_is_array(value);
		if (is_scalar(value) && strcmp(key, "ok") != 0)
			buf_printf(out, "%-*s %.*s\n", width, key, STR_ARG(s.len ? s : STR("-")));
	}
	json_object_foreach(answer, key, value)
	{
		if (json_is_object(value) && json_object_size(value) <= FEW)
			print_few(key, value, width, out);
		else if (json_is_object(value))
			print_object(key, value, out);
		else if (json_array_size(value) > 0)
			print_array(lists > 1 ? key : NULL, value, out);
		else if (json_is_array(value))
			buf_printf(out, "%-*s none\n", width, key);
	}
}

static int show(json_t *answer, bool json, void (*print)(json_t *answer, struct buf *out))
{
	struct buf out;
	buf_init(&out, 16u << 20);
	if (json) {
		char *text = json_dumps(answer, JSON_INDENT(2));
		buf_printf(&out, "%s\n", text ? text : "{}");
		free(text);
	} else {
		print(answer, &out);
	}
	bool printed = cli_print(&out);
	buf_fini(&out);
	return printed ? CLI_DONE : CLI_FAILED;
}

bool answer_number(const char *text, const char *what, long long *out)
{
	char *end;
	errno = 0;
	*out = strtoll(text, &end, 10);
	if (errno == 0 && *end == '\0' && *out >= 1)
		return true;
	cli_error("'%s' is not the number of %s", text, what);
	return false;
}

int answer_ask(struct cli *cli, json_t *request, bool json)
{
	return answer_ask_with(cli, request, json, answer_print);
}

/* All that the daemon says: what is wrong with several files is longer than a message. */
static void tell_refusal(const json_t *answer, const struct errmsg *e)
{
	const char *text = cli_text(answer, "error");
	size_t len = strlen(text);
	while (len && text[len - 1] == '\n')
		len--;
	if (len)
		cli_error("%.*s", (int)len, text);
	else
		cli_error("%s", e->text);
}

int answer_get(struct cli *cli, json_t *request, json_t **answer)
{
	struct control *c = NULL;
	struct errmsg e = {""};
	*answer = NULL;
	interrupt_install();
	enum err err = control_open(cli->conn.socket ? cli->conn.socket : CONN_SOCKET_DEFAULT, &c, &e);
	if (!err)
		err = control_call(c, request, answer, &e);
	if (err)
		tell_refusal(*answer, &e);
	json_decref(request);
	control_close(c);
	return err ? CLI_FAILED : CLI_DONE;
}

int answer_show(json_t *answer, bool json)
{
	int result = show(answer, json, answer_print);
	json_decref(answer);
	return result;
}

int answer_ask_with(struct cli *cli, json_t *request, bool json,
                    void (*print)(json_t *answer, struct buf *out))
{
	json_t *answer;
	int result = answer_get(cli, request, &answer);
	if (result == CLI_DONE)
		result = show(answer, json, print);
	json_decref(answer);
	return result;
}
