/*
 * Bringing a list to the daemon: a department's, or one of names.
 *
 * Happy path: begin ─▶ rows in groups ─▶ (preview: what waits is asked after, page by page, and the list is dropped) ─▶
 * publish ─▶ what waits is decided again; the command waits for that.
 *
 * Failure modes: the daemon refuses a group, or Ctrl-C: the list is dropped; nothing of it ever counted.
 */
#include "daemon/cli/list_import.h"

#include "daemon/admin/admin_proto.h"
#include "daemon/cli/control.h"
#include "daemon/cli/interrupt.h"
#include "daemon/cli/table.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PREVIEW_ROWS 200 /* printed; the rest is counted */
#define WAIT_MS      200 /* between two looks at what is being decided */

struct import {
	const struct list_import *args;
	const struct list_file *list;
	struct control *control;
	json_int_t number; /* of the list at the daemon; 0: it was not begun */
	json_int_t added, changed, repeated, waiting;
	json_t *items; /* preview: the first of what waits */
	size_t becomes_queued, refused;
};

static json_int_t integer(const json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}

/* Takes over `request`. *answer (may be NULL) is the caller's. */
static enum err call(struct import *m, json_t *request, json_t **answer, struct errmsg *e)
{
	json_t *got = NULL;
	enum err err = interrupt_seen() ? err_set(e, ERR_CANCELED, "interrupted")
	                                : control_call(m->control, request, &got, e);
	json_decref(request);
	if (answer)
		*answer = err ? NULL : json_incref(got);
	json_decref(got);
	return err;
}

/* ---- to the daemon --------------------------------------------------------------------------------------------------------------- */

static enum err begin(struct import *m, struct errmsg *e)
{
	const struct list_import *a = m->args;
	const char *slash = strrchr(a->file, '/');
	json_t *answer;
	enum err err = call(m,
	                    json_pack("{s:s, s:s, s:s, s:s?, s:s?, s:s}", "cmd", ADMIN_CMD_LIST_BEGIN, "kind",
	                              a->kind, "type", a->type, "issuer", a->issuer, "date", a->date, "file",
	                              slash ? slash + 1 : a->file),
	                    &answer, e);
	m->number = integer(answer, "list");
	json_decref(answer);
	return err;
}

static enum err send_group(struct import *m, size_t from, size_t n, struct errmsg *e)
{
	json_t *rows = json_array(), *answer;
	char day[DATE_TEXT_MAX];
	for (size_t i = from; i < from + n; i++) {
		const struct list_file_row *r = &m->list->rows[i];
		json_array_append_new(rows, json_pack("[I, s#, s?]", (json_int_t)r->line, r->number.ptr,
		                                      (int)r->number.len,
		                                      r->on == DATE_NONE ? NULL : date_format(day, r->on)));
	}
	enum err err = call(m,
	                    json_pack("{s:s, s:I, s:s, s:o}", "cmd", ADMIN_CMD_LIST_ROWS, "list", m->number,
	                              "kind", m->args->kind, "rows", rows),
	                    &answer, e);
	m->added += integer(answer, "added");
	m->changed += integer(answer, "changed");
	m->repeated += integer(answer, "repeated");
	json_decref(answer);
	return err;
}

static enum err send_rows(struct import *m, struct errmsg *e)
{
	enum err err = OK;
	for (size_t i = 0; i < m->list->count && !err; i += ADMIN_IMPORT_ROWS) {
		size_t left = m->list->count - i;
		err = send_group(m, i, left < ADMIN_IMPORT_ROWS ? left : ADMIN_IMPORT_ROWS, e);
	}
	return err;
}

static void note_item(struct import *m, json_t *item)
{
	const char *then = json_string_value(json_object_get(item, "then"));
	m->waiting++;
	m->becomes_queued += then && strcmp(then, "queued") == 0;
	m->refused += then && strcmp(then, "refused") == 0;
	if (json_array_size(m->items) < PREVIEW_ROWS)
		json_array_append(m->items, item);
}

