/*
 * vnepp ledger import: names that were registered before the gateway kept the ledger (rows as daemon/admin/admin_proto.h
 * has them, one JSON object per line). Groups of rows go over the control socket; importing again replaces.
 */
#include "daemon/admin/admin_proto.h"
#include "daemon/cli/cli.h"
#include "daemon/cli/control.h"
#include "daemon/cli/interrupt.h"
#include "epp/base/alloc.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

struct import {
	const char *file;
	struct control *control;
	json_t *rows;    /* the group that is being gathered */
	uint64_t *lines; /* where each of its rows stood; ADMIN_IMPORT_ROWS entries */
	uint64_t line, added, replaced;
};

static uint64_t number_of(const json_t *answer, const char *key)
{
	json_int_t n = json_integer_value(json_object_get(answer, key));
	return n > 0 ? (uint64_t)n : 0;
}

/* Puts the line of the row that the daemon complains of in front of its words. */
static enum err place_error(const struct import *m, const json_t *answer, enum err err, struct errmsg *e)
{
	const char *text = json_string_value(json_object_get(answer, "error"));
	unsigned at;
	if (text && sscanf(text, "row %u:", &at) == 1 && at < json_array_size(m->rows))
		return err_wrap(e, err, "%s:%llu: error", m->file, (unsigned long long)m->lines[at]);
	return err_wrap(e, err, "%s, lines %llu to %llu", m->file, (unsigned long long)m->lines[0],
	                (unsigned long long)m->line);
}

static enum err send_group(struct import *m, struct errmsg *e)
{
	json_t *answer = NULL;
	if (!json_array_size(m->rows))
		return OK;
	json_t *request = json_pack("{s:s, s:O}", "cmd", ADMIN_CMD_IMPORT, "rows", m->rows);
	enum err err = control_call(m->control, request, &answer, e);
	if (err)
		err = place_error(m, answer, err, e);
	m->added += number_of(answer, "added");
	m->replaced += number_of(answer, "replaced");
	json_decref(answer);
	json_decref(request);
	json_array_clear(m->rows);
	return err;
}

static enum err add_line(struct import *m, struct str text, struct errmsg *e)
{
	json_error_t why;
	text = str_trim(text);
	if (!text.len)
		return OK;
	json_t *row = json_loadb(text.ptr, text.len, JSON_REJECT_DUPLICATES, &why);
	bool parsed = row != NULL;
	if (!json_is_object(row)) {
		json_decref(row);
		return err_set(e, ERR_SYNTAX, "%s:%llu:%d: error: %s", m->file, (unsigned long long)m->line,
		               parsed ? 1 : why.column, parsed ? "a JSON object is expected" : why.text);
	}
	m->lines[json_array_size(m->rows)] = m->line;
	json_array_append_new(m->rows, row);
	return json_array_size(m->rows) == ADMIN_IMPORT_ROWS ? send_group(m, e) : OK;
}

static enum err import_file(struct import *m, FILE *f, struct errmsg *e)
{
	char *text = NULL;
	size_t cap = 0;
	ssize_t n;
	enum err err = OK;
	while (!err && (n = getline(&text, &cap, f)) >= 0) {
		m->line++;
		if (interrupt_seen())
			err =
			    err_set(e, ERR_CANCELED, "interrupted at line %llu", (unsigned long long)m->line);
		else
			err = add_line(m, str_make(text, (size_t)n), e);
	}
	free(text);
	if (!err && ferror(f))
		err = err_set(e, ERR_IO, "%s: %s", m->file, strerror(errno));
	return err ? err : send_group(m, e);
}

struct ledger_args {
	bool json;
};

static const struct opt opts[] = {
    {"json", 0, OPT_FLAG, offsetof(struct ledger_args, json), NULL, "print the counts as JSON", NULL, 0, 0},
};

static void print_counts(const struct import *m, bool json)
{
	(void)printf(json ? "{\"added\":%llu,\"replaced\":%llu}\n" : "%llu names added, %llu replaced\n",
	             (unsigned long long)m->added, (unsigned long long)m->replaced);
}

static int run(struct cli *cli, void *args, char **operands, size_t count)
{
	const struct ledger_args *a = args;
	struct import m = {.file = operands[0]};
	struct errmsg e = {""};
	(void)count; /* one operand */
	interrupt_install();
	FILE *f = strcmp(operands[0], "-") == 0 ? stdin : fopen(operands[0], "re");
	if (!f) {
		cli_error("%s: %s", operands[0], strerror(errno));
		return CLI_FAILED;
	}
	m.rows = json_array();
	m.lines = xcalloc(ADMIN_IMPORT_ROWS, sizeof *m.lines);
	enum err err =
	    control_open(cli->conn.socket ? cli->conn.socket : CONN_SOCKET_DEFAULT, &m.control, &e);
	if (!err)
		err = import_file(&m, f, &e);
	if (err)
		cli_error("%s", e.text);
	print_counts(&m, a->json);
	control_close(m.control);
	json_decref(m.rows);
	free(m.lines);
	if (f != stdin)
		(void)fclose(f); /* only read */
	return !err ? CLI_DONE : m.added + m.replaced ? CLI_PARTLY : CLI_FAILED;
}

const struct cli_command cmd_ledger_import = {
    .name = "ledger import",
    .operands = "FILE|-",
    .summary = "bring in names registered before (operators)",
    .help = "One JSON object per line: domain, partner, account (\"registry/account\", optional), created, "
            "expires,\n"
            "grant_from (first free day; absent: no grant), subject {kind, id_number | tax_code |\n"
            "registration_number}. Rows go in groups of 1,000; a bad row refuses its group, and the groups "
            "before it\n"
            "stay. Importing the same file again replaces what is there.\n",
    .uses = CLI_USES_SOCKET,
    .min_operands = 1,
    .max_operands = 1,
    .opts = opts,
    .opt_count = ARRAY_LEN(opts),
    .args_size = sizeof(struct ledger_args),
    .run = run,
};