static enum err ask_preview(struct import *m, struct errmsg *e)
{
	json_int_t after = 0;
	bool more = true;
	enum err err = OK;
	while (more && !err) {
		json_t *answer, *item;
		size_t i;
		err = call(m,
		           json_pack("{s:s, s:I, s:I}", "cmd", ADMIN_CMD_LIST_PREVIEW, "list", m->number,
		                     "after", after),
		           &answer, e);
		json_array_foreach(json_object_get(answer, "items"), i, item) note_item(m, item);
		after = integer(answer, "after");
		more = json_is_true(json_object_get(answer, "more"));
		json_decref(answer);
	}
	return err;
}

/* Until what waited for the list has been decided; Ctrl-C only ends the waiting. */
static enum err wait_decided(struct import *m, struct errmsg *e)
{
	static const struct timespec pause = {0, WAIT_MS * 1000000l};
	bool deciding = true;
	enum err err = OK;
	while (deciding && !err) {
		json_t *answer, *list;
		size_t i;
		err = call(m, json_pack("{s:s, s:b}", "cmd", ADMIN_CMD_LISTS, "names", m->args->names),
		           &answer, e);
		deciding = false;
		json_array_foreach(json_object_get(answer, "lists"), i, list)
		{
			if (integer(list, "list") != m->number)
				continue;
			deciding = json_is_true(json_object_get(list, "deciding"));
			m->waiting = integer(list, "decided");
		}
		json_decref(answer);
		if (deciding && !err)
			(void)nanosleep(&pause, NULL); /* woken early by Ctrl-C: the next call says so */
	}
	return err;
}

static enum err publish(struct import *m, struct errmsg *e)
{
	enum err err =
	    call(m,
	         json_pack("{s:s, s:I, s:s, s:I}", "cmd", ADMIN_CMD_LIST_PUBLISH, "list", m->number, "sha256",
	                   m->list->sha256, "replaces", (json_int_t)m->args->replaces),
	         NULL, e);
	if (err)
		return err;
	struct errmsg ignored; /* the list is in force, whether or not we see the end of the work */
	if (wait_decided(m, &ignored))
		cli_error("list %lld is in force; what waits is still being decided again",
		          (long long)m->number);
	return OK;
}

/* After a preview, or when something went wrong before it was in force. */
static void drop(struct import *m)
{
	struct errmsg ignored; /* what is left the daemon removes by itself */
	json_t *request = json_pack("{s:s, s:I}", "cmd", ADMIN_CMD_LIST_DROP, "list", m->number);
	json_t *answer = NULL;
	if (m->number && control_call(m->control, request, &answer, &ignored))
		m->number = 0;
	json_decref(answer);
	json_decref(request);
}

static enum err carry_out(struct import *m, struct errmsg *e)
{
	enum err err = begin(m, e);
	if (!err)
		err = send_rows(m, e);
	if (!err && m->args->preview)
		err = ask_preview(m, e);
	else if (!err)
		err = publish(m, e);
	if (err || m->args->preview)
		drop(m);
	return err;
}

/* ---- for people -------------------------------------------------------------------------------------------------------------------- */

static void print_items(const struct import *m, struct buf *out)
{
	static const struct table_column columns[] = {{"item", true, 0},      {"domain", false, 40},
	                                              {"partner", false, 20}, {"ref", false, 30},
	                                              {"now", false, 0},      {"then", false, 0},
	                                              {"reason", false, 0}};
	struct table t;
	json_t *item;
	size_t i;
	char room[32];
	table_init(&t, columns, ARRAY_LEN(columns));
	json_array_foreach(m->items, i, item)
	{
		(void)snprintf(room, sizeof room, "%lld", (long long)integer(item, "item"));
		table_cell(&t, str_c(room));
		for (size_t c = 1; c < ARRAY_LEN(columns); c++)
			table_cell(&t, str_c(json_string_value(json_object_get(item, columns[c].title))));
	}
	buf_byte(out, '\n');
	table_print(&t, out);
	table_fini(&t);
	if ((size_t)m->waiting > json_array_size(m->items))
		buf_printf(out, "… and %zu more\n", (size_t)m->waiting - json_array_size(m->items));
}

static void print_result(const struct import *m, struct buf *out)
{
	bool preview = m->args->preview;
	if (preview)
		buf_printf(out, "Preview: nothing was imported.\n");
	else
		buf_printf(out, "List %lld is in force.\n", (long long)m->number);
	buf_printf(out, "%zu entries: %lld new, %lld %s, %lld known already\n", m->list->count,
	           (long long)m->added, (long long)m->changed,
	           m->args->names ? "of another kind than before" : "with another date than before",
	           (long long)m->repeated);
	if (preview)
		buf_printf(
		    out,
		    "%lld applications that wait would be decided again: %zu would be sent, %zu refused, %zu "
		    "would go on waiting\n",
		    (long long)m->waiting, m->becomes_queued, m->refused,
		    (size_t)m->waiting - m->becomes_queued - m->refused);
	else
		buf_printf(out, "%lld applications that waited were decided again\n", (long long)m->waiting);
	if (json_array_size(m->items))
		print_items(m, out);
}

static void print_json(const struct import *m, struct buf *out)
{
	json_t *doc =
	    json_pack("{s:b, s:o, s:I, s:I, s:I, s:I, s:I, s:s, s:O}", "preview", m->args->preview, "list",
	              m->args->preview ? json_null() : json_integer(m->number), "entries",
	              (json_int_t)m->list->count, "added", m->added, "changed", m->changed, "repeated",
	              m->repeated, "decided", m->waiting, "sha256", m->list->sha256, "items", m->items);
	char *text = json_dumps(doc, JSON_INDENT(2));
	buf_printf(out, "%s\n", text ? text : "{}");
	free(text);
	json_decref(doc);
}

static int carry(struct cli *cli, const struct list_import *args, const struct list_file *list)
{
	struct import m = {.args = args, .list = list};
	struct errmsg e = {""};
	struct buf out;
	m.items = json_array();
	enum err err =
	    control_open(cli->conn.socket ? cli->conn.socket : CONN_SOCKET_DEFAULT, &m.control, &e);
	if (!err)
		err = carry_out(&m, &e);
	buf_init(&out, 16u << 20);
	if (!err)
		(args->json ? print_json : print_result)(&m, &out);
	bool printed = !err && cli_print(&out);
	buf_fini(&out);
	json_decref(m.items);
	control_close(m.control);
	if (err)
		cli_error("%s; nothing was imported", e.text);
	return err == ERR_CANCELED ? CLI_INTERRUPTED : printed ? CLI_DONE : CLI_FAILED;
}

static bool has_issuer_and_date(const struct list_import *args)
{
	date_t on;
	if (args->issuer && *args->issuer && args->date && date_parse(str_c(args->date), &on))
		return true;
	cli_error("say who has issued the list, and when: --issuer NAME --date YYYY-MM-DD");
	return false;
}

int list_import(struct cli *cli, const struct list_import *args, list_import_reader_cb read)
{
	struct errmsg e = {""};
	struct list_file list;
	int result = CLI_FAILED;
	interrupt_install();
	if (!has_issuer_and_date(args))
		return CLI_USAGE;
	bool from_stdin = strcmp(args->file, "-") == 0;
	FILE *in = from_stdin ? stdin : fopen(args->file, "re");
	if (!in) {
		cli_error("%s: %s", args->file, strerror(errno));
		return CLI_FAILED;
	}
	if (read(&list, in, args, &e)) {
		(void)fprintf(stderr, "%.*s", STR_ARG(buf_str(&list.text)));
		cli_error("%s", e.text);
	} else {
		result = carry(cli, args, &list);
	}
	list_file_fini(&list);
	if (!from_stdin)
		(void)fclose(in); /* only read */
	return result;
}
